/* SPDX-License-Identifier: BSD-3-Clause */
/* The broker's messages: which is allowed in which phase, and the answers. */
#include "lib/log.h"
#include "lib/rbuf.h"
#include "vtpmmgr/keys/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err keys_to_broker(struct keys *k, uint16_t type, uint32_t id, size_t len)
{
	const struct msg m = {.type = type, .id = id, .body = k->out, .len = len};
	enum err e = k->broker ? channel_send(k->broker, &m) : ERR_EOF;

	if (e)
		log_info("the broker cannot be told: %s", err_text(e));
	return e;
}

void keys_done(struct keys *k, uint32_t request, enum err e, const char *detail)
{
	struct keys_done d = {.err = (uint16_t)e};
	size_t len;

	if (request == 0)
		return;
	snprintf(d.detail, sizeof(d.detail), "%s", detail ? detail : "");
	if (keys_done_encode(&d, k->out, MSG_BODY_MAX, &len) == ERR_OK)
		keys_to_broker(k, KEYS_DONE, request, len);
}

static enum err on_durable(void *ctx, struct msg *m)
{
	struct keys *k = ctx;
	struct keys_result r;
	enum err e;

	e = keys_result_decode(m->body, m->len, &r);
	if (e)
		return e;
	if (k->header_write.attempt && r.attempt == k->header_write.attempt)
		keys_header_durable(k, err_from_wire(r.err));
	else
		keys_commit_durable(k, r.attempt, err_from_wire(r.err));
	return ERR_OK;
}

static enum err on_audit(void *ctx, struct msg *m)
{
	struct keys *k = ctx;
	struct keys_audit a;
	enum err e;

	e = keys_audit_decode(m->body, m->len, &a);
	if (e)
		return e;
	k->audit_seq = a.seq;
	k->audit_head = a.head;
	return ERR_OK;
}

#define ALWAYS MSG_ANY_STATE
#define OPEN   (MSG_IN(PHASE_IDLE) | MSG_IN(PHASE_WRITING) | MSG_IN(PHASE_UNCERTAIN))
#define ANY    MSG_BODY_MAX

static const struct msg_rule rules[] = {
    {KEYS_PCRS, "pcrs", ALWAYS, 4, 4, 0, keys_pcrs_request},
    {KEYS_INIT, "init", ALWAYS, 1, ANY, 0, keys_init_request},
    {KEYS_OPEN, "open", ALWAYS, 1, ANY, 0, keys_open},
    {KEYS_UPDATE, "update", ALWAYS, 1, ANY, 0, keys_update_request},
    {KEYS_AUDIT, "audit", ALWAYS, 1, 64, 0, on_audit},
    {KEYS_INSPECT, "inspect", ALWAYS, 1, ANY, 0, keys_inspect_request},
    {KEYS_RECOVER, "recover", ALWAYS, 1, ANY, 0, keys_recover_request},
    {KEYS_STATUS, "status", ALWAYS, 0, 0, 0, keys_status_request},
    {KEYS_DURABLE, "durable", ALWAYS, 1, 64, 0, on_durable},
    {KEYS_CREATE, "create", OPEN, 1, ANY, 0, keys_create_request},
    {KEYS_DESTROY, "destroy", OPEN, UUID_SIZE, UUID_SIZE, 0, keys_destroy_request},
    {KEYS_START, "start", OPEN, 1, ANY, 0, keys_start_request},
    {KEYS_START_DISCARD, "start-discard", OPEN, 1, ANY, 0, keys_start_discard_request},
    {KEYS_POLICY, "policy", OPEN, 1, ANY, 0, keys_policy_request},
    {KEYS_TERMS, "terms", OPEN, 1, ANY, 0, keys_terms_request},
    {KEYS_WEAR, "wear", OPEN, UUID_SIZE, UUID_SIZE, 0, keys_wear_request},
    {KEYS_REVOKE, "revoke", OPEN, 0, 0, 0, keys_revoke_request},
};

#define NRULES (sizeof(rules) / sizeof(rules[0]))

static bool needs_open(uint16_t type)
{
	for (size_t i = 0; i < NRULES; i++)
		if (rules[i].type == type)
			return rules[i].states == OPEN;
	return false;
}

/* ---- while an extend is prepared ------------------------------------------------------------ */

#define POSTPONED_MAX 300 /* more than there can be vTPMs to start */

/* A request that needs the pTPM while that can be asked nothing but the extend. */
struct postponed {
	struct postponed *next;
	uint16_t type;
	uint32_t id;
	size_t len;
	uint8_t body[];
};

static bool asks_ptpm(uint16_t type)
{
	return type == KEYS_PCRS || type == KEYS_CREATE || type == KEYS_START ||
	       type == KEYS_START_DISCARD || type == KEYS_INIT || type == KEYS_REVOKE;
}

static enum err postpone(struct keys *k, const struct msg *m)
{
	struct postponed **at = &k->postponed, *p;
	unsigned n = 0;

	for (; *at; at = &(*at)->next)
		n++;
	p = n < POSTPONED_MAX ? malloc(sizeof(*p) + m->len) : NULL;
	if (!p) {
		keys_done(k, m->id, ERR_AGAIN, "too many requests at once");
		return ERR_OK;
	}
	*p = (struct postponed){.type = m->type, .id = m->id, .len = m->len};
	memcpy(p->body, m->body, m->len);
	*at = p;
	return ERR_OK;
}

void keys_go_on(struct keys *k)
{
	while (k->postponed && !k->tpm.prepared) {
		struct postponed *p = k->postponed;
		struct msg m = {.type = p->type, .id = p->id, .body = p->body, .len = p->len};

		k->postponed = p->next;
		if (keys_on_broker(k, &m) != ERR_OK)
			keys_done(k, m.id, ERR_FORMAT, NULL);
		free(p);
	}
}

void keys_forget_postponed(struct keys *k)
{
	while (k->postponed) {
		struct postponed *p = k->postponed;

		k->postponed = p->next;
		free(p);
	}
}

/* The broker may ask before it has heard that the store stays closed: that is no breach. */
enum err keys_on_broker(void *ctx, struct msg *m)
{
	struct keys *k = ctx;

	if (!keys_is_open(k) && needs_open(m->type)) {
		keys_done(k, m->id, k->last_err ? k->last_err : ERR_UNPROVISIONED,
			  "the store is closed");
		return ERR_OK;
	}
	if (k->tpm.prepared && asks_ptpm(m->type))
		return postpone(k, m);
	return msg_dispatch(rules, NRULES, k->phase, k, m);
}

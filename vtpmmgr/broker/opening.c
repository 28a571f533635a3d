/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/opening.h"

#include "lib/field.h"
#include "lib/log.h"
#include "vtpmmgr/broker/broker.h"
#include "vtpmmgr/broker/life.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what lies in the store ----------------------------------------------------------------- */

struct slots {
	uint8_t header[2][STORE_HEADER_SIZE];
	uint8_t root[2][STORE_ROOT_SIZE];
};

/* How much of a slot is a record; 0 if it holds none, or cannot be read. */
static uint32_t read_slot(const struct store *s, uint64_t at, uint8_t *out, size_t size,
			  const char magic[8])
{
	size_t len;

	if (store_read(s, at, out, size) != ERR_OK ||
	    record_slot_len(out, size, magic, &len) != ERR_OK)
		return 0;
	return (uint32_t)len;
}

/* One that is neither a header nor empty goes along whole: it is damage, not a store without one.
 */
static uint32_t read_header(const struct store *s, unsigned i, uint8_t out[STORE_HEADER_SIZE])
{
	uint32_t len = read_slot(s, STORE_HEADER_AT(i), out, STORE_HEADER_SIZE, BOOT_HEADER_MAGIC);

	if (len > 0 || store_read(s, STORE_HEADER_AT(i), out, STORE_HEADER_SIZE) != ERR_OK)
		return len;
	return field_is_zero(out, STORE_HEADER_SIZE) ? 0 : STORE_HEADER_SIZE;
}

static void read_slots(const struct store *s, struct slots *slots, struct keys_open *q)
{
	for (unsigned i = 0; i < 2; i++) {
		q->header[i] = slots->header[i];
		q->header_len[i] = read_header(s, i, slots->header[i]);
		q->root[i] = slots->root[i];
		q->root_len[i] =
		    read_slot(s, STORE_ROOT_AT(i), slots->root[i], STORE_ROOT_SIZE, ROOT_MAGIC);
	}
}

uint32_t opening_read_root(const struct broker *b, unsigned i, uint8_t out[STORE_ROOT_SIZE])
{
	return read_slot(b->store, STORE_ROOT_AT(i), out, STORE_ROOT_SIZE, ROOT_MAGIC);
}

enum err opening_encode(struct broker *b, size_t *len)
{
	struct slots *slots = malloc(sizeof(*slots));
	struct keys_open q = {0};
	enum err e;

	if (!slots)
		return ERR_NO_MEMORY;
	read_slots(b->store, slots, &q);
	e = keys_open_encode(&q, b->out, MSG_BODY_MAX, len);
	free(slots);
	return e;
}

enum err opening_encode_recover(struct broker *b, const struct admin_recover *r, size_t *len)
{
	struct keys_recover q = {.recovery = r->recovery, .sig = r->sig};
	struct slots *slots = malloc(sizeof(*slots));
	enum err e;

	if (!slots)
		return ERR_NO_MEMORY;
	read_slots(b->store, slots, &q.open);
	e = keys_recover_encode(&q, b->out, MSG_BODY_MAX, len);
	free(slots);
	return e;
}

/* 0 where there is none that decodes: it may be overwritten before any other. */
static uint64_t header_seq(const struct keys_open *q, unsigned i)
{
	struct boot_header h;

	if (q->header_len[i] == 0 ||
	    boot_header_decode(q->header[i], q->header_len[i], &h) != ERR_OK)
		return 0;
	return h.seq;
}

enum err opening_write_header(struct broker *b, const uint8_t *bytes, size_t len)
{
	struct slots *slots = malloc(sizeof(*slots));
	struct keys_open q = {0};
	struct store_write w = {.bytes = bytes, .len = len};
	enum err e;

	if (!slots)
		return ERR_NO_MEMORY;
	read_slots(b->store, slots, &q);
	w.at = STORE_HEADER_AT(header_seq(&q, 0) <= header_seq(&q, 1) ? 0 : 1);
	e = len <= STORE_HEADER_SIZE ? store_commit(b->store, &w, 1) : ERR_TOO_BIG;
	free(slots);
	return e;
}

/* ---- loading what is anchored --------------------------------------------------------------- */

static enum err record_from_store(void *arg, const struct leaf *leaf, const uint8_t **bytes)
{
	struct broker *b = arg;

	*bytes = b->out;
	return store_read(b->store, REGION_RECORD_AT(leaf->region, leaf->record_slot), b->out,
			  leaf->record_len);
}

static enum err check_policy(const struct root *root, const char *text)
{
	const struct crypt_part part = {text, root->policy_len};
	struct digest d;
	enum err e = crypt_sha256(&part, 1, &d);

	if (!e && !digest_equal(&d, &root->policy))
		e = ERR_TAMPERED;
	return e;
}

enum err opening_read_policy(const struct broker *b, const struct root *root, char **out)
{
	char *text = malloc(root->policy_len);
	enum err e = text ? ERR_OK : ERR_NO_MEMORY;

	if (!e)
		e = store_read(b->store, STORE_POLICY_AT(root->policy_slot), text,
			       root->policy_len);
	if (!e)
		e = check_policy(root, text);
	if (e)
		free(text);
	else
		*out = text;
	return e;
}

/* Parsed only once it is known to be the anchored one. */
static enum err load_policy(struct broker *b, const struct root *root)
{
	char diag[RULES_DIAG_MAX] = "";
	char *text = NULL;
	enum err e = opening_read_policy(b, root, &text);

	if (!e)
		e = rules_set(&b->rules, text, root->policy_len, diag);
	if (*diag)
		log_error("the policy in the store: %s", diag);
	free(text);
	return e;
}

/* Only the first time: later the trail in memory is ahead of every root. */
static enum err load_audit(struct broker *b, const struct root *root)
{
	enum err e;

	if (b->audit.store)
		return ERR_OK;
	e = audit_open(&b->audit, b->store, root->audit_seq, &root->audit_head);
	if (e == ERR_TAMPERED) {
		log_error("the audit trail in the store is not the anchored one");
		broker_event(b, "audit-damaged", NULL, ERR_TAMPERED);
		return ERR_OK;
	}
	if (!e && b->audit.seq > root->audit_seq)
		log_info("%llu audit records are newer than the anchor",
			 (unsigned long long)(b->audit.seq - root->audit_seq));
	return e;
}

struct load_step {
	enum err (*fn)(struct broker *b, const struct root *root);
	enum finding finding;
	const char *failure;
};

static enum err check_size(struct broker *b, const struct root *root)
{
	return registry_root_fits(root, store_size(b->store)) ? ERR_OK : ERR_TAMPERED;
}

static enum err load_registry(struct broker *b, const struct root *root)
{
	return registry_apply(&b->registry, root, record_from_store, b);
}

static const struct load_step load_steps[] = {
    {check_size, FOUND_CUT_SHORT, NULL},
    {load_policy, FOUND_POLICY_ALTERED, NULL},
    {load_registry, FOUND_OTHER_TROUBLE, "the registry cannot be loaded"},
    {load_audit, FOUND_OTHER_TROUBLE, "the audit trail cannot be read"},
};

enum err opening_load(struct broker *b, uint8_t slot, const struct root *root)
{
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < sizeof(load_steps) / sizeof(load_steps[0]); i++) {
		const struct load_step *step = &load_steps[i];

		e = step->fn(b, root);
		if (!e)
			continue;
		b->open_found = step->finding;
		snprintf(b->open_text, sizeof(b->open_text), "%s",
			 step->failure ? step->failure : finding_text(step->finding));
	}
	if (e)
		return e;
	b->commit.root_slot = slot;
	b->policy_slot = root->policy_slot;
	b->known = true;
	workers_adopt(b);
	return ERR_OK;
}

/* ---- with the key keeper -------------------------------------------------------------------- */

/* These pass by themselves, or when somebody mends the pTPM: ask again. */
static bool passes(enum err e)
{
	return e == ERR_UNAVAILABLE || e == ERR_TIMEOUT || e == ERR_LOCKOUT || e == ERR_TPM ||
	       e == ERR_IO || e == ERR_NO_MEMORY;
}

static void on_retry(void *arg)
{
	struct broker *b = arg;

	b->open_timer = NULL;
	opening_ask(b);
}

static void record_refusal(struct broker *b)
{
	struct admin_audit r = {.uid = AUDIT_MANAGER, .err = (uint16_t)b->open_err};

	snprintf(r.action, sizeof(r.action), "refused");
	snprintf(r.object, sizeof(r.object), "%s", finding_name(b->open_found));
	broker_audit(b, &r);
}

/* What was found, and why in words, is in b already. */
static void shut(struct broker *b, enum err e)
{
	b->opening = OPENING_SHUT;
	b->open_err = e;
	log_warning("the store stays closed: %s", b->open_text);
	record_refusal(b);
	if (passes(e) && b->keeper.channel && !b->open_timer &&
	    loop_after(b->loop, backoff_fail(&b->open_backoff, loop_now()), on_retry, b,
		       &b->open_timer))
		log_error("no timer to open the store again");
	admin_kick(b->admin);
}

static void opened(struct broker *b)
{
	b->opening = OPENING_DONE;
	b->open_err = ERR_OK;
	b->open_found = FOUND_NOTHING;
	b->open_text[0] = '\0';
	log_info("the store is open: %zu vTPMs", b->registry.n);
	broker_event(b, "opened", NULL, ERR_OK);
	life_tell_terms(b);
	session_kick(&b->session);
	admin_kick(b->admin);
}

static enum err decode_root(const struct keys_opened *o, struct root **out)
{
	struct root *root = calloc(1, sizeof(*root));
	enum err e = root ? root_decode(o->root, o->root_len, root) : ERR_NO_MEMORY;

	if (e)
		free(root);
	else
		*out = root;
	return e;
}

static void found(struct broker *b, enum finding f, const char *why)
{
	b->open_found = f;
	snprintf(b->open_text, sizeof(b->open_text), "%s", why);
}

static void take(struct broker *b, const struct keys_opened *o)
{
	struct root *root = NULL;
	enum err e = decode_root(o, &root);

	found(b, FOUND_OTHER_TROUBLE, err_text(e));
	if (!e)
		e = opening_load(b, o->root_slot, root);
	free(root);
	if (e)
		shut(b, e);
	else
		opened(b);
}

static void on_opened(void *arg, enum err e, const char *detail, const struct msg *reply)
{
	struct broker *b = arg;
	struct keys_opened o;

	if (!e)
		e = keys_opened_decode(reply->body, reply->len, &o);
	if (e) {
		found(b, FOUND_OTHER_TROUBLE, *detail ? detail : err_text(e));
		shut(b, e);
	} else if (o.err) {
		found(b, (enum finding)o.finding, o.detail);
		shut(b, err_from_wire(o.err));
	} else {
		take(b, &o);
	}
}

void opening_ask(struct broker *b)
{
	size_t len;
	enum err e = opening_encode(b, &len);

	loop_cancel(b->open_timer);
	b->open_timer = NULL;
	backoff_start(&b->open_backoff, loop_now());
	b->opening = OPENING_WAIT;
	if (e) {
		found(b, FOUND_OTHER_TROUBLE, err_text(e));
		shut(b, e);
	} else {
		keeper_ask(&b->keeper, KEYS_OPEN, b->out, len, on_opened, b);
	}
}

void opening_lost(struct broker *b)
{
	loop_cancel(b->open_timer);
	b->open_timer = NULL;
	b->opening = OPENING_WAIT;
	commit_drop(&b->commit);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_worker.h"

#include "lib/field.h"
#include "lib/log.h"
#include "lib/uuid.h"
#include "tools/agent/agent_guest.h"
#include "tools/agent/agent_ring.h"
#include "tools/agent/agent_stub.h"
#include "tools/agent/stub_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DESTROY_AGAIN_MS 5000

static void advance(struct agent_worker *w);

/* ---- to the manager ------------------------------------------------------------------------- */

/* A failure to send is not handled here: on_ring_gone() follows. */
static void tell(struct agent_worker *w, uint16_t type, const uint8_t *body, size_t len)
{
	struct msg m = {.type = type, .body = body, .len = len};
	enum err e = w->ring ? channel_send(w->ring, &m) : ERR_OK;

	if (e)
		log_debug("vTPM %s: %s", uuid_format(w->uuid).s, err_name(e));
}

/* Whoever asked for it, or was served by it, has it no more. */
static void fail(struct agent_worker *w, enum err why, const char *detail)
{
	struct agent_failed f = {.err = why};
	uint8_t body[AGENT_WORKER_BODY_MAX];
	size_t len;

	log_warning("stub domain of vTPM %s: %s", uuid_format(w->uuid).s, detail);
	snprintf(f.detail, sizeof(f.detail), "%s", detail);
	if (agent_failed_encode(&f, body, sizeof(body), &len) == ERR_OK)
		tell(w, AGENT_FAILED, body, len);
	w->talk = TALK_OVER;
}

static void serve(struct agent_worker *w)
{
	uint8_t body[8];
	size_t len;

	loop_cancel(w->timer);
	w->timer = NULL;
	if (agent_spawned_encode(w->domid, body, sizeof(body), &len) == ERR_OK)
		tell(w, AGENT_SPAWNED, body, len);
	w->talk = TALK_SERVED;
	agent_plug_look(w);
}

/* ---- the domain ----------------------------------------------------------------------------- */

static void set_absent(struct agent_worker *w)
{
	w->stub = STUB_ABSENT;
	w->domid = AGENT_NO_DOMAIN;
	w->guest_told = false;
	agent_plug_forget(w);
}

/* Finds the domain by our name, as the toolstack gave it one. */
static void find_domain(struct agent_worker *w)
{
	const struct domain *own;
	struct domains d;

	if (domains_read(w->agent->xenstore, &d))
		return;
	own = domains_by_name(&d, stub_config_name(w->uuid).s);
	w->domid = own ? own->domid : AGENT_NO_DOMAIN;
	agent_guest_update(w, &d);
	domains_free(&d);
}

static void destroy(struct agent_worker *w);

static void on_destroy_again(void *arg)
{
	struct agent_worker *w = arg;

	w->timer = NULL;
	destroy(w);
}

static void destroy_later(struct agent_worker *w)
{
	log_warning("stub domain of vTPM %s cannot be destroyed; trying again",
		    uuid_format(w->uuid).s);
	if (loop_after(w->agent->loop, DESTROY_AGAIN_MS, on_destroy_again, w, &w->timer))
		log_error("no memory for a timer: it stays");
}

static void on_destroyed(void *arg, enum err e, const char *output)
{
	struct agent_worker *w = arg;

	(void)output;
	w->run = NULL;
	find_domain(w);
	if (e && w->domid != AGENT_NO_DOMAIN) {
		destroy_later(w);
		return;
	}
	log_info("stub domain of vTPM %s is gone", uuid_format(w->uuid).s);
	set_absent(w);
	advance(w);
}

static void destroy(struct agent_worker *w)
{
	loop_cancel(w->timer);
	w->timer = NULL;
	w->stub = STUB_DESTROYING;
	agent_plug_forget(w);
	agent_stub_forget(w);
	if (agent_stub_destroy(w, on_destroyed))
		destroy_later(w);
}

static void on_created(void *arg, enum err e, const char *output)
{
	struct agent_worker *w = arg;
	char why[DETAIL_MAX + 1];

	w->run = NULL;
	find_domain(w);
	if (!e)
		e = w->domid == AGENT_NO_DOMAIN ? ERR_NOT_FOUND : agent_stub_note(w);
	if (!e) {
		log_info("stub domain %u of vTPM %s", w->domid, uuid_format(w->uuid).s);
		w->stub = STUB_RUNNING;
		advance(w);
		return;
	}
	xl_last_line(output, why, sizeof(why));
	fail(w, e, why[0] ? why : err_text(e));
	/* What xl has left, if it was stopped half-way. */
	if (w->domid != AGENT_NO_DOMAIN) {
		destroy(w);
		return;
	}
	set_absent(w);
	advance(w);
}

static void create(struct agent_worker *w)
{
	const char *detail = NULL;
	enum err e = agent_stub_check(w, &detail);

	if (!e)
		e = agent_stub_create(w, on_created);
	if (e)
		fail(w, e, detail ? detail : err_text(e));
	else
		w->stub = STUB_CREATING;
}

/* ---- what to do next ------------------------------------------------------------------------ */

static void worker_free(struct agent_worker *w)
{
	LIST_REMOVE(w, link);
	w->agent->nworkers--;
	loop_cancel(w->timer);
	xl_forget(w->run);
	agent_plug_forget(w);
	channel_close(w->ring);
	free(w);
}

static void on_grace_over(void *arg)
{
	struct agent_worker *w = arg;

	w->timer = NULL;
	destroy(w);
}

static void advance_absent(struct agent_worker *w)
{
	if (w->talk == TALK_ASKED)
		create(w);
	if (w->stub == STUB_ABSENT && !w->ring)
		worker_free(w);
}

/* Whatever the manager asked for: a domain that was made otherwise is not it. */
static void advance_asked(struct agent_worker *w)
{
	const char *detail;
	enum err e = agent_stub_check(w, &detail);

	if (!e && agent_stub_fits(w)) {
		find_domain(w);
		serve(w);
		return;
	}
	if (e)
		fail(w, e, detail);
	destroy(w);
}

/* False: no memory to wait with. */
static bool set_grace(struct agent_worker *w)
{
	return w->timer || loop_after(w->agent->loop, w->agent->grace_ms, on_grace_over, w,
				      &w->timer) == ERR_OK;
}

static void advance_running(struct agent_worker *w)
{
	if (w->talk == TALK_ASKED)
		advance_asked(w);
	else if (w->talk == TALK_OVER || (!w->ring && !set_grace(w)))
		destroy(w);
}

/* While xl runs, its end is waited for. */
static void advance(struct agent_worker *w)
{
	static void (*const steps[])(struct agent_worker *) = {[STUB_ABSENT] = advance_absent,
							       [STUB_RUNNING] = advance_running,
							       [STUB_DESTROYING] = NULL};

	if (steps[w->stub])
		steps[w->stub](w);
}

/* ---- from the manager ----------------------------------------------------------------------- */

static enum err on_spawn(void *ctx, struct msg *m)
{
	struct agent_worker *w = ctx;
	struct agent_spawn s;
	enum err e = agent_spawn_decode(m->body, m->len, &s);

	if (e)
		return e;
	if (!uuid_equal(s.uuid, w->uuid))
		return ERR_DENIED;
	w->asked = s;
	w->talk = TALK_ASKED;
	advance(w);
	return ERR_OK;
}

static enum err on_destroy(void *ctx, struct msg *m)
{
	struct agent_worker *w = ctx;

	(void)m;
	w->talk = TALK_OVER;
	advance(w);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {AGENT_SPAWN, "spawn", MSG_IN(TALK_NONE), 1, AGENT_WORKER_BODY_MAX, 0, on_spawn},
    {AGENT_DESTROY, "destroy", MSG_IN(TALK_ASKED) | MSG_IN(TALK_SERVED) | MSG_IN(TALK_OVER), 0, 0,
     0, on_destroy},
};

static enum err on_ring_msg(void *arg, struct msg *m)
{
	struct agent_worker *w = arg;

	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), w->talk, w, m);
}

static void drop_ring(struct agent_worker *w)
{
	channel_close(w->ring);
	w->ring = NULL;
	if (w->talk != TALK_OVER)
		w->talk = TALK_NONE;
	advance(w);
}

static void on_ring_gone(void *arg, enum err why)
{
	struct agent_worker *w = arg;
	struct agent *a = w->agent;

	if (why != ERR_EOF) {
		char name[sizeof("worker/") + UUID_TEXT_SIZE];

		snprintf(name, sizeof(name), "worker/%s", uuid_format(w->uuid).s);
		log_warning("ring of vTPM %s is closed: %s", uuid_format(w->uuid).s, err_text(why));
		agent_ring_forget(a, name);
	}
	drop_ring(w);
	agent_look_again(a);
}

/* ---- who there is --------------------------------------------------------------------------- */

static struct agent_worker *find(const struct agent *a, const uint8_t uuid[UUID_SIZE])
{
	struct agent_worker *w;

	LIST_FOREACH(w, &a->workers, link)
	{
		if (uuid_equal(w->uuid, uuid))
			return w;
	}
	return NULL;
}

static struct agent_worker *add(struct agent *a, const uint8_t uuid[UUID_SIZE])
{
	struct agent_worker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->agent = a;
	w->domid = AGENT_NO_DOMAIN;
	memcpy(w->uuid, uuid, UUID_SIZE);
	LIST_INSERT_HEAD(&a->workers, w, link);
	a->nworkers++;
	return w;
}

bool agent_worker_wants_ring(const struct agent *a, const uint8_t uuid[UUID_SIZE])
{
	const struct agent_worker *w = find(a, uuid);

	return w ? !w->ring : a->nworkers < LEAVES_MAX;
}

void agent_worker_take(struct agent *a, const uint8_t uuid[UUID_SIZE], struct channel *ring)
{
	struct agent_worker *w = find(a, uuid);

	if (!w)
		w = add(a, uuid);
	if (!w || channel_attach(ring, a->loop, on_ring_msg, on_ring_gone, w)) {
		log_error("vTPM %s: no memory", uuid_format(uuid).s);
		channel_close(ring);
		return;
	}
	w->ring = ring;
	w->talk = TALK_NONE;
}

/* ---- domains come and go -------------------------------------------------------------------- */

static void adopt(struct agent *a, const struct domain *d)
{
	uint8_t uuid[UUID_SIZE];
	struct agent_worker *w;

	if (stub_config_parse_name(d->name, uuid) || find(a, uuid))
		return;
	w = add(a, uuid);
	if (!w)
		return;
	w->stub = STUB_RUNNING;
	w->domid = d->domid;
	log_info("stub domain %u of vTPM %s was there before", d->domid, uuid_format(uuid).s);
	if (agent_stub_is_whole(w))
		advance(w);
	else
		destroy(w);
}

void agent_worker_adopt(struct agent *a, const struct domains *d)
{
	for (size_t i = 0; i < d->n; i++)
		adopt(a, &d->all[i]);
}

/* The domain has gone by itself, or somebody else has destroyed it. */
static void on_lost(struct agent_worker *w)
{
	agent_stub_forget(w);
	set_absent(w);
	loop_cancel(w->timer);
	w->timer = NULL;
	if (w->talk == TALK_SERVED)
		fail(w, ERR_EOF, "the stub domain has gone");
	advance(w);
}

static void update(struct agent_worker *w, const struct domains *d)
{
	const struct domain *own = domains_by_name(d, stub_config_name(w->uuid).s);

	if (w->stub == STUB_RUNNING && (!own || own->domid != w->domid)) {
		on_lost(w);
		return;
	}
	/* While xl still builds it, so that it knows before it runs. */
	if (w->stub == STUB_CREATING && own)
		w->domid = own->domid;
	agent_guest_update(w, d);
}

void agent_worker_domains(struct agent *a, const struct domains *d)
{
	struct agent_worker *w, *next;

	for (w = LIST_FIRST(&a->workers); w; w = next) {
		next = LIST_NEXT(w, link);
		update(w, d);
	}
}

void agent_worker_drop_rings(struct agent *a)
{
	struct agent_worker *w, *next;

	for (w = LIST_FIRST(&a->workers); w; w = next) {
		next = LIST_NEXT(w, link);
		w->talk = TALK_OVER;
		drop_ring(w);
	}
}

/* A line of xl list: "NAME ID MEM VCPUS STATE TIME"; a state with s, c or d will never run again.
 */
static void on_line(struct agent *a, const char *line)
{
	char name[DOMAIN_NAME_SIZE], state[16];
	struct agent_worker *w;
	uint8_t uuid[UUID_SIZE];

	if (sscanf(line, "%127s %*u %*u %*u %15s", name, state) != 2 || !strpbrk(state, "scd") ||
	    stub_config_parse_name(name, uuid))
		return;
	w = find(a, uuid);
	if (!w || w->stub != STUB_RUNNING)
		return;
	if (w->talk == TALK_SERVED)
		fail(w, ERR_EOF, "the stub domain has stopped");
	destroy(w);
}

void agent_worker_listed(struct agent *a, const char *output)
{
	for (const char *line = output; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		on_line(a, line);
	}
}

void agent_worker_free_all(struct agent *a)
{
	struct agent_worker *w;

	while ((w = LIST_FIRST(&a->workers)))
		worker_free(w);
}

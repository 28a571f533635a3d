/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/service.h"

#include "lib/log.h"
#include "pTPM-proxy/sweep.h"
#include "pTPM-proxy/tpm.h"

#include <stdlib.h>

enum phase {
	PHASE_IDLE,
	PHASE_SERVING, /* a client's command is out */
	PHASE_SWEEPING /* a command of the sweep is out */
};

struct service {
	struct tpm *tpm;
	TAILQ_HEAD(, client) all;
	TAILQ_HEAD(, client) waiting;
	enum phase phase;
	struct client *served; /* NULL: it left while its command was out */
	bool unswept;          /* something may be loaded that nobody owns */
	struct sweep sweep;
};

static bool is_owned(void *arg, uint32_t handle)
{
	struct service *s = arg;
	struct client *c;

	TAILQ_FOREACH(c, &s->all, all)
	{
		if (claims_have(&c->claims, handle))
			return true;
	}
	return false;
}

static struct client *take_first(struct service *s)
{
	struct client *c = TAILQ_FIRST(&s->waiting);

	if (c) {
		TAILQ_REMOVE(&s->waiting, c, waiting);
		c->is_waiting = false;
	}
	return c;
}

static void refuse_all(struct service *s, enum err e)
{
	struct client *c;

	while ((c = take_first(s)))
		c->answer(c, e, NULL, 0);
}

/* Who waits is told that his command was not executed; the next one to come tries again. */
static void postpone_sweep(struct service *s)
{
	s->phase = PHASE_IDLE;
	s->unswept = true;
	refuse_all(s, ERR_UNAVAILABLE);
}

static void step_sweep(struct service *s)
{
	uint8_t command[SWEEP_COMMAND_MAX];
	size_t len;

	if (!sweep_next(&s->sweep, is_owned, s, command, &len)) {
		s->phase = PHASE_IDLE;
		log_debug("flushed %u objects and sessions", s->sweep.flushed);
	} else if (tpm_send(s->tpm, command, len) != ERR_OK) {
		postpone_sweep(s);
	}
}

/* Who leaves from now on makes another sweep necessary: this one may be past his handles. */
static void start_sweep(struct service *s)
{
	s->phase = PHASE_SWEEPING;
	s->unswept = false;
	sweep_begin(&s->sweep);
	step_sweep(s);
}

static void serve(struct service *s, struct client *c)
{
	s->phase = PHASE_SERVING;
	s->served = c;
	if (tpm_send(s->tpm, c->bytes, c->len) == ERR_OK)
		return;
	s->phase = PHASE_IDLE;
	s->served = NULL;
	c->answer(c, ERR_UNAVAILABLE, NULL, 0);
}

static void advance(struct service *s)
{
	struct client *c;

	if (s->phase == PHASE_IDLE && s->unswept)
		start_sweep(s);
	while (s->phase == PHASE_IDLE && (c = take_first(s)))
		serve(s, c);
}

/* The TPM has just made this handle: whoever thought to own it does so no longer. */
static enum err give(struct service *s, struct client *owner, uint32_t handle)
{
	struct client *c;

	TAILQ_FOREACH(c, &s->all, all)
	{
		claims_remove(&c->claims, handle);
	}
	return claims_add(&owner->claims, handle);
}

static enum err settle(struct service *s, struct client *c, const uint8_t *response, size_t len)
{
	struct command_result result;
	enum err e = command_result_decode(c->command.rule, response, len, &result);

	if (e != ERR_OK || !result.success)
		return e;
	claims_settle(&c->claims, &c->command);
	return result.handle != 0 ? give(s, c, result.handle) : ERR_OK;
}

static void finish_command(struct service *s, enum err e, const uint8_t *response, size_t len)
{
	struct client *c = s->served;

	s->phase = PHASE_IDLE;
	s->served = NULL;
	if (c && e == ERR_OK && settle(s, c, response, len) != ERR_OK)
		e = ERR_TIMEOUT; /* no answer that could be relied on */
	if (e == ERR_TIMEOUT || !c)
		s->unswept = true;
	if (c)
		c->answer(c, e, response, len);
}

static void finish_sweep_step(struct service *s, enum err e, const uint8_t *response, size_t len)
{
	if (e == ERR_OK)
		e = sweep_answer(&s->sweep, response, len);
	if (e != ERR_OK) {
		postpone_sweep(s);
		return;
	}
	step_sweep(s);
	advance(s);
}

static void on_answer(void *arg, enum err e, const uint8_t *response, size_t len)
{
	struct service *s = arg;

	if (s->phase == PHASE_SWEEPING) {
		finish_sweep_step(s, e, response, len);
		return;
	}
	finish_command(s, e, response, len);
	advance(s);
}

void service_join(struct service *s, struct client *c)
{
	TAILQ_INSERT_TAIL(&s->all, c, all);
}

void service_leave(struct service *s, struct client *c)
{
	TAILQ_REMOVE(&s->all, c, all);
	if (c->is_waiting)
		TAILQ_REMOVE(&s->waiting, c, waiting);
	if (s->served == c)
		s->served = NULL;
	if (c->claims.n > 0)
		s->unswept = true;
	advance(s);
}

void service_submit(struct service *s, struct client *c)
{
	TAILQ_INSERT_TAIL(&s->waiting, c, waiting);
	c->is_waiting = true;
	advance(s);
}

enum err service_new(struct loop *l, const struct tcti *tcti, unsigned timeout_ms,
		     struct service **out)
{
	struct service *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return ERR_NO_MEMORY;
	TAILQ_INIT(&s->all);
	TAILQ_INIT(&s->waiting);
	/* An earlier proxy may have been killed. */
	s->unswept = true;
	e = tpm_new(l, tcti, timeout_ms, on_answer, s, &s->tpm);
	if (e != ERR_OK) {
		free(s);
		return e;
	}
	*out = s;
	return ERR_OK;
}

void service_free(struct service *s)
{
	if (!s)
		return;
	tpm_free(s->tpm);
	free(s);
}

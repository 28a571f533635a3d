/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/inject.h"

#include "lib/msg.h"
#include "lib/tpm_cmd.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FAULTS_MAX 8
#define TARGET_MAX 16

struct fault;
typedef enum verdict (*action_fn)(const struct scene *s, const struct event *e,
				  const struct fault *f, struct chance *c);

struct fault {
	enum point point;
	uint32_t kind; /* 0: any */
	unsigned nth;  /* such events that are let pass before, and one */
	const struct action *action;
	char target[TARGET_MAX];
	long number;
	uint64_t seed;
};

static struct fault queue[FAULTS_MAX];
static unsigned queued;

static const char *const point_names[POINTS] = {
    [AT_WRITE] = "write",     [AT_SYNC] = "sync",       [AT_SYNCED] = "synced",
    [AT_SEND] = "send",       [AT_SENT] = "sent",       [AT_RECV] = "recv",
    [AT_FORWARD] = "forward", [AT_COMMAND] = "command", [AT_RESPONSE] = "response",
};

enum point point_of(const char *name)
{
	enum point p = 0;

	while (p < POINTS && strcmp(name, point_names[p]) != 0)
		p++;
	return p;
}

const char *point_name(enum point p)
{
	return point_names[p];
}

/* ---- actions -------------------------------------------------------------------------------- */

static bool is_ptpm(const struct fault *f)
{
	return strcmp(f->target, "ptpm") == 0;
}

/* Who is to be killed: whoever stands at the boundary, or one of that role; NULL: nobody is there.
 */
static struct tracee *victim(const struct scene *s, const struct event *e, const struct fault *f,
			     struct chance *c)
{
	enum tracee_role role = tracee_role_of(f->target);
	struct tracee *found = NULL;
	uint32_t n = 0;

	if (strcmp(f->target, "self") == 0)
		return e->t;
	for (struct tracee *t = *s->tracees; t; t = t->next)
		if (t->role == role && chance_below(c, ++n) == 0)
			found = t;
	return found;
}

static enum verdict do_kill(const struct scene *s, const struct event *e, const struct fault *f,
			    struct chance *c)
{
	struct tracee *t = victim(s, e, f, c);

	if (is_ptpm(f))
		kill(s->ptpm, SIGKILL);
	if (t)
		kill(t->pid, SIGKILL);
	return t == e->t ? DEAD : GO_ON;
}

static enum verdict do_power(const struct scene *s, const struct event *e, const struct fault *f,
			     struct chance *c)
{
	(void)e;
	s->power_cut(s->arg, (enum survival)f->number, c, is_ptpm(f));
	return OUTAGE;
}

static enum verdict do_fail(const struct scene *s, const struct event *e, const struct fault *f,
			    struct chance *c)
{
	if (e->point == AT_SYNC && s->medium)
		medium_sync_failed(s->medium, c);
	tracee_skip(e->t->pid, -f->number);
	return SKIPPED;
}

/* A part of the write reached the device, which then failed, or said so by a short count. */
static size_t write_part(const struct scene *s, const struct event *e, struct chance *c)
{
	size_t len = SECTOR * chance_below(c, (uint32_t)(e->len / SECTOR));

	if (s->medium)
		medium_write_through(s->medium, e->at, e->bytes, len);
	return len;
}

static enum verdict do_torn(const struct scene *s, const struct event *e, const struct fault *f,
			    struct chance *c)
{
	write_part(s, e, c);
	tracee_skip(e->t->pid, -f->number);
	return SKIPPED;
}

static enum verdict do_short(const struct scene *s, const struct event *e, const struct fault *f,
			     struct chance *c)
{
	(void)f;
	tracee_skip(e->t->pid, (long)write_part(s, e, c));
	return SKIPPED;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static enum verdict do_hold(const struct scene *s, const struct event *e, const struct fault *f,
			    struct chance *c)
{
	(void)s;
	(void)c;
	e->t->held_until = now_ms() + (uint64_t)f->number;
	return HELD;
}

static enum verdict do_drop(const struct scene *s, const struct event *e, const struct fault *f,
			    struct chance *c)
{
	(void)s;
	(void)f;
	(void)c;
	if (e->point == AT_COMMAND)
		tracee_set_result(e->t->pid, -EAGAIN);
	else
		tracee_skip(e->t->pid, (long)e->len);
	return e->point == AT_COMMAND ? GO_ON : SKIPPED;
}

static enum verdict do_twice(const struct scene *s, const struct event *e, const struct fault *f,
			     struct chance *c)
{
	(void)s;
	(void)f;
	(void)c;
	tracee_send_again(e->t->pid, (int)e->t->call.args[0], e->bytes, e->len);
	return GO_ON;
}

static void put_u32(uint8_t *out, uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

/* The TPM did what it was told, and the bus says something else. */
static enum verdict do_answer(const struct scene *s, const struct event *e, const struct fault *f,
			      struct chance *c)
{
	uint8_t bytes[MSG_HEADER_SIZE + TPM_HEADER_SIZE];

	(void)s;
	(void)c;
	if (e->len < sizeof(bytes))
		return GO_ON;
	memcpy(bytes, e->bytes, MSG_HEADER_SIZE);
	put_u32(bytes + 4, TPM_HEADER_SIZE);
	tpm_response_rc((uint32_t)f->number, bytes + MSG_HEADER_SIZE);
	tracee_replace_message(e->t->pid, e->t->call.args[1], bytes, sizeof(bytes));
	return GO_ON;
}

static enum verdict do_garble(const struct scene *s, const struct event *e, const struct fault *f,
			      struct chance *c)
{
	uint8_t bytes[MSG_HEADER_SIZE + 4096];
	size_t len = e->len < sizeof(bytes) ? e->len : sizeof(bytes);

	(void)s;
	(void)f;
	memcpy(bytes, e->bytes, len);
	for (size_t i = MSG_HEADER_SIZE; i < len; i++)
		bytes[i] = (uint8_t)chance_below(c, 256);
	tracee_replace_message(e->t->pid, e->t->call.args[1], bytes, len);
	return GO_ON;
}

static const struct action {
	const char *name;
	action_fn fn;
} actions[] = {
    {"kill", do_kill},     {"power", do_power},   {"fail", do_fail}, {"torn", do_torn},
    {"short", do_short},   {"hold", do_hold},     {"drop", do_drop}, {"twice", do_twice},
    {"answer", do_answer}, {"garble", do_garble},
};

/* ---- the queue ------------------------------------------------------------------------------ */

bool inject_add(const char *text)
{
	struct fault f = {0};
	char point[16], action[16];

	if (queued == FAULTS_MAX || sscanf(text, "%15s %u %u %15s %15s %ld %lu", point, &f.kind,
					   &f.nth, action, f.target, &f.number, &f.seed) != 7)
		return false;
	f.point = point_of(point);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strcmp(action, actions[i].name) == 0)
			f.action = &actions[i];
	if (f.point == POINTS || !f.action || f.nth == 0)
		return false;
	queue[queued++] = f;
	return true;
}

unsigned inject_clear(void)
{
	unsigned n = queued;

	queued = 0;
	return n;
}

static void take_first(struct fault *out)
{
	*out = queue[0];
	queued--;
	memmove(queue, queue + 1, queued * sizeof(queue[0]));
}

/* Not while nobody is there to be killed: the next one, then. */
static bool possible(const struct scene *s, const struct event *e, const struct fault *f)
{
	struct chance any = {0};

	if (f->action->fn != do_kill)
		return true;
	return is_ptpm(f) ? s->ptpm > 0 : victim(s, e, f, &any) != NULL;
}

static bool is_due(const struct scene *s, const struct event *e, struct fault *f)
{
	if (f->point != e->point || (f->kind != 0 && f->kind != e->kind))
		return false;
	if (f->nth > 1)
		f->nth--;
	else
		return possible(s, e, f);
	return false;
}

enum verdict inject(const struct scene *s, const struct event *e)
{
	struct fault f;
	struct chance c;

	if (queued == 0 || !is_due(s, e, &queue[0]))
		return GO_ON;
	take_first(&f);
	c.state = f.seed;
	printf("fired %s %u %s %s %zu\n", point_name(e->point), e->kind,
	       tracee_role_name(e->t->role), f.action->name,
	       s->medium ? medium_pending(s->medium) : 0);
	fflush(stdout);
	return f.action->fn(s, e, &f, &c);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include "lib/uuid.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct child *find_worker(struct supervisor *s, const uint8_t uuid[UUID_SIZE])
{
	for (size_t i = 0; i < s->nworkers; i++)
		if (s->workers[i] && uuid_equal(s->workers[i]->who.uuid, uuid))
			return s->workers[i];
	return NULL;
}

static enum err free_index(const struct supervisor *s, unsigned *index)
{
	for (unsigned i = 0; i < s->nworkers; i++) {
		if (s->workers[i])
			continue;
		*index = i;
		return ERR_OK;
	}
	return ERR_FULL;
}

/* A worker has nothing to ask of the supervisor. */
static enum err on_msg(void *arg, struct msg *m)
{
	(void)arg;
	(void)m;
	return ERR_DENIED;
}

/* The three pairs of a worker: [0] stays or goes to the peer, [1] is the worker's. */
struct pairs {
	int super[2];
	int keys[2];
	int broker[2];
};

static void close_pair(const int fds[2])
{
	for (size_t i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

static enum err make_pairs(struct pairs *p)
{
	enum err e;

	*p = (struct pairs){{-1, -1}, {-1, -1}, {-1, -1}};
	e = channel_pair(p->super);
	if (!e)
		e = channel_pair(p->keys);
	if (!e)
		e = channel_pair(p->broker);
	return e;
}

static enum err start(struct child *c, const struct super_spawn *what, unsigned index,
		      struct pairs *p)
{
	struct supervisor *s = c->s;
	struct spawner_job job = {what, index, p->super[1], p->keys[1], p->broker[1]};
	enum err e = s->spawner.start(&s->spawner, &job, &c->process);
	int own = p->super[0];

	if (e)
		return e;
	s->workers[index] = c;
	p->super[0] = -1;
	supervisor_tell_peer(&s->keys, &c->who, p->keys[0]);
	supervisor_tell_peer(&s->broker, &c->who, p->broker[0]);
	/* If this fails the worker was killed; nobody watches it then. */
	e = supervisor_adopt(c, own, on_msg);
	if (e)
		supervisor_give_up(s, "cannot watch a worker");
	return ERR_OK;
}

static enum err spawn_worker(struct supervisor *s, const struct super_spawn *what)
{
	struct child *c;
	struct pairs p;
	unsigned index;
	enum err e = free_index(s, &index);

	if (e)
		return e;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_NO_MEMORY;
	*c = (struct child){.s = s, .who = {.role = ROLE_WORKER, .guest = what->guest}};
	memcpy(c->who.uuid, what->uuid, UUID_SIZE);
	e = make_pairs(&p);
	if (!e)
		e = start(c, what, index, &p);
	close_pair(p.super);
	close_pair(p.keys);
	close_pair(p.broker);
	if (e)
		free(c);
	return e;
}

/* What the key keeper asked for did not happen. One that runs already is no news to the broker. */
static void not_started(struct supervisor *s, const struct super_spawn *asked, enum err why)
{
	struct super_exited what = {
	    .role = ROLE_WORKER, .how = EXITED_NOT_STARTED, .code = (uint8_t)why};
	uint8_t body[64];
	size_t len;

	log_error("cannot start the worker of %s: %s", uuid_format(asked->uuid).s, err_text(why));
	memcpy(what.uuid, asked->uuid, UUID_SIZE);
	if (why != ERR_EXISTS)
		supervisor_tell_exited(s, &what);
	else if (super_exited_encode(&what, body, sizeof(body), &len) == ERR_OK)
		supervisor_tell(&s->keys, SUPER_EXITED, body, len, -1);
}

enum err supervisor_on_spawn(void *arg, struct msg *m)
{
	struct supervisor *s = ((struct child *)arg)->s;
	struct super_spawn what;
	enum err e = super_spawn_decode(m->body, m->len, &what);

	if (e)
		return e;
	if (s->stopping)
		e = ERR_UNAVAILABLE;
	else if (find_worker(s, what.uuid))
		e = ERR_EXISTS;
	else
		e = spawn_worker(s, &what);
	if (e)
		not_started(s, &what, e);
	return ERR_OK;
}

enum err supervisor_on_kill(void *arg, struct msg *m)
{
	struct supervisor *s = ((struct child *)arg)->s;
	struct child *worker = find_worker(s, m->body);

	if (worker)
		process_kill(&worker->process);
	return ERR_OK;
}

void supervisor_worker_ended(struct child *c)
{
	struct supervisor *s = c->s;
	struct super_exited what = supervisor_reap(c);

	if (s->spawner.clean)
		s->spawner.clean(&s->spawner, what.uuid);
	for (size_t i = 0; i < s->nworkers; i++)
		if (s->workers[i] == c)
			s->workers[i] = NULL;
	supervisor_tell_exited(s, &what);
	free(c);
	supervisor_stop_if_done(s);
}

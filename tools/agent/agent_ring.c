/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_ring.h"

#include "lib/log.h"
#include "lib/xen/channel_xen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEN_MAX 600 /* paths: a manager may write more, and has the oldest tried again */
#define VALUE    64  /* characters of a node that are compared */

struct agent_seen {
	TAILQ_ENTRY(agent_seen) link;
	char name[64];
	char value[VALUE];
	uint64_t until; /* when it is given up */
};

struct agent_path agent_ring_path(const struct agent *a, const char *name)
{
	struct agent_path p;

	snprintf(p.s, sizeof(p.s), "/local/domain/%u/data/vtpmmgr/agent%s%s", a->manager,
		 name[0] ? "/" : "", name);
	return p;
}

static void forget(struct agent *a, struct agent_seen *s)
{
	TAILQ_REMOVE(&a->seen, s, link);
	a->nseen--;
	free(s);
}

void agent_ring_forget_all(struct agent *a)
{
	struct agent_seen *s;

	while ((s = TAILQ_FIRST(&a->seen)))
		forget(a, s);
}

static struct agent_seen *find(struct agent *a, const char *name)
{
	struct agent_seen *s;

	TAILQ_FOREACH(s, &a->seen, link)
	{
		if (strcmp(s->name, name) == 0)
			return s;
	}
	return NULL;
}

static struct agent_seen *add(struct agent *a, const char *name)
{
	struct agent_seen *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	if (a->nseen == SEEN_MAX)
		forget(a, TAILQ_FIRST(&a->seen));
	snprintf(s->name, sizeof(s->name), "%s", name);
	TAILQ_INSERT_TAIL(&a->seen, s, link);
	a->nseen++;
	return s;
}

/* The note about what stands at the path now; NULL: nothing does, or there is no memory. */
static struct agent_seen *note(struct agent *a, const char *name)
{
	struct agent_seen *s = find(a, name);
	char value[VALUE];

	if (xenstore_read(a->xenstore, agent_ring_path(a, name).s, value, sizeof(value)))
		return NULL;
	if (!s)
		s = add(a, name);
	if (s && strcmp(s->value, value) != 0) {
		s->until = loop_now() + a->try_ms;
		memcpy(s->value, value, sizeof(value));
	}
	return s;
}

void agent_ring_forget(struct agent *a, const char *name)
{
	struct agent_seen *s = find(a, name);

	if (s)
		forget(a, s);
}

enum err agent_ring_connect(struct agent *a, const char *name, size_t body_max,
			    struct channel **out)
{
	struct agent_seen *s = note(a, name);
	enum err e;

	if (!s || loop_now() > s->until)
		return ERR_NOT_FOUND;
	e = channel_xen_connect(a->manager, agent_ring_path(a, name).s, body_max, out);
	if (!e) {
		s->until = 0;
		return ERR_OK;
	}
	log_debug("ring %s: %s", name, err_text(e));
	return e == ERR_NOT_FOUND ? ERR_UNAVAILABLE : e;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/agent_play.h"

#include "lib/xen/channel_xen.h"
#include "tools/agent/agent_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define NODES_MAX 64
#define RUNS_MAX  8
#define RINGS_MAX 8
#define TURNS     20

/* The libraries that are played have no handle of their own: so there is one world. */
static struct world {
	struct {
		char path[XENSTORE_PATH_MAX];
		char value[256];
	} nodes[NODES_MAX];
	int event; /* the descriptor that a watch fires on */
	char fired[8][XENSTORE_PATH_MAX];
	size_t nfired;
	struct {
		char path[XENSTORE_PATH_MAX];
		int fd;
	} rings[RINGS_MAX];
	size_t nrings;
	unsigned servers;  /* that have come */
	unsigned connects; /* that were tried */
	struct play_run runs[RUNS_MAX];
	struct xl_job jobs[RUNS_MAX];
	size_t nruns;
	char name[8];
} world;

/* ---- xenstore ------------------------------------------------------------------------------- */

int xenstore_fd(const struct xenstore *x)
{
	(void)x;
	return world.event;
}

static void fire(const char *path)
{
	if (world.nfired < 8)
		snprintf(world.fired[world.nfired++], XENSTORE_PATH_MAX, "%s", path);
	assert_int_equal(eventfd_write(world.event, 1), 0);
}

enum err xenstore_watch(struct xenstore *x, const char *path)
{
	(void)x;
	fire(path);
	return ERR_OK;
}

void xenstore_unwatch(struct xenstore *x, const char *path)
{
	(void)x;
	(void)path;
}

enum err xenstore_event(struct xenstore *x, char *out, size_t cap)
{
	eventfd_t n;

	(void)x;
	if (world.nfired == 0) {
		(void)!eventfd_read(world.event, &n);
		return ERR_AGAIN;
	}
	snprintf(out, cap, "%s", world.fired[0]);
	memmove(world.fired, world.fired + 1, --world.nfired * sizeof(world.fired[0]));
	return ERR_OK;
}

static size_t node(const char *path)
{
	for (size_t i = 0; i < NODES_MAX; i++)
		if (strcmp(world.nodes[i].path, path) == 0)
			return i;
	return NODES_MAX;
}

const char *play_get(const char *path)
{
	size_t i = node(path);

	return i < NODES_MAX ? world.nodes[i].value : NULL;
}

static void take_away(const char *path)
{
	size_t n = strlen(path);

	for (size_t i = 0; i < NODES_MAX; i++)
		if (strncmp(world.nodes[i].path, path, n) == 0 &&
		    (world.nodes[i].path[n] == '/' || world.nodes[i].path[n] == '\0'))
			world.nodes[i].path[0] = '\0';
}

void play_set(const char *path, const char *value)
{
	size_t i = node(path);

	if (!value) {
		take_away(path);
		return;
	}
	if (i == NODES_MAX)
		i = node("");
	assert_true(i < NODES_MAX);
	snprintf(world.nodes[i].path, sizeof(world.nodes[i].path), "%s", path);
	snprintf(world.nodes[i].value, sizeof(world.nodes[i].value), "%s", value);
}

enum err xenstore_read(struct xenstore *x, const char *path, char *out, size_t cap)
{
	const char *value = play_get(path);

	(void)x;
	if (!value)
		return ERR_NOT_FOUND;
	snprintf(out, cap, "%s", value);
	return ERR_OK;
}

/* The first of the nodes below path with this name stands for it. */
static bool is_first(size_t i, size_t prefix, size_t len)
{
	for (size_t k = 0; k < i; k++)
		if (strncmp(world.nodes[k].path, world.nodes[i].path, prefix + len) == 0 &&
		    (world.nodes[k].path[prefix + len] == '/' ||
		     world.nodes[k].path[prefix + len] == '\0'))
			return false;
	return true;
}

enum err xenstore_list(struct xenstore *x, const char *path,
		       void (*fn)(void *arg, const char *name), void *arg)
{
	char prefix[XENSTORE_PATH_MAX], name[XENSTORE_PATH_MAX];
	size_t n;

	(void)x;
	n = (size_t)snprintf(prefix, sizeof(prefix), "%s/", path);
	for (size_t i = 0; i < NODES_MAX; i++) {
		const char *rest = world.nodes[i].path + n;

		if (strncmp(world.nodes[i].path, prefix, n) != 0 ||
		    !is_first(i, n, strcspn(rest, "/")))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(rest, "/"), rest);
		fn(arg, name);
	}
	return ERR_OK;
}

enum err xenstore_write(struct xenstore *x, const char *path, const char *value, uint32_t reader)
{
	char name[XENSTORE_PATH_MAX];

	(void)x;
	snprintf(name, sizeof(name), "/local/domain/%u/name", reader);
	if (!play_get(name))
		return ERR_NOT_FOUND;
	play_set(path, value);
	return ERR_OK;
}

void xenstore_remove(struct xenstore *x, const char *path)
{
	(void)x;
	play_set(path, NULL);
}

void play_domain(struct play *p, unsigned domid, const char *name, const char *uuid)
{
	char path[XENSTORE_PATH_MAX], vm[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	play_set(path, name);
	snprintf(path, sizeof(path), "/local/domain/%u/vm", domid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid ? uuid : "");
	if (uuid)
		play_set(path, vm);
	fire("@introduceDomain");
	play_turn(p);
}

void play_domain_gone(struct play *p, unsigned domid)
{
	char path[XENSTORE_PATH_MAX];

	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	play_set(path, NULL);
	fire("@releaseDomain");
	play_turn(p);
}

/* ---- rings ---------------------------------------------------------------------------------- */

struct channel *play_ring(struct play *p, const char *name)
{
	char path[XENSTORE_PATH_MAX], value[16];
	struct channel *c;
	int fds[2];

	snprintf(path, sizeof(path), "/local/domain/%d/data/vtpmmgr/agent/%s", PLAY_MANAGER, name);
	assert_int_equal(channel_pair(fds), ERR_OK);
	assert_int_equal(channel_new(fds[0], MSG_BODY_MAX, &c), ERR_OK);
	assert_true(world.nrings < RINGS_MAX);
	world.rings[world.nrings].fd = fds[1];
	snprintf(world.rings[world.nrings++].path, XENSTORE_PATH_MAX, "%s", path);
	snprintf(value, sizeof(value), "8 3 %u", ++world.servers);
	play_set(path, value);
	fire(path);
	play_turn(p);
	return c;
}

enum err channel_xen_connect(uint32_t server, const char *path, size_t body_max,
			     struct channel **out)
{
	assert_int_equal(server, PLAY_MANAGER);
	world.connects++;
	for (size_t i = 0; i < world.nrings; i++) {
		int fd = world.rings[i].fd;

		if (strcmp(world.rings[i].path, path) != 0)
			continue;
		world.rings[i] = world.rings[--world.nrings];
		return channel_new(fd, body_max, out);
	}
	return ERR_ARG;
}

unsigned play_connects(void)
{
	return world.connects;
}

/* ---- xl ------------------------------------------------------------------------------------- */

enum err xl_start(struct xl *x, const struct xl_job *job, struct xl_run **out)
{
	struct play_run *r = &world.runs[world.nruns];

	(void)x;
	assert_true(world.nruns < RUNS_MAX);
	*r = (struct play_run){0};
	for (; r->nargs < XL_ARGS_MAX && job->args[r->nargs]; r->nargs++)
		snprintf(r->args[r->nargs], XL_ARG_MAX, "%s", job->args[r->nargs]);
	if (job->nfds > 2)
		assert_true(pread(job->fds[2], r->config, sizeof(r->config) - 1, 0) > 0);
	world.jobs[world.nruns] = *job;
	/* Never looked into: it only has to differ. */
	r->handle = (struct xl_run *)(void *)&world.name[world.nruns];
	*out = r->handle;
	world.nruns++;
	return ERR_OK;
}

void xl_forget(struct xl_run *run)
{
	for (size_t i = 0; i < world.nruns; i++)
		if (world.runs[i].handle == run)
			world.jobs[i].done = NULL;
}

void xl_last_line(const char *output, char *out, size_t cap)
{
	snprintf(out, cap, "%s", output);
}

unsigned play_xl_waiting(void)
{
	return (unsigned)world.nruns;
}

const struct play_run *play_xl(void)
{
	assert_true(world.nruns > 0);
	return &world.runs[0];
}

void play_xl_done(struct play *p, enum err e, const char *output)
{
	struct xl_job job = world.jobs[0];

	assert_true(world.nruns > 0);
	world.nruns--;
	memmove(world.runs, world.runs + 1, world.nruns * sizeof(world.runs[0]));
	memmove(world.jobs, world.jobs + 1, world.nruns * sizeof(world.jobs[0]));
	if (job.done)
		job.done(job.arg, e, output);
	play_turn(p);
}

/* ---- the agent ------------------------------------------------------------------------------ */

/* The clock goes where play_wait() says, and nowhere else. */
static uint64_t now_ms = 1000;

int __wrap_clock_gettime(clockid_t clock, struct timespec *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *t)
{
	(void)clock;
	*t = (struct timespec){.tv_sec = (time_t)(now_ms / 1000),
			       .tv_nsec = (long)(now_ms % 1000) * 1000000};
	return 0;
}

static void stop(void *arg)
{
	loop_stop(arg);
}

static void turn(struct play *p)
{
	struct loop_timer *t;

	assert_int_equal(loop_after(p->loop, 0, stop, p->loop, &t), ERR_OK);
	assert_int_equal(loop_run(p->loop), ERR_OK);
}

/* All that happens here is ready at once, so a number of turns serves it, however slow they are. */
void play_turn(struct play *p)
{
	for (int i = 0; i < TURNS; i++)
		turn(p);
}

void play_wait(struct play *p, uint64_t ms)
{
	for (; ms > 0; ms--) {
		now_ms++;
		turn(p);
	}
	play_turn(p);
}

static void write_file(const struct play *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void start_agent(struct play *p)
{
	p->agent =
	    (struct agent){.options = &p->options, .loop = p->loop, .image = STUB_IMAGE_NONE};
	assert_int_equal(stub_image_load(p->options.kernel, p->options.initramfs, &p->agent.image),
			 ERR_OK);
	assert_int_equal(agent_start(&p->agent), ERR_OK);
	p->agent.grace_ms = p->grace_ms;
	p->agent.plug_ms = PLAY_PLUG_MS;
	p->agent.try_ms = PLAY_TRY_MS;
}

static void answer_questions(struct play *p, enum xsm xsm)
{
	assert_string_equal(play_xl()->args[0], "getenforce");
	play_xl_done(p, ERR_OK, xsm == XSM_FLASK_ENFORCING ? "Enforcing\n" : "Disabled\n");
	if (xsm == XSM_FLASK_ENFORCING)
		return;
	assert_string_equal(play_xl()->args[0], "dmesg");
	play_xl_done(p, ERR_OK,
		     xsm == XSM_SILO ? "(XEN) Initialising XSM SILO mode\n"
				     : "(XEN) WARNING: SILO mode is not enabled.\n");
}

void play_start(struct play *p, enum xsm xsm)
{
	static char kernel[80], initramfs[80], ptpm[80];

	memset(&world, 0, sizeof(world));
	world.event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	*p = (struct play){.grace_ms = AGENT_GRACE_MS};
	strcpy(p->dir, "/tmp/agent-play.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	write_file(p, "kernel", "a kernel");
	write_file(p, "initramfs", "an initramfs");
	snprintf(kernel, sizeof(kernel), "%s/kernel", p->dir);
	snprintf(initramfs, sizeof(initramfs), "%s/initramfs", p->dir);
	snprintf(ptpm, sizeof(ptpm), "%s/ptpm", p->dir);
	p->options = (struct agent_options){.manager = "vtpmmgr",
					    .run_dir = p->dir,
					    .ptpm = ptpm,
					    .kernel = kernel,
					    .initramfs = initramfs,
					    .extra = "",
					    .memory = 32,
					    .admin_mode = 0600};
	assert_int_equal(loop_new(&p->loop), ERR_OK);
	start_agent(p);
	play_set("/local/domain/0/name", "Domain-0");
	play_set("/local/domain/3/name", "vtpmmgr");
	answer_questions(p, xsm);
	play_turn(p);
}

void play_restart(struct play *p)
{
	agent_stop(&p->agent);
	stub_image_close(&p->agent.image);
	world.nruns = 0;
	start_agent(p);
	answer_questions(p, XSM_FLASK_ENFORCING);
	play_turn(p);
}

void play_end(struct play *p)
{
	char command[128];

	agent_stop(&p->agent);
	stub_image_close(&p->agent.image);
	loop_free(p->loop);
	close(world.event);
	for (size_t i = 0; i < world.nrings; i++)
		close(world.rings[i].fd);
	snprintf(command, sizeof(command), "rm -rf %s", p->dir);
	assert_int_equal(system(command), 0);
}

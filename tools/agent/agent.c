/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent.h"

#include "lib/log.h"
#include "lib/number.h"
#include "lib/proto_ptpm.h"
#include "lib/uuid.h"
#include "tools/agent/agent_admin.h"
#include "tools/agent/agent_ptpm.h"
#include "tools/agent/agent_ring.h"
#include "tools/agent/agent_worker.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#define INTRODUCED "@introduceDomain"
#define RELEASED   "@releaseDomain"
#define DELAY_MIN  20 /* ms until a ring that could not be had is tried again; doubles */
#define DELAY_MAX  5000
#define ASK_XL_MS  10000

/* ---- rings ---------------------------------------------------------------------------------- */

static void look(struct agent *a);

static void on_again(void *arg)
{
	struct agent *a = arg;

	a->again = NULL;
	look(a);
}

static void look_later(struct agent *a)
{
	if (a->again || loop_after(a->loop, a->delay_ms, on_again, a, &a->again))
		return;
	a->delay_ms = a->delay_ms * 2 < DELAY_MAX ? a->delay_ms * 2 : DELAY_MAX;
}

/* Whoever served the ring may serve the next one already, and its event have come before. */
void agent_look_again(struct agent *a)
{
	loop_cancel(a->again);
	a->again = NULL;
	a->delay_ms = DELAY_MIN;
	look_later(a);
}

static enum err connect_ring(struct agent *a, const char *name, size_t body_max,
			     struct channel **out)
{
	enum err e = agent_ring_connect(a, name, body_max, out);

	if (e && e != ERR_NOT_FOUND)
		look_later(a);
	return e;
}

static void look_admin(struct agent *a)
{
	struct channel *ring;

	if (!agent_admin_has_ring(a->admin) &&
	    connect_ring(a, "admin", MSG_BODY_MAX, &ring) == ERR_OK)
		agent_admin_take(a->admin, ring);
}

static void look_ptpm(struct agent *a, size_t i)
{
	struct channel *ring;

	if (!agent_ptpm_has_ring(a->ptpm[i]) &&
	    connect_ring(a, agent_ptpm_name(i), PTPM_BUFFER_MAX, &ring) == ERR_OK)
		agent_ptpm_take(a->ptpm[i], ring);
}

static void look_worker(void *arg, const char *name)
{
	struct agent *a = arg;
	uint8_t uuid[UUID_SIZE];
	char path[sizeof("worker/") + UUID_TEXT_SIZE];
	struct channel *ring;

	if (uuid_parse(name, uuid) || !agent_worker_wants_ring(a, uuid))
		return;
	snprintf(path, sizeof(path), "worker/%s", name);
	if (connect_ring(a, path, AGENT_WORKER_BODY_MAX, &ring) == ERR_OK)
		agent_worker_take(a, uuid, ring);
}

/* Every path at which there is no ring yet. */
static void look(struct agent *a)
{
	enum err e;

	if (a->manager == AGENT_NO_DOMAIN)
		return;
	look_admin(a);
	for (size_t i = 0; i < AGENT_PTPMS; i++)
		look_ptpm(a, i);
	e = xenstore_list(a->xenstore, agent_ring_path(a, "worker").s, look_worker, a);
	if (e)
		log_warning("cannot read what the manager asks for: %s", err_text(e));
}

/* ---- domains -------------------------------------------------------------------------------- */

/* A domain that is destroyed says nothing on its rings. */
static void leave_manager(struct agent *a)
{
	if (a->manager == AGENT_NO_DOMAIN)
		return;
	xenstore_unwatch(a->xenstore, agent_ring_path(a, "").s);
	agent_admin_drop(a->admin);
	for (size_t i = 0; i < AGENT_PTPMS; i++)
		agent_ptpm_drop(a->ptpm[i]);
	agent_worker_drop_rings(a);
	agent_ring_forget_all(a);
}

static void set_manager(struct agent *a, uint32_t domid)
{
	if (domid == a->manager)
		return;
	leave_manager(a);
	a->manager = domid;
	if (domid == AGENT_NO_DOMAIN) {
		log_warning("the manager's domain %s has gone", a->options->manager);
		return;
	}
	log_info("the manager's domain is %u", domid);
	if (xenstore_watch(a->xenstore, agent_ring_path(a, "").s))
		log_error("cannot watch domain %u", domid);
}

static const struct domain *find_manager(const struct agent *a, const struct domains *d)
{
	uint32_t domid;

	if (number_u32(a->options->manager, AGENT_DOMID_MAX, &domid) == ERR_OK)
		return domains_by_domid(d, domid);
	return domains_by_name(d, a->options->manager);
}

static void on_listed(void *arg, enum err e, const char *output)
{
	struct agent *a = arg;

	a->listing = false;
	if (!e)
		agent_worker_listed(a, output);
}

/* A domain that has only stopped stays in xenstore: xl knows. */
static void list_domains(struct agent *a)
{
	struct xl_job job = {
	    .args = {"list"}, .timeout_ms = ASK_XL_MS, .done = on_listed, .arg = a};
	struct xl_run *run;

	if (!a->listing && a->nworkers > 0 && xl_start(a->xl, &job, &run) == ERR_OK)
		a->listing = true;
}

/* adopt: at the start, when stub domains may run that an earlier agent has made. */
static void read_domains(struct agent *a, bool adopt)
{
	const struct domain *manager;
	struct domains d;
	enum err e = domains_read(a->xenstore, &d);

	if (e) {
		log_warning("cannot read which domains there are: %s", err_text(e));
		return;
	}
	manager = find_manager(a, &d);
	set_manager(a, manager ? manager->domid : AGENT_NO_DOMAIN);
	if (adopt)
		agent_worker_adopt(a, &d);
	agent_worker_domains(a, &d);
	domains_free(&d);
}

static void on_event(void *arg, uint32_t events)
{
	struct agent *a = arg;
	char path[XENSTORE_PATH_MAX];
	bool domains = false, released = false;

	(void)events;
	while (xenstore_event(a->xenstore, path, sizeof(path)) == ERR_OK) {
		log_debug("xenstore: %s", path);
		domains = domains || path[0] == '@';
		released = released || strcmp(path, RELEASED) == 0;
	}
	if (domains)
		read_domains(a, false);
	if (released)
		list_domains(a);
	a->delay_ms = DELAY_MIN;
	look(a);
}

/* ---- start ---------------------------------------------------------------------------------- */

static enum err watch(struct agent *a)
{
	enum err e = xenstore_watch(a->xenstore, INTRODUCED);

	if (!e)
		e = xenstore_watch(a->xenstore, RELEASED);
	if (!e)
		e = loop_add(a->loop, xenstore_fd(a->xenstore), EPOLLIN, on_event, a, &a->events);
	return e;
}

static void begin(struct agent *a, enum xsm xsm)
{
	const char *advice = xsm_advice(xsm);
	enum err e;

	a->xsm = xsm;
	if (advice)
		log_warning("%s", advice);
	read_domains(a, true);
	e = watch(a);
	if (e) {
		log_error("cannot watch xenstore: %s", err_text(e));
		loop_stop(a->loop);
	}
}

static void on_enforce(void *arg, enum err e, const char *output);
static void on_dmesg(void *arg, enum err e, const char *output);
static void on_info(void *arg, enum err e, const char *output);

/* What is asked until one answer says it, in this order. */
static const struct question {
	const char *command;
	enum xsm (*read)(const char *output);
	xl_done_fn done;
} questions[] = {
    {"getenforce", xsm_from_getenforce, on_enforce},
    {"dmesg", xsm_from_dmesg, on_dmesg},
    {"info", xsm_from_info, on_info},
};
#define NQUESTIONS (sizeof(questions) / sizeof(questions[0]))

static enum err ask(struct agent *a, size_t i)
{
	struct xl_job job = {.args = {questions[i].command},
			     .timeout_ms = ASK_XL_MS,
			     .done = questions[i].done,
			     .arg = a};
	struct xl_run *run;

	return xl_start(a->xl, &job, &run);
}

static void on_answer(struct agent *a, size_t i, const char *output)
{
	enum xsm xsm = questions[i].read(output);

	if (xsm != XSM_UNKNOWN || i + 1 == NQUESTIONS || ask(a, i + 1))
		begin(a, xsm);
}

static void on_enforce(void *arg, enum err e, const char *output)
{
	(void)e;
	on_answer(arg, 0, output);
}

static void on_dmesg(void *arg, enum err e, const char *output)
{
	(void)e;
	on_answer(arg, 1, output);
}

static void on_info(void *arg, enum err e, const char *output)
{
	(void)e;
	on_answer(arg, 2, output);
}

enum err agent_start(struct agent *a)
{
	enum err e = ERR_OK;

	a->manager = AGENT_NO_DOMAIN;
	a->delay_ms = DELAY_MIN;
	a->grace_ms = AGENT_GRACE_MS;
	a->plug_ms = AGENT_PLUG_MS;
	a->try_ms = AGENT_RING_TRY_MS;
	LIST_INIT(&a->workers);
	TAILQ_INIT(&a->seen);
	e = agent_admin_new(a, &a->admin);
	for (size_t i = 0; !e && i < AGENT_PTPMS; i++)
		e = agent_ptpm_new(a, i, &a->ptpm[i]);
	return e ? e : ask(a, 0);
}

void agent_stop(struct agent *a)
{
	loop_del(a->events);
	loop_cancel(a->again);
	agent_worker_free_all(a);
	agent_ring_forget_all(a);
	for (size_t i = 0; i < AGENT_PTPMS; i++)
		agent_ptpm_free(a->ptpm[i]);
	agent_admin_free(a->admin);
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include "lib/spawn.h"
#include "vtpmmgr/supervisor/notify.h"
#include "vtpmmgr/supervisor/pin.h"

#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How long a child may live without its channel. Milliseconds. */
#define LINGER_MS 2000

static const char *const how_texts[] = {
    [EXITED_CODE] = "exit code",
    [EXITED_SIGNAL] = "signal",
    [EXITED_NOT_STARTED] = "error",
};

static const char *const role_names[] = {
    [ROLE_KEYS] = "key keeper",
    [ROLE_BROKER] = "broker",
    [ROLE_WORKER] = "worker",
};

static void on_lingering(void *arg)
{
	struct child *c = arg;

	c->linger = NULL;
	process_kill(&c->process);
}

/* A child that ends closes its channel a moment before. One that only closes it cannot be led. */
static void on_gone(void *arg, enum err why)
{
	struct child *c = arg;

	if (why == ERR_EOF &&
	    loop_after(c->s->loop, LINGER_MS, on_lingering, c, &c->linger) == ERR_OK)
		return;
	log_error("%s broke its protocol: %s", role_names[c->who.role], err_text(why));
	process_kill(&c->process);
}

static void child_ended(struct child *c);

static void on_exit_event(void *arg, uint32_t events)
{
	struct child *c = arg;

	(void)events;
	if (c->who.role == ROLE_WORKER)
		supervisor_worker_ended(c);
	else
		child_ended(c);
}

enum err supervisor_adopt(struct child *c, int channel, channel_msg_fn on_msg)
{
	enum err e = channel_new(channel, MSG_BODY_MAX, &c->channel);

	if (!e)
		e = channel_attach(c->channel, c->s->loop, on_msg, on_gone, c);
	if (!e)
		e = loop_add(c->s->loop, c->process.pidfd, EPOLLIN, on_exit_event, c, &c->exit);
	if (e)
		process_kill(&c->process);
	backoff_start(&c->backoff, loop_now());
	return e;
}

struct super_exited supervisor_reap(struct child *c)
{
	struct super_exited what = {.role = c->who.role};

	memcpy(what.uuid, c->who.uuid, UUID_SIZE);
	process_reap(&c->process, &what.how, &what.code);
	loop_del(c->exit);
	loop_cancel(c->linger);
	c->exit = NULL;
	c->linger = NULL;
	channel_close(c->channel);
	c->channel = NULL;
	if (what.how != EXITED_CODE || what.code != 0)
		log_warning("%s ended: %s %u", role_names[c->who.role], how_texts[what.how],
			    what.code);
	return what;
}

static enum err on_ready(void *arg, struct msg *m)
{
	struct child *c = arg;

	(void)m;
	log_info("%s is ready", role_names[c->who.role]);
	if (c->who.role == ROLE_BROKER)
		notify_ready();
	return ERR_OK;
}

/*
 * The platform has been initialised. The key keeper ends, to come back with a
 * connection to the proxy over which nothing can be provisioned any more.
 */
static enum err on_pin(void *arg, struct msg *m)
{
	struct child *c = arg;
	struct supervisor *s = c->s;
	struct pin_text text;
	enum err e;

	supervisor_tell(c, SUPER_STOP, NULL, 0, -1);
	/* The key keeper has found the one that it was given: that says more than first use. */
	if (s->config.pinned == PIN_GIVEN)
		return ERR_OK;
	memcpy(s->config.pin, m->body, TPM_NAME_SIZE);
	s->config.pinned = PIN_FIRST_USE;
	e = pin_write(s->options->pin, m->body);
	if (e)
		log_error("cannot write %s: %s", s->options->pin, err_text(e));
	/* Where there are no files that stay, it has to come with the command line. */
	text = pin_format(m->body);
	log_info("the pTPM's key is pinned: --pin-name %s", text.s);
	return ERR_OK;
}

static const struct msg_rule rules[] = {
    {SUPER_READY, "ready", MSG_IN(ROLE_KEYS) | MSG_IN(ROLE_BROKER), 0, 0, 0, on_ready},
    {SUPER_PIN, "pin", MSG_IN(ROLE_KEYS), TPM_NAME_SIZE, TPM_NAME_SIZE, 0, on_pin},
    {SUPER_SPAWN, "spawn", MSG_IN(ROLE_KEYS), 1, MSG_BODY_MAX, 0, supervisor_on_spawn},
    {SUPER_KILL, "kill", MSG_IN(ROLE_KEYS) | MSG_IN(ROLE_BROKER), UUID_SIZE, UUID_SIZE, 0,
     supervisor_on_kill},
};

static enum err on_msg(void *arg, struct msg *m)
{
	struct child *c = arg;

	return msg_dispatch(rules, sizeof(rules) / sizeof(rules[0]), c->who.role, c, m);
}

/* Starts it with its descriptor 3 and those in fds; program and name are its role's. */
static enum err start(struct child *c, int program, const char *name, unsigned uid_index,
		      struct spawn_fd *fds, size_t nfds)
{
	struct supervisor *s = c->s;
	const struct child_program what = {.fd = program,
					   .name = name,
					   .uid = s->options->uid_base + uid_index,
					   .level = s->level,
					   .run_dir = s->options->run_dir};
	int super[2];
	enum err e = channel_pair(super);

	if (e)
		return e;
	fds[0] = (struct spawn_fd){super[1], FD_SUPER};
	e = child_spawn(&what, fds, nfds, &c->process.pid, &c->process.pidfd);
	close(super[1]);
	if (e) {
		close(super[0]);
		return e;
	}
	return supervisor_adopt(c, super[0], on_msg);
}

enum err supervisor_start_broker(struct supervisor *s)
{
	struct spawn_fd fds[] = {{-1, FD_SUPER},
				 {s->admin, FD_BROKER_ADMIN},
				 {s->store, FD_BROKER_STORE},
				 {s->policy, FD_BROKER_POLICY}};
	enum err e = start(&s->broker, s->programs.fd[PROGRAM_MANAGER], BROKER_ARGV0, 0, fds,
			   sizeof(fds) / sizeof(fds[0]));

	if (e)
		return e;
	/* The workers first: when the key keeper says what exists, it is known what runs. */
	for (size_t i = 0; i < s->nworkers; i++)
		if (s->workers[i])
			supervisor_link(&s->broker, s->workers[i]);
	supervisor_link(&s->broker, &s->keys);
	supervisor_tell_isolation(s);
	return ERR_OK;
}

static void send_config(struct supervisor *s, bool provisioning)
{
	uint8_t body[128];
	size_t len;

	s->config.provisioning = provisioning;
	if (super_config_encode(&s->config, body, sizeof(body), &len) == ERR_OK)
		supervisor_tell(&s->keys, SUPER_CONFIG, body, len, -1);
}

enum err supervisor_start_keys(struct supervisor *s, int ptpm, bool provisioning)
{
	int broker[2];
	struct spawn_fd fds[] = {{-1, FD_SUPER}, {-1, FD_KEYS_BROKER}, {ptpm, FD_KEYS_PTPM}};
	enum err e = channel_pair(broker);

	if (e)
		return e;
	fds[1].from = broker[1];
	e = start(&s->keys, s->programs.fd[PROGRAM_KEYS], "vtpmmgr-keys", 1, fds,
		  sizeof(fds) / sizeof(fds[0]));
	if (!e) {
		send_config(s, provisioning);
		supervisor_tell_peer(&s->broker, &s->keys.who, broker[0]);
	}
	for (size_t i = 0; !e && i < s->nworkers; i++)
		if (s->workers[i])
			supervisor_link(&s->keys, s->workers[i]);
	close(broker[0]);
	close(broker[1]);
	return e;
}

static void restart_broker(void *arg)
{
	struct child *c = arg;
	enum err e;

	c->restart = NULL;
	e = supervisor_start_broker(c->s);
	if (e && c->process.pid == 0) {
		log_error("cannot start the broker: %s", err_text(e));
		child_ended(c);
	}
}

static void restart_keys(void *arg)
{
	struct child *c = arg;

	c->restart = NULL;
	supervisor_ptpm_connect(c->s);
}

static void child_ended(struct child *c)
{
	struct supervisor *s = c->s;
	bool broker = c->who.role == ROLE_BROKER;
	uint64_t delay = backoff_fail(&c->backoff, loop_now());
	struct super_exited what;

	if (c->process.pid > 0) {
		what = supervisor_reap(c);
		supervisor_tell_exited(s, &what);
	}
	if (s->stopping) {
		supervisor_stopped(c);
		return;
	}
	if (loop_after(s->loop, delay, broker ? restart_broker : restart_keys, c, &c->restart))
		supervisor_give_up(s, "no timer");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * supervisor: root, and therefore small. It opens what needs privilege,
 * starts the other processes, makes the channels between them, starts again what
 * dies, and parses nothing but the fixed-size requests of its own children.
 *
 *	supervisor.c          start, signals, the end
 *	supervisor_open.c     what is opened before anything runs
 *	supervisor_child.c    key keeper and broker: start, death, restart
 *	supervisor_worker.c   workers: start and death
 *	supervisor_peer.c     channel pairs, and who gets which end
 *	supervisor_ptpm.c     the connection to ptpm-proxy
 *	supervisor_bearer.c   what carries to other domains
 */
#ifndef VTPMMGR_SUPERVISOR_H
#define VTPMMGR_SUPERVISOR_H

#include "lib/channel.h"
#include "lib/isolation.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/proto_super.h"
#include "vtpmmgr/backoff.h"
#include "vtpmmgr/supervisor/options.h"
#include "vtpmmgr/supervisor/process.h"
#include "vtpmmgr/supervisor/programs.h"
#include "vtpmmgr/supervisor/spawner.h"

#include <stdbool.h>

#define BROKER_ARGV0 "vtpmmgr-broker"

/* One child, of whatever role. */
struct child {
	struct supervisor *s;
	struct super_peer who;
	struct process process;
	struct channel *channel; /* its descriptor 3 */
	struct loop_source *exit;
	struct loop_timer *linger;  /* it has closed its channel, and is to end */
	struct loop_timer *restart; /* key keeper and broker: when they are started again */
	struct backoff backoff;
};

struct ptpm_link {
	struct loop_timer *retry;
	struct backoff backoff;
	bool complained;
};

/*
 * What carries to another domain for us: vtpmmgr-vchan in one of its roles. It is started
 * again when it ends, or by who needs it.
 */
struct bearer {
	struct supervisor *s;
	const char *role;
	struct channel
	    *channel; /* its end ends the process, too; NULL: it has another of its own */
	struct process process;
	struct loop_source *exit;
	struct loop_timer *restart;
	struct backoff backoff;
};

struct supervisor {
	const struct options *options;
	enum log_level level;
	struct loop *loop;
	struct programs programs;
	struct spawner spawner;
	struct super_config config;
	int store;
	int policy;
	int admin;
	int run_dir; /* held open for its lock */
	struct ptpm_link ptpm;
	struct bearer ptpm_bearer;
	struct bearer admin_bearer;
	enum isolation isolation;
	struct child keys;
	struct child broker;
	struct child *workers[LEAVES_MAX];
	unsigned nworkers; /* how many there are uids for */
	bool stopping;
	bool failed; /* exit with an error */
};

/* Runs until told to stop; the exit code. */
int supervisor_main(const struct options *o);

/* Opens and measures everything. Says itself what is wrong. */
enum err supervisor_open(struct supervisor *s) MUST_USE;
/* Whether the store has a boot header: the platform has been initialised. */
bool supervisor_provisioned(const struct supervisor *s);

enum err supervisor_start_broker(struct supervisor *s) MUST_USE;
/* With this connection to the proxy, which stays the caller's. */
enum err supervisor_start_keys(struct supervisor *s, int ptpm, bool provisioning) MUST_USE;
/* A process was started: watch its descriptor 3 (owned from here on) and its end. */
enum err supervisor_adopt(struct child *c, int channel, channel_msg_fn on_msg) MUST_USE;
/* Reaps it, and forgets its channel. The message says how it ended. */
struct super_exited supervisor_reap(struct child *c);

/* During the end: a child is gone, see what is left. */
void supervisor_stopped(struct child *c);
void supervisor_stop_if_done(struct supervisor *s);
/* Something that cannot be mended: end everything, with an error. */
void supervisor_give_up(struct supervisor *s, const char *why);

enum err supervisor_on_spawn(void *arg, struct msg *m);
enum err supervisor_on_kill(void *arg, struct msg *m);
void supervisor_worker_ended(struct child *c);

/* Sends to a child that may not be running; then nothing happens. */
void supervisor_tell(struct child *c, uint16_t type, const uint8_t *body, size_t len, int fd);
/* c gets fd as its channel to who. */
void supervisor_tell_peer(struct child *c, const struct super_peer *who, int fd);
void supervisor_tell_exited(struct supervisor *s, const struct super_exited *what);
/* Makes a pair and gives an end to each of two running children. */
void supervisor_link(struct child *a, struct child *b);

/* vtpmctl's connections from dom0; it is started again whenever it ends. */
void supervisor_carry_admin(struct supervisor *s);
/* Tells the broker what the agent has said of Xen, if it has. */
void supervisor_tell_isolation(struct supervisor *s);
/* A connection to the proxy in another domain, as this role of its clients. */
enum err supervisor_carry_ptpm(struct supervisor *s, const char *role, int *fd) MUST_USE;

/* Connects to the proxy, now or with back-off, and starts the key keeper with that. */
void supervisor_ptpm_connect(struct supervisor *s);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * broker: decides by the policy, remembers (registry, audit), stores bytes, and
 * owns the admin socket. It never sees a key or a guest's command, and nobody
 * takes its word for what is current.
 *
 *	broker.c      start, sandbox, the supervisor's messages, the end
 *	opening.c     from what lies in the store to an open store, with the key keeper
 *	keeper.c      requests to the key keeper
 *	commit.c      what the key keeper wants written
 *	session.c     states that are stored without it
 *	workers.c     the workers' channels: ciphertext, "stop" and "suspend"
 *	life.c        what happens to a vTPM; lifecycle.c has the table
 *	registry.c    the vTPMs, their names and regions; registry_apply.c takes a new root
 *	rules.c       the policy in force, and decisions
 *	admin*.c      the admin socket: clients, requests, one file a group of requests
 *	audit.c       the audit trail
 *	store.c       the image
 */
#ifndef VTPMMGR_BROKER_H
#define VTPMMGR_BROKER_H

#include "lib/channel.h"
#include "lib/child.h"
#include "lib/loop.h"
#include "vtpmmgr/broker/admin.h"
#include "vtpmmgr/broker/audit.h"
#include "vtpmmgr/broker/commit.h"
#include "vtpmmgr/broker/keeper.h"
#include "vtpmmgr/broker/pace.h"
#include "vtpmmgr/broker/registry.h"
#include "vtpmmgr/broker/rules.h"
#include "vtpmmgr/broker/session.h"
#include "vtpmmgr/broker/store.h"
#include "vtpmmgr/broker/workers.h"

#include <stdbool.h>

enum opening {
	OPENING_WAIT, /* for the key keeper, or for its answer */
	OPENING_SHUT, /* it refused: open_err, open_found and open_text say why */
	OPENING_DONE
};

struct broker {
	struct loop *loop;
	struct channel *super;
	const char *run_dir;
	struct store *store;
	struct keeper keeper;
	struct commit commit;
	struct session session;
	struct workers workers;
	struct registry registry;
	struct rules rules;
	struct audit audit;
	struct admin *admin;
	struct pace trail_pace; /* of what each uid's requests put into the audit ring */
	uint8_t policy_slot;    /* that the current root names */
	/* How the key keeper sees the store. */
	enum opening opening;
	enum err open_err;
	enum finding open_found;
	char open_text[DETAIL_MAX + 1];
	bool known; /* the registry has been loaded, if not by this key keeper then by its
		     * predecessor
		     */
	struct backoff open_backoff;
	struct loop_timer *open_timer;
	struct loop_timer *flush_timer; /* audit records that no commit takes along */
	bool policy_loading;            /* KEYS_POLICY is not answered yet */
	enum isolation isolation;       /* where there is Xen */
	bool stopping;
	uint8_t *out; /* MSG_BODY_MAX bytes to encode a message in */
};

/* The process: everything from its arguments to its exit code. */
int broker_main(int argc, char *argv[]);

/* All that needs no descriptor from the supervisor. Tests start here. */
enum err broker_init(struct broker *b, struct loop *l, int store, const char *run_dir) MUST_USE;
void broker_fini(struct broker *b);

/* Asks the supervisor to end this worker. */
void broker_kill_worker(struct broker *b, const uint8_t uuid[UUID_SIZE]);
/* A vTPM has stopped: during the end, the last one ends the process. */
void broker_stop_if_done(struct broker *b);

/* One audit record; v NULL: about the platform. uid AUDIT_MANAGER: the manager itself. */
void broker_audit(struct broker *b, const struct admin_audit *r);
void broker_event(struct broker *b, const char *action, const struct vtpm *v, enum err e);

#endif

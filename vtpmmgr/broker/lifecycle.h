/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lifecycle: what a vTPM may go through, as a table: in this state, at this
 * event, that is the next state and this is to be done. What the table does not
 * have cannot happen, and changes nothing.
 */
#ifndef VTPMMGR_LIFECYCLE_H
#define VTPMMGR_LIFECYCLE_H

#include "lib/proto_admin.h"

#include <stdbool.h>

enum life {
	LIFE_STOPPED,
	LIFE_STARTING,
	LIFE_RUNNING,
	LIFE_STOPPING,
	LIFE_FAILED,     /* its worker died; waits before it is started again */
	LIFE_RESTARTING, /* that start */
	LIFE_SUSPENDING,
	LIFE_COUNT
};

enum life_event {
	LIFE_EV_START,     /* somebody asks for it */
	LIFE_EV_STOP,      /* somebody asks for it, or the manager ends */
	LIFE_EV_SUSPEND,   /* somebody asks for it */
	LIFE_EV_READY,     /* the worker serves */
	LIFE_EV_REFUSED,   /* the key keeper did not start it */
	LIFE_EV_EXITED,    /* the worker's process has ended */
	LIFE_EV_SUSPENDED, /* the same, and its suspended state is anchored */
	LIFE_EV_KEPT,      /* the worker could not suspend, and goes on serving */
	LIFE_EV_TIMEOUT,   /* it took too long to start, to stop or to suspend */
	LIFE_EV_RETRY,     /* the wait after a failure is over */
	LIFE_EV_ADOPT,     /* a worker that runs already was found: the broker was restarted */
	LIFE_EV_COUNT
};

enum life_action {
	LIFE_NONE,
	LIFE_ASK_KEYS,     /* to start it */
	LIFE_ASK_WORKER,   /* to stop */
	LIFE_ASK_SUSPEND,  /* the worker */
	LIFE_KILL,         /* the worker */
	LIFE_WAIT,         /* with back-off, then LIFE_EV_RETRY */
	LIFE_SETTLED,      /* tell those who wait how it ended */
	LIFE_KILL_SETTLED, /* both */
	LIFE_GIVE_UP       /* the suspending: tell those who wait, and see how things are */
};

struct life_step {
	enum life next;
	enum life_action action;
};

/* NULL: that cannot happen now. */
const struct life_step *lifecycle_step(enum life now, enum life_event event);

/* What it is called outside; suspended: what is anchored is a suspended vTPM. */
enum vtpm_state lifecycle_public(enum life l, bool suspended);

/* Whether it counts as running for conflict sets, and its slots may be written. */
bool lifecycle_is_up(enum life l);

const char *lifecycle_name(enum life l, bool suspended);

#endif

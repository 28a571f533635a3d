/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/lifecycle.h"

static const struct {
	enum life now;
	enum life_event event;
	struct life_step step;
} steps[] = {
    {LIFE_STOPPED, LIFE_EV_START, {LIFE_STARTING, LIFE_ASK_KEYS}},
    {LIFE_STOPPED, LIFE_EV_ADOPT, {LIFE_RUNNING, LIFE_NONE}},
    {LIFE_STOPPED, LIFE_EV_EXITED, {LIFE_STOPPED, LIFE_NONE}},  /* of one that was given up */
    {LIFE_STARTING, LIFE_EV_START, {LIFE_STARTING, LIFE_NONE}}, /* one more who waits for it */
    {LIFE_STARTING, LIFE_EV_STOP, {LIFE_STOPPING, LIFE_KILL}},
    {LIFE_STARTING, LIFE_EV_READY, {LIFE_RUNNING, LIFE_SETTLED}},
    {LIFE_STARTING, LIFE_EV_REFUSED, {LIFE_STOPPED, LIFE_KILL_SETTLED}},
    {LIFE_STARTING, LIFE_EV_EXITED, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_STARTING, LIFE_EV_TIMEOUT, {LIFE_STOPPED, LIFE_KILL_SETTLED}},
    {LIFE_RUNNING, LIFE_EV_STOP, {LIFE_STOPPING, LIFE_ASK_WORKER}},
    {LIFE_RUNNING, LIFE_EV_SUSPEND, {LIFE_SUSPENDING, LIFE_ASK_SUSPEND}},
    {LIFE_RUNNING, LIFE_EV_READY, {LIFE_RUNNING, LIFE_NONE}},
    {LIFE_RUNNING, LIFE_EV_EXITED, {LIFE_FAILED, LIFE_WAIT}},
    {LIFE_RUNNING, LIFE_EV_SUSPENDED, {LIFE_STOPPED, LIFE_SETTLED}}, /* asked by a broker before */
    {LIFE_RUNNING, LIFE_EV_KEPT, {LIFE_RUNNING, LIFE_GIVE_UP}},
    {LIFE_STOPPING, LIFE_EV_STOP, {LIFE_STOPPING, LIFE_NONE}}, /* one more who waits for it */
    {LIFE_STOPPING, LIFE_EV_READY, {LIFE_STOPPING, LIFE_ASK_WORKER}},
    {LIFE_STOPPING, LIFE_EV_REFUSED, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_STOPPING, LIFE_EV_EXITED, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_STOPPING, LIFE_EV_SUSPENDED, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_STOPPING, LIFE_EV_KEPT, {LIFE_STOPPING, LIFE_NONE}},
    {LIFE_STOPPING, LIFE_EV_TIMEOUT, {LIFE_STOPPING, LIFE_KILL}},
    {LIFE_FAILED, LIFE_EV_START, {LIFE_RESTARTING, LIFE_ASK_KEYS}},
    {LIFE_FAILED, LIFE_EV_STOP, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_FAILED, LIFE_EV_RETRY, {LIFE_RESTARTING, LIFE_ASK_KEYS}},
    {LIFE_FAILED, LIFE_EV_ADOPT, {LIFE_RUNNING, LIFE_SETTLED}},
    {LIFE_FAILED, LIFE_EV_EXITED, {LIFE_FAILED, LIFE_NONE}},
    {LIFE_RESTARTING, LIFE_EV_START, {LIFE_RESTARTING, LIFE_NONE}},
    {LIFE_RESTARTING, LIFE_EV_STOP, {LIFE_STOPPING, LIFE_KILL}},
    {LIFE_RESTARTING, LIFE_EV_READY, {LIFE_RUNNING, LIFE_SETTLED}},
    {LIFE_RESTARTING, LIFE_EV_REFUSED, {LIFE_FAILED, LIFE_WAIT}},
    {LIFE_RESTARTING, LIFE_EV_EXITED, {LIFE_FAILED, LIFE_WAIT}},
    {LIFE_RESTARTING, LIFE_EV_TIMEOUT, {LIFE_RESTARTING, LIFE_KILL}},
    {LIFE_SUSPENDING, LIFE_EV_SUSPEND, {LIFE_SUSPENDING, LIFE_NONE}}, /* one more who waits */
    {LIFE_SUSPENDING, LIFE_EV_STOP, {LIFE_SUSPENDING, LIFE_NONE}},    /* its end is waited for */
    {LIFE_SUSPENDING, LIFE_EV_READY, {LIFE_SUSPENDING, LIFE_ASK_SUSPEND}},
    {LIFE_SUSPENDING, LIFE_EV_EXITED, {LIFE_FAILED, LIFE_WAIT}},
    {LIFE_SUSPENDING, LIFE_EV_SUSPENDED, {LIFE_STOPPED, LIFE_SETTLED}},
    {LIFE_SUSPENDING, LIFE_EV_KEPT, {LIFE_RUNNING, LIFE_GIVE_UP}},
    {LIFE_SUSPENDING, LIFE_EV_TIMEOUT, {LIFE_RUNNING, LIFE_GIVE_UP}},
};

static const struct {
	enum vtpm_state state;
	bool up;
	const char *name;
} facts[LIFE_COUNT] = {
    [LIFE_STOPPED] = {VTPM_STOPPED, false, "stopped"},
    [LIFE_STARTING] = {VTPM_STARTING, true, "starting"},
    [LIFE_RUNNING] = {VTPM_RUNNING, true, "running"},
    [LIFE_STOPPING] = {VTPM_STOPPING, true, "stopping"},
    [LIFE_FAILED] = {VTPM_FAILED, true, "failed"},
    [LIFE_RESTARTING] = {VTPM_STARTING, true, "restarting"},
    [LIFE_SUSPENDING] = {VTPM_SUSPENDING, true, "suspending"},
};

const struct life_step *lifecycle_step(enum life now, enum life_event event)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i].now == now && steps[i].event == event)
			return &steps[i].step;
	return NULL;
}

enum vtpm_state lifecycle_public(enum life l, bool suspended)
{
	return l == LIFE_STOPPED && suspended ? VTPM_SUSPENDED : facts[l].state;
}

bool lifecycle_is_up(enum life l)
{
	return facts[l].up;
}

const char *lifecycle_name(enum life l, bool suspended)
{
	return l == LIFE_STOPPED && suspended ? "suspended" : facts[l].name;
}

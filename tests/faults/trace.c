/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/trace.h"

#include "lib/msg.h"
#include "lib/proto_ptpm.h"
#include "lib/proto_root.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define TYPE_AT     2
#define TPM_CODE_AT (MSG_HEADER_SIZE + 6)

/* ---- tracees -------------------------------------------------------------------------------- */

static struct tracee *find(struct tracer *tr, pid_t pid)
{
	struct tracee *t = tr->tracees;

	while (t && t->pid != pid)
		t = t->next;
	return t;
}

static struct tracee *add(struct tracer *tr, pid_t pid)
{
	struct tracee *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->pid = pid;
	t->fresh = true;
	t->next = tr->tracees;
	tr->tracees = t;
	return t;
}

static void drop(struct tracer *tr, pid_t pid, int status)
{
	struct tracee **at = &tr->tracees;
	struct tracee *t = find(tr, pid);

	if (!t)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	printf("died %s %d %d\n", tracee_role_name(t->role), (int)pid, status);
	fflush(stdout);
	free(t);
}

static void resume(struct tracee *t, int signo)
{
	ptrace(t->in_call ? PTRACE_SYSCALL : PTRACE_CONT, t->pid, NULL, (void *)(long)signo);
}

/* ---- events --------------------------------------------------------------------------------- */

static void count(struct tracer *tr, enum point point, uint32_t kind)
{
	size_t i = 0;

	while (i < tr->ncounts && (tr->counts[i].point != point || tr->counts[i].kind != kind))
		i++;
	if (i == TRACE_COUNTS)
		return;
	if (i == tr->ncounts)
		tr->counts[tr->ncounts++] = (struct counted){point, kind, 0};
	tr->counts[i].n++;
}

static void remember(struct tracer *tr, const struct event *e)
{
	struct seen *s = &tr->ring[tr->nseen++ % TRACE_RING];

	*s =
	    (struct seen){.role = e->t->role, .pid = e->t->pid, .point = e->point, .kind = e->kind};
	clock_gettime(CLOCK_MONOTONIC, &s->when);
}

static enum verdict event(struct tracer *tr, struct event e)
{
	count(tr, e.point, e.kind);
	remember(tr, &e);
	return inject(&tr->scene, &e);
}

static uint32_t area(uint64_t at, const uint8_t *bytes, size_t len)
{
	if (at < STORE_ROOT_AT(0))
		return AREA_HEADER;
	if (at < STORE_POLICY_AT(0))
		return AREA_ROOT;
	if (at < STORE_AUDIT_AT)
		return AREA_POLICY;
	if (at < STORE_REGIONS_AT)
		return AREA_AUDIT;
	return len >= 8 && memcmp(bytes, RECORD_MAGIC, 8) == 0 ? AREA_RECORD : AREA_STATE;
}

static uint32_t get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum verdict begin_write(struct tracer *tr, struct tracee *t)
{
	struct event e = {.t = t, .point = AT_WRITE, .bytes = tr->bytes, .at = t->call.args[3]};
	enum verdict v;

	e.len = tracee_gather(t->pid, t->call.args[1], t->call.args[2], tr->bytes, TRACE_BYTES);
	e.kind = area(e.at, e.bytes, e.len);
	v = event(tr, e);
	if (v == GO_ON && tr->lie == LIE_WRITES && e.kind == AREA_STATE)
		return GO_ON;
	/* From its beginning on it may be on the disk; whether it is, is chance. */
	if ((v == GO_ON || v == HELD) && tr->scene.medium)
		medium_write(tr->scene.medium, e.at, e.bytes, e.len);
	return v;
}

static enum verdict begin_sync(struct tracer *tr, struct tracee *t)
{
	return event(tr, (struct event){.t = t, .point = AT_SYNC});
}

static enum verdict end_sync(struct tracer *tr, struct tracee *t)
{
	if (t->call.result == 0 && tr->scene.medium && tr->lie != LIE_SYNCS)
		medium_sync(tr->scene.medium);
	return event(tr, (struct event){.t = t, .point = AT_SYNCED});
}

/* Of a broker that is starting: what it reads is from the disk. */
static enum verdict begin_fadvise(struct tracer *tr, struct tracee *t)
{
	if (t->role == TRACEE_BROKER && tr->scene.medium && tr->lie == LIE_NOTHING)
		medium_drop_cache(tr->scene.medium);
	return GO_ON;
}

/* What passes between proxy and device process is told by the TPM command that it is about. */
static bool read_message(struct tracer *tr, struct tracee *t, bool sending, struct event *e)
{
	uint32_t type;

	e->bytes = tr->bytes;
	e->len = tracee_message(t->pid, t->call.args[1], tr->bytes,
				sending ? TRACE_BYTES : (size_t)t->call.result);
	if (e->len < MSG_HEADER_SIZE)
		return false;
	type = (uint32_t)(e->bytes[TYPE_AT] << 8 | e->bytes[TYPE_AT + 1]);
	e->kind = type;
	e->point = sending ? AT_SEND : AT_RECV;
	if (t->role == TRACEE_PROXY && sending == (type == PTPM_COMMAND)) {
		e->point = AT_FORWARD;
		e->kind =
		    sending && e->len >= TPM_CODE_AT + 4 ? get_u32(e->bytes + TPM_CODE_AT) : 0;
		return sending;
	}
	if (t->role != TRACEE_DEVICE)
		return true;
	if (!sending && e->len >= TPM_CODE_AT + 4)
		t->tpm_command = get_u32(e->bytes + TPM_CODE_AT);
	e->point = sending ? AT_RESPONSE : AT_COMMAND;
	e->kind = t->tpm_command;
	return true;
}

static enum verdict begin_send(struct tracer *tr, struct tracee *t)
{
	struct event e = {.t = t};

	return read_message(tr, t, true, &e) ? event(tr, e) : GO_ON;
}

static enum verdict end_send(struct tracer *tr, struct tracee *t)
{
	struct event e = {.t = t};

	if (t->call.result <= 0 || !read_message(tr, t, true, &e) || e.point != AT_SEND)
		return GO_ON;
	e.point = AT_SENT;
	return event(tr, e);
}

static enum verdict end_recv(struct tracer *tr, struct tracee *t)
{
	struct event e = {.t = t};

	if (t->call.result < MSG_HEADER_SIZE || !read_message(tr, t, false, &e))
		return GO_ON;
	return event(tr, e);
}

static const struct {
	long nr;
	enum verdict (*begin)(struct tracer *tr, struct tracee *t);
	enum verdict (*end)(struct tracer *tr, struct tracee *t);
} calls[] = {
    {SYS_pwritev, begin_write, NULL},     {SYS_fdatasync, begin_sync, end_sync},
    {SYS_fadvise64, begin_fadvise, NULL}, {SYS_sendmsg, begin_send, end_send},
    {SYS_recvmsg, NULL, end_recv},
};
#define NCALLS (sizeof(calls) / sizeof(calls[0]))

static size_t call_index(const struct tracee *t)
{
	size_t i = 0;

	while (i < NCALLS && calls[i].nr != t->call.nr)
		i++;
	return i;
}

static void settle(struct tracee *t, enum verdict v)
{
	if (v == SKIPPED)
		t->in_call = false;
	if (v == GO_ON || v == SKIPPED)
		resume(t, 0);
}

static void on_begin(struct tracer *tr, struct tracee *t)
{
	size_t i;
	enum verdict v = GO_ON;

	if (!tracee_read_call(t->pid, &t->call))
		return;
	i = call_index(t);
	t->in_call = i < NCALLS && calls[i].end;
	if (i < NCALLS && calls[i].begin)
		v = calls[i].begin(tr, t);
	if (v != OUTAGE)
		settle(t, v);
}

static void on_end(struct tracer *tr, struct tracee *t)
{
	size_t i;
	enum verdict v = GO_ON;

	t->in_call = false;
	if (!tracee_read_call(t->pid, &t->call))
		return;
	i = call_index(t);
	if (i < NCALLS && calls[i].end)
		v = calls[i].end(tr, t);
	if (v != OUTAGE)
		settle(t, v);
}

/* ---- stops ---------------------------------------------------------------------------------- */

static void on_child(struct tracer *tr, struct tracee *parent)
{
	unsigned long pid;
	struct tracee *t;

	if (ptrace(PTRACE_GETEVENTMSG, parent->pid, NULL, &pid) != 0)
		return;
	t = find(tr, (pid_t)pid);
	if (!t)
		t = add(tr, (pid_t)pid);
	/* What the supervisor starts executes something; the proxy's child does not. */
	if (parent->role == TRACEE_PROXY)
		t->role = TRACEE_DEVICE;
}

static void on_stop(struct tracer *tr, pid_t pid, int status)
{
	struct tracee *t = find(tr, pid);
	int signo = WSTOPSIG(status);
	int why = status >> 16;

	if (!t)
		t = add(tr, pid);
	if (t->fresh && signo == SIGSTOP && why == 0) {
		t->fresh = false;
		tracee_set_options(pid);
		resume(t, 0);
	} else if (why == PTRACE_EVENT_SECCOMP) {
		on_begin(tr, t);
	} else if (signo == (SIGTRAP | 0x80)) {
		on_end(tr, t);
	} else if (why != 0) {
		if (why == PTRACE_EVENT_EXEC)
			t->role = tracee_executes(pid);
		else
			on_child(tr, t);
		resume(t, 0);
	} else {
		resume(t, signo);
	}
}

static void on_status(struct tracer *tr, pid_t pid, int status)
{
	if (WIFSTOPPED(status))
		on_stop(tr, pid, status);
	else
		drop(tr, pid, status);
}

void trace_reap(struct tracer *tr)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
		on_status(tr, pid, status);
}

/* ---- power ---------------------------------------------------------------------------------- */

static void kill_all(struct tracer *tr)
{
	for (struct tracee *t = tr->tracees; t; t = t->next)
		kill(t->pid, SIGKILL);
}

/* A child that was just made is killed by the death of its parent; one that was not yet seen, here.
 */
void trace_power_cut(struct tracer *tr, enum survival s, struct chance *c, bool ptpm_too)
{
	int status;
	pid_t pid;

	if (ptpm_too && tr->scene.ptpm > 0)
		kill(tr->scene.ptpm, SIGKILL);
	kill_all(tr);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			drop(tr, pid, status);
			continue;
		}
		kill(pid, SIGKILL);
	}
	if (tr->scene.medium)
		medium_power_cut(tr->scene.medium, s, c);
	puts("down");
	fflush(stdout);
}

static void on_power(void *arg, enum survival s, struct chance *c, bool ptpm_too)
{
	trace_power_cut(arg, s, c, ptpm_too);
}

void trace_init(struct tracer *tr)
{
	tr->scene = (struct scene){.tracees = &tr->tracees, .power_cut = on_power, .arg = tr};
}

pid_t trace_start(struct tracer *tr, char *const argv[], const char *log)
{
	pid_t pid = tracee_start(argv, log);

	if (pid > 0 && !find(tr, pid))
		add(tr, pid);
	return pid;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int trace_release(struct tracer *tr)
{
	uint64_t now = now_ms();
	int wait = -1;

	for (struct tracee *t = tr->tracees; t; t = t->next) {
		if (t->held_until == 0)
			continue;
		if (t->held_until <= now) {
			t->held_until = 0;
			resume(t, 0);
		} else if (wait < 0 || (int)(t->held_until - now) < wait) {
			wait = (int)(t->held_until - now);
		}
	}
	return wait;
}

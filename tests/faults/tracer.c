/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tracer: runs the manager and the proxy, unchanged, and stops them at every boundary: each write
 * to the store, each fdatasync, each message, each TPM command. Told what to do on standard input:
 *
 *	start LOG<tab>PROGRAM<tab>ARGUMENT...   started PID
 *	store FILE                              what the store is; ok
 *	ptpm PID                                who plays the physical TPM; ok
 *	fault POINT KIND NTH ACTION TARGET NUMBER SEED   ok; later: fired POINT KIND ROLE ACTION
 *PENDING clear                                   cleared N: faults that did not happen signal ROLE
 *NUMBER                      ok power SURVIVAL SEED                     down lie
 *nothing|syncs|writes                the disk says that it syncs, or writes, and does not; ok
 *	counts                                  count POINT KIND N ..., ok
 *	trace FILE                              the last events; ok
 *
 * By itself it says: fired (above), died ROLE PID STATUS, down (everything is, after a power cut).
 */
#include "tests/faults/trace.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define ARGS_MAX   64
#define LINE_BYTES 8192

static void say(const char *text)
{
	puts(text);
	fflush(stdout);
}

static void cmd_start(struct tracer *tr, char *text)
{
	char *argv[ARGS_MAX] = {NULL};
	char *log = strtok(text, "\t");
	size_t n = 0;
	pid_t pid;

	while (n < ARGS_MAX - 1 && (argv[n] = strtok(NULL, "\t")))
		n++;
	pid = n > 0 ? trace_start(tr, argv, log) : -1;
	printf("started %d\n", (int)pid);
	fflush(stdout);
}

static void cmd_store(struct tracer *tr, char *text)
{
	medium_close(tr->scene.medium);
	tr->scene.medium = medium_open(text);
	say(tr->scene.medium ? "ok" : "no such store");
}

static void cmd_ptpm(struct tracer *tr, char *text)
{
	tr->scene.ptpm = (pid_t)atoi(text);
	say("ok");
}

static void cmd_fault(struct tracer *tr, char *text)
{
	(void)tr;
	say(inject_add(text) ? "ok" : "no such fault");
}

static void cmd_clear(struct tracer *tr, char *text)
{
	(void)tr;
	(void)text;
	printf("cleared %u\n", inject_clear());
	fflush(stdout);
}

static void cmd_signal(struct tracer *tr, char *text)
{
	char role[32] = "";
	int signo = 0;

	sscanf(text, "%31s %d", role, &signo);
	for (struct tracee *t = tr->tracees; t; t = t->next)
		if (t->role == tracee_role_of(role))
			kill(t->pid, signo);
	say("ok");
}

static void cmd_power(struct tracer *tr, char *text)
{
	struct chance c = {0};
	int s = 0;

	sscanf(text, "%d %lu", &s, &c.state);
	trace_power_cut(tr, (enum survival)s, &c, false);
}

static void cmd_lie(struct tracer *tr, char *text)
{
	tr->lie = strcmp(text, "syncs") == 0    ? LIE_SYNCS
		  : strcmp(text, "writes") == 0 ? LIE_WRITES
						: LIE_NOTHING;
	say("ok");
}

static void cmd_counts(struct tracer *tr, char *text)
{
	(void)text;
	for (size_t i = 0; i < tr->ncounts; i++)
		printf("count %s %u %u\n", point_name(tr->counts[i].point), tr->counts[i].kind,
		       tr->counts[i].n);
	say("ok");
}

static void cmd_trace(struct tracer *tr, char *text)
{
	size_t n = tr->nseen < TRACE_RING ? tr->nseen : TRACE_RING;
	FILE *f = fopen(text, "w");

	for (size_t i = tr->nseen - n; f && i < tr->nseen; i++) {
		const struct seen *s = &tr->ring[i % TRACE_RING];

		fprintf(f, "%ld.%06ld %-10s %-7d %-8s 0x%04x\n", (long)s->when.tv_sec,
			s->when.tv_nsec / 1000, tracee_role_name(s->role), (int)s->pid,
			point_name(s->point), s->kind);
	}
	if (f)
		fclose(f);
	say("ok");
}

static const struct {
	const char *name;
	void (*fn)(struct tracer *tr, char *text);
} commands[] = {
    {"start", cmd_start},   {"store", cmd_store},   {"ptpm", cmd_ptpm},   {"fault", cmd_fault},
    {"clear", cmd_clear},   {"signal", cmd_signal}, {"power", cmd_power}, {"lie", cmd_lie},
    {"counts", cmd_counts}, {"trace", cmd_trace},
};

static void obey(struct tracer *tr, char *line)
{
	char *text = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (text)
		*text++ = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(line, commands[i].name) == 0) {
			commands[i].fn(tr, text ? text : line + strlen(line));
			return;
		}
	say("no such command");
}

/* One line at a time: whoever tells it something waits for the answer. */
static bool hear(struct tracer *tr)
{
	static char line[LINE_BYTES];
	ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

	if (n <= 0)
		return false;
	line[n] = '\0';
	obey(tr, line);
	return true;
}

int main(void)
{
	static struct tracer tr;
	struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.events = POLLIN}};
	struct signalfd_siginfo info;
	sigset_t child;

	trace_init(&tr);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	fds[1].fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	for (;;) {
		trace_reap(&tr);
		if (poll(fds, 2, trace_release(&tr)) < 0 && errno != EINTR)
			return EXIT_FAILURE;
		while (read(fds[1].fd, &info, sizeof(info)) > 0)
			;
		if (fds[0].revents && !hear(&tr))
			return EXIT_SUCCESS;
	}
}

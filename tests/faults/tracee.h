/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tracee: one process of the project under ptrace(2), as it stands at the beginning or the end of
 * a system call. A seccomp filter, inherited by everything that it starts, stops it at the calls
 * that are boundaries and at no others; its own sandbox stays in force.
 */
#ifndef TESTS_FAULTS_TRACEE_H
#define TESTS_FAULTS_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum tracee_role {
	TRACEE_UNKNOWN,
	TRACEE_SUPERVISOR,
	TRACEE_BROKER,
	TRACEE_KEYS,
	TRACEE_WORKER,
	TRACEE_PROXY,
	TRACEE_DEVICE, /* the proxy's child that has the TPM open */
	TRACEE_ROLES
};

const char *tracee_role_name(enum tracee_role r);
enum tracee_role tracee_role_of(const char *name); /* TRACEE_UNKNOWN: none of that name */

struct tracee_call {
	long nr;
	uint64_t args[6];
	long result; /* at its end */
};

struct tracee {
	struct tracee *next;
	pid_t pid;
	enum tracee_role role;
	bool fresh;          /* the SIGSTOP that a new tracee begins with has not been seen */
	bool in_call;        /* its end is to be seen */
	uint64_t held_until; /* milliseconds of CLOCK_MONOTONIC; 0: not held */
	struct tracee_call call;
	uint32_t tpm_command; /* of a device process: the code of what it was sent last */
};

/*
 * Starts argv[0] as a tracee, its output appended to the file log. Returns its pid, or -1.
 */
pid_t tracee_start(char *const argv[], const char *log);

/* To be called at its first stop. */
void tracee_set_options(pid_t pid);

/* The role by what is executed, which the first argument says. */
enum tracee_role tracee_executes(pid_t pid);

/* What call it is at. False: it is dead. */
bool tracee_read_call(pid_t pid, struct tracee_call *c);

/* Lets the call not happen: its caller gets result. At the call's beginning only. */
void tracee_skip(pid_t pid, long result);

/* At the call's end: its caller gets this instead. */
void tracee_set_result(pid_t pid, long result);

/* Up to len bytes of its memory; how many. */
size_t tracee_peek(pid_t pid, uint64_t address, void *out, size_t len);
void tracee_poke(pid_t pid, uint64_t address, const void *in, size_t len);

/* The bytes that iovecs point at, up to cap; how many. */
size_t tracee_gather(pid_t pid, uint64_t iov, size_t niov, uint8_t *out, size_t cap);

/* The bytes of a message of sendmsg(2) or recvmsg(2). */
size_t tracee_message(pid_t pid, uint64_t msghdr, uint8_t *out, size_t cap);

/* Replaces the bytes of a message that is about to be sent, and its length. */
void tracee_replace_message(pid_t pid, uint64_t msghdr, const uint8_t *in, size_t len);

/* Whether descriptors travel with it. */
bool tracee_message_has_fds(pid_t pid, uint64_t msghdr);

/* Sends bytes once more on that descriptor of the tracee's. */
bool tracee_send_again(pid_t pid, int fd, const uint8_t *bytes, size_t len);

#endif

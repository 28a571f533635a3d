/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sandbox: what a process gives up before it reads the first byte from
 * outside. Every step that cannot be taken is an error, and fatal to the
 * caller: there is no less sandboxed mode.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
	uid_t uid; /* of the process from then on; never 0 */
	gid_t gid;
	const int *syscalls; /* SCMP_SYS() numbers; anything else kills the process */
	size_t nsyscalls;
	size_t max_memory;  /* RLIMIT_AS in bytes; 0: unlimited (always so under sanitizers) */
	size_t max_file;    /* RLIMIT_FSIZE in bytes: how far a regular file may be written */
	unsigned max_files; /* RLIMIT_NOFILE */
	bool host_users;    /* no user namespace: in one, SO_PEERCRED shows nobody's uid */
	const char *root;   /* the only folder there is, read-only; NULL: an empty one */
	uint64_t caps;      /* bit CAP_*: capabilities that it keeps; needs host_users */
};

/*
 * In this order: new mount, net, ipc and uts namespaces with an empty
 * read-only root (or one folder); uid and gid, no supplementary groups; a user namespace in
 * which nobody is mapped (unless host_users); no capabilities (but caps, which no change of uid
 * takes away or adds to); not dumpable; death with the parent, until it changes its uid; rlimits
 * (no core, no new processes); no_new_privs; landlock without any path, TCP port, signal or
 * abstract socket; seccomp last: mmap and mprotect, where listed, never with PROT_EXEC.
 *
 * The caller must be single-threaded, root, and process 1 of a pid namespace
 * (lib/spawn.h, SPAWN_PID_NAMESPACE): ERR_STATE if it is not. ERR_UNSUPPORTED:
 * the kernel lacks a wall.
 */
enum err sandbox_enter(const struct sandbox *s) MUST_USE;

#endif

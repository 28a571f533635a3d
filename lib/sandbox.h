/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sandbox: what a process gives up before it reads the first byte from
 * outside. Every step that cannot be taken is an error, and fatal to the
 * caller: there is no less sandboxed mode.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct sandbox {
	uid_t uid; /* of the process from then on; never 0 */
	gid_t gid;
	const int
	    *syscalls; /* the allow-list, SCMP_SYS() numbers; anything else kills the process */
	size_t nsyscalls;
	size_t max_memory;  /* RLIMIT_AS in bytes; 0: unlimited (sanitizer builds) */
	unsigned max_files; /* RLIMIT_NOFILE */
};

/*
 * In this order: new mount, pid, net, ipc, uts namespaces with an empty
 * read-only root; uid and gid, no supplementary groups, no capabilities; user
 * namespace; not dumpable; rlimits (no core, no new processes, no file
 * growth); no_new_privs; landlock without any path; seccomp last. A process
 * must be single-threaded and still root.
 */
enum err sandbox_enter(const struct sandbox *s) MUST_USE;

#endif

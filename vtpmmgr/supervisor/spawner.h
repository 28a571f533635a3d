/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spawner: the seam under which a worker is started: fork, exec and sandbox
 * on one host (spawner_unix.c); an agent in dom0 that makes a stub domain where
 * there is Xen.
 */
#ifndef VTPMMGR_SPAWNER_H
#define VTPMMGR_SPAWNER_H

#include "lib/log.h"
#include "lib/proto_super.h"
#include "lib/spawn.h"
#include "vtpmmgr/supervisor/process.h"
#include "vtpmmgr/supervisor/programs.h"

/* One worker to start. The descriptors stay the caller's. */
struct spawner_job {
	const struct super_peer *who;
	unsigned index; /* below the number of workers; unused by any other that runs */
	int super;
	int keys;
	int broker;
};

struct spawner {
	/* Makes what the guest connects to, and starts the worker. */
	enum err (*start)(const struct spawner *s, const struct spawner_job *job,
			  struct process *out);
	/* Takes away what start made, once the worker has ended. */
	void (*clean)(const struct spawner *s, const uint8_t uuid[UUID_SIZE]);
};

/* A spawner that forks. First member: what its functions are given. */
struct spawner_unix {
	struct spawner base;
	int program; /* vtpm-stubdom */
	const char *run_dir;
	uid_t uid_base; /* of the first worker; its gid is the same number */
	enum log_level level;
};

/* The strings are kept, not copied. */
void spawner_unix_init(struct spawner_unix *s, int program, const char *run_dir, uid_t uid_base,
		       enum log_level level);

/*
 * Starts program as argv0 in a pid namespace, with the arguments of
 * lib/child.h. Also how key keeper and broker are started.
 */
enum err spawner_exec(int program, const char *argv0, uid_t uid, enum log_level level,
		      const char *run_dir, const struct spawn_fd *fds, size_t nfds,
		      struct process *out) MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spawner: the seam under which a worker is started: fork, exec and sandbox
 * on one host (spawner_unix.c); where there is Xen, a process that stands for
 * the one in the stub domain, which an agent in dom0 makes (spawner_xen.c).
 */
#ifndef VTPMMGR_SPAWNER_H
#define VTPMMGR_SPAWNER_H

#include "lib/child.h"
#include "lib/log.h"
#include "lib/proto_super.h"
#include "vtpmmgr/supervisor/process.h"
#include "vtpmmgr/supervisor/programs.h"

/* One worker to start. The descriptors stay the caller's. */
struct spawner_job {
	const struct super_spawn *what;
	unsigned index; /* below the number of workers; unused by any other that runs */
	int super;
	int keys;
	int broker;
};

struct spawner {
	/* Makes what the guest connects to, and starts the worker. Logs why it cannot. */
	enum err (*start)(const struct spawner *s, const struct spawner_job *job,
			  struct process *out);
	/* Takes away what start made, once the worker has ended. NULL: it made nothing. */
	void (*clean)(const struct spawner *s, const uint8_t uuid[UUID_SIZE]);
	int program; /* vtpm-stubdom, or vtpmmgr-vchan */
	const char *run_dir;
	uid_t uid_base; /* of the first worker; its gid is the same number */
	enum log_level level;
	const char *image; /* digest of the stub domain's image in hex; NULL: any */
};

/* For spawner.start and clean: those of each kind of host. */
enum err spawner_unix_start(const struct spawner *s, const struct spawner_job *job,
			    struct process *out) MUST_USE;
void spawner_unix_clean(const struct spawner *s, const uint8_t uuid[UUID_SIZE]);
enum err spawner_xen_start(const struct spawner *s, const struct spawner_job *job,
			   struct process *out) MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xl: runs Xen's toolstack program, without a shell, a few at a time, each with
 * a time limit. Everything that creates or destroys a domain goes through here.
 */
#ifndef TOOLS_AGENT_XL_H
#define TOOLS_AGENT_XL_H

#include "lib/err.h"
#include "lib/loop.h"
#include "lib/spawn.h"

#include <stddef.h>
#include <sys/types.h>

#define XL_ARGS_MAX 6
#define XL_ARG_MAX  96 /* characters of one argument, with the NUL */
#define XL_FDS_MAX  3
#define XL_PARALLEL 2 /* libxl takes a lock of its own while it finds memory */

struct xl;

/*
 * What one run ended with: ERR_OK (it exited with 0), ERR_IO (with something else), ERR_TIMEOUT
 * (killed), or why it could not be started. output: what it printed, both streams, printable
 * ASCII and newlines, NUL-terminated, alive during the call.
 */
typedef void (*xl_done_fn)(void *arg, enum err e, const char *output);

struct xl_job {
	const char *args[XL_ARGS_MAX]; /* without the program's name; ends with NULL, or is full */
	int fds[XL_FDS_MAX];           /* become descriptors 3, 4, ... */
	size_t nfds;
	unsigned timeout_ms;
	xl_done_fn done;
	void *arg;
};

/* program: its path, or NULL for that of the Xen that runs. The string is kept, not copied. */
enum err xl_new(struct loop *l, const char *program, struct xl **out) MUST_USE;
/* Ends what runs, without a word to whoever waits for it; NULL is fine. */
void xl_free(struct xl *x);

/*
 * Queues a run. done is called once, from the loop, unless xl_forget() is called with *out
 * before. Descriptors and strings are copied. ERR_TOO_BIG: an argument is too long.
 */
struct xl_run;
enum err xl_start(struct xl *x, const struct xl_job *job, struct xl_run **out) MUST_USE;

/* Nobody waits for it any more; it goes on to its end. NULL is fine. */
void xl_forget(struct xl_run *r);

/* The last line of an output that says something: why a run failed. */
void xl_last_line(const char *output, char *out, size_t cap);

#endif

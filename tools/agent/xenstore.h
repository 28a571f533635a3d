/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xenstore: the few things that the agent does with Xen's store, bounded and
 * with our errors. Blocks for round trips to the daemon in this domain.
 */
#ifndef TOOLS_AGENT_XENSTORE_H
#define TOOLS_AGENT_XENSTORE_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define XENSTORE_PATH_MAX  256
#define XENSTORE_NAMES_MAX 4096 /* of one directory that are looked at */

struct xenstore;

/* ERR_UNAVAILABLE: no daemon. */
enum err xenstore_open(struct xenstore **out) MUST_USE;
void xenstore_close(struct xenstore *x);

/* Readable when a watch has fired. */
int xenstore_fd(const struct xenstore *x);

/* Watches a path, or Xen's "@introduceDomain" and "@releaseDomain". Fires once at once. */
enum err xenstore_watch(struct xenstore *x, const char *path) MUST_USE;
void xenstore_unwatch(struct xenstore *x, const char *path);

/* Takes one event that has come: the path watched goes to out. ERR_AGAIN: none. */
enum err xenstore_event(struct xenstore *x, char *out, size_t cap) MUST_USE;

/* Printable text without its NUL, NUL-terminated in out. ERR_NOT_FOUND; ERR_FORMAT: not such. */
enum err xenstore_read(struct xenstore *x, const char *path, char *out, size_t cap) MUST_USE;

/* Calls fn for each name in the directory; a path that is not there has none. */
enum err xenstore_list(struct xenstore *x, const char *path,
		       void (*fn)(void *arg, const char *name), void *arg) MUST_USE;

/*
 * Writes a node that this domain owns and domain reader may read; nobody else. ERR_NOT_FOUND: there
 * is no such domain.
 */
enum err xenstore_write(struct xenstore *x, const char *path, const char *value,
			uint32_t reader) MUST_USE;

/* Takes away a node and all below it; one that is not there is fine. */
void xenstore_remove(struct xenstore *x, const char *path);

#endif

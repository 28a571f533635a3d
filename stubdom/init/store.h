/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * store: xenstore, spoken on the kernel's device (xen/io/xs_wire.h). Requests
 * wait for their answer. Debian's libxenstore.a has no threads and gives up
 * where an event comes before an answer, so a static program that watches
 * cannot use it.
 *
 * Paths are absolute, or relative to this domain's own directory.
 */
#ifndef STUBDOM_INIT_STORE_H
#define STUBDOM_INIT_STORE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>

struct store;

enum err store_open(struct store **out) MUST_USE;

/* Readable when a watch has fired. */
int store_fd(const struct store *s);

/* Takes what has fired, and says whether anything has since it was asked last. */
bool store_fired(struct store *s);

/* The value with a NUL behind it, for free(3); NULL if there is none. len may be NULL. */
char *store_read(struct store *s, const char *path, size_t *len);
/* The names in a directory, each with its NUL; otherwise as store_read(). */
char *store_list(struct store *s, const char *path, size_t *len);

enum err store_write(struct store *s, const char *path, const char *value) MUST_USE;
enum err store_remove(struct store *s, const char *path) MUST_USE;
enum err store_watch(struct store *s, const char *path) MUST_USE;
enum err store_unwatch(struct store *s, const char *path) MUST_USE;

#endif

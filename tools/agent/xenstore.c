/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/xenstore.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#define SELF 0 /* as permissions have it: the toolstack's domain */

struct xenstore {
	struct xs_handle *h;
};

enum err xenstore_open(struct xenstore **out)
{
	struct xenstore *x = malloc(sizeof(*x));

	if (!x)
		return ERR_NO_MEMORY;
	x->h = xs_open(0);
	if (!x->h) {
		free(x);
		return ERR_UNAVAILABLE;
	}
	*out = x;
	return ERR_OK;
}

void xenstore_close(struct xenstore *x)
{
	if (!x)
		return;
	xs_close(x->h);
	free(x);
}

int xenstore_fd(const struct xenstore *x)
{
	return xs_fileno(x->h);
}

enum err xenstore_watch(struct xenstore *x, const char *path)
{
	return xs_watch(x->h, path, path) ? ERR_OK : err_from_errno(errno);
}

void xenstore_unwatch(struct xenstore *x, const char *path)
{
	xs_unwatch(x->h, path, path);
}

enum err xenstore_event(struct xenstore *x, char *out, size_t cap)
{
	char **event = xs_check_watch(x->h);

	if (!event)
		return errno == EAGAIN ? ERR_AGAIN : err_from_errno(errno);
	snprintf(out, cap, "%s", event[XS_WATCH_TOKEN]);
	free(event);
	return ERR_OK;
}

static bool is_printable(const char *text, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return true;
}

enum err xenstore_read(struct xenstore *x, const char *path, char *out, size_t cap)
{
	unsigned len;
	char *text = xs_read(x->h, XBT_NULL, path, &len);
	enum err e = ERR_OK;

	if (!text)
		return errno == ENOENT ? ERR_NOT_FOUND : err_from_errno(errno);
	if (len >= cap || !is_printable(text, len))
		e = ERR_FORMAT;
	else
		snprintf(out, cap, "%.*s", (int)len, text);
	free(text);
	return e;
}

enum err xenstore_list(struct xenstore *x, const char *path,
		       void (*fn)(void *arg, const char *name), void *arg)
{
	unsigned n;
	char **names = xs_directory(x->h, XBT_NULL, path, &n);

	if (!names)
		return errno == ENOENT ? ERR_OK : err_from_errno(errno);
	for (unsigned i = 0; i < n && i < XENSTORE_NAMES_MAX; i++)
		fn(arg, names[i]);
	free(names);
	return ERR_OK;
}

/* Or the write would bring the folder of a domain back that has gone. */
static bool domain_is_there(struct xs_handle *h, xs_transaction_t t, uint32_t domid)
{
	char path[XENSTORE_PATH_MAX];
	char *name;

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	name = xs_read(h, t, path, NULL);
	free(name);
	return name != NULL;
}

static bool write_node(struct xs_handle *h, xs_transaction_t t, const char *path, const char *value,
		       uint32_t reader)
{
	struct xs_permissions perms[] = {{.id = SELF, .perms = XS_PERM_NONE},
					 {.id = reader, .perms = XS_PERM_READ}};

	return domain_is_there(h, t, reader) &&
	       xs_write(h, t, path, value, (unsigned)strlen(value)) &&
	       xs_set_permissions(h, t, path, perms, 2);
}

/* In a transaction, so that nobody reads it before its permissions are right. */
enum err xenstore_write(struct xenstore *x, const char *path, const char *value, uint32_t reader)
{
	struct xs_handle *h = x->h;
	xs_transaction_t t;

	do {
		t = xs_transaction_start(h);
		if (t == XBT_NULL)
			return err_from_errno(errno);
		if (!write_node(h, t, path, value, reader)) {
			enum err e = err_from_errno(errno);

			xs_transaction_end(h, t, true);
			return e;
		}
		if (xs_transaction_end(h, t, false))
			return ERR_OK;
	} while (errno == EAGAIN);
	return err_from_errno(errno);
}

void xenstore_remove(struct xenstore *x, const char *path)
{
	xs_rm(x->h, XBT_NULL, path);
}

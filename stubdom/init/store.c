/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/store.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>

#define DEVICE "/dev/xen/xenbus"
#define TOKEN  "w" /* which watch has fired is not asked */

struct store {
	int fd;
	bool fired;
	uint32_t id; /* of the last request */
	struct xsd_sockmsg head;
	char body[XENSTORE_PAYLOAD_MAX + 1];
};

static enum err read_all(int fd, void *bytes, size_t len)
{
	char *at = bytes;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		at += n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

/* The next message, with a NUL behind it; notes if it is an event. */
static enum err receive(struct store *s)
{
	enum err e = read_all(s->fd, &s->head, sizeof(s->head));

	if (!e && s->head.len > XENSTORE_PAYLOAD_MAX)
		e = ERR_FORMAT;
	if (!e)
		e = read_all(s->fd, s->body, s->head.len);
	if (e)
		return e;
	s->body[s->head.len] = '\0';
	s->fired = s->fired || s->head.type == XS_WATCH_EVENT;
	return ERR_OK;
}

/* Its answer lies in s then. ERR_NOT_FOUND: refused, for whatever reason. */
static enum err request(struct store *s, uint32_t type, const char *first, size_t first_len,
			const char *second, size_t second_len)
{
	struct xsd_sockmsg head = {
	    .type = type, .req_id = ++s->id, .len = (uint32_t)(first_len + second_len)};
	const struct iovec parts[] = {{&head, sizeof(head)},
				      {(void *)(uintptr_t)first, first_len},
				      {(void *)(uintptr_t)second, second_len}};
	enum err e;

	if (first_len + second_len > XENSTORE_PAYLOAD_MAX)
		return ERR_TOO_BIG;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].iov_len > 0 &&
		    write(s->fd, parts[i].iov_base, parts[i].iov_len) != (ssize_t)parts[i].iov_len)
			return ERR_IO;
	do
		e = receive(s);
	while (!e && (s->head.type == XS_WATCH_EVENT || s->head.req_id != s->id));
	if (e)
		return e;
	return s->head.type == type ? ERR_OK : ERR_NOT_FOUND;
}

static char *ask(struct store *s, uint32_t type, const char *path, size_t *len)
{
	char *copy;

	if (request(s, type, path, strlen(path) + 1, NULL, 0) != ERR_OK)
		return NULL;
	copy = malloc(s->head.len + 1);
	if (!copy)
		return NULL;
	memcpy(copy, s->body, s->head.len + 1);
	if (len)
		*len = s->head.len;
	return copy;
}

char *store_read(struct store *s, const char *path, size_t *len)
{
	return ask(s, XS_READ, path, len);
}

char *store_list(struct store *s, const char *path, size_t *len)
{
	return ask(s, XS_DIRECTORY, path, len);
}

enum err store_write(struct store *s, const char *path, const char *value)
{
	return request(s, XS_WRITE, path, strlen(path) + 1, value, strlen(value));
}

enum err store_remove(struct store *s, const char *path)
{
	return request(s, XS_RM, path, strlen(path) + 1, NULL, 0);
}

enum err store_watch(struct store *s, const char *path)
{
	return request(s, XS_WATCH, path, strlen(path) + 1, TOKEN, sizeof(TOKEN));
}

enum err store_unwatch(struct store *s, const char *path)
{
	return request(s, XS_UNWATCH, path, strlen(path) + 1, TOKEN, sizeof(TOKEN));
}

int store_fd(const struct store *s)
{
	return s->fd;
}

bool store_fired(struct store *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};
	bool fired;

	while (poll(&p, 1, 0) == 1 && (p.revents & POLLIN) && receive(s) == ERR_OK)
		;
	fired = s->fired;
	s->fired = false;
	return fired;
}

enum err store_open(struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NO_MEMORY;
	s->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (s->fd < 0) {
		free(s);
		return err_from_errno(errno);
	}
	*out = s;
	return ERR_OK;
}

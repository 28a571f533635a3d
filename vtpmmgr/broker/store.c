/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/store.h"

#include "lib/log.h"
#include "lib/proto_root.h"
#include "vtpmmgr/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <unistd.h>

struct staged {
	STAILQ_ENTRY(staged) link;
	struct store_write w;
	uint8_t bytes[];
};

struct store {
	int fd;
	uint64_t size;
	STAILQ_HEAD(, staged) staged; /* in the order in which they must be written */
	bool failing;
	bool lost; /* a failed attempt could not be kept: no sync can be trusted any more */
	uint64_t syncs;
};

enum err store_open(int fd, struct store **out)
{
	struct store *s = calloc(1, sizeof(*s));
	enum err e;

	if (!s)
		return ERR_NO_MEMORY;
	s->fd = fd;
	STAILQ_INIT(&s->staged);
	e = image_size(fd, &s->size);
	if (!e && fdatasync(fd) < 0)
		e = err_from_errno(errno);
	if (e) {
		free(s);
		return e;
	}
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	*out = s;
	return ERR_OK;
}

static void unstage(struct store *s, struct staged *g)
{
	STAILQ_REMOVE(&s->staged, g, staged, link);
	free(g);
}

static void unstage_all(struct store *s)
{
	while (!STAILQ_EMPTY(&s->staged))
		unstage(s, STAILQ_FIRST(&s->staged));
}

void store_free(struct store *s)
{
	if (!s)
		return;
	unstage_all(s);
	free(s);
}

static bool inside(const struct store *s, uint64_t at, size_t len)
{
	return at <= s->size && len <= s->size - at;
}

static enum err read_image(const struct store *s, uint64_t at, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t n = pread(s->fd, out, len, (off_t)at);

		if (n <= 0)
			return ERR_IO;
		out += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

/* The part of a staged write that lies in what was read. */
static void overlay(const struct store_write *w, uint64_t at, uint8_t *out, size_t len)
{
	uint64_t first = w->at > at ? w->at : at;
	uint64_t end = w->at + w->len < at + len ? w->at + w->len : at + len;

	if (first < end)
		memcpy(out + (first - at), w->bytes + (first - w->at), (size_t)(end - first));
}

enum err store_read(const struct store *s, uint64_t at, void *out, size_t len)
{
	const struct staged *g;
	enum err e = inside(s, at, len) ? read_image(s, at, out, len) : ERR_TOO_BIG;

	if (e)
		return e;
	STAILQ_FOREACH(g, &s->staged, link)
	overlay(&g->w, at, out, len);
	return ERR_OK;
}

static size_t padding(size_t len)
{
	return (STORE_BLOCK - len % STORE_BLOCK) % STORE_BLOCK;
}

static bool allowed(const struct store *s, const struct store_write *w)
{
	return w->at % STORE_BLOCK == 0 && inside(s, w->at, w->len + padding(w->len));
}

static struct staged *find_staged(struct store *s, uint64_t at)
{
	struct staged *g;

	STAILQ_FOREACH(g, &s->staged, link)
	if (g->w.at == at)
		return g;
	return NULL;
}

enum err store_stage(struct store *s, const struct store_write *w)
{
	struct staged *old = find_staged(s, w->at);
	struct staged *g;

	if (!allowed(s, w))
		return ERR_ARG;
	g = malloc(sizeof(*g) + w->len);
	if (!g)
		return ERR_NO_MEMORY;
	if (w->len > 0)
		memcpy(g->bytes, w->bytes, w->len);
	g->w = (struct store_write){w->at, g->bytes, w->len};
	/* The newer one comes last even where both overlap a third. */
	if (old)
		unstage(s, old);
	STAILQ_INSERT_TAIL(&s->staged, g, link);
	return ERR_OK;
}

/* Whatever errno is: not being permitted to write is no denial, and no space no used-up quota. */
static enum err device_fails(const struct store *s, int error)
{
	if (!s->failing)
		log_error("the store fails: %s", strerror(error));
	return ERR_IO;
}

static enum err write_one(const struct store *s, const struct store_write *w)
{
	static const uint8_t zeroes[STORE_BLOCK];
	size_t pad = padding(w->len);
	struct iovec iov[] = {{(void *)(uintptr_t)w->bytes, w->len},
			      {(void *)(uintptr_t)zeroes, pad}};
	ssize_t n = pwritev(s->fd, iov, 2, (off_t)w->at);

	if (n == (ssize_t)(w->len + pad))
		return ERR_OK;
	return device_fails(s, n < 0 ? errno : EIO);
}

static enum err write_all(const struct store *s, const struct store_write *writes, size_t n)
{
	const struct staged *g;
	enum err e = ERR_OK;

	STAILQ_FOREACH(g, &s->staged, link)
	e = e ? e : write_one(s, &g->w);
	for (size_t i = 0; !e && i < n; i++)
		e = write_one(s, &writes[i]);
	if (!e && fdatasync(s->fd) < 0)
		e = device_fails(s, errno);
	return e;
}

static void keep(struct store *s, const struct store_write *writes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (store_stage(s, &writes[i]) != ERR_OK)
			s->lost = true;
}

enum err store_commit(struct store *s, const struct store_write *writes, size_t n)
{
	enum err e = s->lost ? ERR_IO : ERR_OK;

	for (size_t i = 0; i < n; i++)
		if (!allowed(s, &writes[i]))
			return ERR_ARG;
	if (!e)
		e = write_all(s, writes, n);
	if (e) {
		s->failing = true;
		keep(s, writes, n);
		return e;
	}
	unstage_all(s);
	s->failing = false;
	s->syncs++;
	return ERR_OK;
}

uint64_t store_size(const struct store *s)
{
	return s->size;
}

bool store_staged(const struct store *s)
{
	return !STAILQ_EMPTY(&s->staged);
}

bool store_failing(const struct store *s)
{
	return s->failing;
}

uint64_t store_syncs(const struct store *s)
{
	return s->syncs;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/faults/medium.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

struct waiting {
	TAILQ_ENTRY(waiting) link;
	uint64_t at;
	size_t len;
	uint8_t bytes[];
};

TAILQ_HEAD(waiting_list, waiting);

struct medium {
	int fd;
	size_t size;
	uint8_t *disk;
	struct waiting_list waiting; /* in the order of the writes */
	size_t n;
};

/* SplitMix64, after Steele, Lea and Flood. */
uint32_t chance_below(struct chance *c, uint32_t n)
{
	uint64_t z = c->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	return n > 0 ? (uint32_t)(z % n) : 0;
}

struct medium *medium_open(const char *path)
{
	struct medium *m = calloc(1, sizeof(*m));
	struct stat st;

	if (!m)
		return NULL;
	TAILQ_INIT(&m->waiting);
	m->fd = open(path, O_RDWR | O_CLOEXEC);
	if (m->fd >= 0 && fstat(m->fd, &st) == 0) {
		m->size = (size_t)st.st_size;
		m->disk = malloc(m->size);
	}
	if (m->disk && pread(m->fd, m->disk, m->size, 0) == (ssize_t)m->size)
		return m;
	medium_close(m);
	return NULL;
}

static void forget(struct medium *m, struct waiting *w)
{
	TAILQ_REMOVE(&m->waiting, w, link);
	m->n--;
	free(w);
}

static void forget_all(struct medium *m)
{
	while (!TAILQ_EMPTY(&m->waiting))
		forget(m, TAILQ_FIRST(&m->waiting));
}

void medium_close(struct medium *m)
{
	if (!m)
		return;
	forget_all(m);
	if (m->fd >= 0)
		close(m->fd);
	free(m->disk);
	free(m);
}

void medium_write(struct medium *m, uint64_t at, const uint8_t *bytes, size_t len)
{
	struct waiting *w;

	if (len == 0 || at > m->size || len > m->size - at)
		return;
	w = malloc(sizeof(*w) + len);
	if (!w)
		abort();
	w->at = at;
	w->len = len;
	memcpy(w->bytes, bytes, len);
	TAILQ_INSERT_TAIL(&m->waiting, w, link);
	m->n++;
}

static void to_file(struct medium *m, uint64_t at, const uint8_t *bytes, size_t len)
{
	if (pwrite(m->fd, bytes, len, (off_t)at) != (ssize_t)len)
		abort();
}

void medium_write_through(struct medium *m, uint64_t at, const uint8_t *bytes, size_t len)
{
	medium_write(m, at, bytes, len);
	to_file(m, at, bytes, len);
}

static void land(struct medium *m, const struct waiting *w, size_t from, size_t len)
{
	memcpy(m->disk + w->at + from, w->bytes + from, len);
}

static void land_all(struct medium *m)
{
	struct waiting *w;

	TAILQ_FOREACH(w, &m->waiting, link)
	land(m, w, 0, w->len);
}

void medium_sync(struct medium *m)
{
	land_all(m);
	forget_all(m);
}

/* Each sector for itself, for the worse or the better. */
static void land_sectors(struct medium *m, struct chance *c)
{
	struct waiting *w;

	TAILQ_FOREACH(w, &m->waiting, link)
	for (size_t from = 0; from < w->len; from += SECTOR)
		if (chance_below(c, 2) == 0)
			land(m, w, from, w->len - from < SECTOR ? w->len - from : SECTOR);
}

static void show_disk(struct medium *m)
{
	to_file(m, 0, m->disk, m->size);
}

void medium_sync_failed(struct medium *m, struct chance *c)
{
	land_sectors(m, c);
	forget_all(m);
	if (chance_below(c, 2) == 0)
		show_disk(m);
}

void medium_drop_cache(struct medium *m)
{
	medium_sync(m);
	show_disk(m);
}

size_t medium_pending(const struct medium *m)
{
	return m->n;
}

static void land_prefix(struct medium *m, struct chance *c)
{
	size_t whole = chance_below(c, (uint32_t)m->n + 1);
	struct waiting *w;

	TAILQ_FOREACH(w, &m->waiting, link)
	{
		if (whole-- > 0) {
			land(m, w, 0, w->len);
			continue;
		}
		land(m, w, 0, SECTOR * chance_below(c, (uint32_t)(w->len / SECTOR) + 1));
		return;
	}
}

static struct waiting *pick(struct medium *m, struct chance *c)
{
	size_t i = chance_below(c, (uint32_t)m->n);
	struct waiting *w = TAILQ_FIRST(&m->waiting);

	while (i-- > 0)
		w = TAILQ_NEXT(w, link);
	return w;
}

static void land_shuffled(struct medium *m, struct chance *c)
{
	size_t some = chance_below(c, (uint32_t)m->n + 1);

	while (some-- > 0) {
		struct waiting *w = pick(m, c);

		land(m, w, 0, w->len);
		forget(m, w);
	}
}

void medium_power_cut(struct medium *m, enum survival s, struct chance *c)
{
	if (s == SURVIVE_PREFIX)
		land_prefix(m, c);
	else if (s == SURVIVE_WRITES)
		land_shuffled(m, c);
	else if (s == SURVIVE_SECTORS)
		land_sectors(m, c);
	else if (s == SURVIVE_ALL)
		land_all(m);
	forget_all(m);
	show_disk(m);
}

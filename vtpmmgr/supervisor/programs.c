/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/programs.h"

#include "lib/hex.h"
#include "lib/log.h"
#include "lib/wbuf.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MEASURE_LABEL "vtpmmgr measurement v1"

static const struct {
	const char *name;
	const char *missing; /* what to say then; NULL: it may be missing */
} table[PROGRAM_COUNT] = {
    [PROGRAM_MANAGER] = {"vtpmmgr", ""},
    [PROGRAM_KEYS] = {"vtpmmgr-keys", ""},
    [PROGRAM_WORKER] = {"vtpm-stubdom", ""},
    [PROGRAM_VCHAN] = {"vtpmmgr-vchan", "; Xen needs a build configured --with-xen"},
    [PROGRAM_PROXY] = {"ptpm-proxy", NULL},
};

static bool is_used(const struct programs_use *use, enum program_id id)
{
	return id == PROGRAM_WORKER ? !use->xen : id == PROGRAM_VCHAN ? use->vchan : true;
}

static int open_in(const char *dir, const char *name)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return -1;
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* The folder that the running executable lies in. */
static enum err own_folder(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (n < 0)
		return err_from_errno(errno);
	out[n] = '\0';
	*strrchr(out, '/') = '\0';
	return ERR_OK;
}

static enum err open_one(const char *libexec, const char *beside, enum program_id id, int *fd)
{
	if (id == PROGRAM_MANAGER)
		*fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	else
		*fd = open_in(libexec, table[id].name);
	if (*fd < 0 && id != PROGRAM_MANAGER)
		*fd = open_in(beside, table[id].name);
	if (*fd >= 0 || !table[id].missing)
		return ERR_OK;
	log_error("%s is neither in %s nor in %s%s", table[id].name, libexec, beside,
		  table[id].missing);
	return ERR_NOT_FOUND;
}

enum err programs_open(const char *libexec, const struct programs_use *use, struct programs *out)
{
	char beside[PATH_MAX];
	enum err e = own_folder(beside);

	for (int i = 0; !e && i < PROGRAM_COUNT; i++) {
		out->fd[i] = -1;
		if (is_used(use, (enum program_id)i))
			e = open_one(libexec, beside, (enum program_id)i, &out->fd[i]);
	}
	return e;
}

static void put(struct wbuf *w, const char *name, const struct digest *d)
{
	wbuf_str(w, name);
	wbuf_bytes(w, d->b, sizeof(d->b));
}

static enum err add(struct wbuf *w, const char *name, int fd)
{
	struct digest d = {{0}};
	enum err e = fd < 0 ? ERR_OK : crypt_sha256_fd(fd, &d);

	put(w, name, &d);
	return e;
}

static enum err add_image(struct wbuf *w, const char *hex)
{
	struct digest d = {{0}};
	enum err e = hex ? hex_decode(hex, d.b, sizeof(d.b)) : ERR_OK;

	put(w, "stub-image", &d);
	return e;
}

enum err programs_measure(const struct programs *p, const struct programs_use *use, int policy,
			  struct digest *out)
{
	uint8_t bytes[512];
	struct crypt_part part = {bytes, 0};
	struct wbuf w;
	enum err e = ERR_OK;

	wbuf_init(&w, bytes, sizeof(bytes));
	wbuf_bytes(&w, MEASURE_LABEL, strlen(MEASURE_LABEL));
	for (int i = 0; !e && i < PROGRAM_COUNT; i++)
		if (is_used(use, (enum program_id)i))
			e = add(&w, table[i].name, p->fd[i]);
	if (!e && use->xen)
		e = add_image(&w, use->image);
	if (!e)
		e = add(&w, "policy", policy);
	if (!e)
		e = wbuf_end(&w, &part.len);
	return e ? e : crypt_sha256(&part, 1, out);
}

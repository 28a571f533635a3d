/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/stub_image.h"

#include "lib/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1024 * 1024)

static enum err copy_all(int from, int to)
{
	size_t total = 0;
	ssize_t n;

	while ((n = sendfile(to, from, NULL, CHUNK)) > 0) {
		total += (size_t)n;
		if (total > STUB_IMAGE_MAX)
			return ERR_TOO_BIG;
	}
	if (n < 0)
		return err_from_errno(errno);
	return total > 0 ? ERR_OK : ERR_FORMAT;
}

static enum err seal(int fd)
{
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

	return fcntl(fd, F_ADD_SEALS, seals) == 0 ? ERR_OK : err_from_errno(errno);
}

static enum err copy_sealed(int from, const char *name, int *out)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	enum err e;

	if (fd < 0)
		return err_from_errno(errno);
	e = copy_all(from, fd);
	if (!e)
		e = seal(fd);
	if (e) {
		close(fd);
		return e;
	}
	*out = fd;
	return ERR_OK;
}

/* Measured is the copy, once nobody can write it any more. */
static enum err load(const char *path, const char *name, int *out, struct digest *digest)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	int copy = -1;
	enum err e;

	if (file < 0) {
		log_error("%s: %s", path, strerror(errno));
		return err_from_errno(errno);
	}
	e = copy_sealed(file, name, &copy);
	close(file);
	if (!e)
		e = crypt_sha256_fd(copy, digest);
	if (!e) {
		*out = copy;
		return ERR_OK;
	}
	log_error("%s: %s", path, err_text(e));
	if (copy >= 0)
		close(copy);
	return e;
}

enum err stub_image_load(const char *kernel, const char *initramfs, struct stub_image *out)
{
	struct stub_image i = STUB_IMAGE_NONE;
	struct digest both[2];
	const struct crypt_part part = {both, sizeof(both)};
	enum err e = load(kernel, "stub-kernel", &i.kernel, &both[0]);

	if (!e)
		e = load(initramfs, "stub-initramfs", &i.initramfs, &both[1]);
	if (!e)
		e = crypt_sha256(&part, 1, &i.digest);
	if (e) {
		stub_image_close(&i);
		return e;
	}
	stub_image_close(out);
	*out = i;
	return ERR_OK;
}

void stub_image_close(struct stub_image *i)
{
	if (i->kernel >= 0)
		close(i->kernel);
	if (i->initramfs >= 0)
		close(i->initramfs);
	*i = STUB_IMAGE_NONE;
}

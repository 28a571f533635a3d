/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/image.h"

#include "lib/lock.h"
#include "lib/log.h"
#include "lib/proto_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u * 1024)

static enum err fill(int fd, uint64_t size)
{
	static const uint8_t zeroes[CHUNK];
	uint64_t at = 0;
	ssize_t n;

	while (at < size) {
		n = pwrite(fd, zeroes, size - at < CHUNK ? (size_t)(size - at) : CHUNK, (off_t)at);
		if (n < 0)
			return err_from_errno(errno);
		at += (uint64_t)n;
	}
	return fsync(fd) < 0 ? err_from_errno(errno) : ERR_OK;
}

/* Under another name first: what stands at path is always a whole image. */
static enum err create(const char *path, uint64_t size)
{
	char fresh[PATH_MAX];
	enum err e;
	int fd;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return ERR_ARG;
	fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_from_errno(errno);
	e = fill(fd, size);
	close(fd);
	/* link(2) and not rename(2): an image that has appeared meanwhile is not replaced. */
	if (!e && link(fresh, path) < 0 && errno != EEXIST)
		e = err_from_errno(errno);
	unlink(fresh);
	if (!e)
		log_info("made the store %s", path);
	return e;
}

static enum err check(int fd)
{
	uint64_t size;
	enum err e = image_size(fd, &size);

	if (!e && size < STORE_REGIONS_AT + REGION_SIZE(QUOTA_MIN, SLOTS_STRICT))
		e = ERR_FORMAT;
	return e ? e : lock_take(fd);
}

enum err image_open(const char *path, uint64_t size, int *out)
{
	enum err e = ERR_OK;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		e = create(path, size);
		fd = e ? -1 : open(path, O_RDWR | O_CLOEXEC);
	}
	if (!e)
		e = fd < 0 ? err_from_errno(errno) : check(fd);
	if (!e) {
		*out = fd;
		return ERR_OK;
	}
	log_error("store %s: %s", path,
		  e == ERR_EXISTS   ? "another manager is using it"
		  : e == ERR_FORMAT ? "too small, or neither a file nor a block device"
				    : err_text(e));
	if (fd >= 0)
		close(fd);
	return e;
}

bool image_has_boot_header(int fd)
{
	char magic[8];

	for (unsigned i = 0; i < 2; i++)
		if (pread(fd, magic, sizeof(magic), (off_t)STORE_HEADER_AT(i)) == sizeof(magic) &&
		    memcmp(magic, BOOT_HEADER_MAGIC, sizeof(magic)) == 0)
			return true;
	return false;
}

enum err image_size(int fd, uint64_t *size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_from_errno(errno);
	if (S_ISBLK(st.st_mode))
		return ioctl(fd, BLKGETSIZE64, size) < 0 ? err_from_errno(errno) : ERR_OK;
	if (!S_ISREG(st.st_mode))
		return ERR_FORMAT;
	*size = (uint64_t)st.st_size;
	return ERR_OK;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/pin.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_LEN (2 * TPM_NAME_SIZE + 1) /* with the newline */

static enum err decode(const char *text, uint8_t name[TPM_NAME_SIZE])
{
	uint8_t bytes[TPM_NAME_SIZE];

	if (strspn(text, "0123456789abcdefABCDEF") != TEXT_LEN - 1)
		return ERR_FORMAT;
	for (size_t i = 0; i < TPM_NAME_SIZE; i++)
		if (sscanf(text + 2 * i, "%2hhx", &bytes[i]) != 1)
			return ERR_FORMAT;
	memcpy(name, bytes, sizeof(bytes));
	return ERR_OK;
}

enum err pin_read(const char *path, uint8_t name[TPM_NAME_SIZE])
{
	char text[TEXT_LEN + 1] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return err_from_errno(errno);
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n < 0)
		return ERR_IO;
	if (n != TEXT_LEN || text[TEXT_LEN - 1] != '\n')
		return ERR_FORMAT;
	return decode(text, name);
}

static void encode(const uint8_t name[TPM_NAME_SIZE], char text[TEXT_LEN + 1])
{
	for (size_t i = 0; i < TPM_NAME_SIZE; i++)
		sprintf(text + 2 * i, "%02x", name[i]);
	memcpy(text + TEXT_LEN - 1, "\n", sizeof("\n"));
}

/* After a rename the folder has to reach the disk as well. */
static enum err sync_folder(const char *path)
{
	char copy[PATH_MAX];
	enum err e = ERR_OK;
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		e = ERR_IO;
	if (fd >= 0)
		close(fd);
	return e;
}

static enum err write_new(const char *path, const char text[TEXT_LEN + 1])
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	enum err e = ERR_OK;

	if (fd < 0)
		return err_from_errno(errno);
	if (write(fd, text, TEXT_LEN) != TEXT_LEN || fsync(fd) < 0)
		e = ERR_IO;
	close(fd);
	return e;
}

enum err pin_write(const char *path, const uint8_t name[TPM_NAME_SIZE])
{
	char fresh[PATH_MAX], text[TEXT_LEN + 1];
	enum err e;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return ERR_ARG;
	encode(name, text);
	e = write_new(fresh, text);
	if (!e && rename(fresh, path) < 0)
		e = err_from_errno(errno);
	return e ? e : sync_folder(path);
}

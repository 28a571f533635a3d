/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/pin.h"

#include "lib/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEX_LEN   (2 * TPM_NAME_SIZE)
#define FIRST_USE " init"
#define TEXT_MAX  (HEX_LEN + sizeof(FIRST_USE "\n")) /* with the NUL */

enum err pin_parse(const char *text, uint8_t name[TPM_NAME_SIZE])
{
	return hex_decode(text, name, TPM_NAME_SIZE);
}

struct pin_text pin_format(const uint8_t name[TPM_NAME_SIZE])
{
	struct pin_text text;

	hex_encode(name, TPM_NAME_SIZE, text.s);
	return text;
}

static enum err decode_origin(const char *text, uint8_t *origin)
{
	if (strcmp(text, "\n") == 0)
		*origin = PIN_GIVEN;
	else if (strcmp(text, FIRST_USE "\n") == 0)
		*origin = PIN_FIRST_USE;
	else
		return ERR_FORMAT;
	return ERR_OK;
}

enum err pin_read(const char *path, uint8_t name[TPM_NAME_SIZE], uint8_t *origin)
{
	char text[TEXT_MAX + 1] = "", digits[HEX_LEN + 1];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e;
	ssize_t n;

	if (fd < 0)
		return err_from_errno(errno);
	n = read(fd, text, TEXT_MAX);
	close(fd);
	if (n < 0)
		return ERR_IO;
	snprintf(digits, sizeof(digits), "%.*s", HEX_LEN, text);
	e = pin_parse(digits, name);
	return e ? e : decode_origin(text + HEX_LEN, origin);
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

static enum err write_new(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	enum err e = ERR_OK;

	if (fd < 0)
		return err_from_errno(errno);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text) || fsync(fd) < 0)
		e = ERR_IO;
	close(fd);
	return e;
}

enum err pin_write(const char *path, const uint8_t name[TPM_NAME_SIZE])
{
	char fresh[PATH_MAX], text[TEXT_MAX];
	enum err e;

	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", path) >= sizeof(fresh))
		return ERR_ARG;
	snprintf(text, sizeof(text), "%s" FIRST_USE "\n", pin_format(name).s);
	e = write_new(fresh, text);
	if (!e && rename(fresh, path) < 0)
		e = err_from_errno(errno);
	return e ? e : sync_folder(path);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* image: the file or block device that the store lies in, as the supervisor opens it. */
#ifndef VTPMMGR_IMAGE_H
#define VTPMMGR_IMAGE_H

#include "lib/err.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Opens the image at path for reading and writing and takes its lock, which
 * every copy of the descriptor keeps. A file that is not there is made, size
 * bytes long and written throughout, so that later writes need no new blocks.
 * ERR_EXISTS: another manager has it open. Logs what is wrong.
 */
enum err image_open(const char *path, uint64_t size, int *fd) MUST_USE;

/* Whether one of the two places of the boot header is in use. */
bool image_has_boot_header(int fd);

/* How many bytes it holds, of a file or a block device. */
enum err image_size(int fd, uint64_t *size) MUST_USE;

#endif

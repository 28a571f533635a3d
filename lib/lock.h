/* SPDX-License-Identifier: BSD-3-Clause */
/* lock: of what one process uses at a time, a file or a folder (flock(2)). */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include "lib/err.h"

/*
 * Locks what is open as fd, for as long as it stays open. A process that was
 * killed a moment ago has its locks until its last write is over and its memory
 * is given back: that is waited for, 3 s at most. ERR_EXISTS: another process
 * has it for good. Blocks.
 */
enum err lock_take(int fd) MUST_USE;

#endif

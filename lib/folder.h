/* SPDX-License-Identifier: BSD-3-Clause */
/* folder: for sockets. Nobody else may fill it: who could replace one would pass for us. */
#ifndef LIB_FOLDER_H
#define LIB_FOLDER_H

#include "lib/err.h"

#include <sys/types.h>

/*
 * Makes it with these permissions unless it is there. ERR_DENIED if it is no
 * folder (a link to one is none), is another user's, or others may write in
 * it. Whatever fails is logged.
 */
enum err folder_claim(const char *path, mode_t mode) MUST_USE;

/*
 * ERR_EXISTS if another process has locked it: one serves there, not two.
 * Lasts as long as *lock stays open, which no program inherits. Waits as
 * lock_take() does. Whatever fails is logged.
 */
enum err folder_lock(const char *path, int *lock) MUST_USE;

#endif

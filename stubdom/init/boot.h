/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * boot: what process 1 of a stub domain does before anything else: drivers,
 * file systems, a root that can be left, what its kernel was told.
 */
#ifndef STUBDOM_INIT_BOOT_H
#define STUBDOM_INIT_BOOT_H

#include "lib/err.h"

#include <stddef.h>

/* In the image, beside /init itself; drivers lie in /lib/modules/NAME.ko, unless built in. */
#define BOOT_WORKER "/vtpm-stubdom"

/*
 * *worker: a descriptor of the worker's executable. cmdline: the kernel's command line, up to cap
 * bytes with its NUL.
 */
enum err boot(int *worker, char *cmdline, size_t cap) MUST_USE;

/* Ends the domain. */
void boot_power_off(void) __attribute__((noreturn));

#endif

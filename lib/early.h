/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * early: what process 1 of a domain's initramfs does before anything else can
 * be done: drivers, file systems, a console. What fails is logged.
 */
#ifndef LIB_EARLY_H
#define LIB_EARLY_H

#include "lib/err.h"

#include <stddef.h>

struct early_mount {
	const char *type, *at, *data;
	unsigned long flags;
};

/* A module's, which may be built in; name is that of the kernel's file ('_' for '-'). */
struct early_parameter {
	const char *module, *name, *value;
};

/*
 * Drivers lie in /lib/modules/NAME.ko; one that does not is built in, and so are all of a kernel
 * without modules. In this order.
 */
enum err early_modules(const char *const names[], size_t n) MUST_USE;

/* Sysfs must be there. */
enum err early_parameters(const struct early_parameter *parameters, size_t n) MUST_USE;

/* Makes the folders and mounts what belongs there, in this order. */
enum err early_mounts(const struct early_mount *mounts, size_t n) MUST_USE;

/* An image without a console's node has left the first three descriptors closed. */
enum err early_console(void) MUST_USE;

#endif

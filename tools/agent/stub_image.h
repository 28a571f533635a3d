/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stub_image: kernel and initramfs of the stub domains, as sealed copies in
 * memory: what was measured is what is booted, whatever becomes of the files.
 */
#ifndef TOOLS_AGENT_STUB_IMAGE_H
#define TOOLS_AGENT_STUB_IMAGE_H

#include "lib/crypt.h"
#include "lib/err.h"

#define STUB_IMAGE_MAX (256u * 1024 * 1024) /* bytes of one of the two */

struct stub_image {
	int kernel; /* descriptors that nobody can write through; -1: none */
	int initramfs;
	struct digest digest; /* SHA-256(SHA-256(kernel) || SHA-256(initramfs)) */
};

#define STUB_IMAGE_NONE ((struct stub_image){.kernel = -1, .initramfs = -1})

/* Copies and measures the two files. *out is replaced on success only, and closed before. */
enum err stub_image_load(const char *kernel, const char *initramfs,
			 struct stub_image *out) MUST_USE;

void stub_image_close(struct stub_image *i);

#endif

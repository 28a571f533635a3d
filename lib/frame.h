/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frame: what every stored record begins with, so that it can be found at the
 * start of a slot that is longer than it:
 *
 *	offset 0  8 bytes magic
 *	       8  u16 format version (FORMAT_VERSION)
 *	      10  u16 zero
 *	      12  u32 length of the whole record, these 16 bytes included
 */
#ifndef LIB_FRAME_H
#define LIB_FRAME_H

#include "lib/err.h"
#include "lib/rbuf.h"
#include "lib/wbuf.h"

#define FRAME_SIZE       16
#define FRAME_MAGIC_SIZE 8

/* Writes the frame; its length is filled in by frame_end(). */
void frame_begin(struct wbuf *w, const char magic[FRAME_MAGIC_SIZE]);
enum err frame_end(struct wbuf *w, size_t *len) MUST_USE;

/*
 * Starts reading the record that in holds and sets r behind its frame.
 * ERR_FORMAT: another magic, or not len bytes; ERR_UNSUPPORTED: a newer version.
 */
enum err frame_open(struct rbuf *r, const uint8_t *in, size_t len,
		    const char magic[FRAME_MAGIC_SIZE]) MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * codecs: every message and record with a sample of it, as bytes alone, so
 * that one test and one fuzz harness serve them all.
 */
#ifndef TESTS_CODECS_H
#define TESTS_CODECS_H

#include "lib/err.h"
#include "lib/msg.h"

#include <stddef.h>
#include <stdint.h>

#define CODEC_CAP MSG_BODY_MAX

/* Decodes len bytes and encodes the result again. */
typedef enum err (*codec_again_fn)(const uint8_t *in, size_t len, uint8_t *out, size_t cap,
				   size_t *out_len);
/* Encodes a value whose fields all differ, and whose variable parts are there. */
typedef enum err (*codec_sample_fn)(uint8_t *out, size_t cap, size_t *out_len);

struct codec {
	const char *name;
	codec_again_fn again;
	codec_sample_fn sample;
};

/* One conversation. */
struct codec_set {
	const char *name; /* of its corpus: "proto_root" */
	const struct codec *codecs;
	size_t ncodecs;
};

extern const struct codec_set codecs_root, codecs_super, codecs_state, codecs_blob, codecs_keys,
    codecs_admin, codecs_carrier, codecs_agent;

/* The codec of this name; a test that asks for another one is broken. */
const struct codec *codec_find(const struct codec_set *set, const char *name);

/* Fills memory with first, first + 1, ... */
void codec_pattern(void *memory, size_t len, uint8_t first);

/*
 * Treats data as a selector byte and a message. What decodes must encode, and
 * that must decode and encode to the same bytes; anything else aborts.
 */
void codec_fuzz(const struct codec_set *set, const uint8_t *data, size_t size);

/* Define name_again() and name_sample() from name_encode(), name_decode() and name_fill(). */
#define CODEC_STRUCT(name)                                                                    \
	static enum err name##_again(const uint8_t *in, size_t len, uint8_t *out, size_t cap, \
				     size_t *out_len)                                         \
	{                                                                                     \
		static struct name m;                                                         \
		enum err e = name##_decode(in, len, &m);                                      \
                                                                                              \
		return e == ERR_OK ? name##_encode(&m, out, cap, out_len) : e;                \
	}                                                                                     \
	static enum err name##_sample(uint8_t *out, size_t cap, size_t *out_len)              \
	{                                                                                     \
		static struct name m;                                                         \
                                                                                              \
		name##_fill(&m);                                                              \
		return name##_encode(&m, out, cap, out_len);                                  \
	}

/* The same for a body that is one value. */
#define CODEC_VALUE(name, type, value)                                                        \
	static enum err name##_again(const uint8_t *in, size_t len, uint8_t *out, size_t cap, \
				     size_t *out_len)                                         \
	{                                                                                     \
		type v;                                                                       \
		enum err e = name##_decode(in, len, &v);                                      \
                                                                                              \
		return e == ERR_OK ? name##_encode(v, out, cap, out_len) : e;                 \
	}                                                                                     \
	static enum err name##_sample(uint8_t *out, size_t cap, size_t *out_len)              \
	{                                                                                     \
		return name##_encode(value, out, cap, out_len);                               \
	}

/* The same for a piece of a message, from name_put(), name_get() and name_fill(). */
#define CODEC_PIECE(name)                                                                     \
	static enum err name##_again(const uint8_t *in, size_t len, uint8_t *out, size_t cap, \
				     size_t *out_len)                                         \
	{                                                                                     \
		static struct name m;                                                         \
		struct rbuf r;                                                                \
		struct wbuf w;                                                                \
                                                                                              \
		rbuf_init(&r, in, len);                                                       \
		name##_get(&r, &m);                                                           \
		wbuf_init(&w, out, cap);                                                      \
		name##_put(&w, &m);                                                           \
		return rbuf_end(&r) == ERR_OK ? wbuf_end(&w, out_len) : ERR_FORMAT;           \
	}                                                                                     \
	static enum err name##_sample(uint8_t *out, size_t cap, size_t *out_len)              \
	{                                                                                     \
		static struct name m;                                                         \
		struct wbuf w;                                                                \
                                                                                              \
		name##_fill(&m);                                                              \
		wbuf_init(&w, out, cap);                                                      \
		name##_put(&w, &m);                                                           \
		return wbuf_end(&w, out_len);                                                 \
	}

/* A row of a set. */
#define CODEC(name)                                \
	{                                          \
#name, name##_again, name##_sample \
	}

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_tpm: the TPM 2.0 commands that the benchmarks time, and the timing.
 * The same bytes go to a socket (bench_socket), to libtpms in process
 * (bench_floor) and to a guest's device (bench_device), so their figures can
 * stand side by side.
 */
#ifndef TESTS_BENCH_BENCH_TPM_H
#define TESTS_BENCH_BENCH_TPM_H

#include "lib/err.h"

#include <stddef.h>
#include <stdint.h>

#define BENCH_BUFFER 4096

/* One command to the TPM and its response into rsp (BENCH_BUFFER bytes). */
typedef enum err (*bench_exchange_fn)(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp,
				      size_t *rsp_len);

struct bench_tpm {
	bench_exchange_fn exchange;
	void *ctx;
	uint32_t key; /* handle of the signing key, from bench_prepare(); 0: none */
	uint32_t run; /* makes what is written differ from one process to the next */
};

/* Microseconds of CLOCK_MONOTONIC. */
double bench_now(void);

/* The value below which share (0..1) of n values lie; sorts them. */
double bench_quantile(double *values, size_t n, double share);

/* Startup, the NV indices (there already: fine) and, if with_key, a P-256 signing key. */
enum err bench_prepare(struct bench_tpm *t, int with_key) MUST_USE;

/*
 * Times every command of the table and prints "NAME p50 p99" in microseconds;
 * without a key of bench_prepare()'s not those that are about keys.
 */
enum err bench_latency(struct bench_tpm *t, unsigned count) MUST_USE;

/*
 * count NV_Writes of 64 changed bytes; us gets how long each took. Between
 * them, pauses that average pause microseconds (0: none).
 */
enum err bench_write(struct bench_tpm *t, unsigned count, unsigned pause, double *us) MUST_USE;

/* One GetRandom(8): the first answer. */
enum err bench_random(struct bench_tpm *t) MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpm: libtpms, the one TPM 2.0 of this process. libtpms keeps all its state in
 * globals and its callbacks take no context, so this file alone has globals too.
 *
 * The permanent state lives here in plain: what libtpms last stored, from which
 * it is powered on again. Nobody waits inside a callback: it copies, and says
 * success. Whoever executed the command asks tpm_changed() afterwards.
 */
#ifndef STUBDOM_TPM_H
#define STUBDOM_TPM_H

#include "lib/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPM_COMMAND_MAX  4096 /* libtpms' TPM_BUFFER_MAX */
#define TPM_LOCALITY_MAX 4

/* Binds libtpms; nothing runs yet. */
enum err tpm_init(void) MUST_USE;

/* The permanent state to power on from; without it the first tpm_power_on() manufactures. */
enum err tpm_load(const uint8_t *state, size_t len) MUST_USE;

/* _TPM_Init: off first if it was on. ERR_TAMPERED if libtpms does not take the state. */
enum err tpm_power_on(void) MUST_USE;
void tpm_power_off(void);
bool tpm_is_on(void);

/* Wipes the state. */
void tpm_end(void);

/* Executes one command; the response is valid until the next call. ERR_STATE while off. */
enum err tpm_process(const uint8_t *command, size_t len, const uint8_t **response,
		     size_t *response_len) MUST_USE;

/* Whether the permanent state has other bytes than at the last tpm_settled(). */
bool tpm_changed(void);
void tpm_settled(void);

/* The permanent state as libtpms last stored it. */
const uint8_t *tpm_state(size_t *len);

/*
 * What a TPM that is on has beside the permanent state; tpm_volatile_free() wipes
 * it. Both together are all of it.
 */
enum err tpm_volatile(uint8_t **out, size_t *len) MUST_USE;
void tpm_volatile_free(uint8_t *bytes, size_t len);

/*
 * Powers on where these two left off: no TPM2_Startup is needed if none was then.
 * ERR_TAMPERED if libtpms does not take them; the TPM is off then.
 */
struct tpm_states {
	const uint8_t *permanent;
	size_t permanent_len;
	const uint8_t *volatile_state;
	size_t volatile_len;
};
enum err tpm_resume(const struct tpm_states *s) MUST_USE;

/* Everything, volatile state included, to come back to. */
struct tpm_snapshot;
enum err tpm_snapshot_take(struct tpm_snapshot **out) MUST_USE;
enum err tpm_snapshot_restore(const struct tpm_snapshot *s) MUST_USE;
void tpm_snapshot_free(struct tpm_snapshot *s);

/* Of the commands from now on; at most TPM_LOCALITY_MAX. */
void tpm_set_locality(uint8_t locality);

/*
 * On SIGIO while a command executes, asks probe, which must be async-signal-
 * safe; true sets libtpms' cancel flag, which long commands look at.
 */
typedef bool (*tpm_cancel_probe_fn)(void *arg);
enum err tpm_watch_cancel(tpm_cancel_probe_fn probe, void *arg) MUST_USE;

/* TPM interface signals outside commands (TCG PC Client: tpmEstablished, _TPM_Hash_*). */
enum err tpm_established(bool *out) MUST_USE;
enum err tpm_established_reset(uint8_t locality) MUST_USE;
enum err tpm_hash_start(void) MUST_USE;
enum err tpm_hash_data(const uint8_t *data, size_t len) MUST_USE;
enum err tpm_hash_end(void) MUST_USE;

struct tpm_buffer_sizes {
	uint32_t now, min, max;
};
/* wanted 0 asks only. */
void tpm_buffer_size(uint32_t wanted, struct tpm_buffer_sizes *out);

/* libtpms' JSON about itself; free(3) it. flags: TPMLIB_INFO_*. */
enum err tpm_info(uint32_t flags, char **json) MUST_USE;

#endif

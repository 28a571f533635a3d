/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/tpm.h"

#include "lib/secret.h"

#include <errno.h>
#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>
#include <libtpms/tpm_tis.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/*
 * libtpms' NV memory is 173 KiB, so its marshalled form always fits: the store
 * callback can never fail. Untouched pages of it cost nothing.
 */
#define STATE_CAP (256u * 1024)

static struct {
	uint8_t *state; /* STATE_CAP bytes */
	size_t state_len;
	bool changed;
	bool on;
	uint8_t locality;
	uint8_t *response; /* libtpms allocates it once and uses it again */
	uint32_t response_cap;
	tpm_cancel_probe_fn cancel_probe;
	void *cancel_arg;
	volatile sig_atomic_t executing;
} tpm;

struct tpm_snapshot {
	uint8_t *permanent;
	size_t permanent_len;
	uint8_t *volatile_state; /* libtpms' */
	size_t volatile_len;
	bool changed;
};

static bool is_permanent(const char *name)
{
	return strcmp(name, TPM_PERMANENT_ALL_NAME) == 0;
}

static TPM_RESULT on_nothing(void)
{
	return TPM_SUCCESS;
}

static TPM_RESULT on_load(unsigned char **data, uint32_t *len, uint32_t number, const char *name)
{
	(void)number;
	if (!is_permanent(name) || tpm.state_len == 0)
		return TPM_RETRY;
	if (TPM_Malloc(data, (uint32_t)tpm.state_len) != TPM_SUCCESS)
		return TPM_FAIL;
	memcpy(*data, tpm.state, tpm.state_len);
	*len = (uint32_t)tpm.state_len;
	return TPM_SUCCESS;
}

static TPM_RESULT on_store(const unsigned char *data, uint32_t len, uint32_t number,
			   const char *name)
{
	(void)number;
	if (!is_permanent(name) || len > STATE_CAP)
		return TPM_FAIL;
	if (len == tpm.state_len && memcmp(data, tpm.state, len) == 0)
		return TPM_SUCCESS;
	memcpy(tpm.state, data, len);
	tpm.state_len = len;
	tpm.changed = true;
	return TPM_SUCCESS;
}

static TPM_RESULT on_delete(uint32_t number, const char *name, TPM_BOOL must_exist)
{
	(void)number, (void)name, (void)must_exist;
	return TPM_SUCCESS;
}

static TPM_RESULT on_locality(TPM_MODIFIER_INDICATOR *locality, uint32_t number)
{
	(void)number;
	*locality = tpm.locality;
	return TPM_SUCCESS;
}

enum err tpm_init(void)
{
	static struct libtpms_callbacks callbacks = {
	    .sizeOfStruct = sizeof(callbacks),
	    .tpm_nvram_init = on_nothing,
	    .tpm_nvram_loaddata = on_load,
	    .tpm_nvram_storedata = on_store,
	    .tpm_nvram_deletename = on_delete,
	    .tpm_io_init = on_nothing,
	    .tpm_io_getlocality = on_locality,
	};

	if (!tpm.state)
		tpm.state = malloc(STATE_CAP);
	if (!tpm.state)
		return ERR_NO_MEMORY;
	if (TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS ||
	    TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS)
		return ERR_INTERNAL;
	return ERR_OK;
}

enum err tpm_load(const uint8_t *state, size_t len)
{
	if (len == 0 || len > STATE_CAP)
		return ERR_TOO_BIG;
	memcpy(tpm.state, state, len);
	tpm.state_len = len;
	tpm.changed = false;
	return ERR_OK;
}

void tpm_power_off(void)
{
	if (tpm.on)
		TPMLIB_Terminate();
	tpm.on = false;
}

enum err tpm_power_on(void)
{
	tpm_power_off();
	if (TPMLIB_MainInit() != TPM_SUCCESS) {
		TPMLIB_Terminate();
		return ERR_TAMPERED;
	}
	tpm.on = true;
	return ERR_OK;
}

bool tpm_is_on(void)
{
	return tpm.on;
}

void tpm_end(void)
{
	tpm_power_off();
	if (tpm.state)
		secret_wipe(tpm.state, tpm.state_len);
	tpm.state_len = 0;
}

enum err tpm_process(const uint8_t *command, size_t len, const uint8_t **response,
		     size_t *response_len)
{
	uint32_t got = 0;
	TPM_RESULT rc;

	if (!tpm.on)
		return ERR_STATE;
	tpm.executing = 1;
	/* libtpms takes the command unqualified, and only reads it. */
	rc = TPMLIB_Process(&tpm.response, &got, &tpm.response_cap,
			    (unsigned char *)(uintptr_t)command, (uint32_t)len);
	tpm.executing = 0;
	if (rc != TPM_SUCCESS || got == 0)
		return ERR_INTERNAL;
	*response = tpm.response;
	*response_len = got;
	return ERR_OK;
}

bool tpm_changed(void)
{
	return tpm.changed;
}

void tpm_settled(void)
{
	tpm.changed = false;
}

const uint8_t *tpm_state(size_t *len)
{
	*len = tpm.state_len;
	return tpm.state;
}

enum err tpm_volatile(uint8_t **out, size_t *len)
{
	unsigned char *bytes = NULL;
	uint32_t n = 0;

	if (!tpm.on)
		return ERR_STATE;
	if (TPMLIB_GetState(TPMLIB_STATE_VOLATILE, &bytes, &n) != TPM_SUCCESS)
		return ERR_NO_MEMORY;
	*out = bytes;
	*len = n;
	return ERR_OK;
}

void tpm_volatile_free(uint8_t *bytes, size_t len)
{
	if (bytes)
		secret_wipe(bytes, len);
	TPM_Free(bytes);
}

enum err tpm_resume(const struct tpm_states *s)
{
	enum err e;

	tpm_power_off();
	e = tpm_load(s->permanent, s->permanent_len);
	if (e)
		return e;
	if (s->volatile_len > STATE_CAP)
		return ERR_TOO_BIG;
	if (TPMLIB_SetState(TPMLIB_STATE_PERMANENT, s->permanent, (uint32_t)s->permanent_len) !=
		TPM_SUCCESS ||
	    TPMLIB_SetState(TPMLIB_STATE_VOLATILE, s->volatile_state, (uint32_t)s->volatile_len) !=
		TPM_SUCCESS)
		return ERR_TAMPERED;
	return tpm_power_on();
}

enum err tpm_snapshot_take(struct tpm_snapshot **out)
{
	struct tpm_snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NO_MEMORY;
	s->permanent = malloc(tpm.state_len);
	if (!s->permanent || tpm_volatile(&s->volatile_state, &s->volatile_len) != ERR_OK) {
		tpm_snapshot_free(s);
		return ERR_NO_MEMORY;
	}
	memcpy(s->permanent, tpm.state, tpm.state_len);
	s->permanent_len = tpm.state_len;
	s->changed = tpm.changed;
	*out = s;
	return ERR_OK;
}

enum err tpm_snapshot_restore(const struct tpm_snapshot *s)
{
	const struct tpm_states states = {s->permanent, s->permanent_len, s->volatile_state,
					  s->volatile_len};
	enum err e = tpm_resume(&states);

	tpm.changed = tpm.changed || s->changed;
	return e;
}

void tpm_snapshot_free(struct tpm_snapshot *s)
{
	if (!s)
		return;
	if (s->permanent)
		secret_wipe(s->permanent, s->permanent_len);
	free(s->permanent);
	tpm_volatile_free(s->volatile_state, s->volatile_len);
	free(s);
}

void tpm_set_locality(uint8_t locality)
{
	tpm.locality = locality;
}

static void on_sigio(int signo)
{
	int errnum = errno;

	(void)signo;
	if (tpm.executing && tpm.cancel_probe(tpm.cancel_arg))
		TPMLIB_CancelCommand(); /* sets a flag, nothing else */
	errno = errnum;
}

enum err tpm_watch_cancel(tpm_cancel_probe_fn probe, void *arg)
{
	struct sigaction sa = {.sa_handler = on_sigio, .sa_flags = SA_RESTART};

	tpm.cancel_probe = probe;
	tpm.cancel_arg = arg;
	return sigaction(SIGIO, &sa, NULL) == 0 ? ERR_OK : ERR_INTERNAL;
}

static enum err result(TPM_RESULT rc)
{
	return rc == TPM_SUCCESS ? ERR_OK : ERR_DENIED;
}

enum err tpm_established(bool *out)
{
	TPM_BOOL bit = FALSE;

	if (!tpm.on)
		return ERR_STATE;
	if (TPM_IO_TpmEstablished_Get(&bit) != TPM_SUCCESS)
		return ERR_INTERNAL;
	*out = bit;
	return ERR_OK;
}

enum err tpm_established_reset(uint8_t locality)
{
	uint8_t before = tpm.locality;
	enum err e;

	if (!tpm.on)
		return ERR_STATE;
	tpm.locality = locality;
	e = result(TPM_IO_TpmEstablished_Reset());
	tpm.locality = before;
	return e;
}

enum err tpm_hash_start(void)
{
	return tpm.on ? result(TPM_IO_Hash_Start()) : ERR_STATE;
}

enum err tpm_hash_data(const uint8_t *data, size_t len)
{
	return tpm.on ? result(TPM_IO_Hash_Data(data, (uint32_t)len)) : ERR_STATE;
}

enum err tpm_hash_end(void)
{
	return tpm.on ? result(TPM_IO_Hash_End()) : ERR_STATE;
}

void tpm_buffer_size(uint32_t wanted, struct tpm_buffer_sizes *out)
{
	out->now = TPMLIB_SetBufferSize(wanted, &out->min, &out->max);
}

enum err tpm_info(uint32_t flags, char **json)
{
	char *text = TPMLIB_GetInfo((enum TPMLIB_InfoFlags)flags);

	if (!text)
		return ERR_UNSUPPORTED;
	*json = text;
	return ERR_OK;
}

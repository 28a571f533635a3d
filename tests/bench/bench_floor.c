/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_floor COUNT: the table of bench_tpm against libtpms in this process,
 * with its state kept in memory: what no vTPM on this machine can beat.
 */
#include "tests/bench/bench_tpm.h"

#include <libtpms/tpm_error.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_memory.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static TPM_RESULT init(void)
{
	return TPM_SUCCESS;
}

static TPM_RESULT load(unsigned char **data, uint32_t *length, uint32_t number, const char *name)
{
	(void)data;
	(void)length;
	(void)number;
	(void)name;
	return TPM_RETRY; /* no state yet */
}

static TPM_RESULT store(const unsigned char *data, uint32_t length, uint32_t number,
			const char *name)
{
	(void)data;
	(void)length;
	(void)number;
	(void)name;
	return TPM_SUCCESS;
}

static TPM_RESULT delete_name(uint32_t number, const char *name, TPM_BOOL must_exist)
{
	(void)number;
	(void)name;
	(void)must_exist;
	return TPM_SUCCESS;
}

static TPM_RESULT locality(TPM_MODIFIER_INDICATOR *out, uint32_t number)
{
	(void)number;
	*out = 0;
	return TPM_SUCCESS;
}

static struct libtpms_callbacks callbacks = {
    .sizeOfStruct = sizeof(struct libtpms_callbacks),
    .tpm_nvram_init = init,
    .tpm_nvram_loaddata = load,
    .tpm_nvram_storedata = store,
    .tpm_nvram_deletename = delete_name,
    .tpm_io_init = init,
    .tpm_io_getlocality = locality,
};

static enum err exchange(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	unsigned char **response = ctx;
	uint8_t copy[BENCH_BUFFER];
	uint32_t size = 0, capacity = BENCH_BUFFER;

	memcpy(copy, cmd, len);
	if (TPMLIB_Process(response, &size, &capacity, copy, (uint32_t)len) != TPM_SUCCESS)
		return ERR_TPM;
	memcpy(rsp, *response, size);
	*rsp_len = size;
	return ERR_OK;
}

int main(int argc, char **argv)
{
	unsigned char *response = NULL;
	struct bench_tpm t = {.exchange = exchange, .ctx = &response};
	enum err e;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_floor COUNT\n");
		return 2;
	}
	if (TPM_Malloc(&response, BENCH_BUFFER) || TPMLIB_RegisterCallbacks(&callbacks) ||
	    TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) || TPMLIB_MainInit()) {
		fprintf(stderr, "bench_floor: libtpms does not start\n");
		return 1;
	}
	e = bench_prepare(&t, 1);
	if (!e)
		e = bench_latency(&t, (unsigned)strtoul(argv[1], NULL, 10));
	TPMLIB_Terminate();
	TPM_Free(response);
	if (e)
		fprintf(stderr, "bench_floor: %s\n", err_text(e));
	return e ? 1 : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/ctrl.h"

#include "lib/rbuf.h"
#include "lib/wbuf.h"
#include "stubdom/tpm.h"

#include <stdlib.h>
#include <string.h>

#define COMMAND_SIZE  4
#define HASH_DATA_MAX 4096
#define INFO_CHUNK    3072
#define INIT_FLAGS    1u /* the only one defined: delete volatile state, of which none is kept */

enum ctrl_command {
	CMD_GET_CAPABILITY = 0x01,
	CMD_INIT,
	CMD_SHUTDOWN,
	CMD_GET_TPMESTABLISHED,
	CMD_SET_LOCALITY,
	CMD_HASH_START,
	CMD_HASH_DATA,
	CMD_HASH_END,
	CMD_CANCEL_TPM_CMD,
	CMD_STORE_VOLATILE,
	CMD_RESET_TPMESTABLISHED,
	CMD_GET_STATEBLOB,
	CMD_SET_STATEBLOB,
	CMD_STOP,
	CMD_GET_CONFIG,
	CMD_SET_DATAFD,
	CMD_SET_BUFFERSIZE,
	CMD_GET_INFO,
	CMD_LOCK_STORAGE,
};

/* Reads the request's body, writes what follows the result. */
typedef enum ctrl_result (*ctrl_fn)(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out);

enum ctrl_flags {
	WAITS = 1,  /* changes the TPM: not while a commit is under way, nor for a foreign client */
	PADDED = 2, /* a body of 1 byte is accepted as well as the padded one */
	COUNTED = 4, /* a u32 length at the end of the body, and so many bytes */
};

struct ctrl_row {
	const char *name;
	ctrl_fn fn; /* NULL: not offered */
	uint32_t capability;
	uint16_t body;  /* bytes after the command */
	uint16_t reply; /* bytes after the result that a refusal has as well, zero */
	unsigned flags;
};

static enum ctrl_result get_capability(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	(void)h, (void)in;
	wbuf_u32(out, ctrl_capabilities());
	return CTRL_SUCCESS;
}

static enum ctrl_result from_err(enum err e)
{
	static const struct {
		enum err err;
		enum ctrl_result result;
	} map[] = {
	    {ERR_OK, CTRL_SUCCESS},
	    {ERR_STATE, CTRL_BAD_ORDINAL},
	    {ERR_DENIED, CTRL_BAD_LOCALITY},
	    {ERR_ARG, CTRL_BAD_PARAMETER},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].err == e)
			return map[i].result;
	return CTRL_FAIL;
}

static enum ctrl_result init(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	uint32_t flags = rbuf_u32(in);
	enum err e;

	(void)out;
	if ((flags & ~INIT_FLAGS) != 0)
		return CTRL_BAD_PARAMETER;
	e = tpm_power_on();
	vtpm_settle(h->vtpm);
	return from_err(e);
}

static enum ctrl_result power_off(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	(void)h, (void)in, (void)out;
	tpm_power_off();
	return CTRL_SUCCESS;
}

static enum ctrl_result get_established(const struct ctrl_host *h, struct rbuf *in,
					struct wbuf *out)
{
	bool bit = false;
	enum err e;

	(void)h, (void)in;
	e = tpm_established(&bit);
	wbuf_u8(out, bit);
	wbuf_bytes(out, "\0\0\0", 3);
	return from_err(e);
}

static enum ctrl_result reset_established(const struct ctrl_host *h, struct rbuf *in,
					  struct wbuf *out)
{
	uint8_t locality = rbuf_u8(in);
	enum err e;

	(void)out;
	if (locality > TPM_LOCALITY_MAX)
		return CTRL_BAD_LOCALITY;
	e = tpm_established_reset(locality);
	vtpm_settle(h->vtpm);
	return from_err(e);
}

static enum ctrl_result set_locality(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	uint8_t locality = rbuf_u8(in);

	(void)h, (void)out;
	if (locality > TPM_LOCALITY_MAX)
		return CTRL_BAD_LOCALITY;
	tpm_set_locality(locality);
	return CTRL_SUCCESS;
}

static enum ctrl_result hash_start(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	enum err e = tpm_hash_start();

	(void)in, (void)out;
	vtpm_settle(h->vtpm);
	return from_err(e);
}

static enum ctrl_result hash_data(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	const uint8_t *data;
	size_t len = rbuf_blob(in, HASH_DATA_MAX, &data);

	(void)h, (void)out;
	return from_err(tpm_hash_data(data, len));
}

static enum ctrl_result hash_end(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	enum err e = tpm_hash_end();

	(void)in, (void)out;
	vtpm_settle(h->vtpm);
	return from_err(e);
}

static enum ctrl_result cancel(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	(void)in, (void)out;
	h->cancel(h->arg);
	return CTRL_SUCCESS;
}

/* No key of the client's encrypts anything here: no flag is set. */
static enum ctrl_result get_config(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	(void)h, (void)in;
	wbuf_u32(out, 0);
	return CTRL_SUCCESS;
}

static enum ctrl_result set_data_fd(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	int fd = *h->passed;

	(void)in, (void)out;
	*h->passed = -1;
	return fd < 0 ? CTRL_BAD_PARAMETER : from_err(h->set_data_fd(h->arg, fd));
}

static enum ctrl_result set_buffer_size(const struct ctrl_host *h, struct rbuf *in,
					struct wbuf *out)
{
	struct tpm_buffer_sizes sizes;
	uint32_t wanted = rbuf_u32(in);
	bool refused = wanted != 0 && tpm_is_on();

	(void)h;
	tpm_buffer_size(refused ? 0 : wanted, &sizes);
	wbuf_u32(out, sizes.now);
	wbuf_u32(out, sizes.min);
	wbuf_u32(out, sizes.max);
	return refused ? CTRL_BAD_ORDINAL : CTRL_SUCCESS;
}

static enum ctrl_result get_info(const struct ctrl_host *h, struct rbuf *in, struct wbuf *out)
{
	uint64_t flags = rbuf_u64(in);
	uint32_t offset = rbuf_u32(in);
	char *json = NULL;
	size_t total, len;

	(void)h;
	if (tpm_info((uint32_t)flags, &json) != ERR_OK)
		return CTRL_FAIL;
	total = strlen(json) + 1; /* the NUL is sent */
	if (offset >= total) {
		free(json);
		return CTRL_BAD_PARAMETER;
	}
	len = total - offset < INFO_CHUNK ? total - offset : INFO_CHUNK;
	wbuf_u32(out, (uint32_t)total);
	wbuf_u32(out, (uint32_t)len);
	wbuf_bytes(out, json + offset, len);
	free(json);
	return CTRL_SUCCESS;
}

/* Indexed by command. Capability bits: swtpm_ioctls(3), PTM_CAP_*. */
static const struct ctrl_row rows[] = {
    [CMD_GET_CAPABILITY] = {"GET_CAPABILITY", get_capability, 0, 0, 4, 0},
    [CMD_INIT] = {"INIT", init, 1u << 0, 4, 0, WAITS},
    [CMD_SHUTDOWN] = {"SHUTDOWN", power_off, 1u << 1, 0, 0, WAITS},
    [CMD_GET_TPMESTABLISHED] = {"GET_TPMESTABLISHED", get_established, 1u << 2, 0, 4, 0},
    [CMD_SET_LOCALITY] = {"SET_LOCALITY", set_locality, 1u << 3, 4, 0, WAITS | PADDED},
    [CMD_HASH_START] = {"HASH_START", hash_start, 1u << 4, 0, 0, WAITS},
    [CMD_HASH_DATA] = {"HASH_DATA", hash_data, 1u << 4, 4, 0, WAITS | COUNTED},
    [CMD_HASH_END] = {"HASH_END", hash_end, 1u << 4, 0, 0, WAITS},
    [CMD_CANCEL_TPM_CMD] = {"CANCEL_TPM_CMD", cancel, 1u << 5, 0, 0, 0},
    [CMD_STORE_VOLATILE] = {"STORE_VOLATILE", NULL, 1u << 6, 0, 0, 0},
    [CMD_RESET_TPMESTABLISHED] = {"RESET_TPMESTABLISHED", reset_established, 1u << 7, 4, 0,
				  WAITS | PADDED},
    [CMD_GET_STATEBLOB] = {"GET_STATEBLOB", NULL, 1u << 8, 12, 12, 0},
    [CMD_SET_STATEBLOB] = {"SET_STATEBLOB", NULL, 1u << 9, 12, 0, COUNTED},
    [CMD_STOP] = {"STOP", power_off, 1u << 10, 0, 0, WAITS},
    [CMD_GET_CONFIG] = {"GET_CONFIG", get_config, 1u << 11, 0, 4, 0},
    [CMD_SET_DATAFD] = {"SET_DATAFD", set_data_fd, 1u << 12, 0, 0, 0},
    [CMD_SET_BUFFERSIZE] = {"SET_BUFFERSIZE", set_buffer_size, 1u << 13, 4, 12, WAITS},
    [CMD_GET_INFO] = {"GET_INFO", get_info, 1u << 14, 16, 0, 0},
    [CMD_LOCK_STORAGE] = {"LOCK_STORAGE", NULL, 1u << 16, 4, 0, 0},
};
#define NROWS (sizeof(rows) / sizeof(rows[0]))

static const struct ctrl_row *find_row(uint32_t command)
{
	return command < NROWS && rows[command].name ? &rows[command] : NULL;
}

uint32_t ctrl_capabilities(void)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < NROWS; i++)
		if (rows[i].fn)
			bits |= rows[i].capability;
	return bits;
}

bool ctrl_is_cancel(const uint8_t command[4])
{
	return command[0] == 0 && command[1] == 0 && command[2] == 0 &&
	       command[3] == CMD_CANCEL_TPM_CMD;
}

/* The length that the bytes at hand say the request has; 0: not to be told yet. */
static size_t request_len(const struct ctrl_row *row, const uint8_t *buf, size_t have)
{
	size_t len = COMMAND_SIZE + row->body;
	struct rbuf r;

	if ((row->flags & PADDED) && have == COMMAND_SIZE + 1)
		return have;
	if (!(row->flags & COUNTED))
		return len;
	if (have < len)
		return 0;
	rbuf_init(&r, buf + len - 4, 4);
	return len + rbuf_u32(&r);
}

enum err ctrl_frame(const uint8_t *buf, size_t have, struct ctrl_request *out)
{
	const struct ctrl_row *row;
	struct rbuf r;
	size_t len;

	if (have < COMMAND_SIZE)
		return ERR_AGAIN;
	rbuf_init(&r, buf, have);
	row = find_row(rbuf_u32(&r));
	if (!row)
		return ERR_UNSUPPORTED;
	len = request_len(row, buf, have);
	if (len > CTRL_REQUEST_MAX)
		return ERR_FORMAT;
	if (len == 0 || have < len)
		return ERR_AGAIN;
	*out = (struct ctrl_request){.len = len, .waits = (row->flags & WAITS) != 0};
	return ERR_OK;
}

static void put_result(uint8_t *response, enum ctrl_result result)
{
	struct wbuf w;

	wbuf_init(&w, response, 4);
	wbuf_u32(&w, (uint32_t)result);
}

size_t ctrl_refuse(enum err why, uint8_t response[CTRL_RESPONSE_MAX])
{
	put_result(response, why == ERR_UNSUPPORTED ? CTRL_BAD_ORDINAL : CTRL_BAD_PARAMETER);
	return 4;
}

size_t ctrl_handle(const struct ctrl_host *h, const uint8_t *request, size_t len,
		   uint8_t response[CTRL_RESPONSE_MAX])
{
	enum ctrl_result result = CTRL_BAD_ORDINAL;
	const struct ctrl_row *row;
	struct rbuf in;
	struct wbuf out;
	size_t body = 0;

	rbuf_init(&in, request, len);
	row = find_row(rbuf_u32(&in));
	if (!row)
		return ctrl_refuse(ERR_UNSUPPORTED, response);
	wbuf_init(&out, response + 4, CTRL_RESPONSE_MAX - 4);
	if (row->fn)
		result = h->foreign && (row->flags & WAITS) ? CTRL_FAIL : row->fn(h, &in, &out);
	if (wbuf_end(&out, &body) != ERR_OK)
		result = CTRL_FAIL;
	/* Clients read a fixed length whatever the result is. */
	if (body < row->reply) {
		memset(response + 4 + body, 0, row->reply - body);
		body = row->reply;
	}
	put_result(response, result);
	return 4 + body;
}

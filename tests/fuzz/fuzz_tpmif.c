/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frontend that writes what it likes, when it likes. Input: steps of u8 what,
 * u16 offset in the page, u8 length, bytes. Whatever is to be executed is a whole
 * command within bounds; whatever is said to be written is a whole response.
 */
#include "stubdom/init/tpmif.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define STEP_HEADER  4
#define RESPONSE_MAX 4096

enum step { WRITE, LOOK, ANSWER, NSTEPS };

static uint8_t page[TPMIF_PAGE_SIZE];
static struct tpmif tpmif;

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_command(void)
{
	const uint8_t *c = tpmif.packet;

	check(tpmif.busy && tpmif.len >= 10 && tpmif.len <= TPMIF_PACKET_MAX);
	check(tpmif.locality <= TPMIF_LOCALITY_MAX);
	check(tpmif.len == ((size_t)c[2] << 24 | (size_t)c[3] << 16 | (size_t)c[4] << 8 | c[5]));
}

static void check_page(void)
{
	size_t len = (size_t)page[0] | (size_t)page[1] << 8 | (size_t)page[2] << 16;

	check(page[3] == 0 && len <= TPMIF_PACKET_MAX);
	check(page[4] == (len == 0 ? TPMIF_IDLE : TPMIF_FINISH) || page[4] == TPMIF_FINISH);
	check(!tpmif.busy);
}

static void look(void)
{
	bool busy = tpmif.busy, given_up = tpmif.given_up;
	enum tpmif_do next = tpmif_look(&tpmif, page);

	check(next != TPMIF_EXECUTE || !busy);
	check(next != TPMIF_GIVE_UP || (busy && !given_up));
	if (next == TPMIF_EXECUTE)
		check_command();
	if (next == TPMIF_NOTIFY)
		check_page();
}

static void answer(size_t len)
{
	static uint8_t response[RESPONSE_MAX];
	bool busy = tpmif.busy;
	enum tpmif_do next = tpmif_answer(&tpmif, page, response, len % (RESPONSE_MAX + 1));

	check(next == (busy ? TPMIF_NOTIFY : TPMIF_WAIT));
	if (busy)
		check_page();
}

static void take_step(uint8_t what, size_t at, const uint8_t *bytes, size_t len)
{
	size_t room = TPMIF_PAGE_SIZE - at % TPMIF_PAGE_SIZE;

	switch ((enum step)(what % NSTEPS)) {
	case WRITE:
		memcpy(page + at % TPMIF_PAGE_SIZE, bytes, len < room ? len : room);
		break;
	case LOOK:
		look();
		break;
	default:
		answer(at);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(page, 0, sizeof(page));
	tpmif_init(&tpmif);
	while (size >= STEP_HEADER) {
		size_t room = size - STEP_HEADER;
		size_t len = data[3] < room ? data[3] : room;

		take_step(data[0], (size_t)data[1] << 8 | data[2], data + STEP_HEADER, len);
		data += STEP_HEADER + len;
		size -= STEP_HEADER + len;
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/init/tpmif.h"

#include "lib/rbuf.h"
#include "lib/tpm_cmd.h"
#include "stubdom/init/rc.h"

#include <string.h>

/* In the page; the length comes first. */
#define STATE_AT       4
#define LOCALITY_AT    5
#define EXTRA_PAGES_AT 7

#define SIZE_AT 2 /* of the size field of a TPM command */

struct tpmif_header {
	uint32_t length; /* of the packet */
	uint8_t state;
	uint8_t locality;
	uint8_t extra_pages; /* grant references between header and packet; nobody has any */
};

void tpmif_init(struct tpmif *t)
{
	t->busy = false;
	t->given_up = false;
}

static void copy_in(uint8_t *to, const volatile uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i];
}

static void copy_out(volatile uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = from[i];
}

/* The state first: a frontend that is honest wrote all else before it. */
static struct tpmif_header fetch_header(const volatile uint8_t *page)
{
	struct tpmif_header h;
	uint8_t length[4];

	h.state = page[STATE_AT];
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	copy_in(length, page, sizeof(length));
	h.length = (uint32_t)length[0] | (uint32_t)length[1] << 8 | (uint32_t)length[2] << 16 |
		   (uint32_t)length[3] << 24;
	h.locality = page[LOCALITY_AT];
	h.extra_pages = page[EXTRA_PAGES_AT];
	return h;
}

/* The state last, as above. */
static enum tpmif_do put(volatile uint8_t *page, enum tpmif_state state, const uint8_t *packet,
			 size_t len)
{
	const uint8_t length[4] = {(uint8_t)len, (uint8_t)(len >> 8)};

	copy_out(page + TPMIF_PACKET_AT, packet, len);
	copy_out(page, length, sizeof(length));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	page[STATE_AT] = (uint8_t)state;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return TPMIF_NOTIFY;
}

static enum tpmif_do put_rc(volatile uint8_t *page, uint32_t rc)
{
	uint8_t response[TPM_HEADER_SIZE];

	tpm_response_rc(rc, response);
	return put(page, TPMIF_FINISH, response, sizeof(response));
}

/* The size that the command in the copy says it has; 0 unless it is all there. */
static size_t command_size(const uint8_t *packet, size_t len)
{
	struct rbuf r;
	uint32_t size;

	if (len < TPM_HEADER_SIZE)
		return 0;
	rbuf_init(&r, packet + SIZE_AT, sizeof(size));
	size = rbuf_u32(&r);
	return size >= TPM_HEADER_SIZE && size <= len ? size : 0;
}

/* Where extra pages are said to be, nobody knows where the response would be looked for. */
static enum tpmif_do take(struct tpmif *t, const struct tpmif_header *h, volatile uint8_t *page)
{
	size_t size;

	if (h->extra_pages != 0)
		return put(page, TPMIF_IDLE, NULL, 0);
	if (h->length > TPMIF_PACKET_MAX)
		return put_rc(page, RC_COMMAND_SIZE);
	if (h->locality > TPMIF_LOCALITY_MAX)
		return put_rc(page, RC_LOCALITY);
	copy_in(t->packet, page + TPMIF_PACKET_AT, h->length);
	size = command_size(t->packet, h->length);
	if (size == 0)
		return put_rc(page, RC_COMMAND_SIZE);
	t->busy = true;
	t->given_up = false;
	t->locality = h->locality;
	t->len = size;
	return TPMIF_EXECUTE;
}

/* Nothing is under way, so it is cancelled. */
static enum tpmif_do cancel_nothing(struct tpmif *t, const struct tpmif_header *h,
				    volatile uint8_t *page)
{
	(void)t, (void)h;
	return put(page, TPMIF_IDLE, NULL, 0);
}

static enum tpmif_do give_up(struct tpmif *t, const struct tpmif_header *h, volatile uint8_t *page)
{
	(void)h, (void)page;
	if (t->given_up)
		return TPMIF_WAIT;
	t->given_up = true;
	return TPMIF_GIVE_UP;
}

typedef enum tpmif_do (*tpmif_fn)(struct tpmif *t, const struct tpmif_header *h,
				  volatile uint8_t *page);

/* By whether a command is under way, and the page's state. NULL: wait. */
static const tpmif_fn steps[2][TPMIF_NSTATES] = {
    [false] = {[TPMIF_SUBMIT] = take, [TPMIF_CANCEL] = cancel_nothing},
    [true] = {[TPMIF_CANCEL] = give_up},
};

enum tpmif_do tpmif_look(struct tpmif *t, volatile uint8_t *page)
{
	const struct tpmif_header h = fetch_header(page);
	tpmif_fn step = h.state < TPMIF_NSTATES ? steps[t->busy][h.state] : NULL;

	return step ? step(t, &h, page) : TPMIF_WAIT;
}

enum tpmif_do tpmif_answer(struct tpmif *t, volatile uint8_t *page, const uint8_t *response,
			   size_t len)
{
	if (!t->busy)
		return TPMIF_WAIT;
	t->busy = false;
	if (len > TPMIF_PACKET_MAX)
		return put_rc(page, RC_FAILURE);
	return put(page, TPMIF_FINISH, response, len);
}

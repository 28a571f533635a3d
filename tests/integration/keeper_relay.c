/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/integration/keeper_relay.h"

#include "lib/rbuf.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PACKET_MAX (MSG_HEADER_SIZE + PTPM_BUFFER_MAX)
#define ID_AT      8                     /* of the request id in a message */
#define CC_AT      (MSG_HEADER_SIZE + 6) /* of the command code of a TPM command */

struct packet {
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

struct relay *relay_new(void)
{
	struct relay *r =
	    mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return r == MAP_FAILED ? NULL : r;
}

/* ---- in its own process --------------------------------------------------------------------- */

static bool receive(int fd, struct packet *p)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t n;

	poll(&ready, 1, -1);
	n = recv(fd, p->bytes, sizeof(p->bytes), 0);
	p->len = n > 0 ? (size_t)n : 0;
	return n >= MSG_HEADER_SIZE;
}

static bool transmit(int fd, const struct packet *p)
{
	return send(fd, p->bytes, p->len, MSG_NOSIGNAL) == (ssize_t)p->len;
}

static uint32_t get_u32(const struct packet *p, size_t at)
{
	struct rbuf b;

	rbuf_init(&b, p->bytes, p->len);
	rbuf_view(&b, at);
	return rbuf_u32(&b);
}

static void keep(struct relay *r, const struct packet *p)
{
	size_t len = p->len - MSG_HEADER_SIZE;

	if (len > RELAY_BYTES - r->used)
		len = RELAY_BYTES - r->used;
	memcpy(r->bytes + r->used, p->bytes + MSG_HEADER_SIZE, len);
	r->used += len;
	r->seen[r->nseen].len += len;
}

/* Which fault applies to this command: counts down to the one that was meant. */
static enum fault apply(struct relay *r, uint32_t cc)
{
	enum fault f = r->fault;

	if (f == FAULT_NONE || (r->cc != 0 && r->cc != cc) || (r->nth > 0 && --r->nth > 0))
		return FAULT_NONE;
	if (f == FAULT_AWAY) {
		r->cc = 0;
		return f;
	}
	r->cc = r->next_cc;
	r->nth = 1;
	r->fault = r->next;
	r->next = FAULT_NONE;
	return f;
}

static struct packet error_reply(const struct packet *request, enum err why)
{
	struct msg m = {.type = PTPM_ERROR};
	struct packet p;

	m.id = get_u32(request, ID_AT);
	if (ptpm_error_encode(why, p.bytes + MSG_HEADER_SIZE, PTPM_BUFFER_MAX, &m.len) ||
	    msg_encode_header(&m, p.bytes))
		abort();
	p.len = MSG_HEADER_SIZE + m.len;
	return p;
}

static void hold(struct relay *r, int keys)
{
	struct pollfd p = {.fd = keys, .events = POLLRDHUP};

	r->held = true;
	poll(&p, 1, -1);
}

/* One command and its answer; false: the end. */
static bool exchange(struct relay *r, int keys, int ptpm)
{
	struct relay_seen *seen = &r->seen[r->nseen];
	struct packet command, answer;

	if (!receive(keys, &command))
		return false;
	*seen = (struct relay_seen){
	    .cc = get_u32(&command, CC_AT), .handle = get_u32(&command, CC_AT + 4), .at = r->used};
	keep(r, &command);
	seen->command_len = seen->len;
	seen->fault = apply(r, seen->cc);
	if (seen->fault == FAULT_HOLD_COMMAND)
		hold(r, keys);
	if (seen->fault == FAULT_CLOSE || seen->fault == FAULT_HOLD_COMMAND)
		return false;
	answer = error_reply(&command, seen->fault == FAULT_AWAY ? ERR_UNAVAILABLE : ERR_TIMEOUT);
	if (seen->fault != FAULT_AWAY && seen->fault != FAULT_DROP_COMMAND) {
		struct packet real;

		if (!transmit(ptpm, &command) || !receive(ptpm, &real))
			return false;
		keep(r, &real);
		if (seen->fault != FAULT_DROP_ANSWER)
			answer = real;
	}
	if (seen->fault == FAULT_HOLD_ANSWER)
		hold(r, keys);
	if (seen->fault == FAULT_GARBAGE)
		memset(answer.bytes + MSG_HEADER_SIZE, 0xff, answer.len - MSG_HEADER_SIZE);
	if (r->nseen < RELAY_SEEN - 1)
		r->nseen++;
	return transmit(keys, &answer);
}

/* The test's other descriptors would keep channels open that it closes. */
static void close_others(int keys, int ptpm)
{
	for (int fd = 3; fd < 1024; fd++)
		if (fd != keys && fd != ptpm)
			close(fd);
}

void relay_start(struct relay *r, int keys, int ptpm)
{
	r->pid = fork();
	if (r->pid == 0) {
		close_others(keys, ptpm);
		while (exchange(r, keys, ptpm))
			;
		_exit(0);
	}
	close(keys);
	close(ptpm);
}

/* ---- in the test's -------------------------------------------------------------------------- */

void relay_wait(struct relay *r)
{
	waitpid(r->pid, NULL, 0);
	r->held = false;
	r->next = r->fault = FAULT_NONE;
}

void relay_fault(struct relay *r, enum fault f, uint32_t cc, unsigned nth)
{
	r->next = r->fault = FAULT_NONE;
	r->cc = cc;
	r->nth = nth;
	r->held = false;
	r->fault = f;
}

void relay_fault_then(struct relay *r, enum fault f, uint32_t cc)
{
	r->next_cc = cc;
	r->next = f;
}

unsigned relay_find(const struct relay *r, uint32_t cc, unsigned from)
{
	while (from < r->nseen && r->seen[from].cc != cc)
		from++;
	return from;
}

bool relay_saw(const struct relay *r, uint32_t cc, const void *bytes, size_t len)
{
	for (unsigned i = 0; i < r->nseen; i++) {
		const struct relay_seen *s = &r->seen[i];

		if ((cc == 0 || s->cc == cc) && memmem(r->bytes + s->at, s->len, bytes, len))
			return true;
	}
	return false;
}

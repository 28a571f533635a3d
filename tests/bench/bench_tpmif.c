/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench_tpmif COUNT: the same over Xen's TPM interface, in a guest whose vTPM no
 * driver uses, by a frontend that sleeps until the backend's event: what is
 * left when nobody polls. "Ring" is a command for a locality that is not
 * there: the backend itself answers that, and no TPM has seen it.
 */
#include "tests/bench/bench_tpm.h"

#include "tests/xen/prog/tpmif_frontend.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define NO_LOCALITY 255

/* Events that came meanwhile are one. */
static enum err await_event(struct frontend *f)
{
	struct pollfd p = {.fd = xenevtchn_fd(f->events), .events = POLLIN};
	xenevtchn_port_or_error_t port;

	if (poll(&p, 1, FRONTEND_PATIENCE_MS) != 1)
		return ERR_TIMEOUT;
	port = xenevtchn_pending(f->events);
	return port < 0 || xenevtchn_unmask(f->events, (evtchn_port_t)port) ? ERR_IO : ERR_OK;
}

static uint32_t length(const struct frontend *f)
{
	return (uint32_t)f->page[0] | (uint32_t)f->page[1] << 8 | (uint32_t)f->page[2] << 16 |
	       (uint32_t)f->page[3] << 24;
}

static enum err exchange(void *ctx, const uint8_t *cmd, size_t len, uint8_t *rsp, size_t *rsp_len)
{
	struct frontend *f = ctx;
	enum err e = ERR_OK;
	size_t i;

	for (i = 0; i < len; i++)
		f->page[FRONTEND_PACKET_AT + i] = cmd[i];
	frontend_length(f, (uint32_t)len);
	frontend_set(f, FRONTEND_SUBMIT);
	while (!e && f->page[FRONTEND_STATE_AT] == FRONTEND_SUBMIT)
		e = await_event(f);
	__sync_synchronize();
	*rsp_len = length(f);
	if (e || f->page[FRONTEND_STATE_AT] != FRONTEND_FINISH || *rsp_len > BENCH_BUFFER)
		return e ? e : ERR_FORMAT;
	for (i = 0; i < *rsp_len; i++)
		rsp[i] = f->page[FRONTEND_PACKET_AT + i];
	return ERR_OK;
}

/* Whatever the command: its answer is an error, and what that took is what counts. */
static enum err ring(struct bench_tpm *t, struct frontend *f, unsigned count)
{
	static const uint8_t command[10] = {0x80, 0x01, 0, 0, 0, 10};
	double *us = calloc(count, sizeof(*us));
	enum err e = us ? ERR_OK : ERR_NO_MEMORY;
	uint8_t rsp[BENCH_BUFFER];
	size_t len;

	f->page[FRONTEND_LOCALITY_AT] = NO_LOCALITY;
	for (unsigned i = 0; !e && i < count; i++) {
		us[i] = bench_now();
		e = t->exchange(t->ctx, command, sizeof(command), rsp, &len);
		us[i] = bench_now() - us[i];
	}
	f->page[FRONTEND_LOCALITY_AT] = 0;
	if (!e)
		printf("Ring %.1f", bench_quantile(us, count, 0.5));
	if (!e)
		printf(" %.1f\n", bench_quantile(us, count, 0.99));
	free(us);
	return e;
}

int main(int argc, char **argv)
{
	unsigned count = argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	struct frontend f;
	struct bench_tpm t = {.exchange = exchange, .ctx = &f, .run = 1};
	enum err e;

	if (count == 0) {
		fprintf(stderr, "usage: bench_tpmif COUNT\n");
		return 2;
	}
	if (!frontend_open(&f)) {
		fprintf(stderr, "bench_tpmif: %s\n", frontend_failure());
		return 1;
	}
	e = ring(&t, &f, count);
	if (!e)
		e = bench_prepare(&t, 0);
	if (!e)
		e = bench_latency(&t, count);
	if (e)
		fprintf(stderr, "bench_tpmif: %s\n", err_text(e));
	return !frontend_disconnect(&f) || e ? 1 : 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/device.h"

#include "lib/channel.h"
#include "lib/log.h"
#include "lib/loop.h"
#include "lib/proto_ptpm.h"
#include "pTPM-proxy/confine.h"

#include <stdlib.h>
#include <time.h>
#include <tss2/tss2_tctildr.h>

#define BACKOFF_FIRST_MS 50
#define BACKOFF_LAST_MS  1000

struct device {
	const struct tcti *tcti;
	TSS2_TCTI_CONTEXT *open; /* NULL: not open */
	unsigned backoff_ms;     /* how long the next failure to open keeps us from trying */
	uint64_t retry_at_ms;
	struct loop *loop;
	struct channel *front;
	uint8_t response[PTPM_BUFFER_MAX];
};

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void note_failure(struct device *d)
{
	d->retry_at_ms = now_ms() + d->backoff_ms;
	d->backoff_ms *= 2;
	if (d->backoff_ms > BACKOFF_LAST_MS)
		d->backoff_ms = BACKOFF_LAST_MS;
}

static enum err ensure_open(struct device *d)
{
	TSS2_RC rc;

	if (d->open)
		return ERR_OK;
	if (now_ms() < d->retry_at_ms)
		return ERR_UNAVAILABLE;
	rc = Tss2_TctiLdr_Initialize(d->tcti->conf, &d->open);
	if (rc != TSS2_RC_SUCCESS) {
		d->open = NULL;
		log_warning("cannot open the TPM (TCTI error 0x%x)", (unsigned)rc);
		note_failure(d);
		return ERR_UNAVAILABLE;
	}
	d->backoff_ms = BACKOFF_FIRST_MS;
	log_info("the TPM is open");
	return ERR_OK;
}

/* A TCTI that failed is not asked again: what it still holds may belong to an old command. */
static void give_up(struct device *d, const char *what, TSS2_RC rc)
{
	log_warning("TPM %s failed (TCTI error 0x%x)", what, (unsigned)rc);
	Tss2_TctiLdr_Finalize(&d->open);
}

static enum err exchange(struct device *d, const struct msg *command, size_t *len)
{
	enum err e = ensure_open(d);
	TSS2_RC rc;

	if (e != ERR_OK)
		return e;
	rc = Tss2_Tcti_Transmit(d->open, command->len, command->body);
	if (rc != TSS2_RC_SUCCESS) {
		give_up(d, "transmit", rc);
		return d->tcti->transmit_may_execute ? ERR_TIMEOUT : ERR_UNAVAILABLE;
	}
	*len = sizeof(d->response);
	rc = Tss2_Tcti_Receive(d->open, len, d->response, TSS2_TCTI_TIMEOUT_BLOCK);
	if (rc != TSS2_RC_SUCCESS) {
		give_up(d, "receive", rc);
		return ERR_TIMEOUT;
	}
	return ERR_OK;
}

static enum err on_command(void *ctx, struct msg *m)
{
	struct device *d = ctx;
	struct msg reply = {.type = PTPM_RESPONSE, .id = m->id, .body = d->response};
	enum err e = exchange(d, m, &reply.len);

	if (e != ERR_OK) {
		reply.type = PTPM_ERROR;
		e = ptpm_error_encode(e, d->response, sizeof(d->response), &reply.len);
		if (e != ERR_OK)
			return e;
	}
	return channel_send(d->front, &reply);
}

static const struct msg_rule rules[] = {
    {PTPM_COMMAND, "command", MSG_ANY_STATE, 1, PTPM_BUFFER_MAX, 0, on_command},
};

static enum err on_msg(void *arg, struct msg *m)
{
	return msg_dispatch(rules, 1, 0, arg, m);
}

static void on_gone(void *arg, enum err why)
{
	struct device *d = arg;

	(void)why;
	loop_stop(d->loop);
}

static enum err serve(struct device *d, int fd)
{
	enum err e = channel_new(fd, PTPM_BUFFER_MAX, &d->front);

	if (e == ERR_OK)
		e = loop_new(&d->loop);
	if (e == ERR_OK)
		e = channel_attach(d->front, d->loop, on_msg, on_gone, d);
	if (e == ERR_OK)
		e = confine_device();
	if (e == ERR_OK)
		e = loop_run(d->loop);
	return e;
}

int device_main(int fd, const struct tcti *tcti)
{
	struct device d = {.tcti = tcti, .backoff_ms = BACKOFF_FIRST_MS};
	enum err e = serve(&d, fd);

	if (e != ERR_OK)
		log_error("device process: %s", err_text(e));
	if (d.open)
		Tss2_TctiLdr_Finalize(&d.open);
	channel_close(d.front);
	loop_free(d.loop);
	return e == ERR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

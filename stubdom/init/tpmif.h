/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tpmif: Xen's TPM interface, version 2 (xen/io/tpmif.h), the backend's side
 * of its one shared page: a state machine over the page's bytes, without
 * events, grants or xenstore.
 *
 * The frontend writes to the page whenever it likes, also while it is read.
 * Each field is read once and the packet is copied once; all that is decided
 * is decided on the copies.
 */
#ifndef STUBDOM_INIT_TPMIF_H
#define STUBDOM_INIT_TPMIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TPMIF_PAGE_SIZE    4096
#define TPMIF_PACKET_AT    8
#define TPMIF_PACKET_MAX   (TPMIF_PAGE_SIZE - TPMIF_PACKET_AT)
#define TPMIF_LOCALITY_MAX 4

/* The frontend sets SUBMIT and CANCEL, the backend FINISH and IDLE. */
enum tpmif_state { TPMIF_IDLE, TPMIF_SUBMIT, TPMIF_FINISH, TPMIF_CANCEL, TPMIF_NSTATES };

enum tpmif_do {
	TPMIF_WAIT,    /* nothing to be done */
	TPMIF_EXECUTE, /* the command in t->packet; tpmif_answer() follows */
	TPMIF_GIVE_UP, /* cancel that command; it is answered all the same */
	TPMIF_NOTIFY,  /* the page has been written to: tell the frontend */
};

struct tpmif {
	bool busy;        /* a command is to be answered */
	bool given_up;    /* and it has been cancelled already */
	uint8_t locality; /* of it */
	size_t len;
	uint8_t packet[TPMIF_PACKET_MAX]; /* a whole TPM command, whose size field is len */
};

/* A page that has just been mapped: nothing of it has been seen. */
void tpmif_init(struct tpmif *t);

/* To be called after each event, and once before the first. page: TPMIF_PAGE_SIZE shared bytes. */
enum tpmif_do tpmif_look(struct tpmif *t, volatile uint8_t *page);

/*
 * Writes the response of the command that is under way; nothing if there is none.
 * One that does not fit becomes TPM_RC_FAILURE.
 */
enum tpmif_do tpmif_answer(struct tpmif *t, volatile uint8_t *page, const uint8_t *response,
			   size_t len);

#endif

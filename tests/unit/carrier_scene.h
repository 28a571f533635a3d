/* SPDX-License-Identifier: BSD-3-Clause */
/* carrier_scene: carriers over socket pairs, and who stands at their ends. */
#ifndef TESTS_UNIT_CARRIER_SCENE_H
#define TESTS_UNIT_CARRIER_SCENE_H

#include "lib/carrier.h"

#define INNER 0x0301 /* of some conversation */

/* One carrier, and what the test holds of it. */
struct half {
	struct scene *scene;
	struct carrier *carrier;
	struct channel *local; /* the other end of the newest unix end */
	unsigned opened;
	unsigned lost;
	unsigned closed;
	unsigned gone;
	uint8_t how;
	uint8_t code;
	enum err why;
	/* how its callbacks behave */
	enum err open_answer;
	enum err outgoing_answer;
	bool takes_fds;
	bool drops;
	bool waits; /* lost() says that the owner will tell */
	bool frees; /* every callback frees the carrier */
	int taken;
};

struct scene {
	struct loop *loop;
	struct half opener;
	struct half follower;
	/* Instead of one of the carriers: a peer that says what a test wants. */
	struct channel *raw;
};

/* cmocka's: a scene in *state, with two carriers, */
int scene_set_up_both(void **state);

/* or with one of them and a peer that says what the test wants. */
int scene_set_up_opener(void **state);
int scene_set_up_bare_opener(void **state);
int scene_set_up_follower(void **state);
int scene_tear_down(void **state);

/* A new unix end: the carrier gets the descriptor, the test has the other end in h->local. */
int scene_new_end(struct half *h);

/* Until everything that is under way has arrived. */
void scene_run(struct scene *s);

/* To a peer, or to a unix end: a message of the conversation, or one of the carriers' own. */
void scene_say(struct channel *c, uint16_t type, uint32_t id, const void *body, size_t len);
void scene_say_text(struct channel *c, const char *text);
void scene_say_number(struct channel *c, uint16_t type, uint32_t n);
void scene_say_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code);
void scene_say_with_fd(struct channel *c);

/* What has come there next. */
void scene_hear_text(struct channel *c, const char *text);
void scene_hear_number(struct channel *c, uint16_t type, uint32_t n);
void scene_hear_closed(struct channel *c, uint32_t n, uint8_t how, uint8_t code);
void scene_hear_nothing(struct channel *c);
void scene_hear_end(struct channel *c);

/* The opener begins a conversation. */
void scene_open_end(struct half *h);

/* Descriptors of this process. */
size_t scene_open_fds(void);

#endif

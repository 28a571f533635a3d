/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vchan_echo: both ends of a Xen channel, and a client that breaks its rules.
 *
 *	vchan_echo serve PEER PATH RING [TIMES]  echoes whatever domain PEER sends; serves again
 *	                                         when it has gone, TIMES times or for ever
 *	vchan_echo measure SERVER PATH [ROUNDS]  messages of many lengths there and back
 *	vchan_echo stream SERVER PATH [LENGTH]   there and back, until it is killed or the server is
 *	vchan_echo deaf SERVER PATH              sends and never reads, until the server has enough
 *	vchan_echo vandal SERVER PATH HOW        writes nonsense: see the table below
 *
 * Prints one line that begins with ECHO for everything that a test looks for.
 */
#include "lib/channel.h"
#include "lib/xen/channel_xen.h"
#include "lib/xen/vchan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS     50
#define TIMEOUT    20000 /* ms */
#define CONNECT_MS 50
#define CONNECTS   1200

static const size_t lengths[] = {0,    1,     64,    1000,  1008,   1024,  2048,
				 4096, 16384, 32768, 65536, 131072, 196608};

static uint8_t body[MSG_BODY_MAX];

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void fill(uint32_t seed)
{
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 131 + seed * 7 + (i >> 8));
}

/* The server. */

struct server {
	struct loop *loop;
	struct channel *channel;
	unsigned messages;
};

static enum err echo(void *arg, struct msg *m)
{
	struct server *s = arg;
	enum err e = channel_send(s->channel, m);

	s->messages++;
	return e == ERR_FULL ? ERR_OK : e;
}

static void client_gone(void *arg, enum err why)
{
	struct server *s = arg;

	printf("ECHO gone after %u messages: %s\n", s->messages, err_name(why));
	channel_close(s->channel);
	s->channel = NULL;
	s->messages = 0;
	loop_stop(s->loop);
}

static enum err serve_one(struct server *s, uint32_t peer, const char *path, size_t ring)
{
	struct channel_peer who;
	enum err e = channel_xen_serve(peer, path, ring, MSG_BODY_MAX, &s->channel);

	if (!e)
		e = channel_attach(s->channel, s->loop, echo, client_gone, s);
	if (!e)
		e = channel_peer(s->channel, &who);
	if (e)
		return e;
	printf("ECHO serves domain %u at %s\n", who.domid, path);
	return loop_run(s->loop);
}

static enum err serve(uint32_t peer, int argc, char **argv)
{
	unsigned long times = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	struct server s = {0};
	enum err e = argc > 1 ? loop_new(&s.loop) : ERR_ARG;

	for (unsigned long i = 0; !e && (times == 0 || i < times); i++)
		e = serve_one(&s, peer, argv[0], strtoul(argv[1], NULL, 10));
	channel_close(s.channel);
	loop_free(s.loop);
	return e;
}

/* Clients. */

static enum err connect_to(uint32_t server, const char *path, struct channel **out)
{
	enum err e = ERR_NOT_FOUND;

	for (int i = 0; i < CONNECTS && e == ERR_NOT_FOUND; i++) {
		e = channel_xen_connect(server, path, MSG_BODY_MAX, out);
		if (e == ERR_NOT_FOUND)
			usleep(CONNECT_MS * 1000);
	}
	return e;
}

static enum err round_trip(struct channel *c, uint32_t id, size_t len)
{
	struct msg m = {.type = 1, .id = id, .body = body, .len = len};
	struct msg reply;
	enum err e = channel_call(c, &m, TIMEOUT, &reply);

	if (e)
		return e;
	return reply.len == len && memcmp(reply.body, body, len) == 0 ? ERR_OK : ERR_TAMPERED;
}

static enum err measure_length(struct channel *c, size_t len, unsigned long rounds)
{
	uint64_t least = UINT64_MAX;
	uint64_t start = now_us();
	enum err e = ERR_OK;

	for (uint32_t i = 1; !e && i <= rounds; i++) {
		uint64_t began = now_us();

		e = round_trip(c, i, len);
		if (now_us() - began < least)
			least = now_us() - began;
	}
	printf("ECHO %zu bytes: %s, mean %lu us, least %lu us\n", len, err_name(e),
	       (unsigned long)((now_us() - start) / rounds), (unsigned long)least);
	return e;
}

static enum err measure(uint32_t server, int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
	struct channel *c = NULL;
	enum err e = connect_to(server, argv[0], &c);

	for (size_t i = 0; !e && i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fill((uint32_t)i);
		e = measure_length(c, lengths[i], rounds);
	}
	channel_close(c);
	return e;
}

static enum err stream(uint32_t server, int argc, char **argv)
{
	struct channel *c = NULL;
	enum err e = connect_to(server, argv[0], &c);
	size_t len = argc > 1 ? strtoul(argv[1], NULL, 10) : MSG_BODY_MAX;
	uint32_t i = 0;

	if (len > MSG_BODY_MAX)
		e = ERR_ARG;
	fill(1);
	while (!e) {
		e = round_trip(c, ++i, len);
		if (i == 3)
			printf("ECHO streams\n");
	}
	channel_close(c);
	return e;
}

static enum err deaf(uint32_t server, int argc, char **argv)
{
	struct msg m = {.type = 1, .body = body, .len = MSG_BODY_MAX};
	struct channel *c = NULL;
	enum err e = connect_to(server, argv[0], &c);

	(void)argc;
	while (!e) {
		e = channel_send(c, &m);
		usleep(1000);
	}
	channel_close(c);
	return e;
}

/* Vandals: each begins as an honest client with half a message. */

static void put_bytes(struct libxenvchan *v, const char *bytes, size_t len)
{
	(void)!libxenvchan_write(v, bytes, len);
}

static void produced_too_much(struct libxenvchan *v)
{
	v->write.shr->prod += 1u << 30;
}

static void consumed_too_much(struct libxenvchan *v)
{
	v->read.shr->cons += 1u << 30;
}

static void servers_indices(struct libxenvchan *v)
{
	v->write.shr->cons = 0xdeadbeef;
	v->read.shr->prod = 0xfeedface;
}

static void orders(struct libxenvchan *v)
{
	v->ring->left_order = 31;
	v->ring->right_order = 63;
	memset(v->ring->grants, 0xff, 128);
	put_bytes(v, "\0\1\0\1\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 16);
}

static void long_length(struct libxenvchan *v)
{
	put_bytes(v, "\0\1\0\1\0\3\0\1\0\0\0\0\0\0\0\0", 16);
}

static void other_version(struct libxenvchan *v)
{
	put_bytes(v, "\0\2\0\1\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

static void whole_page(struct libxenvchan *v)
{
	memset(v->ring, 0xa5, 1024);
}

static void half_a_message(struct libxenvchan *v)
{
	put_bytes(v, "\0\1\0\1\0\0\1\0\0\0\0\0\0\0\0\0half", 20);
}

static void notifies(struct libxenvchan *v)
{
	for (int i = 0; i < 2000; i++)
		xenevtchn_notify(v->event, v->event_port);
}

static const struct {
	const char *name;
	void (*fn)(struct libxenvchan *v);
} vandals[] = {
    {"produced", produced_too_much},
    {"consumed", consumed_too_much},
    {"indices", servers_indices},
    {"orders", orders},
    {"length", long_length},
    {"version", other_version},
    {"page", whole_page},
    {"half", half_a_message},
    {"notifies", notifies},
};

static enum err vandal(uint32_t server, int argc, char **argv)
{
	struct libxenvchan *v;
	enum err e = ERR_NOT_FOUND;

	for (int i = 0; i < CONNECTS && e == ERR_NOT_FOUND; i++) {
		e = vchan_join(server, argv[0], &v);
		if (e == ERR_NOT_FOUND)
			usleep(CONNECT_MS * 1000);
	}
	if (e)
		return e;
	e = ERR_ARG;
	for (size_t i = 0; argc > 1 && i < sizeof(vandals) / sizeof(vandals[0]); i++)
		if (strcmp(vandals[i].name, argv[1]) == 0) {
			vandals[i].fn(v);
			e = ERR_OK;
		}
	xenevtchn_notify(v->event, v->event_port);
	usleep(500 * 1000);
	libxenvchan_close(v);
	return e;
}

static const struct {
	const char *name;
	enum err (*fn)(uint32_t peer, int argc, char **argv);
} commands[] = {
    {"serve", serve}, {"measure", measure}, {"stream", stream}, {"deaf", deaf}, {"vandal", vandal},
};

int main(int argc, char **argv)
{
	enum err e;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc > 3 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, argv[1]) != 0)
			continue;
		e = commands[i].fn((uint32_t)strtoul(argv[2], NULL, 10), argc - 3, argv + 3);
		printf("ECHO %s ends: %s\n", argv[1], e ? err_name(e) : "ok");
		return e ? 1 : 0;
	}
	fprintf(stderr, "usage: vchan_echo serve|measure|stream|deaf|vandal DOMID PATH ...\n");
	return 2;
}

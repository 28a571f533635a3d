/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xen_hub: everybody beyond the manager's domain, played by one process: dom0's agent, as far as it
 * makes stub domains, and the first process of each. The worker, the proxy, vtpmctl, and what the
 * agent does for these two (tools/agent) are the real ones.
 */
#ifndef TESTS_XEN_HUB_H
#define TESTS_XEN_HUB_H

#include "lib/carrier.h"
#include "lib/channel.h"
#include "lib/proto_root.h"

#define HUB_HELLO     0x0f01
#define HUB_FIRST_DOM 7 /* the first stub's domid */
#define HUB_DOMAINS   16

struct hub {
	struct loop *loop;
	const char *dir;     /* DIR/stub/UUID/tpm: what QEMU would connect to in a stub */
	const char *program; /* vtpm-stubdom */
	int fd;
};

/* One stub domain (xen_stub.c). */
struct stub;

struct stub *stub_new(struct hub *h, const uint8_t uuid[UUID_SIZE], uint32_t domid);
/* The manager's end of one of its rings has come: super, keys or broker. */
void stub_ring(struct stub *s, const char *name, struct channel *ring);
/* Takes the domain away. */
void stub_destroy(struct stub *s);

/* The test is wrong, or what it tests. */
void hub_must(enum err e, const char *what);
__attribute__((noreturn)) void hub_die(enum err e, const char *what);

#endif

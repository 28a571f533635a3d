/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * vchan_node: what a server's node in xenstore says about its ring,
 *
 *	GRANT PORT TAG
 *
 * the reference of the control page and the event channel's port in decimal,
 * and 16 hexadecimal digits.
 */
#ifndef LIB_XEN_VCHAN_NODE_H
#define LIB_XEN_VCHAN_NODE_H

#include "lib/err.h"

#include <stdint.h>

#define VCHAN_NODE_TEXT_SIZE 40 /* with the NUL */

struct vchan_node {
	uint32_t grant;
	uint32_t port;
	uint64_t tag; /* random: stands in the control page as well */
};

struct vchan_node_text {
	char s[VCHAN_NODE_TEXT_SIZE];
};

struct vchan_node_text vchan_node_format(const struct vchan_node *node);

/* ERR_FORMAT: not what vchan_node_format() would have made of anything. */
enum err vchan_node_parse(const char *text, struct vchan_node *out) MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/xen/vchan_node.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct vchan_node_text vchan_node_format(const struct vchan_node *node)
{
	struct vchan_node_text t;

	snprintf(t.s, sizeof(t.s), "%" PRIu32 " %" PRIu32 " %016" PRIx64, node->grant, node->port,
		 node->tag);
	return t;
}

enum err vchan_node_parse(const char *text, struct vchan_node *out)
{
	struct vchan_node node;

	if (sscanf(text, "%10" SCNu32 " %10" SCNu32 " %16" SCNx64, &node.grant, &node.port,
		   &node.tag) != 3)
		return ERR_FORMAT;
	/* Spaces, signs, leading zeros, numbers too large: all that sscanf() lets pass. */
	if (strcmp(vchan_node_format(&node).s, text) != 0)
		return ERR_FORMAT;
	*out = node;
	return ERR_OK;
}

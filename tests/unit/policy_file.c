/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/policy_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

const char policy_file_good[] =
    "{\n"
    "  'version': 1,\n"
    "  'name': 'test',\n"
    "  'description': 'd\\u00e9j\\u00e0 vu',\n"
    "  'signature': 'required', 'serial': 12,\n"
    "  'quota': {'vtpms': 1, 'nv_bytes': 65536},\n"
    "  'freshness': {'class': 'strict', 'commits_per_day': 200, 'at_end': 'stall'},\n"
    "  'peers': {'fleet': {'authority': '" KEY_A "'}},\n"
    "  'stakeholders': {\n"
    "    'maker': {'role': 'device-manufacturer'},\n"
    "    'owner': {'role': 'device-owner', 'principals': [{'uid': 0}, {'gid': 7}]},\n"
    "    'bank': {'role': 'service-provider', 'principals': [{'uid': 9}],\n"
    "      'quota': {'vtpms': 3, 'nv_bytes': 200704},\n"
    "      'freshness': {'class': 'session'},\n"
    "      'vtpms': {'Ledger.1': {'description': 'x', 'freshness': {'class': 'strict'}},\n"
    "        'app': {'freshness': {'at_end': 'degrade', 'commits_per_day': 9, 'class': "
    "'strict'}}},\n"
    "      'sealing': {'authority': '" KEY_B "'}}\n"
    "  },\n"
    "  'rules': [\n"
    "    {'id': 'run', 'effect': 'allow', 'subject': ['owner', 'role:user'],\n"
    "     'action': ['create', 'start'], 'object': ['any'], 'class': 'discretionary'},\n"
    "    {'id': 'read', 'effect': 'allow', 'subject': ['any'],\n"
    "     'action': ['policy-read'], 'object': ['platform']},\n"
    "    {'id': 'move', 'effect': 'allow', 'subject': ['bank'],\n"
    "     'action': ['migrate-out'], 'object': ['self'], 'peer': ['fleet']}\n"
    "  ],\n"
    "  'conflict_sets': [{'id': 'wall', 'members': ['bank', 'maker']}]\n"
    "}\n";

char *policy_file_quoted(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

struct policy *policy_file_parse(const char *text)
{
	char *copy = policy_file_quoted(text);
	struct policy_diag diag;
	struct policy *p = NULL;

	if (policy_parse(copy, strlen(copy), &p, &diag))
		fail_msg("%u:%u: %s", diag.line, diag.column, diag.text);
	free(copy);
	return p;
}

char *policy_file_break(const struct broken *b)
{
	const char *at = strstr(policy_file_good, b->piece);
	size_t size = sizeof(policy_file_good) + strlen(b->with);
	char *text = malloc(size), *out;

	assert_non_null(text);
	if (!at)
		fail_msg("no %s in the good file", b->piece);
	snprintf(text, size, "%.*s%s%s", (int)(at - policy_file_good), policy_file_good, b->with,
		 at + strlen(b->piece));
	out = policy_file_quoted(text);
	free(text);
	return out;
}

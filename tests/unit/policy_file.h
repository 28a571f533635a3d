/* SPDX-License-Identifier: BSD-3-Clause */
/* policy_file: the file that tests of the policy read. JSON stands with ' for ", to be legible. */
#ifndef TESTS_UNIT_POLICY_FILE_H
#define TESTS_UNIT_POLICY_FILE_H

#include "policy/policy.h"

/* Public keys made for this test; nobody kept the private ones. */
#define KEY_A                                                                \
	"047b1c707c5343c9c1059ff32bc7b0218bd959508bcf36b2d34c29b290039849ce" \
	"72b6e9fb78f49d3a968e093c5e9a8113da940557ad1d3d51d87cbab57670ddc9"
#define KEY_B                                                                \
	"041440eb2691db0e7987b7ea3f001e8537f3b870fbf28c740ae8119d6a4d451e76" \
	"5403359f19eefb50324164e149f5a50ec70377b1a0534ffe7662ecee23a26f74"

/* A file with every kind of thing in it; the broken ones are this one with one piece replaced. */
extern const char policy_file_good[];

/* A copy with " for '; to be freed. */
char *policy_file_quoted(const char *text);

/* The good file, or any other that must be accepted. */
struct policy *policy_file_parse(const char *text);

/* In the good file, the first `piece` becomes `with`, in which '@' marks the place of the fault. */
struct broken {
	const char *piece;
	const char *with;
	const char *text; /* a part of the diagnosis */
};

char *policy_file_break(const struct broken *b);

#endif

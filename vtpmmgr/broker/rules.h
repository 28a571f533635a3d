/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rules: the policy in force. The initial one is measured with the programs and
 * rules until the platform is initialised; from then on it is the one in the store
 * whose digest the anchored root names.
 */
#ifndef VTPMMGR_RULES_H
#define VTPMMGR_RULES_H

#include "lib/crypt.h"
#include "policy/policy.h"

#define RULES_DIAG_MAX 320

struct rules {
	struct policy *policy; /* NULL: none; everything is denied */
	char *text;
	size_t len;
	struct digest digest; /* SHA-256 of text */
};

/*
 * Puts this text in force. ERR_FORMAT: it stays as it was, and diag says line,
 * column and reason.
 */
enum err rules_set(struct rules *r, const char *text, size_t len,
		   char diag[RULES_DIAG_MAX]) MUST_USE;

/* The initial policy from an open file. ERR_TOO_BIG over POLICY_TEXT_MAX. Logs what is wrong. */
enum err rules_read(struct rules *r, int fd) MUST_USE;

/* Parses without putting it in force; free with policy_free(). */
enum err rules_parse(const char *text, size_t len, struct policy **out,
		     char diag[RULES_DIAG_MAX]) MUST_USE;

/* The freshness terms that the policy in force asks for; strict where it does not say. */
struct freshness rules_freshness(const struct rules *r, const struct record *record);

void rules_clear(struct rules *r);

/* Without a policy in force: denied, by "none". */
void rules_decide(const struct rules *r, const struct policy_request *q,
		  struct policy_verdict *out);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/broker/rules.h"

#include "lib/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum err rules_parse(const char *text, size_t len, struct policy **out, char diag[RULES_DIAG_MAX])
{
	struct policy_diag d = {0};
	enum err e = policy_parse(text, len, out, &d);

	diag[0] = '\0';
	if (e)
		snprintf(diag, RULES_DIAG_MAX, "line %u, column %u: %s", d.line, d.column,
			 *d.text ? d.text : err_text(e));
	return e;
}

void rules_clear(struct rules *r)
{
	policy_free(r->policy);
	free(r->text);
	*r = (struct rules){0};
}

enum err rules_set(struct rules *r, const char *text, size_t len, char diag[RULES_DIAG_MAX])
{
	const struct crypt_part part = {text, len};
	struct rules fresh = {.len = len};
	enum err e = rules_parse(text, len, &fresh.policy, diag);

	if (e)
		return e;
	fresh.text = malloc(len);
	e = fresh.text ? crypt_sha256(&part, 1, &fresh.digest) : ERR_NO_MEMORY;
	if (e) {
		rules_clear(&fresh);
		return e;
	}
	memcpy(fresh.text, text, len);
	rules_clear(r);
	*r = fresh;
	return ERR_OK;
}

/* From the beginning, whoever has read it before through the same open file. */
static enum err read_text(int fd, char *text, size_t cap, size_t *len)
{
	size_t n = 0;

	while (n < cap) {
		ssize_t got = pread(fd, text + n, cap - n, (off_t)n);

		if (got < 0)
			return ERR_IO;
		if (got == 0) {
			*len = n;
			return ERR_OK;
		}
		n += (size_t)got;
	}
	return ERR_TOO_BIG;
}

enum err rules_read(struct rules *r, int fd)
{
	char *text = malloc(POLICY_TEXT_MAX + 1);
	char diag[RULES_DIAG_MAX] = "";
	size_t len = 0;
	enum err e = text ? read_text(fd, text, POLICY_TEXT_MAX + 1, &len) : ERR_NO_MEMORY;

	if (!e)
		e = rules_set(r, text, len, diag);
	if (e)
		log_error("the initial policy: %s", *diag ? diag : err_text(e));
	free(text);
	return e;
}

struct freshness rules_freshness(const struct rules *r, const struct record *record)
{
	struct freshness f = {0};

	if (!r->policy ||
	    policy_freshness(r->policy, record->stakeholder, record->name, &f) != ERR_OK)
		return (struct freshness){0};
	return f;
}

void rules_decide(const struct rules *r, const struct policy_request *q, struct policy_verdict *out)
{
	*out = (struct policy_verdict){0};
	if (r->policy)
		policy_decide(r->policy, q, out);
	else
		snprintf(out->why, sizeof(out->why), "no policy is in force");
}

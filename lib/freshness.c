/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/freshness.h"

#include "lib/field.h"
#include "lib/wbuf.h"

#include <stdio.h>

static const char *const class_names[] = {
    [FRESHNESS_STRICT] = "strict",
    [FRESHNESS_SESSION] = "session",
};
static const char *const end_names[] = {
    [BUDGET_STALL] = "stall",
    [BUDGET_DEGRADE] = "degrade",
};

static bool degrades(const struct freshness *f)
{
	return f->fresh == FRESHNESS_STRICT && f->commits_per_day > 0 &&
	       f->at_end == BUDGET_DEGRADE;
}

bool freshness_has_sessions(const struct freshness *f)
{
	return f->fresh == FRESHNESS_SESSION || degrades(f);
}

/* Asked to degrade: not without a promise of it, and not earlier than that says. */
static struct freshness not_earlier(const struct freshness *promised, struct freshness f)
{
	if (promised->fresh == FRESHNESS_SESSION)
		return f;
	if (!degrades(promised))
		f.at_end = BUDGET_STALL;
	else if (f.commits_per_day < promised->commits_per_day)
		f.commits_per_day = promised->commits_per_day;
	return f;
}

struct freshness freshness_effective(const struct freshness *promised,
				     const struct freshness *asked)
{
	if (asked->fresh == FRESHNESS_SESSION && promised->fresh == FRESHNESS_STRICT)
		return *promised;
	return degrades(asked) ? not_earlier(promised, *asked) : *asked;
}

bool freshness_equal(const struct freshness *a, const struct freshness *b)
{
	return a->fresh == b->fresh && a->at_end == b->at_end &&
	       a->commits_per_day == b->commits_per_day;
}

bool freshness_weaker(const struct freshness *promised, const struct freshness *asked)
{
	struct freshness granted = freshness_effective(promised, asked);

	return !freshness_equal(&granted, asked);
}

const char *freshness_class_name(unsigned fresh)
{
	return fresh <= FRESHNESS_SESSION ? class_names[fresh] : "unknown";
}

const char *freshness_end_name(unsigned at_end)
{
	return at_end <= BUDGET_DEGRADE ? end_names[at_end] : "unknown";
}

struct freshness_words freshness_words(const struct freshness *f)
{
	struct freshness_words w;
	const char *name = freshness_class_name(f->fresh);

	if (f->commits_per_day == 0)
		snprintf(w.s, sizeof(w.s), "%s", name);
	else
		snprintf(w.s, sizeof(w.s), "%s, %u commits a day, then %s", name,
			 f->commits_per_day, freshness_end_name(f->at_end));
	return w;
}

void freshness_put(struct wbuf *w, const struct freshness *f)
{
	wbuf_u8(w, f->fresh);
	wbuf_u8(w, f->at_end);
	wbuf_u32(w, f->commits_per_day);
}

void freshness_get(struct rbuf *r, struct freshness *out)
{
	out->fresh = field_enum(r, FRESHNESS_STRICT, FRESHNESS_SESSION);
	out->at_end = field_enum(r, BUDGET_STALL, BUDGET_DEGRADE);
	out->commits_per_day = rbuf_u32(r);
}

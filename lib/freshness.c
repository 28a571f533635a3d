/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/freshness.h"

#include "lib/field.h"
#include "lib/wbuf.h"

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

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/isolation.h"

#include "lib/codec.h"
#include "lib/field.h"

static enum isolation isolation_get(struct rbuf *r)
{
	return (enum isolation)field_enum(r, ISOLATION_UNKNOWN, ISOLATION_ENFORCING);
}

CODEC_VALUE(isolation, enum isolation, wbuf_u8, isolation_get);

static const char *const names[ISOLATION_COUNT] = {
    [ISOLATION_UNTOLD] = "untold",
    [ISOLATION_UNKNOWN] = "unknown",
    [ISOLATION_SILO] = "silo",
    [ISOLATION_DUMMY] = "dummy",
    [ISOLATION_PERMISSIVE] = "flask-permissive",
    [ISOLATION_ENFORCING] = "flask-enforcing",
};

const char *isolation_name(enum isolation i)
{
	return names[(unsigned)i < ISOLATION_COUNT ? i : ISOLATION_UNKNOWN];
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_carrier.h"

#include "lib/proto_super.h"
#include "tests/codecs/samples.h"

static void carrier_closed_fill(struct carrier_closed *m)
{
	*m = (struct carrier_closed){.n = 0x01020304, .how = EXITED_CODE, .code = 3};
}

CODEC_STRUCT(carrier_closed)
CODEC_VALUE(carrier_number, uint32_t, 7)

static const struct codec codecs[] = {CODEC(carrier_closed), CODEC(carrier_number)};

const struct codec_set codecs_carrier = {"proto_carrier", codecs,
					 sizeof(codecs) / sizeof(codecs[0])};

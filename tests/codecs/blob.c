/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_blob.h"
#include "lib/proto_ptpm.h"

#include "tests/codecs/samples.h"

static void blob_put_fill(struct blob_put *m)
{
	static uint8_t blob[100];

	codec_pattern(blob, sizeof(blob), 0x10);
	*m = (struct blob_put){.version = 12, .epoch = 7, .len = sizeof(blob), .bytes = blob};
}

CODEC_STRUCT(blob_put)
CODEC_VALUE(blob_get, enum blob_which, BLOB_THIRD)
CODEC_VALUE(blob_stored, uint64_t, 12)
CODEC_VALUE(blob_stall, bool, true)
CODEC_VALUE(blob_failed, enum err, ERR_TAMPERED)
CODEC_VALUE(ptpm_error, enum err, ERR_TIMEOUT)

static const struct codec codecs[] = {CODEC(blob_put),    CODEC(blob_get),   CODEC(blob_stored),
				      CODEC(blob_failed), CODEC(blob_stall), CODEC(ptpm_error)};

const struct codec_set codecs_blob = {"proto_blob", codecs, sizeof(codecs) / sizeof(codecs[0])};

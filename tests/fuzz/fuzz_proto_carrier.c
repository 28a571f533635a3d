/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/codecs/codecs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	codec_fuzz(&codecs_carrier, data, size);
	return 0;
}

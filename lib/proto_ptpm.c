/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/proto_ptpm.h"

#include "lib/codec.h"
#include "lib/field.h"

CODEC_VALUE(ptpm_error, enum err, wbuf_u16, field_failure);

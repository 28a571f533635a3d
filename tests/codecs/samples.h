/* SPDX-License-Identifier: BSD-3-Clause */
/* samples: the values that several conversations carry, filled in for a test. */
#ifndef TESTS_SAMPLES_H
#define TESTS_SAMPLES_H

#include "lib/recovery.h"
#include "tests/codecs/codecs.h"

void sample_signature(struct crypt_signature *s, uint8_t first);
void sample_approval(struct approval *a);
void sample_marks(struct approval *a);
void sample_authority(struct authority *a);
void sample_guest(struct guest *g);
void sample_root(struct root *r);
void sample_record(struct record *r);
void sample_recovery(struct recovery *r);

#endif

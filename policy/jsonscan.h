/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jsonscan: checks the grammar of a JSON text and records where each value
 * stands. Decodes nothing.
 */
#ifndef POLICY_JSONSCAN_H
#define POLICY_JSONSCAN_H

#include "policy/jsondoc.h"

/* Fills d->values (allocated, d->capacity long) from d->text. ERR_FORMAT with *diag. */
enum err jsonscan(struct jsondoc *d, struct policy_diag *diag) MUST_USE;

#endif

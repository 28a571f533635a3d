/* SPDX-License-Identifier: BSD-3-Clause */
/* admin_vtpm: what a client is told of a vTPM. */
#ifndef VTPMMGR_ADMIN_VTPM_H
#define VTPMMGR_ADMIN_VTPM_H

#include "lib/proto_admin.h"

struct broker;
struct vtpm;

void admin_vtpm_describe(const struct broker *b, const struct vtpm *v, struct admin_vtpm *out);

#endif

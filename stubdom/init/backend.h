/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * backend: the vTPM backend of this domain in xenstore. It sees devices come
 * and go below backend/vtpm (libxl writes there, and it alone), follows their
 * frontends' states, and connects one of them at a time to the bus: of the
 * domain that dom0 has registered as this vTPM's guest, in vtpm/guest, which
 * this domain may read and nobody but dom0 may write.
 *
 * From a frontend only three values are taken: its state, its grant reference
 * and its event channel.
 */
#ifndef STUBDOM_INIT_BACKEND_H
#define STUBDOM_INIT_BACKEND_H

#include "lib/err.h"
#include "lib/loop.h"
#include "stubdom/init/bus.h"

struct backend;
struct store;

/*
 * store: the caller's, used for nothing else that watches. A guest that is registered anew gets a
 * TPM that has been reset (emulator_reset()).
 */
enum err backend_open(struct loop *l, struct store *store, struct bus *b,
		      struct backend **out) MUST_USE;

#endif

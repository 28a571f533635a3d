/* SPDX-License-Identifier: BSD-3-Clause */
/* Apart from the rest of secret: who wipes a buffer now and then needs no libcrypto for it. */
#include "lib/secret.h"

#include <string.h>

void secret_wipe(void *memory, size_t len)
{
	explicit_bzero(memory, len);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* rc: what a stub domain answers by itself, or asks for again (TPM_RC, TPM 2.0 Library part
 * 2, 6.6.3). */
#ifndef STUBDOM_INIT_RC_H
#define STUBDOM_INIT_RC_H

#define RC_FAILURE      0x101
#define RC_COMMAND_SIZE 0x142
#define RC_LOCALITY     0x907
#define RC_CANCELED     0x909
#define RC_RETRY        0x922

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include "stubdom/command.h"

#include <stddef.h>

/* TPM_CC values (TPM 2.0 Library, part 2, 6.5.2), ascending. */
static const uint32_t never_stores[] = {
    0x142, /* IncrementalSelfTest */
    0x143, /* SelfTest */
    0x146, /* StirRandom */
    0x161, /* ContextLoad */
    0x162, /* ContextSave */
    0x165, /* FlushContext */
    0x167, /* LoadExternal */
    0x168, /* MakeCredential */
    0x169, /* NV_ReadPublic */
    0x16a, /* PolicyAuthorize */
    0x16b, /* PolicyAuthValue */
    0x16c, /* PolicyCommandCode */
    0x16d, /* PolicyCounterTimer */
    0x16e, /* PolicyCpHash */
    0x16f, /* PolicyLocality */
    0x170, /* PolicyNameHash */
    0x171, /* PolicyOR */
    0x172, /* PolicyTicket */
    0x173, /* ReadPublic */
    0x174, /* RSA_Encrypt */
    0x176, /* StartAuthSession */
    0x177, /* VerifySignature */
    0x178, /* ECC_Parameters */
    0x17a, /* GetCapability */
    0x17b, /* GetRandom */
    0x17c, /* GetTestResult */
    0x17d, /* Hash */
    0x17e, /* PCR_Read */
    0x17f, /* PolicyPCR */
    0x180, /* PolicyRestart */
    0x181, /* ReadClock */
    0x182, /* PCR_Extend: a PCR's authorisation is not protected against guessing */
    0x186, /* HashSequenceStart */
    0x187, /* PolicyPhysicalPresence */
    0x188, /* PolicyDuplicationSelect */
    0x189, /* PolicyGetDigest */
    0x18a, /* TestParms */
    0x18c, /* PolicyPassword */
    0x18e, /* EC_Ephemeral */
    0x18f, /* PolicyNvWritten */
    0x190, /* PolicyTemplate */
};

bool command_may_store(uint32_t code)
{
	for (size_t i = 0; i < sizeof(never_stores) / sizeof(never_stores[0]); i++)
		if (never_stores[i] == code)
			return false;
	return true;
}

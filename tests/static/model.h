/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the analyser cannot see from one file alone; included before every
 * source by tests/static/analysis, by no program.
 */
#include "lib/err.h"

/* Called where a system call has failed: errno is not 0, and so this is not ERR_OK. */
#define err_from_errno(errnum)                              \
	({                                                  \
		enum err failed = (err_from_errno)(errnum); \
		if (failed == ERR_OK)                       \
			__builtin_unreachable();            \
		failed;                                     \
	})

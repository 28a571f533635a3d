/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/child.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static bool number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= max;
}

enum err child_args_parse(int argc, char *const argv[], struct child_args *out)
{
	unsigned long uid, gid, level;

	/* UINT32_MAX is chown(2)'s and setresuid(2)'s "leave it as it is". */
	if (argc != CHILD_ARGS || !number(argv[1], UINT32_MAX - 1, &uid) ||
	    !number(argv[2], UINT32_MAX - 1, &gid) || !number(argv[3], LOG_LEVEL_DEBUG, &level) ||
	    uid == 0)
		return ERR_ARG;
	*out = (struct child_args){.uid = (uid_t)uid,
				   .gid = (gid_t)gid,
				   .level = (enum log_level)level,
				   .run_dir = argv[4]};
	return ERR_OK;
}

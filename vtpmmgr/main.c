/* SPDX-License-Identifier: BSD-3-Clause */
/* vtpmmgr: the supervisor; and, executed again by it under another name, the broker. */
#include "lib/log.h"
#include "vtpmmgr/broker/broker.h"
#include "vtpmmgr/supervisor/options.h"
#include "vtpmmgr/supervisor/supervisor.h"

#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	enum cmdline_next next;
	struct options o;

	if (argc > 0 && strcmp(argv[0], BROKER_ARGV0) == 0)
		return broker_main(argc, argv);
	next = options_parse(argc, argv, &o);
	if (next != CMDLINE_RUN)
		return (int)next;
	log_init("vtpmmgr", o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (geteuid() != 0) {
		log_error("must be started as root: it gives every part a uid of its own");
		return CMDLINE_USAGE;
	}
	return supervisor_main(&o);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* vtpmmgr-vchan: carries between the manager and another Xen domain. */
#include "lib/log.h"
#include "vtpmmgr/vchan/vchan.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	int min_args;
	int max_args;
	int (*run)(const struct child_args *args, char *const argv[]);
} roles[] = {
    {"worker", 3, 4, vchan_worker},
    {"ptpm", 2, 2, vchan_ptpm},
    {"admin", 0, 0, vchan_admin},
};

static int run(const struct child_args *args, const char *name, int n, char *const argv[])
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].name, name) == 0 && n >= roles[i].min_args &&
		    n <= roles[i].max_args)
			return roles[i].run(args, argv);
	log_error("no such role: %s with %d arguments", name, n);
	return EXIT_FAILURE;
}

int main(int argc, char *argv[])
{
	struct child_args args;

	log_init("vtpmmgr-vchan", LOG_LEVEL_ERROR);
	if (argc <= CHILD_ARGS || child_args_parse(CHILD_ARGS, argv, &args) != ERR_OK) {
		log_error("started by vtpmmgr, never by hand");
		return EXIT_FAILURE;
	}
	log_init("vtpmmgr-vchan", args.level);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return EXIT_FAILURE;
	return run(&args, argv[CHILD_ARGS], argc - CHILD_ARGS - 1, argv + CHILD_ARGS + 1);
}

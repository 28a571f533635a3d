/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/client/xl_call.h"

#include "tools/agent/stub_config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XL_MS 30000

struct answer {
	struct loop *loop;
	enum err e;
	char *output; /* the caller's */
};

static void on_done(void *arg, enum err e, const char *output)
{
	struct answer *a = arg;

	a->e = e;
	a->output = strdup(output);
	loop_stop(a->loop);
}

static enum err run(struct answer *a, const char *const args[XL_ARGS_MAX])
{
	struct xl_job job = {.timeout_ms = XL_MS, .done = on_done, .arg = a};
	struct xl_run *started;
	struct xl *xl;
	enum err e = xl_new(a->loop, NULL, &xl);

	if (e)
		return e;
	memcpy(job.args, args, sizeof(job.args));
	e = xl_start(xl, &job, &started);
	if (!e)
		e = loop_run(a->loop);
	xl_free(xl);
	return e ? e : a->output ? a->e : ERR_NO_MEMORY;
}

enum err xl_call(const char *const args[XL_ARGS_MAX], char **output, char why[XL_WHY_MAX])
{
	struct answer a = {0};
	char said[XL_WHY_MAX - 64] = "";
	enum err e = loop_new(&a.loop);

	if (!e)
		e = run(&a, args);
	loop_free(a.loop);
	if (!e) {
		*output = a.output;
		return ERR_OK;
	}
	if (a.output)
		xl_last_line(a.output, said, sizeof(said));
	free(a.output);
	snprintf(why, XL_WHY_MAX, "xl %s: %s", args[0], said[0] ? said : err_text(e));
	return e;
}

enum err xl_call_attach(const uint8_t vtpm[UUID_SIZE], const char *domain, char why[XL_WHY_MAX])
{
	const struct stub_device d = stub_config_device(vtpm);
	const char *const args[XL_ARGS_MAX] = {"vtpm-attach", domain, d.backend, d.uuid};
	char *said = NULL;
	enum err e = xl_call(args, &said, why);

	free(said);
	return e;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* vtpmmgr-agent: in Xen's hardware domain. */
#include "lib/crypt.h"
#include "lib/folder.h"
#include "lib/log.h"
#include "tools/agent/agent.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void on_stop_signal(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

/* A missing image is no reason not to serve the rest: who asks for a stub domain is told. */
static void load_image(struct agent *a)
{
	if (stub_image_load(a->options->kernel, a->options->initramfs, &a->image))
		log_warning("no stub domain can be created before both files are there");
}

/* A manager of dom0's own has its admin socket at the same place. */
static enum err take_folder(const char *path, int *lock)
{
	enum err e = folder_claim(path, 0711);

	return e ? e : folder_lock(path, lock);
}

/* Signals first: libxenstore's thread inherits what is blocked. */
static enum err prepare(struct agent *a, int *lock)
{
	enum err e = crypt_init();

	if (!e)
		e = loop_new(&a->loop);
	if (!e)
		e = loop_signal(a->loop, SIGTERM, on_stop_signal, a->loop);
	if (!e)
		e = loop_signal(a->loop, SIGINT, on_stop_signal, a->loop);
	if (!e)
		e = xl_new(a->loop, a->options->xl, &a->xl);
	if (e)
		return e;
	load_image(a);
	e = xenstore_open(&a->xenstore);
	if (e)
		log_error("xenstored is not there: this runs in Xen's hardware domain");
	if (!e)
		e = take_folder(a->options->run_dir, lock);
	return e ? e : agent_start(a);
}

int main(int argc, char **argv)
{
	struct agent_options o;
	struct agent a = {.options = &o, .image = STUB_IMAGE_NONE};
	enum cmdline_next next;
	enum err e;
	int lock = -1;

	next = agent_options_parse(argc, argv, &o);
	if (next != CMDLINE_RUN)
		return (int)next;
	log_init("vtpmmgr-agent", o.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	e = prepare(&a, &lock);
	if (!e)
		e = loop_run(a.loop);
	if (e)
		log_error("%s", err_text(e));
	agent_stop(&a);
	xl_free(a.xl);
	xenstore_close(a.xenstore);
	stub_image_close(&a.image);
	loop_free(a.loop);
	if (lock >= 0)
		close(lock);
	return e ? EXIT_FAILURE : EXIT_SUCCESS;
}

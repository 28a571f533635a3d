/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/supervisor.h"

#include "vtpmmgr/image.h"
#include "vtpmmgr/supervisor/pin.h"
#include "vtpmmgr/supervisor/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static enum err open_policy(const char *path, int *fd)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd >= 0)
		return ERR_OK;
	log_error("policy %s: %s", path, strerror(errno));
	return err_from_errno(errno);
}

/* No pin is what a platform has before it is initialised; a broken one is not. */
static enum err read_pin(struct supervisor *s)
{
	const char *given = s->options->pin_name;
	enum err e;

	if (given) {
		s->config.pinned = PIN_GIVEN;
		e = pin_parse(given, s->config.pin);
	} else {
		e = pin_read(s->options->pin, s->config.pin, &s->config.pinned);
	}
	if (e == ERR_OK || (e == ERR_NOT_FOUND && !given))
		return ERR_OK;
	log_error("pin %s: %s", given ? given : s->options->pin, err_text(e));
	return e;
}

static enum err open_admin(struct supervisor *s)
{
	char path[RUNDIR_MAX + sizeof("/admin")];
	enum err e;

	snprintf(path, sizeof(path), "%s/admin", s->options->run_dir);
	e = channel_listen(path, s->options->admin_mode, &s->admin);
	if (e)
		log_error("%s: %s", path, err_text(e));
	return e;
}

static enum err measure(struct supervisor *s)
{
	const struct options *o = s->options;
	const struct programs_use use = {
	    .xen = o->xen, .vchan = o->xen || o->ptpm_domain >= 0, .image = o->stub_image};
	enum err e = programs_open(o->libexec, &use, &s->programs);

	if (!e)
		e = programs_measure(&s->programs, &use, s->policy, &s->config.measurement);
	if (e)
		log_error("cannot measure the programs: %s", err_text(e));
	return e;
}

static void set_spawner(struct supervisor *s)
{
	const struct options *o = s->options;

	s->spawner =
	    (struct spawner){.start = o->xen ? spawner_xen_start : spawner_unix_start,
			     .clean = o->xen ? NULL : spawner_unix_clean,
			     .program = s->programs.fd[o->xen ? PROGRAM_VCHAN : PROGRAM_WORKER],
			     .run_dir = o->run_dir,
			     .uid_base = o->uid_base + options_own_uids(o),
			     .level = s->level,
			     .image = o->stub_image};
}

enum err supervisor_open(struct supervisor *s)
{
	const struct options *o = s->options;
	enum err e = rundir_prepare(o->run_dir, &s->run_dir);

	if (!e)
		e = image_open(o->store, o->store_size, &s->store);
	if (!e)
		e = open_policy(o->policy, &s->policy);
	if (!e)
		e = measure(s);
	if (!e)
		e = read_pin(s);
	if (!e)
		e = open_admin(s);
	if (e)
		return e;
	rundir_remove_all(o->run_dir);
	set_spawner(s);
	return ERR_OK;
}

bool supervisor_provisioned(const struct supervisor *s)
{
	return image_has_boot_header(s->store);
}

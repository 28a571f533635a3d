/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/agent/agent_stub.h"

#include "lib/field.h"
#include "lib/hex.h"
#include "lib/log.h"
#include "tools/agent/stub_config.h"
#include "tools/client/label.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define XL_TIMEOUT_MS 60000

/* As xl sees what it is given. */
#define FD_KERNEL    "/proc/self/fd/3"
#define FD_INITRAMFS "/proc/self/fd/4"
#define FD_CONFIG    "/proc/self/fd/5"

static bool image_fits(const struct agent_worker *w)
{
	const struct digest *wanted = &w->asked.image;

	return w->agent->image.kernel >= 0 && (field_is_zero(wanted->b, DIGEST_SIZE) ||
					       digest_equal(wanted, &w->agent->image.digest));
}

enum err agent_stub_check(struct agent_worker *w, const char **detail)
{
	const struct agent_options *o = w->agent->options;
	struct label label;

	if (w->agent->xsm == XSM_SILO) {
		*detail = xsm_advice(XSM_SILO);
		return ERR_UNSUPPORTED;
	}
	if (label_vtpm(w->asked.stakeholder, &label)) {
		*detail = "no stakeholder has such a name";
		return ERR_ARG;
	}
	/* They may have been replaced together with the manager's image. */
	if (!image_fits(w) && stub_image_load(o->kernel, o->initramfs, &w->agent->image)) {
		*detail = "dom0 has no image of a stub domain";
		return ERR_NOT_FOUND;
	}
	if (!image_fits(w)) {
		*detail = "dom0's image of a stub domain is not the one that the manager names";
		return ERR_UNAPPROVED;
	}
	return ERR_OK;
}

static enum err config_fd(const char *text, int *out)
{
	int fd = memfd_create("stub-config", MFD_CLOEXEC);
	size_t len = strlen(text);

	if (fd < 0)
		return err_from_errno(errno);
	if (write(fd, text, len) != (ssize_t)len) {
		close(fd);
		return ERR_IO;
	}
	*out = fd;
	return ERR_OK;
}

static enum err write_config(const struct agent_worker *w, int *fd)
{
	const struct agent_options *o = w->agent->options;
	struct stub_config c = {.stakeholder = w->asked.stakeholder,
				.manager = w->agent->manager,
				.kernel = FD_KERNEL,
				.initramfs = FD_INITRAMFS,
				.memory = o->memory,
				.extra = o->extra};
	char text[STUB_CONFIG_MAX];
	enum err e;

	memcpy(c.uuid, w->uuid, UUID_SIZE);
	e = stub_config_write(&c, text, sizeof(text));
	return e ? e : config_fd(text, fd);
}

/* "MANAGER IMAGE STAKEHOLDER" */
static struct worker_made describe(const struct agent_worker *w)
{
	struct worker_made made;
	char hex[2 * DIGEST_SIZE + 1];

	hex_encode(w->agent->image.digest.b, DIGEST_SIZE, hex);
	snprintf(made.s, sizeof(made.s), "%u %s %s", w->agent->manager, hex, w->asked.stakeholder);
	return made;
}

enum err agent_stub_create(struct agent_worker *w, xl_done_fn done)
{
	struct xl_job job = {.args = {"create", "-e", "-q", FD_CONFIG},
			     .fds = {w->agent->image.kernel, w->agent->image.initramfs},
			     .nfds = 3,
			     .timeout_ms = XL_TIMEOUT_MS,
			     .done = done,
			     .arg = w};
	enum err e = write_config(w, &job.fds[2]);

	if (e)
		return e;
	w->made = describe(w);
	e = xl_start(w->agent->xl, &job, &w->run);
	close(job.fds[2]);
	return e;
}

enum err agent_stub_destroy(struct agent_worker *w, xl_done_fn done)
{
	struct stub_name name = stub_config_name(w->uuid);
	struct xl_job job = {
	    .args = {"destroy", name.s}, .timeout_ms = XL_TIMEOUT_MS, .done = done, .arg = w};

	return xl_start(w->agent->xl, &job, &w->run);
}

void agent_stub_forget(const struct agent_worker *w)
{
	char path[XENSTORE_PATH_MAX];

	if (w->domid == AGENT_NO_DOMAIN)
		return;
	snprintf(path, sizeof(path), "/local/domain/%u/data/vtpmmgr/stub/%u", w->agent->manager,
		 w->domid);
	xenstore_remove(w->agent->xenstore, path);
}

static void note_path(const struct agent_worker *w, char out[XENSTORE_PATH_MAX])
{
	snprintf(out, XENSTORE_PATH_MAX, "/local/domain/%u/vtpm/made", w->domid);
}

enum err agent_stub_note(const struct agent_worker *w)
{
	char path[XENSTORE_PATH_MAX];

	note_path(w, path);
	return xenstore_write(w->agent->xenstore, path, w->made.s, w->domid);
}

static bool read_note(const struct agent_worker *w, struct worker_made *out)
{
	char path[XENSTORE_PATH_MAX];

	note_path(w, path);
	return xenstore_read(w->agent->xenstore, path, out->s, sizeof(out->s)) == ERR_OK;
}

bool agent_stub_is_whole(const struct agent_worker *w)
{
	struct worker_made found;

	return read_note(w, &found);
}

bool agent_stub_fits(const struct agent_worker *w)
{
	struct worker_made found, now = describe(w);

	return read_note(w, &found) && strcmp(found.s, now.s) == 0;
}

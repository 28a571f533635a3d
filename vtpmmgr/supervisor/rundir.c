/* SPDX-License-Identifier: BSD-3-Clause */
#include "vtpmmgr/supervisor/rundir.h"

#include "lib/folder.h"
#include "lib/log.h"
#include "lib/rbuf.h"
#include "lib/uuid.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GUEST_BACKLOG 4

static const char *const socket_names[] = {"tpm", "tpm.ctrl"};

struct path {
	char s[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

static struct path vtpm_path(const char *run_dir, const uint8_t uuid[UUID_SIZE], const char *name)
{
	struct path p;

	snprintf(p.s, sizeof(p.s), "%s/vtpm/%s%s%s", run_dir, uuid_format(uuid).s, *name ? "/" : "",
		 name);
	return p;
}

enum err rundir_prepare(const char *run_dir, int *lock)
{
	char vtpm[RUNDIR_MAX + sizeof("/vtpm")];
	enum err e;

	if (strlen(run_dir) > RUNDIR_MAX) {
		log_error("%s: longer than %d characters, socket paths would not fit", run_dir,
			  RUNDIR_MAX);
		return ERR_TOO_BIG;
	}
	snprintf(vtpm, sizeof(vtpm), "%s/vtpm", run_dir);
	e = folder_claim(run_dir, 0711);
	if (!e)
		e = folder_claim(vtpm, 0711);
	return e ? e : folder_lock(run_dir, lock);
}

/* Who the sockets go to. A group of its own name is the user's private one, and gets no access. */
struct owner {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

static enum err guest_owner(const struct guest *g, struct owner *out)
{
	struct rbuf r;

	if (g->kind == GUEST_NONE) {
		*out = (struct owner){0, 0, 0600};
		return ERR_OK;
	}
	if (g->kind != GUEST_UNIX)
		return ERR_UNSUPPORTED;
	rbuf_init(&r, g->id, sizeof(g->id));
	out->uid = rbuf_u32(&r);
	out->gid = rbuf_u32(&r);
	out->mode = out->gid == out->uid ? 0600 : 0660;
	return ERR_OK;
}

/* Nobody else writes in the folder, so the path is still our socket when it changes hands. */
static enum err give_away(const char *path, const struct owner *o)
{
	if (chown(path, o->uid, o->gid) < 0 || chmod(path, o->mode) < 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err listen_at(const char *path, const struct owner *o, int *out)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t mask = umask(0177);
	enum err e = ERR_OK;

	memcpy(sa.sun_path, path, strlen(path) + 1);
	unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 ||
	    listen(fd, GUEST_BACKLOG) < 0)
		e = err_from_errno(errno);
	umask(mask);
	if (!e)
		e = give_away(path, o);
	if (e && fd >= 0)
		close(fd);
	if (!e)
		*out = fd;
	return e;
}

enum err rundir_guest_sockets(const char *run_dir, const uint8_t uuid[UUID_SIZE],
			      const struct guest *guest, int *data, int *ctrl)
{
	struct path dir = vtpm_path(run_dir, uuid, "");
	struct owner owner;
	int fds[2] = {-1, -1};
	enum err e = guest_owner(guest, &owner);

	if (!e && mkdir(dir.s, 0711) < 0 && errno != EEXIST)
		e = err_from_errno(errno);
	for (size_t i = 0; !e && i < 2; i++)
		e = listen_at(vtpm_path(run_dir, uuid, socket_names[i]).s, &owner, &fds[i]);
	if (!e) {
		*data = fds[0];
		*ctrl = fds[1];
		return ERR_OK;
	}
	if (fds[0] >= 0)
		close(fds[0]);
	rundir_remove(run_dir, uuid);
	return e;
}

void rundir_remove(const char *run_dir, const uint8_t uuid[UUID_SIZE])
{
	for (size_t i = 0; i < 2; i++)
		unlink(vtpm_path(run_dir, uuid, socket_names[i]).s);
	rmdir(vtpm_path(run_dir, uuid, "").s);
}

void rundir_remove_admin(const char *run_dir)
{
	char path[RUNDIR_MAX + sizeof("/admin")];

	snprintf(path, sizeof(path), "%s/admin", run_dir);
	unlink(path);
}

void rundir_remove_all(const char *run_dir)
{
	char vtpm[RUNDIR_MAX + sizeof("/vtpm")];
	uint8_t uuid[UUID_SIZE];
	struct dirent *d;
	DIR *dir;

	snprintf(vtpm, sizeof(vtpm), "%s/vtpm", run_dir);
	dir = opendir(vtpm);
	while (dir && (d = readdir(dir)) != NULL)
		if (uuid_parse(d->d_name, uuid) == ERR_OK)
			rundir_remove(run_dir, uuid);
	if (dir)
		closedir(dir);
}

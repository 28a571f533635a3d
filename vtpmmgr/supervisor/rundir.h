/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rundir: RUNDIR and the sockets in it.
 *
 *	RUNDIR              0711, ours alone to write
 *	RUNDIR/admin        the admin socket
 *	RUNDIR/vtpm         0711: whoever does not know a uuid finds nothing
 *	RUNDIR/vtpm/UUID    0711: tpm (data) and tpm.ctrl (control), the guest's
 */
#ifndef VTPMMGR_RUNDIR_H
#define VTPMMGR_RUNDIR_H

#include "lib/err.h"
#include "lib/proto_root.h"

#include <sys/types.h>

/* So that every socket path fits a sockaddr_un. */
#define RUNDIR_MAX 54

/*
 * Makes what is missing. ERR_DENIED if RUNDIR or RUNDIR/vtpm belongs to
 * somebody else or others may write in it; ERR_TOO_BIG if its name is longer
 * than RUNDIR_MAX; ERR_EXISTS if another process uses it. Logs which. The
 * lock lasts as long as *lock stays open.
 */
enum err rundir_prepare(const char *run_dir, int *lock) MUST_USE;

/* Two listening stream sockets for this vTPM's guest. ERR_UNSUPPORTED: not a guest of this host. */
enum err rundir_guest_sockets(const char *run_dir, const uint8_t uuid[UUID_SIZE],
			      const struct guest *guest, int *data, int *ctrl) MUST_USE;

/* Takes them away again. */
void rundir_remove(const char *run_dir, const uint8_t uuid[UUID_SIZE]);

/* Takes the admin socket away. */
void rundir_remove_admin(const char *run_dir);

/* Takes away what a manager that was killed has left. */
void rundir_remove_all(const char *run_dir);

#endif

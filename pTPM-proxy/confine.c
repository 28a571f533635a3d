/* SPDX-License-Identifier: BSD-3-Clause */
#include "pTPM-proxy/confine.h"

#include "config.h"
#include "lib/log.h"
#include "pTPM-proxy/syscalls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if SANITIZED
/* At the end, the leak checker would read /proc and trace this process: that is forbidden here. */
const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

/* Rights that exist in each landlock ABI, from 1; a later ABI's are not needed to deny files. */
static const uint64_t landlock_rights[] = {(1u << 13) - 1, (1u << 14) - 1, (1u << 15) - 1};

/* What the loader will ask for is already there when it does, and no library is opened later. */
static enum err load_library(const struct tcti *tcti)
{
	if (dlopen(tcti->library, RTLD_NOW | RTLD_NODELETE))
		return ERR_OK;
	log_error("%s", dlerror());
	return ERR_UNSUPPORTED;
}

/*
 * A device or socket that belongs to a user of its own (tss, say) is opened as
 * that user, so that root's right to open everything is not needed.
 */
static enum err become_owner(const struct tcti *tcti)
{
	struct stat st;

	if (tcti->path[0] == '\0' || stat(tcti->path, &st) != 0)
		return tcti->is_device ? err_from_errno(errno) : ERR_OK;
	if (geteuid() != 0)
		return ERR_OK;
	if (setgroups(0, NULL) != 0 || setresgid(st.st_gid, st.st_gid, st.st_gid) != 0 ||
	    setresuid(st.st_uid, st.st_uid, st.st_uid) != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (syscall(SYS_capset, &header, none) != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err set_limits(void)
{
	static const struct rlimit no_core = {0, 0};

	if (prctl(PR_SET_DUMPABLE, 0) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_from_errno(errno);
	return ERR_OK;
}

static enum err allow_device(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE,
	    .parent_fd = open(path, O_PATH | O_CLOEXEC),
	};
	enum err e = ERR_OK;

	if (rule.parent_fd < 0)
		return err_from_errno(errno);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		e = err_from_errno(errno);
	close(rule.parent_fd);
	return e;
}

static enum err new_ruleset(int *out)
{
	const long newest = sizeof(landlock_rights) / sizeof(landlock_rights[0]);
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attr = {0};
	long fd;

	if (abi < 1)
		return ERR_UNSUPPORTED;
	attr.handled_access_fs = landlock_rights[(abi < newest ? abi : newest) - 1];
	fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return err_from_errno(errno);
	*out = (int)fd;
	return ERR_OK;
}

static enum err restrict_files(const struct tcti *tcti)
{
	int ruleset = -1;
	enum err e = new_ruleset(&ruleset);

	if (e != ERR_OK)
		return e;
	if (tcti->is_device)
		e = allow_device(ruleset, tcti->path);
	if (e == ERR_OK && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		e = err_from_errno(errno);
	close(ruleset);
	return e;
}

enum err confine_proxy(const struct tcti *tcti)
{
	enum err e = load_library(tcti);

	if (e == ERR_OK)
		e = become_owner(tcti);
	if (e == ERR_OK)
		e = drop_capabilities();
	if (e == ERR_OK)
		e = set_limits();
	if (e == ERR_OK)
		e = restrict_files(tcti);
	if (e == ERR_OK)
		e = syscalls_restrict(SYSCALLS_PROXY);
	return e;
}

enum err confine_device(void)
{
	return syscalls_restrict(SYSCALLS_DEVICE);
}

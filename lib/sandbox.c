/* SPDX-License-Identifier: BSD-3-Clause */
#include "lib/sandbox.h"

#include "config.h"
#include "lib/log.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/securebits.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if SANITIZED
/* The leak check at exit starts a tracer; a sandboxed process may not. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}
#endif

/* Any directory that exists on every Linux; its place is taken for a moment. */
#define STAGING "/dev"

static enum err from_syscall(long result)
{
	return result < 0 ? err_from_errno(errno) : ERR_OK;
}

static enum err check_caller(const struct sandbox *s)
{
	if (s->uid == 0 || s->gid == 0 || (s->caps && !s->host_users))
		return ERR_ARG;
	return geteuid() == 0 && getpid() == 1 ? ERR_OK : ERR_STATE;
}

static enum err leave_namespaces(const struct sandbox *s)
{
	(void)s;
	return from_syscall(unshare(CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
}

static int mount_root(const struct sandbox *s)
{
	unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (!s->root)
		return mount("none", STAGING, "tmpfs", flags, "size=4k,mode=0555");
	/* The flags of a bind mount take a second call. */
	if (mount(s->root, STAGING, NULL, MS_BIND, NULL) != 0)
		return -1;
	return mount(NULL, STAGING, NULL, MS_BIND | MS_REMOUNT | flags, NULL);
}

/* 0, or -1 with errno: the old root lies on top of the new one then. */
static int pivot(const struct sandbox *s)
{
	if (mount_root(s) != 0 || chdir(STAGING) != 0)
		return -1;
	return (int)syscall(SYS_pivot_root, ".", ".");
}

/* Nobody can pivot away from an initramfs itself, but from another mount of it. */
static int leave_initramfs(void)
{
	if (chdir("/") != 0 || umount2(STAGING, MNT_DETACH) != 0 ||
	    mount("/", STAGING, NULL, MS_BIND | MS_REC, NULL) != 0 || chdir(STAGING) != 0 ||
	    mount(".", "/", NULL, MS_MOVE, NULL) != 0)
		return -1;
	return chroot(".");
}

static enum err change_root(const struct sandbox *s)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return err_from_errno(errno);
	if (pivot(s) != 0 && (errno != EINVAL || leave_initramfs() != 0 || pivot(s) != 0))
		return err_from_errno(errno);
	if (umount2(".", MNT_DETACH) != 0)
		return err_from_errno(errno);
	return from_syscall(chdir("/"));
}

static enum err drop_bounding(const struct sandbox *s)
{
	(void)s;
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
			return err_from_errno(errno);
	return ERR_OK;
}

/* Or what is kept would come and go with uid 0. */
static enum err fix_capabilities(const struct sandbox *s)
{
	if (!s->caps)
		return ERR_OK;
	return from_syscall(prctl(PR_SET_SECUREBITS,
				  SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED, 0, 0, 0));
}

static enum err change_ids(const struct sandbox *s)
{
	if (setgroups(0, NULL) != 0 || setresgid(s->gid, s->gid, s->gid) != 0)
		return err_from_errno(errno);
	return from_syscall(setresuid(s->uid, s->uid, s->uid));
}

/* With nobody mapped, no id inside means anything outside. */
static enum err leave_users(const struct sandbox *s)
{
	if (s->host_users)
		return ERR_OK;
	if (unshare(CLONE_NEWUSER) != 0)
		return err_from_errno(errno);
	return drop_bounding(s);
}

static enum err drop_capabilities(const struct sandbox *s)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const uint32_t low = (uint32_t)s->caps, high = (uint32_t)(s->caps >> 32);
	struct __user_cap_data_struct kept[_LINUX_CAPABILITY_U32S_3] = {
	    {.effective = low, .permitted = low}, {.effective = high, .permitted = high}};

	return from_syscall(syscall(SYS_capset, &header, kept));
}

/* Both are undone by a change of ids, so they come after it. */
static enum err bind_to_parent(const struct sandbox *s)
{
	(void)s;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return err_from_errno(errno);
	return from_syscall(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
}

static enum err limit(int resource, rlim_t most)
{
	const struct rlimit r = {most, most};

	return from_syscall(setrlimit((__rlimit_resource_t)resource, &r));
}

static enum err limit_resources(const struct sandbox *s)
{
	const struct {
		int resource;
		rlim_t most;
	} limits[] = {
	    {RLIMIT_CORE, 0},
	    {RLIMIT_NPROC, 0},
	    {RLIMIT_FSIZE, s->max_file},
	    {RLIMIT_NOFILE, s->max_files},
	    {RLIMIT_AS, s->max_memory > 0 && !SANITIZED ? s->max_memory : RLIM_INFINITY},
	};
	enum err e = ERR_OK;

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]) && !e; i++)
		e = limit(limits[i].resource, limits[i].most);
	return e;
}

static enum err forbid_privileges(const struct sandbox *s)
{
	(void)s;
	return from_syscall(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* As of landlock ABI 6; this host's headers may be older than its kernel. */
struct landlock_attr {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* What each ABI version can take away; all of it is, and nothing is given back. */
static const struct {
	long abi;
	struct landlock_attr handled;
} landlock_walls[] = {
    {6, {.fs = 0xffff, .net = 3, .scoped = 3}},
    {5, {.fs = 0xffff, .net = 3}},
    {4, {.fs = 0x7fff, .net = 3}},
    {3, {.fs = 0x7fff}},
    {2, {.fs = 0x3fff}},
    {1, {.fs = 0x1fff}},
};

static enum err restrict_self(const struct landlock_attr *handled)
{
	int ruleset;
	enum err e;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, handled, sizeof(*handled), 0);
	if (ruleset < 0)
		return err_from_errno(errno);
	e = from_syscall(syscall(SYS_landlock_restrict_self, ruleset, 0));
	close(ruleset);
	return e;
}

static enum err lock_land(const struct sandbox *s)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	(void)s;
	for (size_t i = 0; i < sizeof(landlock_walls) / sizeof(landlock_walls[0]); i++)
		if (abi >= landlock_walls[i].abi)
			return restrict_self(&landlock_walls[i].handled);
	return ERR_UNSUPPORTED;
}

/* Memory that is or becomes executable is what an exploit needs first. */
static bool maps_memory(int nr)
{
	return nr == SCMP_SYS(mmap) || nr == SCMP_SYS(mprotect);
}

static int allow(scmp_filter_ctx filter, int nr)
{
	if (maps_memory(nr))
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 1,
					SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
}

/* What the sanitizers' runtime needs, and to say what it found. */
static const int sanitizer_syscalls[] = {
    SCMP_SYS(mmap),        SCMP_SYS(munmap),   SCMP_SYS(mprotect), SCMP_SYS(madvise),
    SCMP_SYS(sigaltstack), SCMP_SYS(futex),    SCMP_SYS(getpid),   SCMP_SYS(gettid),
    SCMP_SYS(write),       SCMP_SYS(readlink), SCMP_SYS(openat),   SCMP_SYS(rt_sigaction),
};

static enum err filter_syscalls(const struct sandbox *s)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter ? 0 : -ENOMEM;

	for (size_t i = 0; i < s->nsyscalls && rc == 0; i++)
		rc = allow(filter, s->syscalls[i]);
	/* How the kernel goes on with an allowed one that SIGSTOP or a freezer interrupted. */
	if (rc == 0)
		rc = allow(filter, SCMP_SYS(restart_syscall));
	if (SANITIZED)
		for (size_t i = 0;
		     i < sizeof(sanitizer_syscalls) / sizeof(sanitizer_syscalls[0]) && rc == 0; i++)
			rc = allow(filter, sanitizer_syscalls[i]);
	if (rc == 0)
		rc = seccomp_load(filter);
	seccomp_release(filter);
	return err_from_errno(-rc);
}

static const struct {
	const char *wall;
	enum err (*build)(const struct sandbox *s);
} walls[] = {
    {"root, and process 1 of a pid namespace", check_caller},
    {"mount, net, ipc and uts namespaces", leave_namespaces},
    {"root folder", change_root},
    {"securebits", fix_capabilities},
    {"capability bounding set", drop_bounding},
    {"uid and gid", change_ids},
    {"user namespace", leave_users},
    {"capabilities", drop_capabilities},
    {"not dumpable", bind_to_parent},
    {"resource limits", limit_resources},
    {"no new privileges", forbid_privileges},
    {"landlock", lock_land},
    {"seccomp", filter_syscalls},
};

enum err sandbox_enter(const struct sandbox *s)
{
	for (size_t i = 0; i < sizeof(walls) / sizeof(walls[0]); i++) {
		enum err e = walls[i].build(s);

		if (e) {
			log_error("sandbox: %s: %s", walls[i].wall, err_text(e));
			return e;
		}
	}
	return ERR_OK;
}

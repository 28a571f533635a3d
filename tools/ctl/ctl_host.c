/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_host.h"

#include <limits.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TEXT_MAX 4096 /* bytes of a file that are looked at */

/* ---- files below root ----------------------------------------------------------------------- */

static bool path_of(const char *root, const char *name, char out[PATH_MAX])
{
	return (size_t)snprintf(out, PATH_MAX, "%s%s", root, name) < PATH_MAX;
}

static bool there(const char *root, const char *name, int mode)
{
	char path[PATH_MAX];

	return path_of(root, name, path) && access(path, mode) == 0;
}

/* What the file begins with; "" if it cannot be read. */
static void read_text(const char *root, const char *name, char out[TEXT_MAX])
{
	char path[PATH_MAX];
	FILE *f = path_of(root, name, path) ? fopen(path, "re") : NULL;
	size_t n = f ? fread(out, 1, TEXT_MAX - 1, f) : 0;

	out[n] = '\0';
	if (f)
		fclose(f);
}

static bool has(const char *root, const char *name, const char *what)
{
	char text[TEXT_MAX];

	read_text(root, name, text);
	return strstr(text, what) != NULL;
}

static bool begins(const char *root, const char *name, const char *what)
{
	char text[TEXT_MAX];

	read_text(root, name, text);
	return strncmp(text, what, strlen(what)) == 0;
}

static long number_in(const char *root, const char *name)
{
	char text[TEXT_MAX];

	read_text(root, name, text);
	return strtol(text, NULL, 10);
}

static enum ctl_host_verdict wanted(bool ok)
{
	return ok ? HOST_FINE : HOST_BAD;
}

/* ---- the kernel ----------------------------------------------------------------------------- */

/* The kernel that runs is asked itself: securityfs need not be mounted. */
static bool knows_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static enum ctl_host_verdict landlock(const char *root)
{
	return wanted(has(root, "/sys/kernel/security/lsm", "landlock") ||
		      (root[0] == '\0' && knows_landlock()));
}

static enum ctl_host_verdict seccomp(const char *root)
{
	return wanted(has(root, "/proc/sys/kernel/seccomp/actions_avail", "kill_process"));
}

static enum ctl_host_verdict user_namespaces(const char *root)
{
	return wanted(number_in(root, "/proc/sys/user/max_user_namespaces") > 0);
}

/* ---- the TPM -------------------------------------------------------------------------------- */

static enum ctl_host_verdict tpm_device(const char *root)
{
	return wanted(there(root, "/dev/tpmrm0", F_OK));
}

static enum ctl_host_verdict tpm_version(const char *root)
{
	if (!there(root, "/sys/class/tpm/tpm0", F_OK))
		return HOST_SILENT;
	return wanted(number_in(root, "/sys/class/tpm/tpm0/tpm_version_major") == 2);
}

static enum ctl_host_verdict measured_boot(const char *root)
{
	char text[TEXT_MAX];

	read_text(root, "/sys/class/tpm/tpm0/pcr-sha256/0", text);
	if (text[0] == '\0')
		return HOST_SILENT;
	return text[strspn(text, "0")] == '\n' ? HOST_NOTE : HOST_FINE;
}

/* ---- the daemons ---------------------------------------------------------------------------- */

static enum ctl_host_verdict proxy(const char *root)
{
	return wanted(there(root, RUNDIR "/ptpm/keys", F_OK));
}

static enum ctl_host_verdict policy_file(const char *root)
{
	return wanted(there(root, SYSCONFDIR "/policy.json", R_OK));
}

/* ---- libvirt -------------------------------------------------------------------------------- */

#define HOOKS "/etc/libvirt/hooks/"

static bool has_libvirt(const char *root)
{
	return there(root, "/usr/sbin/libvirtd", X_OK) || there(root, "/usr/sbin/virtqemud", X_OK);
}

static enum ctl_host_verdict libvirt_hook(const char *root)
{
	if (!has_libvirt(root))
		return HOST_SILENT;
	return wanted(there(root, HOOKS "qemu.d/vtpmmgr-hook", X_OK));
}

/* What the administrator adds to the profiles of all domains. */
#define APPARMOR_LOCAL "/etc/apparmor.d/local/abstractions/libvirt-qemu"

static enum ctl_host_verdict apparmor(const char *root)
{
	if (!has_libvirt(root) || !begins(root, "/sys/module/apparmor/parameters/enabled", "Y") ||
	    !there(root, "/etc/apparmor.d/abstractions/libvirt-qemu", F_OK))
		return HOST_SILENT;
	return wanted(has(root, APPARMOR_LOCAL, "<abstractions/vtpmmgr-qemu>") ||
		      has(root, APPARMOR_LOCAL, RUNDIR "/vtpm/"));
}

static enum ctl_host_verdict selinux(const char *root)
{
	if (!has_libvirt(root) || !begins(root, "/sys/fs/selinux/enforce", "1"))
		return HOST_SILENT;
	return HOST_NOTE;
}

/* ---- Xen ------------------------------------------------------------------------------------ */

static bool is_dom0(const char *root)
{
	return has(root, "/proc/xen/capabilities", "control_d");
}

static enum ctl_host_verdict xen_agent(const char *root)
{
	return is_dom0(root) ? wanted(there(root, "/usr/sbin/vtpmmgr-agent", X_OK)) : HOST_SILENT;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static const struct {
	const char *item;
	enum ctl_host_verdict (*look)(const char *root);
	const char *fine;
	const char *otherwise;
	const char *action;
} things[] = {
    {"landlock", landlock, "the kernel has landlock",
     "landlock is not among the kernel's security modules: no process of vtpmmgr starts "
     "without it",
     "boot with lsm=landlock,... as in CONFIG_LSM, on a kernel of 5.13 or later"},
    {"seccomp", seccomp, "the kernel has seccomp filters",
     "the kernel has no seccomp filters: no process of vtpmmgr starts without them",
     "use a kernel with CONFIG_SECCOMP_FILTER"},
    {"user-namespaces", user_namespaces, "there can be user namespaces",
     "user namespaces are switched off: no worker starts without one",
     "sysctl user.max_user_namespaces=1024, and the same in /etc/sysctl.d"},
    {"tpm", tpm_device, "/dev/tpmrm0 is there",
     "there is no /dev/tpmrm0: without a TPM nothing can be sealed or anchored",
     "switch the TPM on in the firmware's settings; or, to try things, use a software TPM: "
     "ptpm-proxy --tcti swtpm:path=SOCKET"},
    {"tpm-version", tpm_version, "it is a TPM 2.0", "it is not a TPM 2.0",
     "use a machine, or a mode of this one's firmware, with a TPM 2.0"},
    {"measured-boot", measured_boot, "the firmware measures what it boots",
     "PCR 0 is zero: the firmware measures nothing, so the TPM cannot tell this system from "
     "another one on the same machine",
     "boot with UEFI and its TPM support on; on a test machine it does not matter"},
    {"proxy", proxy, "ptpm-proxy listens",
     "ptpm-proxy is not running: the manager cannot reach the TPM",
     "systemctl enable --now ptpm-proxy; then journalctl -u ptpm-proxy"},
    {"policy", policy_file, "the first policy is there",
     SYSCONFDIR "/policy.json is not there, or not yours to read: the manager does not start "
		"without one",
     "copy one of " DATADIR "/policy/examples there; vtpmctl policy check says whether it is "
     "sound"},
    {"libvirt-hook", libvirt_hook, "libvirt's hook is installed",
     "libvirt is here and our hook is not: a domain's vTPM is not started with it",
     "install the package vtpmmgr-libvirt, and restart libvirtd once"},
    {"apparmor", apparmor, "AppArmor lets QEMU connect to vTPMs",
     "AppArmor confines QEMU, and no rule lets it connect to a vTPM: such a domain does not "
     "start",
     "add \"include if exists <abstractions/vtpmmgr-qemu>\" to " APPARMOR_LOCAL},
    {"selinux", selinux, "", "SELinux enforces, and libvirt does not label a vTPM's socket",
     "if a domain cannot connect to its vTPM, audit2allow says which rule is missing"},
    {"xen-agent", xen_agent, "the agent of dom0 is installed",
     "this is dom0, and vtpmmgr-agent is not installed: a manager domain can start nothing",
     "install vtpmmgr as configured --with-xen, and start vtpmmgr-agent: its log says as well "
     "whether the hypervisor lets domains serve each other"},
};

size_t ctl_host_count(void)
{
	return sizeof(things) / sizeof(things[0]);
}

struct ctl_host_finding ctl_host_look(const char *root, size_t i)
{
	const enum ctl_host_verdict v = things[i].look(root);
	const bool fine = v == HOST_FINE;

	return (struct ctl_host_finding){.item = things[i].item,
					 .verdict = v,
					 .text = fine ? things[i].fine : things[i].otherwise,
					 .action = fine ? NULL : things[i].action};
}

const char *ctl_host_verdict_name(enum ctl_host_verdict v)
{
	static const char *const names[] = {"silent", "fine", "note", "bad"};

	return names[v];
}

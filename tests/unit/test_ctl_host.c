/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/ctl/ctl_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define QEMU_RULE RUNDIR "/vtpm/*/tpm.ctrl rw,\n"

static char root[] = "/tmp/test_ctl_host.XXXXXX";

static void put(const char *name, const char *text)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (char *p = path + strlen(root) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0755), 0);
}

static enum ctl_host_verdict verdict_on(const char *item)
{
	for (size_t i = 0; i < ctl_host_count(); i++) {
		struct ctl_host_finding f = ctl_host_look(root, i);

		if (strcmp(f.item, item) != 0)
			continue;
		assert_true(f.verdict == HOST_SILENT || f.text[0]);
		assert_true((f.verdict == HOST_NOTE || f.verdict == HOST_BAD) == !!f.action ||
			    f.verdict == HOST_SILENT);
		return f.verdict;
	}
	fail_msg("nothing looks at %s", item);
	return HOST_SILENT;
}

/* Each row in a machine that has all rows above it, and not yet this one; and then with it. */
static void one_after_the_other(void **state)
{
	static const struct {
		const char *item;
		enum ctl_host_verdict before, after;
		const char *file, *text;
	} rows[] = {
	    {"landlock", HOST_BAD, HOST_FINE, "/sys/kernel/security/lsm", "capability,landlock"},
	    {"seccomp", HOST_BAD, HOST_FINE, "/proc/sys/kernel/seccomp/actions_avail",
	     "kill_process kill_thread"},
	    {"user-namespaces", HOST_BAD, HOST_FINE, "/proc/sys/user/max_user_namespaces", "99\n"},
	    {"user-namespaces", HOST_FINE, HOST_BAD, "/proc/sys/user/max_user_namespaces", "0\n"},
	    {"tpm", HOST_BAD, HOST_FINE, "/dev/tpmrm0", ""},
	    {"tpm-version", HOST_SILENT, HOST_BAD, "/sys/class/tpm/tpm0/tpm_version_major", "1\n"},
	    {"tpm-version", HOST_BAD, HOST_FINE, "/sys/class/tpm/tpm0/tpm_version_major", "2\n"},
	    {"measured-boot", HOST_SILENT, HOST_NOTE, "/sys/class/tpm/tpm0/pcr-sha256/0", "0000\n"},
	    {"measured-boot", HOST_NOTE, HOST_FINE, "/sys/class/tpm/tpm0/pcr-sha256/0", "00F0\n"},
	    {"proxy", HOST_BAD, HOST_FINE, RUNDIR "/ptpm/keys", ""},
	    {"policy", HOST_BAD, HOST_FINE, SYSCONFDIR "/policy.json", ""},
	    {"libvirt-hook", HOST_SILENT, HOST_BAD, "/usr/sbin/libvirtd", ""},
	    {"libvirt-hook", HOST_BAD, HOST_FINE, "/etc/libvirt/hooks/qemu.d/vtpmmgr-hook", ""},
	    {"apparmor", HOST_SILENT, HOST_SILENT, "/sys/module/apparmor/parameters/enabled",
	     "Y\n"},
	    {"apparmor", HOST_SILENT, HOST_BAD, "/etc/apparmor.d/abstractions/libvirt-qemu", ""},
	    {"apparmor", HOST_BAD, HOST_FINE, "/etc/apparmor.d/local/abstractions/libvirt-qemu",
	     QEMU_RULE},
	    {"apparmor", HOST_FINE, HOST_BAD, "/etc/apparmor.d/local/abstractions/libvirt-qemu",
	     "# nothing\n"},
	    {"apparmor", HOST_BAD, HOST_FINE, "/etc/apparmor.d/local/abstractions/libvirt-qemu",
	     "include if exists <abstractions/vtpmmgr-qemu>\n"},
	    {"selinux", HOST_SILENT, HOST_NOTE, "/sys/fs/selinux/enforce", "1"},
	    {"xen-agent", HOST_SILENT, HOST_BAD, "/proc/xen/capabilities", "control_d\n"},
	    {"xen-agent", HOST_BAD, HOST_FINE, "/usr/sbin/vtpmmgr-agent", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(verdict_on(rows[i].item), rows[i].before);
		put(rows[i].file, rows[i].text);
		assert_int_equal(verdict_on(rows[i].item), rows[i].after);
	}
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_after_the_other),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}

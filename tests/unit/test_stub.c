/* SPDX-License-Identifier: BSD-3-Clause */
/* A stub domain's configuration, and the copies of its image. */
#include "tools/agent/stub_config.h"
#include "tools/agent/stub_image.h"
#include "tools/agent/xsm.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define VTPM "11111111-2222-4333-8444-555555555555"

static struct stub_config sample(void)
{
	struct stub_config c = {.stakeholder = "acme-bank",
				.manager = 12,
				.kernel = "/boot/stub",
				.initramfs = "/boot/stub.cpio",
				.memory = 24,
				.extra = "loglevel=4"};

	assert_int_equal(uuid_parse(VTPM, c.uuid), ERR_OK);
	return c;
}

static void test_config(void **state)
{
	struct stub_config c = sample();
	char text[STUB_CONFIG_MAX];

	(void)state;
	assert_int_equal(stub_config_write(&c, text, sizeof(text)), ERR_OK);
	assert_string_equal(text, "name = \"vtpm-" VTPM "\"\n"
				  "type = \"pvh\"\n"
				  "kernel = \"/boot/stub\"\n"
				  "ramdisk = \"/boot/stub.cpio\"\n"
				  "extra = \"console=hvc0 quiet panic=-1 cma=0 rootfstype=ramfs "
				  "vtpm.manager=12 loglevel=4\"\n"
				  "memory = 24\n"
				  "vcpus = 1\n"
				  "seclabel = \"system_u:system_r:vtpm_acme_bank_t\"\n"
				  "on_poweroff = \"destroy\"\n"
				  "on_reboot = \"destroy\"\n"
				  "on_crash = \"destroy\"\n");
	assert_int_equal(stub_config_write(&c, text, 100), ERR_TOO_BIG);
}

static void test_config_refuses(void **state)
{
	static const char *const bad[] = {"a\"b", "a\\b", "a\nb", "\x7f", "\xc3\xa4"};
	struct stub_config c;
	char text[STUB_CONFIG_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		c = sample();
		c.kernel = bad[i];
		assert_int_equal(stub_config_write(&c, text, sizeof(text)), ERR_ARG);
		c = sample();
		c.extra = bad[i];
		assert_int_equal(stub_config_write(&c, text, sizeof(text)), ERR_ARG);
		c = sample();
		c.stakeholder = bad[i];
		assert_int_equal(stub_config_write(&c, text, sizeof(text)), ERR_ARG);
	}
	c = sample();
	c.memory = STUB_MEMORY_MAX + 1;
	assert_int_equal(stub_config_write(&c, text, sizeof(text)), ERR_ARG);
}

static void test_names(void **state)
{
	uint8_t uuid[UUID_SIZE], again[UUID_SIZE];
	char line[160];

	(void)state;
	assert_int_equal(uuid_parse(VTPM, uuid), ERR_OK);
	assert_string_equal(stub_config_name(uuid).s, "vtpm-" VTPM);
	assert_int_equal(stub_config_parse_name("vtpm-" VTPM, again), ERR_OK);
	assert_true(uuid_equal(uuid, again));
	assert_int_equal(stub_config_parse_name("vtpm-" VTPM "0", again), ERR_NOT_FOUND);
	assert_int_equal(stub_config_parse_name(VTPM, again), ERR_NOT_FOUND);
	assert_int_equal(stub_config_parse_name("vtpm-", again), ERR_NOT_FOUND);
	assert_int_equal(stub_config_guest_line(uuid, line, sizeof(line)), ERR_OK);
	assert_string_equal(line, "vtpm = [ \"backend=vtpm-" VTPM ",uuid=" VTPM "\" ]");
}

/* ---- image ---------------------------------------------------------------------------------- */

struct files {
	char dir[32];
	char kernel[48];
	char initramfs[48];
};

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	static struct files f;

	strcpy(f.dir, "/tmp/stub-image.XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.kernel, sizeof(f.kernel), "%s/k", f.dir);
	snprintf(f.initramfs, sizeof(f.initramfs), "%s/i", f.dir);
	put(f.kernel, "a kernel");
	put(f.initramfs, "an initramfs");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct files *f = *state;

	unlink(f->kernel);
	unlink(f->initramfs);
	return rmdir(f->dir);
}

static void hash(const void *bytes, size_t len, struct digest *out)
{
	const struct crypt_part part = {bytes, len};

	assert_int_equal(crypt_sha256(&part, 1, out), ERR_OK);
}

static void test_image_digest(void **state)
{
	struct files *f = *state;
	struct stub_image i = STUB_IMAGE_NONE;
	struct digest both[2], want;

	hash("a kernel", 8, &both[0]);
	hash("an initramfs", 12, &both[1]);
	hash(both, sizeof(both), &want);
	assert_int_equal(stub_image_load(f->kernel, f->initramfs, &i), ERR_OK);
	assert_true(digest_equal(&i.digest, &want));
	stub_image_close(&i);
}

/* What was measured stays, whatever becomes of the file and whoever gets hold of the copy. */
static void test_image_is_kept(void **state)
{
	struct files *f = *state;
	struct stub_image i = STUB_IMAGE_NONE;
	char path[64], text[16] = "";
	int again;

	assert_int_equal(stub_image_load(f->kernel, f->initramfs, &i), ERR_OK);
	put(f->kernel, "another one");
	assert_int_equal(write(i.kernel, "x", 1), -1);
	assert_int_equal(ftruncate(i.kernel, 0), -1);
	assert_ptr_equal(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, i.kernel, 0), MAP_FAILED);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", i.kernel);
	again = open(path, O_RDWR);
	assert_true(again < 0 || write(again, "x", 1) < 0);
	if (again >= 0)
		close(again);
	/* As xl reads it. */
	again = open(path, O_RDONLY);
	assert_int_equal(read(again, text, sizeof(text)), 8);
	assert_string_equal(text, "a kernel");
	assert_ptr_not_equal(mmap(NULL, 8, PROT_READ, MAP_SHARED, again, 0), MAP_FAILED);
	close(again);
	stub_image_close(&i);
}

static void test_image_fails(void **state)
{
	struct files *f = *state;
	struct stub_image i = STUB_IMAGE_NONE;
	struct digest before;

	assert_int_equal(stub_image_load(f->kernel, f->initramfs, &i), ERR_OK);
	before = i.digest;
	assert_int_equal(stub_image_load(f->kernel, "/nowhere/i", &i), ERR_NOT_FOUND);
	put(f->initramfs, "");
	assert_int_equal(stub_image_load(f->kernel, f->initramfs, &i), ERR_FORMAT);
	assert_true(digest_equal(&i.digest, &before));
	assert_true(i.kernel >= 0);
	stub_image_close(&i);
}

/* ---- xsm ------------------------------------------------------------------------------------ */

static void test_xsm(void **state)
{
	(void)state;
	assert_int_equal(xsm_from_getenforce("Enforcing\n"), XSM_FLASK_ENFORCING);
	assert_int_equal(xsm_from_getenforce("Permissive\n"), XSM_FLASK_PERMISSIVE);
	assert_int_equal(xsm_from_getenforce("Flask XSM Disabled\n"), XSM_UNKNOWN);
	assert_int_equal(xsm_from_dmesg("(XEN) XSM Framework v1.0.1 initialized\n"
					"(XEN) Initialising XSM SILO mode\n"),
			 XSM_SILO);
	assert_int_equal(xsm_from_dmesg("(XEN) WARNING: SILO mode is not enabled.\n"), XSM_DUMMY);
	/* A guest's console is in that log, too. */
	assert_int_equal(xsm_from_dmesg("(d3) Initialising XSM SILO mode\n"), XSM_UNKNOWN);
	assert_int_equal(xsm_from_info("host : xsm=silo\nxen_commandline : dom0_mem=1 xsm=dummy\n"),
			 XSM_DUMMY);
	assert_int_equal(xsm_from_info("host : x\n"), XSM_UNKNOWN);
	assert_null(xsm_advice(XSM_FLASK_ENFORCING));
	assert_non_null(strstr(xsm_advice(XSM_SILO), "xsm=flask"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_config),
	    cmocka_unit_test(test_config_refuses),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test_setup_teardown(test_image_digest, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_image_is_kept, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_image_fails, set_up, tear_down),
	    cmocka_unit_test(test_xsm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

# SPDX-License-Identifier: BSD-3-Clause
# The vTPM worker. Everything but main() is a library, so that tests and fuzz targets link the same.
noinst_LIBRARIES += libstubdom.a
libstubdom_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(TPMS_CFLAGS) $(SECCOMP_CFLAGS)
libstubdom_a_SOURCES = \
	stubdom/command.c stubdom/command.h \
	stubdom/commit.c stubdom/commit.h \
	stubdom/ctrl.c stubdom/ctrl.h \
	stubdom/data.c stubdom/data.h \
	stubdom/guest.h \
	stubdom/guest_emulator.c \
	stubdom/port.c stubdom/port.h \
	stubdom/state.c stubdom/state.h \
	stubdom/suspended.c stubdom/suspended.h \
	stubdom/tpm.c stubdom/tpm.h \
	stubdom/vtpm.c stubdom/vtpm.h \
	stubdom/worker.c stubdom/worker.h \
	stubdom/worker_load.c \
	stubdom/worker_peers.c \
	stubdom/worker_suspend.c \
	stubdom/worker_sandbox.c stubdom/worker_sandbox.h

daemon_PROGRAMS += vtpm-stubdom
vtpm_stubdom_SOURCES = stubdom/main.c
vtpm_stubdom_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
vtpm_stubdom_LDADD = libstubdom.a libvtpm.a $(TPMS_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)
# Static and at fixed addresses: no relocation makes a page of it private to one
# worker, which is what keeps a hundred of them small (doc/PERFORMANCE). The
# sanitizers cannot be linked statically. The linker would warn of name lookups in libcrypto's
# socket BIOs, which a worker never calls, and could not.
if !SANITIZERS
vtpm_stubdom_LDFLAGS = $(AM_LDFLAGS) -static -no-pie -Wl,--no-warnings
endif

# Process 1 of a stub domain. What of it knows nothing of Xen is built and tested everywhere.
noinst_LIBRARIES += libstubinit.a
libstubinit_a_SOURCES = \
	stubdom/init/bus.c stubdom/init/bus.h \
	stubdom/init/device.c stubdom/init/device.h \
	stubdom/init/emulator.c stubdom/init/emulator.h \
	stubdom/init/options.c stubdom/init/options.h \
	stubdom/init/process.c stubdom/init/process.h \
	stubdom/init/rc.h \
	stubdom/init/stub.c stubdom/init/stub.h \
	stubdom/init/tpmif.c stubdom/init/tpmif.h

if WITH_XEN
daemon_PROGRAMS += vtpm-init
dist_man_MANS += doc/man/vtpm-init.8
vtpm_init_SOURCES = \
	stubdom/init/backend.c stubdom/init/backend.h \
	stubdom/init/boot.c stubdom/init/boot.h \
	stubdom/init/init_main.c \
	stubdom/init/ring.c stubdom/init/ring.h \
	stubdom/init/store.c stubdom/init/store.h
vtpm_init_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
vtpm_init_LDADD = libstubinit.a libvtpmxen.a libvtpm.a $(XEN_LIBS) -lxentoolcore -lxentoollog
# Static: the domain has nothing else in it.
if !SANITIZERS
vtpm_init_LDFLAGS = $(AM_LDFLAGS) -static -no-pie
endif
endif

# What the domains boot: DOMAIN_ROOT=... DOMAIN_KERNEL=... DOMAIN_POLICY=... (stubdom/image/build),
# KERNEL_SOURCE=... CROSS_COMPILE=... (stubdom/image/kernel). Both in DOMAIN_IMAGES.
EXTRA_DIST += stubdom/image stubdom/linux.config
DOMAIN_IMAGES = images
if WITH_XEN
domain-kernel:
	$(srcdir)/stubdom/image/kernel '$(KERNEL_SOURCE)' '$(DOMAIN_IMAGES)/linux' '$(DOMAIN_IMAGES)'

domain-images: $(sbin_PROGRAMS) $(daemon_PROGRAMS)
	READELF='$(READELF)' STRIP='$(STRIP)' $(srcdir)/stubdom/image/build . '$(DOMAIN_IMAGES)' \
		'$(libexecdir)/vtpmmgr' '$(sbindir)' '$(sysconfdir)/vtpmmgr'
endif
.PHONY: domain-images domain-kernel

dist_man_MANS += doc/man/vtpm-stubdom.8

noinst_PROGRAMS += tests/integration/worker_driver
tests_integration_worker_driver_SOURCES = tests/integration/worker_driver.c \
	tests/integration/worker_play.c tests/integration/worker_play.h
tests_integration_worker_driver_LDADD = libvtpm.a $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/integration/sandbox_probe
tests_integration_sandbox_probe_SOURCES = tests/integration/sandbox_probe.c
tests_integration_sandbox_probe_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_integration_sandbox_probe_LDADD = libstubdom.a libvtpm.a $(SECCOMP_LIBS) $(CRYPTO_LIBS)
STUBDOM_TEST_LIBS = libstubdom.a $(UNIT_LIBS) $(TPMS_LIBS)
check_PROGRAMS += tests/unit/test_state tests/unit/test_ctrl tests/unit/test_vtpm \
	tests/unit/test_suspend
tests_unit_test_state_SOURCES = tests/unit/test_state.c
tests_unit_test_state_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_state_LDADD = $(STUBDOM_TEST_LIBS)
tests_unit_test_ctrl_SOURCES = tests/unit/test_ctrl.c
tests_unit_test_ctrl_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ctrl_LDADD = $(STUBDOM_TEST_LIBS)
tests_unit_test_vtpm_SOURCES = tests/unit/test_vtpm.c
tests_unit_test_vtpm_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vtpm_LDADD = $(STUBDOM_TEST_LIBS)
tests_unit_test_suspend_SOURCES = tests/unit/test_suspend.c
tests_unit_test_suspend_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_suspend_LDADD = $(STUBDOM_TEST_LIBS)

check_PROGRAMS += tests/unit/test_tpmif tests/unit/test_device
tests_unit_test_tpmif_SOURCES = tests/unit/test_tpmif.c
tests_unit_test_tpmif_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tpmif_LDADD = libstubinit.a $(UNIT_LIBS) -lpthread
tests_unit_test_device_SOURCES = tests/unit/test_device.c
tests_unit_test_device_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_device_LDADD = libstubinit.a $(UNIT_LIBS)

noinst_PROGRAMS += tests/integration/tpmif_driver
tests_integration_tpmif_driver_SOURCES = tests/integration/tpmif_driver.c
tests_integration_tpmif_driver_LDADD = libstubinit.a libvtpm.a $(CRYPTO_LIBS)
noinst_PROGRAMS += tests/integration/stub_driver
tests_integration_stub_driver_SOURCES = tests/integration/stub_driver.c \
	tests/integration/worker_play.c tests/integration/worker_play.h
tests_integration_stub_driver_LDADD = libstubinit.a libvtpm.a $(CRYPTO_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_tpmif
tests_fuzz_fuzz_tpmif_SOURCES = tests/fuzz/fuzz_tpmif.c
tests_fuzz_fuzz_tpmif_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_tpmif_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_tpmif_LDADD = libstubinit.a libvtpm.a $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_emulator
tests_fuzz_fuzz_emulator_SOURCES = tests/fuzz/fuzz_emulator.c
tests_fuzz_fuzz_emulator_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_emulator_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_emulator_LDADD = libstubdom.a libvtpm.a $(TPMS_LIBS) $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_suspended
tests_fuzz_fuzz_suspended_SOURCES = tests/fuzz/fuzz_suspended.c
tests_fuzz_fuzz_suspended_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_suspended_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_suspended_LDADD = libstubdom.a libvtpm.a $(TPMS_LIBS) $(CRYPTO_LIBS)
endif

# SPDX-License-Identifier: BSD-3-Clause

# The key keeper: the only program that links ESAPI.
daemon_PROGRAMS += vtpmmgr-keys
vtpmmgr_keys_SOURCES = \
	vtpmmgr/keys.h \
	vtpmmgr/keys_anchor.c vtpmmgr/keys_anchor.h \
	vtpmmgr/keys_broker.c \
	vtpmmgr/keys_commit.c \
	vtpmmgr/keys_derive.c vtpmmgr/keys_derive.h \
	vtpmmgr/keys_main.c \
	vtpmmgr/keys_open.c \
	vtpmmgr/keys_platform.c \
	vtpmmgr/keys_provision.c vtpmmgr/keys_provision.h \
	vtpmmgr/keys_seal.c vtpmmgr/keys_seal.h \
	vtpmmgr/keys_tcti.c vtpmmgr/keys_tcti.h \
	vtpmmgr/keys_tpm.c vtpmmgr/keys_tpm.h \
	vtpmmgr/keys_vtpm.c \
	vtpmmgr/keys_worker.c
vtpmmgr_keys_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(ESYS_CFLAGS) $(SECCOMP_CFLAGS)
vtpmmgr_keys_LDADD = libvtpm.a $(ESYS_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

check_PROGRAMS += tests/unit/test_keys_derive
tests_unit_test_keys_derive_SOURCES = tests/unit/test_keys_derive.c vtpmmgr/keys_derive.c
tests_unit_test_keys_derive_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_derive_LDADD = $(UNIT_LIBS)

# The key keeper under a broker and workers that may lie (tests/integration/keeper).
noinst_PROGRAMS += tests/integration/keeper_driver
tests_integration_keeper_driver_SOURCES = tests/integration/keeper_driver.c
tests_integration_keeper_driver_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_driver_LDADD = libvtpm.a $(CRYPTO_LIBS)

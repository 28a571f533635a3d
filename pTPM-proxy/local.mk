# SPDX-License-Identifier: BSD-3-Clause
sbin_PROGRAMS += pTPM-proxy/ptpm-proxy
pTPM_proxy_ptpm_proxy_SOURCES = \
	pTPM-proxy/allow.c pTPM-proxy/allow.h \
	pTPM-proxy/claims.c pTPM-proxy/claims.h \
	pTPM-proxy/command.c pTPM-proxy/command.h \
	pTPM-proxy/confine.c pTPM-proxy/confine.h \
	pTPM-proxy/device.c pTPM-proxy/device.h \
	pTPM-proxy/options.c pTPM-proxy/options.h \
	pTPM-proxy/peer.c pTPM-proxy/peer.h \
	pTPM-proxy/proxy.c \
	pTPM-proxy/service.c pTPM-proxy/service.h \
	pTPM-proxy/sweep.c pTPM-proxy/sweep.h \
	pTPM-proxy/syscalls.c pTPM-proxy/syscalls.h \
	pTPM-proxy/tcti.c pTPM-proxy/tcti.h \
	pTPM-proxy/tpm.c pTPM-proxy/tpm.h
pTPM_proxy_ptpm_proxy_CFLAGS = $(AM_CFLAGS) $(TCTILDR_CFLAGS) $(SECCOMP_CFLAGS)
pTPM_proxy_ptpm_proxy_LDADD = libvtpm.a $(CRYPTO_LIBS) $(TCTILDR_LIBS) $(SECCOMP_LIBS)
dist_man_MANS += doc/man/ptpm-proxy.8

# What can be tested without a TPM.
ptpm_pure = pTPM-proxy/allow.c pTPM-proxy/claims.c pTPM-proxy/command.c pTPM-proxy/sweep.c \
	pTPM-proxy/tcti.c

check_PROGRAMS += tests/unit/test_ptpm_command tests/unit/test_ptpm_service tests/unit/test_sweep
tests_unit_test_ptpm_command_SOURCES = tests/unit/test_ptpm_command.c $(ptpm_pure)
tests_unit_test_ptpm_command_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ptpm_command_LDADD = $(UNIT_LIBS)
tests_unit_test_ptpm_service_SOURCES = tests/unit/test_ptpm_service.c pTPM-proxy/service.c \
	$(ptpm_pure)
tests_unit_test_ptpm_service_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ptpm_service_LDADD = $(UNIT_LIBS)
tests_unit_test_sweep_SOURCES = tests/unit/test_sweep.c $(ptpm_pure)
tests_unit_test_sweep_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_sweep_LDADD = $(UNIT_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_ptpm_command
tests_fuzz_fuzz_ptpm_command_SOURCES = tests/fuzz/fuzz_ptpm_command.c $(ptpm_pure)
tests_fuzz_fuzz_ptpm_command_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_ptpm_command_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ptpm_command_LDADD = libvtpm.a $(CRYPTO_LIBS)
endif

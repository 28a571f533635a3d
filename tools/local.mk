# SPDX-License-Identifier: BSD-3-Clause
# Everything but main, so that tests and fuzz targets link what they try.
noinst_LIBRARIES += tools/libctl.a
tools_libctl_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JSONC_CFLAGS)
tools_libctl_a_SOURCES = \
	tools/ctl/ctl.h \
	tools/ctl/ctl_approval_file.c tools/ctl/ctl_approval_file.h \
	tools/ctl/ctl_args.c tools/ctl/ctl_args.h \
	tools/ctl/ctl_audit.c tools/ctl/ctl_audit.h \
	tools/ctl/ctl_client.c tools/ctl/ctl_client.h \
	tools/ctl/ctl_coverage.c tools/ctl/ctl_coverage.h \
	tools/ctl/ctl_exit.c \
	tools/ctl/ctl_file.c tools/ctl/ctl_file.h \
	tools/ctl/ctl_help.c tools/ctl/ctl_help.h \
	tools/ctl/ctl_json.c tools/ctl/ctl_json.h \
	tools/ctl/ctl_key.c tools/ctl/ctl_key.h \
	tools/ctl/ctl_output.c tools/ctl/ctl_output.h \
	tools/ctl/ctl_pcr_file.c tools/ctl/ctl_pcr_file.h \
	tools/ctl/ctl_platform.c \
	tools/ctl/ctl_policy.c \
	tools/ctl/ctl_policy_explain.c \
	tools/ctl/ctl_policy_file.c tools/ctl/ctl_policy_file.h \
	tools/ctl/ctl_progress.c tools/ctl/ctl_progress.h \
	tools/ctl/ctl_recover.c \
	tools/ctl/ctl_recovery_file.c tools/ctl/ctl_recovery_file.h \
	tools/ctl/ctl_run.c \
	tools/ctl/ctl_status.c \
	tools/ctl/ctl_vtpm.c

CTL_LIBS = tools/libctl.a $(POLICY_LIBS)

bin_PROGRAMS += tools/vtpmctl
tools_vtpmctl_SOURCES = tools/ctl/ctl_main.c
tools_vtpmctl_LDADD = $(CTL_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = tools/completion/vtpmctl
dist_man_MANS += doc/man/vtpmctl.1
EXTRA_DIST += tests/integration/vtpmctl-offline

check_PROGRAMS += tests/unit/test_ctl_args
tests_unit_test_ctl_args_SOURCES = tests/unit/test_ctl_args.c
tests_unit_test_ctl_args_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_args_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_audit
tests_unit_test_ctl_audit_SOURCES = tests/unit/test_ctl_audit.c
tests_unit_test_ctl_audit_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_audit_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_files
tests_unit_test_ctl_files_SOURCES = tests/unit/test_ctl_files.c
tests_unit_test_ctl_files_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_files_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_key
tests_unit_test_ctl_key_SOURCES = tests/unit/test_ctl_key.c
tests_unit_test_ctl_key_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_key_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_output
tests_unit_test_ctl_output_SOURCES = tests/unit/test_ctl_output.c
tests_unit_test_ctl_output_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_output_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_recovery
tests_unit_test_ctl_recovery_SOURCES = tests/unit/test_ctl_recovery.c tests/codecs/codecs.c \
	tests/codecs/root.c tests/codecs/samples.h
tests_unit_test_ctl_recovery_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_recovery_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_ctl_approval_file tests/fuzz/fuzz_ctl_pcr_file \
	tests/fuzz/fuzz_ctl_recovery_file
tests_fuzz_fuzz_ctl_recovery_file_SOURCES = tests/fuzz/fuzz_ctl_recovery_file.c
tests_fuzz_fuzz_ctl_recovery_file_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
tests_fuzz_fuzz_ctl_recovery_file_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ctl_recovery_file_LDADD = $(CTL_LIBS)
tests_fuzz_fuzz_ctl_approval_file_SOURCES = tests/fuzz/fuzz_ctl_approval_file.c
tests_fuzz_fuzz_ctl_approval_file_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
tests_fuzz_fuzz_ctl_approval_file_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ctl_approval_file_LDADD = $(CTL_LIBS)
tests_fuzz_fuzz_ctl_pcr_file_SOURCES = tests/fuzz/fuzz_ctl_pcr_file.c
tests_fuzz_fuzz_ctl_pcr_file_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
tests_fuzz_fuzz_ctl_pcr_file_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_ctl_pcr_file_LDADD = $(CTL_LIBS)
endif

# SPDX-License-Identifier: BSD-3-Clause
# Everything but main, so that tests and fuzz targets link what they try.
noinst_LIBRARIES += tools/libctl.a
tools_libctl_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JSONC_CFLAGS)
tools_libctl_a_SOURCES = \
	tools/ctl.h \
	tools/ctl_approval_file.c tools/ctl_approval_file.h \
	tools/ctl_args.c tools/ctl_args.h \
	tools/ctl_audit.c tools/ctl_audit.h \
	tools/ctl_client.c tools/ctl_client.h \
	tools/ctl_coverage.c tools/ctl_coverage.h \
	tools/ctl_exit.c \
	tools/ctl_file.c tools/ctl_file.h \
	tools/ctl_help.c tools/ctl_help.h \
	tools/ctl_json.c tools/ctl_json.h \
	tools/ctl_key.c tools/ctl_key.h \
	tools/ctl_output.c tools/ctl_output.h \
	tools/ctl_pcr_file.c tools/ctl_pcr_file.h \
	tools/ctl_platform.c \
	tools/ctl_policy.c \
	tools/ctl_policy_explain.c \
	tools/ctl_policy_file.c tools/ctl_policy_file.h \
	tools/ctl_progress.c tools/ctl_progress.h \
	tools/ctl_run.c \
	tools/ctl_status.c \
	tools/ctl_vtpm.c

CTL_LIBS = tools/libctl.a $(POLICY_LIBS)

bin_PROGRAMS += tools/vtpmctl
tools_vtpmctl_SOURCES = tools/ctl_main.c
tools_vtpmctl_LDADD = $(CTL_LIBS)

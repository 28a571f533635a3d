# SPDX-License-Identifier: BSD-3-Clause
# What vtpmctl and the libvirt hook share.
noinst_LIBRARIES += tools/libclient.a
tools_libclient_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(XML_CFLAGS)
tools_libclient_a_SOURCES = \
	tools/agent/stub_config.c tools/agent/stub_config.h \
	tools/agent/xl.c tools/agent/xl.h \
	tools/client/client.c tools/client/client.h \
	tools/client/document.c tools/client/document.h \
	tools/client/domain.c tools/client/domain.h \
	tools/client/label.c tools/client/label.h \
	tools/client/xl_call.c tools/client/xl_call.h

# Everything but main, so that tests and fuzz targets link what they try.
noinst_LIBRARIES += tools/libctl.a
tools_libctl_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(JSONC_CFLAGS) $(XML_CFLAGS) $(LIBVIRT_CFLAGS)
tools_libctl_a_SOURCES = \
	tools/ctl/ctl.h \
	tools/ctl/ctl_approval_file.c tools/ctl/ctl_approval_file.h \
	tools/ctl/ctl_args.c tools/ctl/ctl_args.h \
	tools/ctl/ctl_audit.c tools/ctl/ctl_audit.h \
	tools/ctl/ctl_client.c tools/ctl/ctl_client.h \
	tools/ctl/ctl_coverage.c tools/ctl/ctl_coverage.h \
	tools/ctl/ctl_doctor.c \
	tools/ctl/ctl_domain.c tools/ctl/ctl_domain.h \
	tools/ctl/ctl_exit.c \
	tools/ctl/ctl_file.c tools/ctl/ctl_file.h \
	tools/ctl/ctl_flask.h tools/ctl/ctl_flask_numbers.c tools/ctl/ctl_flask_rules.c \
	tools/ctl/ctl_guest.c tools/ctl/ctl_guest.h \
	tools/ctl/ctl_help.c tools/ctl/ctl_help.h \
	tools/ctl/ctl_host.c tools/ctl/ctl_host.h \
	tools/ctl/ctl_json.c tools/ctl/ctl_json.h \
	tools/ctl/ctl_key.c tools/ctl/ctl_key.h \
	tools/ctl/ctl_libvirt.c \
	tools/ctl/ctl_libvirt_apply.c tools/ctl/ctl_libvirt_apply.h \
	tools/ctl/ctl_output.c tools/ctl/ctl_output.h \
	tools/ctl/ctl_pcr_file.c tools/ctl/ctl_pcr_file.h \
	tools/ctl/ctl_platform.c \
	tools/ctl/ctl_policy.c \
	tools/ctl/ctl_policy_explain.c \
	tools/ctl/ctl_policy_flask.c \
	tools/ctl/ctl_policy_file.c tools/ctl/ctl_policy_file.h \
	tools/ctl/ctl_progress.c tools/ctl/ctl_progress.h \
	tools/ctl/ctl_recover.c \
	tools/ctl/ctl_recovery_file.c tools/ctl/ctl_recovery_file.h \
	tools/ctl/ctl_run.c \
	tools/ctl/ctl_status.c \
	tools/ctl/ctl_vtpm.c \
	tools/ctl/ctl_xen.c

CTL_LIBS = tools/libctl.a tools/libclient.a $(POLICY_LIBS) $(XML_LIBS)

bin_PROGRAMS += tools/vtpmctl
tools_vtpmctl_SOURCES = tools/ctl/ctl_main.c
tools_vtpmctl_LDADD = $(CTL_LIBS)

# The hook of libvirt: a file of its own in both folders, because AppArmor lets libvirtd run no
# other one.
noinst_LIBRARIES += tools/libhook.a
tools_libhook_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(XML_CFLAGS)
tools_libhook_a_SOURCES = \
	tools/hook/hook_vtpm.c tools/hook/hook_vtpm.h \
	tools/hook/hook_xml.c tools/hook/hook_xml.h

HOOK_LIBS = tools/libhook.a tools/libclient.a libvtpm.a $(CRYPTO_LIBS) $(XML_LIBS)

hook_PROGRAMS += tools/vtpmmgr-hook
tools_vtpmmgr_hook_SOURCES = tools/hook/hook_main.c
tools_vtpmmgr_hook_CFLAGS = $(AM_CFLAGS) $(XML_CFLAGS)
tools_vtpmmgr_hook_LDADD = $(HOOK_LIBS)

libxlhookdir = $(sysconfdir)/libvirt/hooks/libxl.d
install-exec-local: tools/vtpmmgr-hook
	$(MKDIR_P) '$(DESTDIR)$(libxlhookdir)'
	$(INSTALL_PROGRAM) tools/vtpmmgr-hook '$(DESTDIR)$(libxlhookdir)/vtpmmgr-hook'
uninstall-local:
	rm -f '$(DESTDIR)$(libxlhookdir)/vtpmmgr-hook'

# For AppArmor's profiles of QEMU, which include it where the administrator says so.
apparmordir = $(sysconfdir)/apparmor.d/abstractions
nodist_apparmor_DATA = tools/apparmor/vtpmmgr-qemu
EXTRA_DIST += tools/apparmor/vtpmmgr-qemu.in
CLEANFILES += tools/apparmor/vtpmmgr-qemu
tools/apparmor/vtpmmgr-qemu: tools/apparmor/vtpmmgr-qemu.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's|[@]runstatedir@|$(runstatedir)|' $(srcdir)/$@.in >$@

# The demo, with the installed programs.
demodir = $(pkgdatadir)/tools
dist_demo_SCRIPTS = tools/demo
dist_demo_DATA = tools/narrate.sh tools/stack.sh

# vtpmmgr-agent, in Xen's hardware domain. Everything but what calls Xen's libraries is built, and
# tried, without Xen.
noinst_LIBRARIES += tools/libagent.a
tools_libagent_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tools_libagent_a_SOURCES = \
	tools/agent/agent.c tools/agent/agent.h \
	tools/agent/agent_admin.c tools/agent/agent_admin.h \
	tools/agent/agent_guest.c tools/agent/agent_guest.h \
	tools/agent/agent_plug.c tools/agent/agent_plug.h \
	tools/agent/agent_options.c tools/agent/agent_options.h \
	tools/agent/agent_ptpm.c tools/agent/agent_ptpm.h \
	tools/agent/agent_ring.c tools/agent/agent_ring.h \
	tools/agent/agent_stub.c tools/agent/agent_stub.h \
	tools/agent/agent_worker.c tools/agent/agent_worker.h \
	tools/agent/domains.c tools/agent/domains.h \
	tools/agent/stub_image.c tools/agent/stub_image.h \
	tools/agent/xenstore.h \
	tools/agent/xsm.c tools/agent/xsm.h

AGENT_LIBS = tools/libagent.a tools/libclient.a libvtpm.a $(CRYPTO_LIBS)

if WITH_XEN
sbin_PROGRAMS += tools/vtpmmgr-agent
tools_vtpmmgr_agent_SOURCES = tools/agent/agent_main.c tools/agent/xenstore.c
tools_vtpmmgr_agent_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(XEN_CFLAGS)
tools_vtpmmgr_agent_LDADD = tools/libagent.a tools/libclient.a libvtpmxen.a libvtpm.a \
	$(CRYPTO_LIBS) $(XEN_LIBS)
dist_man_MANS += doc/man/vtpmmgr-agent.8
nodist_systemd_DATA += tools/systemd/vtpmmgr-agent.service
endif
EXTRA_DIST += tools/systemd/vtpmmgr-agent.service.in tools/xen/manager.cfg tools/xen/stub.cfg tools/xen/guest.cfg
CLEANFILES += tools/systemd/vtpmmgr-agent.service
tools/systemd/vtpmmgr-agent.service: tools/systemd/vtpmmgr-agent.service.in Makefile
	$(make_unit)

# For guests: a TPM 2.0 out of the raw device that Xen's frontend makes.
noinst_LIBRARIES += tools/libbridge.a
tools_libbridge_a_CFLAGS = $(AM_CFLAGS)
tools_libbridge_a_SOURCES = \
	tools/guest/bridge.c tools/guest/bridge.h \
	tools/guest/command.c tools/guest/command.h

sbin_PROGRAMS += tools/vtpm-bridge
tools_vtpm_bridge_SOURCES = tools/guest/bridge_main.c
tools_vtpm_bridge_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tools_vtpm_bridge_LDADD = tools/libbridge.a libvtpm.a $(SECCOMP_LIBS)
dist_man_MANS += doc/man/vtpm-bridge.8
nodist_systemd_DATA += tools/guest/vtpm-bridge@.service
udevdir = $(prefix)/lib/udev/rules.d
dist_udev_DATA = tools/guest/60-vtpm-bridge.rules
EXTRA_DIST += tools/guest/vtpm-bridge@.service.in
CLEANFILES += tools/guest/vtpm-bridge@.service
tools/guest/vtpm-bridge@.service: tools/guest/vtpm-bridge@.service.in Makefile
	$(make_unit)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = tools/completion/vtpmctl
dist_man_MANS += doc/man/vtpmctl.1 doc/man/vtpmmgr-hook.8
EXTRA_DIST += tools/build tools/deps

check_PROGRAMS += tests/unit/test_guest_command
tests_unit_test_guest_command_SOURCES = tests/unit/test_guest_command.c
tests_unit_test_guest_command_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_guest_command_LDADD = tools/libbridge.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_ctl_args
tests_unit_test_ctl_args_SOURCES = tests/unit/test_ctl_args.c
tests_unit_test_ctl_args_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_args_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_audit
tests_unit_test_ctl_audit_SOURCES = tests/unit/test_ctl_audit.c
tests_unit_test_ctl_audit_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_audit_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_domain
tests_unit_test_ctl_domain_SOURCES = tests/unit/test_ctl_domain.c
tests_unit_test_ctl_domain_CFLAGS = $(UNIT_CFLAGS) $(XML_CFLAGS)
tests_unit_test_ctl_domain_LDADD = $(CTL_LIBS) $(HOOK_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_files
tests_unit_test_ctl_files_SOURCES = tests/unit/test_ctl_files.c
tests_unit_test_ctl_files_CFLAGS = $(UNIT_CFLAGS) $(JSONC_CFLAGS)
tests_unit_test_ctl_files_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ctl_host
tests_unit_test_ctl_host_SOURCES = tests/unit/test_ctl_host.c
tests_unit_test_ctl_host_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_ctl_host_LDADD = $(CTL_LIBS) $(CMOCKA_LIBS)

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

check_PROGRAMS += tests/unit/test_hook_xml
tests_unit_test_hook_xml_SOURCES = tests/unit/test_hook_xml.c
tests_unit_test_hook_xml_CFLAGS = $(UNIT_CFLAGS) $(XML_CFLAGS)
tests_unit_test_hook_xml_LDADD = $(HOOK_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_domain
tests_unit_test_domain_SOURCES = tests/unit/test_domain.c
tests_unit_test_domain_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_domain_LDADD = tools/libclient.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_label
tests_unit_test_label_SOURCES = tests/unit/test_label.c
tests_unit_test_label_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_label_LDADD = tools/libclient.a $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_stub
tests_unit_test_stub_SOURCES = tests/unit/test_stub.c
tests_unit_test_stub_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_stub_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_xl
tests_unit_test_xl_SOURCES = tests/unit/test_xl.c
tests_unit_test_xl_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_xl_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
# Their clock goes where the test says.
AGENT_CLOCK = -Wl,--wrap=clock_gettime
check_PROGRAMS += tests/unit/test_agent_roles
tests_unit_test_agent_roles_SOURCES = tests/unit/test_agent_roles.c \
	tests/unit/agent_play.c tests/unit/agent_play.h
tests_unit_test_agent_roles_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_agent_roles_LDFLAGS = $(AM_LDFLAGS) $(AGENT_CLOCK)
tests_unit_test_agent_roles_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
AGENT_SCENE = \
	tests/unit/agent_play.c tests/unit/agent_play.h \
	tests/unit/agent_scene.c tests/unit/agent_scene.h
check_PROGRAMS += tests/unit/test_agent_worker
tests_unit_test_agent_worker_SOURCES = tests/unit/test_agent_worker.c $(AGENT_SCENE)
tests_unit_test_agent_worker_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_agent_worker_LDFLAGS = $(AM_LDFLAGS) $(AGENT_CLOCK)
tests_unit_test_agent_worker_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_agent_again
tests_unit_test_agent_again_SOURCES = tests/unit/test_agent_again.c $(AGENT_SCENE)
tests_unit_test_agent_again_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_agent_again_LDFLAGS = $(AM_LDFLAGS) $(AGENT_CLOCK)
tests_unit_test_agent_again_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_agent_plug
tests_unit_test_agent_plug_SOURCES = tests/unit/test_agent_plug.c $(AGENT_SCENE)
tests_unit_test_agent_plug_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_agent_plug_LDFLAGS = $(AM_LDFLAGS) $(AGENT_CLOCK)
tests_unit_test_agent_plug_LDADD = $(AGENT_LIBS) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_guest_command
tests_fuzz_fuzz_guest_command_SOURCES = tests/fuzz/fuzz_guest_command.c
tests_fuzz_fuzz_guest_command_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_guest_command_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_guest_command_LDADD = tools/libbridge.a libvtpm.a $(CRYPTO_LIBS)
noinst_PROGRAMS += tests/fuzz/fuzz_hook_xml
tests_fuzz_fuzz_hook_xml_SOURCES = tests/fuzz/fuzz_hook_xml.c
tests_fuzz_fuzz_hook_xml_CFLAGS = $(AM_CFLAGS) $(XML_CFLAGS)
tests_fuzz_fuzz_hook_xml_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_hook_xml_LDADD = $(HOOK_LIBS)
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

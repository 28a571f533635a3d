# SPDX-License-Identifier: BSD-3-Clause

# The key keeper: the only program that links ESAPI.
daemon_PROGRAMS += vtpmmgr-keys
vtpmmgr_keys_SOURCES = \
	vtpmmgr/keys/keys.h \
	vtpmmgr/keys/keys_anchor.c vtpmmgr/keys/keys_anchor.h \
	vtpmmgr/keys/keys_broker.c \
	vtpmmgr/keys/keys_budget.c \
	vtpmmgr/keys/keys_commit.c \
	vtpmmgr/keys/keys_derive.c vtpmmgr/keys/keys_derive.h \
	vtpmmgr/keys/keys_finding.c vtpmmgr/keys/keys_finding.h \
	vtpmmgr/keys/keys_gather.c vtpmmgr/keys/keys_gather.h \
	vtpmmgr/keys/keys_libctx.c \
	vtpmmgr/keys/keys_main.c \
	vtpmmgr/keys/keys_open.c \
	vtpmmgr/keys/keys_pick.c vtpmmgr/keys/keys_pick.h \
	vtpmmgr/keys/keys_platform.c \
	vtpmmgr/keys/keys_provision.c vtpmmgr/keys/keys_provision.h \
	vtpmmgr/keys/keys_recover.c \
	vtpmmgr/keys/keys_revoke.c \
	vtpmmgr/keys/keys_seal.c vtpmmgr/keys/keys_seal.h \
	vtpmmgr/keys/keys_tcti.c vtpmmgr/keys/keys_tcti.h \
	vtpmmgr/keys/keys_tpm.c vtpmmgr/keys/keys_tpm.h \
	vtpmmgr/keys/keys_vtpm.c \
	vtpmmgr/keys/keys_wear.c vtpmmgr/keys/keys_wear.h \
	vtpmmgr/keys/keys_worker.c
vtpmmgr_keys_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(ESYS_CFLAGS) $(SECCOMP_CFLAGS)
vtpmmgr_keys_LDADD = libvtpm.a $(ESYS_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

# The same of the next version, which shuts this one out (tests/integration/revoke-older).
noinst_PROGRAMS += tests/integration/vtpmmgr-keys-next
tests_integration_vtpmmgr_keys_next_SOURCES = $(vtpmmgr_keys_SOURCES)
tests_integration_vtpmmgr_keys_next_CFLAGS = $(vtpmmgr_keys_CFLAGS) -DMANAGER_VERSION=2u
tests_integration_vtpmmgr_keys_next_LDADD = $(vtpmmgr_keys_LDADD)

check_PROGRAMS += tests/unit/test_keys_pick
tests_unit_test_keys_pick_SOURCES = tests/unit/test_keys_pick.c vtpmmgr/keys/keys_pick.c \
	vtpmmgr/keys/keys_derive.c
tests_unit_test_keys_pick_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_pick_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keys_finding
tests_unit_test_keys_finding_SOURCES = tests/unit/test_keys_finding.c vtpmmgr/keys/keys_finding.c
tests_unit_test_keys_finding_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_finding_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keys_budget
tests_unit_test_keys_budget_SOURCES = tests/unit/test_keys_budget.c vtpmmgr/keys/keys_budget.c \
	vtpmmgr/keys/keys_wear.c
tests_unit_test_keys_budget_CFLAGS = $(UNIT_CFLAGS) $(ESYS_CFLAGS)
tests_unit_test_keys_budget_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
tests_unit_test_keys_budget_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keys_gather
tests_unit_test_keys_gather_SOURCES = tests/unit/test_keys_gather.c vtpmmgr/keys/keys_gather.c
tests_unit_test_keys_gather_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_gather_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keys_wear
tests_unit_test_keys_wear_SOURCES = tests/unit/test_keys_wear.c vtpmmgr/keys/keys_wear.c
tests_unit_test_keys_wear_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_wear_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_keys_derive
tests_unit_test_keys_derive_SOURCES = tests/unit/test_keys_derive.c vtpmmgr/keys/keys_derive.c
tests_unit_test_keys_derive_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_keys_derive_LDADD = $(UNIT_LIBS)

# The key keeper under a broker and workers that lie (tests/integration/keeper), and on a bus that
# loses commands and answers (keeper-faults, keeper-recover, keeper-revoke), and with an owner who goes at the anchor (keeper-owner).
keeper_play = \
	tests/integration/keeper_authority.c \
	tests/integration/keeper_broker.c \
	tests/integration/keeper_play.c tests/integration/keeper_play.h \
	tests/integration/keeper_raw.c \
	tests/integration/keeper_relay.c tests/integration/keeper_relay.h
noinst_PROGRAMS += tests/integration/keeper_driver tests/integration/keeper_faults \
	tests/integration/keeper_owner tests/integration/keeper_recover tests/integration/keeper_revoke \
	tests/integration/keeper_session tests/integration/keeper_liar \
	tests/integration/liar_session
tests_integration_keeper_driver_SOURCES = tests/integration/keeper_driver.c $(keeper_play)
tests_integration_keeper_driver_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_driver_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_faults_SOURCES = tests/integration/keeper_faults.c $(keeper_play)
tests_integration_keeper_faults_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_faults_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_owner_SOURCES = tests/integration/keeper_owner.c $(keeper_play)
tests_integration_keeper_owner_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_owner_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_session_SOURCES = tests/integration/keeper_session.c $(keeper_play)
tests_integration_keeper_session_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_session_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_recover_SOURCES = tests/integration/keeper_recover.c $(keeper_play)
tests_integration_keeper_recover_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_recover_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_liar_SOURCES = tests/integration/keeper_liar.c \
	tests/integration/liar_worker.c tests/integration/liar_worker.h $(keeper_play)
tests_integration_keeper_liar_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_liar_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_liar_session_SOURCES = tests/integration/liar_session.c \
	tests/integration/liar_worker.c tests/integration/liar_worker.h $(keeper_play)
tests_integration_liar_session_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_liar_session_LDADD = libvtpm.a $(CRYPTO_LIBS)
tests_integration_keeper_revoke_SOURCES = tests/integration/keeper_revoke.c $(keeper_play)
tests_integration_keeper_revoke_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_keeper_revoke_LDADD = libvtpm.a $(CRYPTO_LIBS)

# The manager: supervisor and broker are one executable. It is built in its folder, whose name it
# has.
sbin_PROGRAMS += vtpmmgr/vtpmmgr
broker_sources = \
	vtpmmgr/broker/admin.c vtpmmgr/broker/admin.h \
	vtpmmgr/broker/admin_audit.c \
	vtpmmgr/broker/admin_platform.c \
	vtpmmgr/broker/admin_policy.c \
	vtpmmgr/broker/admin_recover.c \
	vtpmmgr/broker/admin_rules.c vtpmmgr/broker/admin_rules.h \
	vtpmmgr/broker/admin_vtpm.c vtpmmgr/broker/admin_vtpm.h \
	vtpmmgr/broker/audit.c vtpmmgr/broker/audit.h \
	vtpmmgr/backoff.c vtpmmgr/backoff.h \
	vtpmmgr/broker/broker.c vtpmmgr/broker/broker.h \
	vtpmmgr/broker/broker_sandbox.c vtpmmgr/broker/broker_sandbox.h \
	vtpmmgr/broker/commit.c vtpmmgr/broker/commit.h \
	vtpmmgr/image.c vtpmmgr/image.h \
	vtpmmgr/broker/keeper.c vtpmmgr/broker/keeper.h \
	vtpmmgr/broker/life.c vtpmmgr/broker/life.h \
	vtpmmgr/broker/lifecycle.c vtpmmgr/broker/lifecycle.h \
	vtpmmgr/broker/opening.c vtpmmgr/broker/opening.h \
	vtpmmgr/broker/pace.c vtpmmgr/broker/pace.h \
	vtpmmgr/broker/registry.c vtpmmgr/broker/registry.h \
	vtpmmgr/broker/registry_apply.c \
	vtpmmgr/broker/request.c vtpmmgr/broker/request.h \
	vtpmmgr/broker/rules.c vtpmmgr/broker/rules.h \
	vtpmmgr/broker/session.c vtpmmgr/broker/session.h \
	vtpmmgr/broker/store.c vtpmmgr/broker/store.h \
	vtpmmgr/broker/syslog_line.c vtpmmgr/broker/syslog_line.h \
	vtpmmgr/broker/workers.c vtpmmgr/broker/workers.h
vtpmmgr_vtpmmgr_SOURCES = $(broker_sources) \
	vtpmmgr/main.c \
	vtpmmgr/supervisor/notify.c vtpmmgr/supervisor/notify.h \
	vtpmmgr/supervisor/options.c vtpmmgr/supervisor/options.h \
	vtpmmgr/supervisor/pin.c vtpmmgr/supervisor/pin.h \
	vtpmmgr/supervisor/process.c vtpmmgr/supervisor/process.h \
	vtpmmgr/supervisor/programs.c vtpmmgr/supervisor/programs.h \
	vtpmmgr/supervisor/rundir.c vtpmmgr/supervisor/rundir.h \
	vtpmmgr/supervisor/spawner.h \
	vtpmmgr/supervisor/spawner_unix.c vtpmmgr/supervisor/spawner_xen.c \
	vtpmmgr/supervisor/supervisor.c vtpmmgr/supervisor/supervisor.h \
	vtpmmgr/supervisor/supervisor_bearer.c \
	vtpmmgr/supervisor/supervisor_child.c \
	vtpmmgr/supervisor/supervisor_open.c \
	vtpmmgr/supervisor/supervisor_peer.c \
	vtpmmgr/supervisor/supervisor_ptpm.c \
	vtpmmgr/supervisor/supervisor_worker.c
vtpmmgr_vtpmmgr_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
vtpmmgr_vtpmmgr_LDADD = $(POLICY_LIBS) $(SECCOMP_LIBS)

# What carries between the manager and another Xen domain.
vchan_sources = \
	vtpmmgr/vchan/main.c \
	vtpmmgr/vchan/vchan.h \
	vtpmmgr/vchan/vchan_admin.c \
	vtpmmgr/vchan/vchan_ptpm.c \
	vtpmmgr/vchan/vchan_sandbox.c vtpmmgr/vchan/vchan_sandbox.h \
	vtpmmgr/vchan/vchan_worker.c
if WITH_XEN
daemon_PROGRAMS += vtpmmgr-vchan
vtpmmgr_vchan_SOURCES = $(vchan_sources)
vtpmmgr_vchan_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
vtpmmgr_vchan_LDADD = libvtpmxen.a libvtpm.a $(XEN_LIBS) $(CRYPTO_LIBS) $(SECCOMP_LIBS)

# Process 1 of the manager's domain.
daemon_PROGRAMS += vtpmmgr-init
vtpmmgr_init_SOURCES = vtpmmgr/init/init_main.c
vtpmmgr_init_CPPFLAGS = $(AM_CPPFLAGS) -DSBINDIR='"$(sbindir)"'
vtpmmgr_init_LDADD = libvtpm.a
endif

# The same with rings that need no Xen, and who is at their other ends (tests/integration/xen).
noinst_PROGRAMS += tests/integration/vtpmmgr-vchan tests/integration/xen_hub
tests_integration_vtpmmgr_vchan_SOURCES = $(vchan_sources) tests/integration/xen_rings.c \
	tests/integration/xen_hub.h
tests_integration_vtpmmgr_vchan_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_integration_vtpmmgr_vchan_LDADD = libvtpm.a $(CRYPTO_LIBS) $(SECCOMP_LIBS)
tests_integration_xen_hub_SOURCES = tests/integration/xen_hub.c tests/integration/xen_hub.h \
	tests/integration/xen_stub.c
tests_integration_xen_hub_LDADD = tools/libagent.a libvtpm.a $(CRYPTO_LIBS)

dist_man_MANS += doc/man/vtpmmgr.8

# The units start what was installed, wherever that is.
systemddir = $(prefix)/lib/systemd/system
nodist_systemd_DATA = tools/systemd/vtpmmgr.service tools/systemd/ptpm-proxy.service
EXTRA_DIST += tools/systemd/vtpmmgr.service.in tools/systemd/ptpm-proxy.service.in
CLEANFILES += $(nodist_systemd_DATA)
make_unit = $(AM_V_GEN)$(MKDIR_P) $(@D) && sed 's|[@]sbindir@|$(sbindir)|' $(srcdir)/$@.in >$@
tools/systemd/vtpmmgr.service: tools/systemd/vtpmmgr.service.in Makefile
	$(make_unit)
tools/systemd/ptpm-proxy.service: tools/systemd/ptpm-proxy.service.in Makefile
	$(make_unit)

# The manager's modules, each tested alone with what it stands on.
check_PROGRAMS += \
	tests/unit/test_audit \
	tests/unit/test_backoff \
	tests/unit/test_commit \
	tests/unit/test_life \
	tests/unit/test_lifecycle \
	tests/unit/test_pace \
	tests/unit/test_registry \
	tests/unit/test_session \
	tests/unit/test_store
manager_store = vtpmmgr/broker/store.c vtpmmgr/image.c
manager_registry = vtpmmgr/broker/registry.c vtpmmgr/broker/registry_apply.c vtpmmgr/broker/lifecycle.c
tests_unit_test_audit_SOURCES = tests/unit/test_audit.c vtpmmgr/broker/audit.c vtpmmgr/broker/syslog_line.c \
	$(manager_store)
tests_unit_test_audit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_audit_LDADD = $(UNIT_LIBS)
tests_unit_test_backoff_SOURCES = tests/unit/test_backoff.c vtpmmgr/backoff.c
tests_unit_test_backoff_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_backoff_LDADD = $(UNIT_LIBS)
tests_unit_test_commit_SOURCES = tests/unit/test_commit.c vtpmmgr/broker/commit.c $(manager_store) \
	$(manager_registry)
tests_unit_test_commit_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_commit_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fdatasync
tests_unit_test_commit_LDADD = $(UNIT_LIBS)
tests_unit_test_life_SOURCES = tests/unit/test_life.c tests/fuzz/fuzz_broker.c tests/fuzz/fuzz_broker.h \
	$(broker_sources)
tests_unit_test_life_CFLAGS = $(UNIT_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
tests_unit_test_life_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=loop_after
tests_unit_test_life_LDADD = $(UNIT_LIBS) $(POLICY_LIBS) $(SECCOMP_LIBS)
tests_unit_test_lifecycle_SOURCES = tests/unit/test_lifecycle.c vtpmmgr/broker/lifecycle.c
tests_unit_test_lifecycle_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_lifecycle_LDADD = $(UNIT_LIBS)
tests_unit_test_pace_SOURCES = tests/unit/test_pace.c vtpmmgr/broker/pace.c
tests_unit_test_pace_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pace_LDADD = $(UNIT_LIBS)
tests_unit_test_registry_SOURCES = tests/unit/test_registry.c $(manager_registry)
tests_unit_test_registry_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_registry_LDADD = $(UNIT_LIBS)
tests_unit_test_session_SOURCES = tests/unit/test_session.c vtpmmgr/broker/session.c $(manager_store) \
	$(manager_registry)
tests_unit_test_session_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_session_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fdatasync
tests_unit_test_session_LDADD = $(UNIT_LIBS)
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(manager_store)
tests_unit_test_store_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_store_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pwritev,--wrap=fdatasync
tests_unit_test_store_LDADD = $(UNIT_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_admin tests/fuzz/fuzz_store_boot
fuzz_broker_sources = tests/fuzz/fuzz_broker.c tests/fuzz/fuzz_broker.h $(broker_sources)
tests_fuzz_fuzz_admin_SOURCES = tests/fuzz/fuzz_admin.c $(fuzz_broker_sources)
tests_fuzz_fuzz_admin_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
tests_fuzz_fuzz_admin_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_admin_LDADD = $(POLICY_LIBS) $(SECCOMP_LIBS)
tests_fuzz_fuzz_store_boot_SOURCES = tests/fuzz/fuzz_store_boot.c $(fuzz_broker_sources)
tests_fuzz_fuzz_store_boot_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
tests_fuzz_fuzz_store_boot_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_store_boot_LDADD = $(POLICY_LIBS) $(SECCOMP_LIBS)
endif

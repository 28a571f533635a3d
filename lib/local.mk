# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libvtpm.a
libvtpm_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS) $(SECCOMP_CFLAGS)
libvtpm_a_SOURCES = \
	lib/anchor.c lib/anchor.h \
	lib/approval.c lib/approval.h \
	lib/carrier.c lib/carrier.h \
	lib/channel.c lib/channel.h \
	lib/channel_unix.c lib/channel_ops.h \
	lib/child.c lib/child.h \
	lib/cmdline.c lib/cmdline.h \
	lib/codec.h \
	lib/crypt.c lib/crypt.h \
	lib/crypt_aead.c \
	lib/crypt_verify.c \
	lib/early.c lib/early.h \
	lib/err.c lib/err.h \
	lib/field.c lib/field.h \
	lib/finding.c lib/finding.h \
	lib/folder.c lib/folder.h \
	lib/frame.c lib/frame.h \
	lib/freshness.c lib/freshness.h \
	lib/hex.c lib/hex.h \
	lib/isolation.c lib/isolation.h \
	lib/lock.c lib/lock.h \
	lib/log.c lib/log.h \
	lib/loop.c lib/loop.h \
	lib/msg.c lib/msg.h \
	lib/number.c lib/number.h \
	lib/ossl.h \
	lib/pcrs.c lib/pcrs.h \
	lib/proto_admin.c lib/proto_admin.h \
	lib/proto_admin_list.c \
	lib/proto_admin_recover.c \
	lib/proto_agent.c lib/proto_agent.h \
	lib/proto_blob.c lib/proto_blob.h \
	lib/proto_carrier.c lib/proto_carrier.h \
	lib/proto_keys.c lib/proto_keys.h \
	lib/proto_keys_commit.c \
	lib/proto_keys_status.c \
	lib/proto_ptpm.c lib/proto_ptpm.h \
	lib/proto_record.c \
	lib/proto_root.c lib/proto_root.h \
	lib/proto_session.c lib/proto_session.h \
	lib/proto_state.c lib/proto_state.h \
	lib/proto_super.c lib/proto_super.h \
	lib/rbuf.c lib/rbuf.h \
	lib/recovery.c lib/recovery.h \
	lib/sandbox.c lib/sandbox.h \
	lib/secret.c lib/secret.h \
	lib/secret_wipe.c \
	lib/spawn.c lib/spawn.h \
	lib/tpm_cmd.c lib/tpm_cmd.h \
	lib/tpm_name.c lib/tpm_name.h \
	lib/uuid.c lib/uuid.h \
	lib/wbuf.c lib/wbuf.h

# Between Xen domains: linked by vtpmmgr-vchan, vtpmmgr-agent and vtpm-init alone.
if WITH_XEN
noinst_LIBRARIES += libvtpmxen.a
libvtpmxen_a_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
libvtpmxen_a_SOURCES = \
	lib/xen/channel_xen.c lib/xen/channel_xen.h \
	lib/xen/vchan.c lib/xen/vchan.h \
	lib/xen/vchan_node.c lib/xen/vchan_node.h
endif

# Unit tests of the modules above, but proto_*.
check_PROGRAMS += tests/unit/test_buf
tests_unit_test_buf_SOURCES = tests/unit/test_buf.c
tests_unit_test_buf_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_buf_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_err
tests_unit_test_err_SOURCES = tests/unit/test_err.c
tests_unit_test_err_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_err_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_freshness
tests_unit_test_freshness_SOURCES = tests/unit/test_freshness.c
tests_unit_test_freshness_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_freshness_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_child
tests_unit_test_child_SOURCES = tests/unit/test_child.c
tests_unit_test_child_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_child_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_cmdline
tests_unit_test_cmdline_SOURCES = tests/unit/test_cmdline.c
tests_unit_test_cmdline_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_cmdline_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_folder
tests_unit_test_folder_SOURCES = tests/unit/test_folder.c
tests_unit_test_folder_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_folder_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_hex
tests_unit_test_hex_SOURCES = tests/unit/test_hex.c
tests_unit_test_hex_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_hex_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_log
tests_unit_test_log_SOURCES = tests/unit/test_log.c
tests_unit_test_log_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_log_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_secret
tests_unit_test_secret_SOURCES = tests/unit/test_secret.c
tests_unit_test_secret_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_secret_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_crypt
tests_unit_test_crypt_SOURCES = tests/unit/test_crypt.c
tests_unit_test_crypt_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_crypt_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_loop
tests_unit_test_loop_SOURCES = tests/unit/test_loop.c
tests_unit_test_loop_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_loop_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_gettime
tests_unit_test_loop_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_msg
tests_unit_test_msg_SOURCES = tests/unit/test_msg.c
tests_unit_test_msg_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_msg_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_channel
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c
tests_unit_test_channel_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_channel_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_channel_parts
tests_unit_test_channel_parts_SOURCES = tests/unit/test_channel_parts.c
tests_unit_test_channel_parts_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_channel_parts_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_channel_unix
tests_unit_test_channel_unix_SOURCES = tests/unit/test_channel_unix.c
tests_unit_test_channel_unix_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_channel_unix_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_carrier
tests_unit_test_carrier_SOURCES = tests/unit/test_carrier.c tests/unit/carrier_scene.c tests/unit/carrier_scene.h
tests_unit_test_carrier_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_carrier_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_carrier_peer
tests_unit_test_carrier_peer_SOURCES = tests/unit/test_carrier_peer.c tests/unit/carrier_scene.c tests/unit/carrier_scene.h
tests_unit_test_carrier_peer_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_carrier_peer_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_vchan_node
tests_unit_test_vchan_node_SOURCES = tests/unit/test_vchan_node.c \
	lib/xen/vchan_node.c lib/xen/vchan_node.h
tests_unit_test_vchan_node_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_vchan_node_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_spawn
tests_unit_test_spawn_SOURCES = tests/unit/test_spawn.c
tests_unit_test_spawn_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_spawn_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_tpm_cmd
tests_unit_test_tpm_cmd_SOURCES = tests/unit/test_tpm_cmd.c
tests_unit_test_tpm_cmd_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_tpm_cmd_LDADD = $(UNIT_LIBS)

# Fuzz targets of the modules above, but proto_*.
if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_msg
tests_fuzz_fuzz_msg_SOURCES = tests/fuzz/fuzz_msg.c
tests_fuzz_fuzz_msg_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_msg_LDADD = libvtpm.a $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_rbuf
tests_fuzz_fuzz_rbuf_SOURCES = tests/fuzz/fuzz_rbuf.c
tests_fuzz_fuzz_rbuf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_rbuf_LDADD = libvtpm.a $(CRYPTO_LIBS)

noinst_PROGRAMS += tests/fuzz/fuzz_vchan_node
tests_fuzz_fuzz_vchan_node_SOURCES = tests/fuzz/fuzz_vchan_node.c \
	lib/xen/vchan_node.c lib/xen/vchan_node.h
tests_fuzz_fuzz_vchan_node_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_vchan_node_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

noinst_PROGRAMS += tests/fuzz/fuzz_tpm_cmd
tests_fuzz_fuzz_tpm_cmd_SOURCES = tests/fuzz/fuzz_tpm_cmd.c
tests_fuzz_fuzz_tpm_cmd_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_tpm_cmd_LDADD = libvtpm.a $(CRYPTO_LIBS)
endif

# Tests of the codecs: a sample of every message, and what each decoder owes (tests/codecs).
noinst_LIBRARIES += tests/codecs/libcodecs.a
tests_codecs_libcodecs_a_SOURCES = \
	tests/codecs/admin.c \
	tests/codecs/agent.c \
	tests/codecs/blob.c \
	tests/codecs/carrier.c \
	tests/codecs/codecs.c tests/codecs/codecs.h \
	tests/codecs/keys.c \
	tests/codecs/root.c \
	tests/codecs/samples.h \
	tests/codecs/state.c \
	tests/codecs/super.c

noinst_PROGRAMS += tests/codecs/seeds
tests_codecs_seeds_SOURCES = tests/codecs/seeds.c
tests_codecs_seeds_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)

# Prints our Names and policy digests for tests/integration/approval.
noinst_PROGRAMS += tests/integration/approval_print
tests_integration_approval_print_SOURCES = tests/integration/approval_print.c
tests_integration_approval_print_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_integration_approval_print_LDADD = libvtpm.a $(CRYPTO_LIBS)

check_PROGRAMS += tests/unit/test_approval
tests_unit_test_approval_SOURCES = tests/unit/test_approval.c
tests_unit_test_approval_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_approval_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_number
tests_unit_test_number_SOURCES = tests/unit/test_number.c
tests_unit_test_number_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_number_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_pcrs
tests_unit_test_pcrs_SOURCES = tests/unit/test_pcrs.c
tests_unit_test_pcrs_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_pcrs_LDADD = $(UNIT_LIBS)

check_PROGRAMS += tests/unit/test_proto_root
tests_unit_test_proto_root_SOURCES = tests/unit/test_proto_root.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_root_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_root_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_super
tests_unit_test_proto_super_SOURCES = tests/unit/test_proto_super.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_super_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_super_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_state
tests_unit_test_proto_state_SOURCES = tests/unit/test_proto_state.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_state_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_state_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_blob
tests_unit_test_proto_blob_SOURCES = tests/unit/test_proto_blob.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_blob_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_blob_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_keys
tests_unit_test_proto_keys_SOURCES = tests/unit/test_proto_keys.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_keys_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_keys_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_admin
tests_unit_test_proto_admin_SOURCES = tests/unit/test_proto_admin.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_admin_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_admin_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_carrier
tests_unit_test_proto_carrier_SOURCES = tests/unit/test_proto_carrier.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_carrier_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_carrier_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)
check_PROGRAMS += tests/unit/test_proto_agent
tests_unit_test_proto_agent_SOURCES = tests/unit/test_proto_agent.c tests/codecs/check.c tests/codecs/check.h
tests_unit_test_proto_agent_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_proto_agent_LDADD = tests/codecs/libcodecs.a $(UNIT_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_proto_root tests/fuzz/fuzz_proto_super tests/fuzz/fuzz_proto_state \
	tests/fuzz/fuzz_proto_blob tests/fuzz/fuzz_proto_keys tests/fuzz/fuzz_proto_admin \
	tests/fuzz/fuzz_proto_carrier tests/fuzz/fuzz_proto_agent
tests_fuzz_fuzz_proto_root_SOURCES = tests/fuzz/fuzz_proto_root.c
tests_fuzz_fuzz_proto_root_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_root_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_super_SOURCES = tests/fuzz/fuzz_proto_super.c
tests_fuzz_fuzz_proto_super_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_super_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_state_SOURCES = tests/fuzz/fuzz_proto_state.c
tests_fuzz_fuzz_proto_state_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_state_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_blob_SOURCES = tests/fuzz/fuzz_proto_blob.c
tests_fuzz_fuzz_proto_blob_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_blob_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_keys_SOURCES = tests/fuzz/fuzz_proto_keys.c
tests_fuzz_fuzz_proto_keys_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_keys_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_admin_SOURCES = tests/fuzz/fuzz_proto_admin.c
tests_fuzz_fuzz_proto_admin_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_admin_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_carrier_SOURCES = tests/fuzz/fuzz_proto_carrier.c
tests_fuzz_fuzz_proto_carrier_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_carrier_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
tests_fuzz_fuzz_proto_agent_SOURCES = tests/fuzz/fuzz_proto_agent.c
tests_fuzz_fuzz_proto_agent_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_proto_agent_LDADD = tests/codecs/libcodecs.a libvtpm.a $(CRYPTO_LIBS)
endif

# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libvtpm.a
libvtpm_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libvtpm_a_SOURCES = \
	lib/child.c lib/child.h \
	lib/channel.c lib/channel.h \
	lib/channel_unix.c lib/channel_ops.h \
	lib/crypt.c lib/crypt.h \
	lib/crypt_aead.c \
	lib/crypt_verify.c \
	lib/err.c lib/err.h \
	lib/log.c lib/log.h \
	lib/loop.c lib/loop.h \
	lib/msg.c lib/msg.h \
	lib/field.c lib/field.h \
	lib/frame.c lib/frame.h \
	lib/ossl.h \
	lib/proto_admin.c lib/proto_admin.h \
	lib/proto_admin_list.c \
	lib/proto_blob.c lib/proto_blob.h \
	lib/proto_keys.c lib/proto_keys.h \
	lib/proto_keys_commit.c \
	lib/proto_keys_status.c \
	lib/proto_ptpm.c lib/proto_ptpm.h \
	lib/proto_record.c \
	lib/proto_root.c lib/proto_root.h \
	lib/proto_state.c lib/proto_state.h \
	lib/proto_super.c lib/proto_super.h \
	lib/rbuf.c lib/rbuf.h \
	lib/secret.c lib/secret.h \
	lib/wbuf.c lib/wbuf.h

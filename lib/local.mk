# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libvtpm.a
libvtpm_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libvtpm_a_SOURCES = \
	lib/child.c lib/child.h \
	lib/err.c lib/err.h \
	lib/field.c lib/field.h \
	lib/frame.c lib/frame.h \
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
	lib/wbuf.c lib/wbuf.h

# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libvtpm.a
libvtpm_a_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
libvtpm_a_SOURCES = \
	lib/child.c lib/child.h \
	lib/err.c lib/err.h \
	lib/rbuf.c lib/rbuf.h \
	lib/wbuf.c lib/wbuf.h

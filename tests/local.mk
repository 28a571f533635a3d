# SPDX-License-Identifier: BSD-3-Clause
# All of it: scripts, corpora, models and data lie beside what is compiled. As an EXTRA_DIST the
# folder would come from the build tree as well, with programs in it.
EXTRA_DIST += .ci .clang-format
dist-hook:
	tar -C $(srcdir) --exclude=__pycache__ -cf - tests | tar -C $(distdir) -xf -

# For tests/run, which runs them one by one.
print-unit-tests:
	@echo $(check_PROGRAMS)
print-programs:
	@echo $(noinst_PROGRAMS)
print-installed:
	@echo $(bin_PROGRAMS) $(sbin_PROGRAMS) $(daemon_PROGRAMS) $(hook_PROGRAMS)
.PHONY: print-unit-tests print-programs print-installed

noinst_PROGRAMS += tests/bench/bench_socket tests/bench/bench_floor tests/bench/bench_fsync \
	tests/bench/bench_relay tests/bench/bench_device tests/bench/bench_hops \
	tests/bench/bench_stamp
tests_bench_bench_socket_SOURCES = tests/bench/bench_socket.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_socket_LDADD = libvtpm.a
tests_bench_bench_floor_SOURCES = tests/bench/bench_floor.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_floor_CFLAGS = $(AM_CFLAGS) $(TPMS_CFLAGS)
tests_bench_bench_floor_LDADD = libvtpm.a $(TPMS_LIBS)
tests_bench_bench_fsync_SOURCES = tests/bench/bench_fsync.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_fsync_LDADD = libvtpm.a
tests_bench_bench_relay_SOURCES = tests/bench/bench_relay.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_relay_LDADD = libvtpm.a
tests_bench_bench_stamp_SOURCES = tests/bench/bench_stamp.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_stamp_LDADD = libvtpm.a
tests_bench_bench_device_SOURCES = tests/bench/bench_device.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_device_LDADD = libvtpm.a
if !SANITIZERS
tests_bench_bench_device_LDFLAGS = $(AM_LDFLAGS) -static -no-pie
endif
tests_bench_bench_hops_SOURCES = tests/bench/bench_hops.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h
tests_bench_bench_hops_LDADD = libvtpm.a

# Both ends of a channel between domains, and a client that breaks its rules (tests/xen).
if WITH_XEN
noinst_PROGRAMS += tests/xen/prog/vchan_echo
tests_xen_prog_vchan_echo_SOURCES = tests/xen/prog/vchan_echo.c
tests_xen_prog_vchan_echo_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_xen_prog_vchan_echo_LDADD = libvtpmxen.a libvtpm.a $(XEN_LIBS) $(CRYPTO_LIBS)

# Who reaches whom, past xenstore and every library.
noinst_PROGRAMS += tests/xen/prog/flask_probe
tests_xen_prog_flask_probe_SOURCES = tests/xen/prog/flask_probe.c

# A frontend in a guest that speaks to its vTPM's backend badly.
noinst_PROGRAMS += tests/xen/prog/tpmif_hostile
tests_xen_prog_tpmif_hostile_SOURCES = tests/xen/prog/tpmif_hostile.c \
	tests/xen/prog/tpmif_frontend.c tests/xen/prog/tpmif_frontend.h
tests_xen_prog_tpmif_hostile_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_xen_prog_tpmif_hostile_LDADD = $(XEN_LIBS)

# One that waits for events, and times them.
noinst_PROGRAMS += tests/bench/bench_tpmif
tests_bench_bench_tpmif_SOURCES = tests/bench/bench_tpmif.c tests/bench/bench_tpm.c \
	tests/bench/bench_tpm.h tests/xen/prog/tpmif_frontend.c tests/xen/prog/tpmif_frontend.h
tests_bench_bench_tpmif_CFLAGS = $(AM_CFLAGS) $(XEN_CFLAGS)
tests_bench_bench_tpmif_LDADD = libvtpm.a $(XEN_LIBS)
endif

# Faults at every boundary: the tracer that makes them happen, and what drives it.
noinst_PROGRAMS += tests/faults/tracer
tests_faults_tracer_SOURCES = tests/faults/tracer.c \
	tests/faults/trace.c tests/faults/trace.h \
	tests/faults/inject.c tests/faults/inject.h \
	tests/faults/medium.c tests/faults/medium.h \
	tests/faults/tracee.c tests/faults/tracee.h
tests_faults_tracer_LDADD = libvtpm.a $(CRYPTO_LIBS)

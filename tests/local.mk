# SPDX-License-Identifier: BSD-3-Clause
EXTRA_DIST += .ci/run tools/build tools/deps tests/run tests/runner.sh \
	tests/model/run tests/model/strict.pml tests/model/session.pml tests/model/history.pml \
	tests/model/keys.pml tests/model/store.pml tests/model/broker.pml tests/model/fate.pml \
	tests/qemu tests/libvirt

# For tests/run, which runs them one by one.
print-unit-tests:
	@echo $(check_PROGRAMS)
print-programs:
	@echo $(noinst_PROGRAMS)
print-installed:
	@echo $(bin_PROGRAMS) $(sbin_PROGRAMS) $(daemon_PROGRAMS) $(hook_PROGRAMS)
.PHONY: print-unit-tests print-programs print-installed

noinst_PROGRAMS += tests/bench/bench_socket tests/bench/bench_floor tests/bench/bench_fsync \
	tests/bench/bench_relay
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

# Faults at every boundary: the tracer that makes them happen, and what drives it.
noinst_PROGRAMS += tests/faults/tracer
tests_faults_tracer_SOURCES = tests/faults/tracer.c \
	tests/faults/trace.c tests/faults/trace.h \
	tests/faults/inject.c tests/faults/inject.h \
	tests/faults/medium.c tests/faults/medium.h \
	tests/faults/tracee.c tests/faults/tracee.h
tests_faults_tracer_LDADD = libvtpm.a $(CRYPTO_LIBS)
EXTRA_DIST += tests/faults/run tests/faults/policy.json tests/faults/catalog.py \
	tests/faults/guest.py tests/faults/lane.py tests/faults/selftest.py tests/faults/stack.py

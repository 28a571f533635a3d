# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libpolicy.a
libpolicy_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS)
libpolicy_a_SOURCES = \
	policy/decision.c policy/decision.h \
	policy/field.c policy/field.h \
	policy/jsondoc.c policy/jsondoc.h \
	policy/jsonscan.c policy/jsonscan.h \
	policy/model.c policy/model.h \
	policy/p256.c policy/p256.h \
	policy/policy.h \
	policy/policy_decide.c \
	policy/policy_facts.c \
	policy/policy_freshness.c policy/policy_freshness.h \
	policy/policy_parse.c \
	policy/policy_rules.c policy/policy_rules.h

# What a user of libpolicy.a links beside it.
POLICY_LIBS = libpolicy.a libvtpm.a $(JSONC_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += \
	tests/unit/test_policy_decide tests/unit/test_policy_facts tests/unit/test_policy_parse \
	tests/unit/test_policy_property
tests_unit_test_policy_decide_SOURCES = tests/unit/test_policy_decide.c
tests_unit_test_policy_decide_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_decide_LDADD = $(POLICY_LIBS) $(CMOCKA_LIBS)
tests_unit_test_policy_facts_SOURCES = tests/unit/test_policy_facts.c \
	tests/unit/policy_file.c tests/unit/policy_file.h
tests_unit_test_policy_facts_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_facts_LDADD = $(POLICY_LIBS) $(CMOCKA_LIBS)
tests_unit_test_policy_parse_SOURCES = tests/unit/test_policy_parse.c \
	tests/unit/policy_file.c tests/unit/policy_file.h
tests_unit_test_policy_parse_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_parse_LDADD = $(POLICY_LIBS) $(CMOCKA_LIBS)
tests_unit_test_policy_property_SOURCES = tests/unit/test_policy_property.c
tests_unit_test_policy_property_CFLAGS = $(UNIT_CFLAGS)
tests_unit_test_policy_property_LDADD = $(POLICY_LIBS) $(CMOCKA_LIBS)

if FUZZERS
noinst_PROGRAMS += tests/fuzz/fuzz_policy
tests_fuzz_fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c
tests_fuzz_fuzz_policy_CFLAGS = $(AM_CFLAGS)
tests_fuzz_fuzz_policy_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_policy_LDADD = $(POLICY_LIBS)
endif

policydir = $(pkgdatadir)/policy
policyexamplesdir = $(policydir)/examples
dist_policy_DATA = policy/policy.schema.json
dist_policyexamples_DATA = \
	policy/examples/bank-health.json \
	policy/examples/byod.json \
	policy/examples/car.json \
	policy/examples/phone.json \
	policy/examples/single.json
dist_man_MANS += doc/man/vtpmmgr-policy.5

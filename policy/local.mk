# SPDX-License-Identifier: BSD-3-Clause
noinst_LIBRARIES += libpolicy.a
libpolicy_a_CFLAGS = $(AM_CFLAGS) $(JSONC_CFLAGS) $(CRYPTO_CFLAGS)
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
	policy/policy_parse.c \
	policy/policy_rules.c policy/policy_rules.h

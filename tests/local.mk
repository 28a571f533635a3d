# SPDX-License-Identifier: BSD-3-Clause
EXTRA_DIST += .ci/run tools/build tools/deps tests/run tests/runner.sh

# For tests/run, which runs them one by one.
print-unit-tests:
	@echo $(check_PROGRAMS)
print-programs:
	@echo $(noinst_PROGRAMS)
.PHONY: print-unit-tests print-programs

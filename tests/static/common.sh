# SPDX-License-Identifier: BSD-3-Clause
# common: sourced by the checks of this folder. Each takes the build directory as its argument or
# in BUILD, prints one line a check and fails if one of them failed. A tool that is not there is
# a failure: a check that did not run has shown nothing.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-${BUILD:-}}
[ -z "$build" ] || build=$(cd "$build" && pwd)
failures=0
cd "$top" || exit 1

ok() {
	echo "ok $*"
}

fail() {
	echo "FAIL $*"
	failures=$((failures + 1))
}

finish() {
	[ "$failures" -eq 0 ]
	exit
}

need() {
	local tool
	for tool in "$@"; do
		command -v "$tool" >/dev/null || {
			fail "$tool is not installed"
			finish
		}
	done
}

need_build() {
	[ -n "$build" ] && [ -f "$build/Makefile" ] && return
	fail "no build directory: name it as the argument or in BUILD"
	finish
}

# verdict NAME FINDINGS: ok if there are none, else all of them.
verdict() {
	if [ -z "$2" ]; then
		ok "$1"
	else
		fail "$1"
		printf '%s\n' "$2"
	fi
}

# tracked [PATTERN...]: files under version control that are there.
tracked() {
	local file
	git ls-files -- "$@" | while IFS= read -r file; do
		[ ! -f "$file" ] || echo "$file"
	done
}

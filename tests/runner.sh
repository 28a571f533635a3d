# SPDX-License-Identifier: BSD-3-Clause
# runner: how tests/run builds, finds and runs tests. Sourced by it; uses its $top, $build, $logs,
# and counts in $passed and $failed.
#
# RUN_JOBS tests run at a time, whatever suites they are of: the last ones of a suite do not hold up
# the next.

RUN_JOBS=${RUN_JOBS:-2}
at_once=$RUN_JOBS
declare -A built
started=0
verdicts=$logs/verdicts
exec 3>&1 # where the lines of tests go, whoever's output is taken

# build_tree NAME [configure argument...]: an out-of-tree build in $build/NAME, once.
build_tree() {
	local name=$1 start=$EPOCHREALTIME
	[ -z "${built[$name]:-}" ] || return 0
	shift
	if "$top/tools/build" "$build/$name" "$@"; then
		echo "built $name ($(seconds_since "$start") s)"
		built[$name]=yes
		return 0
	fi
	echo "FAIL build of $name"
	return 1
}

# Every executable in a folder; what has an extension is data or a library.
executables() {
	find "$1" -maxdepth 1 -type f -executable ! -name '*.*' 2>/dev/null | sort
}

unit_tests() {
	local name
	for name in $(make -s -C "$build/$1" print-unit-tests | tail -n 1); do
		echo "$build/$1/$name"
	done
}

fuzz_targets() {
	local name
	for name in $(make -s -C "$build/$1" print-programs | tail -n 1); do
		case "$name" in
		tests/fuzz/*) echo "$build/$1/$name" ;;
		esac
	done
}

seconds_since() {
	local us=$(((${EPOCHREALTIME/./} - ${1/./}) / 100000))
	echo "$((us / 10)).$((us % 10))"
}

# each SUITE LIMIT TEST...: runs them beside one another.
each() {
	local suite=$1 limit=$2 test
	shift 2
	for test in "${@:-}"; do
		in_turn "$suite" "$limit" $test
	done
}

# in_turn SUITE LIMIT TEST...: runs them one after the other, beside those of other suites. None at
# all is a failure.
in_turn() {
	local suite=$1 limit=$2 test chosen=()
	shift 2
	if [ $# -eq 0 ]; then
		echo "FAIL $suite has no tests"
		failed=$((failed + 1))
	fi
	for test in "$@"; do
		[[ "$(basename "$test")" != ${ONLY:-*} ]] || chosen+=("$test")
	done
	[ ${#chosen[@]} -gt 0 ] || return 0
	started=$((started + ${#chosen[@]}))
	# Counted anew each time: wait -n has been seen to return for a job that had ended long before.
	while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do wait -n; done
	for test in "${chosen[@]}"; do
		one "$suite" "$limit" "$test" && echo ok || echo failed
	done >>"$verdicts" &
}

# crowded COMMAND...: its tests leave the processors idle; twice as many of them run.
crowded() {
	local at_once=$((RUN_JOBS * 2))
	"$@"
}

# Waits for all of them, and counts.
settle() {
	wait
	passed=$(grep -c ok "$verdicts")
	failed=$((failed + started - passed)) # a test without a verdict has not passed
}

# one SUITE LIMIT TEST: runs it with a private TMP and its log, prints its line.
one() {
	local suite=$1 limit=$2 test=$3 name log start=$EPOCHREALTIME rc private
	name=$suite/$(basename "$test")
	log=$logs/$name.log
	mkdir -p "$(dirname "$log")"
	limit=$(own_limit "$test" "$limit")
	private=$(mktemp -d "${TMPDIR:-/tmp}/vtpmmgr-test.XXXXXX")
	chmod 711 "$private"
	contained env TOP="$top" BUILD="${BUILD:-}" TMP="$private" CORPUS="$build/corpus" \
		timeout --kill-after=20 "$limit" $(arguments "$suite" "$test") >"$log" 2>&1 </dev/null
	rc=$?
	rm -rf "$private"
	# One write each, so that tests that run at once do not mix their lines.
	if [ "$rc" -eq 0 ]; then
		echo "ok $name ($(seconds_since "$start") s)$(figures "$test" "$log")" >&3
		return 0
	fi
	echo "FAIL $name ($(seconds_since "$start") s, $(verdict "$rc" "$limit"), $log)
$(excerpt "$log" | sed 's/^/  | /')$(figures "$test" "$log")" >&3
	return 1
}

# "# figures: PATTERN": lines of its log that say what the result is worth.
figures() {
	local pattern
	pattern=$(says "$1" figures)
	[ -z "$pattern" ] || printf '\n%s' "$(grep -E "$pattern" "$2" | sed 's/^/  /')"
}

# What failed, where the test says so itself, and how the log ends.
excerpt() {
	grep -E -A4 '^(not ok|FAIL)' "$1" | head -n 20
	tail -n 20 "$1"
}

verdict() {
	case "$1" in
	124 | 137) echo "over its limit of $2 s" ;;
	*) echo "exit $1" ;;
	esac
}

# What a script says of itself in a comment, "# KEY: VALUE".
says() {
	head -c 2000 "$1" | tr -d '\0' | sed -n "s/^# $2: //p"
}

# "# limit: SECONDS": it needs longer than others.
own_limit() {
	local own
	own=$(says "$1" limit)
	[ "${own:-0}" -gt "$2" ] || own=$2
	echo "$own"
}

# made_for BUILD: of the tests on standard input, those that are to run with it. "# build: plain" says
# that a test is about times, "# build: sanitizers" that it is about bytes; where a test and its like in
# class session are long, each has one of the two. What is short is worth both.
made_for() {
	local test
	while read -r test; do
		case "$(says "$test" build)" in
		'' | "$1") echo "$test" ;;
		esac
	done
}

# The command line of a test: a fuzz target gets its corpus, all others nothing.
arguments() {
	local target=${2##*/fuzz_}
	if [ "$1" != fuzz ]; then
		echo "$2"
		return
	fi
	mkdir -p "$build/corpus/$target"
	echo "$2 -max_total_time=${FUZZ_SECONDS:-5} -rss_limit_mb=2048 -timeout=10" \
		"-print_final_stats=1 -verbosity=1 -artifact_prefix=$logs/fuzz/$target-" \
		"$build/corpus/$target $(corpus "$target")"
}

corpus() {
	[ -d "$top/tests/fuzz/corpus/$1" ] && echo "$top/tests/fuzz/corpus/$1"
}

# In process and mount namespaces of its own where we may, so that nothing outlives a test.
contained() {
	if unshare --pid --mount --fork true 2>/dev/null; then
		unshare --pid --mount --fork --kill-child --mount-proc "$@"
	else
		"$@"
	fi
}

# SPDX-License-Identifier: BSD-3-Clause
# runner: how tests/run builds, finds and runs tests. Sourced by it; uses its $top, $build, $logs,
# and counts in $passed and $failed.

INTEGRATION_JOBS=${INTEGRATION_JOBS:-2}
exec 3>&1 # where the lines of tests go, whoever's output is taken

# build_tree NAME [configure argument...]: an out-of-tree build in $build/NAME.
build_tree() {
	local name=$1 start=$EPOCHREALTIME
	shift
	if "$top/tools/build" "$build/$name" "$@"; then
		echo "built $name ($(seconds_since "$start") s)"
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

# each JOBS SUITE LIMIT TEST...: runs tests, JOBS at a time, and counts. None at all is a failure.
each() {
	local jobs=$1 suite=$2 limit=$3 started=0 held test
	local verdicts=$logs/$suite.verdicts
	shift 3
	mkdir -p "$(dirname "$verdicts")"
	: >"$verdicts"
	for test in "$@"; do
		[[ "$(basename "$test")" == ${ONLY:-*} ]] || continue
		# Counted anew each time: wait -n has been seen to return for a job of the suite before.
		while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
		(one "$suite" "$limit" "$test" && echo ok || echo failed) >>"$verdicts" &
		started=$((started + 1))
	done
	wait
	held=$(grep -c ok "$verdicts")
	passed=$((passed + held))
	failed=$((failed + started - held)) # a test without a verdict has not passed
	[ "$started" -gt 0 ] || [ -n "${ONLY:-}" ] || {
		echo "FAIL $suite has no tests"
		failed=$((failed + 1))
	}
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
	if [ "$rc" -eq 0 ]; then
		echo "ok $name ($(seconds_since "$start") s)" >&3
		return 0
	fi
	# One write, so that tests that run at once do not mix their lines.
	echo "FAIL $name ($(seconds_since "$start") s, $(verdict "$rc" "$limit"), $log)
$(excerpt "$log" | sed 's/^/  | /')" >&3
	return 1
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
# that a test is about times, "# build: sanitizers" that it is about bytes; most are worth both.
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

# SPDX-License-Identifier: BSD-3-Clause
# commands: what one client waits for, and what its commands ask of pTPM and disk. Sourced by run.

# latency NAME: of a vTPM.
latency() {
	must vtpmctl start "$1"
	"$bench/bench_socket" latency "$count" "$(vtpm_path "$1")" || exit 1
	must vtpmctl stop "$1"
}

# Beside swtpm and libtpms in process; the anchor's part of a durable command apart, as the relay
# sees it: without the relay, which is two more processes' turns, when vtpmmgr itself is timed.
commands() {
	local ptpm
	heading "Microseconds a command, p50 (p99), one client, $count calls, $writers vTPMs in the store"
	need strict "$writers"
	must swtpm_start a
	"$bench/bench_socket" latency "$count" "$RUN/swtpm/a.sock" >"$DIR/t.swtpm" || exit 1
	stack_end swtpm-a
	"$bench/bench_floor" "$count" >"$DIR/t.floor" || exit 1
	must vtpmctl start strict0
	relay_forget
	writes_of "$count" "$(vtpm_path strict0)" >"$DIR/t.relay" || exit 1
	read -r _ ptpm _ _ <<<"$(relay_times 136)"
	manager_again "$RUN/ptpm"
	latency strict0 >"$DIR/t.strict"
	need session 1
	latency session0 >"$DIR/t.session"
	manager_again
	paste -d' ' "$DIR"/t.{floor,swtpm,strict,session} | awk -v ptpm="$ptpm" '
		BEGIN { printf "%-15s %18s %18s %18s %12s %12s %18s %9s\n", "", "libtpms in process",
			"swtpm", "vtpmmgr", "of it anchor", "rest : swtpm", "class session", ": swtpm" }
		{ apart = $1 ~ /^NV_/ ? ptpm : 0
		  printf "%-15s %9.1f (%6.1f) %9.1f (%6.1f) %9.1f (%6.1f) %12.1f %12.2f %9.1f (%6.1f) %9.2f\n",
			$1, $2, $3, $5, $6, $8, $9, apart, ($8 - apart) / $5, $11, $12, $11 / $5 }'
}

# asked: pTPM commands, NV_Extends and fdatasyncs so far.
asked() {
	figure '"\(.keys.ptpm_commands) \(.keys.extends) \(.store.fsyncs)"'
}

# asks WHAT TIMES COMMAND...: what it asked for, each time of those that it did it.
asks() {
	local what=$1 times=$2 before
	shift 2
	before=$(asked)
	"$@" >/dev/null || exit 1
	echo "$before $(asked)" | awk -v what="$what" -v n="$times" '{
		printf "%-44s %14.2f %12.2f %12.2f\n", what, ($4 - $1) / n, ($5 - $2) / n, ($6 - $3) / n }'
}

writes_of() {
	"$bench/bench_socket" writers "$1" 0 "${@:2}"
}

# Counted, not timed; a vTPM of each class.
counted() {
	local class name path
	heading "Counted: what is asked of the pTPM and of the disk"
	printf '%-44s %14s %12s %12s\n' "" "pTPM commands" "NV_Extends" "fdatasyncs"
	for class in "${classes[@]}"; do
		need "$class" 1
		name=${class}0
		asks "$class: a start" 1 vtpmctl start "$name"
		path=$(vtpm_path "$name")
		writes_of 1 "$path" >/dev/null # the NV index is there from now on
		asks "$class: GetRandom" 1 "$bench/bench_socket" answer "$path"
		asks "$class: NV_Write, one writer" 50 writes_of 50 "$path"
		asks "$class: a stop" 1 vtpmctl stop "$name"
	done
}

# SPDX-License-Identifier: BSD-3-Clause
# starts: how long until a vTPM answers, alone, in a crowd and after a crash; memory. Sourced by run.

starts() {
	local what
	heading "Milliseconds from the start to the first answer, median of 5"
	printf '%-12s %10s %10s\n' "" swtpm vtpmmgr
	for what in fresh existing; do
		printf '%-12s %10s %10s\n' "$what" "$(start_swtpm "$what")" "$(start_vtpm "$what")"
	done
}

median_ms() {
	sort -n | awk '{ v[NR] = $1 } END { printf "%.1f\n", v[int((NR + 1) / 2)] / 1000 }'
}

start_swtpm() {
	local i
	for i in 1 2 3 4 5; do
		[ "$1" = existing ] || rm -rf "$DIR/swtpm/s"
		rm -f "$RUN/swtpm/s.sock"
		"$bench/bench_socket" start "$RUN/swtpm/s.sock" $(swtpm_command s) 2>/dev/null
		swtpm_kill s
	done | median_ms
}

start_vtpm() {
	local i
	for i in 1 2 3 4 5; do
		[ "$1" = existing ] || vtpm_create "f$i"
		"$bench/bench_socket" start "$(vtpm_path "f$i")" "$VTPMCTL" \
			--socket "$RUN/admin" start "f$i"
		must within 60 running "f$i"
		must vtpmctl stop "f$i"
	done | median_ms
}

running() {
	vtpmctl show "$1" --json | jq -e '.state == "running"'
}

# The proportional memory, in KiB, of processes and all their descendants.
pss() {
	local pid sum=0 own
	for pid in "$@"; do
		own=$(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")
		sum=$((sum + own + $(pss $(pgrep -P "$pid"))))
	done
	echo "$sum"
}

mib() {
	awk -v kib="$1" 'BEGIN { printf "%.1f", kib / 1024 }'
}

# swtpm_crowd: as many as there are lines in the list; prints the seconds until all answer.
swtpm_crowd() {
	"$bench/bench_socket" crowd 0 "$DIR/swtpm.list" $(swtpm_command %) 2>/dev/null
}

# vtpm_crowd PREFIX LIST: starts PREFIX0 and up, for each line of the list.
vtpm_crowd() {
	"$bench/bench_socket" crowd 0 "$2" "$VTPMCTL" --socket "$RUN/admin" start "$1%"
}

stop_all() {
	local i
	for ((i = 0; i < $2; i++)); do must vtpmctl stop "$1$i"; done
}

crowd() {
	local i one_swtpm one_vtpm all_swtpm all_vtpm t_swtpm t_vtpm ptpm
	heading "Memory (PSS, manager, key keeper and proxy included), and $many at once"
	need strict "$many"
	must swtpm_start m
	one_swtpm=$(pss "${STACK_PID[swtpm-m]}")
	stack_end swtpm-m
	must vtpmctl start strict0
	one_vtpm=$(pss "${STACK_PID[vtpmmgr]}" "${STACK_PID[ptpm-proxy]}")
	must vtpmctl stop strict0

	for ((i = 0; i < many; i++)); do
		mkdir -p "$DIR/swtpm/$i"
		echo "$RUN/swtpm/$i.sock"
	done >"$DIR/swtpm.list"
	t_swtpm=$(swtpm_crowd) || exit 1
	all_swtpm=$(pss $(swtpm_pids))
	for ((i = 0; i < many; i++)); do swtpm_kill "$i"; done

	head -n "$many" "$DIR/strict.list" >"$DIR/crowd.list"
	relay_forget
	t_vtpm=$(vtpm_crowd strict "$DIR/crowd.list") || exit 1
	ptpm=$(relay_seconds)
	all_vtpm=$(pss "${STACK_PID[vtpmmgr]}" "${STACK_PID[ptpm-proxy]}")
	stop_all strict "$many"

	printf '%-28s %10s %10s %8s\n' "" swtpm vtpmmgr ratio
	row "MiB for 1" "$(mib "$one_swtpm")" "$(mib "$one_vtpm")"
	row "MiB for $many" "$(mib "$all_swtpm")" "$(mib "$all_vtpm")"
	row "s until $many answer" "$t_swtpm" "$t_vtpm"
	row "of it pTPM" - "$ptpm"
	row "ms to create one" - "$t_create"
}

row() {
	awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN {
		printf "%-28s %10s %10s %8s\n", what, a, b, (a + 0 > 0 ? sprintf("%.2f", b / a) : "") }'
}

is_open() {
	vtpmctl status --json | jq -e '.coverage[] | select(.item == "open").covered'
}

# Everything was running when the manager was killed: until the store is open, and all are back.
recovery() {
	local t_open t_all ptpm_open ptpm_all started
	heading "Seconds after a manager with $fleet running vTPMs was killed"
	need strict "$fleet"
	head -n "$fleet" "$DIR/strict.list" >"$DIR/fleet.list"
	vtpm_crowd strict "$DIR/fleet.list" >/dev/null || exit 1
	manager_end KILL
	relay_forget
	rm -f "$RUN/admin"
	started=$(now)
	manager
	until is_open >/dev/null 2>&1; do :; done
	t_open=$(since "$started")
	ptpm_open=$(relay_seconds)
	started=$(now)
	vtpm_crowd strict "$DIR/fleet.list" >/dev/null || exit 1
	t_all=$(since "$started")
	ptpm_all=$(relay_seconds)
	stop_all strict "$fleet"
	printf '%-44s %10s %10s %10s\n' "" seconds "of it pTPM" rest
	span "manager started to store open" "$t_open" "$ptpm_open"
	span "to all $fleet answering, from there" "$t_all" "$ptpm_all"
}

span() {
	awk -v what="$1" -v all="$2" -v ptpm="$3" 'BEGIN {
		printf "%-44s %10.2f %10.2f %10.2f\n", what, all, ptpm, all - ptpm }'
}

now() {
	echo "$EPOCHREALTIME"
}

since() {
	awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}

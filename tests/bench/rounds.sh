# SPDX-License-Identifier: BSD-3-Clause
# rounds: durable writes of everybody in turn, round after round, so that what else the machine does meets
# all alike; the quietest round and the median one. Sourced by run.
#
# Beside vtpmmgr: swtpm, which syncs nothing; swtpm with its directory synchronous (chattr +SD); a file each,
# with an fsync of file and directory; and bench_hops, which does our system calls and nothing else.

# sample NAME COMMAND...: what bench_socket writers or bench_hops prints, as "NAME rate p50 p99".
sample() {
	echo "$1 $("${@:2}")" >>"$DIR/rounds"
}

# hops MODE WRITERS COUNT
hops() {
	"$bench/bench_hops" "$DIR/hops" "$@"
}

files() {
	"$bench/bench_fsync" "$DIR/files" "$writers" "$each" 4096
}

one_round() {
	local mode before
	sample swtpm1 writes_of "$many_of_one" "$RUN/swtpm/w0.sock"
	sample synced1 writes_of "$many_of_one" "$RUN/swtpm/s0.sock"
	sample strict1 writes_of "$many_of_one" $(paths strict 1)
	sample session1 writes_of "$many_of_one" $(paths session 1)
	for mode in sync session strict; do sample "hops-${mode}1" hops "$mode" 1 "$many_of_one"; done
	sample files files
	sample synced writes_of "$each" "$RUN"/swtpm/s*.sock
	before=$(figure '"\(.keys.states) \(.keys.extends)"')
	sample strict writes_of "$each" $(paths strict "$writers")
	echo "$before $(figure '"\(.keys.states) \(.keys.extends)"')" |
		awk '{ print "gathered", ($3 - $1) / ($4 - $2) }' >>"$DIR/rounds"
	sample session writes_of "$each" $(paths session "$writers")
	for mode in session strict; do sample "hops-$mode" hops "$mode" "$writers" "$each"; done
}

# The relay's own turns are not in what it sees, but in what a writer waits for: so it has rounds of its own.
anchor_round() {
	relay_forget
	writes_of "$many_of_one" $(paths strict 1) >/dev/null
	echo "anchor1 0 $(relay_times 136 | cut -d' ' -f2)" >>"$DIR/rounds"
	writes_of "$each" $(paths strict "$writers") >/dev/null
	echo "anchor 0 $(relay_times 136 | awk '{ print $4 / $1 }')" >>"$DIR/rounds"
}

# Everybody runs, and has written once: the NV indices are there.
all_up() {
	local class
	for class in strict session; do
		paths "$class" "$writers" >"$DIR/rounds.list"
		vtpm_crowd "$class" "$DIR/rounds.list" >/dev/null || exit 1
		writes_of 1 $(paths "$class" "$writers") >/dev/null
	done
}

# best FIELD NAME: of its rounds, "lowest median", or of a rate, field 2, "highest median".
best() {
	local order=-n
	[ "$1" != 2 ] || order=-rn
	awk -v f="$1" -v name="$2" '$1 == name { print $f }' "$DIR/rounds" |
		sort "$order" | awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)] }'
}

# rounds_row WHAT "QUIETEST MEDIAN" ["BASE BASE"]: and how many times that.
rounds_row() {
	echo "$2 ${3:-}" | awk -v what="$1" '{ printf "%-54s %10.0f %10.0f", what, $1, $2
		if (NF == 4) printf " %8.2f %8.2f", $1 / $3, $2 / $4
		print "" }'
}

rounds_one() {
	local swtpm
	swtpm=$(best 3 swtpm1)
	heading "One client, microseconds: p50 of the quietest round of $rounds, of the median one; times swtpm"
	rounds_row "two writes of 4 KiB in place and an fdatasync" "$(best 3 hops-sync1)" "$swtpm"
	rounds_row "the same system calls alone, class session" "$(best 3 hops-session1)" "$swtpm"
	rounds_row "the same system calls alone, strict, no anchor" "$(best 3 hops-strict1)" "$swtpm"
	rounds_row "swtpm, nothing synced" "$swtpm"
	rounds_row "swtpm, its directory synchronous" "$(best 3 synced1)" "$swtpm"
	rounds_row "vtpmmgr, class session" "$(best 3 session1)" "$swtpm"
	rounds_row "vtpmmgr, strict" "$(best 3 strict1)" "$swtpm"
	rounds_row "of it the anchor" "$(best 3 anchor1)"
	rounds_row "the rest" "$(echo "$(best 3 strict1) $(best 3 anchor1)" |
		awk '{ print $1 - $3, $2 - $4 }')" "$swtpm"
}

rounds_all() {
	local files
	files=$(best 2 files)
	heading "$writers writers, writes a second: the quietest round, the median one; times a file each"
	rounds_row "a file each, fsync of file and directory, no TPM" "$files"
	rounds_row "swtpm each, its directory synchronous" "$(best 2 synced)" "$files"
	rounds_row "the same system calls alone, class session" "$(best 2 hops-session)" "$files"
	rounds_row "the same system calls alone, strict, no anchor" "$(best 2 hops-strict)" "$files"
	rounds_row "vtpmmgr, class session" "$(best 2 session)" "$files"
	rounds_row "vtpmmgr, strict" "$(best 2 strict)" "$files"
	rounds_row "vtpmmgr, strict, without the time of the anchors" "$(echo "$(best 2 strict) \
		$(best 3 anchor) $(best 2 gathered)" | awk '{
			print 1 / (1 / $1 - $3 / 1e6 / $5), 1 / (1 / $2 - $4 / 1e6 / $6) }')" "$files"
	rounds_row "vTPM writes per NV_Extend" "$(best 2 gathered)"
}

rounds() {
	local i r each=$((writes * 3 / 4)) many_of_one=$((writes * 3 / 2))
	need strict "$writers"
	need session "$writers"
	mkdir "$DIR/files"
	for ((i = 0; i < writers; i++)); do
		must swtpm_start "w$i"
		mkdir "$DIR/swtpm/s$i"
		must chattr +SD "$DIR/swtpm/s$i"
		must swtpm_start "s$i"
	done
	manager_again "$RUN/ptpm"
	all_up
	for ((r = 0; r < rounds; r++)); do one_round; done
	for ((i = 0; i < writers; i++)); do
		stack_end "swtpm-w$i"
		stack_end "swtpm-s$i"
	done
	manager_again
	all_up
	for ((r = 0; r < rounds; r++)); do anchor_round; done
	stop_all strict "$writers"
	stop_all session "$writers"
	rounds_one
	rounds_all
}

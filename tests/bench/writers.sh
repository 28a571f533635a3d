# SPDX-License-Identifier: BSD-3-Clause
# writers: durable writes, alone and many at once, with a pTPM of any speed. Sourced by run.

# paths PREFIX N: the sockets of the first N vTPMs of that name.
paths() {
	head -n "$2" "$DIR/$1.list"
}

# anchor_ms N: a write of the pTPM's NV memory takes so much longer from now on.
anchor_ms() {
	echo "$1" >"$DIR/delay"
	relay_tell USR2 delay
}

# together_row WHAT RATE [FILES]: and how many times FILES that is.
together_row() {
	awk -v what="$1" -v rate="$2" -v files="${3:-0}" 'BEGIN { printf "%-58s %10.0f%s\n", what, rate,
		(files > 0 ? sprintf(" (%.1f times a file each)", rate / files) : "") }'
}

# swtpm_writers [CHATTR]: as many swtpms write; their directories have that attribute.
swtpm_writers() {
	local i
	for ((i = 0; i < writers; i++)); do
		mkdir "$DIR/swtpm/w$i"
		[ $# -eq 0 ] || must chattr "$1" "$DIR/swtpm/w$i"
		must swtpm_start "w$i"
	done
	writes_of "$writes" "$RUN"/swtpm/w*.sock
	for ((i = 0; i < writers; i++)); do
		stack_end "swtpm-w$i"
		rm -rf "$DIR/swtpm/w$i" "$RUN/swtpm/w$i.sock"
	done
}

# rate_of CLASS: writes a second of all writers' vTPMs of that class.
rate_of() {
	paths "$1" "$writers" >"$DIR/together.list"
	vtpm_crowd "$1" "$DIR/together.list" >/dev/null || exit 1
	writes_of 1 $(paths "$1" "$writers") >/dev/null # the NV indices are there from now on
	relay_forget
	writes_of "$writes" $(paths "$1" "$writers") | cut -d' ' -f1
}

# The aim of many writers: beside a file and a directory fsync for each write. The time of an anchor is
# taken with the relay, the rate without it.
together() {
	local files rate states extends count total each
	heading "$writers writers, $writes NV writes each, together: writes a second"
	mkdir "$DIR/fsync"
	files=$("$bench/bench_fsync" "$DIR/fsync" "$writers" "$writes" 4096)
	together_row "a file each, fsync of file and directory, no TPM" "$files"
	together_row "swtpm each, nothing synced" $(swtpm_writers | cut -d' ' -f1) "$files"
	together_row "swtpm each, its directory synchronous (chattr +SD)" \
		$(swtpm_writers +SD | cut -d' ' -f1) "$files"
	for class in "${classes[@]}"; do
		together_row "the same messages, writes and syncs alone: $class" \
			$("$bench/bench_hops" "$DIR/hops" "$class" "$writers" "$writes" | cut -d' ' -f1) "$files"
	done
	need strict "$writers"
	rate_of strict >/dev/null
	read -r count _ _ total <<<"$(relay_times 136)"
	manager_again "$RUN/ptpm"
	extends=$(figure .keys.extends) states=$(figure .keys.states)
	rate=$(rate_of strict)
	states=$(($(figure .keys.states) - states)) extends=$(($(figure .keys.extends) - extends))
	each=$(awk -v us="$total" -v n="$count" 'BEGIN { print us / n }')
	together_row "vtpmmgr strict, anchored in the pTPM" "$rate"
	together_row "vtpmmgr strict, without the time of the anchors" "$(awk -v rate="$rate" -v us="$each" \
		-v per="$states" -v x="$extends" 'BEGIN { print 1 / (1 / rate - us * x / per / 1e6) }')" "$files"
	awk -v n="$states" -v x="$extends" -v us="$each" 'BEGIN {
		printf "%-58s %10.1f\n%-58s %10.2f\n", "vTPM writes per NV_Extend", n / x,
			"milliseconds per NV_Extend (proxy and pTPM)", us / 1000 }'
	need session "$writers"
	together_row "vtpmmgr session" "$(rate_of session)" "$files"
	manager_again
}

# writes_each DELAY: how many fit into a second or so.
writes_each() {
	awk -v ms="$1" -v share="$share" 'BEGIN { printf "%d", share * 1000 / (ms * 1.2 + 3) + 2 }'
}

# One table a class: as many writers as in the line, a pTPM as slow as in the column.
by_delay() {
	local class=$1 n delay
	heading "NV_Write of class $class by writers and time of a pTPM write: ms p50 (p99), writes a second, writes per NV_Extend"
	printf '%-10s' writers
	for delay in "${delays[@]}"; do printf ' %34s' "$delay ms"; done
	echo
	for n in "${crowds[@]}"; do
		printf '%-10s' "$n"
		for delay in "${delays[@]}"; do
			anchor_ms "$delay"
			cell "$class,$n,$delay" "$(writes_each "$delay")" $(paths "$class" "$n")
		done
		echo
	done
	anchor_ms 0
}

# Every class with the same vTPMs running, whoever of them writes.
writing() {
	local class
	for class in "${classes[@]}"; do
		need "$class" "$fleet"
		head -n "$fleet" "$DIR/$class.list" >"$DIR/fleet.list"
		vtpm_crowd "$class" "$DIR/fleet.list" >/dev/null || exit 1
		writes_of 1 $(paths "$class" "$fleet") >/dev/null # the NV indices are there from now on
		by_delay "$class"
		stop_all "$class" "$fleet"
	done
}

# To $BENCH_CSV as well, where that is set.
cell() {
	local what=$1 each=$2 extends rate p50 p99 total
	shift 2
	total=$((each * $#))
	extends=$(figure .keys.extends)
	read -r rate p50 p99 <<<"$(writes_of "$each" "$@")"
	[ -n "$p99" ] || exit 1
	extends=$(($(figure .keys.extends) - extends))
	echo "${BENCH_LABEL:-},$what,$p50,$p99,$rate,$total,$extends" >>"${BENCH_CSV:-/dev/null}"
	awk -v p50="$p50" -v p99="$p99" -v rate="$rate" -v n="$total" -v x="$extends" 'BEGIN {
		printf " %8.2f (%7.2f) %7d %8s", p50 / 1000, p99 / 1000, rate, x ? sprintf("%.1f", n / x) : "-" }'
}

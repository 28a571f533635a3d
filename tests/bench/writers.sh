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

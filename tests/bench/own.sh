# SPDX-License-Identifier: BSD-3-Clause
# own: what a part with a platform of its own starts with: a test's words (tests/lib.sh) without the
# lines of a test, unless something fails; figures taken in rounds, and their medians.
#
# Every figure is a line "SIDE WHAT VALUE..." of $FIGURES; that a round has them side by side, one
# after the other, is what makes sides comparable on a machine that others use as well.

FIGURES=$DIR/figures
STEPS=$DIR/steps.txt
exec 4>&1 >"$STEPS"

tell_steps() {
	local rc=$?
	exec >&4
	[ "$rc" -eq 0 ] && [ "$failures" -eq 0 ] || cat "$STEPS"
	return "$rc"
}
trap 'tell_steps; finish' EXIT

# To who has asked for the figures.
table() {
	printf '%s\n' "$*" >&4
}

# in_turn ROUND SIDE...: another one is the first in each round.
in_turn() {
	local first=$(($1 % ($# - 1)))
	shift
	echo "${@:first + 1}" "${@:1:first}"
}

# median SIDE WHAT [COLUMN]: of the lines of that side.
median() {
	awk -v side="$1" -v what="$2" -v at="$((${3:-1} + 2))" '$1 == side && $2 == what { print $at }' \
		"$FIGURES" | sort -g | awk '{ v[NR] = $1 } END {
			if (NR) printf "%.1f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2; else printf "-" }'
}

# ratio WHAT SIDE OTHER [COLUMN]: the median of side : other, round by round.
ratio() {
	awk -v what="$1" -v side="$2" -v other="$3" -v at="$((${4:-1} + 2))" '
		$2 == what && $1 == side { a[++na] = $at }
		$2 == what && $1 == other { b[++nb] = $at }
		END { for (i = 1; i <= na && i <= nb; i++) print a[i] / b[i] }' "$FIGURES" | sort -g |
		awk '{ v[NR] = $1 } END {
			if (NR) printf "%.2f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2; else printf "-" }'
}

# figures_of SIDE CONSOLE: what a guest has said there, "bench WHAT p50 p99"; where it has said which
# side it is itself, "bench SIDE WHAT p50 p99", SIDE is empty.
figures_of() {
	tr -d '\r' <"$2" | sed -nE "s/^bench ([A-Za-z_].* [0-9.]+ [0-9.]+)$/${1:+$1 }\1/p" >>"$FIGURES"
}

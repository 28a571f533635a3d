# SPDX-License-Identifier: BSD-3-Clause
# narrate: how tools/demo tells what it does. Every command is shown, run, and must end as said;
# the first that does not ends the demo.

if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' cyan=$'\e[36m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' cyan='' plain=''
fi
step_number=0

step() {
	step_number=$((step_number + 1))
	printf '\n%s%2d. %s%s\n' "$bold" "$step_number" "$*" "$plain"
}

say() {
	printf '    %s\n' "$@"
}

held() {
	printf '    %s\xe2\x9c\x93 %s%s\n' "$green" "$*" "$plain"
}

give_up() {
	printf '    %s\xe2\x9c\x97 %s%s\n' "$red" "$*" "$plain"
	exit 1
}

# The command as a person would type it: without this run's private directory.
show() {
	printf '    %s%s%s%s\n' "$cyan" "$1" "${*:2}" "$plain" |
		sed "s|$VTPMCTL --socket $RUN/admin|vtpmctl|g; s|$DIR/||g; s|in_shoes_of [a-z]* ||"
}

# Some lines of the last output, set off from the narration.
output() {
	sed -n "1,${1:-4}p" "$DIR/out" | fold -s -w 120 | sed "s/^/      $dim/; s/\$/$plain/"
}

# expect CODE PROMPT COMMAND...: runs it, and ends the demo if it ends otherwise.
expect() {
	local want=$1 prompt=$2 rc
	shift 2
	show "$prompt" "$@"
	"$@" >"$DIR/out" 2>&1
	rc=$?
	[ "$rc" -eq "$want" ] && return
	output 20
	give_up "exit code $rc, not $want"
}

# run COMMAND...: as the administrator of the host. refuse CODE COMMAND...: must be refused so.
run() {
	expect 0 '# ' "$@"
}

refuse() {
	expect "$1" '# ' "${@:2}"
}

# The same for something that is only prepared, not shown.
quietly() {
	"$@" >"$DIR/out" 2>&1 && return
	output 20
	give_up "failed: $*"
}

# The output of the last command must say this.
says() {
	grep -qiE -- "$1" "$DIR/out" && return
	output 20
	give_up "nothing there matches '$1'"
}

# SPDX-License-Identifier: BSD-3-Clause
# lib: what every integration test starts with. Sourced with TOP, BUILD and TMP set, as tests/run
# does; by hand: TOP=$PWD BUILD=$PWD/build/plain TMP=$(mktemp -d) tests/integration/NAME.
#
# A test says with ok, expect_rc, equal ... what it finds and goes on after a failure; it exits
# non-zero if there was one. Everything it started ends with it.
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin

[ "$(id -u)" -eq 0 ] || {
	echo "needs root: workers are sandboxed with namespaces of their own"
	exit 1
}
DIR=$TMP
POLICY=${POLICY:-$TOP/tests/policy.json}
chmod 711 "$DIR"
failures=0
. "$TOP/tools/stack.sh"
# A copy, because the tree may lie where the stakeholders' users cannot go.
mkdir "$DIR/python" && cp "$TOP"/tests/*.py "$DIR/python"
export PYTHONPATH=$DIR/python PYTHONDONTWRITEBYTECODE=1

declare -A uid_of=([maker]=20001 [operator]=20002 [employer]=20003 [owner]=0)

fail() {
	echo "not ok: $*"
	failures=$((failures + 1))
}

die() {
	fail "$*"
	exit 1
}

# ok DESCRIPTION COMMAND...: it must succeed.
ok() {
	expect_rc 0 "$@"
}

# expect_rc CODE DESCRIPTION COMMAND...: it must exit so. Its output is in $DIR/out.
expect_rc() {
	local want=$1 what=$2 rc
	shift 2
	"$@" >"$DIR/out" 2>&1
	rc=$?
	if [ "$rc" -eq "$want" ]; then
		echo "ok: $what"
		return 0
	fi
	fail "$what: exit $rc, not $want: $*"
	sed 's/^/    /' "$DIR/out"
	return 1
}

# must DESCRIPTION COMMAND...: like ok; without it the rest makes no sense.
must() {
	ok "$@" || die "cannot go on"
}

# equal DESCRIPTION GOT WANTED
equal() {
	if [ "$2" = "$3" ]; then
		echo "ok: $1"
	else
		fail "$1: got '$2', wanted '$3'"
	fi
}

# at_most DESCRIPTION GOT LIMIT
at_most() {
	if [ "$2" -le "$3" ]; then
		echo "ok: $1: $2, at most $3"
	else
		fail "$1: $2, more than $3"
	fi
}

# says DESCRIPTION PATTERN: the output of the last command has it.
says() {
	if grep -qiE -- "$2" "$DIR/out"; then
		echo "ok: $1"
	else
		fail "$1: no '$2' in:"
		sed 's/^/    /' "$DIR/out"
	fi
}

# What no log may contain, whatever was tested.
check_logs() {
	local bad='ERROR: (Address|Leak)Sanitizer|runtime error:|Assertion .* failed|stack smashing'
	grep -E "$bad" "$DIR"/*.log 2>/dev/null && fail "a sanitizer or an assertion spoke"
}

finish() {
	local rc=$?
	trap - EXIT
	stack_stop
	check_logs
	[ "$rc" -eq 0 ] && [ "$failures" -eq 0 ] && exit 0
	# Of swtpm what says nothing is most.
	sed -i '/Data client disconnected/d' "$DIR"/*.log 2>/dev/null
	tail -n 15 "$DIR"/*.log 2>/dev/null
	echo "$failures failed"
	exit 1
}
trap finish EXIT
trap 'exit 1' INT TERM

# Everything up to an initialised platform. platform_up [manager option...]
platform_up() {
	must "swtpm starts" ptpm_start
	must "the proxy starts" proxy_start
	must "the manager starts" manager_start "$@"
	must "a key for the authority" authority_key
	must "the authority approves" approve 1
	must "platform init" init_platform
}

init_platform() {
	vtpmctl platform init --authority "$DIR/authority.pub.pem" --approval "$DIR/approval.json"
}

# keep_device: the device as it is, with nothing running. back_to_kept: all of it as it was then,
# its physical TPM included, whatever has been anchored since; pTPM and proxy run afterwards.
keep_device() {
	manager_end
	proxy_end
	ptpm_end
	rm -rf "$DIR/kept"
	mkdir "$DIR/kept"
	cp -a "$STORE" "$DIR/ptpm" "$DIR/pin" "$DIR/kept"
}

back_to_kept() {
	manager_end
	proxy_end
	ptpm_end
	rm -rf "$DIR/ptpm" "$STORE"
	cp -a "$DIR/kept/ptpm" "$DIR/kept/store" "$DIR/kept/pin" "$DIR"
	ptpm_start && proxy_start
}

# new_vtpm STAKEHOLDER [NAME [option...]]: created for that stakeholder's user, and started.
new_vtpm() {
	local who=$1 name=${2:-$1}
	must "create $name" vtpmctl create "$name" --stakeholder "$who" --quota 16K \
		--uid "${uid_of[$who]}" --gid "${uid_of[$who]}" "${@:3}"
	must "start $name" vtpmctl start "$name"
}

# tpm NAME TOOL...: a tpm2-tool on that vTPM; who gets no answer gives up.
tpm() {
	local socket
	socket=$(vtpm_socket "$1") || return
	TPM2TOOLS_TCTI=swtpm:path=$socket timeout "${PATIENCE:-60}" "${@:2}"
}

NV_INDEX=0x01500001

# nv_define NAME, nv_write NAME TEXT, nv_read NAME: one index of 16 bytes.
nv_define() {
	tpm "$1" tpm2_nvdefine -Q "$NV_INDEX" -C o -s 16 -a 'ownerread|ownerwrite|no_da'
}

nv_write() {
	printf '%-16s' "$2" | tpm "$1" tpm2_nvwrite -Q "$NV_INDEX" -C o -i -
}

nv_read() {
	tpm "$1" tpm2_nvread "$NV_INDEX" -C o -s 16 | sed 's/ *$//'
}

# writer_start NAME SECONDS: a guest of that vTPM that counts, and writes down what it was told.
writer_start() {
	rm -f "$DIR/$1.count"
	stack_start "writer-$1" "$TOP/tests/writer.py" "$(vtpm_socket "$1")" "$DIR/$1.count" "$2"
}

counter() {
	python3 -c '
import rawtpm, sys
print(rawtpm.patiently(rawtpm.connect(sys.argv[1]).read_counter))' "$(vtpm_socket "$1")"
}

# counter_fits NAME: what the writer wrote down holds for the counter.
counter_fits() {
	local acknowledged uncertain now
	now=$(counter "$1") && read -r acknowledged uncertain <"$DIR/$1.count" || return
	echo "counter $now: acknowledged $acknowledged, uncertain $uncertain"
	[ "$now" -ge "$acknowledged" ] && [ "$now" -le $((acknowledged + uncertain)) ]
}

# figure FILTER: from `vtpmctl status --json`.
figure() {
	vtpmctl status --json | jq -r "$1"
}

# state_of NAME: running, stopped ...
state_of() {
	vtpmctl show "$1" --json | jq -r .state
}

is_running() {
	[ "$(state_of "$1")" = running ]
}

# restarted NAME: its worker has died since the manager began, and another one serves.
restarted() {
	[ "$(vtpmctl show "$1" --json | jq .restarts)" -gt 0 ] && is_running "$1"
}

# pid_of ROLE: the process of the key keeper (keys) or of the broker.
pid_of() {
	pgrep -P "${STACK_PID[vtpmmgr]}" -f "^[^ ]*$1( |\$)" | head -n 1
}

# worker_of NAME: the process that holds the vTPM's listening socket.
worker_of() {
	local socket inode pid
	socket=$(vtpm_socket "$1") || return
	inode=$(awk -v path="$socket" '$4 == "00010000" && $8 == path { print $7 }' /proc/net/unix)
	for pid in $(pgrep -P "${STACK_PID[vtpmmgr]}" -f vtpm-stubdom); do
		ls -l "/proc/$pid/fd" | grep -q "socket:\[$inode\]" && echo "$pid"
	done
}

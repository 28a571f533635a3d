# SPDX-License-Identifier: BSD-3-Clause
# stack: one host's programs in a private directory: the physical TPM (swtpm stands in for it),
# ptpm-proxy and the manager. Sourced by tools/demo, tests/lib.sh and tests/bench/run.
#
# Needs TOP (the tree), BUILD (where the programs were built, or installed to) and DIR (a private directory that
# others may enter; its path is short, for socket addresses). Logs are $DIR/NAME.log.

RUN=$DIR/run
VTPMCTL=$DIR/vtpmctl # a copy: the tree may lie where the stakeholders' users cannot go
STORE=$DIR/store
POLICY=${POLICY:-$TOP/policy/examples/phone.json}
PTPM_SOCKET=$DIR/ptpm.sock
PTPM_TCTI=${PTPM_TCTI:-swtpm:path=$PTPM_SOCKET}
APPROVED_PCRS=0-7,15,23
declare -A STACK_PID=()

# stack_start NAME COMMAND...: in the background, logging to NAME.log.
stack_start() {
	local name=$1
	shift
	"$@" >>"$DIR/$name.log" 2>&1 </dev/null &
	STACK_PID[$name]=$!
}

# stack_end NAME [SIGNAL]: ends what stack_start started, and waits for it.
stack_end() {
	local pid=${STACK_PID[$1]:-}
	[ -n "$pid" ] || return 0
	unset "STACK_PID[$1]"
	disown "$pid" 2>/dev/null # bash need not tell how it ended
	kill "-${2:-TERM}" "$pid" 2>/dev/null
	within 60 gone "$pid" || kill -KILL "$pid" 2>/dev/null
	return 0
}

# Ends everything, in an order in which nobody misses anybody.
stack_stop() {
	local name
	for name in vtpmmgr ptpm-proxy "${!STACK_PID[@]}"; do
		stack_end "$name"
	done
}

# gone PID: it has ended, waited for or not. Asked often: it takes no process.
gone() {
	local stat
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	[[ "${stat##*) }" == Z* ]]
}

# within SECONDS COMMAND...: tries it until it succeeds; fails after SECONDS.
within() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# listening PATH...: somebody listens on each of these sockets, which are there a moment before that.
listening() {
	local path
	for path in "$@"; do
		awk -v path="$path" '$4 == "00010000" && $8 == path { found = 1 } END { exit !found }' \
			/proc/net/unix || return
	done
}

ptpm_start() {
	mkdir -p "$DIR/ptpm"
	stack_start swtpm swtpm socket --tpm2 --tpmstate "dir=$DIR/ptpm" \
		--server "type=unixio,path=$PTPM_SOCKET" \
		--ctrl "type=unixio,path=$PTPM_SOCKET.ctrl" --flags not-need-init,startup-clear
	within 60 listening "$PTPM_SOCKET" "$PTPM_SOCKET.ctrl"
}

ptpm_end() {
	stack_end swtpm "${1:-TERM}"
	rm -f "$PTPM_SOCKET" "$PTPM_SOCKET.ctrl"
}

# A power cycle of the physical TPM: its PCRs are zero afterwards.
ptpm_power_cycle() {
	ptpm_end && ptpm_start
}

# ptpm_do COMMAND...: a tpm2-tool on the physical TPM itself, past the proxy.
ptpm_do() {
	TPM2TOOLS_TCTI=$PTPM_TCTI "$@"
}

proxy_start() {
	mkdir -p "$RUN"
	chmod 711 "$RUN"
	stack_start ptpm-proxy "$(built ptpm-proxy)" --tcti "$PTPM_TCTI" \
		--socket-dir "$RUN/ptpm"
	within 60 listening "$RUN/ptpm/keys" "$RUN/ptpm/provision"
}

proxy_end() {
	stack_end ptpm-proxy "${1:-TERM}"
}

# built NAME: where the build has put that program.
built() {
	find "$BUILD" -maxdepth 3 -type f -executable -name "$1" -print -quit
}

# The daemons in one folder, as they are once installed.
programs() {
	local name
	mkdir -p "$DIR/libexec"
	for name in vtpmmgr-keys vtpm-stubdom ptpm-proxy; do
		ln -sf "$(built "$name")" "$DIR/libexec/$name"
	done
	cp "$(built vtpmctl)" "$VTPMCTL"
	echo "$DIR/libexec"
}

# manager_start [option...]: one that was killed may take a while to let go of the store.
manager_start() {
	local i
	for i in 1 2 3 4 5; do
		rm -f "$RUN/admin"
		stack_start vtpmmgr "$(built vtpmmgr)" --run-dir "$RUN" --store "$STORE" \
			--ptpm "$RUN/ptpm" --pin "$DIR/pin" --policy "$POLICY" --libexec "$(programs)" "$@"
		within 60 answers_or_ended && vtpmctl status >/dev/null 2>&1 && return
		tail -n 2 "$DIR/vtpmmgr.log" | grep -q 'another manager is using it' || return
	done
	return 1
}

answers_or_ended() {
	vtpmctl status || gone "${STACK_PID[vtpmmgr]}"
}

manager_end() {
	stack_end vtpmmgr "${1:-TERM}"
}

vtpmctl() {
	"$VTPMCTL" --socket "$RUN/admin" "$@"
}

# vtpmctl_as UID ARGUMENT...
vtpmctl_as() {
	as "$1" "$VTPMCTL" --socket "$RUN/admin" "${@:2}"
}

# The platform authority's key, which a real authority keeps off the device.
authority_key() {
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$DIR/authority.pem" &&
		openssl pkey -in "$DIR/authority.pem" -pubout -out "$DIR/authority.pub.pem"
}

# approve VERSION: the authority signs the PCRs as they are, into approval.json.
approve() {
	vtpmctl platform pcrs --pcrs "$APPROVED_PCRS" -o "$DIR/pcrs.json" &&
		vtpmctl platform sign-pcrs --key "$DIR/authority.pem" --pcrs "$DIR/pcrs.json" \
			--version "$1" -o "$DIR/approval.json"
}

# as UID COMMAND...: as that user of the host.
as() {
	setpriv --reuid="$1" --regid="$1" --clear-groups "${@:2}"
}

# vtpm_socket NAME: the data socket of a running vTPM.
vtpm_socket() {
	vtpmctl show "$1" --json | jq -er .path
}

# SPDX-License-Identifier: BSD-3-Clause
# lib: what every test on Xen starts with: TOP and TMP set, as tests/run does, everything prepared
# (tests/xen/run --prepare). What is done in dom0 and in guests stands in the tests beside it.
. "$TOP/tests/lib.sh"
. "$TOP/tests/xen/cache.sh"

TASK=$DIR/task.root

# dom0_file PATH: standard input is that file in dom0, in this test.
dom0_file() {
	mkdir -p "$TASK$(dirname "$1")"
	cat >"$TASK$1"
}

# dom0_task: standard input is what dom0 does at its next boot (tests/xen/dom0.sh).
dom0_task() {
	dom0_file /task
}

# The platform authority's key: a real one would not be on the device.
dom0_keys() {
	authority_key && dom0_file /root/authority.pem <"$DIR/authority.pem" &&
		dom0_file /root/authority.pub.pem <"$DIR/authority.pub.pem" &&
		dom0_file /etc/vtpmmgr/policy.json <"$POLICY"
}

said() {
	grep -qaE -- "$2" "$DIR/$1.console"
}

board_ended() {
	gone "${STACK_PID[$1]}"
}

# boot NAME SECONDS [QEMU option...]: until dom0 has done its task; its lines are the result.
boot() {
	local name=$1 seconds=$2
	shift 2
	{ cat "$DOM0_IMAGE" && archive "$TASK"; } >"$DIR/initrd" &&
		board_command "$name" "$DIR/initrd" -serial "file:$DIR/$name.console" "$@" &&
		stack_start "$name" "${COMMAND[@]}" || return
	within "$seconds" board_ended "$name" || fail "$name did not end within $seconds s"
	stack_end "$name"
	board_tpm_end
	verdict_of "$name"
}

# flask_policy NAME FILE: what 'vtpmctl policy flask' makes of a policy file, as $DIR/NAME.flask.
flask_policy() {
	"$BUILD/tools/vtpmctl" policy flask "$2" -o "$DIR/$1.te" &&
		checkpolicy -t Xen -c 30 -o "$DIR/$1.flask" "$DIR/$1.te"
}

# enforce: from here on Xen starts with that policy for $POLICY's stakeholders.
enforce() {
	must "a FLASK policy" flask_policy enforced "$POLICY"
	XSM="xsm=flask flask=enforcing conring_size=256k" FLASK=$DIR/enforced.flask
}

# boot_enforced NAME SECONDS [QEMU option...]: boot, with that policy.
boot_enforced() {
	[ -n "${FLASK:-}" ] || enforce
	boot "$@"
}

verdict_of() {
	local console=$DIR/$1.console
	sed -i 's/\r$//' "$console"
	grep -aE '^(dom0|guest) (up|ok|not ok|done)' "$console"
	if grep -qaE '^(dom0|guest) not ok' "$console" || ! grep -qa '^dom0 done' "$console"; then
		fail "the boot $1:"
		sed 's/^/    /' "$console"
	fi
}

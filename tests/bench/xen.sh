# SPDX-License-Identifier: BSD-3-Clause
# xen: what the parts that measure on Xen have in common: the board of tests/xen, and the platform
# in its dom0, with a relay between the agent and the proxy, which times the pTPM. Needs TOP; sourced
# before own.sh. XEN_CACHE as tests/xen/run has it.
#
# Under Xen the board's clock counts instructions, one a nanosecond, while it is busy: what else the
# host does is not seen in what the domains do. It is seen where they wait: for timers, and for the
# pTPM. BENCH_CLOCK= (empty): the host's clock instead.
export XEN_CACHE=${XEN_CACHE:-${BUILD_ROOT:-$TOP/build}/xen}
. "$TOP/tests/xen/lib.sh"

# cross PROGRAM ROOT: a benchmark's program, where what boots with that root finds it.
cross() {
	cross_make "tests/bench/$1" && put_program "$2" "$XEN_BUILD/tests/bench/$1" "/usr/bin/$1"
}

# The words of a task in dom0. It needs bench_relay.
dom0_words() {
	cat <<'TASK'
proxy_start() {
	mkdir -p /run/vtpmmgr/ptpm
	echo 0 >/tmp/delay
	background ptpm-proxy ptpm-proxy --tcti device:/dev/tpmrm0 --socket-dir /run/vtpmmgr/proxy
	ln -s /run/vtpmmgr/proxy/provision /run/vtpmmgr/ptpm/provision
	background relay bench_relay /run/vtpmmgr/ptpm/keys /run/vtpmmgr/proxy/keys /tmp/delay
	within 100 listening /run/vtpmmgr/proxy/keys /run/vtpmmgr/ptpm/keys
}

# What the pTPM has done since the last time, as the relay prints it.
relay_times() {
	: >/var/log/relay.log
	kill -USR1 "$(pid_of relay)"
	within 20 grep -q end /var/log/relay.log
	cat /var/log/relay.log
}

# timed SIDE WHAT COMMAND...: its time is a figure.
timed() {
	figure="$1 $2" since=$(uptime_s)
	shift 2
	check "$figure" within 100 "$@"
	echo "bench $figure $(uptime_s) $since" | awk '{ printf "%s %s %s %.0f 0\n", $1, $2, $3, ($4 - $5) * 1000 }'
}
TASK
}

# board_boots: dom0 does its task, on a TPM and a disk that are new; its figures are taken.
board_boots() {
	rm -rf "$DIR/ptpm" "$DIR/disk" && truncate -s 16M "$DIR/disk" || return
	XSM=xsm=dummy boot xen 650 ${BENCH_CLOCK--icount shift=0} -device virtio-blk-device,drive=disk \
		-drive "file=$DIR/disk,format=raw,if=none,id=disk"
	figures_of '' "$DIR/xen.console"
}

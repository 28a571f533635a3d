# SPDX-License-Identifier: BSD-3-Clause
# relay: what lies beyond the key keeper, timed: the proxy and the pTPM. Needs tools/stack.sh, and
# a manager whose --ptpm is $DIR/relay.

relay_start() {
	mkdir "$DIR/relay" && echo 0 >"$DIR/delay" &&
		ln -s "$RUN/ptpm/provision" "$DIR/relay/provision" || return
	stack_start relay "$BUILD/tests/bench/bench_relay" "$DIR/relay/keys" "$RUN/ptpm/keys" "$DIR/delay"
	within 60 test -S "$DIR/relay/keys"
}

# relay_tell SIGNAL LAST: waits for its last line.
relay_tell() {
	: >"$DIR/relay.log"
	kill "-$1" "${STACK_PID[relay]}" && within 60 grep -q "^$2" "$DIR/relay.log" && return
	echo "bench: the relay does not answer" >&2
	exit 1
}

# What the relay has seen of a TPM command code since the last time: "count p50 p99 total".
relay_times() {
	relay_tell USR1 end &&
		awk -v code="$1" '$1 == code { print $2, $3, $4, $5; found = 1 }
			END { if (!found) print 0, 0, 0, 0 }' "$DIR/relay.log"
}

# All of it together, in seconds.
relay_seconds() {
	relay_tell USR1 end && awk '{ us += $5 } END { printf "%.2f", us / 1e6 }' "$DIR/relay.log"
}

relay_forget() {
	relay_tell USR1 end
}

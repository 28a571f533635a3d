# SPDX-License-Identifier: BSD-3-Clause
# SET_DATAFD: QEMU makes the data connection itself and passes one end of it.
passing() { quick python3 "$parts/datafd.py" "$dir" "$1"; }
passing_file_count() { ls "/proc/$worker/fd" | wc -l; }
# Who has gone is noticed a moment later.
none_left() {
	for _ in $(seq 600); do
		[ "$(passing_file_count)" -eq "$before" ] && return
		sleep 0.1
	done
	return 1
}
check "restart, without any client" restart
worker=$(status 8)
before=$(passing_file_count)
check "SET_DATAFD, and its first question" passing served
check "the data connection outlives the control connection" passing stays_without_ctrl
check "a second one is refused, and the first stays" passing second
check "the next one, when the last is gone" passing again
check "without a descriptor" passing missing
check "a descriptor that is no socket" passing no_socket
check "two descriptors" passing two
check "a hundred descriptors" passing many
check "a descriptor with another command" passing surplus
check "in two pieces" passing in_pieces
check "behind another command" passing pipelined
check "the data socket works again afterwards" random
check "no descriptor is left" none_left

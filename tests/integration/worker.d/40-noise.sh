# SPDX-License-Identifier: BSD-3-Clause
# Bad input, slow and many clients: a clear answer or none, and the next one is served.
check "a size that is too small" answers tpm 80010000000a00000142 "8001 00000009 0000017b"
check "a size that is too big" answers tpm 80010000000a00000142 "8001 00001001 0000017b"
check "an unknown command code" answers tpm 80010000000a00000143 "8001 0000000a 0fffffff"
check "a wrong tag" answers tpm 80010000000a00000084 "1234 0000000a 0000017b"
noise() { head -c 20000 /dev/urandom | timeout 60 socat -t 1 - "UNIX-CONNECT:$dir/$1" >/dev/null; true; }
check "noise on the data socket" noise tpm
check "noise on the control socket" noise tpm.ctrl
check "served after noise" random
zeroes() { head -c 20000 /dev/zero | timeout 60 socat -t 1 - "UNIX-CONNECT:$dir/$1" >/dev/null; true; }
check "zeroes on both" zeroes tpm
check "zeroes on control" zeroes tpm.ctrl
check "unknown control command" answers tpm.ctrl 0000000a "00000014"
check "control command 0" answers tpm.ctrl 0000000a "00000000"
check "oversized hash data" answers tpm.ctrl 00000003 "00000007 00001001"
check "served after that" random

# Two at once: the second waits until the first has gone.
# occupy SOCKET [HEX]: a client that has connected, has said so much, and now says nothing.
occupy() {
	rm -f "$dir/occupied"
	python3 "$parts/occupy.py" "$dir/$1" "$dir/occupied" "${2:-}" &
	idle=$!
	is_occupied
}
is_occupied() {
	for _ in $(seq 600); do
		[ -e "$dir/occupied" ] && return
		sleep 0.1
	done
	return 1
}
check "a data client that is idle" occupy tpm
random &
second=$!
sleep 0.5
check "a second one waits" kill -0 $second
kill $idle
wait $idle 2>/dev/null
check "and is served once the first has gone" wait $second
check "a control client that is idle" occupy tpm.ctrl
check "a second one is served beside it" ctrl -c
check "which is there still" kill -0 $idle
kill $idle
wait $idle 2>/dev/null

# A client that stops in the middle of a command is dropped, an idle one is not.
check "a client that stops in the middle of a command" occupy tpm 800100
check "is dropped, and the next one served" random
check "after five seconds" wait $idle
deaf() { # sends commands and never reads a response
	timeout 100 python3 - "$dir/tpm" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(60)
try:
    for _ in range(20000):
        s.sendall(bytes.fromhex("80010000000c0000017b0030"))
except (BrokenPipeError, ConnectionResetError):
    sys.exit(0)
sys.exit(1)
PY
}
check "a client that never reads is dropped" deaf
check "the next one is served" random

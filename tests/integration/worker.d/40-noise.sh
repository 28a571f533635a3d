# SPDX-License-Identifier: BSD-3-Clause
# Bad input, slow and many clients: a clear answer or none, and the next one is served.
check "a size that is too small" answers tpm 80010000000a00000142 "8001 00000009 0000017b"
check "a size that is too big" answers tpm 80010000000a00000142 "8001 00001001 0000017b"
check "an unknown command code" answers tpm 80010000000a00000143 "8001 0000000a 0fffffff"
check "a wrong tag" answers tpm 80010000000a00000084 "1234 0000000a 0000017b"
noise() { head -c 20000 /dev/urandom | timeout 5 socat -t 1 - "UNIX-CONNECT:$dir/$1" >/dev/null; true; }
check "noise on the data socket" noise tpm
check "noise on the control socket" noise tpm.ctrl
check "served after noise" random
zeroes() { head -c 20000 /dev/zero | timeout 5 socat -t 1 - "UNIX-CONNECT:$dir/$1" >/dev/null; true; }
check "zeroes on both" zeroes tpm
check "zeroes on control" zeroes tpm.ctrl
check "unknown control command" answers tpm.ctrl 0000000a "00000014"
check "control command 0" answers tpm.ctrl 0000000a "00000000"
check "oversized hash data" answers tpm.ctrl 00000003 "00000007 00001001"
check "served after that" random

# Two at once: the second waits until the first has gone.
(sleep 1.5 | socat - "UNIX-CONNECT:$dir/tpm" >/dev/null) &
idle=$!
sleep 0.2
start=$EPOCHREALTIME
check "a second data client is served once the first has gone" random
check "and waited" [ $((${EPOCHREALTIME/./} - ${start/./})) -gt 700000 ]
wait $idle
(sleep 2 | socat - "UNIX-CONNECT:$dir/tpm.ctrl" >/dev/null) &
idle=$!
sleep 0.1
start=$EPOCHREALTIME
check "a second control client is served at once" ctrl -c
check "without waiting" [ $((${EPOCHREALTIME/./} - ${start/./})) -lt 1000000 ]
wait $idle

# A client that stops in the middle of a command is dropped, an idle one is not.
(printf '\200\001\000' && sleep 9) | socat - "UNIX-CONNECT:$dir/tpm" >/dev/null &
slow=$!
sleep 0.2
start=$EPOCHREALTIME
slowly() { timeout 8 tpm2_getrandom --hex 8 >/dev/null; }
check "a slow client is dropped" slowly
check "after five seconds" [ $((${EPOCHREALTIME/./} - ${start/./})) -gt 3500000 ]
kill $slow 2>/dev/null
wait $slow 2>/dev/null
deaf() { # sends commands and never reads a response
	timeout 5 python3 - "$dir/tpm" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.settimeout(3)
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

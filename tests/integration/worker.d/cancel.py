# SPDX-License-Identifier: BSD-3-Clause
"""cancel.py DIR early|late: cancels the making of an RSA key; early: on a connection made before."""
import socket
import sys
import time

# TPM2_CreatePrimary, owner hierarchy, RSA 3072; the last two bytes before the end make it another key.
HEAD = bytes.fromhex(
    "800200000045000001314000000100000009400000090000000000000400000000"
    "001c" "0001000b000300720000" "000600800043" "0010" "0c00" "00000000" "0002"
)
TAIL = bytes.fromhex("000000000000")
FLUSH = bytes.fromhex("8001 0000000e 00000165")
CANCEL = (9).to_bytes(4, "big")


def dial(name):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(f"{sys.argv[1]}/{name}")
    return s


def attempt(data, unique, pause):
    early = dial("tpm.ctrl") if sys.argv[2] == "early" else None
    data.sendall(HEAD + unique.to_bytes(2, "big") + TAIL)
    time.sleep(pause)
    ctrl = early or dial("tpm.ctrl")
    ctrl.sendall(CANCEL)
    response = data.recv(4096)
    assert ctrl.recv(4) == bytes(4), "CANCEL was not answered"
    ctrl.close()
    code = int.from_bytes(response[6:10], "big")
    assert code in (0, 0x909), hex(code)
    if code == 0:
        data.sendall(FLUSH + response[10:14])
        data.recv(4096)
    return code == 0x909


# A CANCEL before the command has begun says nothing, and so does one after it.
PAUSES = (0.005, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
data = dial("tpm")
sys.exit(0 if any(attempt(data, i, PAUSES[i % 8]) for i in range(32)) else 1)

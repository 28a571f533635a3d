# SPDX-License-Identifier: BSD-3-Clause
"""raw.py SOCKET HEX...: sends the bytes, half-closes, prints as hex what comes before the other end closes, or for PATIENCE seconds."""
import os
import socket
import sys

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(bytes.fromhex("".join(sys.argv[2:])))
s.shutdown(socket.SHUT_WR)
s.settimeout(float(os.environ.get("PATIENCE", "60")))
got = b""
try:
    while chunk := s.recv(4096):
        got += chunk
except (TimeoutError, ConnectionError):
    pass
print(got.hex())

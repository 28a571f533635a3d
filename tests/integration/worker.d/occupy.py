# SPDX-License-Identifier: BSD-3-Clause
"""occupy.py SOCKET FILE HEX: connects, sends that, makes FILE, and stays until it is dropped; fails if that is soon."""
import pathlib
import socket
import sys
import time

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
begun = time.monotonic()
s.sendall(bytes.fromhex(sys.argv[3]))
pathlib.Path(sys.argv[2]).touch()
try:
    s.recv(1)
except ConnectionResetError:
    pass
sys.exit(time.monotonic() - begun < 4.5)

# SPDX-License-Identifier: BSD-3-Clause
"""noise KIND SOCKET SECONDS: misbehaves on a socket in every way it knows, over and over."""
import contextlib
import random
import socket
import struct
import sys
import time

import admin
import rawtpm

COMMANDS = (0x17B, 0x144, 0x131, 0x137, 0x12A, 0x165, 0x176, 0x182, 0x20000000, 0)
# Control commands. Not INIT, SHUTDOWN or STOP: those do what they say to this guest's own TPM.
HARMLESS = (1, 4, 5, 9, 0xB, 0xC, 0xF, 0x11, 0x12, 0x7777)


def garbage(kind):
    return random.randbytes(random.choice((1, 9, 10, 16, 17, 100, 4096, 5000)))


def truncated(kind):
    whole = sound(kind)
    return whole[: random.randrange(len(whole))]


def oversized(kind):
    if kind == "data":
        return struct.pack(">HII", 0x8001, random.choice((4097, 1 << 20, 0xFFFFFFFF)), 0x17B)
    if kind == "control":
        return struct.pack(">II", random.choice(HARMLESS), 0xFFFFFFFF) + bytes(64)
    return admin.message(admin.SHOW, bytes(100000), length=0xFFFFFFF0)


def wrong_length(kind):
    if kind == "data":
        return struct.pack(">HII", 0x8001, random.randrange(10), 0x17B)
    return sound(kind)[:-1] + b"\xff" * random.randrange(1, 40)


def sound(kind):
    """Well formed, but with a body of chance."""
    body = random.randbytes(random.randrange(60))
    if kind == "data":
        tag = random.choice((0x8001, 0x8002))
        return rawtpm.command(random.choice(COMMANDS), body, tag)
    if kind == "control":
        return struct.pack(">I", random.choice(HARMLESS)) + body
    base = 0x501 if kind == "admin" else 0x601
    # Not INIT, nor POLICY_LOAD: root's own well-formed requests.
    return admin.message(base + random.choice((0, 1, 4, 5, 6, 7, 12, 13, 99)), body)


def send(sock, kind):
    make = random.choice((garbage, truncated, oversized, wrong_length, sound))
    sock.send(make(kind))
    if random.random() < 0.5:
        sock.settimeout(0.05)
        sock.recv(8192)


def dial(kind, path):
    stream = kind in ("data", "control")
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if stream else socket.SOCK_SEQPACKET)
    sock.settimeout(1)
    sock.connect(path)
    return sock


def main():
    kind, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    end = time.monotonic() + seconds
    held, tries = [], 0
    while time.monotonic() < end:
        tries += 1
        with contextlib.suppress(OSError):
            sock = dial(kind, path)
            with contextlib.suppress(OSError):
                for _ in range(random.randrange(4)):
                    send(sock, kind)
            held.append(sock)  # and says nothing more
        if len(held) > 40:
            held.pop(random.randrange(len(held))).close()
    print(f"{tries} connections")


main()

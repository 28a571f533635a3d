# SPDX-License-Identifier: BSD-3-Clause
"""admin: raw messages to the manager's admin socket (lib/msg.h, lib/proto_admin.h)."""
import os
import socket
import struct

STATUS, PCRS, INIT, UPDATE, CREATE, LIST, SHOW, START, STOP, DESTROY = range(0x501, 0x50B)
POLICY_GET, POLICY_LOAD, AUDIT, REVOKE = range(0x50B, 0x50F)
SUSPEND, RESUME = 0x511, 0x512


def name(text):
    return struct.pack(">H", len(text)) + text.encode()


def message(kind, body=b"", ident=7, version=1, length=None):
    return struct.pack(">HHIII", version, kind, len(body) if length is None else length, ident, 0) + body


def connect(path, timeout=60.0):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(timeout)
    sock.connect(path)
    return sock


def ask(path, kind, body=b"", uid=None):
    """The whole reply, as bytes; asked by that user."""
    if uid is None:
        with connect(path) as sock:
            sock.send(message(kind, body))
            return sock.recv(1 << 18)
    return as_user(uid, lambda: ask(path, kind, body))


def as_user(uid, fn):
    """fn's bytes, computed in a process of that user."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(read)
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            with os.fdopen(write, "wb") as out:
                out.write(fn())
            os._exit(0)
        except BaseException as e:  # pylint: disable=broad-except
            os.write(2, f"{e!r}\n".encode())
            os._exit(1)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        data = answer.read()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("the user's process failed")
    return data

# SPDX-License-Identifier: BSD-3-Clause
"""rawtpm: TPM 2.0 commands as bytes, for tests that misbehave or that die in the middle."""
import socket
import struct
import time

OWNER = 0x40000001
COUNTER = 0x01500010
# authWrite, ownerWrite, authRead, ownerRead, noDA; TPM_NT_COUNTER
COUNTER_ATTRIBUTES = 0x02060016
NO_SESSIONS, SESSIONS = 0x8001, 0x8002
RC_RETRY = 0x922
RC_LOCKOUT = 0x921
RC_AUTH_FAIL = 0x98E  # of session 1, and counted


def password(secret=b""):
    """The authorisation area of one session with that password."""
    return struct.pack(">IIHBH", 9 + len(secret), 0x40000009, 0, 0, len(secret)) + secret


PASSWORD = password()


class TpmError(Exception):
    """The TPM answered, with this response code."""

    def __init__(self, rc):
        super().__init__(f"TPM response code {rc:#x}")
        self.rc = rc


def command(code, body=b"", tag=NO_SESSIONS):
    return struct.pack(">HII", tag, 10 + len(body), code) + body


GET_RANDOM = command(0x17B, struct.pack(">H", 8))


class Tpm:
    """One connection to a data socket."""

    def __init__(self, path, timeout=60.0):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.sock.connect(path)

    def close(self):
        self.sock.close()

    def receive(self):
        data = b""
        while len(data) < 10 or len(data) < struct.unpack(">I", data[2:6])[0]:
            more = self.sock.recv(4096)
            if not more:
                raise ConnectionError("the TPM closed the connection")
            data += more
        return data

    def exchange(self, raw):
        self.sock.sendall(raw)
        return self.receive()

    def run(self, code, body=b"", tag=NO_SESSIONS):
        response = self.exchange(command(code, body, tag))
        rc = struct.unpack(">I", response[6:10])[0]
        if rc:
            raise TpmError(rc)
        return response[10:]

    def random(self):
        return self.exchange(GET_RANDOM)

    def define_counter(self):
        public = struct.pack(">IHIHH", COUNTER, 0x000B, COUNTER_ATTRIBUTES, 0, 8)
        body = struct.pack(">I", OWNER) + PASSWORD + struct.pack(">HH", 0, len(public)) + public
        self.run(0x12A, body, SESSIONS)

    def increment(self):
        self.run(0x134, struct.pack(">II", OWNER, COUNTER) + PASSWORD, SESSIONS)

    def read_counter(self):
        body = struct.pack(">II", OWNER, COUNTER) + PASSWORD + struct.pack(">HH", 8, 0)
        return struct.unpack(">Q", self.run(0x14E, body, SESSIONS)[6:14])[0]


def connect(path, patience=60.0):
    """A connection to a TPM that may be restarting."""
    end = time.monotonic() + patience
    while True:
        try:
            return Tpm(path)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


def patiently(command, patience=60.0):
    """Tries again while the vTPM says that its store or the physical TPM is failing."""
    end = time.monotonic() + patience
    while True:
        try:
            return command()
        except TpmError as e:
            if e.rc != RC_RETRY or time.monotonic() > end:
                raise
            time.sleep(0.05)

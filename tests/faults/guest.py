# SPDX-License-Identifier: BSD-3-Clause
"""guest: what a guest does with its vTPM, and the shadow of what it was told.

Whatever was acknowledged holds for ever; a command whose answer did not come may have happened or
not, once. A Lost is raised where the vTPM says something else.
"""
import contextlib
import struct
import threading
import time

import rawtpm

DATA = 0x01500020  # an ordinary index of 8 bytes
GUARDED = 0x01500021  # one with an authorisation that can be guessed at
# authWrite, ownerWrite, authRead, ownerRead, noDA
DATA_ATTRIBUTES = 0x02060006
# authWrite, authRead
GUARDED_ATTRIBUTES = 0x00040004
RC_DEFINED = 0x14C
RC_INITIALIZE = 0x100
PT_LOCKOUT_COUNTER = 0x20E
LOCKOUT_HANDLE = 0x4000000A


class Lost(Exception):
    """The vTPM contradicts what it has said before."""


def define(tpm, index, attributes, secret=b""):
    public = struct.pack(">IHIHH", index, 0x000B, attributes, 0, 8)
    body = struct.pack(">I", rawtpm.OWNER) + rawtpm.PASSWORD
    body += struct.pack(">H", len(secret)) + secret + struct.pack(">H", len(public)) + public
    try:
        tpm.run(0x12A, body, rawtpm.SESSIONS)
    except rawtpm.TpmError as e:
        if e.rc != RC_DEFINED:
            raise


def write(tpm, value):
    body = struct.pack(">II", rawtpm.OWNER, DATA) + rawtpm.PASSWORD
    tpm.run(0x137, body + struct.pack(">HQH", 8, value, 0), rawtpm.SESSIONS)


def read(tpm):
    body = struct.pack(">II", rawtpm.OWNER, DATA) + rawtpm.PASSWORD + struct.pack(">HH", 8, 0)
    return struct.unpack(">Q", tpm.run(0x14E, body, rawtpm.SESSIONS)[6:14])[0]


def guess_wrong(tpm):
    """True if the vTPM said that the authorisation failed."""
    body = struct.pack(">II", GUARDED, GUARDED) + rawtpm.password(b"wrong")
    try:
        tpm.run(0x14E, body + struct.pack(">HH", 8, 0), rawtpm.SESSIONS)
    except rawtpm.TpmError as e:
        if e.rc != rawtpm.RC_AUTH_FAIL:
            raise
        return True
    return False


def failed_tries(tpm):
    answer = tpm.run(0x17A, struct.pack(">III", 6, PT_LOCKOUT_COUNTER, 1))
    return struct.unpack(">BIIII", answer[:17])[4]


def allow_many_tries(tpm):
    """DictionaryAttackParameters: no lockout, and no forgiving, within this test."""
    body = struct.pack(">I", LOCKOUT_HANDLE) + rawtpm.PASSWORD
    tpm.run(0x13A, body + struct.pack(">III", 0x7FFFFFFF, 0x7FFFFFFF, 1), rawtpm.SESSIONS)


class Shadow:
    """What one vTPM has acknowledged of one thing that only grows."""

    def __init__(self, what):
        self.what = what
        self.told = 0
        self.maybe = 0

    def check(self, now, slack=0):
        if not self.told <= now <= self.told + self.maybe + slack:
            raise Lost(f"{self.what} is {now}: told {self.told}, uncertain {self.maybe + slack}")
        self.told, self.maybe = now, 0


class Guest(threading.Thread):
    """Uses one vTPM until it is told to stop, and comes back whenever it is cut off."""

    def __init__(self, name, path, chance, pause=0.004):
        super().__init__(daemon=True)
        self.name, self.path, self.chance, self.pause = name, path, chance, pause
        self.counter = Shadow(f"{name}: the counter")
        self.failed = Shadow(f"{name}: the number of failed authorisations")
        self.written = [0]  # what the data may be; one value if that is known
        self.last = 0
        self.connections = 0
        self.acknowledged = 0
        self.generation = 0  # set by who waits for this guest
        self.reached = 0  # the newest one in which all was found well, and a change was made
        self.wrong = None
        self.doing = "nothing yet"
        self.ending = False
        self.known = False  # whether the indices are there

    # ---- one connection

    def patiently(self, fn, *args):
        while True:
            try:
                return fn(*args)
            except rawtpm.TpmError as e:
                if e.rc not in (rawtpm.RC_RETRY, RC_INITIALIZE) or self.ending:
                    raise
                time.sleep(0.01)

    def prepare(self, tpm):
        self.patiently(tpm_counter, tpm)
        self.patiently(define, tpm, DATA, DATA_ATTRIBUTES)
        self.patiently(define, tpm, GUARDED, GUARDED_ATTRIBUTES, b"right")
        self.patiently(allow_many_tries, tpm)
        self.patiently(write, tpm, 0)
        self.patiently(tpm.increment)
        self.counter.told = self.patiently(tpm.read_counter)
        self.failed.told = self.patiently(failed_tries, tpm)
        self.written, self.known = [0], True

    def settle(self, tpm):
        """After a new connection: is everything that was acknowledged still there?"""
        self.connections += 1
        self.doing = "looking"
        self.counter.check(self.patiently(tpm.read_counter))
        now = self.patiently(read, tpm)
        if now not in self.written:
            raise Lost(f"{self.name}: the data is {now}, and was {self.written}")
        self.written = [now]
        # A vTPM that was used with a guarded object and not shut down counts that as a failure.
        self.failed.check(self.patiently(failed_tries, tpm), slack=self.connections)

    def increment(self, tpm):
        self.counter.maybe = 1
        self.patiently(tpm.increment)
        self.counter.told += 1
        self.counter.maybe = 0

    def change(self, tpm):
        self.last += 1
        self.written.append(self.last)
        self.patiently(write, tpm, self.last)
        self.written = [self.last]

    def guess(self, tpm):
        self.failed.maybe = 1
        if not self.patiently(guess_wrong, tpm):
            raise Lost(f"{self.name}: a wrong authorisation was taken for right")
        self.failed.told += 1
        self.failed.maybe = 0

    def look(self, tpm):
        self.counter.check(self.patiently(tpm.read_counter))

    def step(self, tpm):
        generation = self.generation
        fn = self.chance.choices((self.increment, self.change, self.guess, self.look), (6, 2, 1, 1))[0]
        self.doing = fn.__name__
        fn(tpm)
        if fn is self.look:
            return
        self.acknowledged += 1
        self.reached = max(self.reached, generation)

    def session(self):
        tpm = rawtpm.Tpm(self.path)
        try:
            if not self.known:
                self.prepare(tpm)
            self.settle(tpm)
            while not self.ending:
                self.step(tpm)
                time.sleep(self.chance.random() * self.pause)
        finally:
            tpm.close()

    def run(self):
        while not self.ending and not self.wrong:
            self.doing = "connecting"
            try:
                self.session()
            except OSError:
                time.sleep(0.005)
            except (Lost, rawtpm.TpmError, struct.error) as e:
                self.wrong = f"{self.name}, {self.doing}: {e}"

    # ---- without a thread of its own

    def once(self):
        """One connection, a few changes; False if it was cut off."""
        with contextlib.suppress(OSError):
            tpm = rawtpm.Tpm(self.path)
            try:
                if not self.known:
                    self.prepare(tpm)
                self.settle(tpm)
                for _ in range(3):
                    self.increment(tpm)
                return True
            finally:
                tpm.close()
        return False


def tpm_counter(tpm):
    try:
        tpm.define_counter()
    except rawtpm.TpmError as e:
        if e.rc != RC_DEFINED:
            raise

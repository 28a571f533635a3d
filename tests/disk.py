# SPDX-License-Identifier: BSD-3-Clause
"""disk IMAGES STORE RUN EXPECTED COUNT SEED -- MANAGER...: presents earlier images of the store.

IMAGES holds copies of the store as it was, in the order of their names; the last is the present
one. EXPECTED has a line for every vTPM: "UUID COUNTER", "UUID gone", or, for one of class session
whose last session has not ended, "UUID LEAST MOST". First every image is presented whole, then
COUNT mixtures of them, slot by slot and sector by sector. What is served must be the present, or
within the last session, and audited. Whenever something was served the pTPM has moved on: "restore"
is printed, and a line awaited that says it is as it was.
"""
import collections
import contextlib
import fcntl
import os
import pathlib
import random
import struct
import subprocess
import sys
import time

import admin
import rawtpm

SECTOR = 512
FIRST_REGION = 2 << 20
PLACE = 8 << 10  # a record slot; the beginning of a state slot, where its blob lies
ROOTS = slice(64 << 10, 192 << 10)
AUDIT = slice(448 << 10, 1472 << 10)
# What of the store is one slot, before the regions: offset, size.
COMMON = {
    "header0": (0, 16 << 10),
    "header1": (16 << 10, 16 << 10),
    "root0": (64 << 10, 64 << 10),
    "root1": (128 << 10, 64 << 10),
    "policy0": (192 << 10, 128 << 10),
    "policy1": (320 << 10, 128 << 10),
    "audit": (448 << 10, 1 << 20),
}
# Errors by which a store, or one vTPM, is closed: numbers of lib/err.h, and their names.
CLOSED = {20: "tampered", 21: "rollback"}
NOT_FOUND = 11
UNENDED = b"unended-session"


def number(data):
    return int.from_bytes(data, "big")


class Record:
    """The images of a run, and what may be made of them."""

    def __init__(self, folder):
        paths = sorted(pathlib.Path(folder).iterdir())
        self.names = [p.name for p in paths]
        self.images = [p.read_bytes() for p in paths]
        self.present = self.images[-1]
        self.slots = dict(COMMON)
        for at in range(FIRST_REGION, len(self.present), PLACE):
            self.slots[f"{at:#x}"] = (at, PLACE)
        self.slots = {n: where for n, where in self.slots.items() if self.changes(*where)}
        self.places = [at for at, size in self.slots.values() if size == PLACE]
        sectors = range(0, len(self.present), SECTOR)
        self.sectors = [at for at in sectors if self.changes(at, SECTOR)]
        # How many audit records are in the trail, and how many each root names, by its number.
        ring = self.present[AUDIT]
        self.trail = sum(any(ring[at : at + 8]) for at in range(0, len(ring), SECTOR))
        roots = (self.present[COMMON[slot][0] :] for slot in ("root0", "root1"))
        self.audited = {number(r[16:24]): number(r[72:80]) for r in roots}
        self.state_sectors = [at for at in self.sectors if at >= FIRST_REGION]

    def changes(self, at, size):
        return any(i[at : at + size] != self.present[at : at + size] for i in self.images)

    def whole(self):
        for name, image in zip(self.names[:-1], self.images):
            yield f"whole {name}", image

    def mixtures(self, count, rng):
        for n in range(count):
            yield (self.by_slot if n % 2 else self.by_sector)(rng)

    def by_slot(self, rng):
        """Slots of earlier images, some of another place; rarely roots: that alone closes it."""
        roots, share = rng.random() < 0.3, rng.choice((0.1, 0.3, 0.7))
        image = bytearray(self.present)
        changed = []
        for name, (at, size) in self.slots.items():
            if rng.random() < share and (roots or not name.startswith("root")):
                i = rng.randrange(len(self.images))
                moved = size == PLACE and rng.random() < 0.2
                source = rng.choice(self.places) if moved else at
                image[at : at + size] = self.images[i][source : source + size]
                changed.append(f"{name}={self.names[i]}@{source:#x}")
        return "slots " + " ".join(changed), bytes(image)

    def by_sector(self, rng):
        base = rng.randrange(len(self.images)) if rng.random() < 0.1 else len(self.images) - 1
        image = bytearray(self.images[base])
        among = rng.choice((self.sectors, self.state_sectors))
        for at in rng.sample(among, min(len(among), rng.choice((1, 2, 4, 16, 64)))):
            image[at : at + SECTOR] = rng.choice(self.images)[at : at + SECTOR]
        return f"sectors on {self.names[base]}", bytes(image)


class Manager:
    def __init__(self, argv, run, log):
        self.argv, self.run, self.log = argv, run, log
        self.socket = f"{run}/admin"
        self.process = None

    def start(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.socket)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": self.log, "stderr": self.log}
        self.process = subprocess.Popen(self.argv, **quiet)

    def ask(self, kind, body=b"", patience=60.0):
        """The reply's error, text for a person, and body."""
        end = time.monotonic() + patience
        while True:
            try:
                return self.parse(admin.ask(self.socket, kind, body))
            except (FileNotFoundError, ConnectionRefusedError):
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.005)

    @staticmethod
    def parse(reply):
        err, rule = struct.unpack(">HH", reply[16:20])
        at = 20 + rule
        text = struct.unpack(">H", reply[at : at + 2])[0]
        body = reply[at + 2 + text + 4 :]
        return err, reply[at + 2 : at + 2 + text].decode(), body

    def end(self):
        self.process.kill()
        self.process.wait()


def audit_records(reply):
    """The records of an answer to AUDIT."""
    records, at = [], 2
    for _ in range(struct.unpack(">H", reply[:2])[0]):
        begin, at = at, at + 22
        for _ in range(4):  # action, stakeholder, object, rule
            at += 2 + struct.unpack(">H", reply[at : at + 2])[0]
        at += 32
        records.append(reply[begin:at])
    return records


class Broken(Exception):
    """The manager has served what it must not."""


class Presenter:
    def __init__(self, record, manager, store, expected):
        self.record, self.manager, self.store, self.expected = record, manager, store, expected
        self.policy = None
        self.audit = self.audited = None
        self.outcomes = collections.Counter()

    def put(self, image):
        """Into the store, once the last broker's last write is over: so long it has the lock."""
        with open(self.store, "r+b") as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            f.write(image)

    def present(self, image, whole):
        """Whether anything was served, so that the pTPM has moved on."""
        self.put(image)
        self.manager.start()
        try:
            said = [self.try_one(uuid, value) for uuid, value in self.expected.items()]
            served = not all(s.startswith("store closed") for s in said)
            if served and whole and image[ROOTS] != self.record.present[ROOTS]:
                raise Broken("a whole earlier image is served")
            if served:
                self.check_common("served an earlier state of its session" in said)
            self.outcomes[" and ".join(sorted(set(said)))] += 1
            return served
        finally:
            self.manager.end()

    def store_is_open(self):
        return self.manager.ask(admin.STATUS)[2][1] == 1

    def try_one(self, uuid, value):
        err, text, _ = self.manager.ask(admin.START, admin.name(uuid))
        if err == 0 and value is None:
            raise Broken(f"{uuid} was destroyed, and starts")
        if err == 0:
            tpm = rawtpm.connect(f"{self.manager.run}/vtpm/{uuid}/tpm")
            now = rawtpm.patiently(tpm.read_counter)
            if now not in value:
                raise Broken(f"{uuid} says {now}, acknowledged was {value}")
            return "served" if now == value[-1] else "served an earlier state of its session"
        if not text:
            raise Broken(f"{uuid} is refused without a reason (error {err})")
        if value is None and err == NOT_FOUND:
            return "served"
        if err not in CLOSED:
            raise Broken(f"{uuid} is refused with error {err}, {text}")
        return f"{'closed alone' if self.store_is_open() else 'store closed'} ({CLOSED[err]})"

    def check_common(self, earlier):
        """Policy and audit trail: the present ones, or an error. earlier: which has to be there."""
        err, text, policy = self.manager.ask(admin.POLICY_GET)
        if err == 0 and policy != self.policy:
            raise Broken("an earlier policy is in force")
        err, text, audit = self.manager.ask(admin.AUDIT, struct.pack(">Q", 1))
        if err and not text:
            raise Broken(f"the audit trail is refused without a reason (error {err})")
        if err == 0:
            self.check_audit(audit_records(audit), earlier)

    def check_audit(self, trail, earlier):
        """What is anchored is there. Of what was not, the end may be missing; what follows is new."""
        same = 0
        while same < min(len(trail), len(self.audit)) and trail[same] == self.audit[same]:
            same += 1
        if same < self.audited:
            raise Broken(f"the audit trail is another one: {same} of {len(trail)} records are the present ones, "
                         f"of which there are {len(self.audit)}, {self.audited} of them anchored")
        if set(trail[same:]) & set(self.audit):
            raise Broken("the audit trail has records in another place")
        if earlier and not any(UNENDED in r for r in trail[same:]):
            raise Broken("an earlier state of a session is served, and the audit does not say so")

    def learn(self, image):
        """What the present store has; it must be served."""
        self.put(image)
        self.manager.start()
        try:
            audit = self.manager.ask(admin.AUDIT, struct.pack(">Q", 1))[2]
            self.audit = audit_records(audit)[: self.record.trail]
            self.policy = self.manager.ask(admin.POLICY_GET)[2]
            # Of two roots the one that is current: the other may be one that was never anchored.
            self.audited = self.record.audited[number(self.manager.ask(admin.STATUS)[2][15:23])]
            if {self.try_one(*one) for one in self.expected.items()} != {"served"}:
                raise Broken("the present store is refused")
        finally:
            self.manager.end()


def note(text):
    print(text, file=sys.stderr)


def restore():
    print("restore", flush=True)
    if not sys.stdin.readline():
        sys.exit("nobody restores the pTPM")


def read_expected(path):
    """What each may say, by uuid; the last of it is the present."""
    expected = {}
    with open(path, encoding="ascii") as f:
        for line in f:
            uuid, *values = line.split()
            gone = values == ["gone"]
            expected[uuid] = None if gone else range(int(values[0]), int(values[-1]) + 1)
    return expected


def main():
    folder, store, run, expected, count, seed = sys.argv[1:7]
    record = Record(folder)
    with open(f"{folder}.log", "wb") as log:
        manager = Manager(sys.argv[8:], run, log)
        presenter = Presenter(record, manager, store, read_expected(expected))
        presenter.learn(record.present)
        restore()
        rng = random.Random(int(seed))
        begun = time.monotonic()
        presentations = [*record.whole(), *record.mixtures(int(count), rng)]
        for n, (what, image) in enumerate(presentations):
            try:
                served = presenter.present(image, n < len(record.images) - 1)
            except Broken as e:
                sys.exit(f"presentation {n} ({what}) of seed {seed}: {e}")
            if served:
                restore()
        note(f"{len(record.images)} images; {len(record.slots)} slots that change, and "
             f"{len(record.sectors)} sectors; {len(presentations)} presentations of seed {seed} in "
             f"{time.monotonic() - begun:.1f} s")
        for what, times in presenter.outcomes.most_common():
            note(f"{times:6} {what}")


if __name__ == "__main__":
    main()

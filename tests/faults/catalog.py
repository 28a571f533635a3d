# SPDX-License-Identifier: BSD-3-Clause
"""catalog: every boundary, what makes it happen, and every fault that can strike there."""
from collections import namedtuple
from errno import EIO, ENOSPC

# One kind of fault at one boundary. first: faults without which the boundary is not reached.
Case = namedtuple("Case", "boundary fault point kind stimulus often action target number first")

SURVIVALS = ("nothing", "torn", "reordered", "sectors", "all")
LATE_MS = 1500  # more than the proxy's time limit of 1 s
A_WHILE_MS = 40

AREAS = {
    1: ("boot header", "update"), 2: ("root", "guests"), 3: ("policy", "policy"), 4: ("audit", "life"),
    5: ("record", "churn"), 6: ("state", "guests"),
}

# type: name, from, to, what makes it happen
MESSAGES = {
    0x101: ("SUPER_CONFIG", "supervisor", "keys", "boot"),
    0x102: ("SUPER_PEER", "supervisor", "worker", "life"),
    0x103: ("SUPER_EXITED", "supervisor", "broker", "life"),
    0x104: ("SUPER_STOP", "supervisor", "broker", "stop"),
    0x105: ("SUPER_SPAWN", "keys", "supervisor", "life"),
    0x106: ("SUPER_PIN", "keys", "supervisor", "init"),
    0x107: ("SUPER_KILL", "broker", "supervisor", "abort"),
    0x108: ("SUPER_READY", "keys", "supervisor", "boot"),
    0x201: ("KEYS_PCRS", "broker", "keys", "look"),
    0x202: ("KEYS_PCR_VALUES", "keys", "broker", "look"),
    0x203: ("KEYS_INIT", "broker", "keys", "init"),
    0x204: ("KEYS_OPEN", "broker", "keys", "boot"),
    0x205: ("KEYS_OPENED", "keys", "broker", "boot"),
    0x206: ("KEYS_UPDATE", "broker", "keys", "update"),
    0x207: ("KEYS_CREATE", "broker", "keys", "churn"),
    0x208: ("KEYS_DESTROY", "broker", "keys", "churn"),
    0x209: ("KEYS_START", "broker", "keys", "life"),
    0x20A: ("KEYS_POLICY", "broker", "keys", "policy"),
    0x20B: ("KEYS_AUDIT", "broker", "keys", "life"),
    0x20C: ("KEYS_STATUS", "broker", "keys", "look"),
    0x20D: ("KEYS_STATUS_IS", "keys", "broker", "look"),
    0x20E: ("KEYS_DURABLE", "broker", "keys", "guests"),
    0x20F: ("KEYS_HEADER", "keys", "broker", "update"),
    0x210: ("KEYS_COMMIT", "keys", "broker", "guests"),
    0x211: ("KEYS_ANCHORED", "keys", "broker", "guests"),
    0x212: ("KEYS_DONE", "keys", "broker", "life"),
    0x213: ("KEYS_REVOKE", "broker", "keys", "revoke"),
    0x214: ("KEYS_TERMS", "broker", "keys", "guests"),
    0x215: ("KEYS_WEAR", "broker", "keys", "look"),
    0x216: ("KEYS_WEAR_IS", "keys", "broker", "look"),
    0x301: ("STATE_KEY", "keys", "worker", "life"),
    0x302: ("STATE_ANCHORED", "keys", "worker", "guests"),
    0x303: ("STATE_STALL", "keys", "worker", "guests"),
    0x304: ("STATE_DIRTY", "worker", "keys", "guests"),
    0x305: ("STATE_RESUME", "worker", "keys", "guests"),
    0x306: ("STATE_FRESHNESS", "keys", "worker", "guests"),
    0x401: ("BLOB_GET", "worker", "broker", "life"),
    0x402: ("BLOB_DATA", "broker", "worker", "life"),
    0x403: ("BLOB_PUT", "worker", "broker", "guests"),
    0x404: ("BLOB_READY", "worker", "broker", "life"),
    0x406: ("BLOB_STOP", "broker", "worker", "life"),
    0x407: ("BLOB_STORED", "broker", "worker", "guests"),
    0x408: ("BLOB_SUSPEND", "broker", "worker", "suspend"),
    0x409: ("BLOB_STALL", "broker", "worker", "guests"),
    0x501: ("ADMIN_STATUS", None, "broker", "look"),
    0x502: ("ADMIN_PCRS", None, "broker", "look"),
    0x503: ("ADMIN_INIT", None, "broker", "init"),
    0x504: ("ADMIN_UPDATE", None, "broker", "update"),
    0x505: ("ADMIN_CREATE", None, "broker", "churn"),
    0x506: ("ADMIN_LIST", None, "broker", "look"),
    0x507: ("ADMIN_SHOW", None, "broker", "look"),
    0x508: ("ADMIN_START", None, "broker", "life"),
    0x509: ("ADMIN_STOP", None, "broker", "life"),
    0x50A: ("ADMIN_DESTROY", None, "broker", "churn"),
    0x50B: ("ADMIN_POLICY_GET", None, "broker", "look"),
    0x50C: ("ADMIN_POLICY_LOAD", None, "broker", "policy"),
    0x50D: ("ADMIN_AUDIT", None, "broker", "look"),
    0x50E: ("ADMIN_REVOKE", None, "broker", "revoke"),
    0x511: ("ADMIN_SUSPEND", None, "broker", "suspend"),
    0x512: ("ADMIN_RESUME", None, "broker", "suspend"),
    0x580: ("ADMIN_REPLY", "broker", None, "life"),
    0x601: ("PTPM_COMMAND", "keys", "proxy", "guests"),
    0x602: ("PTPM_RESPONSE", "proxy", "keys", "guests"),
    0x603: ("PTPM_ERROR", "proxy", "keys", "guests"),
}

COMMANDS = {
    0x120: ("EvictControl", "init"), 0x122: ("NV_UndefineSpace", "init"), 0x12A: ("NV_DefineSpace", "init"), 0x131: ("CreatePrimary", "init"),
    0x136: ("NV_Extend", "guests"), 0x137: ("NV_Write", "init"), 0x149: ("PolicyNV", "boot"),
    0x14E: ("NV_Read", "boot"), 0x151: ("PolicySecret", "init"), 0x153: ("Create", "churn"),
    0x157: ("Load", "life"), 0x15E: ("Unseal", "life"), 0x165: ("FlushContext", "life"),
    0x167: ("LoadExternal", "boot"), 0x169: ("NV_ReadPublic", "boot"), 0x16A: ("PolicyAuthorize", "life"),
    0x173: ("ReadPublic", "boot"), 0x176: ("StartAuthSession", "boot"), 0x177: ("VerifySignature", "boot"),
    0x17A: ("GetCapability", "boot"), 0x17E: ("PCR_Read", "look"), 0x17F: ("PolicyPCR", "life"),
    0x182: ("PCR_Extend", "reset"),
}

# What has to happen before, where all goes well without.
FIRST = {
    0x122: "response 337 1 answer - 257",
    0x214: "sent 528 2 kill keys 0",
    0x303: "write 2 1 fail - 5",
    0x305: "sent 528 2 kill keys 0",
    0x306: "sent 528 2 kill keys 0",
    0x409: "sync 0 1 fail - 5;sync 0 1 fail - 5;sync 0 1 fail - 5",
    0x603: "command 310 1 kill self 0",
}

ROLES = ("broker", "keys", "worker", "supervisor", "proxy", "device")


class Row:
    """One boundary: makes its cases."""

    def __init__(self, boundary, point, kind, stimulus, first=None):
        self.boundary, self.point, self.kind, self.stimulus = boundary, point, kind, stimulus
        self.first = first
        self.cases = []

    def add(self, fault, action, target="-", number=0):
        often = 12 if self.stimulus == "guests" and not self.first else 1
        self.cases.append(Case(self.boundary, fault, self.point, self.kind, self.stimulus, often, action,
                               target, number, self.first))

    def kills(self, roles=ROLES):
        for role in roles:
            # While the manager starts, or is made ready, there is no worker yet.
            if role != "worker" or self.stimulus not in ("init", "boot"):
                self.add(f"kill {role}", "kill", role)
        self.add("kill pTPM", "kill", "ptpm")

    def power(self, survivals):
        for i in survivals:
            self.add(f"power cut, kept: {SURVIVALS[i]}", "power", "-", i)
        self.add("power cut, pTPM too", "power", "ptpm", 3)


def store_rows():
    for kind, (name, stimulus) in AREAS.items():
        row = Row(f"write {name}", "write", kind, stimulus)
        row.kills()
        row.power(range(5))
        row.add("EIO", "fail", "-", EIO)
        row.add("ENOSPC", "fail", "-", ENOSPC)
        row.add("EIO, torn", "torn", "-", EIO)
        row.add("short write", "short")
        row.add("held", "hold", "-", A_WHILE_MS)
        yield row
    for point in ("sync", "synced"):
        row = Row(f"fdatasync {'before' if point == 'sync' else 'after'}", point, 0, "guests")
        row.kills()
        row.power(range(5))
        row.add("held", "hold", "-", A_WHILE_MS)
        if point == "sync":
            row.add("EIO", "fail", "-", EIO)
        yield row


def message_rows():
    for kind, (name, source, sink, stimulus) in MESSAGES.items():
        for point, there in (("send", source), ("sent", source), ("recv", sink)):
            if not there:
                continue
            row = Row(f"{name} {point}", point, kind, stimulus, FIRST.get(kind))
            row.kills(ROLES[:5])
            row.power((3,))
            if point != "sent":
                row.add("held", "hold", "-", A_WHILE_MS)
            if point == "send" and name != "SUPER_PEER":
                row.add("twice", "twice")
            yield row


def command_rows():
    for kind, (name, stimulus) in COMMANDS.items():
        row = Row(f"{name} before", "command", kind, stimulus, FIRST.get(kind))
        row.kills(("keys", "proxy", "device", "supervisor"))
        row.power((3,))
        row.add("lost", "drop")
        row.add("late", "hold", "-", LATE_MS)
        yield row
        row = Row(f"{name} passed on", "forward", kind, stimulus, FIRST.get(kind))
        row.add("twice", "twice")
        yield row
        row = Row(f"{name} after", "response", kind, stimulus, FIRST.get(kind))
        row.kills(("keys", "proxy", "device", "supervisor"))
        row.power((3,))
        row.add("lost", "drop")
        row.add("late", "hold", "-", LATE_MS)
        row.add("twice", "twice")
        row.add("error", "answer", "-", 0x101)
        row.add("error: retry", "answer", "-", 0x922)
        row.add("error: lockout", "answer", "-", 0x921)
        row.add("garbled", "garble")
        yield row


# How many of three runs strike there.
FAMILIES = (
    [c for row in store_rows() for c in row.cases],
    [c for row in command_rows() for c in row.cases],
    [c for row in message_rows() for c in row.cases],
)


def boundaries():
    """(point, kind) of every boundary that the catalog has."""
    return {(c.point, c.kind) for family in FAMILIES for c in family}


def case_of(seed_random, k):
    """The case of run k: each family in turn, and within it each case once before any comes again."""
    family = FAMILIES[k % len(FAMILIES)]
    order = list(range(len(family)))
    turn, place = divmod(k // len(FAMILIES), len(family))
    seed_random(f"order {k % len(FAMILIES)} {turn}").shuffle(order)
    return family[order[place]]

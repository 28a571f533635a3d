# SPDX-License-Identifier: BSD-3-Clause
"""lane: one host, its guests, and one fault after the other; what must hold after each."""
import collections
import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import threading
import time

import admin
import catalog
from guest import Guest
from stack import Failed, Refused, Stack

GUESTS = 3
TRACE_LINES = int(os.environ.get("FAULTS_TRACE_LINES", "300"))
PATIENCE = 90  # seconds until something that should recover by itself counts as lost
# Errors that pass. Anything else is an answer that a healthy store and pTPM never get.
PASSING = {"unavailable", "timeout", "again", "io", "state", "tpm", "lockout", "no-memory", "eof", "ctl"}
# What one command may get whose session a reset of the pTPM has ended; the next one begins a new one.
AFTER_RESET = {"denied", "not-found", "format"}
LYING_BUS = ("answer", "garble", "twice", "drop", "hold")


def last_of_each(path, n):
    """The last events of each process in a trace."""
    lines = {}
    with contextlib.suppress(OSError), open(path, encoding="ascii") as f:
        for line in f:
            lines.setdefault(line.split()[2], []).append(line)
    return "".join(line for of_one in lines.values() for line in of_one[-n:])


def tail(path, lines):
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as f:
        return "".join(f.readlines()[-lines:])
    return ""


class Lane:
    """Runs cases by their number; what run K does follows from seed and K alone."""

    def __init__(self, root, build, policy, seed, lane):
        self.root, self.build, self.policy, self.seed, self.lane = root, build, policy, seed, lane
        self.stack = None
        self.guests = []
        self.built = 0
        self.generation = 0
        self.there = {}  # name -> True, False, or None: a create or destroy without an answer
        self.policies = []  # digests of which one is in force
        self.seq = 0
        self.refusals = {}
        self.case = None
        self.struck = False
        self.counts = collections.Counter()  # of all events
        self.since = 0  # deaths up to there belong to an earlier manager

    def random(self, what):
        return random.Random(f"{self.seed}/{what}")

    # ---- a fresh host

    def fresh(self, init=None):
        """init: what to do in place of the initialisation."""
        self.close()
        self.built += 1
        where = f"{self.root}/{self.lane}.{self.built}"
        os.makedirs(where, mode=0o711)
        os.chmod(where, 0o711)
        self.stack = Stack(where, self.build, self.policy, self.lane)
        self.there, self.guests, self.seq, self.since, self.refusals = {}, [], 0, 0, {}
        with open(self.policy, "rb") as f:
            self.policies = [hashlib.sha256(f.read()).hexdigest()]
        self.stack.create_store()
        self.stack.up()
        if init:
            init()
        else:
            self.stack.initialise()
        for i in range(GUESTS):
            self.guests.append(self.new_guest(f"t{i}"))
        for g in self.guests:
            g.start()
        self.recover()

    def new_guest(self, name):
        self.there[name] = None
        self.stack.ctl("create", name, "--stakeholder", "owner", "--quota", "16K")
        self.there[name] = True
        return Guest(name, self.path_of(name), self.random(f"{self.lane} {name} {self.built}"))

    def path_of(self, name):
        uuid = self.stack.ctl("show", name, "--json")["uuid"]
        return f"{self.stack.run_dir}/vtpm/{uuid}/tpm"

    def finish(self):
        """The counts of all boundaries."""
        self.close()
        return self.counts

    def close(self):
        for g in self.guests:
            g.ending = True
        if self.stack:
            with contextlib.suppress(Exception):
                self.counts.update(self.stack.tracer.counts())
            self.stack.down()
            shutil.rmtree(self.stack.dir, ignore_errors=True)
        self.stack = None

    # ---- recovery, and what must hold after it

    def start(self, name):
        """Or resumed, if it was suspended."""
        return self.begin(admin.START, name) or self.begin(admin.RESUME, name)

    def begin(self, how, name):
        try:
            self.stack.ask(how, admin.name(name))
            return True
        except OSError:
            return False
        except Refused as e:
            self.refusals[e.error] = str(e)
            if e.error in PASSING or (self.case.target == "ptpm" and e.error in AFTER_RESET):
                return False
            if self.case.action not in LYING_BUS:
                raise Failed(f"{name} is refused: {e}") from None
            # On a bus that lied the manager has to be started again, as it says; the state is as it was.
            self.stack.manager_down(signal.SIGTERM)
            return False

    def check_guests(self):
        for g in self.guests:
            if g.wrong:
                raise Failed(g.wrong)
            if g.connections and not g.is_alive():
                raise Failed(f"{g.name}: its guest has ended")

    def recover(self):
        """Everything serves again, and each guest has found what it was told and changed something."""
        self.generation += 1
        for g in self.guests:
            g.generation = self.generation
        end = time.monotonic() + PATIENCE
        traced = False
        while True:
            self.stack.up()
            self.check_guests()
            waiting = [g for g in self.guests if g.reached < self.generation]
            if not waiting:
                return
            if time.monotonic() > end:
                raise Failed(f"not back after {PATIENCE} s: " + ", ".join(f"{g.name} {g.doing}" for g in waiting)
                             + f"; refusals {self.refusals}")
            if not traced and time.monotonic() > end - PATIENCE + 3:
                traced = True
                self.stack.tracer.ask("trace", f"{self.stack.dir}/trace")
            for g in waiting:
                if g.doing == "connecting" and not os.path.exists(g.path):
                    self.start(g.name)
            time.sleep(0.005)

    def json(self, *words):
        """What vtpmctl says, once the manager answers."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return self.stack.ctl(*words, "--json")
            except Refused as e:
                if time.monotonic() > end:
                    raise Failed(f"vtpmctl {words}: {e}") from None
                self.stack.up()
                time.sleep(0.05)

    def check_platform(self):
        """Creations, destructions and policies that were acknowledged; and no older root."""
        now = {v["name"] for v in self.json("list")["vtpms"]}
        for name, there in self.there.items():
            if there is not None and there != (name in now):
                raise Failed(f"{name} was {'created' if there else 'destroyed'}, and is now "
                             f"{'there' if name in now else 'gone'}")
        for name in now - set(self.there):
            raise Failed(f"{name} was never created")
        self.there = {name: name in now for name in self.there if name in now}
        status = self.json("status")
        seq, policy = status["keys"]["root_seq"], status["policy"]["sha256"]
        if seq < self.seq:
            raise Failed(f"the root was {self.seq}, and is {seq}")
        if policy not in self.policies:
            raise Failed(f"the policy is {policy}, and was one of {self.policies}")
        self.seq, self.policies = seq, [policy]

    def clear_up(self):
        """What a run left over that the next one does not need."""
        if None in self.there.values():
            self.check_platform()
        for name in [n for n, there in self.there.items() if there and n.startswith("c")]:
            self.request(admin.STOP, admin.name(name))
            self.destroy(name)
            if self.there[name] is not False:
                raise Failed(f"{name} cannot be destroyed: {self.refusals}")

    # ---- what makes a boundary happen

    def request(self, kind, body=b""):
        """True: done; False: refused; None: no answer."""
        try:
            self.stack.ask(kind, body)
            return True
        except OSError:
            return None
        except Refused as e:
            self.refusals[e.error] = str(e)
            return None if e.error in PASSING else False

    def destroy(self, name):
        self.there[name] = None
        if self.request(admin.DESTROY, admin.name(name)):
            self.there[name] = False

    def do_guests(self, k):
        """They are at it."""

    def do_life(self, k):
        name = f"t{k % GUESTS}"
        self.request(admin.STOP, admin.name(name))
        self.request(admin.START, admin.name(name))

    def do_suspend(self, k):
        name = f"t{k % GUESTS}"
        self.request(admin.SUSPEND, admin.name(name))
        self.request(admin.RESUME, admin.name(name))

    def do_abort(self, k):
        """Stopped while it starts."""
        name = f"t{k % GUESTS}"
        self.request(admin.STOP, admin.name(name))
        starting = threading.Thread(target=self.request, args=(admin.START, admin.name(name)))
        starting.start()
        time.sleep(self.random(f"abort {k}").random() * 0.004)
        self.request(admin.STOP, admin.name(name))
        starting.join()

    def do_churn(self, k):
        name = f"c{k}"
        try:
            g = self.new_guest(name)
        except Refused:
            return
        self.request(admin.START, admin.name(name))
        changed = g.once()
        self.request(admin.STOP, admin.name(name))
        self.request(admin.START, admin.name(name))
        if changed:
            g.once()
        self.request(admin.STOP, admin.name(name))
        self.destroy(name)

    def do_look(self, k):
        for kind, body in ((admin.STATUS, b""), (admin.PCRS, struct.pack(">I", 1)), (admin.LIST, b""),
                           (admin.SHOW, admin.name("t2")), (admin.POLICY_GET, b""),
                           (admin.AUDIT, struct.pack(">Q", 1))):
            self.request(kind, body)

    def do_policy(self, k):
        with open(self.policy, "rb") as f:
            text = f.read().replace(b"runs under", b"runs under, %d" % k)
        digest = hashlib.sha256(text).hexdigest()
        self.policies.append(digest)
        if self.request(admin.POLICY_LOAD, bytes(65) + struct.pack(">I", len(text)) + text):
            self.policies = [digest]

    def do_update(self, k):
        with open(f"{self.stack.dir}/approval.json", encoding="ascii") as f:
            a = json.load(f)
        body = struct.pack(">I", sum(1 << i for i in a["pcrs"])) + bytes.fromhex(a["pcr_digest"])
        body += struct.pack(">Q", a["version"])
        body += bytes.fromhex(a["signature"]["r"]) + bytes.fromhex(a["signature"]["s"])
        self.request(admin.UPDATE, admin.name("") + body)

    def do_revoke(self, k):
        self.request(admin.REVOKE)

    def do_boot(self, k):
        self.stack.manager_down(signal.SIGKILL)
        self.stack.up()

    def do_reset(self, k):
        """The pTPM as well: its PCRs are to be extended anew."""
        self.stack.manager_down(signal.SIGKILL)
        self.stack.ptpm_down()
        self.stack.up()

    def do_stop(self, k):
        self.stack.manager_down(signal.SIGTERM)
        self.stack.up()

    # ---- one run

    def arm(self, name):
        chance = self.random(name)
        c = self.case
        faults = c.first.split(";") if c.first else []
        wanted = len(faults) + 1
        faults.append(f"{c.point} {c.kind} {chance.randint(1, c.often)} {c.action} {c.target} {c.number}")
        # Every fourth run is struck again while it recovers, or shortly after.
        if chance.random() < 0.25 and c.stimulus != "init":
            point, kind = chance.choice((("sync", 0), ("recv", 0), ("send", 0), ("command", 0), ("response", 0)))
            action = chance.choice(("kill self 0", "kill broker 0", "kill keys 0", "power - 1", "power - 3"))
            faults.append(f"{point} {kind} {chance.randint(1, 40)} {action}")
        for f in faults:
            self.stack.tracer.ask("fault", f, chance.getrandbits(63))
        return wanted

    def wait_fired(self, wanted):
        """While the guests work. False: it was not reached."""
        tracer = self.stack.tracer
        return tracer.wait(lambda: len(tracer.fired) >= wanted or any(g.wrong for g in self.guests), 1.5 * wanted)

    def refresh(self):
        """The back-off of a manager whose parts have died often would only make this slow."""
        if sum(d[0] in ("keys", "broker") for d in self.stack.tracer.died[self.since:]) >= 4:
            self.stack.manager_down(signal.SIGKILL)
            self.since = len(self.stack.tracer.died)
            self.recover()
            self.check_platform()

    def run(self, k):
        """True if the fault struck, at the third try at the latest; Failed, if what must hold does not."""
        self.case = catalog.case_of(self.random, k)
        once = self.run_init if self.case.stimulus == "init" else self.run_once
        return any(once(k, f"run {k}" + f", again {i}" * (i > 0)) for i in range(3))

    def run_once(self, k, name):
        if not self.stack:
            self.fresh()
        self.refresh()
        tracer = self.stack.tracer
        del tracer.fired[:]
        died = len(tracer.died)
        wanted = self.arm(name)
        getattr(self, f"do_{self.case.stimulus}")(k)
        struck = self.wait_fired(wanted) and len(tracer.fired) >= wanted
        self.recover()
        tracer.ask("clear")
        self.recover()
        if any(d[0] == "supervisor" for d in tracer.died[died:]):
            self.since = len(tracer.died)
            self.check_platform()
        elif self.case.stimulus in ("churn", "policy"):
            self.check_platform()
        self.clear_up()
        return struck

    # ---- a fault while the platform is initialised

    def disturbed_init(self, name):
        self.arm(name)
        with contextlib.suppress(Refused):
            self.stack.initialise()
        self.struck = self.wait_fired(1)
        self.stack.tracer.ask("clear")
        end = time.monotonic() + PATIENCE
        while not self.is_initialised():
            if time.monotonic() > end:
                raise Failed(f"no platform after an interrupted initialisation: {self.refusals}")
            time.sleep(0.05)

    def is_initialised(self):
        """As it is, or by doing it once more; where something in the pTPM is in the way, the manager says so."""
        self.stack.up()
        if self.stack.is_open():
            return True
        try:
            self.stack.initialise()
        except Refused as e:
            self.refusals["init"] = str(e)
            if "undefine" in str(e):
                self.stack.ptpm_new()
            elif "already" in str(e) and self.stack.is_foreign():
                # Struck between boot header and pin: nobody was told of a platform, and it stays closed.
                self.stack.manager_down(signal.SIGKILL)
                self.stack.ptpm_new()
                self.stack.create_store()
            return False
        return self.stack.is_open()

    def run_init(self, _, name):
        self.struck = False
        self.fresh(lambda: self.disturbed_init(name))
        return self.struck

    # ---- what is left of a failure

    def evidence(self):
        if not self.stack:
            return ""
        out = []
        with contextlib.suppress(Exception):
            if not os.path.exists(f"{self.stack.dir}/trace"):
                self.stack.tracer.ask("trace", f"{self.stack.dir}/trace")
            out.append("--- " + json.dumps(self.stack.ctl("list", "--json")))
            out.append("--- " + json.dumps(self.stack.ctl("status", "--json")["keys"]))
        for name, n in (("vtpmmgr.log", 60), ("ptpm-proxy.log", 15), ("trace", TRACE_LINES)):
            out.append(f"--- {name}\n{tail(f'{self.stack.dir}/{name}', n)}")
        out.append("--- the last of each process\n" + last_of_each(f"{self.stack.dir}/trace", 12))
        for g in self.guests:
            out.append(f"--- {g.name}: {g.doing}, told {g.counter.told} +{g.counter.maybe}, data {g.written}, "
                       f"failed {g.failed.told}, connections {g.connections}, wrong: {g.wrong}")
        return "\n".join(out)

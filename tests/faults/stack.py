# SPDX-License-Identifier: BSD-3-Clause
"""stack: swtpm, and the proxy and the manager under the tracer, in one directory of their own."""
import contextlib
import json
import os
import queue
import shutil
import struct
import subprocess
import threading
import time

import admin

STORE_BYTES = 4 << 20
ERRORS = (
    "ok arg format too-big no-memory io eof again timeout unavailable denied not-found exists state full"
    " crypto tpm lockout unapproved unprovisioned tampered rollback foreign signature unsupported internal"
).split()


class Failed(Exception):
    """What must not be."""


class Refused(Exception):
    """The manager's answer to a request was no."""

    def __init__(self, error, text):
        super().__init__(f"{error}: {text}")
        self.error = error


class Tracer:
    """tests/faults/tracer.c, and what it has said so far."""

    def __init__(self, program):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.replies = queue.Queue()
        self.changed = threading.Condition()
        self.one_at_a_time = threading.RLock()
        self.fired = []
        self.died = []  # roles, in order
        self.outages = 0
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            word, _, rest = line.decode().rstrip("\n").partition(" ")
            with self.changed:
                if word == "fired":
                    self.fired.append(rest.split())
                elif word == "died":
                    self.died.append(rest.split())
                elif word == "down":
                    self.outages += 1
                self.changed.notify_all()
            if word not in ("fired", "died", "down"):
                self.replies.put((word, rest))
        self.replies.put(("gone", ""))

    def tell(self, *words):
        self.process.stdin.write((" ".join(str(w) for w in words) + "\n").encode())
        self.process.stdin.flush()

    def ask(self, *words):
        with self.one_at_a_time:
            self.tell(*words)
            word, rest = self.replies.get(timeout=120)
        if word not in ("ok", "started", "cleared"):
            raise Failed(f"the tracer says '{word} {rest}' to: {words}")
        return rest

    def start(self, log, *argv):
        return int(self.ask("start", "\t".join((log, *argv))))

    def counts(self):
        with self.one_at_a_time:
            return self.read_counts()

    def read_counts(self):
        self.tell("counts")
        out = {}
        while True:
            word, rest = self.replies.get(timeout=120)
            if word != "count":
                return out
            point, kind, n = rest.split()
            out[point, int(kind)] = int(n)

    def wait(self, predicate, seconds):
        with self.changed:
            return self.changed.wait_for(predicate, seconds)

    def dead(self, pid):
        return any(int(d[1]) == pid for d in self.died)


class Stack:
    """Everything that one host has."""

    def __init__(self, directory, build, policy, lane):
        self.dir, self.build, self.policy = directory, build, policy
        self.uids = f"{60706 + 20 * lane}:20"
        self.run_dir = f"{directory}/run"
        self.store = f"{directory}/store"
        self.key, self.pub = f"{directory}/authority.pem", f"{directory}/authority.pub.pem"
        self.tracer = Tracer(f"{build}/tests/faults/tracer")
        self.swtpm = None
        self.proxy_pid = self.manager_pid = 0
        self.one_at_a_time = threading.RLock()
        self.tended = False
        os.makedirs(f"{directory}/ptpm")
        os.makedirs(f"{directory}/libexec")
        os.makedirs(self.run_dir, mode=0o711)
        os.chmod(self.run_dir, 0o711)
        self.link_programs()

    def link_programs(self):
        for name, path in (("vtpmmgr-keys", "vtpmmgr-keys"), ("vtpm-stubdom", "vtpm-stubdom"),
                                           ("ptpm-proxy", "pTPM-proxy/ptpm-proxy")):
            where = path if os.path.isfile(f"{self.build}/{path}") else name
            os.symlink(f"{self.build}/{where}", f"{self.dir}/libexec/{name}")

    # ---- parts

    def ptpm_up(self):
        if self.swtpm and self.swtpm.poll() is None:
            return
        sock = f"{self.dir}/ptpm.sock"
        for path in (sock, sock + ".ctrl"):
            if os.path.exists(path):
                os.unlink(path)
        with open(f"{self.dir}/swtpm.log", "ab") as log:
            # pylint: disable=consider-using-with
            self.swtpm = subprocess.Popen(
                ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.dir}/ptpm",
                 "--server", f"type=unixio,path={sock}", "--ctrl", f"type=unixio,path={sock}.ctrl",
                 "--flags", "not-need-init,startup-clear"], stdout=log, stderr=log)
        self.until(lambda: os.path.exists(sock + ".ctrl"), "swtpm starts")
        self.tracer.ask("ptpm", self.swtpm.pid)

    def proxy_up(self):
        if self.proxy_pid and not self.tracer.dead(self.proxy_pid):
            return
        where = f"{self.run_dir}/ptpm/keys"
        if os.path.exists(where):
            os.unlink(where)
        self.proxy_pid = self.tracer.start(
            f"{self.dir}/ptpm-proxy.log", f"{self.dir}/libexec/ptpm-proxy", "--tcti",
            f"swtpm:path={self.dir}/ptpm.sock", "--socket-dir", f"{self.run_dir}/ptpm", "--timeout", "1")
        self.until(lambda: os.path.exists(where) or self.tracer.dead(self.proxy_pid), "the proxy starts")

    def manager_is_up(self):
        return self.manager_pid and not self.tracer.dead(self.manager_pid)

    def manager_up(self):
        if self.manager_is_up():
            return
        where = f"{self.run_dir}/admin"
        if os.path.exists(where):
            os.unlink(where)
        program = f"{self.build}/vtpmmgr/vtpmmgr"
        self.manager_pid = self.tracer.start(
            f"{self.dir}/vtpmmgr.log", program, "--run-dir", self.run_dir, "--store", self.store,
            "--ptpm", f"{self.run_dir}/ptpm", "--pin", f"{self.dir}/pin", "--policy", self.policy,
            "--libexec", f"{self.dir}/libexec", "--worker-uids", self.uids)
        self.until(lambda: self.manager_listens() or not self.manager_is_up(), "the manager starts")

    def manager_listens(self):
        with contextlib.suppress(OSError), admin.connect(f"{self.run_dir}/admin"):
            return True
        return False

    def up(self):
        with self.one_at_a_time:
            self.ptpm_up()
            self.proxy_up()
            self.manager_up()
        if not self.tended:
            self.tended = True
            threading.Thread(target=self.tend, daemon=True).start()

    def tend(self):
        """What is not the manager's is started again by others; who waits for it may wait here."""
        while self.tended:
            with self.one_at_a_time:
                if self.tended:
                    self.ptpm_up()
                    self.proxy_up()
            time.sleep(0.02)

    def manager_down(self, signo):
        pid = self.manager_pid
        if self.manager_is_up():
            os.kill(pid, signo)
            if not self.tracer.wait(lambda: self.tracer.dead(pid), 120):
                raise Failed("the manager does not end")

    def down(self):
        self.rest()
        self.tracer.process.stdin.close()
        self.tracer.process.wait()
        self.ptpm_down()

    @staticmethod
    def until(predicate, what, seconds=120):
        end = time.monotonic() + seconds
        while not predicate():
            if time.monotonic() > end:
                raise Failed(f"{what}: not within {seconds} s")
            time.sleep(0.003)

    # ---- requests

    def ctl(self, *words):
        """A vtpmctl command's JSON, or None where it has none."""
        done = subprocess.run(
            [f"{self.build}/tools/vtpmctl", "--socket", f"{self.run_dir}/admin", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=120)
        if done.returncode:
            raise Refused("ctl", (done.stderr + done.stdout).decode().strip())
        return json.loads(done.stdout) if "--json" in words else None

    def ask(self, kind, body=b"", timeout=120):
        """Raises Refused, or OSError where there was no answer."""
        with admin.connect(f"{self.run_dir}/admin", timeout) as sock:
            sock.send(admin.message(kind, body))
            raw = sock.recv(1 << 18)
        if len(raw) < 18:
            raise ConnectionError("no answer")
        error, rule = struct.unpack(">HH", raw[16:20])
        text = raw[20 + rule:]
        text = text[2:2 + struct.unpack(">H", text[:2])[0]].decode()
        if error:
            raise Refused(ERRORS[error], text)

    # ---- setting up

    def create_store(self):
        with open(self.store, "wb") as f:
            f.write(bytes(STORE_BYTES))
        self.tracer.ask("store", self.store)
        for words in (["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key],
                      ["pkey", "-in", self.key, "-pubout", "-out", self.pub]):
            subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)

    def initialise(self):
        """A platform, approved by the authority."""
        self.approve()
        self.ctl("platform", "init", "--authority", self.pub, "--approval", f"{self.dir}/approval.json")

    def is_open(self):
        with contextlib.suppress(Refused):
            return self.ctl("status", "--json")["keys"]["open"]
        return False

    def rest(self):
        """Nothing is started again until the next up()."""
        with self.one_at_a_time:
            self.tended = False

    def is_foreign(self):
        """Closed, because the pin of the pTPM's key is missing."""
        with contextlib.suppress(Refused):
            keys = self.ctl("status", "--json")["keys"]
            return not keys["open"] and keys["last_error"] == "foreign"
        return False

    def ptpm_down(self):
        self.rest()
        if self.swtpm:
            self.swtpm.kill()
            self.swtpm.wait()

    def keep(self):
        shutil.copy(self.store, f"{self.dir}/kept")
        shutil.copytree(f"{self.dir}/ptpm", f"{self.dir}/kept.ptpm")

    def put_back(self):
        """Everything that a host remembers, as it was; nothing may be running."""
        with open(f"{self.dir}/kept", "rb") as kept, open(self.store, "r+b") as store:
            store.write(kept.read())
        self.tracer.ask("store", self.store)
        shutil.rmtree(f"{self.dir}/ptpm")
        shutil.copytree(f"{self.dir}/kept.ptpm", f"{self.dir}/ptpm")

    def ptpm_new(self):
        """Another one in its place, as good as new."""
        self.ptpm_down()
        shutil.rmtree(f"{self.dir}/ptpm")
        os.makedirs(f"{self.dir}/ptpm")

    def approve(self):
        pcrs, approval = f"{self.dir}/pcrs.json", f"{self.dir}/approval.json"
        self.ctl("platform", "pcrs", "--pcrs", "0-7,23", "-o", pcrs)
        self.ctl("platform", "sign-pcrs", "--key", f"{self.dir}/authority.pem", "--pcrs", pcrs,
                 "--version", "1", "-o", approval)

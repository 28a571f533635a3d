# SPDX-License-Identifier: BSD-3-Clause
"""load FOLDER BEGUN ENOUGH SOCKET...: guests that count and read over several connections each.

Every vTPM has one client that increments its counter and READERS that read it, each by connections
of a few commands. Once there is a file BEGUN anything may die, and when there is a file ENOUGH they
end. FOLDER gets a history for each vTPM (tests/history.py). Fails if a vTPM answers anything but
success or TPM_RC_RETRY, or nothing in PATIENCE seconds.
"""
import concurrent.futures
import pathlib
import random
import sys
import threading
import time

import rawtpm

PROCESSES = 4
READERS = 2
PATIENCE = 120.0
PAUSE = 0.25  # seconds between commands, on average


class Guest:
    """One vTPM's clients, and what they saw."""

    def __init__(self, socket, first, folder, enough):
        self.socket, self.enough = socket, pathlib.Path(enough)
        self.path = pathlib.Path(folder) / pathlib.Path(socket).parent.name
        self.lines, self.wrong = [f"first {first}"], []
        self.retries = 0

    def threads(self):
        kinds = ["inc"] + ["read"] * READERS
        return [threading.Thread(target=self.client, args=(kind,)) for kind in kinds]

    def client(self, kind):
        while not self.enough.exists() and not self.wrong:
            try:
                tpm = rawtpm.connect(self.socket, PATIENCE)
            except OSError as e:
                self.wrong.append(f"no connection: {e!r}")
                return
            try:
                tpm.sock.settimeout(PATIENCE)
                for _ in range(random.randrange(1, 4)):
                    time.sleep(random.uniform(0, 2 * PAUSE) / 3)
                    self.one(tpm, kind)
            except TimeoutError:
                self.wrong.append(f"no answer in {PATIENCE} s")
            except OSError:
                pass  # it died; the next connection is to its successor
            finally:
                tpm.close()
            time.sleep(random.uniform(0, 2 * PAUSE))

    def one(self, tpm, kind):
        begun = time.monotonic()
        value = "lost"
        try:
            got = tpm.increment() if kind == "inc" else tpm.read_counter()
            value = time.monotonic() if kind == "inc" else f"{time.monotonic()} {got}"
        except rawtpm.TpmError as e:
            value = None
            self.refused(e.rc)
        finally:
            if value is not None and (kind, value) != ("read", "lost"):
                self.lines.append(f"{kind} {begun} {value}")

    def refused(self, rc):
        """TPM_RC_RETRY says that nothing was done: so it stands in no history."""
        if rc != rawtpm.RC_RETRY:
            self.wrong.append(f"response code {rc:#x}")
        self.retries += 1

    def finish(self):
        tpm = rawtpm.connect(self.socket, PATIENCE)
        for _ in range(2):
            self.one(tpm, "read")
        tpm.close()
        self.path.write_text("\n".join(self.lines) + "\n", encoding="ascii")


def first_value(socket):
    """Of a new counter: its first increment is before the history."""
    tpm = rawtpm.connect(socket, PATIENCE)
    for step in tpm.define_counter, tpm.increment, tpm.read_counter:
        value = rawtpm.patiently(step)
    tpm.close()
    return value


def some(folder, enough, counters):
    """All of that share: how often TPM_RC_RETRY was answered, and what went wrong."""
    guests = [Guest(socket, first, folder, enough) for socket, first in counters]
    threads = [t for g in guests for t in g.threads()]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for g in guests:
        g.finish()
    wrong = [f"{g.path.name}: {w}" for g in guests for w in g.wrong]
    return sum(g.retries for g in guests), wrong


def main():
    folder, begun, enough, *sockets = sys.argv[1:]
    with concurrent.futures.ProcessPoolExecutor(PROCESSES) as pool:
        counters = list(zip(sockets, pool.map(first_value, sockets)))
        shares = [counters[i::PROCESSES] for i in range(PROCESSES)]
        futures = [pool.submit(some, folder, enough, share) for share in shares]
        pathlib.Path(begun).touch()
        said = [f.result() for f in futures]
    wrong = [line for _, lines in said for line in lines]
    retries = sum(n for n, _ in said)
    print(f"{len(sockets)} vTPMs; answered with TPM_RC_RETRY: {retries}", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()

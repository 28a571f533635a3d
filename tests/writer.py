#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""writer SOCKET FILE SECONDS: increments an NV counter and writes down what was acknowledged.

FILE gets "acknowledged uncertain" after every answer: the counter is at least the first number,
and at most both together. A connection that breaks in a command makes that command uncertain; the
writer then connects anew, reads the counter, and must find it within these bounds.
"""
import contextlib
import sys
import time

import rawtpm


def settle(tpm, acknowledged, uncertain):
    now = rawtpm.patiently(tpm.read_counter)
    if not acknowledged <= now <= acknowledged + uncertain:
        sys.exit(f"the counter is {now}: acknowledged {acknowledged}, uncertain {uncertain}")
    return now


def define(tpm):
    try:
        tpm.define_counter()
    except rawtpm.TpmError as e:
        if e.rc != 0x14C:  # defined already
            raise


def prepare(path):
    tpm = rawtpm.connect(path)
    rawtpm.patiently(lambda: define(tpm))
    rawtpm.patiently(tpm.increment)
    acknowledged = rawtpm.patiently(tpm.read_counter)
    tpm.close()
    return acknowledged


def write(path, log, acknowledged, end):
    """Increments until the connection breaks or time is up."""
    tpm = rawtpm.connect(path)
    try:
        acknowledged = settle(tpm, acknowledged, 1)
        while time.monotonic() < end:
            record(log, acknowledged, 1)
            rawtpm.patiently(tpm.increment)
            acknowledged += 1
        record(log, acknowledged, 0)
    except (OSError, ConnectionError):
        time.sleep(0.02)
    finally:
        tpm.close()
    return acknowledged


def record(log, acknowledged, uncertain):
    log.seek(0)
    log.write(f"{acknowledged} {uncertain}\n")
    log.flush()


def main():
    path, name, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    acknowledged = None
    while acknowledged is None:
        with contextlib.suppress(OSError):
            acknowledged = prepare(path)
    end = time.monotonic() + seconds
    with open(name, "w", encoding="ascii") as log:
        while time.monotonic() < end:
            acknowledged = write(path, log, acknowledged, end)


main()

# SPDX-License-Identifier: BSD-3-Clause
"""datafd.py DIR CASE: passes descriptors on the control channel, as QEMU does and as it should not."""
import array
import os
import socket
import sys

SET_DATAFD = (0x10).to_bytes(4, "big")
GET_CAPABILITY = (0x01).to_bytes(4, "big")
SHUTDOWN = (0x03).to_bytes(4, "big")
READ_CLOCK = bytes.fromhex("8001 0000000a 00000181")
OK, BAD_PARAMETER, FAIL = bytes(4), bytes.fromhex("00000003"), bytes.fromhex("00000009")


def dial():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(60)
    s.connect(f"{sys.argv[1]}/tpm.ctrl")
    return s


def pair():
    ends = socket.socketpair(socket.AF_UNIX)
    ends[0].settimeout(60)
    return ends


def send_with(ctrl, request, *fds):
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    ctrl.sendmsg([request], ancillary)


def ask(ctrl, request, *fds):
    send_with(ctrl, request, *fds)
    return ctrl.recv(64)


def set_data_fd(ctrl):
    ours, theirs = pair()
    assert ask(ctrl, SET_DATAFD, theirs.fileno()) == OK
    theirs.close()
    return ours


def is_served(data):
    """QEMU asks so whether this is a TPM 2.0."""
    data.sendall(READ_CLOCK)
    answer = data.recv(4096)
    return answer[:2] == b"\x80\x01" and len(answer) >= 10


def is_cut_off(ctrl):
    """Whatever was answered first, the connection ends."""
    try:
        while ctrl.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return True


def served():
    assert is_served(set_data_fd(dial()))


def stays_without_ctrl():
    ctrl = dial()
    data = set_data_fd(ctrl)
    ctrl.close()
    assert is_served(data)


def second():
    first = set_data_fd(dial())
    ctrl = dial()
    ours, theirs = pair()
    assert ask(ctrl, SET_DATAFD, theirs.fileno()) == FAIL
    theirs.close()
    assert ours.recv(1) == b"", "the second one's socket is not kept"
    # QEMU says goodbye with SHUTDOWN, which is not the second one's to say.
    assert ask(ctrl, SHUTDOWN) == FAIL
    assert ask(ctrl, GET_CAPABILITY)[:4] == OK
    assert is_served(first)


def again():
    for _ in range(3):
        set_data_fd(dial()).close()
    assert is_served(set_data_fd(dial()))


def missing():
    ctrl = dial()
    assert ask(ctrl, SET_DATAFD) == BAD_PARAMETER
    assert is_served(set_data_fd(ctrl))


def no_socket():
    ctrl = dial()
    with open("/dev/null", "rb") as null:
        assert ask(ctrl, SET_DATAFD, null.fileno()) == BAD_PARAMETER
    assert is_served(set_data_fd(ctrl))


def two():
    ctrl = dial()
    a, b = pair()
    send_with(ctrl, SET_DATAFD, a.fileno(), b.fileno())
    assert is_cut_off(ctrl)


def many():
    ctrl = dial()
    a, _ = pair()
    send_with(ctrl, SET_DATAFD, *[a.fileno()] * 100)
    assert is_cut_off(ctrl)


def surplus():
    ctrl = dial()
    a, _ = pair()
    send_with(ctrl, GET_CAPABILITY, a.fileno())
    assert is_cut_off(ctrl)


def in_pieces():
    """The descriptor comes with the first byte, as the kernel passes it on."""
    ctrl = dial()
    ours, theirs = pair()
    send_with(ctrl, SET_DATAFD[:1], theirs.fileno())
    ctrl.sendall(SET_DATAFD[1:])
    assert ctrl.recv(4) == OK
    assert is_served(ours)


def pipelined():
    ctrl = dial()
    ours, theirs = pair()
    ctrl.sendall(GET_CAPABILITY)
    send_with(ctrl, SET_DATAFD, theirs.fileno())
    answers = b""
    while len(answers) < 12:
        answers += ctrl.recv(64)
    assert answers[:4] == OK and answers[8:] == OK
    assert is_served(ours)


globals()[sys.argv[2]]()

# SPDX-License-Identifier: BSD-3-Clause
"""slowdisk FILE DELAY: mounts over FILE a file system that is only it, on a device that is slow.

Every fdatasync takes a time of chance between the two numbers of seconds in the file DELAY, read
anew each time; so does every write if there is a third word, "writes". The kernel's FUSE protocol,
as far as one regular file needs it (linux/fuse.h). Serves until it is unmounted.
"""
import ctypes
import errno
import os
import random
import stat
import struct
import sys
import time

HEADER = struct.Struct("=IIQQIIII")
MAX_WRITE = 1 << 17
GETATTR, OPEN, READ, WRITE, RELEASE, FSYNC, FLUSH, INIT = 3, 14, 15, 16, 18, 20, 25, 26
FORGET, INTERRUPT, BATCH_FORGET = 2, 36, 42
BIG_WRITES, MAX_PAGES = 1 << 5, 1 << 22
DIRECT_IO = 1


class Disk:
    def __init__(self, path, delay):
        self.file = os.open(path, os.O_RDWR)
        self.path, self.delay = path, delay
        self.fuse = os.open("/dev/fuse", os.O_RDWR)

    def mount(self):
        libc = ctypes.CDLL(None, use_errno=True)
        mode = f"{stat.S_IFREG | 0o600:o}"
        options = f"fd={self.fuse},rootmode={mode},user_id=0,group_id=0,allow_other".encode()
        if libc.mount(b"slowdisk", self.path.encode(), b"fuse.slowdisk", 0, options):
            raise OSError(ctypes.get_errno(), "mount")

    def wait(self, writing):
        with open(self.delay, encoding="ascii") as f:
            least, most, *what = f.read().split()
        if not writing or "writes" in what:
            time.sleep(random.uniform(float(least), float(most)))

    def init(self, body):
        major, _, readahead = struct.unpack_from("=III", body)
        first = struct.pack("=IIII", major, 31, readahead, BIG_WRITES | MAX_PAGES)
        return first + struct.pack("=HHIIHH32x", 1, 1, MAX_WRITE, 1, MAX_WRITE // 4096, 0)

    def getattr(self, _):
        s = os.fstat(self.file)
        times = [int(t) for t in (s.st_atime, s.st_mtime, s.st_ctime)]
        owner = (s.st_mode, 1, s.st_uid, s.st_gid, 0, 4096, 0)
        attributes = struct.pack("=6Q3I7I", 1, s.st_size, s.st_blocks, *times, 0, 0, 0, *owner)
        return struct.pack("=QII", 1, 0, 0) + attributes

    def open(self, _):
        return struct.pack("=QII", 0, DIRECT_IO, 0)

    def read(self, body):
        _, offset, size = struct.unpack_from("=QQI", body)
        return os.pread(self.file, size, offset)

    def write(self, body):
        _, offset, size = struct.unpack_from("=QQI", body)
        self.wait(True)
        return struct.pack("=II", os.pwrite(self.file, body[40 : 40 + size], offset), 0)

    def fsync(self, _):
        self.wait(False)
        return b""

    def nothing(self, _):
        return b""

    def answer(self, opcode, body):
        """Error number and what follows it."""
        known = {
            INIT: self.init,
            GETATTR: self.getattr,
            OPEN: self.open,
            READ: self.read,
            WRITE: self.write,
            FSYNC: self.fsync,
            FLUSH: self.nothing,
            RELEASE: self.nothing,
        }
        try:
            return (0, known[opcode](body)) if opcode in known else (errno.ENOSYS, b"")
        except OSError as e:
            return e.errno, b""

    def serve(self):
        while True:
            try:
                request = os.read(self.fuse, MAX_WRITE + 8192)
            except OSError as e:
                if e.errno == errno.ENODEV:  # unmounted
                    return
                if e.errno in (errno.EINTR, errno.ENOENT):
                    continue
                raise
            _, opcode, unique, *_ = HEADER.unpack_from(request)
            if opcode in (FORGET, INTERRUPT, BATCH_FORGET):
                continue
            error, body = self.answer(opcode, request[HEADER.size :])
            os.write(self.fuse, struct.pack("=IiQ", 16 + len(body), -error, unique) + body)


def main():
    disk = Disk(sys.argv[1], sys.argv[2])
    disk.mount()
    disk.serve()


if __name__ == "__main__":
    main()

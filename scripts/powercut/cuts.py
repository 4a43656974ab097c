#!/usr/bin/env python3
"""Rebuilds a directory as it could be after a power cut at moments of a trace, and checks each.

usage: cuts.py --trace T --cuts 1000 --check 'COMMAND {dir}' [--seed N] [--jobs N] [--keep DIR] [--expect-failures]

The trace is made by shim.c (see there). After a cut: everything synced before it is there; of the unsynced changes a random
subset is, torn at 512-byte sectors; creations, renames and removals since the directory's last sync survive up to a random
one of them; a file name never made durable may be missing altogether. "*.marker" files are the outside witness: they hold
exactly what was written before the cut. The command must exit 0 when nothing acknowledged is lost and nothing is corrupt.

Exit status: 0 when every check passed (with --expect-failures: when at least one failed), else 1; the seed, the cut and
the command of each failure are printed, so that a failure can be repeated with --only CUT.
"""
import argparse
import concurrent.futures
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

NAME, CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, RENAME, UNLINK, SYNC_DIRECTORY = range(1, 10)
HEADER = struct.Struct("<IIIIQQ")
SECTOR = 512


def read_trace(path):
    """Operations in order: (type, file, flags, offset, position of the bytes, length); and the bytes themselves."""
    operations, names = [], {}
    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at = 0
    while at + HEADER.size <= len(data):
        magic, kind, number, flags, offset, length = HEADER.unpack_from(data, at)
        at += HEADER.size
        if magic != 0x54554350 or at + length > len(data):
            break  # the program died while it wrote the last record
        if kind == NAME:
            names[number] = data[at : at + length].decode()
        else:
            operations.append((kind, number, flags, offset, at, length))
        at += length
    return operations, names, data


class Inode:
    """One file's durable bytes and the changes since, oldest first."""

    def __init__(self):
        self.durable = bytearray()
        self.pending = []
        self.syncs = {}


def apply(image, change, data, sectors=None):
    kind, offset, at, length = change
    if kind == TRUNCATE:
        if offset < len(image):
            del image[offset:]
        else:
            image.extend(bytes(offset - len(image)))
        return
    start = offset
    end = offset + length
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        if sectors is None:
            stop = end
        if sectors is None or sectors():
            if len(image) < stop:
                image.extend(bytes(stop - len(image)))
            image[start:stop] = data[at + start - offset : at + stop - offset]
        start = stop


class Disk:
    """The directory as the kernel sees it, and what of it is durable."""

    def __init__(self, names, data):
        self.names = names
        self.data = data
        self.current = {}
        self.durable_names = {}
        self.pending_names = []
        self.witness = {}

    def perform(self, operation):
        kind, number, flags, offset, at, length = operation
        name = self.names.get(number, "")
        if kind == SYNC_DIRECTORY:
            self.durable_names = dict(self.current)
            self.pending_names = []
            return
        if name.endswith(".marker"):
            if kind == WRITE:
                apply(self.witness.setdefault(name, bytearray()), (WRITE, offset, at, length), self.data)
            return
        if kind == CREATE:
            self.rename_step({name: Inode()})
        elif kind == RENAME:
            self.rename_step({name: None, self.names[offset]: self.current.get(name)})
        elif kind == UNLINK:
            self.rename_step({name: None})
        else:
            self.change(self.inode(name), kind, flags, offset, at, length)

    def inode(self, name):
        if name not in self.current:  # was there before the trace began
            self.current[name] = self.durable_names[name] = Inode()
        return self.current[name]

    def rename_step(self, changes):
        self.pending_names.append(changes)
        link(self.current, changes)

    def change(self, inode, kind, flags, offset, at, length):
        if kind in (WRITE, TRUNCATE):
            inode.pending.append((kind, offset, at, length))
        elif kind == SYNC_BEGIN:
            inode.syncs[flags] = len(inode.pending)
        elif kind == SYNC_END:
            count = inode.syncs.pop(flags, 0)
            for change in inode.pending[:count]:
                apply(inode.durable, change, self.data)
            del inode.pending[:count]
            inode.syncs = {key: max(0, value - count) for key, value in inode.syncs.items()}

    def cut(self, target, dice):
        """Writes the directory as one of the possible worlds after a cut now."""
        names = dict(self.durable_names)
        for changes in self.pending_names[: dice.randint(0, len(self.pending_names))]:
            link(names, changes)
        share = dice.choice([0.0, 1.0, 0.5, dice.random(), dice.random()])
        for name, inode in names.items():
            image = bytearray(inode.durable)
            prefix = dice.choice([len(inode.pending), dice.randint(0, len(inode.pending))])
            for change in inode.pending[:prefix]:
                if change[0] == TRUNCATE:
                    if dice.random() < share:
                        apply(image, change, self.data)
                else:
                    whole = dice.random()
                    if whole < 0.5:
                        apply(image, change, self.data, lambda: dice.random() < share)
                    elif dice.random() < share:
                        apply(image, change, self.data)
            write_file(os.path.join(target, name), image)
        for name, image in self.witness.items():
            write_file(os.path.join(target, name), image)


def link(names, changes):
    for name, inode in changes.items():
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode


def write_file(path, image):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(image)


def check(command, directory, keep):
    outcome = subprocess.run(
        command.replace("{dir}", directory), shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    if outcome.returncode and keep:
        shutil.copytree(directory, os.path.join(keep, os.path.basename(directory)), dirs_exist_ok=True)
    shutil.rmtree(directory)
    return outcome.returncode, outcome.stdout.decode(errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trace", required=True)
    parser.add_argument("--check", required=True)
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", type=int, help="only the cut with this number")
    parser.add_argument("--keep", help="copy failing directories here")
    parser.add_argument("--expect-failures", action="store_true")
    arguments = parser.parse_args()

    operations, names, data = read_trace(arguments.trace)
    if not operations:
        sys.exit("cuts.py: the trace is empty: was the program started with the shim and POWERCUT_DIRECTORY?")
    dice = random.Random(arguments.seed)
    points = sorted(dice.randint(1, len(operations)) for _ in range(arguments.cuts))
    room = tempfile.mkdtemp(prefix="powercut-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    disk, done, failures = Disk(names, data), 0, 0
    try:
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            running = {}
            for number, point in enumerate(points):
                for operation in operations[done:point]:
                    disk.perform(operation)
                done = point
                if arguments.only is not None and number != arguments.only:
                    continue
                directory = os.path.join(room, f"cut-{number}")
                os.makedirs(directory)
                disk.cut(directory, random.Random(f"{arguments.seed}/{number}"))
                running[pool.submit(check, arguments.check, directory, arguments.keep)] = (number, point)
                if len(running) >= 2 * arguments.jobs:
                    failures += collect(running, concurrent.futures.FIRST_COMPLETED, failures)
            failures += collect(running, concurrent.futures.ALL_COMPLETED, failures)
    finally:
        shutil.rmtree(room, ignore_errors=True)
    syncs = sum(1 for operation in operations if operation[0] == SYNC_END)
    print(f"{len(points)} cuts in {len(operations)} operations ({syncs} syncs), seed {arguments.seed}: {failures} failed")
    sys.exit(0 if (failures > 0) == arguments.expect_failures else 1)


def collect(running, when, before):
    failed = 0
    finished, _ = concurrent.futures.wait(running, return_when=when)
    for future in finished:
        number, point = running.pop(future)
        code, output = future.result()
        if code:
            failed += 1
            if before + failed <= 3:
                print(f"cut {number} after operation {point}: exit {code}\n{output[-2000:]}")
    return failed


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power cuts: snapshots of the filesystem of all branches, taken at any instant of
random operations of one process, are what a disk has after a power cut.

power.py DIR    DIR lies on a filesystem that can share blocks.
                MODEL_SEED (1), MODEL_CUTS how many (10), MODEL_FS ext4 xfs

Each snapshot is mounted (its journal is replayed), a union is mounted on it and
compared with what a plain directory was before or after some operation: the
filesystems keep the order of changes of names, so the tree must be that of one
moment, and what was synced before the cut must be in it. The content of a file
may be older or newer than that, but page for page it was written, and not
before what fsync put on the disk. A file of a lower branch was always there.
"""
import faulthandler
import json
import os
import random
import subprocess
import sys
import time

from generator import Generator
from history import History, first_moment
from layers import random_stack
from model import LACKS, own_directory
from side import Side
from tree import read_tree
from union import SLOW, Union, mounted

SEED = int(os.environ.get("MODEL_SEED", "1"))
CUTS = int(os.environ.get("MODEL_CUTS", "10"))
KINDS = os.environ.get("MODEL_FS", "ext4 xfs").split()
KEEP = os.environ.get("MODEL_LOG")  # a file for the operations of a bad run
CUTS_OF_RUN = 5
FULL = {"EEXIST", "ENOTEMPTY"}  # what ext4 and xfs call a directory with names in it
MKFS = {"ext4": ["mkfs.ext4", "-q", "-F", "-b", "4096"], "xfs": ["mkfs.xfs", "-q", "-f"]}


def run(*cmd):
    subprocess.run(cmd, check=True, stdout=subprocess.DEVNULL)


class Image:
    """A filesystem in a file, mounted on a directory."""

    def __init__(self, path, where, kind):
        self.path, self.where, self.kind = path, where, kind
        os.makedirs(where, exist_ok=True)

    def make(self):
        with open(self.path, "wb") as f:
            f.truncate(400 << 20)
        run(*MKFS[self.kind], self.path)

    def mount(self):
        how = "loop,nouuid" if self.kind == "xfs" else "loop"
        run("mount", "-o", how, self.path, self.where)

    def end(self):
        for _ in range(100):
            if not mounted(self.where) or subprocess.run(
                    ["umount", self.where], check=False).returncode == 0:
                break
            time.sleep(0.1)
        if os.path.exists(self.path):
            os.unlink(self.path)


class SyncGenerator(Generator):
    """With moments from which on all that was done before is on the disk."""

    def next(self):
        if not self.queue and self.rnd.random() < 0.01:
            return ["sync", self.whole_path(f"synced{self.rnd.randrange(4)}")]
        if not self.queue and self.open_slots and self.rnd.random() < 0.08:
            return ["fsync", self.slot()]
        return super().next()


def work(union, seed, log, stop):
    """Random operations until STOP exists; each is told to LOG with its times."""
    side, plain = Side(union.m), Side(union.plain)
    gen = SyncGenerator(random.Random(seed), plain.top, lacks=LACKS, single=True)
    gen.open_slots = plain.fds
    with open(log, "w", encoding="utf-8") as f:
        while not os.path.exists(stop):
            op, start = gen.next(), time.monotonic()
            got = side.perform(op)
            end = time.monotonic()
            want = plain.perform(op)
            f.write(json.dumps([op, start, end, repr(got)]) + "\n")
            if got != want and {got, want} != FULL:
                f.write(json.dumps(["different", start, end, f"{got}, not {want}"]))
                return


def snapshots(union, image, base, rnd, seed, count):
    """Run and cut: the log, and [(file, time before, time after)]."""
    log, stop, out = f"{base}/log", f"{base}/stop", []
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work(union, seed, log, stop)
            code = 0
        finally:
            os._exit(code)
    for n in range(count):
        time.sleep((0.05 + rnd.random() * rnd.choice((0.2, 1))) * SLOW / 2)
        snap, before = f"{image.path}.{n}", time.monotonic()
        run("cp", "--reflink=always", image.path, snap)
        out.append((snap, before, time.monotonic()))
    open(stop, "x").close()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("the process that worked broke")
    with open(log, encoding="utf-8") as f:
        return [json.loads(line) for line in f], out


def tree_after(union, snap, base, kind):
    """What a union shows on the snapshot, and what is wrong with it already."""
    image = Image(snap, f"{base}/snap", kind)
    image.mount()
    try:
        again = Union.on_copy(union, f"{base}/again", f"{base}/disk", f"{base}/snap")
        try:
            again.mount()
            lines = again.litter()
            tree = read_tree(again.m)
            again.umount()
            return tree, lines + again.checked()
        finally:
            again.leave()
    finally:
        image.end()


def judge(union_base, stack, form, log, cuts, trees):
    """Lines about each cut, the models played again."""
    history = History(union_base, form, stack)
    lines = []
    for (_, before, after), tree in zip(cuts, trees):
        done = sum(1 for x in log if x[2] < before)
        most = sum(1 for x in log if x[1] < after)
        first = first_moment(log, done, history)
        lines += history.check(log, first, done, most, tree)
        if lines and KEEP:
            with open(KEEP, "w", encoding="utf-8") as f:
                json.dump(log, f)
    history.end()
    return lines


def one_run(top, kind, seed, count):
    rnd = random.Random(seed)
    form = rnd.choice(("aufs", "overlay"))
    stack = random_stack(rnd, form, "links" not in LACKS)
    with own_directory(top) as base:
        image = Image(f"{base}/image", f"{base}/disk", kind)
        image.make()
        image.mount()
        os.mkdir(f"{base}/u")
        union = None
        try:
            union = Union(f"{base}/u", form, stack, form == "aufs", upper=f"{base}/disk")
            run("sync", "-f", f"{base}/disk")
            union.mount()
            log, cuts = snapshots(union, image, base, rnd, seed, count)
            lines, trees = [], []
            for snap, _, _ in cuts:
                tree, wrong = tree_after(union, snap, base, kind)
                trees.append(tree)
                lines += wrong
            if log and log[-1][0] == "different":
                return [log[-1][3]], len(log)
            # On a filesystem of the same kind: what a rename does to times is its own.
            lines += judge(f"{base}/disk/model", stack, form, log, cuts, trees)
            return lines, len(log)
        finally:
            if union:
                union.end()
            image.end()


def main():
    os.umask(0o022)
    faulthandler.dump_traceback_later((120 + CUTS * 10) * SLOW, exit=True)
    done = bad = ops = r = 0
    while done < CUTS:
        kind = KINDS[r % len(KINDS)]
        count = min(CUTS_OF_RUN, CUTS - done)
        lines, n = one_run(sys.argv[1], kind, f"{SEED} {r}", count)
        if lines:
            bad += 1
            print(f"FAILED run {r}, {kind}:\n  " + "\n  ".join(lines[:12]), flush=True)
        done, ops, r = done + count, ops + n, r + 1
    print(f"{done} power cuts in {ops} operations, {bad} of {r} runs failed")
    sys.exit(1 if bad else 0)


main()

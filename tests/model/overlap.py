#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes at once in the same directories: no model says how each
operation ends, but none ends as if something broke, the tree can be read in the
end, and is after a new mount what it was before.

overlap.py DIR    MODEL_SEED (1), MODEL_PROCS (4), MODEL_ROUNDS (4), MODEL_OPS (1500)
"""
import faulthandler
import os
import random
import sys

from generator import Generator
from layers import random_stack
from model import LACKS, MOST_BRANCHES, own_directory
from side import Side
from tree import differences, read_tree
from union import SLOW, Union

SEED = int(os.environ.get("MODEL_SEED", "1"))
PROCS = int(os.environ.get("MODEL_PROCS", "4"))
ROUNDS = int(os.environ.get("MODEL_ROUNDS", "4"))
OPS = int(os.environ.get("MODEL_OPS", "1500"))
# Nothing of these can come of what other processes do to a directory.
BROKEN = {"EIO", "ECONNABORTED", "ENOTCONN", "ENOSYS", "EFAULT", "EBUSY", "EMFILE",
          "ENFILE", "ENOMEM", "EROFS", "ENOSPC", "EUCLEAN", "ESTALE", "EREMOTEIO"}


def work(top, rnd):
    side = Side(top)
    gen = Generator(rnd, top, lacks=LACKS)
    gen.open_slots = side.fds
    try:
        for i in range(OPS):
            op = gen.next()
            got = side.perform(op)
            if isinstance(got, str) and got in BROKEN:
                print(f"FAILED operation {i}, {op}: {got}", flush=True)
                return 1
    finally:
        side.forget()
    return 0


def processes(union, seed):
    pids, bad = [], 0
    sys.stdout.flush()
    for n in range(PROCS):
        pids.append(os.fork())
        if pids[-1] == 0:
            code = 2
            try:
                code = work(union.m, random.Random(f"{seed} {n}"))
            except Exception as e:
                print(f"FAILED: {e!r}", flush=True)
            os._exit(code)
    for pid in pids:
        bad |= os.waitpid(pid, 0)[1]
    return bad


def identities(tree):
    """The pairs of names that show one object."""
    out = {}
    for p, d in tree.items():
        if d["st"]:
            out.setdefault((d["st"].st_dev, d["st"].st_ino), []).append(p)
    return sorted(map(sorted, out.values()))


def one_round(union, seed):
    if processes(union, seed):
        return ["a process failed"]
    before = read_tree(union.m)
    union.remount()
    after = read_tree(union.m)
    lines = [f"after a new mount: {x}" for x in differences(after, before)]
    if identities(before) != identities(after):
        lines.append("other names are links of each other after a new mount")
    union.umount()
    lines += union.changed() + union.litter()
    if union.work_inside and len(union.branches) < MOST_BRANCHES:
        union.push()
    union.mount()
    return lines or [f"with a new branch on top: {x}"
                     for x in differences(read_tree(union.m), before)]


def main():
    os.umask(0o022)
    faulthandler.dump_traceback_later((120 + ROUNDS * OPS / 50) * SLOW, exit=True)
    bad = 0
    for r in range(ROUNDS):
        rnd = random.Random(f"{SEED} {r}")
        form = rnd.choice(("aufs", "overlay"))
        with own_directory(sys.argv[1]) as d:
            union = Union(d, form, random_stack(rnd, form, "links" not in LACKS),
                          form == "aufs")
            try:
                union.mount()
                for again in range(3):
                    lines = one_round(union, f"{SEED} {r} {again}")
                    if lines:
                        bad += 1
                        print(f"FAILED seed {SEED}, round {r}, {form}:\n  "
                              + "\n  ".join(lines[:12]), flush=True)
                        break
            finally:
                union.end()
    print(f"{ROUNDS} unions of {PROCS} processes in each other's way, {bad} failed")
    sys.exit(1 if bad else 0)


main()

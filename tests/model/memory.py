#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row 59: memory and descriptors of the daemon do not grow with what was done.

memory.py DIR    MODEL_PAIRS pairs of create and unlink, mkdir and rmdir (20000),
                 MODEL_FIRST after how many of them the first look is (5000),
                 MODEL_GROWTH per cent allowed (5), MODEL_KIB and so many KiB more
"""
import os
import sys
import time

from model import own_directory
from union import Union

PAIRS = int(os.environ.get("MODEL_PAIRS", "20000"))
FIRST = int(os.environ.get("MODEL_FIRST", "5000"))
GROWTH = float(os.environ.get("MODEL_GROWTH", "5"))
KIB = int(os.environ.get("MODEL_KIB", "4096"))
AT_ONCE = 50


def look(pid):
    """(VmRSS in KiB, descriptors)"""
    time.sleep(0.5)  # the last of FORGET and of closing
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        rss = next(int(x.split()[1]) for x in f if x.startswith("VmRSS"))
    return rss, len(os.listdir(f"/proc/{pid}/fd"))


def pairs(top, first, last):
    """Some at a time, under names that come again and under new ones."""
    for n in range(first, last, AT_ONCE):
        names = [f"{top}/d/n{i if i % 2 else n + i}" for i in range(AT_ONCE)]
        for i, p in enumerate(names):
            if i % 4 < 2:
                os.close(os.open(p, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            else:
                os.mkdir(p)
        for i, p in enumerate(names):
            (os.unlink if i % 4 < 2 else os.rmdir)(p)


def main():
    mine = [os.geteuid(), os.getegid()]
    # The directory is merged: each name is looked for on the branch below.
    stack = [["aufs", [["dir", "d", 0o755, *mine, 10**18, 0],
                       ["file", "d/f", 0o644, *mine, 10**18, 0, 10]]], ["aufs", []]]
    with own_directory(sys.argv[1]) as d:
        union = Union(d, "aufs", stack)
        try:
            union.mount()
            pairs(union.m, 0, FIRST)
            before = look(union.daemon.pid)
            start = time.monotonic()
            pairs(union.m, FIRST, PAIRS)
            took = time.monotonic() - start
            after = look(union.daemon.pid)
            union.umount()
        finally:
            union.end()
    print(f"after {FIRST} pairs {before[0]} KiB and {before[1]} descriptors, after "
          f"{PAIRS} {after[0]} KiB and {after[1]}; {took:.0f} s")
    if after[0] > before[0] * (1 + GROWTH / 100) + KIB:
        sys.exit("the memory grows")
    if after[1] > before[1] * (1 + GROWTH / 100) + 8:
        sys.exit("descriptors are left open")


main()

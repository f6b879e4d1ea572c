#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Row 22: directories of many names that are read while they are emptied.

deletion.py DIR    MODEL_NAMES names (30000); by rm -rf, and by a reader that
                   unlinks what it finds as it goes: all found, all gone.
"""
import os
import subprocess
import sys

from model import own_directory
from union import Union

NAMES = int(os.environ.get("MODEL_NAMES", "30000"))


def fill(union):
    """A third of the names on each of two lower branches and on the writable one;
    some on all of them, some files, some directories."""
    want = set()
    for k, branch in enumerate(union.branches):
        top = f"{branch}/d"
        os.makedirs(top, exist_ok=True)
        for i in range(NAMES):
            if i % 3 != k and i % 50:
                continue
            name = f"name-{i:06}"
            want.add(name)
            if i % 10 == 5:
                os.mkdir(f"{top}/{name}")
            else:
                os.close(os.open(f"{top}/{name}", os.O_CREAT | os.O_WRONLY))
    return want


def unlink_as_it_goes(top):
    """What a reader finds that removes each name when it comes."""
    found = []
    with os.scandir(top) as it:
        for e in it:
            found.append(e.name)
            if e.is_dir(follow_symlinks=False):
                os.rmdir(e.path)
            else:
                os.unlink(e.path)
    return found


def check(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got}, wanted {want}")


def by_reader(union):
    want = fill(union)
    union.mount()
    found = unlink_as_it_goes(f"{union.m}/d")
    check("names found", len(found), len(want))
    check("names found", len(set(found) ^ want), 0)
    check("names left", os.listdir(f"{union.m}/d"), [])
    os.rmdir(f"{union.m}/d")
    union.remount()
    check("names after a new mount", os.listdir(union.m), [])
    union.umount()


def by_rm(union):
    fill(union)
    union.mount()
    subprocess.run(["rm", "-rf", f"{union.m}/d"], check=True)
    check("names left", os.listdir(union.m), [])
    union.remount()
    check("names after a new mount", os.listdir(union.m), [])
    union.umount()


def main():
    for form in ("aufs", "overlay"):
        for how in (by_reader, by_rm):
            with own_directory(sys.argv[1]) as d:
                union = Union(d, form, [[form, []], [form, []], [form, []]],
                              form == "aufs")
                union.before = {}
                try:
                    how(union)
                finally:
                    union.end()
    print(f"{NAMES} names, found and gone")


main()

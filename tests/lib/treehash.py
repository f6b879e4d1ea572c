#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe a tree: names, data, modes, owners, mtime, ctime, xattrs, links.

treehash.py DIR         one digest
treehash.py --list DIR  a line for each object, sorted by name
treehash.py --same DIR  the same without what two copies of a tree cannot share
                        (ctime, inode numbers) and without directories' mtime
treehash.py --data DIR  without any times: for trees that a program made anew
Paths (below DIR) given as --skip=PATTERN are left out, with what they hold.
"""
import errno
import fnmatch
import hashlib
import os
import stat
import sys


BLOCK = 1 << 16


def data_digest(path):
    """Of the blocks that are not all zero, so that holes cost nothing."""
    h = hashlib.sha256()
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOATIME | os.O_NOFOLLOW)
    except PermissionError:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except PermissionError:
            return "unreadable"
    at = 0
    try:
        while True:
            block = os.pread(fd, BLOCK, at)
            if block.count(0) != len(block):
                h.update(b"%d:" % at + block)
                at += BLOCK
                continue
            if not block:
                return h.hexdigest()
            try:
                at = max(at + BLOCK, os.lseek(fd, at, os.SEEK_DATA) // BLOCK * BLOCK)
            except OSError as e:
                if e.errno != errno.ENXIO:
                    raise
                return h.hexdigest()
    finally:
        os.close(fd)


def xattrs(path):
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return ""
    out = []
    for n in sorted(names):
        try:
            v = os.getxattr(path, n, follow_symlinks=False).hex()
        except OSError as e:
            v = f"<{e.errno}>"
        out.append(f"{n}={v}")
    return ",".join(out)


def describe(path, how):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    what = "-"
    if kind == stat.S_IFREG:
        what = data_digest(path)
    elif kind == stat.S_IFLNK:
        what = os.fsencode(os.readlink(path)).hex()
    size = st.st_size if kind in (stat.S_IFREG, stat.S_IFLNK) else 0
    row = [oct(st.st_mode), st.st_uid, st.st_gid, size, what, hex(st.st_rdev)]
    if how == "list" or how == "same" and kind == stat.S_IFREG:
        row.append(st.st_mtime_ns)
    if how == "list":
        row += [st.st_ctime_ns, st.st_ino]
    if kind != stat.S_IFDIR:
        row.append(st.st_nlink)
    return " ".join(map(str, row)) + " " + xattrs(path)


def walk(path, rel, how, skip):
    """PATH may be as long as it is: what is below is reached step by step."""
    yield rel or ".", describe(path, how)
    if not stat.S_ISDIR(os.lstat(path).st_mode):
        return
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        here = f"/proc/self/fd/{fd}"
        for name in os.listdir(fd):
            below = os.path.join(rel, name) if rel else name
            if not any(fnmatch.fnmatch(below, s) for s in skip):
                yield from walk(os.path.join(here, name), below, how, skip)
    finally:
        os.close(fd)


def main(argv):
    flags = [a for a in argv[1:] if a.startswith("--")]
    dirs = [a for a in argv[1:] if not a.startswith("--")]
    skip = [a[7:] for a in flags if a.startswith("--skip=")]
    how = next((f[2:] for f in flags if f in ("--list", "--same", "--data")), None)
    h = hashlib.sha256()
    for rel, text in sorted(walk(dirs[0], "", how or "list", skip)):
        line = os.fsencode(repr(rel) + " " + text + "\n")
        if how:
            sys.stdout.buffer.write(line)
        h.update(line)
    if not how:
        print(h.hexdigest())


main(sys.argv)

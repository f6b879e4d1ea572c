# SPDX-License-Identifier: GPL-3.0-or-later
"""Random trees and random operations, for checks of a branch afterwards.

checkfuzz.py make SEED DIR...      fill lower branches (the first is the top)
checkfuzz.py work SEED MOUNT       operations; ends quietly when the mount goes
checkfuzz.py show DIR              what a tree shows, a line for each name
checkfuzz.py diff BASE NOW CHANGES compare "ufs diff" with two outputs of show
"""
import errno
import hashlib
import os
import random
import stat
import sys

LONG = ["l%d" % i + "L" * (250 - i % 2) + "%02d" % i for i in range(4)]
NAMES = ["a", "b", "c", "d", "e", "f"] + LONG


def make(seed, dirs):
    r = random.Random(seed)
    for top in dirs:
        files = []
        places = [top]
        for _ in range(40):
            p = os.path.join(r.choice(places), r.choice(NAMES))
            if len(p) > 3000 or os.path.lexists(p):
                continue
            kind = r.random()
            if kind < 0.4:
                os.mkdir(p)
                places.append(p)
            elif kind < 0.7 or not files:
                with open(p, "w") as f:
                    f.write("%s %d\n" % (top, r.randrange(1000)))
                files.append(p)
            elif kind < 0.95:
                os.link(r.choice(files), p)
            else:
                os.symlink("target", p)


def pick(r, top, want_dir):
    """A random object of the tree, or None."""
    at = top
    while True:
        try:
            names = sorted(os.listdir(at))
        except OSError:
            return None
        r.shuffle(names)
        for n in names:
            p = os.path.join(at, n)
            is_dir = os.path.isdir(p) and not os.path.islink(p)
            if is_dir and (r.random() < 0.6 or want_dir):
                at = p
                if want_dir and r.random() < 0.5:
                    return p
                break
            if not is_dir and not want_dir:
                return p
        else:
            return at if want_dir and at != top else None


def step(r, top):
    kind = r.randrange(12)
    place = pick(r, top, True) if r.random() < 0.8 else None
    new = os.path.join(place or top, r.choice(NAMES))
    if kind < 4:
        old = pick(r, top, True)
    else:
        old = pick(r, top, False)
    if kind < 6:
        if old:
            os.rename(old, new)
    elif kind == 6:
        if old:
            os.link(old, new, follow_symlinks=False)
    elif kind == 7:
        if old:
            os.unlink(old)
    elif kind == 8:
        if old and not os.path.islink(old):
            with open(old, "a") as f:
                f.write("more %d\n" % r.randrange(1000))
    elif kind == 9:
        with open(new, "w") as f:
            f.write("new %d\n" % r.randrange(1000))
    elif kind == 10:
        os.mkdir(new)
    elif place:
        for base, dirs, files in os.walk(place, topdown=False):
            for n in files:
                os.unlink(os.path.join(base, n))
            for n in dirs:
                p = os.path.join(base, n)
                (os.unlink if os.path.islink(p) else os.rmdir)(p)
        os.rmdir(place)


def work(seed, top):
    r = random.Random(seed)
    for _ in range(120):
        try:
            step(r, top)
        except OSError as e:
            if e.errno in (errno.ENOTCONN, errno.ECONNABORTED):
                return
            if e.errno not in (errno.EEXIST, errno.ENOENT, errno.ENOTEMPTY, errno.EISDIR,
                               errno.ENOTDIR, errno.EINVAL, errno.ELOOP, errno.ENAMETOOLONG):
                raise


def show(top):
    for base, dirs, files in os.walk(top):
        for n in dirs + files:
            p = os.path.join(base, n)
            st = os.lstat(p)
            what = stat.S_IFMT(st.st_mode)
            text = "-"
            if stat.S_ISREG(st.st_mode):
                with open(p, "rb") as f:
                    text = hashlib.sha256(f.read()).hexdigest()[:16]
                text += " %d %d" % (st.st_nlink, st.st_ino)
            elif stat.S_ISLNK(st.st_mode):
                text = os.readlink(p)
            yield "/" + os.path.relpath(p, top), "%o %s" % (what, text)


def load(path):
    with open(path) as f:
        return dict(line.rstrip("\n").split("\t") for line in f)


def kind_of(text):
    return text.split()[0]


def data_of(text):
    return text.split()[:2]


def diff(base, now, changes):
    base, now = load(base), load(now)
    got = {}
    with open(changes) as f:
        for line in f:
            kind, path = line.rstrip("\n").split(" ", 1)
            if path in got:
                sys.exit("told twice: " + path)
            got[path] = kind
    directory = "%o" % stat.S_IFDIR
    want = {}
    for p in now.keys() - base.keys():
        want[p] = "A"
    for p in base.keys() - now.keys():
        up = os.path.dirname(p)
        if up == "/" or (up in now and kind_of(now[up]) == directory):
            want[p] = "D"
    for p in base.keys() & now.keys():
        if kind_of(base[p]) != kind_of(now[p]) or data_of(base[p]) != data_of(now[p]):
            want[p] = "C"
    bad = ["%s %s, not told" % (k, p) for p, k in want.items() if got.get(p) != k]
    bad += ["%s %s, told" % (k, p) for p, k in got.items()
            if want.get(p) != k and not (k == "C" and p in base and p in now)]
    if bad:
        sys.exit("\n".join(sorted(bad)[:20]))


def main(argv):
    if argv[1] == "make":
        make(argv[2], argv[3:])
    elif argv[1] == "work":
        work(argv[2], argv[3])
    elif argv[1] == "show":
        for path, text in sorted(show(argv[2])):
            print("%s\t%s" % (path, text))
    elif argv[1] == "diff":
        diff(*argv[2:])


main(sys.argv)

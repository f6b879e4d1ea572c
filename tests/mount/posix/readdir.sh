# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 120
# rows: 21 22 23
# Listing while names come and go: nothing twice, nothing that stayed skipped,
# and a directory of 30,000 names that is deleted while it is read.
. "$srcdir/tests/lib/mount.sh"

t_branches
python3 - <<END
import os
def fill(d, names):
    os.makedirs(d, exist_ok=True)
    for n in names:
        open(f"{d}/{n}", "w").close()
fill("$L1/big", (f"name-{i:06d}" for i in range(0, 20000)))
fill("$L2/big", (f"name-{i:06d}" for i in range(10000, 30000)))
fill("$L1/some", (f"n{i}" for i in range(0, 2000)))
fill("$L2/some", (f"n{i}" for i in range(1000, 3000)))
fill("$L2/seek", (f"s{i}" for i in range(3000)))
END
t_union
t_py <<'END'
from ufstest import *
import ctypes, shutil, threading
libc = ctypes.CDLL(None, use_errno=True)

class dirent(ctypes.Structure):
    _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64),
                ("len", ctypes.c_ushort), ("type", ctypes.c_ubyte),
                ("name", ctypes.c_char * 256)]
libc.opendir.restype = ctypes.c_void_p
libc.opendir.argtypes = [ctypes.c_char_p]
libc.readdir.restype = ctypes.POINTER(dirent)
for f in (libc.readdir, libc.telldir, libc.rewinddir, libc.closedir):
    f.argtypes = [ctypes.c_void_p]
libc.telldir.restype = ctypes.c_long
libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]

def opendir(p):
    return libc.opendir(p.encode())

def read1(d):
    e = libc.readdir(d)
    return e.contents.name.decode() if e else None

@case
def each_name_once_with_dot_and_dotdot():
    d, seen = opendir(m("some")), []
    while (n := read1(d)) is not None:
        seen.append(n)
    libc.closedir(d)
    eq(sorted(seen), sorted([".", ".."] + [f"n{i}" for i in range(3000)]))

@case
def what_stays_is_not_skipped_while_others_are_deleted():
    d, seen, n = opendir(m("some")), [], 0
    for _ in range(100):
        seen.append(read1(d))
    for i in range(0, 3000, 2):
        os.unlink(m("some", f"n{i}"))
    for i in range(200):
        put(m("some", f"new{i}"))
    while (x := read1(d)) is not None:
        seen.append(x)
    libc.closedir(d)
    eq(len(seen), len(set(seen)), "names twice")
    missing = {f"n{i}" for i in range(1, 3000, 2)} - set(seen)
    assert not missing, f"{len(missing)} skipped, e.g. {sorted(missing)[:3]}"

@case
def rewinddir_sees_the_news():
    d = opendir(m("some"))
    while read1(d):
        pass
    put(m("some/late"))
    os.unlink(m("some/n1"))
    libc.rewinddir(d)
    seen = []
    while (x := read1(d)) is not None:
        seen.append(x)
    libc.closedir(d)
    assert "late" in seen and "n1" not in seen

@case
def seekdir_goes_back_to_where_telldir_was():
    d, order = opendir(m("seek")), []
    while True:
        pos = libc.telldir(d)
        n = read1(d)
        if n is None:
            break
        order.append((pos, n))
    for pos, n in order[5:3000:371] + order[1:2]:
        libc.seekdir(d, pos)
        eq(read1(d), n, f"after seekdir to {pos}")
    libc.closedir(d)

@case
def a_listing_goes_on_while_another_thread_changes_the_directory():
    stop, bad = threading.Event(), []
    def change():
        i = 0
        while not stop.is_set():
            put(m("seek", f"t{i % 50}"))
            os.unlink(m("seek", f"t{i % 50}"))
            i += 1
    t = threading.Thread(target=change)
    t.start()
    try:
        for _ in range(15):
            names = [n for n in os.listdir(m("seek")) if n.startswith("s")]
            if len(names) != 3000 or len(set(names)) != 3000:
                bad.append(len(names))
    finally:
        stop.set()
        t.join()
    assert not bad, bad

@case
def thirty_thousand_names_are_deleted_while_listed():
    left = set(f"name-{i:06d}" for i in range(30000))
    with os.scandir(m("big")) as it:
        for e in it:
            left.remove(e.name)
            os.unlink(e.path)
    assert not left, f"{len(left)} were never listed"
    eq(os.listdir(m("big")), [])
    os.rmdir(m("big"))
    eq(err(os.stat, m("big")), "ENOENT")

run()
END

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 240
# One file of a lower branch is read, written, mapped, truncated, punched and
# reopened at random places through several descriptors, against a model in
# memory. FSX_SEED picks another sequence.
. "$srcdir/tests/lib/mount.sh"

t_branches
head -c 700000 /dev/urandom >"$L1/f1"
cp "$L1/f1" "$L2/f2"
cp "$L1/f1" "$L2/f3"
t_union
t_py <<'END'
from ufstest import *
import ctypes, mmap, random
libc = ctypes.CDLL(None, use_errno=True)
seed = int(os.environ.get("FSX_SEED", "1"))
MAX = 900000

def exercise(path, rnd, rounds):
    data = bytearray(get(path))
    fds = [os.open(path, os.O_RDWR) for _ in range(2)] + [os.open(path, os.O_RDONLY)]
    old = mmap.mmap(fds[2], 0, mmap.MAP_SHARED, mmap.PROT_READ)
    start = min(len(data), len(old))
    def grow(n):
        if len(data) < n:
            data.extend(bytes(n - len(data)))
    for i in range(rounds):
        fd, at, n = rnd.choice(fds[:2]), rnd.randrange(MAX), rnd.randrange(1, 70000)
        what = rnd.choice(("read", "read", "write", "write", "mapread", "mapwrite", "cut",
                           "grow", "punch", "reopen", "sync", "stat", "oldmap", "append"))
        where = f"seed {seed} round {i}: {what} at {at} for {n}"
        if what == "read":
            got = os.pread(rnd.choice(fds), n, at)
            assert got == bytes(data[at:at + n]), where
        elif what == "write":
            block = rnd.randbytes(n)
            os.pwrite(fd, block, at)
            grow(at)
            data[at:at + n] = block
        elif what == "append":
            f2 = os.open(path, os.O_WRONLY | os.O_APPEND)
            if len(data) + 10 < MAX:
                os.write(f2, b"0123456789")
                data += b"0123456789"
            os.close(f2)
        elif what in ("mapread", "mapwrite") and at < len(data):
            mm = mmap.mmap(fd, len(data))
            end = min(at + n, len(data))
            if what == "mapread":
                assert mm[at:end] == bytes(data[at:end]), where
            else:
                block = rnd.randbytes(end - at)
                mm[at:end] = block
                data[at:end] = block
            mm.close()
        elif what == "cut" and at < len(data):
            os.ftruncate(fd, at)
            del data[at:]
        elif what == "grow":
            os.truncate(path, max(at, len(data)))
            grow(at)
        elif what == "punch":
            r = libc.fallocate(fd, 3, ctypes.c_long(at), ctypes.c_long(n))
            assert r == 0, where + errno.errorcode[ctypes.get_errno()]
            end = min(at + n, len(data))
            if at < end:
                data[at:end] = bytes(end - at)
        elif what == "reopen":
            k = rnd.randrange(2)
            os.close(fds[k])
            fds[k] = os.open(path, os.O_RDWR)
        elif what == "sync":
            os.fsync(fd)
        elif what == "stat":
            eq(os.fstat(fd).st_size, len(data), where)
        elif what == "oldmap":
            end = min(start, len(data))
            assert old[:end] == bytes(data[:end]), where
    for fd in fds:
        os.close(fd)
    assert get(path) == bytes(data), f"seed {seed}: the end"
    return bytes(data)

@case
def a_lower_file():
    ends = {}
    for k, n in enumerate(("f1", "f2", "f3")):
        ends[n] = exercise(m(n), random.Random(seed * 100 + k), 500)
    fd = os.open(M, os.O_RDONLY)
    os.close(fd)
    for n, data in ends.items():
        put(os.path.join(T, n + ".end"), data)

@case
def a_new_file():
    put(m("new"), b"x" * 5000)
    exercise(m("new"), random.Random(seed * 100 + 50), 500)

run()
END
t_remount
for f in f1 f2 f3; do
	cmp "$M/$f" "$T/$f.end" || t_fail "$f after a new mount"
done

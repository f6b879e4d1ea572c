# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 15 16 17 18 24 57 58
# Data over a copy-up: O_TRUNC, truncate, append by two, descriptors that were
# open before, unlinked files, holes, fallocate, copy_file_range.
. "$srcdir/tests/lib/mount.sh"

t_branches
python3 - <<END
import os
for n in ("trunc0", "truncn", "ftrunc", "app", "old", "rdwr", "rdwr2", "del1", "del2",
          "src", "punch", "big", "fsync", "par", "ranges", "self", "map1", "map2", "many"):
    with open(f"$L1/{n}", "wb") as f:
        f.write(bytes(i % 251 for i in range(300000)))
with open("$L2/sparse", "wb") as f:
    f.truncate(10 << 30)
    for at in (0, 1 << 20, 5 << 30, (10 << 30) - 4096):
        f.seek(at)
        f.write(b"data" * 1024)
with open("$L2/sparse2", "wb") as f:
    f.truncate(100 << 20)
    for at in (1 << 20, 50 << 20):
        f.seek(at)
        f.write(b"data" * 16384)
END
t_union
t_py <<'END'
from ufstest import *
import multiprocessing, threading
DATA = bytes(i % 251 for i in range(300000))

def upper(n):
    return os.path.join(UP, n)

@case
def o_trunc_moves_no_data():
    os.close(os.open(m("trunc0"), os.O_WRONLY | os.O_TRUNC))
    st = os.stat(m("trunc0"))
    eq((st.st_size, st.st_blocks), (0, 0))
    eq(os.stat(upper("trunc0")).st_size, 0)

@case
def truncate_keeps_the_first_bytes():
    os.truncate(m("truncn"), 5000)
    eq(get(m("truncn")), DATA[:5000])
    os.truncate(m("truncn"), 9000)
    eq(get(m("truncn")), DATA[:5000] + bytes(4000))

@case
def ftruncate_beyond_the_end_makes_a_hole():
    fd = os.open(m("ftrunc"), os.O_RDWR)
    os.ftruncate(fd, 1 << 30)
    eq(os.fstat(fd).st_size, 1 << 30)
    assert os.fstat(fd).st_blocks * 512 < 1 << 20
    eq(os.pread(fd, 10, (1 << 30) - 10), bytes(10))
    os.close(fd)

@case
def two_appenders_lose_nothing():
    def work(tag):
        fd = os.open(m("app"), os.O_WRONLY | os.O_APPEND)
        for _ in range(2000):
            os.write(fd, tag * 16)
        os.close(fd)
    ps = [multiprocessing.Process(target=work, args=(t,)) for t in (b"A", b"B")]
    for p in ps: p.start()
    for p in ps: p.join()
    got = get(m("app"))
    eq(len(got), 300000 + 2 * 2000 * 16)
    eq(got[:300000], DATA, "what was there before")
    tail = [got[i:i + 16] for i in range(300000, len(got), 16)]
    assert all(len(set(x)) == 1 for x in tail), "records are torn"

@case
def a_descriptor_from_before_sees_what_is_written_after():
    if BACKEND == "overlay":
        return
    fd = os.open(m("old"), os.O_RDONLY)
    eq(os.pread(fd, 4, 0), DATA[:4])
    with open(m("old"), "r+b") as f:
        f.write(b"NEW!")
    eq(os.pread(fd, 4, 0), b"NEW!")
    os.close(fd)

@case
def opening_for_writing_alone_copies_nothing():
    if BACKEND == "overlay":
        return
    os.close(os.open(m("rdwr"), os.O_RDWR))
    fd = os.open(m("rdwr2"), os.O_WRONLY | os.O_APPEND)
    assert not os.path.exists(upper("rdwr")) and not os.path.exists(upper("rdwr2"))
    os.write(fd, b"x")
    os.close(fd)
    eq(get(m("rdwr2")), DATA + b"x")
    assert os.path.exists(upper("rdwr2"))

@case
def an_unlinked_file_lives_on_in_its_descriptor():
    r = os.open(m("del1"), os.O_RDONLY)
    w = os.open(m("del2"), os.O_RDWR)
    os.unlink(m("del1"))
    os.unlink(m("del2"))
    eq(os.pread(r, 8, 100), DATA[100:108])
    assert os.fstat(r).st_nlink == 0 or BACKEND == "overlay"
    os.pwrite(w, b"written", 0)
    os.ftruncate(w, 100)
    os.fchmod(w, 0o600)
    eq(os.pread(w, 200, 0), b"written" + DATA[7:100])
    st = os.fstat(w)
    eq(st.st_size, 100)
    assert st.st_nlink == 0 or BACKEND == "overlay"
    os.close(r)
    os.close(w)
    assert not {"del1", "del2"} & set(os.listdir(M))

@case
def a_new_file_unlinked_while_open():
    fd = os.open(m("tmp"), os.O_CREAT | os.O_EXCL | os.O_RDWR)
    os.write(fd, b"abc")
    os.unlink(m("tmp"))
    put(m("tmp"), b"another")
    eq(os.pread(fd, 10, 0), b"abc")
    eq(get(m("tmp")), b"another")
    os.write(fd, b"def")
    eq(os.pread(fd, 10, 0), b"abcdef")
    os.close(fd)

@case
def a_sparse_file_stays_sparse():
    p = m("sparse")
    low = os.stat(os.path.join(L2, "sparse"))
    with open(p, "r+b") as f:
        f.seek(2 << 30)
        f.write(b"here")
    st = os.stat(p)
    eq(st.st_size, 10 << 30)
    used = os.stat(upper("sparse")).st_blocks
    assert used <= low.st_blocks + 64 or BACKEND == "overlay", f"{used} blocks, {low.st_blocks} below"
    fd = os.open(p, os.O_RDONLY)
    eq(os.pread(fd, 4, 5 << 30), b"data")
    eq(os.pread(fd, 4, 2 << 30), b"here")
    eq(os.lseek(fd, 3 << 30, os.SEEK_DATA), 5 << 30)
    hole = os.lseek(fd, 5 << 30, os.SEEK_HOLE)
    assert hole == (5 << 30) + 4096 or BACKEND == "overlay", f"SEEK_HOLE {hole}"
    eq(err(os.lseek, fd, 11 << 30, os.SEEK_DATA), "ENXIO")
    os.close(fd)

@case
def fallocate_and_punch_on_a_lower_file():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    KEEP, PUNCH, ZERO, COLLAPSE = 1, 2, 0x10, 8
    fd = os.open(m("punch"), os.O_RDWR)
    def fa(mode, at, n):
        r = libc.fallocate(fd, mode, ctypes.c_long(at), ctypes.c_long(n))
        return "OK" if r == 0 else errno.errorcode[ctypes.get_errno()]
    eq(fa(KEEP | PUNCH, 4096, 8192), "OK")
    eq(os.pread(fd, 16384, 0), DATA[:4096] + bytes(8192) + DATA[12288:16384])
    eq(fa(0, 300000, 100000), "OK")
    eq(os.fstat(fd).st_size, 400000)
    got = fa(ZERO, 0, 100)
    if got == "OK":
        eq(os.pread(fd, 101, 0), bytes(100) + DATA[100:101])
    else:  # only where the branch's own filesystem has none
        plain = os.open(put(os.path.join(T, "plain"), DATA), os.O_RDWR)
        r = libc.fallocate(plain, ZERO, ctypes.c_long(0), ctypes.c_long(100))
        eq((r, errno.errorcode[ctypes.get_errno()]), (-1, got))
        os.close(plain)
    got = fa(COLLAPSE, 0, 4096)
    assert got in ("OK", "ENOTSUP"), got
    if got == "OK":
        eq(os.fstat(fd).st_size, 400000 - 4096)
        eq(os.pread(fd, 10, 12288), DATA[16384:16394])
    os.close(fd)

@case
def ranges_go_in_and_out_as_on_the_branch():
    """Insert and collapse move what is behind: compared with a plain file."""
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    plain = put(os.path.join(T, "ranges"), DATA)
    fds = [os.open(p, os.O_RDWR) for p in (m("ranges"), plain)]
    for mode, at, n in ((0x20, 8192, 4096), (8, 40960, 8192), (3, 100000, 5000),
                        (0x10, 200000, 3000), (0x11, 290000, 50000), (0, 310000, 1000),
                        (8, 100, 100), (0x20, 1 << 30, 4096), (0x40, 0, 4096)):
        got = []
        for fd in fds:
            r = libc.fallocate(fd, mode, ctypes.c_long(at), ctypes.c_long(n))
            got.append("OK" if r == 0 else errno.errorcode[ctypes.get_errno()])
        # FUSE passes neither collapse nor insert on.
        if mode in (8, 0x20) and got[0] == "ENOTSUP" or mode == 0x40 and got[0] != "OK":
            if mode in (8, 0x20) and got[1] == "OK":
                libc.fallocate(fds[1], 0x20 if mode == 8 else 8, ctypes.c_long(at), ctypes.c_long(n))
                if mode == 8:  # put back what was cut out
                    os.pwrite(fds[1], os.pread(fds[0], n, at), at)
            continue
        eq(got[0], got[1], f"fallocate {mode:#x} at {at}")
    eq(os.fstat(fds[0]).st_size, os.fstat(fds[1]).st_size)
    eq(os.pread(fds[0], 1 << 20, 0), os.pread(fds[1], 1 << 20, 0))
    for fd in fds:
        os.close(fd)

@case
def many_appenders_with_the_first_write_among_them():
    """Four processes, each with a descriptor from before the copy-up."""
    start = multiprocessing.Barrier(4)
    def work(tag):
        fd = os.open(m("many"), os.O_WRONLY | os.O_APPEND)
        start.wait()
        for _ in range(500):
            os.write(fd, tag * 32)
    ps = [multiprocessing.Process(target=work, args=(bytes([65 + i]),)) for i in range(4)]
    for p in ps: p.start()
    for p in ps: p.join()
    got = get(m("many"))
    eq(len(got), 300000 + 4 * 500 * 32)
    eq(got[:300000], DATA, "what was there before")
    tail = [got[i:i + 32] for i in range(300000, len(got), 32)]
    assert all(len(set(x)) == 1 for x in tail), "records are torn"
    eq([sum(x[0] == 65 + i for x in tail) for i in range(4)], [500] * 4)

@case
def copying_within_one_lower_file():
    fd = os.open(m("self"), os.O_RDWR)
    eq(os.copy_file_range(fd, fd, 1000, 0, 200000), 1000)
    eq(err(os.copy_file_range, fd, fd, 1000, 0, 500), "EINVAL", "overlapping")
    eq(os.pread(fd, 300000, 0), DATA[:200000] + DATA[:1000] + DATA[201000:])
    os.close(fd)

@case
def the_map_of_holes_is_that_of_the_lower_file():
    def holes(p):
        fd, at, out = os.open(p, os.O_RDONLY), 0, []
        size = os.fstat(fd).st_size
        while at < size:
            try:
                data = os.lseek(fd, at, os.SEEK_DATA)
            except OSError:
                break
            at = os.lseek(fd, data, os.SEEK_HOLE)
            out.append((data, at))
        os.close(fd)
        return out
    before = holes(os.path.join(L2, "sparse2"))
    eq(holes(m("sparse2")), before, "asked of the lower file")
    os.utime(m("sparse2"))
    eq(holes(m("sparse2")), before, "of the copy")
    eq(holes(upper("sparse2")), before, "on the branch")

@case
def copy_file_range_reads_the_source_where_it_is():
    src = os.open(m("src"), os.O_RDONLY)
    dst = os.open(m("dst"), os.O_CREAT | os.O_RDWR)
    done = 0
    while done < 300000:
        n = os.copy_file_range(src, dst, 300000 - done)
        assert n > 0, "nothing was copied"
        done += n
    eq(os.pread(dst, 300000, 0), DATA)
    assert not os.path.exists(upper("src")), "the source was copied up"
    os.close(src)
    os.close(dst)
    with open(m("src"), "rb") as i, open(m("sent"), "wb") as o:
        eq(os.sendfile(o.fileno(), i.fileno(), 0, 300000), 300000)
    eq(get(m("sent")), DATA)

@case
def fsync_of_files_and_directories():
    fd = os.open(m("fsync"), os.O_RDWR)
    os.write(fd, b"sync")
    os.fsync(fd)
    os.fdatasync(fd)
    eq(get(upper("fsync"))[:4], b"sync", "on the branch after fsync")
    os.close(fd)
    d = os.open(M, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(d)
    os.close(d)

@case
def many_threads_write_one_lower_file():
    bad = []
    def work(i):
        try:
            fd = os.open(m("par"), os.O_WRONLY)
            os.pwrite(fd, bytes([i]) * 1000, i * 1000)
            os.close(fd)
        except OSError as e:
            bad.append(e)
    ts = [threading.Thread(target=work, args=(i,)) for i in range(32)]
    for t in ts: t.start()
    for t in ts: t.join()
    assert not bad, bad
    got = get(m("par"))
    for i in range(32):
        eq(got[i * 1000:(i + 1) * 1000], bytes([i]) * 1000)
    eq(got[32000:], DATA[32000:])

@case
def a_large_file_goes_through():
    block = os.urandom(1 << 20)
    with open(m("large"), "wb") as f:
        for _ in range(64):
            f.write(block)
    eq(os.stat(m("large")).st_size, 64 << 20)
    with open(m("large"), "rb") as f:
        for _ in range(64):
            assert f.read(1 << 20) == block
    with open(m("large"), "r+b") as f:
        f.seek((10 << 20) - 3)
        f.write(b"across")
        f.seek((10 << 20) - 4)
        eq(f.read(8), block[-4:-3] + b"across" + block[3:4])

@case
def writing_where_nobody_may():
    os.chmod(m("big"), 0o444)
    want = "OK" if ROOT else "EACCES"
    eq(err(os.open, m("big"), os.O_WRONLY), want)
    fd = os.open(m("big"), os.O_RDONLY)
    eq(err(os.write, fd, b"x"), "EBADF")
    os.close(fd)

run()
END
[ "$T_BACKEND" = ufs ] || exit 0
t_remount
t_eq "$(head -c 4 "$M/old")" "NEW!" "data after a new mount"

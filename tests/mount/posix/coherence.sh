# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 13 14
# One file is one file: what was opened or mapped before a copy-up shows what is
# written after it, also when the pages were dropped in between and have to come
# from the branch again. overlayfs shows the old data then.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "overlayfs does not do this"

t_branches
python3 - <<END
DATA = bytes(i % 251 for i in range(1 << 20))
for n in ("fd", "dir/shared", "private", "exec", "both", "append", "trunc", "gone", "moved",
          "direct", "directw", "rwmap", "grow"):
    import os
    os.makedirs("$L1/dir", exist_ok=True)
    with open(f"$L1/{n}", "wb") as f:
        f.write(DATA)
END
t_union
t_py <<'END'
from ufstest import *
import ctypes, mmap
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
DATA = bytes(i % 251 for i in range(1 << 20))
P = mmap.PAGESIZE

def drop(fd, mm=None):
    """No page of the file stays in memory."""
    os.fsync(fd)
    if mm is not None:
        mm.madvise(mmap.MADV_DONTNEED)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    if ROOT:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("1")

def write_at(n, at, data):
    fd = os.open(m(n), os.O_RDWR)
    os.pwrite(fd, data, at)
    drop(fd)
    os.close(fd)

def mapped(fd, flags, prot=mmap.PROT_READ):
    return mmap.mmap(fd, 0, flags, prot)

@case
def a_descriptor_from_before_reads_new_data_with_dropped_caches():
    fd = os.open(m("fd"), os.O_RDONLY)
    eq(os.pread(fd, 4, 5 * P), DATA[5 * P:5 * P + 4])
    drop(fd)
    write_at("fd", 5 * P, b"NEW!")
    eq(os.pread(fd, 6, 5 * P), b"NEW!" + DATA[5 * P + 4:5 * P + 6])
    eq(os.pread(fd, P, 200 * P), DATA[200 * P:201 * P], "what was not written")
    os.close(fd)

@case
def a_shared_mapping_from_before_shows_new_data_with_dropped_pages():
    fd = os.open(m("dir/shared"), os.O_RDONLY)
    mm = mapped(fd, mmap.MAP_SHARED)
    eq(mm[0:P], DATA[0:P])
    eq(mm[9 * P:9 * P + 4], DATA[9 * P:9 * P + 4])
    write_at("dir/shared", 9 * P, b"NEW!")
    eq(mm[9 * P:9 * P + 4], b"NEW!", "a page that was in memory")
    drop(fd, mm)
    eq(mm[9 * P:9 * P + 4], b"NEW!", "a page from the branch")
    write_at("dir/shared", 100 * P, b"more")
    drop(fd, mm)
    eq(mm[100 * P:100 * P + 4], b"more", "a page that was never read before")
    eq(mm[101 * P:102 * P], DATA[101 * P:102 * P])
    os.close(fd)

@case
def a_private_mapping_keeps_its_own_pages():
    fd = os.open(m("private"), os.O_RDONLY)
    mm = mapped(fd, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    mm[0:4] = b"mine"
    write_at("private", 0, b"THEIRS")
    write_at("private", 3 * P, b"theirs")
    eq(mm[0:6], b"mine" + DATA[4:6], "the page that was written to")
    eq(mm[3 * P:3 * P + 6], b"theirs", "a page that was not looked at before")
    os.close(fd)

@case
def two_mappings_and_a_descriptor_are_one():
    a = os.open(m("both"), os.O_RDWR)
    b = os.open(m("both"), os.O_RDWR)
    ma = mapped(a, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    mb = mapped(b, mmap.MAP_SHARED)
    ma[7:11] = b"mapA"
    eq((mb[7:11], os.pread(b, 4, 7)), (b"mapA", b"mapA"))
    os.pwrite(b, b"fdB", 20)
    eq(ma[20:23], b"fdB")
    ma.flush()
    drop(a)
    eq(get(os.path.join(UP, "both"))[7:11], b"mapA", "on the branch")
    mb.madvise(mmap.MADV_DONTNEED)
    drop(b)
    eq((mb[7:11], mb[20:23]), (b"mapA", b"fdB"))
    os.close(a)
    os.close(b)

@case
def a_mapping_written_to_outlives_its_descriptor():
    fd = os.open(m("rwmap"), os.O_RDWR)
    mm = mapped(fd, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
    os.close(fd)
    for i in range(0, len(DATA), P):
        mm[i:i + 2] = b"zz"
    mm.flush()
    mm.close()
    want = bytearray(DATA)
    for i in range(0, len(DATA), P):
        want[i:i + 2] = b"zz"
    eq(get(m("rwmap")), bytes(want))
    eq(get(os.path.join(UP, "rwmap")), bytes(want), "on the branch")

@case
def a_program_can_be_mapped_for_execution():
    fd = os.open(m("exec"), os.O_RDONLY)
    mm = mapped(fd, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
    eq(mm[0:16], DATA[0:16])
    write_at("exec", 0, b"NEW!")
    eq(mm[0:4], b"NEW!")
    os.close(fd)

@case
def beyond_the_new_end_is_sigbus():
    fd = os.open(m("trunc"), os.O_RDONLY)
    mm = mapped(fd, mmap.MAP_SHARED)
    eq(mm[200 * P:200 * P + 2], DATA[200 * P:200 * P + 2])
    os.truncate(m("trunc"), 10 * P + 100)
    eq(mm[10 * P:10 * P + 100], DATA[10 * P:10 * P + 100])
    eq(mm[10 * P + 100:11 * P], bytes(P - 100), "the rest of the last page")
    pid = os.fork()
    if pid == 0:
        mm[200 * P]
        os._exit(0)
    import signal
    st = os.waitpid(pid, 0)[1]
    eq(os.WIFSIGNALED(st) and os.WTERMSIG(st), signal.SIGBUS)
    os.close(fd)

@case
def a_file_that_grows_shows_in_an_old_descriptor():
    fd = os.open(m("grow"), os.O_RDONLY)
    eq(os.fstat(fd).st_size, len(DATA))
    write_at("grow", len(DATA) + 5, b"tail")
    drop(fd)
    eq(os.fstat(fd).st_size, len(DATA) + 9)
    eq(os.pread(fd, 20, len(DATA)), bytes(5) + b"tail")
    os.close(fd)

@case
def an_unlinked_and_a_renamed_file_behind_a_mapping():
    for n in ("gone", "moved"):
        fd = os.open(m(n), os.O_RDWR)
        mm = mapped(fd, mmap.MAP_SHARED)
        eq(mm[0:4], DATA[0:4])
        if n == "gone":
            os.unlink(m(n))
        else:
            os.rename(m(n), m("dir/elsewhere"))
        os.pwrite(fd, b"NEW!", 3 * P)
        drop(fd, mm)
        eq(mm[3 * P:3 * P + 4], b"NEW!", n)
        eq(mm[4 * P:5 * P], DATA[4 * P:5 * P], n)
        os.close(fd)

def aligned(n):
    return mmap.mmap(-1, n)

@case
def direct_input_and_output_and_the_cache_agree():
    fd = os.open(m("direct"), os.O_RDONLY)
    d = os.open(m("direct"), os.O_RDWR | os.O_DIRECT)
    buf = aligned(4 * P)
    eq(os.preadv(d, [buf], 8 * P), 4 * P)
    eq(buf[:], DATA[8 * P:12 * P], "a direct read of a lower file")
    eq(os.pread(fd, 4, 9 * P), DATA[9 * P:9 * P + 4])
    buf[:] = b"D" * (4 * P)
    eq(os.pwritev(d, [buf], 8 * P), 4 * P)
    eq(os.pread(fd, 4, 9 * P), b"DDDD", "the cache after a direct write")
    os.pwrite(os.open(m("direct"), os.O_WRONLY), b"cached", 10 * P)
    eq(os.preadv(d, [buf], 8 * P), 4 * P)
    eq(buf[2 * P:2 * P + 8], b"cachedDD", "a direct read after a cached write")
    eq(get(os.path.join(UP, "direct"))[12 * P:], DATA[12 * P:], "the rest")
    os.close(d)
    os.close(fd)

@case
def a_direct_write_is_the_first_change():
    d = os.open(m("directw"), os.O_WRONLY | os.O_DIRECT)
    buf = aligned(P)
    buf[:] = b"x" * P
    eq(os.pwritev(d, [buf], P), P)
    os.close(d)
    eq(get(m("directw")), DATA[:P] + b"x" * P + DATA[2 * P:])

run()
END

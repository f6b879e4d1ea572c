# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 19
# O_TMPFILE and linkat(2): with libfuse 3.17.1 or newer a file without a name,
# which a link gives one; with an older one open(2) says EOPNOTSUPP.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/d" "$L2/sgid"
echo old >"$L1/d/old"
echo gone >"$L1/d/gone"
chmod 2775 "$L2/sgid"
FUSE_HAS=$("$UFS" version | python3 -c '
import re, sys
v = re.search(r"libfuse (\d+)\.(\d+)\.(\d+)", sys.stdin.read())
print(int(tuple(map(int, v.groups())) >= (3, 17, 1)))')
export FUSE_HAS
t_union
t_py <<'END'
from ufstest import *
import ctypes, stat
libc = ctypes.CDLL(None, use_errno=True)
HAS = os.environ["FUSE_HAS"] == "1" or BACKEND == "overlay"

def unnamed(d, flags=0, mode=0o640):
    return os.open(m(d), os.O_TMPFILE | os.O_RDWR | flags, mode)

def link(fd, path):
    r = libc.linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, path.encode(), 0x400)
    return "OK" if r == 0 else errno.errorcode[ctypes.get_errno()]

@case
def an_old_libfuse_says_so():
    if not HAS:
        eq(err(unnamed, "d"), "ENOTSUP")
        eq(sorted(os.listdir(m("d"))), ["gone", "old"])

@case
def it_has_no_name():
    if not HAS:
        return
    fd = unnamed("d")
    os.write(fd, b"unnamed")
    st = os.fstat(fd)
    eq((st.st_nlink, st.st_size, stat.S_IMODE(st.st_mode)), (0, 7, 0o640))
    eq(sorted(os.listdir(m("d"))), ["gone", "old"])
    eq(os.pread(fd, 10, 0), b"unnamed")
    os.ftruncate(fd, 2)
    os.fchmod(fd, 0o600)
    eq(os.pread(fd, 10, 0), b"un")
    os.close(fd)

@case
def linkat_gives_it_one():
    if not HAS:
        return
    fd = unnamed("d")
    os.write(fd, b"one")
    os.unlink(m("d/gone"))
    eq(link(fd, m("d/old")), "EEXIST")
    eq(link(fd, m("d/gone")), "OK")
    eq(os.fstat(fd).st_nlink, 1)
    eq(os.fstat(fd).st_ino, os.stat(m("d/gone")).st_ino)
    os.write(fd, b"two")
    eq(get(m("d/gone")), b"onetwo")
    with open(m("d/gone"), "ab") as f:
        f.write(b"!")
    eq(os.pread(fd, 10, 0), b"onetwo!")
    eq(link(fd, m("second")), "OK")
    eq(os.fstat(fd).st_nlink, 2)
    os.close(fd)

@case
def with_o_excl_it_never_gets_one():
    if not HAS:
        return
    fd = unnamed("d", os.O_EXCL)
    eq(link(fd, m("d/excl")), "ENOENT")
    os.close(fd)

@case
def it_inherits_the_group():
    if not HAS:
        return
    fd = unnamed("sgid")
    eq(os.fstat(fd).st_gid, os.stat(m("sgid")).st_gid)
    os.close(fd)

@case
def pythons_temporary_files_work_either_way():
    import tempfile
    with tempfile.TemporaryFile(dir=m("d")) as f:
        f.write(b"x")
        f.flush()
        eq(os.fstat(f.fileno()).st_nlink, 0)

run()
END
[ "$FUSE_HAS" = 1 ] && [ "$T_BACKEND" = ufs ] || exit 0
t_remount
t_eq "$(cat "$M/d/gone")" 'onetwo!' "after a new mount"

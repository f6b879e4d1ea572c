# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 28 29
# Changing attributes of lower objects: owner, mode and times change in the
# view and on the writable branch only; a copy-up keeps what was not changed.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/d/sub" "$L2/d"
for f in chmod time omit write parent; do
	echo "$f" >"$L1/d/$f"
	touch -d '2001-02-03 04:05:06.123456789' "$L1/d/$f"
done
echo own >"$L2/d/own"
ln -s nowhere "$L2/d/link"
touch -h -d '2002-03-04 05:06:07.5' "$L2/d/link"
touch -d '2003-01-01 00:00:00' "$L1/d/sub" "$L1/d"
t_union
t_py <<'END'
from ufstest import *
import stat, time

T0 = 981173106123456789  # 2001-02-03 04:05:06.123456789 UTC, when TZ is UTC

@case
def chmod_of_a_lower_file_keeps_data_and_times():
    p = m("d/chmod")
    before = os.stat(p)
    os.chmod(p, 0o4701)
    st = os.stat(p)
    eq(stat.S_IMODE(st.st_mode), 0o4701, "mode")
    eq(st.st_mtime_ns, before.st_mtime_ns, "mtime")
    eq(get(p), b"chmod\n")
    assert st.st_ctime_ns > before.st_ctime_ns, "ctime must move"
    eq(st.st_ino, before.st_ino, "st_ino over the copy-up")

@case
def copy_up_keeps_the_mtime_of_the_parent():
    before = os.stat(m("d")).st_mtime_ns
    os.chmod(m("d/parent"), 0o600)
    eq(os.stat(m("d")).st_mtime_ns, before, "mtime of the directory")

@case
def times_are_kept_to_the_nanosecond():
    p = m("d/time")
    os.utime(p, ns=(1111111111_222222222, 1333333333_444444444))
    st = os.stat(p)
    eq((st.st_atime_ns, st.st_mtime_ns), (1111111111_222222222, 1333333333_444444444))

@case
def a_time_that_is_not_given_stays():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    class ts(ctypes.Structure):
        _fields_ = [("s", ctypes.c_long), ("n", ctypes.c_long)]
    p = m("d/omit")
    before = os.stat(p)
    UTIME_OMIT = (1 << 30) - 2
    t = (ts * 2)(ts(1500000000, 7), ts(0, UTIME_OMIT))
    eq(libc.utimensat(-100, p.encode(), t, 0), 0, "utimensat")
    st = os.stat(p)
    eq(st.st_atime_ns, 1500000000_000000007, "atime")
    eq(st.st_mtime_ns, before.st_mtime_ns, "mtime")

@case
def a_write_moves_mtime_and_ctime():
    p = m("d/write")
    before = os.stat(p)
    with open(p, "ab") as f:
        f.write(b"x")
    st = os.stat(p)
    assert st.st_mtime_ns > before.st_mtime_ns, "mtime"
    assert st.st_ctime_ns > before.st_ctime_ns, "ctime"

@case
def a_lower_directory_changes_its_mode():
    os.chmod(m("d/sub"), 0o711)
    eq(stat.S_IMODE(os.stat(m("d/sub")).st_mode), 0o711)

@case
def times_of_a_lower_symlink_are_its_own():
    p = m("d/link")
    os.utime(p, ns=(5 * 10**9, 6 * 10**9), follow_symlinks=False)
    eq(os.lstat(p).st_mtime_ns, 6 * 10**9)
    eq(os.readlink(p), "nowhere")

@case
def chown_of_lower_objects():
    if not ROOT:
        eq(err(os.chown, m("d/own"), 0, 0), "EPERM", "chown to root by a user")
        os.chown(m("d/own"), -1, os.getgid())
        return
    os.chown(m("d/own"), 1234, 5678)
    os.lchown(m("d/link"), 1234, -1)
    st, ln = os.stat(m("d/own")), os.lstat(m("d/link"))
    eq((st.st_uid, st.st_gid), (1234, 5678))
    eq((ln.st_uid, ln.st_gid), (1234, 0))
    eq(get(m("d/own")), b"own\n")

@case
def mode_of_a_new_file_minds_the_umask():
    old = os.umask(0o027)
    try:
        os.close(os.open(m("d/new"), os.O_CREAT | os.O_WRONLY, 0o666))
        os.mkdir(m("d/newdir"), 0o777)
    finally:
        os.umask(old)
    eq(stat.S_IMODE(os.stat(m("d/new")).st_mode), 0o640)
    eq(stat.S_IMODE(os.stat(m("d/newdir")).st_mode), 0o750)

@case
def root_of_the_union_takes_attributes():
    os.chmod(M, 0o751)
    eq(stat.S_IMODE(os.stat(M).st_mode), 0o751)
    os.utime(M, ns=(10**9, 2 * 10**9))
    eq(os.stat(M).st_mtime_ns, 2 * 10**9)

run()
END

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 40
# rows: 48
# FIFOs, devices and sockets: opening one is the kernel's affair; those in a
# branch are never opened by the daemon, so a FIFO without a peer hangs nobody.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkfifo "$L1/fifo" "$L1/quiet" "$L1/go"
python3 - "$L1" <<'END'
import os, socket, sys
os.chdir(sys.argv[1])
for n in ("s.chmod", "s.chown", "s.time", "s.move", "s.link", "s.gone", "s.rmw"):
    socket.socket(socket.AF_UNIX).bind(n)
os.mkfifo("p.chown")
os.mkfifo("p.link")
END
! t_is_root || mknod -m 666 "$L2/null" c 1 3
t_union
t_py <<'END'
from ufstest import *
import socket, stat, threading

@case
def a_lower_fifo_carries_data():
    def write():
        with open(m("fifo"), "wb") as f:
            f.write(b"through")
    t = threading.Thread(target=write)
    t.start()
    with open(m("fifo"), "rb") as f:
        eq(f.read(), b"through")
    t.join()

@case
def a_lower_fifo_is_changed_without_being_opened():
    os.chmod(m("quiet"), 0o640)
    eq(stat.S_IMODE(os.lstat(m("quiet")).st_mode), 0o640)
    assert stat.S_ISFIFO(os.lstat(os.path.join(UP, "quiet")).st_mode)
    os.utime(m("quiet"), ns=(1, 2))
    os.rename(m("quiet"), m("moved"))
    assert stat.S_ISFIFO(os.lstat(m("moved")).st_mode)
    os.unlink(m("go"))
    eq(err(os.lstat, m("go")), "ENOENT")

@case
def lower_sockets_and_fifos_are_changed():
    """fuse-overlayfs opens them, and fails."""
    up = lambda n: os.lstat(os.path.join(UP, n)).st_mode
    os.chmod(m("s.chmod"), 0o600)
    eq(stat.S_IMODE(os.lstat(m("s.chmod")).st_mode), 0o600)
    assert stat.S_ISSOCK(up("s.chmod"))
    if ROOT:
        for n in ("s.chown", "p.chown"):
            os.chown(m(n), 1234, 5678)
            st = os.lstat(m(n))
            eq((st.st_uid, st.st_gid), (1234, 5678), n)
        assert stat.S_ISFIFO(up("p.chown"))
    else:
        for n in ("s.chown", "p.chown"):
            os.chown(m(n), os.getuid(), os.getgid())
            eq(err(os.chown, m(n), 0, 0), "EPERM", n)
    os.utime(m("s.time"), ns=(1_000_000_007, 2_000_000_009))
    eq(os.lstat(m("s.time")).st_mtime_ns, 2_000_000_009)
    os.rename(m("s.move"), m("s.moved"))
    assert stat.S_ISSOCK(os.lstat(m("s.moved")).st_mode)
    for n in ("s.link", "p.link"):
        os.link(m(n), m(n + "2"))
        eq(os.lstat(m(n)).st_nlink, 2, n)
        eq(os.lstat(m(n)).st_ino, os.lstat(m(n + "2")).st_ino, n)
    os.unlink(m("s.gone"))
    eq(err(os.lstat, m("s.gone")), "ENOENT")
    eq(err(os.open, m("s.rmw"), os.O_RDONLY), "ENXIO")
    eq(err(os.truncate, m("s.rmw"), 0), "EINVAL")

@case
def a_new_fifo():
    os.mkfifo(m("new"))
    assert stat.S_ISFIFO(os.lstat(os.path.join(UP, "new")).st_mode)

@case
def a_socket_is_bound_and_reached():
    s = socket.socket(socket.AF_UNIX)
    os.chdir(M)
    s.bind("sock")
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect("sock")
    assert stat.S_ISSOCK(os.lstat(m("sock")).st_mode)
    os.chdir("/")
    os.unlink(m("sock"))

@case
def devices():
    if not ROOT:
        eq(err(os.mknod, m("dev"), 0o600 | stat.S_IFCHR, os.makedev(1, 3)), "EPERM")
        return
    with open(m("null"), "wb") as f:
        f.write(b"away")
    os.chmod(m("null"), 0o600)
    eq(os.lstat(m("null")).st_rdev, os.makedev(1, 3))
    os.mknod(m("dev"), 0o600 | stat.S_IFBLK, os.makedev(7, 200))
    eq(os.lstat(m("dev")).st_rdev, os.makedev(7, 200))

@case
def the_overlay_whiteout_is_nobodys_to_make():
    if BACKEND != "ufs":
        return
    eq(err(os.mknod, m("w"), 0o600 | stat.S_IFCHR, os.makedev(0, 0)), "EPERM")

run()
END

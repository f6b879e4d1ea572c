# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 38
# flock, POSIX and open-file-description locks hold over a copy-up.
. "$srcdir/tests/lib/mount.sh"

t_branches
for f in flock posix ofd; do echo $f >"$L1/$f"; done
t_union
t_py <<'END'
from ufstest import *
import fcntl, struct

def other(f):
    """What another process gets."""
    pid = os.fork()
    if pid == 0:
        try:
            f()
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    st = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return errno.errorcode[st] if st else "OK"

@case
def flock_is_held_over_a_copy_up():
    fd = os.open(m("flock"), os.O_RDWR)
    fcntl.flock(fd, fcntl.LOCK_EX)
    def again():
        fcntl.flock(os.open(m("flock"), os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB)
    eq(other(again), "EAGAIN")
    os.write(fd, b"copied")
    eq(other(again), "EAGAIN", "after the copy-up")
    os.close(fd)
    eq(other(again), "OK")

@case
def posix_locks_are_held_over_a_copy_up():
    fd = os.open(m("posix"), os.O_RDWR)
    fcntl.lockf(fd, fcntl.LOCK_EX, 3, 0)
    def overlap():
        fcntl.lockf(os.open(m("posix"), os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB, 2, 2)
    def beside():
        fcntl.lockf(os.open(m("posix"), os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB, 2, 3)
    eq(other(overlap), "EAGAIN")
    os.pwrite(fd, b"x", 0)
    eq(other(overlap), "EAGAIN", "after the copy-up")
    eq(other(beside), "OK")
    os.close(fd)

@case
def ofd_locks():
    OFD_SETLK = 37
    def lock(fd):
        fcntl.fcntl(fd, OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
    fd = os.open(m("ofd"), os.O_RDWR)
    lock(fd)
    os.pwrite(fd, b"x", 0)
    fd2 = os.open(m("ofd"), os.O_RDWR)
    eq(err(lock, fd2), "EAGAIN")
    os.close(fd)
    lock(fd2)
    os.close(fd2)

run()
END

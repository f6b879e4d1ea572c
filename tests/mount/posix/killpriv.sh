# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# rows: 26
# What takes setuid, setgid and capabilities away from a file: the same on a
# union as on a plain directory, whoever does it and by whatever means, for files
# of the lower branch (which are copied up) and of the writable one.
. "$srcdir/tests/lib/mount.sh"

t_branches
cat >"$T/cases.py" <<'END'
from ufstest import *
import ctypes, itertools, mmap, shutil, stat
libc = ctypes.CDLL(None, use_errno=True)
PLAIN = os.path.join(T, "plain")
CAP = bytes.fromhex("0100000202000000000000000000000000000000")
OTHER, OWNER = 12345, 4321

def by_fd(f):
    def call(p):
        fd = os.open(p, os.O_RDWR)
        try:
            f(fd)
        finally:
            os.close(fd)
    return call

def fallocate(mode):
    def f(fd):
        if libc.fallocate(fd, mode, ctypes.c_long(0), ctypes.c_long(4096)) < 0:
            raise OSError(ctypes.get_errno(), "fallocate")
    return f

def store(fd):
    with mmap.mmap(fd, 4096) as mm:
        mm[0:1] = b"m"
        mm.flush()

def direct(fd):
    d = os.open(f"/proc/self/fd/{fd}", os.O_WRONLY | os.O_DIRECT)
    buf = mmap.mmap(-1, 4096)
    os.pwritev(d, [buf], 0)
    os.close(d)

def ranged(fd):
    os.copy_file_range(fd, fd, 100, 0, 8192)

HOW = {
    "write": by_fd(lambda fd: os.pwrite(fd, b"w", 0)),
    "append": by_fd(lambda fd: os.pwrite(fd, b"w", 8192)),
    "direct": by_fd(direct),
    "truncate": lambda p: os.truncate(p, 10),
    "ftruncate": by_fd(lambda fd: os.ftruncate(fd, 9000)),
    "O_TRUNC": lambda p: os.close(os.open(p, os.O_WRONLY | os.O_TRUNC)),
    "fallocate": by_fd(fallocate(0)),
    "punch": by_fd(fallocate(3)),
    "mmap": by_fd(store),
    "copy_file_range": by_fd(ranged),
    "chown": lambda p: os.chown(p, OTHER, OTHER),
    "chgrp": lambda p: os.chown(p, -1, OTHER),
    "chown same": lambda p: os.chown(p, OWNER, OWNER),
    "chmod": lambda p: os.chmod(p, 0o6711),
    "utime": lambda p: os.utime(p),
    "setxattr": lambda p: os.setxattr(p, "user.x", b"1"),
    "rename": lambda p: (os.rename(p, p + "2"), os.rename(p + "2", p)),
}
WHO = {"root": None, "other": OTHER, "owner": OWNER}
MODES = (0o6777, 0o2767, 0o4755)

def as_who(uid, f, *a):
    pid = os.fork()
    if pid == 0:
        try:
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            f(*a)
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    st = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return errno.errorcode[st] if st else "OK"

def make(p, mode):
    put(p, bytes(8192))
    os.chown(p, OWNER, OWNER)
    os.chmod(p, mode)
    os.setxattr(p, "security.capability", CAP)

def left(p):
    st = os.stat(p)
    return oct(stat.S_IMODE(st.st_mode)), err(os.getxattr, p, "security.capability") == "OK"

def compare(places):
    """places: a plain path and the union's, for each case."""
    for how, who, mode in itertools.product(HOW, WHO, MODES):
        name = f"{how}-{who}-{mode:o}".replace(" ", "_")
        plain, union = (os.path.join(d, name) for d in places)
        got = {p: [as_who(WHO[who], HOW[how], p), *left(p)] for p in (plain, union)}
        # The two that ufs(7) tells of: the kernel takes setgid without group
        # execution, which means nothing, from no FUSE file; and what comes
        # through a mapping is a write by the daemon, which costs capabilities.
        if mode == 0o2767 and got[plain][1] == "0o767":
            got[plain][1] = "0o2767"
        if how == "mmap" and not got[union][2]:
            got[plain][2] = False
        if got[plain] != got[union]:
            yield f"{name}: plain {got[plain]}, union {got[union]}"

def fill(d):
    for how, who, mode in itertools.product(HOW, WHO, MODES):
        make(os.path.join(d, f"{how}-{who}-{mode:o}".replace(" ", "_")), mode)
END
export PYTHONPATH="$T:$PYTHONPATH"
t_py <<'END'
from cases import *
fill(os.path.join(L1, "low"))
fill(os.path.join(PLAIN, "low"))
END
t_union
t_py <<'END'
from cases import *

@case
def files_of_the_writable_branch():
    fill(m("up"))
    fill(os.path.join(PLAIN, "up"))
    bad = list(compare((os.path.join(PLAIN, "up"), m("up"))))
    assert not bad, "\n".join(bad)

@case
def files_of_a_lower_branch():
    bad = list(compare((os.path.join(PLAIN, "low"), m("low"))))
    assert not bad, "\n".join(bad)

@case
def somebody_else_is_left_nothing():
    """The comparison above would not see a defect of both."""
    p = m("up/own")
    make(p, 0o6777)
    eq(as_who(OTHER, HOW["write"], p), "OK")
    eq(left(p), ("0o777", False))

run()
END

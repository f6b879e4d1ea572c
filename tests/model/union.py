# SPDX-License-Identifier: GPL-3.0-or-later
"""A union on a stack of branches, mounted and unmounted as the test wants it."""
import contextlib
import errno
import os
import shutil
import subprocess
import time

from layers import Builder, finish_plain
from side import LIBC
from tree import read_tree

UFS = os.environ.get("UFS", "ufs")
MNT_DETACH = 2
OPTIONS = os.environ.get("MODEL_OPTIONS", "").split()
SLOW = float(os.environ.get("MODEL_SLOW", "1"))


class Broken(Exception):
    """The daemon ended, or could not be started."""


def mounted(path):
    where = path.encode().replace(b" ", b"\\040")
    with open("/proc/self/mountinfo", "rb") as f:
        return any(line.split()[4] == where for line in f)


def fuse_umount(path, lazy=False):
    """0, or an errno."""
    if os.geteuid() == 0:
        r = LIBC.umount2(os.fsencode(path), MNT_DETACH if lazy else 0)
        return 0 if r == 0 else errno.EBUSY
    r = subprocess.run(["fusermount3", "-u", "-q"] + (["-z"] if lazy else []) + [path],
                       check=False)
    return 0 if r.returncode == 0 else errno.EBUSY


def frozen(top):
    """All that must not change in a lower branch."""
    return {p: (d["stat"], d["content"], d["xattrs"], d["st"] and (
                d["st"].st_ctime_ns, d["st"].st_mtime_ns, d["st"].st_ino))
            for p, d in read_tree(top).items()}


class Union:
    """BASE: an empty directory. STACK: see layers.py, the lowest first.
    UPPER: where the writable branches are made, if not in BASE. OTHER: a
    directory on another filesystem for some of the lower ones. WORK_INSIDE: the
    work directory lies in its branch, and is found there later, when the branch
    is a lower one."""

    def __init__(self, base, form, stack, work_inside=True, upper=None, other=None):
        self.base, self.form, self.work_inside = base, form, work_inside
        # Each below a directory of its own, where a link like "../f1" may end.
        self.m, self.plain = f"{base}/union/m", f"{base}/plain/p"
        self.place, self.other = upper or base, other
        self.branches, self.works, self.before = [], [], {}
        self.daemon = None
        os.makedirs(self.m)
        os.makedirs(self.plain)
        self.build(stack)

    def build(self, stack):
        times = {}
        for i, (marks, entries) in enumerate(stack):
            last = i == len(stack) - 1
            b = self.branch(self.other if self.other and i % 2 == 0 and not last
                            else self.place)
            builder = Builder(b, self.plain, marks, times)
            for e in entries:
                builder.add(e)
            builder.finish()
        finish_plain(self.plain, times)
        mode = 0o777 if os.geteuid() == 0 else 0o755
        for d in self.branches + [self.plain]:
            os.chmod(d, mode)
        for b in self.branches[:-1]:
            self.before[b] = frozen(b)

    @classmethod
    def on_copy(cls, other, base, old, new):
        """A union of the same branches, those below OLD taken from NEW."""
        self = cls.__new__(cls)
        self.base, self.form, self.work_inside = base, other.form, other.work_inside
        self.m, self.plain, self.daemon = f"{base}/m", None, None
        self.branches = [b.replace(old, new, 1) for b in other.branches]
        self.works = [w.replace(old, new, 1) for w in other.works]
        os.makedirs(self.m, exist_ok=True)
        return self

    def leave(self):
        """The end of one whose branches stay."""
        if self.daemon:
            with contextlib.suppress(Broken, subprocess.TimeoutExpired):
                self.umount()
        if self.daemon:
            fuse_umount(self.m, lazy=True)
            self.kill()

    def branch(self, where):
        """A new topmost branch."""
        n = len(self.branches)
        self.branches.append(f"{where}/b{n}")
        self.works.append(f"{where}/b{n}/.wh..wh.ufs" if self.work_inside else
                          f"{where}/w{n}")
        os.mkdir(self.branches[-1])
        if not self.work_inside:
            os.mkdir(self.works[-1])
        return self.branches[-1]

    def push(self):
        """What was the writable branch becomes a lower one."""
        top = self.branches[-1]
        self.before[top] = frozen(top)
        st = os.lstat(self.m)
        new = self.branch(self.place)
        old = os.lstat(top)
        os.chown(new, old.st_uid, old.st_gid)
        os.chmod(new, old.st_mode & 0o7777)
        for n in os.listxattr(self.plain):
            os.setxattr(new, n, os.getxattr(self.plain, n))
        st = os.lstat(self.plain)
        os.utime(new, ns=(st.st_atime_ns, st.st_mtime_ns))

    def mount(self):
        cmd = [UFS, "mount", "-f"]
        for o in [f"format={self.form}"] + OPTIONS:
            cmd += ["-o", o]
        cmd += ["--upper", self.branches[-1]]
        if not self.work_inside:
            cmd += ["--work", self.works[-1]]
        for b in reversed(self.branches[:-1]):
            cmd += ["--lower", b]
        was = os.lstat(self.m).st_dev
        self.daemon = subprocess.Popen(cmd + [self.m], stdin=subprocess.DEVNULL)
        until = time.monotonic() + 20 * SLOW
        while os.lstat(self.m).st_dev == was:
            if self.daemon.poll() is not None or time.monotonic() > until:
                raise Broken(f"the daemon did not mount: {self.daemon.poll()}")
            time.sleep(0.002)

    def umount(self):
        """Broken when it does not end as it should."""
        until = time.monotonic() + 10 * SLOW
        while fuse_umount(self.m):
            if time.monotonic() > until:
                raise Broken("the mount stays busy")
            time.sleep(0.02)
        daemon, self.daemon = self.daemon, None
        if daemon.wait(30 * SLOW) != 0:
            raise Broken(f"the daemon ended with {daemon.returncode}")

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None

    def bury(self):
        """Take away the mount of a killed daemon."""
        fuse_umount(self.m, lazy=True)

    def remount(self):
        self.umount()
        self.mount()

    def changed(self):
        """Lines about lower branches that are not what they were."""
        out = []
        for b, want in self.before.items():
            got = frozen(b)
            out += [f"lower branch {os.path.basename(b)} was changed at '{p}': "
                    f"{str(got.get(p))[:120]}, was {str(want.get(p))[:120]}"
                    for p in set(got) | set(want) if got.get(p) != want.get(p)]
        return out

    def litter(self):
        """Files in tmp/ of the work directory."""
        out = []
        for w in self.works:
            for path, dirs, files in os.walk(w):
                if os.path.basename(path) == "tmp":
                    out += [f"litter: {path}/{n}" for n in dirs + files]
        return out

    def checked(self):
        """Faults that ufs check finds in the writable branch, which nobody has."""
        cmd = [UFS, "check"]
        if not self.work_inside:
            cmd += ["--work", self.works[-1]]
        for b in reversed(self.branches[:-1]):
            cmd += ["--lower", b]
        r = subprocess.run(cmd + [self.branches[-1]], stdout=subprocess.PIPE, check=False,
                           stderr=subprocess.PIPE, text=True, errors="replace")
        # 8: some directory may not be read.
        if r.returncode in (0, 8):
            return []
        return [f"ufs check, status {r.returncode}:"] + r.stdout.splitlines()[:8] + \
            r.stderr.splitlines()[:3]

    def end(self):
        """Away with all of it, in whatever state."""
        if self.daemon:
            with contextlib.suppress(Broken, subprocess.TimeoutExpired):
                self.umount()
        for _ in range(5):
            if not mounted(self.m):
                break
            fuse_umount(self.m, lazy=True)
        if self.daemon:
            self.kill()
        for d in self.branches + self.works + [self.base]:
            wipe(d)


def wipe(top):
    """A tree of the test's own, also with directories that are closed."""
    for path, dirs, _ in os.walk(top):
        for d in dirs:
            if not os.path.islink(f"{path}/{d}"):
                os.chmod(f"{path}/{d}", 0o700)
    shutil.rmtree(top, ignore_errors=True)

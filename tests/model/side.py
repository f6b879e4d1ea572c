# SPDX-License-Identifier: GPL-3.0-or-later
"""One of the two trees that are compared, and what can be done to it.

An operation is a list: its name, then its arguments, all of them numbers and
strings, so that a run can be written down and done again. A method op_NAME of
Side does it and returns what a program would see of it.

A path is below the top of the tree; "@3/x" is x in the directory that slot 3 has
open. A slot holds a descriptor, and perhaps a mapping of it.
"""
import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import random
import stat
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_EMPTY_PATH, AT_SYMLINK_FOLLOW = -100, 0x1000, 0x400
AT_SYMLINK_NOFOLLOW = 0x100
UTIME_NOW, UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
F_OFD_SETLK = 37
LOCKS = {"r": fcntl.F_RDLCK, "w": fcntl.F_WRLCK, "u": fcntl.F_UNLCK}
PAGE = mmap.PAGESIZE
# Times that are set lie before this; what lies behind it is the clock's.
SET_BEFORE = 1_500_000_000 * 10**9
BLOCK = random.Random(0).randbytes(1 << 18)


def data(at, n):
    """N bytes that are the same in every run."""
    return BLOCK[at:at + n]


def syscall(name, *args):
    r = getattr(LIBC, name)(*args)
    if r < 0:
        e = ctypes.get_errno()
        raise OSError(e, os.strerror(e))
    return r


class Timespec(ctypes.Structure):
    _fields_ = [("sec", ctypes.c_long), ("nsec", ctypes.c_long)]


class Handle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int),
                ("data", ctypes.c_ubyte * 128)]


def handle(path, fd=None, follow=False):
    """What tells an object from all others, also from a later one that gets its
    inode number; None where the filesystem has no such thing."""
    h, mount = Handle(bytes=128), ctypes.c_int()
    try:
        if fd is not None:
            syscall("name_to_handle_at", fd, b"", ctypes.byref(h), ctypes.byref(mount),
                    AT_EMPTY_PATH)
        else:
            syscall("name_to_handle_at", AT_FDCWD, os.fsencode(path), ctypes.byref(h),
                    ctypes.byref(mount), AT_SYMLINK_FOLLOW if follow else 0)
    except OSError:
        return None
    return bytes(h.data[:h.bytes])


def times(what):
    """[atime, mtime] in ns, "now" or "omit", as utimensat wants them."""
    out = (Timespec * 2)()
    for t, w in zip(out, what):
        if w in ("now", "omit"):
            t.sec, t.nsec = 0, UTIME_NOW if w == "now" else UTIME_OMIT
        else:
            t.sec, t.nsec = divmod(w, 10**9)
    return out


def seen(st):
    """What two trees must agree in."""
    isdir = stat.S_ISDIR(st.st_mode)
    mtime = st.st_mtime_ns if st.st_mtime_ns < SET_BEFORE else "now"
    if stat.S_ISFIFO(st.st_mode):
        mtime = "-"  # what is written to a FIFO never comes to FUSE
    return (oct(st.st_mode), st.st_uid, st.st_gid, "-" if isdir else st.st_size,
            "-" if isdir else st.st_nlink, mtime)


@contextlib.contextmanager
def somebody(uid):
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


class Side:
    def __init__(self, top):
        self.top = top
        self.fds, self.maps = {}, {}
        self.met = []  # (stat, handle) of what the operation looked at

    def perform(self, op):
        """The outcome: what was returned, or the name of the errno."""
        self.met = []
        try:
            if op[0] == "as":
                with somebody(op[1]):
                    return getattr(self, "op_" + op[2])(*op[3:])
            return getattr(self, "op_" + op[0])(*op[1:])
        except OSError as e:
            return errno.errorcode.get(e.errno, str(e.errno))

    def forget(self):
        """Close all that is open."""
        for m in self.maps.values():
            with contextlib.suppress(OSError, ValueError):
                m.close()
        for fd in self.fds.values():
            with contextlib.suppress(OSError):
                os.close(fd)
        self.fds.clear()  # generators look at it
        self.maps.clear()

    def path(self, p):
        if p.startswith("@"):
            slot, _, rest = p[1:].partition("/")
            return f"/proc/self/fd/{self.fd(int(slot))}/{rest}"
        return f"{self.top}/{p}"

    def fd(self, slot):
        if slot not in self.fds:
            raise OSError(errno.EBADF, "closed")
        return self.fds[slot]

    def device(self, slot):
        return os.fstat(self.fds[slot]).st_dev

    def is_outside(self, path, fd, _follow):
        """A link like "../f1" may lead out of the tree."""
        where = os.path.realpath(path if fd is None else f"/proc/self/fd/{fd}")
        return not where.startswith(os.path.realpath(self.top))

    def meet(self, st, path=None, fd=None, follow=False):
        self.met.append((st, (path, fd, follow)))

    # ---- by path ------------------------------------------------------------

    def op_create(self, p, mode, at, n):
        self.write_at(p, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode, 0, data(at, n))

    def op_put(self, p, flags, off, at, n):
        self.write_at(p, flags, 0o644, off, data(at, n))

    def write_at(self, p, flags, mode, off, what):
        fd = os.open(self.path(p), flags, mode)
        try:
            os.pwrite(fd, what, off)
        finally:
            os.close(fd)

    def op_sync(self, p):
        """A file made anew, and it and its directory put on the disk; with that
        all changes of names before it are there, as the filesystem keeps their
        order."""
        path = self.path(p)
        fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NONBLOCK,
                     0o644)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        fd = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def op_get(self, p):
        fd = os.open(self.path(p), os.O_RDONLY | os.O_NONBLOCK)
        try:
            out = []
            while piece := os.read(fd, 1 << 20):
                out.append(piece)
            return b"".join(out)
        finally:
            os.close(fd)

    def op_truncate(self, p, n):
        os.truncate(self.path(p), n)

    def op_mkdir(self, p, mode):
        os.mkdir(self.path(p), mode)

    def op_rmdir(self, p):
        os.rmdir(self.path(p))

    def op_unlink(self, p):
        os.unlink(self.path(p))

    def op_rename(self, a, b, flags):
        if not flags:
            os.rename(self.path(a), self.path(b))
        else:
            syscall("renameat2", AT_FDCWD, os.fsencode(self.path(a)), AT_FDCWD,
                    os.fsencode(self.path(b)), flags)

    def op_link(self, a, b):
        os.link(self.path(a), self.path(b), follow_symlinks=False)

    def op_symlink(self, target, p):
        os.symlink(target, self.path(p))

    def op_readlink(self, p):
        return os.readlink(self.path(p))

    def op_mknod(self, p, mode):
        os.mknod(self.path(p), mode)

    def op_chmod(self, p, mode):
        os.chmod(self.path(p), mode)

    def op_chown(self, p, uid, gid):
        os.chown(self.path(p), uid, gid, follow_symlinks=False)

    def op_utime(self, p, atime, mtime):
        syscall("utimensat", AT_FDCWD, os.fsencode(self.path(p)), times((atime, mtime)),
                AT_SYMLINK_NOFOLLOW)

    def op_setxattr(self, p, name, value, flags):
        os.setxattr(self.path(p), name, value.encode(), flags, follow_symlinks=False)

    def op_getxattr(self, p, name):
        return os.getxattr(self.path(p), name, follow_symlinks=False)

    def op_removexattr(self, p, name):
        os.removexattr(self.path(p), name, follow_symlinks=False)

    def op_listxattr(self, p):
        return sorted(os.listxattr(self.path(p), follow_symlinks=False))

    def op_access(self, p, how):
        return os.access(self.path(p), how, effective_ids=True)

    def op_lstat(self, p):
        path = self.path(p)
        st = os.lstat(path)
        self.meet(st, path)
        return seen(st)

    def op_stat(self, p):
        path = self.path(p)
        st = os.stat(path)
        self.meet(st, path, follow=True)
        return seen(st)

    def op_list(self, p):
        return self.entries(self.path(p))

    def entries(self, where):
        """Names and types; d_ino must be st_ino."""
        out = []
        with os.scandir(where) as it:
            for e in it:
                kind = "d" if e.is_dir(follow_symlinks=False) else \
                    "l" if e.is_symlink() else \
                    "f" if e.is_file(follow_symlinks=False) else "o"
                wrong = ""
                if isinstance(where, str):
                    with contextlib.suppress(PermissionError):
                        st = os.lstat(f"{where}/{e.name}")
                        if st.st_ino != e.inode():
                            wrong = f"d_ino {e.inode()}, st_ino {st.st_ino}"
                out.append((e.name, kind, wrong))
        return sorted(out)

    # ---- by descriptor ------------------------------------------------------

    def op_open(self, slot, p, flags, mode):
        fd = os.open(self.path(p), flags | os.O_NONBLOCK, mode)
        self.op_close(slot)
        self.fds[slot] = fd

    def op_tmpfile(self, slot, p, mode):
        fd = os.open(self.path(p), os.O_TMPFILE | os.O_RDWR, mode)
        self.op_close(slot)
        self.fds[slot] = fd

    def op_linkfd(self, slot, p):
        syscall("linkat", AT_FDCWD, f"/proc/self/fd/{self.fd(slot)}".encode(), AT_FDCWD,
                os.fsencode(self.path(p)), AT_SYMLINK_FOLLOW)

    def op_close(self, slot):
        if slot in self.maps:
            self.maps.pop(slot).close()
        if slot in self.fds:
            os.close(self.fds.pop(slot))

    def op_pwrite(self, slot, off, at, n):
        return os.pwrite(self.fd(slot), data(at, n), off)

    def op_write(self, slot, at, n):
        return os.write(self.fd(slot), data(at, n))

    def op_pread(self, slot, off, n):
        return os.pread(self.fd(slot), n, off)

    def op_read(self, slot, n):
        return os.read(self.fd(slot), n)

    def op_lseek(self, slot, off, whence):
        """A directory's offsets are its filesystem's own."""
        if stat.S_ISDIR(os.fstat(self.fd(slot)).st_mode):
            return None
        return os.lseek(self.fd(slot), off, whence)

    def op_fstat(self, slot):
        st = os.fstat(self.fd(slot))
        self.meet(st, fd=self.fd(slot))
        return seen(st)

    def op_ftruncate(self, slot, n):
        os.ftruncate(self.fd(slot), n)

    def op_fchmod(self, slot, mode):
        os.fchmod(self.fd(slot), mode)

    def op_fsetxattr(self, slot, name, value):
        os.setxattr(self.fd(slot), name, value.encode())

    def op_futime(self, slot, atime, mtime):
        syscall("futimens", self.fd(slot), times((atime, mtime)))

    def op_fsync(self, slot):
        os.fsync(self.fd(slot))

    def op_fadvise(self, slot):
        """Drop the pages of the file, so that it is read again."""
        os.posix_fadvise(self.fd(slot), 0, 0, os.POSIX_FADV_DONTNEED)

    def op_fallocate(self, slot, mode, off, n):
        syscall("fallocate", self.fd(slot), mode, ctypes.c_long(off), ctypes.c_long(n))

    def op_listfd(self, slot):
        return [e[:2] for e in self.entries(self.fd(slot))]

    def op_holes(self, slot):
        """What SEEK_DATA passes over must read as zeros; where the holes lie is
        the filesystem's own affair."""
        fd, at = self.fd(slot), 0
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        here = os.lseek(fd, 0, os.SEEK_CUR)
        size = os.fstat(fd).st_size
        while at < size:
            try:
                start = os.lseek(fd, at, os.SEEK_DATA)
            except OSError as e:
                if e.errno != errno.ENXIO:
                    raise
                start = size
            hole = os.pread(fd, start - at, at)
            if hole.count(0) != start - at:
                return f"data in the hole from {at} to {start}"
            if start < size:
                at = os.lseek(fd, start, os.SEEK_HOLE)
                if not start < at <= size:
                    return f"after the data at {start} a hole at {at}"
            else:
                at = size
        os.lseek(fd, here, os.SEEK_SET)
        try:
            os.lseek(fd, size, os.SEEK_DATA)
        except OSError as e:
            return errno.errorcode[e.errno]
        return "data behind the end"

    def op_copyrange(self, a, b, off_a, off_b, n):
        done = 0
        while done < n:
            r = os.copy_file_range(self.fd(a), self.fd(b), n - done, off_a + done,
                                   off_b + done)
            if r == 0:
                break
            done += r
        return done

    def op_flock(self, slot, how):
        fcntl.flock(self.fd(slot), how | fcntl.LOCK_NB)

    def op_ofd(self, slot, how, start, n):
        fcntl.fcntl(self.fd(slot), F_OFD_SETLK,
                    struct.pack("hhlllxxxx", LOCKS[how], os.SEEK_SET, start, n, 0))

    # ---- mappings -----------------------------------------------------------

    def op_mmap(self, slot, n, write):
        fd = self.fd(slot)
        if slot in self.maps:
            self.maps.pop(slot).close()
        st = os.fstat(fd)
        if not stat.S_ISREG(st.st_mode) or st.st_size < n:
            return "short"
        prot = mmap.PROT_READ | (mmap.PROT_WRITE if write else 0)
        try:
            self.maps[slot] = mmap.mmap(fd, n, mmap.MAP_SHARED, prot)
        except ValueError:  # another process has cut it meanwhile
            return "short"

    def mapping(self, slot, off, n):
        """The mapping, if all of the range has pages behind it."""
        if slot not in self.maps:
            raise OSError(errno.EBADF, "not mapped")
        m = self.maps[slot]
        if off + n > len(m) or off + n > os.fstat(self.fd(slot)).st_size:
            raise OSError(errno.ERANGE, "outside")
        return m

    def op_mstore(self, slot, off, at, n):
        m = self.mapping(slot, off, n)
        if os.geteuid() and os.fstat(self.fd(slot)).st_mode & (stat.S_ISUID | stat.S_ISGID):
            return "set-id"  # goes with the write of a daemon without privileges
        try:
            m[off:off + n] = data(at, n)
        except TypeError:
            return "read-only"
        m.flush()

    def op_mload(self, slot, off, n):
        return self.mapping(slot, off, n)[off:off + n]

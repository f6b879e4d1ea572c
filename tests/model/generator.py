# SPDX-License-Identifier: GPL-3.0-or-later
"""Random operations, drawn with an eye on what is there."""
import os
import stat

from layers import DIRS, MODES, NAMES, OLD, TARGETS

SLOTS = 6
NOREPLACE, EXCHANGE = 1, 2
KEEP, PUNCH, ZERO = 1, 2, 16
LONG = ["n" * 255, "m" * 252]
TOO_LONG = "t" * 256
STRANGE = ["f 3", "f\n4", "f\u00e95", ".wx", "f=,:\\6"]


def scan(top):
    """(directories, others) of a plain tree, relative and sorted."""
    dirs, others = [], []
    for path, ds, fs in os.walk(top):
        rel = path[len(top) + 1:]
        for n in ds + fs:
            p = f"{rel}/{n}" if rel else n
            is_dir = n in ds and not os.path.islink(f"{path}/{n}")
            (dirs if is_dir else others).append(p)
    return sorted(dirs), sorted(others)


class Generator:
    """RND decides; TOP is the plain tree. UNDER: only below this directory.
    LACKS: what is not to be drawn. SINGLE: each operation is one change that is done or not (for kills)."""

    def __init__(self, rnd, top, under="", lacks=(), single=False, tmpfile=False,
                 controls=()):
        self.rnd, self.top, self.under, self.lacks = rnd, top, under, lacks
        self.single, self.tmpfile = single, tmpfile
        self.controls = controls
        self.age, self.dirs, self.others = 0, [], []
        self.queue, self.later, self.open_slots = [], [], {}
        self.table = [(w, f) for w, f in self.weights() if w]
        self.cumulative = []
        total = 0
        for w, _ in self.table:
            total += w
            self.cumulative.append(total)

    def weights(self):
        whole = 0 if self.single else 1
        links = 0 if "links" in self.lacks else 1
        return [
            (8, self.create), (6 * whole, self.put), (4 * whole, self.get),
            (3, self.truncate), (6, self.mkdir), (4, self.rmdir), (7, self.unlink),
            (8, self.rename), (5, self.rename_dir), (3, self.exchange),
            (2, self.noreplace), (5 * links, self.link), (2, self.symlink),
            (1, self.mknod), (5, self.chmod), (3, self.chown), (4, self.utime),
            (3, self.setxattr), (1, self.removexattr), (2 * whole, self.getxattr),
            (1 * whole, self.listxattr), (6 * whole, self.lstat), (2 * whole, self.stat),
            (1 * whole, self.readlink), (4 * whole, self.list), (1 * whole, self.access),
            (8, self.open), (2, self.open_dir), (8, self.on_slot),
            (3 * whole, self.mapped), (2, self.copyrange),
            (2 if self.tmpfile else 0, self.unnamed),
        ]

    def next(self):
        if self.queue:
            return self.queue.pop(0)
        self.later = [(n - 1, op) for n, op in self.later]
        due = next((x for x in self.later if x[0] <= 0), None)
        if due:
            self.later.remove(due)
            return due[1]
        if self.age % 64 == 0:
            self.dirs, self.others = scan(f"{self.top}/{self.under}".rstrip("/"))
        self.age += 1
        for name, every in self.controls:
            if self.rnd.randrange(every) == 0:
                return [name]
        f = self.rnd.choices(self.table, cum_weights=self.cumulative)[0][1]
        op = f()
        if os.geteuid() == 0 and not self.single and self.rnd.random() < 0.12 and \
                not any(isinstance(a, str) and a.startswith("@") for a in op) and \
                not op[0].startswith("open"):
            op = ["as", self.rnd.choice((1000, 7))] + op
        return op

    # ---- names --------------------------------------------------------------

    def whole_path(self, p):
        return f"{self.under}/{p}" if self.under else p

    def new_name(self):
        r = self.rnd.random()
        if r < 0.9:
            return self.rnd.choice(NAMES)
        if r < 0.96:
            return self.rnd.choice(STRANGE)
        if r < 0.965:
            return TOO_LONG
        return self.rnd.choice(LONG if "longnames" not in self.lacks else NAMES)

    def place(self, name):
        """NAME in some directory; through an open one now and then."""
        if self.rnd.random() < 0.06:
            return f"@{self.rnd.randrange(SLOTS)}/{name}"
        if self.dirs and self.rnd.random() < 0.8:
            above = self.rnd.choice(self.dirs)
            if above.count("/") < 5:
                return self.whole_path(f"{above}/{name}")
        return self.whole_path(name)

    def new(self):
        return self.place(self.new_name())

    def new_dir(self):
        return self.place(self.rnd.choice(DIRS))

    def file(self):
        if self.others and self.rnd.random() < 0.85:
            return self.whole_path(self.rnd.choice(self.others))
        return self.new()

    def dir(self):
        if self.dirs and self.rnd.random() < 0.9:
            return self.whole_path(self.rnd.choice(self.dirs))
        return self.new_dir()

    def any(self):
        return self.dir() if self.rnd.random() < 0.3 else self.file()

    def slot(self):
        """One that is open, most of the time."""
        if self.open_slots and self.rnd.random() < 0.9:
            return self.rnd.choice(sorted(self.open_slots))
        return self.rnd.randrange(SLOTS)

    def length(self):
        if self.single:
            return self.rnd.randrange(1, 3000)
        return self.rnd.randrange(12000) if self.rnd.random() < 0.97 else \
            self.rnd.randrange(200_000)

    def at(self):
        return self.rnd.randrange(1 << 14)

    def when(self):
        r = self.rnd.random()
        return "omit" if r < 0.2 else "now" if r < 0.3 else \
            OLD + self.rnd.randrange(4 * 10**17)

    # ---- by path ------------------------------------------------------------

    def create(self):
        if self.single:
            s = self.slot()
            self.queue.append(["pwrite", s, 0, self.at(), self.length()])
            return ["open", s, self.new(), os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644]
        return ["create", self.new(), self.rnd.choice(MODES), self.at(), self.length()]

    def put(self):
        flags = self.rnd.choice((os.O_RDWR, os.O_WRONLY, os.O_WRONLY | os.O_APPEND,
                                 os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                                 os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_CREAT))
        off = self.rnd.choice((0, 0, self.rnd.randrange(10000)))
        return ["put", self.file(), flags | os.O_NONBLOCK, off, self.at(), self.length()]

    def get(self):
        return ["get", self.file()]

    def truncate(self):
        return ["truncate", self.file(), self.rnd.choice((0, self.rnd.randrange(12000)))]

    def mkdir(self):
        p = self.new_dir() if self.rnd.random() < 0.8 else self.any()
        return ["mkdir", p, self.rnd.choice((0o755, 0o755, 0o700, 0o777, 0o2775, 0o1777))]

    def rmdir(self):
        return ["rmdir", self.dir() if self.rnd.random() < 0.95 else self.file()]

    def unlink(self):
        return ["unlink", self.file() if self.rnd.random() < 0.97 else self.dir()]

    def rename(self):
        b = self.new() if self.rnd.random() < 0.6 else self.any()
        return ["rename", self.file(), b, 0]

    def rename_dir(self):
        b = self.new_dir() if self.rnd.random() < 0.7 else self.dir()
        return ["rename", self.dir(), b, 0]

    def exchange(self):
        return ["rename", self.any(), self.any(), EXCHANGE]

    def noreplace(self):
        b = self.any() if self.rnd.random() < 0.5 else self.new()
        return ["rename", self.any(), b, NOREPLACE]

    def link(self):
        return ["link", self.file(), self.new()]

    def symlink(self):
        target = self.rnd.choice(TARGETS + ["x" * 300])
        return ["symlink", target, self.new()]

    def mknod(self):
        kind = self.rnd.choice((stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFREG))
        return ["mknod", self.new(), kind | 0o644]

    def mode(self, isdir):
        """A directory on a lower branch that its owner may not search is closed to
        a user's daemon, whatever the mode above it."""
        if isdir and os.geteuid():
            return self.rnd.choice((0o755, 0o700, 0o777, 0o2755))
        return self.rnd.choice(MODES + (0o555, 0o777))

    def chmod(self):
        p = self.any()
        return ["chmod", p, self.mode("@" in p or os.path.isdir(f"{self.top}/{p}"))]

    def chown(self):
        if os.geteuid():
            ids = self.rnd.choice(((-1, -1), (-1, os.getegid()), (os.geteuid(), -1)))
        else:
            ids = self.rnd.choice(((0, 0), (1000, 1000), (1000, -1), (-1, 7), (7, 1000)))
        return ["chown", self.any(), *ids]

    def utime(self):
        return ["utime", self.any(), self.when(), self.when()]

    def xname(self):
        return f"user.x{self.rnd.randrange(3)}"

    def setxattr(self):
        value = f"v{self.rnd.randrange(99)}" * self.rnd.choice((1, 1, 30))
        return ["setxattr", self.any(), self.xname(), value,
                self.rnd.choice((0, 0, os.XATTR_CREATE, os.XATTR_REPLACE))]

    def getxattr(self):
        return ["getxattr", self.any(), self.xname()]

    def removexattr(self):
        return ["removexattr", self.any(), self.xname()]

    def listxattr(self):
        return ["listxattr", self.any()]

    def lstat(self):
        return ["lstat", self.any()]

    def stat(self):
        return ["stat", self.any()]

    def readlink(self):
        return ["readlink", self.file()]

    def list(self):
        return ["list", self.dir()]

    def access(self):
        return ["access", self.any(), self.rnd.choice((os.R_OK, os.W_OK, os.X_OK))]

    # ---- descriptors --------------------------------------------------------

    def open(self):
        flags = self.rnd.choice((os.O_RDONLY, os.O_RDWR, os.O_RDWR, os.O_WRONLY,
                                 os.O_RDWR | os.O_APPEND, os.O_WRONLY | os.O_APPEND,
                                 os.O_RDWR | os.O_CREAT,
                                 os.O_RDWR | os.O_TRUNC,
                                 os.O_RDONLY | os.O_NOFOLLOW))
        return ["open", self.rnd.randrange(SLOTS), self.file(), flags, 0o644]

    def open_dir(self):
        return ["open", self.rnd.randrange(SLOTS), self.dir(), os.O_RDONLY | os.O_DIRECTORY, 0]

    def on_slot(self):
        s, rnd = self.slot(), self.rnd
        off = rnd.randrange(12000)
        changes = (
            lambda: ["pwrite", s, off, self.at(), self.length()],
            lambda: ["write", s, self.at(), self.length()],
            lambda: ["write", s, self.at(), rnd.randrange(1, 200)],
            lambda: ["ftruncate", s, off],
            lambda: ["fchmod", s, self.mode(True)],
            lambda: ["futime", s, self.when(), self.when()],
            lambda: ["fsetxattr", s, self.xname(), f"v{off}"],
            lambda: ["fallocate", s, rnd.choice((0, KEEP, KEEP | PUNCH, ZERO,
                                                 KEEP | ZERO)), off, 1 + self.length()],
            lambda: ["fsync", s],
            lambda: ["close", s],
        )
        looks = (
            lambda: ["pread", s, off, self.length()],
            lambda: ["read", s, self.length()],
            lambda: ["lseek", s, off, os.SEEK_SET],
            lambda: ["lseek", s, 0, os.SEEK_END],
            lambda: ["fstat", s], lambda: ["fstat", s],
            lambda: ["fadvise", s],
            lambda: ["listfd", s],
            lambda: ["holes", s],
            lambda: ["flock", s, rnd.choice((1, 2, 8))],
            lambda: ["ofd", s, rnd.choice("rwu"), off, 1 + rnd.randrange(5000)],
        )
        return rnd.choice(changes if self.single else changes + looks)()

    def mapped(self):
        """A mapping that is used between the next operations."""
        s, rnd = self.slot(), self.rnd
        for _ in range(rnd.randrange(1, 6)):
            off, n = rnd.choice((0, rnd.randrange(4000))), rnd.randrange(1, 2000)
            self.later.append((rnd.randrange(1, 40), rnd.choice((
                ["mstore", s, off, self.at(), n], ["mload", s, off, n],
                ["fadvise", s]))))
        return ["mmap", s, rnd.randrange(1, 6000), rnd.randrange(2)]

    def copyrange(self):
        n = self.length()
        return ["copyrange", self.slot(), self.slot(), self.rnd.randrange(8000),
                self.rnd.randrange(8000), n]

    def unnamed(self):
        if self.rnd.random() < 0.5:
            return ["tmpfile", self.slot(), self.dir(), 0o644]
        return ["linkfd", self.slot(), self.new()]

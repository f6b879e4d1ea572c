# SPDX-License-Identifier: GPL-3.0-or-later
"""Branches made by hand, and what a union of them must show.

A layer is a list of entries, lists that begin with their kind. Each is written
to the branch and, in the same breath, done to a plain directory, from the lowest
layer to the topmost; so nothing of the union's own making goes into the model.

    dir PATH MODE UID GID MTIME OPAQUE     file PATH MODE UID GID MTIME AT LENGTH
    symlink PATH TARGET                    node PATH MODE
    link PATH OLD                          white PATH
    xattr PATH NAME VALUE
"""
import os
import shutil
import stat

from side import data

NAMES = [f"f{i}" for i in range(8)]
DIRS = [f"d{i}" for i in range(4)]
# None leads out of the tree by more than a name of its parent directory.
TARGETS = NAMES + DIRS + ["../f1", "../d1/f2", "d1/f2"]
MODES = (0o600, 0o644, 0o755, 0o400, 0o711, 0o4755, 0o2755)
DIR_MODES = (0o755, 0o755, 0o700, 0o777, 0o1777, 0o2755)
OLD = 1_000_000_000 * 10**9


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def has_links(path):
    """Hiding one name of a file leaves its other names with a link count that no
    union can know without reading the whole branch: not done by hand."""
    if os.path.isdir(path) and not os.path.islink(path):
        return any(has_links(e.path) for e in os.scandir(path))
    return os.path.lexists(path) and os.lstat(path).st_nlink > 1


class Builder:
    """Writes one layer; its own marks are of format FORMAT."""

    def __init__(self, top, plain, form, times):
        self.top, self.plain, self.form, self.times = top, plain, form, times
        self.own = set()

    def add(self, entry):
        kind, path = entry[0], entry[1]
        if kind == "xattr":
            if path in self.own and os.access(f"{self.top}/{path}", os.W_OK):
                for t in (self.top, self.plain):
                    os.setxattr(f"{t}/{path}", entry[2], entry[3].encode(),
                                follow_symlinks=False)
            return
        if path in self.own:
            return
        above = os.path.dirname(path)
        if above and above not in self.own:
            self.add(["dir", above, 0o755, os.geteuid(), os.getegid(), OLD, 0])
        if kind == "link" and entry[2] not in self.own:
            return
        if not os.path.isdir(f"{self.top}/{above}"):
            return
        merges = kind == "dir" and not entry[6] and os.path.isdir(f"{self.plain}/{path}")
        if not merges and has_links(f"{self.plain}/{path}"):
            return
        self.own.add(path)
        getattr(self, "add_" + kind)(path, *entry[2:])

    def place(self, path):
        remove(f"{self.plain}/{path}")
        self.times.pop(path, None)

    def attributes(self, path, mode, uid, gid, mtime):
        for t in (self.top, self.plain):
            p = f"{t}/{path}"
            os.chown(p, uid, gid, follow_symlinks=False)
            os.chmod(p, mode)
        self.times[path] = mtime

    def add_dir(self, path, mode, uid, gid, mtime, opaque):
        p = f"{self.plain}/{path}"
        os.mkdir(f"{self.top}/{path}")
        if opaque or not os.path.isdir(p) or os.path.islink(p):
            self.place(path)
            os.mkdir(p)
        for n in os.listxattr(p):
            os.removexattr(p, n)  # those of the topmost part count
        self.attributes(path, mode, uid, gid, mtime)
        if opaque:
            self.mark_opaque(f"{self.top}/{path}")

    def mark_opaque(self, path):
        if self.form == "aufs":
            open(f"{path}/.wh..wh..opq", "x").close()
        elif os.geteuid() == 0:
            os.setxattr(path, "trusted.overlay.opaque", b"y")
        else:
            os.setxattr(path, "user.overlay.opaque", b"y")

    def add_file(self, path, mode, uid, gid, mtime, at, n):
        self.place(path)
        for t in (self.top, self.plain):
            with open(f"{t}/{path}", "xb") as f:
                f.write(data(at, n))
        self.attributes(path, mode, uid, gid, mtime)

    def add_symlink(self, path, target):
        self.place(path)
        for t in (self.top, self.plain):
            os.symlink(target, f"{t}/{path}")

    def add_node(self, path, mode):
        self.place(path)
        for t in (self.top, self.plain):
            os.mknod(f"{t}/{path}", mode)

    def add_link(self, path, old):
        self.place(path)
        for t in (self.top, self.plain):
            os.link(f"{t}/{old}", f"{t}/{path}", follow_symlinks=False)
        if old in self.times:
            self.times[path] = self.times[old]

    def add_white(self, path):
        self.place(path)
        if self.form == "aufs":
            above, name = os.path.split(f"{self.top}/{path}")
            open(f"{above}/.wh.{name}", "x").close()
        else:
            os.mknod(f"{self.top}/{path}", stat.S_IFCHR, 0)

    def finish(self):
        """Times last, the deepest first: making things changes them."""
        for path in sorted(self.own, key=lambda p: -p.count("/")):
            if path in self.times and os.path.lexists(f"{self.top}/{path}"):
                t = self.times[path]
                os.utime(f"{self.top}/{path}", ns=(t, t), follow_symlinks=False)


def finish_plain(plain, times):
    for path in sorted(times, key=lambda p: -p.count("/")):
        if os.path.lexists(f"{plain}/{path}"):
            t = times[path]
            os.utime(f"{plain}/{path}", ns=(t, t), follow_symlinks=False)


# ---- random ones --------------------------------------------------------------

def owner(rnd):
    if os.geteuid():
        return os.geteuid(), os.getegid()
    return rnd.choice(((0, 0), (0, 0), (1000, 1000), (1000, 0), (7, 1000)))


def random_layer(rnd, below, links):
    """BELOW: what the layers beneath have, to hide some of it; {path: is a dir}.
    Is brought up to date."""
    entries, dirs, files = [], [""], []
    taken = set()
    for _ in range(rnd.randrange(10, 50)):
        above = rnd.choice(dirs)
        deep = above.count("/") + 1 if above else 0
        kind = rnd.choices(("dir", "file", "symlink", "node", "link", "white", "xattr"),
                           (30 if deep < 3 else 0, 50, 6, 3, 8 if links else 0, 12, 6))[0]
        name = rnd.choice(DIRS) if kind == "dir" and rnd.random() < 0.9 else \
            rnd.choice(NAMES + DIRS[:1])
        path = f"{above}/{name}" if above else name
        if kind == "white":
            hidden = sorted(p for p in below if os.path.dirname(p) == above)
            path = rnd.choice(hidden) if hidden and rnd.random() < 0.8 else path
        if kind == "xattr":
            if files or dirs[1:]:
                entries.append(["xattr", rnd.choice(files + dirs[1:]),
                                f"user.x{rnd.randrange(3)}", f"v{rnd.randrange(99)}"])
            continue
        if path in taken or kind == "link" and not files:
            continue
        taken.add(path)
        uid, gid = owner(rnd)
        when = OLD + rnd.randrange(10**17)
        if kind == "dir":
            dirs.append(path)
            entry = ["dir", path, rnd.choice(DIR_MODES), uid, gid, when,
                     int(rnd.random() < 0.2)]
        elif kind == "file":
            files.append(path)
            n = rnd.randrange(9000) if rnd.random() < 0.95 else rnd.randrange(200_000)
            entry = ["file", path, rnd.choice(MODES), uid, gid, when,
                     rnd.randrange(1 << 14), n]
        elif kind == "symlink":
            entry = ["symlink", path, rnd.choice(TARGETS)]
        elif kind == "node":
            entry = ["node", path, rnd.choice((stat.S_IFIFO, stat.S_IFSOCK)) | 0o644]
        elif kind == "link":
            entry = ["link", path, rnd.choice(files)]
        else:
            entry = ["white", path]
        entries.append(entry)
    note(below, entries)
    return entries


def note(below, entries):
    for e in entries:
        if e[0] == "white" or e[0] == "dir" and e[6]:
            for p in [p for p in below if p == e[1] or p.startswith(e[1] + "/")]:
                del below[p]
        if e[0] not in ("white", "xattr"):
            below[e[1]] = e[0] == "dir"


def random_stack(rnd, form, links, most=4):
    """[[format of the marks, entries]…], the lowest first; the last is the
    writable branch."""
    below, out = {}, []
    for _ in range(rnd.randrange(most)):
        marks = form if form == "overlay" else rnd.choice(("aufs", "overlay"))
        out.append([marks, random_layer(rnd, below, links)])
    upper = random_layer(rnd, below, links) if rnd.random() < 0.3 else []
    return out + [[form, upper]]

# SPDX-License-Identifier: GPL-3.0-or-later
"""All of a tree, and the comparison of two."""
import errno
import os
import stat

from side import handle, seen


def content(path, st):
    if stat.S_ISREG(st.st_mode):
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", 0) as f:
            return f.read()
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path)
    return None


def guarded(f, *args):
    """What may be forbidden is the same in both trees: the errno then."""
    try:
        return f(*args)
    except OSError as e:
        return errno.errorcode[e.errno]


def xattrs(path):
    return [(n, os.getxattr(path, n, follow_symlinks=False))
            for n in sorted(os.listxattr(path, follow_symlinks=False))]


def describe(path):
    st = guarded(os.lstat, path)
    if isinstance(st, str):
        return {"stat": st, "content": None, "xattrs": None, "st": None}
    return {"stat": seen(st), "content": guarded(content, path, st),
            "xattrs": guarded(xattrs, path), "st": st}


def read_tree(top, handles=False, below=""):
    """{path: description}; a directory also has its names in the order read."""
    out, todo = {}, [below]
    while todo:
        rel = todo.pop()
        path = f"{top}/{rel}" if rel else top
        d = out[rel] = describe(path)
        if handles:
            d["handle"] = handle(path)
        if d["st"] and stat.S_ISDIR(d["st"].st_mode):
            names = guarded(os.listdir, path)
            d["content"] = names if isinstance(names, str) else sorted(names)
            if not isinstance(names, str):
                todo += [f"{rel}/{n}" if rel else n for n in names
                         if may_search(path)]
    return out


def may_search(path):
    return os.access(path, os.X_OK, effective_ids=True)


def brief(value):
    text = repr(value)
    return text if len(text) < 160 else f"{text[:140]}… ({len(value)} long)"


def differences(got, want):
    """Lines that tell what GOT (the union) has otherwise than WANT."""
    out = []
    for p in sorted(set(got) | set(want)):
        if p not in got or p not in want:
            out.append(f"'{p}' is {'missing' if p in want else 'there'}")
            continue
        for what in ("stat", "content", "xattrs"):
            a, b = got[p][what], want[p][what]
            if a != b:
                out.append(f"{what} of '{p}': got {brief(a)}, wanted {brief(b)}"
                           + first_byte(a, b))
    return out


def first_byte(a, b):
    if not isinstance(a, bytes) or not isinstance(b, bytes):
        return ""
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"; {len(a)} and {len(b)} bytes, different from {at} on"


class Identity:
    """Which inode number the union shows for an object of the plain tree: always
    the same one, and no two objects have one."""

    def __init__(self):
        self.number, self.dev = {}, None

    def check(self, where, st, key):
        if self.dev is None:
            self.dev = st.st_dev
        if st.st_dev != self.dev:
            return f"st_dev of '{where}' is {st.st_dev}, not the {self.dev} of the mount"
        if key is None:
            return None
        was = self.number.setdefault(key, st.st_ino)
        if was != st.st_ino:
            return f"st_ino of '{where}' is {st.st_ino}, it was {was}"
        return None

    def forget(self, key):
        self.number.pop(key, None)

    def check_trees(self, got, want):
        """Also forgets the objects that are gone."""
        self.dev = got[""]["st"].st_dev
        out, owner, alive = [], {}, {}
        for p, d in sorted(got.items()):
            key = want[p]["handle"]
            if d["st"] is None:
                continue
            wrong = self.check(p, d["st"], key)
            if wrong:
                out.append(wrong)
            if key is None:
                continue
            alive[key] = d["st"].st_ino
            if owner.setdefault(d["st"].st_ino, (key, p))[0] != key:
                out.append(f"'{p}' and '{owner[d['st'].st_ino][1]}' are two objects "
                           f"with one st_ino {d['st'].st_ino}")
        self.number = alive
        return out

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree was at each moment of a run, played again on a plain directory."""
import os
import stat

from layers import Builder, finish_plain
from side import PAGE, Side, handle, seen
from tree import brief, read_tree
from union import wipe

# Operations that change content, and where they have the slot or the path.
BY_SLOT = {"pwrite": 1, "write": 1, "ftruncate": 1, "fallocate": 1, "copyrange": 2,
           "open": 1}
BY_PATH = {"truncate": 1, "sync": 1}


def first_moment(log, done, history):
    """How many operations at least are on the disk when DONE were finished."""
    return max((i + 1 for i, x in enumerate(log[:done])
                if x[0][0] == "sync" and x[3] == "None"), default=0)


def told(page, at, may, moments):
    """Where the page differs from each version's."""
    out = []
    for m, c in zip(moments, may):
        want = c[at:at + len(page)].ljust(len(page), b"\0")
        bad = [i for i in range(len(page)) if page[i] != want[i]]
        zero = all(page[i] == 0 for i in bad)
        out.append(f"{m} ({len(c)} bytes): {bad[0]}-{bad[-1]}{' zero' if zero else ''}")
    return "; ".join(out)


def names_of(tree):
    """What the order of changes promises: all but the content and size of files,
    whose times the writing of data moves, too."""
    out = {}
    for p, d in tree.items():
        if d["st"] is None:
            out[p] = d["stat"]
            continue
        is_file = stat.S_ISREG(d["st"].st_mode)
        s = seen(d["st"])
        out[p] = (s[:3] + s[4:5] if is_file else s,
                  None if is_file else d["content"], d["xattrs"])
    return out


class History:
    def __init__(self, base, form, stack):
        self.base, self.plain = base, f"{base}/plain/p"
        os.makedirs(self.plain)
        os.mkdir(f"{base}/layers")
        times = {}
        for i, (marks, entries) in enumerate(stack):
            top = f"{base}/layers/{i}"
            os.mkdir(top)
            builder = Builder(top, self.plain, marks, times)
            for e in entries:
                builder.add(e)
        finish_plain(self.plain, times)
        os.chmod(self.plain, 0o777 if os.geteuid() == 0 else 0o755)
        self.side, self.played = Side(self.plain), 0
        self.versions = {}  # of a file, by its handle: [(moment, content)]
        self.synced = {}    # [moments]
        for p, d in read_tree(self.plain, handles=True).items():
            if isinstance(d["content"], bytes):
                self.versions[d["handle"]] = [(0, d["content"])]
                self.synced[d["handle"]] = [0]

    def play(self, log):
        """One more operation of the log."""
        op = log[self.played][0]
        self.side.perform(op)
        self.played += 1
        fd = None
        if op[0] in BY_SLOT or op[0] == "fsync":
            fd = self.side.fds.get(op[BY_SLOT.get(op[0], 1)])
            if fd is None:
                return
            path = f"/proc/self/fd/{fd}"
        elif op[0] in BY_PATH:
            path = op[BY_PATH[op[0]]]
        else:
            return
        try:
            path = path if fd is not None else self.side.path(path)
            st = os.stat(path)
        except OSError:
            return
        if not stat.S_ISREG(st.st_mode):
            return
        key = handle(path, follow=True)
        with open(path, "rb", 0) as f:
            now = f.read()
        old = self.versions.setdefault(key, [(self.played - 1, b"")])
        if old[-1][1] != now:
            old.append((self.played, now))
        if op[0] in ("fsync", "sync") and log[self.played - 1][3] == "None":
            self.synced.setdefault(key, []).append(self.played)

    def check(self, log, first, done, most, tree):
        """Lines unless TREE is that of a moment between FIRST and MOST, with what
        was synced among the DONE operations."""
        got, fits, nearest = names_of(tree), [], None
        while self.played < first:
            self.play(log)
        while True:
            now = read_tree(self.plain, handles=True)
            want = names_of(now)
            if got == want:
                fits.append((self.played, {p: d["handle"] for p, d in now.items()}))
            else:
                wrong = [p for p in set(got) | set(want) if got.get(p) != want.get(p)]
                if nearest is None or len(wrong) < len(nearest[1]):
                    nearest = (self.played, wrong, {p: (got.get(p), want.get(p))
                                                    for p in wrong})
            if self.played >= most:
                break
            self.play(log)
        if not fits:
            return [f"the tree is that of no moment between {first} and {most}; "
                    f"nearest is {nearest[0]}, {log[nearest[0] - 1][0]} behind it and "
                    f"{log[min(nearest[0], len(log) - 1)][0]} before it:"] + [
                f"'{p}': got {brief(g)}, wanted {brief(w)}"
                for p, (g, w) in sorted(nearest[2].items())[:6]]
        out = []
        for moment, keys in fits:
            out = self.contents(tree, keys, done, moment)
            if not out:
                break
        return out

    def contents(self, tree, keys, done, moment):
        out = []
        for p, d in tree.items():
            if isinstance(d["content"], bytes):
                why = self.content(d["content"], keys[p], done)
                if why:
                    out.append(f"moment {moment}, '{p}': {why}")
        return out

    def content(self, got, key, done):
        """Why it cannot be what is on the disk of this file, or None."""
        synced = max((m for m in self.synced.get(key, []) if m <= done), default=0)
        all_of = self.versions.get(key, [(0, b"")])
        since = max((m for m, _ in all_of if m <= synced), default=all_of[0][0])
        may = [c for m, c in all_of if m >= since]
        if got in may:
            return None
        sizes = [len(c) for c in may]
        if not min(sizes) <= len(got) <= max(sizes):
            return f"{len(got)} bytes long, of sizes {sorted(set(sizes))}"
        for at in range(0, len(got), PAGE):
            page = got[at:at + PAGE]
            if not any(page == c[at:at + len(page)].ljust(len(page), b"\0")
                       for c in may):
                return (f"what it has from {at} on was never written since it was "
                        f"synced (operation {synced}); {len(may)} versions: "
                        + told(page, at, may, [m for m, _ in all_of if m >= since]))
        return None

    def end(self):
        self.side.forget()
        wipe(self.base)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A run: the same operations on a union and on a plain directory."""
import contextlib
import os
import random
import shutil
import tempfile

from generator import Generator
from layers import random_stack
from side import Side, handle
from tree import Identity, brief, differences, read_tree
from union import Broken, Union

# What the union at hand is known not to do: a list of exdev, links, ino, longnames.
LACKS = os.environ.get("MODEL_LACKS", "").replace(",", " ").split()
MOST_BRANCHES = 6
CONTROLS = (("remount", 900), ("layer", 1200), ("tree", 300))


def is_elsewhere(op, union):
    """EXDEV on the union, for a reason that a plain directory does not have."""
    op = op[2:] if op[0] == "as" else op
    if op[0] == "rename":
        return "exdev" in LACKS
    # A link like "../f1" may lead out of the mount, and be opened.
    return op[0] == "copyrange" and union.device(op[1]) != union.device(op[2])


def recipe_of(seed):
    """How a run begins: the format, the branches.

    A branch whose work directory lies elsewhere is a lower one later without its
    records: then there are hard links, or such layers, but not both."""
    rnd = random.Random(f"stack {seed}")
    form = rnd.choice(("aufs", "overlay"))
    inside = form == "aufs" and rnd.random() < 0.7
    links = "links" not in LACKS and (inside or rnd.random() < 0.5)
    return {"seed": seed, "format": form, "inside": inside, "links": links,
            "stack": random_stack(rnd, form, links)}


class Run:
    """BASE is an empty directory for it."""

    def __init__(self, base, recipe, **places):
        self.union = Union(base, recipe["format"], recipe["stack"], recipe["inside"],
                           **places)
        self.identity, self.links = Identity(), recipe["links"]
        try:
            self.union.mount()
        except Broken:
            self.union.end()
            raise
        self.identity.dev = os.lstat(self.union.m).st_dev
        self.sides = (Side(self.union.m), Side(self.union.plain))

    def step(self, op):
        """Do it. Lines about what is different then."""
        try:
            if hasattr(self, "do_" + op[0]):
                return getattr(self, "do_" + op[0])()
            return self.both(op)
        except Broken as e:
            return [str(e)]

    def both(self, op):
        union, plain = self.sides
        got = union.perform(op)
        if got == "EXDEV" and is_elsewhere(op, union):
            return []
        want = plain.perform(op)
        if got != want:
            return [f"got {brief(got)}, wanted {brief(want)}"]
        return self.identities()

    def identities(self):
        union, plain = self.sides
        out = []
        if "ino" in LACKS:
            return out
        for (st, how), (_, (path, fd, follow)) in zip(union.met, plain.met):
            if st.st_dev != self.identity.dev and union.is_outside(*how):
                continue
            wrong = self.identity.check(how[0] or "a descriptor", st,
                                        handle(path, fd, follow))
            out += [wrong] if wrong else []
        return out

    def do_tree(self):
        got = read_tree(self.union.m)
        want = read_tree(self.union.plain, handles=True)
        out = differences(got, want)
        if not out and "ino" not in LACKS:
            out = self.identity.check_trees(got, want)
        return out[:12]

    def forget(self):
        for s in self.sides:
            s.forget()

    def do_remount(self):
        self.forget()
        out = self.do_tree()
        if out:
            return out
        self.union.remount()
        out = self.do_tree()
        return ["after a new mount:"] + out if out else []

    def do_layer(self):
        """The writable branch becomes a lower one below a new one."""
        if len(self.union.branches) >= MOST_BRANCHES or \
                self.links and not self.union.work_inside:
            return self.do_remount()
        self.forget()
        self.union.umount()
        self.union.push()
        if self.union.work_inside:
            self.identity.forget(handle(self.union.plain))  # the new branch's root
        else:
            self.identity = Identity()
        self.union.mount()
        out = self.do_tree()
        return ["with a new branch on top:"] + out if out else []

    def finish(self):
        """Lines about what is wrong at the end."""
        out = self.do_remount()
        if not out:
            self.union.umount()
            out = self.union.changed() + self.union.litter()
        return out

    def end(self):
        self.forget()
        self.union.end()


@contextlib.contextmanager
def own_directory(base):
    d = tempfile.mkdtemp(dir=base)
    try:
        os.chmod(d, 0o755)
        yield d
    finally:
        shutil.rmtree(d, ignore_errors=True)


def try_ops(base, recipe, ops, **places):
    """Play a list of operations on fresh trees: (how many were done, lines); one
    more than there are when the look at the end tells something."""
    with own_directory(base) as d:
        try:
            run = Run(d, recipe, **places)
        except Broken as e:
            return 0, [str(e)]
        try:
            for i, op in enumerate(ops):
                out = run.step(op)
                if out:
                    return i + 1, out
            try:
                return len(ops) + 1, run.finish()
            except Broken as e:
                return len(ops) + 1, [str(e)]
        finally:
            run.end()


def can_tmpfile(union):
    try:
        os.close(os.open(union.m, os.O_TMPFILE | os.O_RDWR, 0o600))
    except OSError:
        return False
    return True


def random_run(base, seed, count, note=None, **places):
    """(recipe, operations, lines): the last is empty when all went well.
    NOTE(ops) is called now and then, with the operations up to now."""
    recipe, ops = recipe_of(seed), []
    with own_directory(base) as d:
        try:
            run = Run(d, recipe, **places)
        except Broken as e:
            return recipe, ops, [str(e)]
        try:
            gen = Generator(random.Random(f"ops {seed}"), run.union.plain,
                            lacks=LACKS + ([] if run.links else ["links"]) +
                            # Their whiteouts stay in a work directory outside.
                            ([] if recipe["inside"] or recipe["format"] != "aufs"
                             else ["longnames"]),
                            controls=CONTROLS,
                            tmpfile=can_tmpfile(run.union))
            gen.open_slots = run.sides[1].fds
            while len(ops) < count:
                ops.append(gen.next())
                if note:
                    note(recipe, ops)
                out = run.step(ops[-1])
                if out:
                    return recipe, ops, out
            try:
                return recipe, ops, run.finish()
            except Broken as e:
                return recipe, ops, [str(e)]
        finally:
            run.end()

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes at once, each in a directory of its own beside a plain one;
and the daemon killed in the middle of that.

kills.py DIR    MODEL_SEED (1), MODEL_PROCS processes (4), MODEL_ROUNDS rounds (6),
                MODEL_OPS operations of each process in a round without a kill
                MODEL_KILLS=1: each round ends with SIGKILL to the daemon

After a round the tree is that of the models, and again after a new mount. With
a kill the operation that was in flight in each process is done or not.
"""
import faulthandler
import json
import os
import random
import sys
import tempfile
import time

from generator import Generator
from layers import OLD, random_stack
from model import LACKS, MOST_BRANCHES, is_elsewhere, own_directory
from side import Side
from tree import brief, differences, read_tree
from union import SLOW, Union

SEED = int(os.environ.get("MODEL_SEED", "1"))
PROCS = int(os.environ.get("MODEL_PROCS", "4"))
ROUNDS = int(os.environ.get("MODEL_ROUNDS", "6"))
OPS = int(os.environ.get("MODEL_OPS", "1000"))
KILLS = os.environ.get("MODEL_KILLS", "0") == "1"
OTHER = os.environ.get("MODEL_OTHER") or None
# How an operation ends whose daemon is no more.
DEAD = ("ECONNABORTED", "ENOTCONN")


def prefixed(stacks, form):
    """The layers of all of them in one stack, each below its own p0, p1, …"""
    mine = [os.geteuid(), os.getegid()]
    out = [[form, []] for _ in range(max(map(len, stacks)))]
    for n, layers in enumerate(stacks):
        top = ["dir", f"p{n}", 0o777, *mine, OLD, 0]
        out[0][1].insert(0, top)
        for layer, (_, entries) in zip(out[len(out) - len(layers):], layers):
            layer[1] += [top] if entries else []
            for e in entries:
                e = [e[0], f"p{n}/{e[1]}"] + e[2:]
                layer[1].append(e[:2] + [f"p{n}/{e[2]}"] if e[0] == "link" else e)
    return out


def make_union(base, rnd):
    form = rnd.choice(("aufs", "overlay"))
    stacks = [random_stack(rnd, form, "links" not in LACKS, 4) for _ in range(PROCS)]
    other = tempfile.mkdtemp(dir=OTHER) if OTHER and rnd.random() < 0.5 else None
    if other:
        os.chmod(other, 0o755)
    return Union(base, form, prefixed(stacks, form), form == "aufs", other=other)


def compare(union, below):
    return differences(read_tree(union.m, below=below),
                       read_tree(union.plain, below=below))[:8]


class Worker:
    """A process that goes on in its directory until it has done its operations, or
    the daemon is dead. Then it waits for the new mount, to compare what it was
    about, and tells what it found in its file."""

    def __init__(self, union, n, seed):
        self.union, self.n = union, n
        self.file = f"{union.base}/worker{n}"
        self.stopped, self.mounted = os.pipe(), os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid:
            return
        try:
            out = self.work(random.Random(seed))
        except BaseException as e:
            out = {"lines": [f"the test itself: {e!r}"], "done": 0}
        with open(self.file, "w", encoding="utf-8") as f:
            json.dump(out, f)
        os.write(self.stopped[1], b"x")  # had it ended before the kill
        os._exit(0)

    def work(self, rnd):
        union, plain = Side(self.union.m), Side(self.union.plain)
        gen = Generator(rnd, plain.top, under=f"p{self.n}", lacks=LACKS, single=KILLS)
        gen.open_slots = plain.fds
        done = 0
        while KILLS or done < OPS:
            op = gen.next()
            got = union.perform(op)
            if KILLS and got in DEAD:
                union.forget()
                return {"lines": self.settle(plain, op), "done": done}
            if got == "EXDEV" and is_elsewhere(op, union):
                continue
            want = plain.perform(op)
            done += 1
            if got != want:
                return {"lines": [f"p{self.n}, operation {done}, {op}: got "
                                  f"{brief(got)}, wanted {brief(want)}"], "done": done}
        return {"lines": [], "done": done}

    def settle(self, plain, op):
        """The operation in flight is done or not done."""
        os.write(self.stopped[1], b"x")
        os.read(self.mounted[0], 1)
        below = f"p{self.n}"
        not_done = self.settled(below)
        if not not_done:
            return []
        before = read_tree(self.union.plain, below=below)
        how = plain.perform(op)
        done = self.settled(below)
        if not done or (op[0] == "copyrange" and self.in_part(below, before)):
            return []
        return ([f"after the kill in {op} of {below}, that it was not done:"] + not_done
                + [f"that it was done ({brief(how)}):"] + done)

    def in_part(self, below, before):
        """Is all as it should be but for one file, which has the new data up to a
        place and the old behind it? A kill stops a copy in the kernel anywhere."""
        got = read_tree(self.union.m, below=below)
        want = read_tree(self.union.plain, below=below)
        differ = [p for p in want if p not in got or
                  got[p]["content"] != want[p]["content"]]
        if len(differ) != 1 or set(got) != set(want) or differ[0] not in before:
            return False
        p = differ[0]
        have, new, old = (t[p]["content"] for t in (got, want, before))
        n = len(os.path.commonprefix([have, new]))
        if have[n:] != old[n:]:
            return False
        with open(f"{self.union.plain}/{p}", "r+b") as f:
            f.truncate(0)
            f.write(have)
        return not self.settled(below)

    def settled(self, below):
        """Lines about differences, but for one directory at most whose mtime was to
        be put back when the daemon ended: a copy had just been renamed into it."""
        lines = compare(self.union, below)
        if len(lines) != 1:
            return lines
        got = read_tree(self.union.m, below=below)
        want = read_tree(self.union.plain, below=below)
        for p in got:
            a, b = got[p]["stat"], want[p]["stat"]
            if a != b and a[:-1] == b[:-1] and a[3] == "-" and a[-1] == "now":
                os.utime(f"{self.union.plain}/{p}")
                return compare(self.union, below)
        return lines

    def wait(self):
        """What it found. After a kill it goes on now that there is a new mount."""
        os.write(self.mounted[1], b"x")
        os.waitpid(self.pid, 0)
        for fd in self.stopped + self.mounted:
            os.close(fd)
        with open(self.file, encoding="utf-8") as f:
            return json.load(f)


def kill_it(union, workers, rnd):
    """The daemon ends at any instant; the processes see it; a new one mounts."""
    time.sleep(rnd.choice((0.03, 0.1, 0.3, 0.6)) * rnd.random() * SLOW)
    union.kill()
    for w in workers:
        os.read(w.stopped[0], 1)
    union.bury()
    union.mount()
    return union.litter()


def one_round(union, seed, rnd):
    workers = [Worker(union, n, f"{seed} {n}") for n in range(PROCS)]
    lines = kill_it(union, workers, rnd) if KILLS else []
    done = 0
    for w in workers:
        out = w.wait()
        lines += out["lines"]
        done += out["done"]
    lines = lines or compare(union, "")
    if lines:
        return lines, done
    union.umount()
    lines = union.changed() + union.litter() + union.checked()
    if not lines and rnd.random() < 0.4 and union.work_inside and \
            len(union.branches) < MOST_BRANCHES:
        union.push()
    union.mount()
    return lines or compare(union, ""), done


def rounds(base, seed, first, count):
    """Some rounds on one union, until its stack is full."""
    rnd = random.Random(f"{seed} {first}")
    done, r = 0, 0
    with own_directory(base) as d:
        union = make_union(d, rnd)
        try:
            union.mount()
            for r in range(count):
                lines, n = one_round(union, f"{seed} {first} {r}", rnd)
                done += n
                if lines:
                    print(f"FAILED seed {seed}, round {first + r}, {union.form}:\n  "
                          + "\n  ".join(lines))
                    return r + 1, done, 1
        finally:
            union.end()
    return count, done, 0


def main():
    os.umask(0o022)
    faulthandler.dump_traceback_later((120 + ROUNDS * 10) * SLOW, exit=True)
    at = done = bad = 0
    start = time.monotonic()
    while at < ROUNDS:
        r, n, b = rounds(sys.argv[1], SEED, at, min(8, ROUNDS - at))
        at, done, bad = at + r, done + n, bad + b
        sys.stdout.flush()
    print(f"{at} rounds of {PROCS} processes, {done} operations, "
          f"{'each ended with a kill, ' if KILLS else ''}{bad} failed, "
          f"{time.monotonic() - start:.0f} s")
    sys.exit(1 if bad else 0)


main()

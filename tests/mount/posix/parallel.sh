# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 120
# rows: 40
# Many processes at once create, rename, write, link and unlink in directories
# that they share; then the tree is what each of them left in its own part.
. "$srcdir/tests/lib/mount.sh"

t_branches
python3 - <<END
import os
for b, r in (("$L1", range(0, 300)), ("$L2", range(200, 500))):
    for i in r:
        os.makedirs(f"{b}/d{i % 7}", exist_ok=True)
        with open(f"{b}/d{i % 7}/low{i}", "w") as f:
            f.write(f"{i}\n" * 50)
END
t_union
t_py <<'END'
from ufstest import *
import multiprocessing, random

WORKERS, ROUNDS = 6, 400

def work(w, q):
    rnd = random.Random(w)
    have = {f"d{i % 7}/low{i}": (f"{i}\n" * 50).encode()
            for i in range(500) if i % WORKERS == w}
    gone = set()
    def fresh():
        while True:
            n = f"d{rnd.randrange(7)}/w{w}-{rnd.randrange(300)}"
            if n not in have:
                return n
    try:
        for _ in range(ROUNDS):
            act = rnd.choice(("make", "write", "append", "rename", "over", "unlink", "read"))
            old = rnd.choice(sorted(have))
            if act == "make":
                n = fresh()
                have[n] = os.urandom(rnd.randrange(5000))
                put(m(n), have[n])
                gone.discard(n)
            elif act == "write":
                have[old] = os.urandom(100)
                put(m(old), have[old])
            elif act == "append":
                with open(m(old), "ab") as f:
                    f.write(b"tail")
                have[old] += b"tail"
            elif act == "rename":
                n = fresh()
                os.rename(m(old), m(n))
                have[n] = have.pop(old)
                gone.add(old)
                gone.discard(n)
            elif act == "over":
                n = rnd.choice(sorted(have))
                if n != old:
                    os.rename(m(old), m(n))
                    have[n] = have.pop(old)
                    gone.add(old)
            elif act == "unlink" and len(have) > 5:
                os.unlink(m(old))
                del have[old]
                gone.add(old)
            else:
                assert get(m(old)) == have[old], f"{old} reads wrong"
        q.put((have, gone, None))
    except BaseException as e:
        q.put((have, gone, f"worker {w}: {e!r}"))

@case
def the_end_is_what_each_worker_left():
    q = multiprocessing.Queue()
    ps = [multiprocessing.Process(target=work, args=(w, q)) for w in range(WORKERS)]
    for p in ps: p.start()
    want = {}
    for _ in ps:
        have, gone, bad = q.get()
        assert bad is None, bad
        want.update(have)
    for p in ps: p.join()
    found = {}
    for d in range(7):
        for n in os.listdir(m(f"d{d}")):
            found[f"d{d}/{n}"] = get(m(f"d{d}/{n}"))
    eq(sorted(found), sorted(want), "names")
    for n in want:
        assert found[n] == want[n], f"data of {n}"

run()
END

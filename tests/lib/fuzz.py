# SPDX-License-Identifier: GPL-3.0-or-later
"""Random operations on the union ($M) and on a plain directory, side by side.

fuzz.py PLAIN           FUZZ_SEED, FUZZ_ROUNDS; FUZZ_LINKS=0: no hard links
Each operation must end the same way on both. A directory's rename that gives
EXDEV on the union is done on neither.
"""
import random, subprocess, time
from ufstest import *
PLAIN = sys.argv[1]
links = os.environ.get("FUZZ_LINKS", "1") == "1"
seed = int(os.environ.get("FUZZ_SEED", "1"))
rounds = int(os.environ.get("FUZZ_ROUNDS", "8000"))
rnd = random.Random(seed)

def name():
    parts = [f"d{rnd.randrange(4)}" for _ in range(rnd.randrange(4))]
    last = rnd.choice(("f", "f", "f", "d")) + str(rnd.randrange(8))
    return "/".join(parts + [last])

def write(p, data, how):
    fd = os.open(p, how, 0o644)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)

def listing(p):
    return sorted((e.name, e.is_dir(follow_symlinks=False)) for e in os.scandir(p))

def look(p):
    st = os.lstat(p)
    return (oct(st.st_mode), st.st_size if not os.path.isdir(p) else 0, st.st_uid,
            st.st_nlink if not os.path.isdir(p) else 0)

def plan():
    a, b = name(), name()
    data = rnd.randbytes(rnd.randrange(3000))
    n, mode = rnd.randrange(12000), rnd.choice((0o600, 0o644, 0o755, 0o400, 0o711))
    t = rnd.randrange(10**18, 2 * 10**18)
    ops = [
        ("create", lambda d: write(f"{d}/{a}", data, os.O_CREAT | os.O_EXCL | os.O_WRONLY)),
        ("write", lambda d: write(f"{d}/{a}", data, os.O_CREAT | os.O_TRUNC | os.O_WRONLY)),
        ("append", lambda d: write(f"{d}/{a}", data, os.O_APPEND | os.O_WRONLY)),
        ("over", lambda d: write(f"{d}/{a}", data, os.O_RDWR)),
        ("read", lambda d: get(f"{d}/{a}")),
        ("truncate", lambda d: os.truncate(f"{d}/{a}", n)),
        ("mkdir", lambda d: os.mkdir(f"{d}/{a}")),
        ("rmdir", lambda d: os.rmdir(f"{d}/{a}")),
        ("unlink", lambda d: os.unlink(f"{d}/{a}")),
        ("unlink", lambda d: os.unlink(f"{d}/{b}")),
        ("rename", lambda d: os.rename(f"{d}/{a}", f"{d}/{b}")),
        ("rename", lambda d: os.rename(f"{d}/{b}", f"{d}/{a}")),
        ("link", lambda d: os.link(f"{d}/{a}", f"{d}/{b}", follow_symlinks=False)),
        ("symlink", lambda d: os.symlink(b, f"{d}/{a}")),
        ("chmod", lambda d: os.chmod(f"{d}/{a}", mode)),
        ("utime", lambda d: os.utime(f"{d}/{a}", ns=(t, t), follow_symlinks=False)),
        ("lstat", lambda d: look(f"{d}/{a}")),
        ("readlink", lambda d: os.readlink(f"{d}/{a}")),
        ("list", lambda d: listing(f"{d}/{os.path.dirname(a) or '.'}")),
    ]
    return rnd.choice([o for o in ops if links or o[0] != "link"]) + (a, b)

def outcome(f, d):
    try:
        return f(d)
    except OSError as e:
        return errno.errorcode[e.errno]

@case
def each_operation_ends_the_same_way():
    for i in range(rounds):
        what, f, a, b = plan()
        got = outcome(f, M)
        if got == "EXDEV" and what == "rename":
            continue
        want = outcome(f, PLAIN)
        assert got == want, (f"seed {seed}, round {i}: {what} {a} {b}: "
                             f"got {str(got)[:200]}, wanted {str(want)[:200]}")

# What follows has to get in everywhere, also as a user.
@case
def closed_directories_are_opened():
    for top in (M, PLAIN):
        for path, dirs, files in os.walk(top):
            for d in dirs:
                p = os.path.join(path, d)
                if not os.path.islink(p):
                    os.chmod(p, os.stat(p).st_mode | 0o700)

run()

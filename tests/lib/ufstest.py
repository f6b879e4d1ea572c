# SPDX-License-Identifier: GPL-3.0-or-later
"""For Python pieces of tests: paths of the union, checks, a runner of cases.

    from ufstest import *

    @case
    def unlink_of_a_lower_file_hides_it(): ...

    run()
"""
import errno
import multiprocessing
import os
import sys
import traceback

# What is started runs functions of this very process (forkserver from 3.14 on).
multiprocessing.set_start_method("fork", force=True)

M, UP, L1, L2, T = (os.environ.get(n, "") for n in ("M", "UP", "L1", "L2", "T"))
BACKEND = os.environ.get("T_BACKEND", "ufs")
ROOT = os.geteuid() == 0
_cases = []


def case(f):
    _cases.append(f)
    return f


def m(*p):
    return os.path.join(M, *p)


def put(path, data=b"", mode=None):
    """Write a file anew, making the directories above it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    if mode is not None:
        os.chmod(path, mode)
    return path


def get(path):
    with open(path, "rb") as f:
        return f.read()


def eq(got, want, what="value"):
    assert got == want, f"{what}: got {got!r}, wanted {want!r}"


def err(f, *a, **kw):
    """The name of the errno that the call ends with, or "OK"."""
    try:
        r = f(*a, **kw)
    except OSError as e:
        return errno.errorcode[e.errno]
    if isinstance(r, int) and f is os.open:
        os.close(r)
    return "OK"


def run():
    bad = 0
    for f in _cases:
        try:
            f()
            print(f"ok   {f.__name__}")
        except BaseException as e:  # a case that fails must not hide the next
            if isinstance(e, KeyboardInterrupt):
                raise
            bad += 1
            print(f"FAIL {f.__name__}: {e}")
            tb = traceback.extract_tb(e.__traceback__)
            for fr in tb[1:]:
                print(f"     line {fr.lineno}: {fr.line or fr.name}")
    if not _cases:
        sys.exit("no cases")
    sys.exit(1 if bad else 0)

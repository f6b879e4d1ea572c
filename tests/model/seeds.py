#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random runs, one for each seed; a run that differs is made small and printed.

seeds.py DIR    MODEL_SEED first seed (1), MODEL_SEEDS how many (4),
                MODEL_OPS operations of each (1500), MODEL_JOBS at once (1),
                MODEL_OTHER a directory on another filesystem
"""
import faulthandler
import json
import os
import sys
import time

import minimise
from model import random_run
from union import SLOW

FIRST = int(os.environ.get("MODEL_SEED", "1"))
SEEDS = int(os.environ.get("MODEL_SEEDS", "4"))
OPS = int(os.environ.get("MODEL_OPS", "1500"))
JOBS = int(os.environ.get("MODEL_JOBS", "1"))
OTHER = os.environ.get("MODEL_OTHER") or None
LIMIT = 120 + OPS / 50  # seconds for a run, and for the small one


def one(base, seed):
    faulthandler.dump_traceback_later(LIMIT * SLOW + minimise.SECONDS, exit=True)
    places = {}
    if OTHER and seed % 3 == 0:
        places["other"] = f"{OTHER}/{seed}"
        os.mkdir(places["other"])
    start = time.monotonic()
    recipe, ops, lines = random_run(base, seed, OPS, **places)
    if not lines:
        rate = len(ops) / (time.monotonic() - start)
        print(f"seed {seed}, {recipe['format']}: {len(ops)} operations, "
              f"{rate:.0f} a second", flush=True)
        return 0
    print(f"FAILED seed {seed}, {recipe['format']}, operation {len(ops)} of {OPS}: "
          f"{json.dumps(ops[-1]) if ops else ''}")
    print("\n".join("  " + x for x in lines), flush=True)
    small = minimise.minimise(base, recipe, ops, **places)
    if small:
        print("a small run that does it, in Python:\n" + minimise.script(*small))
    else:
        print("it did not happen again with the same operations")
    sys.stdout.flush()
    return 1


def worker(base, job):
    os.umask(0o022)
    bad = 0
    for seed in range(FIRST + job, FIRST + SEEDS, JOBS):
        bad += one(base, seed)
    return bad


def main():
    base, pids, bad = sys.argv[1], {}, 0
    for job in range(JOBS):
        d = f"{base}/job{job}"
        os.mkdir(d)
        pid = os.fork()
        if pid == 0:
            try:
                code = 1 if worker(d, job) else 0
            except BaseException:
                import traceback
                traceback.print_exc()
                code = 2
            sys.stdout.flush()
            os._exit(code)
        pids[pid] = job
    for pid in pids:
        bad |= os.waitpid(pid, 0)[1]
    for job in range(JOBS):
        os.rmdir(f"{base}/job{job}")
    sys.exit(1 if bad else 0)


main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""From a run that found a difference to the few operations that it takes."""
import os
import time

from model import try_ops

MOST_LINES = 80
SECONDS = float(os.environ.get("MODEL_MINIMISE", "120"))


def shrink(items, fails, until):
    """Delta debugging: as few of ITEMS, in their order, as still make FAILS true."""
    size = max(1, len(items) // 2)
    while True:
        i, removed = 0, False
        while i < len(items) and time.monotonic() < until:
            rest = items[:i] + items[i + size:]
            if fails(rest):
                items, removed = rest, True
            else:
                i += size
        if time.monotonic() >= until or size == 1 and not removed:
            return items
        size = max(1, size // 2)


def kind_of(ops, done, lines):
    """What showed it: an operation's own result, or a look at the whole tree; and
    whether it is about numbers."""
    op = ops[done - 1] if 0 < done <= len(ops) else ["tree"]
    name = op[2] if op[0] == "as" else op[0]
    return ("tree" if name in ("remount", "layer") else name,
            any(x.startswith("st_ino") for x in lines))


def minimise(base, recipe, ops, **places):
    """(recipe, operations, lines) of a small run that still differs; None when
    the whole of it does not differ again."""
    until = time.monotonic() + SECONDS
    done, lines = try_ops(base, recipe, ops, **places)
    if not lines:
        return None
    kind = kind_of(ops, done, lines)

    def fails_with(stack, some):
        n, out = try_ops(base, dict(recipe, stack=stack), some, **places)
        return bool(out) and kind_of(some, n, out) == kind

    ops = shrink(ops, lambda o: fails_with(recipe["stack"], o), until)
    stack = recipe["stack"]
    for n in range(len(stack)):
        def with_entries(e, n=n):
            return [s if i != n else [s[0], e] for i, s in enumerate(stack)]
        stack = with_entries(shrink(
            stack[n][1], lambda e, w=with_entries: fails_with(w(e), ops), until))
    for n in reversed(range(len(stack) - 1)):
        less = stack[:n] + stack[n + 1:]
        if not stack[n][1] and fails_with(less, ops):
            stack = less
    ops = shrink(ops, lambda o: fails_with(stack, o), until)
    recipe = dict(recipe, stack=stack)
    return recipe, ops, try_ops(base, recipe, ops, **places)[1]


def script(recipe, ops, lines):
    """A Python program that does it again, to be run with this directory in
    PYTHONPATH and UFS in the environment."""
    out = ["#!/usr/bin/env python3"]
    out += [f"# {line}"[:300].replace("\n", "\\n") for line in lines]
    out += ["from replay import replay", f"replay({recipe['format']!r}, {recipe['inside']}, "
            f"{recipe['links']}, ["]
    for marks, entries in recipe["stack"]:
        out.append(f"    [{marks!r}, [")
        out += [f"        {e!r}," for e in entries]
        out.append("    ]],")
    out.append("], [")
    out += [f"    {op!r}," for op in ops[-MOST_LINES:]]
    if len(ops) > MOST_LINES:
        out.append(f"    # and {len(ops) - MOST_LINES} before these: give it more time")
    out.append("])")
    return "\n".join(out)

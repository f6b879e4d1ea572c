# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts of minimise.py call: play a run, tell what is different."""
import os
import sys
import tempfile

from model import try_ops


def replay(form, inside, links, stack, ops):
    base = os.environ.get("T") or tempfile.gettempdir()
    recipe = {"format": form, "inside": inside, "links": links, "stack": stack}
    done, lines = try_ops(base, recipe, ops)
    for op in ops[:done]:
        print(op)
    print("\n".join(lines) if lines else "no difference")
    sys.exit(1 if lines else 0)

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 240
# rows: 40
# Random operations on a union and on a plain directory with the same content:
# each ends the same way, and so do the trees, also after a new mount.
# FUZZ_SEED picks another sequence, FUZZ_ROUNDS its length.
. "$srcdir/tests/lib/tools.sh"

t_branches
python3 - "$L1" "$L2" "$UP" <<'END'
import os, random, sys
rnd = random.Random(7)
for top in sys.argv[1:]:
    for _ in range(60):
        d = os.path.join(top, *(f"d{rnd.randrange(4)}" for _ in range(rnd.randrange(4))))
        os.makedirs(d, exist_ok=True)
        p = os.path.join(d, f"f{rnd.randrange(8)}")
        if not os.path.lexists(p):
            if rnd.random() < 0.15:
                os.symlink(f"f{rnd.randrange(8)}", p)
            else:
                with open(p, "wb") as f:
                    f.write(os.urandom(rnd.randrange(9000)))
END
cp -a "$UP" "$T/upper-part"
t_twins
cp -a --remove-destination "$T/upper-part/." "$PLAIN/"
python3 "$srcdir/tests/lib/fuzz.py" "$PLAIN"
t_same_trees
t_remount
t_same_trees

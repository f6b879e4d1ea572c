# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# rows: 40
# Random operations on a union and on a plain directory: each ends the same way,
# and so do the trees, also after a new mount and with new branches on top.
. "$srcdir/tests/lib/model.sh"

short MODEL_SEEDS 6 MODEL_OPS 2000
long MODEL_SEEDS 200 MODEL_OPS 5000
other_filesystem
model seeds.py

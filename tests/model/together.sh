# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# rows: 40
# Four processes at once, each in a directory of its own with its own model.
. "$srcdir/tests/lib/model.sh"

short MODEL_ROUNDS 5 MODEL_OPS 800
long MODEL_ROUNDS 100 MODEL_OPS 3000
other_filesystem
model kills.py

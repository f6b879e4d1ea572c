# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# Four processes at once in the same directories.
. "$srcdir/tests/lib/model.sh"

short MODEL_ROUNDS 2 MODEL_OPS 800
long MODEL_ROUNDS 100 MODEL_OPS 2000
model overlap.py

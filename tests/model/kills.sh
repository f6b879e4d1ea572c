# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# rows: 36
# Row 36: the daemon is killed at any instant of random operations of four
# processes. After the next mount the tree is the model's, what was in flight
# done or not; nothing lies in the work directory, no lower branch is changed.
. "$srcdir/tests/lib/model.sh"

short MODEL_ROUNDS 20
long MODEL_ROUNDS 500
other_filesystem
export MODEL_KILLS=1
model kills.py

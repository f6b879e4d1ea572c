# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# build: release
# Row 59: what the daemon needs does not grow with what was done.
. "$srcdir/tests/lib/model.sh"

short MODEL_PAIRS 20000 MODEL_FIRST 5000 MODEL_KIB 4096
long MODEL_PAIRS 1000000 MODEL_FIRST 100000 MODEL_KIB 0
model memory.py

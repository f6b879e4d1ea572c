# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# Row 22: rm -rf, and a reader that unlinks as it goes, in a directory of many
# names: all found, all gone.
. "$srcdir/tests/lib/model.sh"

short MODEL_NAMES 10000
long MODEL_NAMES 30000
model deletion.py

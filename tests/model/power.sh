# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 300
# Power cuts at any instant, on ext4 and xfs: what was synced is there whole, and
# nothing is half made. The disk is a file on an XFS that shares blocks, so that a
# snapshot of it takes no time.
. "$srcdir/tests/lib/model.sh"

t_need mkfs.xfs mkfs.ext4 losetup
short MODEL_CUTS 10
long MODEL_CUTS 200
truncate -s 8G "$T/disk"
mkfs.xfs -q -m reflink=1 "$T/disk" 2>/dev/null || t_skip "mkfs.xfs knows no reflink"
mkdir "$T/model"
mount -o loop "$T/disk" "$T/model" 2>/dev/null ||
	t_skip "an image cannot be mounted: no loop devices, or no XFS"
t_mounted "$T/model"
python3 "$srcdir/tests/model/power.py" "$T/model" || t_fail "see above"

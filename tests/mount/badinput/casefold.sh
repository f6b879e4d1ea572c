# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# A branch whose directories ignore the case of names (ext4's casefold) is
# refused, be it the writable one or another, before anything is made in it.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"
t_need mkfs.ext4 chattr

t_branches
truncate -s 20M "$T/img"
mkfs.ext4 -q -O casefold "$T/img" 2>/dev/null || t_skip "this mkfs.ext4 knows no casefold"
mkdir "$T/fold"
mount -o loop "$T/img" "$T/fold" 2>/dev/null || t_skip "this kernel's ext4 has no casefold"
t_mounted "$T/fold"
mkdir "$T/fold/b" "$T/fold/plain"
chattr +F "$T/fold/b" || t_skip "no chattr +F here"
bad 3 "branch 0 '$T/fold/b' .*ignores the case" "$UFS" mount \
	--upper "$T/fold/b" --lower "$L1" "$M"
t_eq "$(ls -A "$T/fold/b")" "" "what was made in the branch"
bad 3 "branch 1 '$T/fold/b' .*ignores the case" "$UFS" mount \
	--upper "$UP" --lower "$T/fold/b" "$M"
# The filesystem alone is no reason.
t_mount --upper "$T/fold/plain" --lower "$L1" "$M"
t_umount

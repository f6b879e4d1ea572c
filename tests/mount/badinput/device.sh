# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# /dev/fuse is missing, or closed to the user: status 3, and what mends it.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"
t_need unshare

t_branches
bad 3 "cannot mount on '$M': this system has no /dev/fuse (ENOENT)" \
	dev -- "$UFS" mount --upper "$UP" --lower "$L1" "$M"
hint "modprobe fuse"
t_eq "$(ls -A "$UP")" "" "what was made in the branch"

chown nobody "$UP" "$M"
bad 3 "you may not open /dev/fuse (EACCES)" dev fuse:600 -- \
	setpriv --reuid nobody --regid nogroup --clear-groups -- \
	env HOME=/nonexistent "$UFS" mount --upper "$UP" --lower "$L1" "$M"
hint "chmod 666 /dev/fuse"
bad 3 "cannot mount on '$M'.*/dev/fuse" dev -- \
	setpriv --reuid nobody --regid nogroup --clear-groups -- \
	env HOME=/nonexistent "$UFS" mount --upper "$UP" --lower "$L1" "$M"
t_eq "$(ls -A "$UP")" "" "what was made in the branch"

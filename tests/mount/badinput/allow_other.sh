# SPDX-License-Identifier: GPL-3.0-or-later
# needs: user
# A user may not give what only root may, and is told what would allow it.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"

t_branches
bad 3 "only root may mount with 'suid' (EPERM)" \
	"$UFS" mount -o suid --upper "$UP" --lower "$L1" "$M"
bad 3 "only root may mount with 'dev' (EPERM)" \
	"$UFS" mount -o dev --upper "$UP" --lower "$L1" "$M"
if grep -q '^[[:space:]]*user_allow_other' /etc/fuse.conf 2>/dev/null; then
	t_skip "this machine's /etc/fuse.conf has user_allow_other"
fi
bad 3 "no line 'user_allow_other' (EPERM)" \
	"$UFS" mount -o allow_other --upper "$UP" --lower "$L1" "$M"
hint "leave out allow_other"

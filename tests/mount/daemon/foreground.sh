# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# ufs mount -f stays until the unmount, and ends with 0; the other form returns
# when the mount stands.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
echo a >"$L1/a"
t_mounted "$M"
"$UFS" mount -f --upper "$UP" --lower "$L1" "$M" &
pid=$!
t_wait 10 t_is_mounted "$M" || t_fail "-f: not mounted"
t_wait 5 test -e "$M/a" || t_fail "-f: not served"
[ -d "/proc/$pid" ] || t_fail "-f did not stay"
"$UFS" umount "$M"
status=0
wait "$pid" || status=$?
t_eq $status 0 "status of -f after the unmount"

"$UFS" mount --upper "$UP" --lower "$L1" "$M"
[ -e "$M/a" ] || t_fail "mounted without -f, but nothing is there"
"$UFS" umount "$M"
t_wait 5 test ! -e "$M/a" || t_fail "still there after the unmount"

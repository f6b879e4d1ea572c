# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Mountpoints that are missing, a file, taken, dead, or another user's.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"

t_branches
echo a >"$L1/a"
echo text >"$T/file"
mount_it() {
	bad "$1" "$2" "$UFS" mount --upper "$UP" --lower "$L1" "$3"
}
mount_it 7 "cannot mount on '$T/none': the mountpoint does not exist (ENOENT)" "$T/none"
hint mkdir
mount_it 1 "cannot mount on '$T/file': the mountpoint is not a directory (ENOTDIR)" "$T/file"
mount_it 2 "the mountpoint has an empty name" ""

"$UFS" mount --upper "$UP" --lower "$L1" "$M"
t_mounted "$M"
mount_it 6 "a union is mounted there already (EBUSY)" "$M"
hint "ufs umount '$M'"
t_eq "$(cat "$M/a")" a "the first union"

# A file in use: busy. Lazily it goes.
exec 9<"$M/a"
bad 6 "cannot unmount '$M': it is in use (EBUSY)" "$UFS" umount "$M"
hint --lazy
exec 9<&-
pid=$(t_daemon "$M")
kill -9 "$pid"
t_wait 10 ended "$pid" || t_fail "the daemon is not dead"
mount_it 6 "a filesystem whose daemon is dead is mounted there (ENOTCONN)" "$M"
hint "ufs umount --lazy '$M'"
bad 7 "daemon is dead" "$UFS" status "$M"
"$UFS" umount --lazy "$M" || t_fail "the dead mount stays"
! t_is_mounted "$M" || t_fail "the dead mount is still mounted"
bad 7 "cannot unmount '$M': no union is mounted there" "$UFS" umount "$M"
bad 7 "a filesystem of type proc" "$UFS" umount /proc
bad 7 "cannot unmount '$T/none'" "$UFS" umount "$T/none"
bad 7 "no union is mounted there" "$UFS" status "$M"

if ! t_is_root; then
	bad 1 "you may not write to the mountpoint (EACCES)" \
		"$UFS" mount --upper "$UP" --lower "$L1" /usr
fi

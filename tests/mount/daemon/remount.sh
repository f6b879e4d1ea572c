# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# mount -o remount,ro and rw through mount.fuse.ufs, and no second daemon.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"
[ -n "$UFS_HELPER" ] && [ -x "$UFS_HELPER" ] || t_skip "mount.fuse.ufs is not installed"

t_branches
echo a >"$L1/a"
t_watch "$L1"
"$UFS_HELPER" none "$M" -o "br:$UP=rw:$L1=ro"
t_mounted "$M"
t_eq "$(findmnt -no FSTYPE "$M")" fuse.ufs "type of the mount"
pid=$(t_daemon "$M")
"$UFS_HELPER" none "$M" -o remount,ro
! touch "$M/x" 2>/dev/null || t_fail "written after remount,ro"
t_eq "$(cat "$M/a")" a "read after remount,ro"
"$UFS_HELPER" none "$M" -o remount,rw
touch "$M/x" || t_fail "not written after remount,rw"
t_eq "$(t_daemon "$M")" "$pid" "the daemon"
! "$UFS_HELPER" none "$M" -o "remount,br:$L2=rw" 2>"$T/err" ||
	t_fail "another stack was taken"
t_eq "$(grep -c " $M " /proc/self/mountinfo)" 1 "mounts on the mountpoint"

# What was read-only from the start can become writable,
t_umount "$M"
"$UFS_HELPER" none "$M" -o "br:$UP=rw:$L1=ro,ro"
t_mounted "$M"
! touch "$M/y" 2>/dev/null || t_fail "written to a mount with ro"
"$UFS_HELPER" none "$M" -o remount,rw
touch "$M/y"
t_umount "$M"

# but not where its branch is another union's, which ro does not disturb.
mkdir "$T/m2"
t_mount -o "br:$UP=rw:$L1=ro" "$M"
t_mount -o "br:$UP=rw:$L1=ro,ro" "$T/m2"
t_eq "$(cat "$T/m2/a")" a "a second mount with ro"
"$UFS_HELPER" none "$T/m2" -o remount,rw
! touch "$T/m2/z" 2>"$T/err" || t_fail "two unions write to one branch"
grep -q "Read-only" "$T/err" || t_fail "another reason: $(cat "$T/err")"
t_umount "$M"
touch "$T/m2/z"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# mount.fuse.ufs ends as mount(8) wants: 1 used wrongly, 2 the system cannot,
# 32 the mount failed; and a remount that is refused changes nothing.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"
[ -n "$UFS_HELPER" ] && [ -x "$UFS_HELPER" ] || t_skip "mount.fuse.ufs is not installed"

t_branches
bad 1 "a source and a mountpoint are needed" "$UFS_HELPER" none
bad 1 "unknown option '-x'" "$UFS_HELPER" -x none "$M"
bad 1 "cannot mount type 'ext4'" "$UFS_HELPER" none "$M" -t ext4
bad 1 "unknown mount option 'nosiud'" "$UFS_HELPER" none "$M" -o "br:$UP:$L1,nosiud"
bad 32 "branch 1 '$T/none' does not exist" "$UFS_HELPER" none "$M" -o "br:$UP:$T/none"
bad 32 "the mountpoint does not exist" "$UFS_HELPER" none "$T/none" -o "br:$UP:$L1"
bad 2 "no /dev/fuse" dev -- "$UFS_HELPER" none "$M" -o "br:$UP:$L1"
bad 32 "no union is mounted there" "$UFS_HELPER" none "$M" -o remount,ro

"$UFS_HELPER" -f none "$M" -o "br:$UP:$L1"
! t_is_mounted "$M" || t_fail "-f mounted"
"$UFS_HELPER" -s none "$M" -o "br:$UP=rw:$L1=ro,nosiud,noatime" 2>"$T/err"
t_mounted "$M"
before=$(grep " $M " /proc/self/mountinfo)
bad 32 "'nosuid' cannot be changed" "$UFS_HELPER" none "$M" -o remount,ro,nosuid
bad 32 "the stack of branches cannot be changed" \
	"$UFS_HELPER" none "$M" -o "remount,br:$UP=rw:$L2=ro"
bad 32 "the format cannot be changed" "$UFS_HELPER" none "$M" -o remount,format=overlay
bad 1 "unknown mount option" "$UFS_HELPER" none "$M" -o remount,brandnew
bad 1 "is not supported yet" "$UFS_HELPER" none "$M" -o "remount,add:1:$L2"
t_eq "$(grep " $M " /proc/self/mountinfo)" "$before" "the mount"

# What is in force may be repeated, as mount(8) does.
"$UFS_HELPER" none "$M" -o "rw,noatime,user_id=0,group_id=0,allow_other,remount,ro,br:$UP=rw:$L1=ro"
! touch "$M/x" 2>/dev/null || t_fail "written after remount,ro"
exec 9<"$M"
"$UFS_HELPER" none "$M" -o remount,rw
exec 9<&-
exec 8>"$M/open"
bad 32 "open for writing" "$UFS_HELPER" none "$M" -o remount,ro
exec 8>&-
t_umount

# Read-only from the start.
"$UFS_HELPER" none "$M" -o "ro,br:$UP=rw:$L1=ro"
"$UFS_HELPER" none "$M" -o remount,rw
touch "$M/new" || t_fail "not written after remount,rw"

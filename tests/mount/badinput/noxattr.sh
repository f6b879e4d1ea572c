# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# A branch without extended attributes: a notice in AUFS's format, status 3 in
# overlayfs's.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"

t_branches
mkdir "$T/ram"
mount -t ramfs none "$T/ram" || t_skip "no ramfs"
t_mounted "$T/ram"
mkdir "$T/ram/up" "$T/ram/work"
touch "$T/ram/probe"
! setfattr -n trusted.probe -v 1 "$T/ram/probe" 2>/dev/null ||
	t_skip "this kernel's ramfs has extended attributes"
echo a >"$L1/a"

bad 3 "branch 0 '$T/ram/up'.* extended attributes" "$UFS" mount -o format=overlay \
	--upper "$T/ram/up" --work "$T/ram/work" --lower "$L1" "$M"
t_eq "$(ls -A "$T/ram/up")" "" "what was made in the branch"

"$UFS" mount --upper "$T/ram/up" --lower "$L1" "$M" 2>"$T/err"
t_mounted "$M"
grep -q "^ufs: note: .*branch 0 .*extended attributes" "$T/err" ||
	t_fail "no notice, but: $(cat "$T/err")"
echo b >>"$M/a"
rm "$M/a"
[ ! -e "$M/a" ] || t_fail "not removed"
t_eq "$(cat "$L1/a")" a "the lower branch"
t_umount

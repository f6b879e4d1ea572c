# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Branches that cannot be branches: each is named with its index and path.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"

t_branches
echo text >"$T/file"
mkdir "$L1/in" "$UP/in"
ln -s "$L1" "$T/link"

bad 7 "cannot mount on '$M': branch 1 '$T/none' does not exist (ENOENT)" \
	"$UFS" mount --upper "$UP" --lower "$T/none" "$M"
bad 7 "branch 0 '$T/none'" "$UFS" mount -o "br:$T/none=rw:$L1=ro" "$M"
bad 1 "branch 1 '$T/file'.* not a directory.*(ENOTDIR)" \
	"$UFS" mount --upper "$UP" --lower "$T/file" "$M"
bad 2 "branch 2 '$L1' is given twice" "$UFS" mount -o "br:$UP:$L1=ro:$L1/" "$M"
# The same directory by another name: found when it is opened.
bad 2 "branches 1 '$L1' and 2 '$T/link' are the same" "$UFS" mount -o "br:$UP:$L1:$T/link" "$M"
# One inside another, where the inner one is no writable branch.
bad 2 "branch 2 '$L1/in'.* branch 1" "$UFS" mount -o "br:$UP:$L1:$L1/in" "$M"
bad 2 "branch 1 '$UP/in'.* branch 0" "$UFS" mount --upper "$UP" --lower "$UP/in" "$M"
# Nothing was made in the branches meanwhile.
t_eq "$(ls -A "$UP")" in "what was made in the branch"

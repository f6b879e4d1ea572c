# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Options and words that are unknown, incomplete or too many.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's messages"

t_branches
bad 2 "cannot mount on '$M': unknown mount option 'nosiud'" \
	"$UFS" mount -o "br:$UP:$L1,nosiud" "$M"
hint "did you mean 'nosuid'"
bad 2 "unknown option '--uper'" "$UFS" mount --uper "$UP" "$M"
hint "--upper"
bad 2 "unknown option '-x'" "$UFS" mount -x "$M"
bad 2 "option '--lower' needs an argument" "$UFS" mount --lower
bad 2 "no branch is given" "$UFS" mount "$M"
hint "--lower"
bad 2 "no mountpoint is given" "$UFS" mount --upper "$UP"
bad 2 "one word too many" "$UFS" mount none "$M" "$M"
bad 2 "'create=mfs' is not supported yet" "$UFS" mount -o "br:$UP:$L1,create=mfs" "$M"
bad 2 "two stacks are given" "$UFS" mount --upper "$UP" -o "br:$L1" "$M"
bad 2 "needs a work directory" "$UFS" mount --upper "$UP" -o format=overlay "$M"
hint "--work"
bad 2 "given twice" "$UFS" mount --upper "$UP" --upper "$L1" "$M"
bad 1 "cannot read the list of branches '$T/none'" "$UFS" mount -o "br=@$T/none" "$M"

bad 2 "unknown verb 'mout'" "$UFS" mout
hint "did you mean 'mount'"
bad 2 "unknown verb 'nosuchverb'" "$UFS" nosuchverb
bad 2 "no verb is given" "$UFS"
bad 2 "unknown option '--jsn'" "$UFS" status --jsn
bad 2 "unexpected word" "$UFS" version x
bad 2 "no mountpoint is given" "$UFS" umount
bad 2 "one mountpoint at a time" "$UFS" umount "$M" "$M"

# Under overlayfs's syntax an unknown option is ignored with a notice.
t_mounted "$M"
"$UFS" mount -o "lowerdir=$L1:$L2,brandnew=1" "$M" 2>"$T/err"
grep -q "^ufs: note: unknown option 'brandnew' is ignored" "$T/err" ||
	t_fail "no notice, but: $(cat "$T/err")"

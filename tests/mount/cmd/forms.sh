# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Every way to ask for the same union, and what status says of it.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's command line"

t_branches
echo 1 >"$L1/1"
echo 2 >"$L2/2"
mkdir "$T/work" "$T/a:b,c"
t_mounted "$M"

# shown WHAT: the stack that status tells, in one line.
shown() {
	"$UFS" status --json "$M" | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["schema"] == "ufs.status/1", s["schema"]
u, = s["unions"]
print(" ".join(b["path"] + "=" + b["perm"] for b in u["branches"]))'
}
check() {
	t_eq "$(shown)" "$1" "the stack"
	t_eq "$(cat "$M/1")" 1 "what the union shows"
	t_eq "$(awk -v p="$M" '$5 == p { sub(/.* - /, ""); print $1 }' /proc/self/mountinfo)" \
		fuse.ufs "type of the mount"
	t_umount
}

"$UFS" mount --upper "$UP" --lower "$L1" --lower "$L2" "$M"
check "$UP=rw $L1=ro+wh $L2=ro+wh"
"$UFS" mount -o "br:$UP=rw:$L1=ro:$L2=ro+wh" "$M"
check "$UP=rw $L1=ro $L2=ro+wh"
"$UFS" mount -o "br:$UP:$L1" -o noatime "$M"
check "$UP=rw $L1=ro"
"$UFS" none "$M" -o "br:$UP:$L1"
check "$UP=rw $L1=ro"
"$UFS" "br:$UP:$L1" "$M"
check "$UP=rw $L1=ro"
"$UFS" "$UP=rw:$L1" "$M" -o noatime
check "$UP=rw $L1=ro"
"$UFS" -o "lowerdir=$L1:$L2,upperdir=$UP,workdir=$T/work,," "$M"
check "$UP=rw $L1=ro+wh $L2=ro+wh"
"$UFS" -o "lowerdir=$L1:$L2" "$M"
check "$L1=ro+wh $L2=ro+wh"
printf '%s=rw\n# below\n%s\n' "$UP" "$L1" >"$T/list"
"$UFS" mount -o "br=@$T/list" "$M"
check "$UP=rw $L1=ro"
(cd "$T" && "$UFS" mount --upper up --lower ./l1 m)
check "$UP=rw $L1=ro+wh"
"$UFS" mount -o "br:$T/a\\:b\\,c=rw:$L1" "$M"
check "$T/a:b,c=rw $L1=ro"

# Each part tells where it came from.
"$UFS" mount -o noatime --upper "$UP" --lower "$L1" "$M"
"$UFS" status "$M" >"$T/status"
grep -q "branch 0 .*'$UP'  \[--upper\]" "$T/status" || t_fail "$(cat "$T/status")"
grep -q "branch 1 .*'$L1'  \[--lower\]" "$T/status" || t_fail "$(cat "$T/status")"
grep -q 'noatime  \[-o\]' "$T/status" || t_fail "$(cat "$T/status")"
grep -q 'format=aufs  \[default\]' "$T/status" || t_fail "$(cat "$T/status")"
t_umount
! "$UFS" status | grep -q "'$M'" || t_fail "still in the status"

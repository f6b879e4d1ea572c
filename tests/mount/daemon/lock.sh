# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 90
# A writable branch has one mount at a time: the second ends with status 6 and
# names the first. A daemon that was killed does not block, and loses nothing.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
mkdir "$T/m2"
echo low >"$L1/low"
t_union
pid=$(t_daemon "$M")
status=0
"$UFS" mount --upper "$UP" --lower "$L2" "$T/m2" 2>"$T/err" || status=$?
t_eq $status 6 "status of the second mount"
cat "$T/err"
grep -q -e "$pid" -e "'$M'" "$T/err" || t_fail "the message does not name the holder"
! t_is_mounted "$T/m2" || t_fail "the second is mounted"

# Two read-only uses of the same branches are no conflict.
t_mount -o "br:$L1=ro:$L2=ro" "$T/m2"
t_eq "$(cat "$T/m2/low")" low "the same lower branches in another union"
t_umount "$T/m2"

for round in 1 2 3; do
	pid=$(t_daemon "$M")
	mkdir -p "$M/d$round"
	echo "round $round" >"$M/d$round/file"
	rm -f "$M/low"
	sync -f "$M/d$round/file"
	kill -9 "$pid"
	t_wait 5 t_ended "$pid"
	t_force_umount "$M"
	t_union
	t_eq "$(cat "$M/d$round/file")" "round $round" "after kill -9"
	[ ! -e "$M/low" ] || t_fail "after kill -9 a deleted file is back"
done
# What a killed daemon noted of itself goes with the next look.
"$UFS" status >/dev/null

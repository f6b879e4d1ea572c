# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 120
# Many containers at once: each sees its own changes, all end, nothing is left.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
name=$(t_name)
i=0
pids=
while [ $i -lt 30 ]; do
	"$UFS_RUN" --rm --name "$name-$i" -- sh -c "echo $name-$i >>/etc/hostname; tail -n 1 /etc/hostname" \
		>"$T/out.$i" 2>"$T/err.$i" &
	pids="$pids $!"
	i=$((i + 1))
done
for pid in $pids; do
	wait "$pid" || t_fail "one ended with $?: $(cat "$T"/err.*)"
done
i=0
while [ $i -lt 30 ]; do
	t_eq "$(cat "$T/out.$i")" "$name-$i" "what container $i saw"
	t_eq "$(cat "$T/err.$i")" "" "messages of container $i"
	i=$((i + 1))
done
! "$UFS" ps -a -q | grep "^$name-" || t_fail "records are left"
! grep -q "$name" /etc/hostname || t_fail "the host was changed"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# --lower, --upper, --name, --rm, --try, --read-only, and the verbs that take
# a container: where changes go, and what remains.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN
name=$(t_name)
kept=
drop() {
	[ -z "$kept" ] || "$UFS" discard "$kept" || :
	t_at_exit
}
trap drop EXIT

# A small tree to run on: the host's programs, and files of ours above.
mkdir "$T/top" "$T/low" "$T/up" "$T/low/etc"
echo top >"$T/top/file"
echo low >"$T/low/file"
echo low >"$T/low/only"
chmod -R a+rX "$T/top" "$T/low"
cp "$(command -v busybox || echo /bin/busybox)" "$T/low/busybox" 2>/dev/null || t_skip "no busybox"
t_watch "$T/top"
t_watch "$T/low"
set -- --lower "$T/top" --lower "$T/low"
bb() {
	"$R" "$@"
}

# The first is the top; mountpoints that no branch has are in the view alone.
t_status 0 bb "$@" --upper "$T/up" -- /busybox sh -c '/busybox cat /file /only
	/busybox test -c /dev/null && /busybox test -d /proc/self && /busybox pwd
	echo changed >/only; /busybox rm /file; /busybox echo $HOME:$PATH'
t_eq "$(cat "$T/out")" "top
low
/
/:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" "what it saw"
t_eq "$(cat "$T/up/only")" changed "the changed file in --upper"
t_eq "$(ls "$T/up")" only "names in --upper"
for mp in proc sys dev run; do
	[ ! -e "$T/up/$mp" ] || t_fail "/$mp was made in the branch"
done
# It is kept, and used again.
t_status 0 bb "$@" --upper "$T/up" -- /busybox sh -c '/busybox cat /only; /busybox ls /file'
t_status 1 bb "$@" --upper "$T/up" -- /busybox ls /file
t_said err 'No such file'

# --read-only: nothing is written, mountpoints are there all the same.
t_status 1 bb "$@" --read-only -v /etc:/new/deep:ro -- /busybox touch /x
t_said err 'Read-only'
t_status 0 bb "$@" --read-only -v /etc:/new/deep:ro --tmpfs /scratch -- \
	/busybox sh -c '/busybox test -e /new/deep/passwd && /busybox touch /scratch/x'
[ ! -e "$T/low/new" ] && [ ! -e "$T/top/new" ] || t_fail "a mountpoint was made in a branch"
t_status 0 "$R" --read-only -v /etc:/ufs-new/deep:ro -- test -e /ufs-new/deep/passwd
t_status 2 "$R" --read-only -- sh -c ': >/ufs-x'

# --name: kept until discarded; the name is taken meanwhile.
t_status 0 "$R" --name "$name" -- sh -c 'echo 1 >/etc/ufs-made; rm /etc/hostname'
kept=$name
t_status 125 "$R" --name "$name" -- true
t_said err "'$name' is taken (EEXIST)"
t_said err "ufs discard $name"
t_status 0 "$UFS" ps -a -q
t_said out "^$name\$"
t_status 0 "$UFS" ps
! grep -q "$name" "$T/out" || t_fail "an ended container is listed as running"
t_status 0 "$UFS" ps -a --json
python3 -c '
import json, sys
c = [c for c in json.load(open(sys.argv[1]))["containers"] if c["name"] == sys.argv[2]]
assert len(c) == 1 and c[0]["state"] == "ended" and c[0]["lower"] == ["/"], c
assert open(c[0]["upper"] + "/etc/ufs-made").read() == "1\n"
' "$T/out" "$name" || t_fail "ufs ps --json"
t_status 0 "$UFS" discard "$name"
kept=
t_status 7 "$UFS" discard "$name"
t_said err "no container '$name' (ENOENT)"
t_status 2 "$UFS" discard "$T/up"
t_status 2 "$UFS" discard
t_status 2 "$UFS" ps x

# A running one is listed, and not discarded.
"$R" --name "$name" -- sh -c 'echo ready; exec sleep 60' >"$T/ready" &
pid=$!
kept=$name
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
t_status 0 "$UFS" ps
t_said out "^$name  *running  *[0-9]"
t_status 6 "$UFS" discard "$name"
t_said err 'is running (EBUSY)'
inner=$("$UFS" ps | awk -v n="$name" '$1 == n { print $3 }')
t_eq "$(tr '\0' ' ' <"/proc/$inner/cmdline" | grep -c "$name")" 1 "process 1 by its pid"
kill -TERM $pid
wait $pid || :
t_status 0 "$UFS" discard "$name"
kept=

# --try says what changed, and where it is.
t_status 0 "$R" --try --name "$name" -- sh -c 'echo 1 >/etc/ufs-made; rm /etc/hostname; echo >>/etc/passwd'
kept=$name
t_said err "3 changes are kept as '$name'"
t_said err '^  A /etc/ufs-made$'
t_said err '^  D /etc/hostname$'
t_said err '^  C /etc/passwd$'
t_said err "ufs diff $name"
t_said err "ufs discard $name"
t_status 0 "$UFS" discard "$name"
kept=
t_status 0 "$R" --try -- true
made=$(sed -n "s/.*kept as '\(.*\)'.*/\1/p" "$T/err")
t_status 0 "$UFS" discard "$made"
# A command that never ran leaves nothing to discard.
t_status 127 "$R" --try --name "$name" -- no-such-command
t_status 7 "$UFS" discard "$name"
t_status 125 "$R" --name "$name" -w /no/such/dir -- true
t_status 7 "$UFS" discard "$name"

# --rm: removed at exit, the name is free again.
t_status 0 "$R" --rm --name "$name" -- touch /etc/ufs-made
t_status 7 "$UFS" discard "$name"
t_status 125 "$R" --rm --try -- true
t_said err 'exclude each other'
# A given --upper is never removed or emptied.
t_status 0 bb "$@" --rm --upper "$T/up" -- /busybox true
t_eq "$(cat "$T/up/only")" changed "--upper after --rm"
t_status 0 bb "$@" --name "$name" --upper "$T/up" -- /busybox true
kept=$name
t_status 0 "$UFS" discard "$name"
kept=
t_said err 'stays as it is'
t_eq "$(cat "$T/up/only")" changed "--upper after discard"

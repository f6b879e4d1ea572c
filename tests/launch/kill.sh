# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 240
# ufs-run or its daemon is killed at any point: nothing is left but a record
# that the next run sweeps, and what was written before is kept.
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
# The union of a container is over its record; out here it must not be seen.
mounts() {
	grep -c 'ufs/containers/' /proc/self/mountinfo
}

# Processes that carry the mark of this test.
alive() {
	grep -l "[m]ark-$name" /proc/[0-9]*/cmdline 2>/dev/null | wc -l
}
gone() {
	[ "$(alive)" = 0 ]
}

i=0
while [ $i -lt 25 ]; do
	"$R" --name "$name-$i" --rm -- sh -c "touch /etc/ufs-x; exec sleep 60 # mark-$name" &
	pid=$!
	python3 -c "import time; time.sleep($i * 0.004)"
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	i=$((i + 1))
done
t_wait 15 gone || t_fail "processes are left: $(ps -o pid,args -e | grep "[m]ark-$name")"
t_eq "$(mounts)" 0 "mounts that reached the host"
swept() {
	! "$UFS" ps -a -q | grep -q "^$name-"
}
t_wait 5 swept || t_fail "records are left: $("$UFS" ps -a)"

# A kept container keeps what was written before the end.
"$R" --name "$name" -- sh -c "echo written >/etc/ufs-x; echo ready; exec sleep 60 # mark-$name" >"$T/ready" &
pid=$!
kept=$name
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
kill -KILL $pid
wait $pid 2>/dev/null || :
t_wait 15 gone || t_fail "processes are left"
ended() {
	"$UFS" ps -a | grep -q "^$name  *ended"
}
t_wait 5 ended || t_fail "the container does not end"
upper=$("$UFS" ps -a --json | python3 -c '
import json, sys
print([c["upper"] for c in json.load(sys.stdin)["containers"] if c["name"] == sys.argv[1]][0])' "$name")
t_eq "$(cat "$upper/etc/ufs-x")" written "what was written before the end"
t_status 0 "$UFS" discard "$name"
kept=

# The daemon is killed: the container ends, ufs-run says why.
"$R" --rm --name "$name" -- sh -c "echo ready; while :; do sleep 0.1; ls / >/dev/null; done # mark-$name" \
	>"$T/ready2" 2>"$T/err" &
pid=$!
t_wait 15 grep -q ready "$T/ready2" || t_fail "the command did not start"
daemon=$(ps -o pid=,ppid=,sid= -e | awk -v p=$pid '$2 == p && $1 == $3 { print $1 }' | while read -r d; do
	# Process 1 is a session leader as well, but the payload's parent.
	[ -n "$(ps -o pid= --ppid "$d")" ] || echo "$d"
done)
[ -n "$daemon" ] || t_fail "no daemon found"
kill -KILL "$daemon"
status=0
wait $pid || status=$?
t_eq "$status" 125 "status when the daemon was killed"
t_said err "daemon of '$name' has ended (ENOTCONN)"
t_wait 15 gone || t_fail "processes are left"
t_status 7 "$UFS" discard "$name"

# A second signal ends what ignores the first.
"$R" -- sh -c "trap '' TERM INT; echo ready; while :; do sleep 0.1; done # mark-$name" >"$T/ready3" &
pid=$!
t_wait 15 grep -q ready "$T/ready3" || t_fail "the command did not start"
kill -TERM $pid
sleep 0.5
kill -0 $pid || t_fail "the first signal ended it"
kill -TERM $pid
status=0
wait $pid || status=$?
t_eq "$status" 137 "status after the second signal"
t_wait 15 gone || t_fail "processes are left"

# What the command leaves in the background ends with it.
t_status 0 "$R" -- sh -c "(setsid sleep 61 # mark-$name
) & echo started"
t_wait 5 gone || t_fail "a background process outlived its container"
t_eq "$(mounts)" 0 "mounts that reached the host"

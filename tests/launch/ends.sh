# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# timeout: 120
# However a launched command ends, ufs-run ends with its status, and afterwards
# nothing is left: no mount, process, cgroup or file.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir

# cgroups, mounts and what ufs-run keeps, before and after.
cgroups() {
	find /sys/fs/cgroup -type d -name '*ufs*' 2>/dev/null | sort
}
kept() {
	find "$HOME" /run/ufs /var/lib/ufs "/run/user/$(id -u)/ufs" \
		! -type d 2>/dev/null | sort
}
before=$(cgroups; kept; cut -d ' ' -f 5 /proc/self/mountinfo)

t_status 0 "$UFS_RUN" -- id
t_said out 'uid=0'
t_status 7 "$UFS_RUN" -- sh -c 'exit 7'
t_status 127 "$UFS_RUN" -- no-such-command-here
t_said err 'no-such-command-here'
t_status 127 "$UFS_RUN" -- /no/such/path
t_status 126 "$UFS_RUN" -- /etc/hostname
t_status 126 "$UFS_RUN" -- /tmp
t_status 137 "$UFS_RUN" -- sh -c 'kill -KILL $$'
t_status 143 "$UFS_RUN" -- sh -c 'kill -TERM $$'
t_status 125 "$UFS_RUN" --no-such-option -- true
t_said err 'no-such-option'
t_status 125 "$UFS_RUN" --lower "$T/none" -- true
t_said err "$T/none"

# Signals reach the application; it may end as it likes, or be ended.
for sig in TERM INT HUP; do
	"$UFS_RUN" -- sleep 60 &
	pid=$!
	sleep 1
	kill -$sig $pid
	status=0
	wait $pid || status=$?
	t_eq "$status" "$((128 + $(kill -l $sig 2>/dev/null || case $sig in
		HUP) echo 1 ;; INT) echo 2 ;; TERM) echo 15 ;; esac)))" "status after $sig"
done
"$UFS_RUN" -- sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done' >"$T/ready" &
pid=$!
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
kill -TERM $pid
status=0
wait $pid || status=$?
t_eq "$status" 9 "status of a command that handles SIGTERM"

# ufs-run itself is killed: all of it ends.
"$UFS_RUN" -- sh -c 'echo ready; sleep 61' >"$T/ready2" &
pid=$!
t_wait 15 grep -q ready "$T/ready2" || t_fail "the command did not start"
kill -KILL $pid
wait $pid 2>/dev/null || :

same() {
	"$UFS_RUN" -- true
	after=$(cgroups; kept; cut -d ' ' -f 5 /proc/self/mountinfo)
	[ "$before" = "$after" ]
}
t_wait 3 same || t_fail "left: $(printf '%s\n' "$after" | grep -vxF "$before")"

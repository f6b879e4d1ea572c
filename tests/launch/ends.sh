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
# Other tests mount and unmount in the directory of temporary files meanwhile.
mounts() {
	cut -d ' ' -f 5 /proc/self/mountinfo | grep -v '^/tmp/'
}
before=$(cgroups; kept; mounts)

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
# (A shell starts what it puts in the background with SIGINT ignored.)
for sig in TERM:15 INT:2 HUP:1; do
	env --default-signal "$UFS_RUN" -- sh -c 'echo ready; exec sleep 60' >"$T/ready.$sig" &
	pid=$!
	t_wait 15 grep -q ready "$T/ready.$sig" || t_fail "the command did not start"
	kill -"${sig%:*}" $pid
	status=0
	wait $pid || status=$?
	t_eq "$status" $((128 + ${sig#*:})) "status after SIG${sig%:*}"
done
env --default-signal "$UFS_RUN" -- sh -c 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done' >"$T/trap" &
pid=$!
t_wait 15 grep -q ready "$T/trap" || t_fail "the command did not start"
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
	after=$(cgroups; kept; mounts)
	[ "$before" = "$after" ]
}
t_wait 3 same || t_fail "left: $(printf '%s\n' "$after" | grep -vxF "$before")"

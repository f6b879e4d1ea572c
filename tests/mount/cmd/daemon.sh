# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# The parent returns when the mount stands and leaves no descriptor open; a dead
# daemon's entry goes; the registry is private.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
echo 1 >"$L1/1"
t_mounted "$M"

# A caller that reads our output to its end is not kept waiting by the daemon.
out=$(timeout 20 "$UFS" mount --upper "$UP" --lower "$L1" "$M" 2>&1 7>"$T/seven") ||
	t_fail "the mount did not return: $out"
t_eq "$(cat "$M/1")" 1 "right after the return"
pid=$(t_daemon "$M")
for fd in 0 1 2; do
	t_eq "$(readlink "/proc/$pid/fd/$fd")" /dev/null "descriptor $fd of the daemon"
done
for fd in /proc/"$pid"/fd/*; do
	case $(readlink "$fd") in
	"$T/seven") t_fail "the daemon keeps its caller's descriptor" ;;
	esac
done
t_eq "$(readlink "/proc/$pid/cwd")" / "the daemon's working directory"
t_eq "$(cut -d' ' -f6 "/proc/$pid/stat")" "$pid" "the daemon's session"

# Nobody else reads the registry.
if t_is_root; then
	run=/run/ufs
else
	run=$HOME/.local/share/ufs/run
	[ ! -d "/run/user/$(id -u)" ] || run=/run/user/$(id -u)/ufs
fi
t_eq "$(stat -c %a "$run")" 700 "mode of '$run'"
t_eq "$(stat -c %a "$run/mounts/$pid.json")" 600 "mode of the entry"

kill -9 "$pid"
t_wait 10 ended "$pid" || t_fail "the daemon is not dead"
"$UFS" status >/dev/null
[ ! -e "$run/mounts/$pid.json" ] || t_fail "the dead daemon's entry stays"
"$UFS" umount --lazy "$M"

# A failure is the daemon's own, told by the parent.
if "$UFS" mount --upper "$UP" --lower "$T/none" "$M" 2>"$T/err"; then
	t_fail "mounted without a branch"
fi
grep -q "branch 1 '$T/none'" "$T/err" || t_fail "$(cat "$T/err")"

# A caller without standard descriptors.
"$UFS" mount --upper "$UP" --lower "$L1" "$M" <&- >&- 2>&- || t_fail "not without descriptors"
pid=$(t_daemon "$M")
for fd in 0 1 2; do
	t_eq "$(readlink "/proc/$pid/fd/$fd")" /dev/null "descriptor $fd of the daemon"
done
t_umount

# Debugging stays in the foreground and tells every step.
"$UFS" mount -d --upper "$UP" --lower "$L1" "$M" >"$T/log" 2>&1 &
pid=$!
t_wait 10 t_is_mounted "$M" || t_fail "-d: not mounted"
t_eq "$(cat "$M/1")" 1 "-d"
touch "$M/x"
kill -TERM "$pid" || t_fail "-d did not stay"
status=0
wait "$pid" || status=$?
t_eq "$status" 0 "status after SIGTERM"
! t_is_mounted "$M" || t_fail "still mounted after SIGTERM"
[ -s "$T/log" ] || t_fail "-d told nothing"

# The daemon of a background job, where the shell has SIGINT ignored.
(trap '' INT HUP; "$UFS" mount --upper "$UP" --lower "$L1" "$M")
pid=$(t_daemon "$M")
kill -INT "$pid"
t_wait 10 ended "$pid" || t_fail "SIGINT is ignored"
! t_is_mounted "$M" || t_fail "still mounted after SIGINT"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# `ufs mount` is interrupted before the mount stands: what its daemon makes
# meanwhile goes again. mount(2) is slowed down for it.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"
t_need strace pgrep

t_branches
ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # it cannot work under strace
export ASAN_OPTIONS
strace -f -o "$T/trace" -e trace=mount -e inject=mount:delay_enter=2000000 \
	"$UFS" mount --upper "$UP" --lower "$L1" "$M" &
tracer=$!
t_mounted "$M"
t_wait 10 grep -q 'mount(' "$T/trace" || t_fail "mount(2) was not called"
parent=$(pgrep -P "$tracer" | head -n 1)
daemon=$(pgrep -P "$parent")
kill -TERM "$parent"
t_wait 10 ended "$parent" || t_fail "the parent goes on"
t_wait 20 ended "$daemon" || t_fail "the daemon goes on"
! wait "$tracer" || t_fail "status 0 for a mount that was interrupted"
! t_is_mounted "$M" || t_fail "mounted without anyone knowing"
[ ! -e "/run/ufs/mounts/$daemon.json" ] || t_fail "an entry stays"
t_mount --upper "$UP" --lower "$L1" "$M"

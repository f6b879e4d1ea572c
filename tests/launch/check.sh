# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# timeout: 120
# ufs check of a container: refused while it runs, then its own branch, work
# directory and lower branches.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
name=$(t_name)
mkdir -p "$T/low/etc" "$T/low/bin" "$T/low/srv"
cp /bin/busybox "$T/low/bin/" 2>/dev/null || t_skip "no static busybox"
for c in sh rm mv mkdir chmod sleep; do ln -s busybox "$T/low/bin/$c"; done
echo x >"$T/low/etc/one"
ln "$T/low/etc/one" "$T/low/etc/two"
echo x >"$T/low/srv/f"
chmod 755 "$T/low" "$T/low/etc" "$T/low/bin" "$T/low/srv"

"$UFS_RUN" --lower "$T/low" --name "$name" -- /bin/sh -c '
	echo y >>/etc/one && mv /srv /moved && chmod 600 /moved/f && mkdir /new &&
	echo ready; exec sleep 60' >"$T/ready" &
pid=$!
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
t_status 8 "$UFS" check "$name"
grep -q 'part of a mounted union.*(EBUSY)' "$T/err" || t_fail "$(cat "$T/err")"
kill -9 "$pid"
wait "$pid" || :
# The daemon ends by itself.
is_free() {
	st=0
	"$UFS" check "$name" >"$T/out" 2>"$T/err" || st=$?
	[ "$st" != 8 ]
}
t_wait 15 is_free || t_fail "the branch of a container that has ended stays busy"
t_status 0 "$UFS" check "$name"
t_eq "$(cat "$T/out")" "$name: clean" "the container's branch"
t_status 0 "$UFS" discard "$name"
t_status 8 "$UFS" check "$name"
grep -q 'no container' "$T/err" || t_fail "$(cat "$T/err")"

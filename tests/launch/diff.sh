# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# timeout: 120
# ufs diff of a container, running and ended: what it changed, and not what
# ufs-run needed for itself.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
name=$(t_name)
mkdir -p "$T/low/etc" "$T/low/bin"
cp /bin/busybox "$T/low/bin/" 2>/dev/null || t_skip "no static busybox"
for c in sh rm mkdir chown chmod touch sleep; do ln -s busybox "$T/low/bin/$c"; done
echo x >"$T/low/etc/old"
echo x >"$T/low/etc/gone"
chmod 755 "$T/low" "$T/low/etc" "$T/low/bin"

t_status 0 "$UFS_RUN" --lower "$T/low" --name "$name" -- /bin/sh -c '
	echo y >>/etc/old && rm /etc/gone && mkdir -p /srv/d && echo n >/srv/d/f &&
	chown 0:0 /srv/d/f && chmod 600 /srv/d/f'
t_status 0 "$UFS" diff "$name"
t_eq "$(cat "$T/out")" "C /etc
D /etc/gone
C /etc/old
A /srv
A /srv/d
A /srv/d/f" "the changes of the container"
t_status 0 "$UFS" diff "$name" /srv/d --name-only
t_eq "$(cat "$T/out")" "/srv/d
/srv/d/f" "beneath one path"
t_status 0 "$UFS" discard "$name"
t_status 7 "$UFS" diff "$name"

# Over the host's own root, and while it runs.
"$UFS_RUN" --name "$name" -- sh -c 'touch /etc/ufs-diff-test; echo ready; exec sleep 60' \
	>"$T/ready" &
pid=$!
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
t_status 0 "$UFS" diff "$name"
t_eq "$(cat "$T/out")" "C /etc
A /etc/ufs-diff-test" "the changes over the host's root"
kill -TERM $pid
wait $pid && t_fail "the command was not ended by SIGTERM"
t_status 0 "$UFS" discard "$name"

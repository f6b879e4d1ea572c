# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# The union over / crosses what is mounted beneath it: it is seen, writes to it
# are copied up, also over a read-only mount; kernel filesystems are empty; what
# is mounted later is not seen.
. "$srcdir/tests/lib/launch.sh"
t_tmpdir
[ -n "$T_USER" ] || t_skip "no test user (T_USER)"
mkdir "$T/sub" "$T/ro" "$T/kernel" "$T/late"
cat >"$T/inside" <<'END'
set -eu
cd "$1"
mount -t tmpfs none sub
echo lower >sub/file
chmod 666 sub/file
chmod 777 sub
mount -t tmpfs none ro
echo lower >ro/file
chmod 666 ro/file
mount -o remount,ro ro
mount -t proc none kernel
shift
"$@"
test "$(cat sub/file ro/file)" = "lower
lower"
test ! -e sub/new
END
cat >"$T/payload" <<'END'
set -eu
cd "$1"
test "$(cat sub/file)" = lower
echo upper >sub/file
echo new >sub/new
echo upper >ro/file
test "$(cat sub/file ro/file sub/new | tr '\n' ' ')" = "upper upper new "
test -z "$(ls -A kernel)"
test "$(stat -c %d sub)" = "$(stat -c %d /etc)"
mv sub/file sub/moved
rm -r sub
test ! -e sub
END
t_status 0 unshare --mount sh "$T/inside" "$T" "$UFS_RUN" -- sh "$T/payload" "$T"
# As a user: the same tree.
mkdir -m 700 "$T/data"
chown "$T_USER:" "$T/data"
t_status 0 unshare --mount sh "$T/inside" "$T" \
	setpriv --reuid "$T_USER" --regid "$T_USER" --init-groups \
	env -u XDG_RUNTIME_DIR XDG_DATA_HOME="$T/data" "$UFS_RUN" -- sh "$T/payload" "$T"

# A mount that is made while it runs stays outside.
mkfifo "$T/go"
"$UFS_RUN" -i -- sh -c 'echo ready; read -r x; ls -A "$1"; echo done' - "$T/late" <"$T/go" >"$T/seen" &
pid=$!
exec 9>"$T/go"
t_wait 15 grep -q ready "$T/seen" || t_fail "the command did not start"
mount -t tmpfs none "$T/late"
: >"$T/late/file"
echo >&9
exec 9>&-
wait $pid || :
umount "$T/late"
t_eq "$(tr '\n' ' ' <"$T/seen")" "ready done " "what was seen of a later mount"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: user
# A union mounted by hand inside `unshare -Urm`, over files of ids that the
# namespace does not map: they show as root's, can be changed, and keep owner
# and mode over a new mount.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's owners"
unshare -Urm true 2>/dev/null || t_skip "this host forbids user namespaces"

t_tmpdir
mkdir "$T/up" "$T/work" "$T/m"
cat >"$T/inside.sh" <<'END'
set -e
cd "$T"
start() { "$UFS" mount --upper up --work work --lower /etc m; }
start
[ "$(stat -c %u:%g m/passwd)" = 0:0 ]
echo "# more" >>m/passwd
chmod 4711 m/hostname
[ "$(stat -c %u:%g:%a m/hostname)" = 0:0:4711 ]
"$UFS" umount m
start
[ "$(stat -c %u:%g:%a m/hostname)" = 0:0:4711 ]
tail -n 1 m/passwd
"$UFS" umount m
END
export T UFS
t_eq "$(unshare -Urm sh "$T/inside.sh")" "# more" "what was written"
[ ! -u "$T/up/hostname" ] || t_fail "setuid was lent to a file of ours"

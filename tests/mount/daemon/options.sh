# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# Root's mounts: other users are let in, permissions are checked, setuid programs
# and devices work, unless told otherwise.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own options"

t_branches
echo a >"$L1/a"
cp "$(command -v id)" "$L1/id"
chmod 4755 "$L1/id"
echo closed >"$L1/closed"
chmod 600 "$L1/closed"
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}
t_union
t_eq "$(as_nobody cat "$M/a")" a "another user reads"
! as_nobody cat "$M/closed" 2>/dev/null || t_fail "another user read what is closed"
t_eq "$(as_nobody "$M/id" -u)" 0 "a setuid program"
t_umount
t_union -o nosuid,nodev,noexec
! "$M/id" 2>/dev/null || t_fail "noexec is not in force"
t_eq "$(findmnt -no OPTIONS "$M" | tr , '\n' | grep -c -x -e nosuid -e nodev -e noexec)" 3 \
	"options of the mount"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# rows: 51
# A user's union over files that the user may not read: they are listed and
# looked up; only their bytes are refused; what needs no bytes is done.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about a user's own mount"
[ -n "$T_USER" ] || t_skip "no test user (T_USER)"

t_branches
chown "$T_USER" "$T" "$UP" "$M"
mkdir "$L1/d" "$L1/closed"
echo secret >"$L1/d/secret"
echo public >"$L1/d/public"
: >"$L1/d/empty"
echo gone >"$L1/d/gone"
chmod 600 "$L1/d"/*
chmod 644 "$L1/d/public"
chmod 777 "$L1/d"
chmod 700 "$L1/closed"
t_watch "$L1"
t_user "$UFS" mount --upper "$UP" --lower "$L1" --lower "$L2" "$M"
t_mounted "$M"
t_user ls -l "$M/d" >"$T/ls" || t_fail "the directory cannot be listed"
t_eq "$(grep -c . "$T/ls")" 5 "lines of the listing"
t_eq "$(t_user cat "$M/d/public")" public "a file that may be read"
! t_user cat "$M/d/secret" 2>"$T/err" || t_fail "a secret was read"
grep -q 'Permission denied' "$T/err" || t_fail "reading a secret: $(cat "$T/err")"
! t_user ls "$M/closed" 2>"$T/err" || t_fail "a closed directory was listed"
grep -q 'Permission denied' "$T/err" || t_fail "listing: $(cat "$T/err")"
t_user rm -f "$M/d/gone" || t_fail "unlink of an unreadable file"
[ ! -e "$M/d/gone" ] || t_fail "the unlinked file is still there"
t_user "$UFS" umount "$M"

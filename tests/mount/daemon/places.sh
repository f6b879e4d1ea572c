# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 60
# Mountpoints in unusual places: inside a branch, over a branch itself, and a
# writable branch or a work directory inside a lower one. The daemon never waits
# for itself, and what is its own is hidden.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
mkdir -p "$L1/d" "$T/big/in" "$T/big/mnt/below" "$T/big/up" "$T/big/work" "$T/over"
echo 1 >"$L1/d/1"
echo x >"$T/big/in/x"
echo y >"$T/big/mnt/below/y"

# The mountpoint lies in the lower branch: it shows the directory beneath.
t_mount --upper "$UP" --lower "$T/big" "$T/big/mnt"
t_eq "$(timeout 10 cat "$T/big/mnt/in/x")" x "mounted inside its branch"
t_eq "$(timeout 10 cat "$T/big/mnt/mnt/below/y")" y "the directory beneath itself"
timeout 20 find "$T/big/mnt" >"$T/list" || t_fail "find through itself"
echo new >"$T/big/mnt/mnt/new"
t_eq "$(cat "$UP/mnt/new")" new "written beneath itself"
t_umount "$T/big/mnt"
[ ! -e "$T/big/mnt/new" ] || t_fail "the lower branch was written"

# Over one of its own branches, lower and then writable.
rm -rf "$UP"; mkdir "$UP"
t_mount --upper "$UP" --lower "$L1" "$L1"
t_eq "$(timeout 10 cat "$L1/d/1")" 1 "over its own lower branch"
echo changed >"$L1/d/1"
t_umount "$L1"
t_eq "$(cat "$L1/d/1")" 1 "the covered lower branch"
t_eq "$(cat "$UP/d/1")" changed "the writable branch"
t_mount --upper "$UP" --lower "$L1" "$UP"
t_eq "$(timeout 10 cat "$UP/d/1")" changed "over its own writable branch"
echo again >"$UP/d/2"
t_umount "$UP"
t_eq "$(cat "$UP/d/2")" again "what was written through it"

# A writable branch and a work directory inside the lower one are hidden.
t_mount --upper "$T/big/up" --work "$T/big/work" --lower "$T/big" "$M"
t_eq "$(ls "$M" | tr '\n' ' ')" "in mnt " "what is the union's own is hidden"
echo z >"$M/in/z"
t_eq "$(cat "$T/big/up/in/z")" z "written to the branch inside"
[ ! -e "$M/up" ] || t_fail "the writable branch is seen"
t_umount

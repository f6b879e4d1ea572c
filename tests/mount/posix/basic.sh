# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Files and directories of one branch or another: read, write, append,
# truncate, change, remove; what is done lands in the writable branch only.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/d/e" "$L2/d" "$L2/only2/deep"
echo one >"$L1/d/one"
echo two >"$L2/d/two"
echo low >"$L2/d/one"
printf 0123456789 >"$L2/digits"
printf 0123456789 >"$L1/cut"
echo gone >"$L1/gone"
ln -s d/one "$L2/link"
t_union

t_eq "$(cat "$M/d/one")" one "the upper of two lower branches wins"
t_eq "$(cat "$M/d/two")" two "a directory is merged"
t_eq "$(cat "$M/link")" one "a symlink is followed inside the union"
t_eq "$(find "$UP" -mindepth 1 ! -path '*/.wh.*' | wc -l)" 0 "reading copies nothing"

echo new >"$M/d/new"
t_eq "$(cat "$UP/d/new")" new "a new file is on the writable branch"
echo more >>"$M/d/two"
t_eq "$(cat "$M/d/two")" "two
more" "append to a lower file"
t_eq "$(cat "$L2/d/two")" two "the lower file is as it was"
printf ab | dd of="$M/digits" bs=1 seek=4 conv=notrunc status=none
t_eq "$(cat "$M/digits")" 0123ab6789 "write into the middle of a lower file"
truncate -s 3 "$M/cut"
t_eq "$(cat "$M/cut")" 012 "a lower file cut short"
: >"$M/d/one"
t_eq "$(stat -c %s "$M/d/one")" 0 "a lower file emptied with O_TRUNC"

mkdir "$M/only2/deep/made"
echo x >"$M/only2/deep/made/x"
t_eq "$(cat "$UP/only2/deep/made/x")" x "parents are made on the writable branch"
rm "$M/gone"
[ ! -e "$M/gone" ] || t_fail "an unlinked lower file is still there"
[ -e "$L1/gone" ] || t_fail "unlink reached the lower branch"
t_eq "$(ls "$M")" "cut
d
digits
link
only2" "the listing"

t_remount
t_eq "$(cat "$M/digits")" 0123ab6789 "after a new mount: data"
[ ! -e "$M/gone" ] || t_fail "after a new mount the unlinked file is back"
t_eq "$(stat -c %s "$M/d/one")" 0 "after a new mount: the emptied file"

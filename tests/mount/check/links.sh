# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Records of files with several names that do not fit what is there.
# shellcheck disable=SC2086
. "$srcdir/tests/lib/check.sh"

t_branches
mkdir "$L1/d" "$L1/e"
echo a >"$L1/a"
ln "$L1/a" "$L1/d/b"
ln "$L1/a" "$L1/d/c"
ln "$L1/a" "$L1/e/z"
t_union
echo new >>"$M/a"
mv "$M/e" "$M/moved"
t_umount
W=$UP/.wh..wh.ufs
L="--lower $L1 --lower $L2"
ino=$(stat -c %i "$L1/a")
copy=$(stat -c %i "$UP/a")

count() {
	t_union
	t_eq "$(stat -c %h "$M/d/c")" "$1" "names that the union counts"
	t_eq "$(cat "$M/d/c")" "a
new" "the file by a name of the lower branch"
	t_umount
}
count 4

# Covered by another program: a whiteout, an entry, a whole directory.
mkdir "$UP/d"
: >"$UP/d/.wh.b"
finds "/.wh..wh.ufs/links: of the 4 names of file $ino below 2 are covered, not 1 (fault)" $L
count 3
rm "$UP/d/.wh.b"
finds "/.wh..wh.ufs/links: of the 4 names of file $ino below 1 are covered, not 2 (fault)" $L
echo other >"$UP/moved/z"
finds "/.wh..wh.ufs/links: of the 4 names of file $ino below 2 are covered, not 1 (fault)" $L
rm "$UP/moved/z"
finds "/.wh..wh.ufs/links: of the 4 names of file $ino below 1 are covered, not 2 (fault)" $L
count 4

# The name in links/ is gone: it is given back.
rm "$W/links/"*
finds "/.wh..wh.ufs/links: the copy of a file with several names, number $copy, is not there (fault)" $L
count 4
rm -r "$W/links"
finds "/.wh..wh.ufs/links: the copy of a file with several names, number $copy, is not there (fault)" $L
count 4

# Another file has it.
name=$(ls "$W/links")
rm "$W/links/$name"
echo wrong >"$UP/w"
ln "$UP/w" "$W/links/$name"
finds "/.wh..wh.ufs/links/$name: is another file than its record says (fault)
/.wh..wh.ufs/links: the copy of a file with several names, number $copy, is not there (fault)" $L
rm "$UP/w"
count 4

# All of the copy is gone: its names are those of the lower file again.
rm "$UP/a" "$W/links/$name"
run_check 4 $L
run_check 1 --fix $L
run_check 0 --fix $L
t_union
t_eq "$(cat "$M/d/c")" "a" "the file below"
t_umount

# The last name went, and a crash came before the rest.
rm -r "$UP"
mkdir "$UP"
t_union
echo new >>"$M/a"
t_umount
: >"$UP/.wh.a"
mkdir "$UP/d" "$UP/e"
: >"$UP/d/.wh.b"
: >"$UP/d/.wh.c"
: >"$UP/e/.wh.z"
rm "$UP/a"
run_check 1 --fix $L
run_check 1 --fix $L
run_check 0 --fix $L
t_eq "$(ls "$W/links")" "" "what is in links/"

# What was the writable branch is a lower one: its records say what its files are.
rm -r "$UP"
mkdir "$UP"
t_union
echo new >>"$M/a"
t_umount
mv "$UP" "$T/mid"
mkdir "$UP"
t_mount --upper "$UP" --lower "$T/mid" --lower "$L1" "$M"
echo more >>"$M/d/b"
rm "$M/a"
t_eq "$(stat -c %h "$M/e/z")" 3 "names over two branches"
changes=$("$UFS" diff "$M")
t_umount
t_eq "$changes" "D /a
C /d
C /d/b
C /d/c
C /e
C /e/z" "what the third branch changes"
run_check 0 --lower "$T/mid" --lower "$L1"
t_eq "$(cat "$T/out")" "clean" "the third branch"

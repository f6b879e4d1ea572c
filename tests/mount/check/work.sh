# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# What a crash leaves in the work directory, inside the branch or beside it.
. "$srcdir/tests/lib/check.sh"

t_branches
echo a >"$L1/a"
ln "$L1/a" "$L1/b"
ln "$L1/a" "$L1/c"
echo s >"$L1/single"
long=$(printf 'n%.0s' $(seq 255))
mkdir "$L1/d"
echo x >"$L1/d/$long"

# spoil WORK: what is in flight, cut off, or gone.
spoil() {
	echo x >"$1/tmp/t1"
	mkdir -p "$1/tmp/t2/deep"
	ln -s / "$1/tmp/t3"
	echo x >"$1/records.new"
	printf 'torn' >>"$1/records"
	ln "$UP/a" "$1/links/0.7fffffff"
	echo dear >"$1/links/other"
}

# spoiled NAME: how it is told.
spoiled() {
	echo "$1/tmp/t1: was in flight when a daemon ended (fault)
$1/tmp/t2: was in flight when a daemon ended (fault)
$1/tmp/t3: was in flight when a daemon ended (fault)
$1/records.new: left of a rewriting of the records (fault)
$1/records: torn at its end (fault)
$1/links/0.7fffffff: has no record (fault)
!$1/links/other: has no record and is the only name of its file (fault)"
}

# use: a copied-up file of several names, one of one, a name hidden by a record.
use() {
	echo new >>"$M/a"
	echo new >>"$M/single"
	rm "$M/d/$long"
}

t_union
use
before=$(view)
t_umount
spoil "$UP/.wh..wh.ufs"
finds "$(spoiled /.wh..wh.ufs)" --lower "$L1" --lower "$L2"
[ "$(cat "$UP/.wh..wh.ufs/links/other")" = dear ] || t_fail "the only name of a file is gone"
rm "$UP/.wh..wh.ufs/links/other"
t_union
t_eq "$(view)" "$before" "the view"
t_umount

# Records of what is gone.
rm "$UP/single"
rmdir "$UP/d"
run_check 0 --lower "$L1"
grep -q '^/.wh..wh.ufs/records: records of 2 objects that are not there any more (note)$' \
	"$T/out" || t_fail "dead records: $(cat "$T/out")"
size=$(stat -c %s "$UP/.wh..wh.ufs/records")
run_check 0 --fix --lower "$L1"
grep -q '(note), mended$' "$T/out" || t_fail "dead records: $(cat "$T/out")"
[ "$(stat -c %s "$UP/.wh..wh.ufs/records")" -lt "$size" ] || t_fail "the log did not shrink"
run_check 0 --lower "$L1"
t_eq "$(cat "$T/out")" "clean" "after dead records"

# A log that is none of ours.
echo "something else altogether" >"$UP/.wh..wh.ufs/records"
ln -s / "$UP/.wh..wh.ufs/tmp/x"
run_check 4
grep -q 'records: no log of this program (fault)$' "$T/out" || t_fail "$(cat "$T/out")"
run_check 1 --fix
[ -f "$UP/.wh..wh.ufs/records.foreign" ] || t_fail "the foreign log is not kept"
rm -r "$UP/.wh..wh.ufs" "$UP/a"

# A work directory beside the branch.
mkdir "$WORK"
t_union --work "$WORK"
use
before=$(view)
t_umount
spoil "$WORK"
finds "$(spoiled "$WORK")" --lower "$L1" --lower "$L2" --work "$WORK"
rm "$WORK/links/other"
t_union --work "$WORK"
t_eq "$(view)" "$before" "the view with a work directory beside"
t_umount
run_check 0 --work "$WORK" --lower "$L1" --lower "$L2"

# A branch without one is a branch, too.
rm -r "$UP" "$WORK"
mkdir "$UP" "$UP/d"
run_check 0 --lower "$L1" --lower "$L2"
run_check 0 --fix --lower "$L1" --lower "$L2"
t_eq "$(ls -A "$UP")" d "nothing is made in a branch that was not mounted"

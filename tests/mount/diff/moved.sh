# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Renamed directories, files with several names and names too long for a whiteout in
# ufs diff: of a mounted union, of its branch afterwards, with the work directory in
# the branch or beside it.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/d/in" "$L2/d/two" "$L2/k"
echo x >"$L1/d/f"
echo x >"$L1/d/in/g"
echo x >"$L2/d/two/h"
echo x >"$L1/many"
ln "$L1/many" "$L1/d/name"
ln "$L1/many" "$L1/name"
echo x >"$L2/k/i"
long=$(printf 'n%.0s' $(seq 255))
echo x >"$L2/$long"
mkdir "$WORK"
want="D /d
A /e
A /e/f
A /e/in
A /e/in/g
A /e/in/new
A /e/k
A /e/k/i
A /e/name
A /e/two
A /e/two/h
D /k
C /many
C /name
D /$long"

use() {
	mv "$M/d" "$M/e"
	mv "$M/k" "$M/e/k"
	echo new >"$M/e/in/new"
	echo more >>"$M/many"
	rm "$M/$long"
}

for work in "" "--work $WORK"; do
	# shellcheck disable=SC2086
	t_union $work
	use
	t_eq "$("$UFS" diff "$M")" "$want" "of the union ($work)"
	t_eq "$("$UFS" diff "$M" /e/in)" "A /e/in
A /e/in/g
A /e/in/new" "of one path ($work)"
	t_umount
	# shellcheck disable=SC2086
	t_eq "$("$UFS" diff "$UP" --lower "$L1" --lower "$L2" $work)" "$want" \
		"of the branch ($work)"
	rm -r "$UP"
	mkdir "$UP"
done

got=0
"$UFS" diff ./x --work "$WORK" 2>"$T/err" || got=$?
t_eq "$got" 2 "--work without --lower"
grep -q "goes with '--lower'" "$T/err" || t_fail "$(cat "$T/err")"

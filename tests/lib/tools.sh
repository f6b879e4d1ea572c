# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/mount/tools: the same work is done on a plain directory and on
# a union of the same content, and both must end the same way.
. "$srcdir/tests/lib/mount.sh"

# Fill $L1 and $L2 first. Makes $PLAIN, an ordinary directory with what the union
# shows, and mounts the union on $M.
t_twins() {
	PLAIN=$T/plain
	mkdir "$PLAIN"
	cp -a "$L2/." "$PLAIN/"
	cp -a --remove-destination "$L1/." "$PLAIN/"
	t_union "$@"
}

# t_both FUNCTION: call it in $PLAIN and in $M (as $1: a word for its own files)
# and compare its outputs and statuses.
t_both() {
	for t_where in plain union; do
		t_dir=$PLAIN
		[ $t_where = plain ] || t_dir=$M
		t_st=0
		(cd "$t_dir" && "$1" $t_where) >"$T/out.$t_where" 2>&1 || t_st=$?
		echo "status $t_st" >>"$T/out.$t_where"
	done
	if ! cmp -s "$T/out.plain" "$T/out.union"; then
		diff "$T/out.plain" "$T/out.union" | head -n 40 >&2
		t_fail "'$1' says another thing on the union (<: plain, >: union)"
	fi
	if ! tail -n 1 "$T/out.plain" | grep -qx 'status 0'; then
		tail -n 20 "$T/out.plain" >&2
		t_fail "'$1' fails on a plain directory too"
	fi
}

# t_same_trees [--skip=PATTERN…]: names, data, modes, owners, links, xattrs.
t_same_trees() {
	python3 "$srcdir/tests/lib/treehash.py" --data "$@" "$PLAIN" >"$T/tree.plain"
	python3 "$srcdir/tests/lib/treehash.py" --data "$@" "$M" >"$T/tree.union"
	cmp -s "$T/tree.plain" "$T/tree.union" && return 0
	diff "$T/tree.plain" "$T/tree.union" | cut -c 1-200 | head -n 40 >&2
	t_fail "the trees differ (<: plain, >: union)"
}

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# Layer upon layer: what was the writable branch becomes a lower one with its
# whiteouts and opaque directories, and random operations go on above it. After
# each layer the tree is that of a plain directory, as it is after a new mount.
. "$srcdir/tests/lib/tools.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about stacks of ufs's own branches"

export FUZZ_LINKS=0
LAYERS=${FUZZ_LAYERS:-6}
seed=${FUZZ_SEED:-1}
t_branches
top=$T
for format in aufs overlay; do
	dir=$top/$format PLAIN=$top/$format/plain
	mkdir "$dir" "$PLAIN"
	set --
	n=1
	while [ $n -le "$LAYERS" ]; do
		up=$dir/up$n
		mkdir "$up" "$dir/work$n"
		t_mount -o format=$format --work "$dir/work$n" --upper "$up" "$@" "$M"
		FUZZ_SEED=$((seed * 100 + n)) FUZZ_ROUNDS=${FUZZ_ROUNDS:-1500} \
			python3 "$srcdir/tests/lib/fuzz.py" "$PLAIN" >"$T/out" ||
			{ cat "$T/out"; t_fail "$format, layer $n"; }
		t_same_trees
		t_umount
		t_mount -o format=$format --work "$dir/work$n" --upper "$up" "$@" "$M"
		t_same_trees
		t_umount
		[ $n = 1 ] || [ "$(t_hash "$dir/up$((n - 1))")" = "$hash" ] ||
			t_fail "$format: layer $((n - 1)) was changed"
		hash=$(t_hash "$up")
		set -- --lower "$up" "$@"
		n=$((n + 1))
	done
done

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 180
# Random trees and operations: renamed directories, files with several names, names
# too long for a whiteout. Afterwards the branch is clean, the next mount shows the
# same, and ufs diff tells the difference to what lies below. The second time the
# daemon is killed in the middle: what is found is mended.
. "$srcdir/tests/lib/check.sh"

fuzz() {
	python3 "$srcdir/tests/lib/checkfuzz.py" "$@"
}

# Nothing but notes.
clean() {
	# shellcheck disable=SC2086
	run_check 0 $WORKS --lower "$L1" --lower "$L2"
}

mount_it() {
	# shellcheck disable=SC2086
	"$UFS" mount $FORMAT $WORKS --upper "$UP" --lower "$L1" --lower "$L2" "$M"
}

# Every third one in the other format.
round() {
	rm -rf "$L1" "$L2" "$UP" "$WORK"
	mkdir "$L1" "$L2" "$UP" "$WORK"
	FORMAT='' WORKS=''
	[ $(($1 % 3)) != 0 ] || FORMAT="-o format=overlay" WORKS="--work $WORK"
	fuzz make "$1" "$L1" "$L2"
	"$UFS" mount --lower "$L1" --lower "$L2" "$M"
	fuzz show "$M" >"$T/base"
	t_umount
	mount_it
}

t_branches
t_mounted "$M"
seed=${T_SEED:-1}
end=$((seed + ${T_ROUNDS:-12}))
while [ "$seed" -lt "$end" ]; do
	echo "seed $seed"
	round "$seed"
	for again in 1 2; do
		fuzz work "$seed.$again" "$M"
		fuzz show "$M" >"$T/now"
		"$UFS" diff "$M" >"$T/changes"
		fuzz diff "$T/base" "$T/now" "$T/changes" || t_fail "ufs diff is not right"
		t_umount
		clean
		mount_it
		fuzz show "$M" >"$T/then"
		cmp -s "$T/now" "$T/then" || t_fail "another view after the mount:
$(diff "$T/now" "$T/then" | cut -c 1-200)"
	done

	pid=$(t_daemon "$M")
	fuzz work "$seed.3" "$M" &
	sleep "0.0$((seed % 10))"
	kill -9 "$pid"
	wait $! || t_fail "the operations ended badly"
	t_force_umount "$M"
	st=0
	# A mount alone sweeps, too.
	if [ $((seed % 2)) = 0 ]; then
		mount_it
		t_umount
		clean
	fi
	# shellcheck disable=SC2086
	"$UFS" check --fix $WORKS --lower "$L1" --lower "$L2" "$UP" >"$T/out" || st=$?
	[ "$st" -lt 2 ] || t_fail "not all was mended: $(cat "$T/out")"
	clean
	mount_it
	fuzz show "$M" >"$T/now"
	"$UFS" diff "$M" >"$T/changes"
	fuzz diff "$T/base" "$T/now" "$T/changes" || t_fail "ufs diff is not right"
	t_umount
	seed=$((seed + 1))
done

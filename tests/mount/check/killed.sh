# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 180
# ufs check --fix is killed in front of each of its changes: what shows is what
# showed, and another --fix finishes it.
. "$srcdir/tests/lib/check.sh"
t_need strace
ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # it cannot work under strace
export ASAN_OPTIONS

CALLS="unlinkat renameat2 linkat mkdirat pwrite64 ftruncate removexattr"
t_branches
mkdir -p "$L1/d/in" "$L1/opq" "$L1/r" "$L1/e"
echo x >"$L1/hid"
echo x >"$L1/opq/f"
echo x >"$L1/r/f"
echo a >"$L1/a"
ln "$L1/a" "$L1/d/b"
ln "$L1/a" "$L1/d/c"

# The branch anew, with all kinds of things in it that can be mended.
ready() {
	rm -rf "$UP"
	mkdir "$UP"
	"$UFS" mount --upper "$UP" --lower "$L1" --lower "$L2" "$M"
	echo new >>"$M/a"
	mv "$M/e" "$M/moved"
	chmod 600 "$M/d/in"
	touch -d 2001-01-01 "$M/hid" "$M/d"
	t_umount
	rm "$UP/hid"
	rmdir "$UP/d/in"
	W=$UP/.wh..wh.ufs
	mkdir "$UP/.wh.hid" "$UP/opq" "$UP/opq/.wh..wh..opq" "$UP/r" "$UP/out"
	set_redirect "$UP/r" /no/where
	set_redirect "$UP/out" ../../etc
	: >"$UP/d/.wh.b"
	rm -r "$W/links"
	echo x >"$W/tmp/t1"
	mkdir -p "$W/tmp/t2/deep"
	echo x >"$W/records.new"
	printf 'torn' >>"$W/records"
}

# What a union over the branch shows, but for what is to change: how many names
# the file has, and that d/c leads to the copy again.
sorted_view() {
	"$UFS" mount -o ro --upper "$UP" --lower "$L1" --lower "$L2" "$M" 2>/dev/null
	view | sed "/^'d\/c'/d; s/ [0-9]* *\$//"
	t_umount
}
t_mounted "$M"

for call in $CALLS; do
	n=1
	while :; do
		ready
		before=$(sorted_view)
		st=0
		strace -o "$T/trace" -e trace="$call" -e inject="$call:signal=SIGKILL:when=$n" \
			"$UFS" check --fix --lower "$L1" --lower "$L2" "$UP" >"$T/out" 2>&1 || st=$?
		if [ "$st" -lt 128 ]; then
			[ "$st" = 1 ] || t_fail "status $st without a kill: $(cat "$T/out")"
			break
		fi
		t_eq "$(sorted_view)" "$before" "the view after a kill at $call $n"
		st=0
		"$UFS" check --fix --lower "$L1" --lower "$L2" "$UP" >"$T/out" || st=$?
		[ "$st" -lt 2 ] || t_fail "killed at $call $n, then: $(cat "$T/out")"
		run_check 0 --fix --lower "$L1" --lower "$L2"
		! grep -q '(fault)' "$T/out" || t_fail "killed at $call $n: $(cat "$T/out")"
		n=$((n + 1))
	done
	echo "$call: $((n - 1)) kills"
done

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# A branch that a union was done with is clean, whatever was done on it; while it
# is mounted it is refused.
. "$srcdir/tests/lib/check.sh"

t_branches
mkdir -p "$L1/d/sub" "$L2/d/sub" "$L2/e" "$L2/gone/x"
echo a >"$L1/a"
ln "$L1/a" "$L1/d/b"
ln "$L1/a" "$L1/d/c"
ln "$L1/a" "$L1/d/sub/z"
echo 2 >"$L2/d/sub/two"
echo f >"$L2/e/f"
long=$(printf 'n%.0s' $(seq 255))
echo long >"$L2/$long"
echo long >"$L2/e/$long"
t_union

st=0
"$UFS" check "$UP" >"$T/out" 2>"$T/err" || st=$?
t_eq "$st" 8 "status for a branch in use"
[ ! -s "$T/out" ] || t_fail "it says something of a branch in use"
grep -q "mounted on '$M'.*(EBUSY)" "$T/err" || t_fail "$(cat "$T/err")"
grep -q "hint: .*ufs umount $M" "$T/err" || t_fail "no hint: $(cat "$T/err")"
st=0
"$UFS" check --fix "$M" 2>"$T/err" || st=$?
t_eq "$st" 8 "status for a mountpoint"

echo more >>"$M/a"
rm "$M/d/b"
mv "$M/d" "$M/moved"
mv "$M/moved/sub" "$M/sub"
mv "$M/e" "$M/d"
rm "$M/d/$long" "$M/$long"
rm -r "$M/gone"
mkdir "$M/gone"
echo x >"$M/gone/y"
ln "$M/sub/z" "$M/gone/z"
chmod 600 "$M/moved/c"
echo tmp >"$M/tmp"
rm "$M/tmp"
t_umount

run_check 0
t_eq "$(cat "$T/out")" "clean; not compared with what lies below (no --lower)" "alone"
before=$(python3 "$srcdir/tests/lib/treehash.py" --data "$UP")
run_check 0 --lower "$L1" --lower "$L2"
t_eq "$(cat "$T/out")" "clean" "with what lies below"
run_check 0 --fix --lower "$L1" --lower "$L2"
t_eq "$(cat "$T/out")" "clean" "with --fix"
t_eq "$(python3 "$srcdir/tests/lib/treehash.py" --data "$UP")" "$before" \
	"the branch after a --fix of nothing"

"$UFS" check --json --lower "$L1" --lower "$L2" "$UP" >"$T/json"
python3 - "$T/json" "$UP" <<'END' || t_fail "the JSON is not right"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "ufs.check/1", d
b, = d["branches"]
assert b == {"branch": sys.argv[2], "findings": [], "faults": 0, "mended": 0,
             "notes": 0, "compared": True}, b
END

# refused STATUS PATTERN ARGS…
refused() {
	want=$1 pattern=$2 got=0
	shift 2
	"$UFS" check "$@" >"$T/out" 2>"$T/err" || got=$?
	t_eq "$got" "$want" "status of ufs check $*"
	grep -q "^ufs: .*$pattern" "$T/err" || t_fail "ufs check $*: $(cat "$T/err")"
	t_eq "$(grep -c '^ufs: ' "$T/err")" 1 "messages of ufs check $*"
}
refused 16 "which branch"
refused 16 "unknown option" --fxi "$UP"
refused 16 "unknown format" --format zfs "$UP"
refused 16 "goes with one branch" --work "$T" "$UP" "$L1"
refused 16 "is a container" --lower "$L1" name
refused 8 "no container" no-such-container
refused 8 "(ENOENT)" "$T/none"
refused 8 "(ENOENT)" --lower "$T/none" "$UP"
refused 8 "(ENOENT)" --work "$T/none" "$UP"
# The others are checked all the same.
refused 8 "(ENOENT)" "$T/none" "$UP"
grep -q "^$UP: clean" "$T/out" || t_fail "the second branch was not checked"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Directories that a check may not read, or that something is mounted on, are told,
# and no record is taken for dead because of them.
. "$srcdir/tests/lib/check.sh"

t_branches
mkdir "$L1/d" "$L1/e"
echo x >"$L1/d/f"
echo x >"$L1/e/f"
t_union
echo new >>"$M/d/f"
echo new >>"$M/e/f"
t_umount
mkdir "$UP/e/.wh.wrong"

if t_is_root; then
	mount -t tmpfs none "$UP/d"
	t_mounted "$UP/d"
	touch "$UP/d/.wh..wh.plnk"
	what="/d: something is mounted on it: not looked into (note)"
	errors=0
else
	chmod 0 "$UP/d"
	what="/d: may not be read: not looked into (note)"
	errors=8
fi
st=0
"$UFS" check --fix --lower "$L1" --lower "$L2" "$UP" >"$T/out" 2>"$T/err" || st=$?
t_eq "$st" "$((errors + 1))" "status"
t_eq "$(sed "s|^$UP: ||" "$T/out")" "$what
/e/.wh.wrong: a whiteout of a wrong type (fault), mended
/e/.wh.wrong: a whiteout for a name that nothing below has (note)
1 fault, 1 mended, 2 notes" "what is found"
[ $errors = 0 ] || grep -q "1 directory could not be looked into (EACCES)" "$T/err" ||
	t_fail "$(cat "$T/err")"
if t_is_root; then
	umount "$UP/d"
else
	chmod 755 "$UP/d"
fi
rm "$UP/e/.wh.wrong"
run_check 0 --lower "$L1" --lower "$L2"
t_eq "$(cat "$T/out")" "clean" "the branch when all can be read"

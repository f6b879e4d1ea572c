# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# What ufs diff is asked for wrongly, it says in one shape and with the right
# status.
. "$srcdir/tests/lib/mount.sh"

t_branches
# refused STATUS PATTERN ARGS…
refused() {
	want=$1 pattern=$2
	shift 2
	got=0
	"$UFS" diff "$@" >"$T/out" 2>"$T/err" || got=$?
	t_eq "$got" "$want" "status of ufs diff $*"
	[ ! -s "$T/out" ] || t_fail "ufs diff $* wrote to standard output"
	grep -q "^ufs: .*$pattern" "$T/err" || t_fail "ufs diff $*: $(cat "$T/err")"
	t_eq "$(grep -c '^ufs: ' "$T/err")" 1 "messages of ufs diff $*"
}

refused 2 "Name a container"
refused 2 "not supported yet" "$UP" --lower "$L1" --patch
refused 2 "unknown option" "$UP" --lwoer "$L1"
refused 2 "exclude each other" "$UP" --lower "$L1" --json --name-only
refused 2 "is a container" name --lower "$L1"
refused 7 "no-such-container" no-such-container
refused 7 "(ENOENT)" "$T/none"
refused 7 "no union" "$UP"
grep -q "hint: .*--lower" "$T/err" || t_fail "no hint at --lower"
refused 7 "lower branch '$T/none'" "$UP" --lower "$T/none"
refused 7 "branch '$T/none'" "$T/none" --lower "$L1"

# A union without a writable branch changes nothing that could be shown.
t_mount --lower "$L1" --lower "$L2" "$M"
refused 1 "no writable branch" "$M"
t_umount "$M"

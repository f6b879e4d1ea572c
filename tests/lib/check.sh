# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by tests/mount/check: what ufs check says of $UP, and that it changes
# nothing unless it is asked to.
. "$srcdir/tests/lib/mount.sh"

# run_check STATUS ARGS…: its output in $T/out, without the branch before it.
run_check() {
	c_want=$1 c_got=0
	shift
	"$UFS" check "$@" "$UP" >"$T/out.raw" 2>"$T/err" || c_got=$?
	c_up=$(printf %s "$UP" | sed 's/[.[\*^$/]/\\&/g')
	sed "s/^$c_up: //" "$T/out.raw" >"$T/out"
	[ ! -s "$T/err" ] || t_fail "ufs check $* says: $(cat "$T/err")"
	[ "$c_got" = "$c_want" ] ||
		t_fail "ufs check $*: status $c_got, not $c_want: $(cat "$T/out")"
}

# finds FINDINGS ARGS…: those, "PATH: what (fault)" one a line, in any order. They
# are found without a change, then mended but for notes and lines marked with "!",
# and then those alone are left.
finds() {
	c_all=$1
	shift
	printf '%s\n' "$c_all" | sed 's/^!//' | sort >"$T/want"
	c_before=$(t_hash "$UP")
	c_status=0
	! grep -q '(fault)$' "$T/want" || c_status=4
	run_check $c_status "$@"
	sed '$d' "$T/out" | sort >"$T/got"
	cmp -s "$T/want" "$T/got" || t_fail "found is other than wanted:
$(diff "$T/want" "$T/got")"
	t_eq "$(t_hash "$UP")" "$c_before" "the branch after a check without --fix"

	c_status=0
	! printf '%s\n' "$c_all" | grep -q '^!.*(fault)$' || c_status=4
	! printf '%s\n' "$c_all" | grep -q '^[^!].*(fault)$' || c_status=$((c_status + 1))
	run_check $c_status --fix "$@"
	printf '%s\n' "$c_all" | sed '/^!/!s/(fault)$/(fault), mended/; s/^!//' |
		sort >"$T/want"
	sed '$d' "$T/out" | sort >"$T/got"
	cmp -s "$T/want" "$T/got" || t_fail "mended is other than wanted:
$(diff "$T/want" "$T/got")"

	c_status=0
	! printf '%s\n' "$c_all" | grep -q '^!.*(fault)$' || c_status=4
	run_check $c_status --fix "$@"
	! grep -q ', mended$' "$T/out" || t_fail "mended twice: $(cat "$T/out")"
}

# What a union shows: names, data, modes, owners, links; no times.
view() {
	python3 "$srcdir/tests/lib/treehash.py" --data "$M"
}

# set_redirect DIR TO: in the namespace of who runs this.
set_redirect() {
	python3 - "$@" <<'END'
import os, sys
ns = "trusted" if os.geteuid() == 0 else "user"
os.setxattr(sys.argv[1], ns + ".ufs.redirect", os.fsencode(sys.argv[2]))
END
}

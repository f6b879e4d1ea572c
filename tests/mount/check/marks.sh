# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Marks and redirects that are wrong are found and mended, the view being what it
# was; those that say nothing are noted.
. "$srcdir/tests/lib/check.sh"

t_branches
mkdir -p "$L1/d/in" "$L1/opq" "$L1/r" "$L1/deep/er" "$L1/there" "$L2/d"
echo x >"$L1/hid"
echo x >"$L1/full"
echo x >"$L1/both"
echo x >"$L1/d/f"
echo x >"$L1/opq/f"
echo x >"$L1/r/f"
echo x >"$L1/there/f"
mkdir "$UP/.wh.hid" "$UP/.wh.full" "$UP/d" "$UP/opq" "$UP/opq/.wh..wh..opq" "$UP/opq/kept"
echo in >"$UP/.wh.full/in"
: >"$UP/.wh.both"
echo up >"$UP/both"
: >"$UP/d/.wh.nothing"
ln -s /etc "$UP/d/.wh.f"
: >"$UP/.wh..wh.plnk"
# Renamed ones: a good redirect, one in an opaque directory, and bad ones.
mkdir "$UP/good" "$UP/opq/moved" "$UP/r" "$UP/out" "$UP/odd" "$UP/lost"
set_redirect "$UP/good" /there
set_redirect "$UP/opq/moved" /deep
set_redirect "$UP/r" /no/where
set_redirect "$UP/out" ../../etc
set_redirect "$UP/odd" a//b
set_redirect "$UP/lost" gone
ln -s . "$UP/loop"
want="/.wh.hid: a whiteout of a wrong type (fault)
!/.wh.full: a whiteout of a wrong type, a directory with something in it (fault)
/.wh.both: a whiteout beside the entry, which wins (note)
/d/.wh.nothing: a whiteout for a name that nothing below has (note)
/d/.wh.f: a whiteout of a wrong type (fault)
/opq/.wh..wh..opq: an opaque mark of a wrong type (fault)
/.wh..wh.plnk: housekeeping that is not ours (note)
/r: its redirect leads to nothing: /no/where (fault)
/lost: its redirect leads to nothing: gone (fault)
/out: its redirect leads outside and is ignored: ../../etc (fault)
/odd: its redirect is no path and is ignored: a//b (fault)"
want="$want
$(python3 - "$UP" <<'END'
import os, stat, sys
try:
    os.mknod(sys.argv[1] + "/char", 0o600 | stat.S_IFCHR, 0)
except PermissionError:
    sys.exit()
print("/char: a mark of format overlay, which says nothing in a branch of format aufs (note)")
END
)"
want=$(printf '%s\n' "$want" | sed '/^$/d')

t_union
before=$(view)
t_umount
"$UFS" check "$UP" >"$T/out" || :
! grep -q 'leads to nothing\|nothing below' "$T/out" ||
	t_fail "without --lower it knows what lies below"
grep -q '^.*; not compared' "$T/out" || t_fail "it does not say what was not looked at"

# What a check finds of a wrong type is only told; with --fix its emptiness counts.
printf '%s\n' "$want" | sed 's/^!//; s/, a directory with something in it//' | sort >"$T/want"
hash=$(t_hash "$UP")
run_check 4 --lower "$L1" --lower "$L2"
sed '$d' "$T/out" | sort >"$T/got"
cmp -s "$T/want" "$T/got" || t_fail "$(diff "$T/want" "$T/got")"
t_eq "$(t_hash "$UP")" "$hash" "the branch after a check without --fix"
run_check 5 --fix --lower "$L1" --lower "$L2"
printf '%s\n' "$want" | sed '/^!/!s/(fault)$/(fault), mended/; s/^!//' | sort >"$T/want"
sed '$d' "$T/out" | sort >"$T/got"
cmp -s "$T/want" "$T/got" || t_fail "$(diff "$T/want" "$T/got")"
t_eq "$(tail -n 1 "$T/out" | sed 's/, [0-9]* notes$//')" "8 faults, 7 mended" "the sum"
run_check 4 --fix --lower "$L1" --lower "$L2"
[ -f "$UP/.wh.hid" ] || t_fail "the whiteout that was a directory is no file"
[ -e "$UP/.wh.full/in" ] || t_fail "what was in a wrong whiteout is gone"
t_union
t_eq "$(view)" "$before" "the view"
[ -e "$M/good/f" ] || t_fail "a good redirect is gone"
[ -d "$M/opq/moved/er" ] || t_fail "a good redirect in an opaque directory is gone"
[ ! -e "$M/r/f" ] || t_fail "what a bad redirect hid shows"
t_umount

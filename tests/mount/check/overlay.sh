# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# A branch in overlayfs's format: what is wrong there, and that marks of the other
# format are noted in either.
. "$srcdir/tests/lib/check.sh"

set_xattr() {
	python3 - "$@" <<'END'
import os, sys
ns = "trusted" if os.geteuid() == 0 else "user"
os.setxattr(sys.argv[1], ns + "." + sys.argv[2], os.fsencode(sys.argv[3]))
END
}

t_branches
mkdir "$WORK"
mkdir -p "$L1/d/in" "$L1/e" "$L1/r" "$L2/e"
echo x >"$L1/d/f"
echo x >"$L1/gone"
echo a >"$L1/a"
ln "$L1/a" "$L1/b"
t_union -o format=overlay --work "$WORK"
mv "$M/d" "$M/moved"
rm "$M/gone"
rm -r "$M/e"
mkdir "$M/e"
echo new >>"$M/a"
t_umount
L="--lower $L1 --lower $L2 --work $WORK"
# shellcheck disable=SC2086
run_check 0 $L
t_eq "$(cat "$T/out")" "clean" "a branch of format overlay"

mkdir "$UP/odd" "$UP/r" "$UP/out"
set_xattr "$UP/odd" overlay.opaque no
set_xattr "$UP/r" overlay.redirect /no/where
set_xattr "$UP/out" overlay.redirect ../etc
set_xattr "$UP/out" ufs.redirect /moved
: >"$UP/.wh.x"
python3 -c 'import os, stat, sys; os.mknod(sys.argv[1], 0o600 | stat.S_IFCHR, 0)' "$UP/none"
t_union -o format=overlay --work "$WORK"
before=$(view)
t_umount
# shellcheck disable=SC2086
finds "/odd: an opaque mark of a wrong value (fault)
/r: its redirect leads to nothing: /no/where (fault)
/out: its redirect leads outside and is ignored: ../etc (fault)
/out: a redirect of format aufs, which says nothing in a branch of format overlay (note)
/none: a whiteout for a name that nothing below has (note)
/.wh.x: a mark of format aufs, which says nothing in a branch of format overlay (note)" $L
t_union -o format=overlay --work "$WORK"
t_eq "$(view)" "$before" "the view"
t_umount

# The same marks in a branch of the other format.
rm -r "$UP"
mkdir "$UP" "$UP/e"
set_xattr "$UP/e" overlay.opaque y
finds "/e: an opaque mark of format overlay, which says nothing in a branch of format aufs (note)" \
	--lower "$L1" --lower "$L2"
run_check 0 --format overlay --lower "$L1" --lower "$L2"
t_eq "$(cat "$T/out")" "clean" "the same branch taken for one of format overlay"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 32 33
# Names that the branch format keeps for itself: not listed, not found, not made.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own formats"

t_branches
mkdir "$L1/d" "$L2/d"
echo a >"$L2/d/a"
echo b >"$L2/d/b"
echo both >"$L1/d/both"
: >"$L1/d/.wh.a"
: >"$L1/d/.wh.both"
t_union
t_py <<'END'
from ufstest import *

@case
def a_whiteout_in_a_lower_branch_counts():
    eq(sorted(os.listdir(m("d"))), ["b", "both"])
    eq(err(os.stat, m("d/a")), "ENOENT")

@case
def a_name_beside_its_own_whiteout_is_there():
    eq(get(m("d/both")), b"both\n")

@case
def reserved_names_are_not_found():
    for n in (".wh.a", ".wh.new", ".wh..wh..opq", ".wh..wh.ufs"):
        eq(err(os.lstat, m("d", n)), "ENOENT", n)
    eq(err(os.lstat, m(".wh..wh.ufs")), "ENOENT")
    assert not [n for n in os.listdir(M) if n.startswith(".wh.")]

@case
def reserved_names_are_not_made():
    put(m("src"), b"s")
    for n in (".wh.x", ".wh..wh..opq", ".wh..wh.plnk"):
        p = m("d", n)
        eq(err(os.open, p, os.O_CREAT | os.O_WRONLY), "EPERM", "create " + n)
        eq(err(os.mkdir, p), "EPERM", "mkdir " + n)
        eq(err(os.symlink, "x", p), "EPERM", "symlink " + n)
        eq(err(os.mkfifo, p), "EPERM", "mkfifo " + n)
        eq(err(os.link, m("src"), p), "EPERM", "link " + n)
        eq(err(os.rename, m("src"), p), "EPERM", "rename " + n)
    eq(get(m("src")), b"s")

@case
def a_deleted_name_leaves_a_whiteout_on_the_writable_branch():
    os.unlink(m("d/b"))
    assert os.path.lexists(os.path.join(UP, "d/.wh.b")), os.listdir(os.path.join(UP, "d"))

run()
END

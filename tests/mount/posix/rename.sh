# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 6 7 9
# rename(2) with all flags, over lower, upper and merged names.
. "$srcdir/tests/lib/mount.sh"

t_branches
for f in a b c d e f g h i j k l x1 x2 over; do echo $f >"$L1/$f"; done
echo low >"$L2/over"
mkdir -p "$L1/full" "$L1/lowdir" "$L2/lowdir" "$L2/empty" "$L2/merged" "$UP/merged"
echo 1 >"$L1/full/1"
echo 2 >"$L2/lowdir/2"
t_union
t_py <<'END'
from ufstest import *
import ctypes, subprocess
libc = ctypes.CDLL(None, use_errno=True)
NOREPLACE, EXCHANGE, WHITEOUT = 1, 2, 4

def rename2(a, b, flags):
    if libc.renameat2(-100, a.encode(), -100, b.encode(), flags) == 0:
        return "OK"
    return errno.errorcode[ctypes.get_errno()]

@case
def a_lower_file_moves_and_its_old_name_is_gone():
    os.rename(m("a"), m("a2"))
    eq(err(os.stat, m("a")), "ENOENT")
    eq(get(m("a2")), b"a\n")
    assert "a" not in os.listdir(M) and "a2" in os.listdir(M)

@case
def over_a_lower_file():
    os.rename(m("b"), m("c"))
    eq(get(m("c")), b"b\n")
    eq(err(os.stat, m("b")), "ENOENT")

@case
def an_upper_file_over_a_lower_one():
    put(m("new"), b"new")
    os.rename(m("new"), m("d"))
    eq(get(m("d")), b"new")
    os.unlink(m("d"))
    eq(err(os.stat, m("d")), "ENOENT", "the lower one must not come back")

@case
def to_a_name_that_was_deleted():
    os.unlink(m("e"))
    os.rename(m("f"), m("e"))
    eq(get(m("e")), b"f\n")

@case
def back_again():
    os.rename(m("g"), m("g2"))
    os.rename(m("g2"), m("g"))
    eq(get(m("g")), b"g\n")
    eq(err(os.stat, m("g2")), "ENOENT")

@case
def the_matrix_of_errors():
    eq(err(os.rename, m("h"), m("full")), "EISDIR")
    os.mkdir(m("up"))
    eq(err(os.rename, m("up"), m("h")), "ENOTDIR")
    eq(err(os.rename, m("up"), m("full")), "ENOTEMPTY")
    eq(err(os.rename, m("none"), m("h")), "ENOENT")
    eq(err(os.rename, m("up"), m("up/below")), "EINVAL")
    eq(err(os.rename, m("h"), m("none/h")), "ENOENT")
    eq(err(os.rename, m("h"), m("h")), "OK")
    eq(get(m("h")), b"h\n")

@case
def a_directory_of_the_writable_branch_moves():
    os.makedirs(m("new1/sub"))
    put(m("new1/sub/f"), b"deep")
    os.rename(m("new1"), m("new2"))
    eq(get(m("new2/sub/f")), b"deep")
    eq(err(os.stat, m("new1")), "ENOENT")
    os.rename(m("new2"), m("full/new3"))
    eq(get(m("full/new3/sub/f")), b"deep")

@case
def over_an_empty_lower_directory():
    os.mkdir(m("dir1"))
    put(m("dir1/in"), b"in")
    os.rename(m("dir1"), m("empty"))
    eq(os.listdir(m("empty")), ["in"])

@case
def a_directory_with_a_lower_part_moves():
    ino = os.stat(m("lowdir")).st_ino
    got = err(os.rename, m("lowdir"), m("lowdir2"))
    if BACKEND == "ufs":
        eq(got, "OK")
        eq(os.stat(m("lowdir2")).st_ino, ino)
    if got == "EXDEV":
        subprocess.run(["mv", m("lowdir"), m("lowdir2")], check=True)
    eq(get(m("lowdir2/2")), b"2\n")
    eq(err(os.stat, m("lowdir")), "ENOENT")
    os.mkdir(m("lowdir"))
    eq(os.listdir(m("lowdir")), [])

@case
def noreplace():
    eq(rename2(m("i"), m("j"), NOREPLACE), "EEXIST")
    eq(get(m("j")), b"j\n")
    os.unlink(m("j"))
    eq(rename2(m("i"), m("j"), NOREPLACE), "OK")
    eq(get(m("j")), b"i\n")

@case
def exchange_of_two_lower_files():
    got = rename2(m("x1"), m("x2"), EXCHANGE)
    eq(got, "OK")
    eq((get(m("x1")), get(m("x2"))), (b"x2\n", b"x1\n"))
    assert {"x1", "x2"} <= set(os.listdir(M))
    eq(rename2(m("x1"), m("nowhere"), EXCHANGE), "ENOENT")

@case
def a_user_does_not_make_whiteouts():
    if BACKEND == "ufs":
        eq(rename2(m("k"), m("k2"), WHITEOUT), "EINVAL")
        eq(get(m("k")), b"k\n")

@case
def an_open_file_follows_its_rename():
    fd = os.open(m("l"), os.O_RDWR)
    os.rename(m("l"), m("l2"))
    os.write(fd, b"L")
    eq(get(m("l2")), b"L\n")
    os.close(fd)

run()
END
t_remount
t_eq "$(cat "$M/a2")" a "after a new mount"
t_eq "$(cat "$M/x1")" x2 "after a new mount"
[ ! -e "$M/a" ] || t_fail "a is back after a new mount"
[ ! -e "$M/d" ] || t_fail "d is back after a new mount"

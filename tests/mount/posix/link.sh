# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Symbolic and hard links, and inode numbers within one mount.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/d" "$L2/d"
for f in a b c plain; do echo $f >"$L1/$f"; done
echo two >"$L2/d/two"
echo twin >"$L1/twin1"
ln "$L1/twin1" "$L1/twin2"
ln -s "$(printf 'x%.0s' $(seq 1000))" "$L2/long"
t_union
t_py <<'END'
import subprocess
from ufstest import *

@case
def link_of_a_lower_file_copies_up_and_shares():
    before = os.stat(m("a"))
    os.link(m("a"), m("a2"))
    st, st2 = os.stat(m("a")), os.stat(m("a2"))
    eq(st.st_ino, st2.st_ino, "inode of both names")
    eq(st.st_ino, before.st_ino, "inode over the copy-up")
    eq((st.st_nlink, st2.st_nlink), (2, 2))
    with open(m("a2"), "ab") as f:
        f.write(b"more")
    eq(get(m("a")), b"a\nmore")

@case
def unlink_of_one_name_leaves_the_other():
    os.link(m("b"), m("d/b2"))
    os.unlink(m("b"))
    eq(err(os.stat, m("b")), "ENOENT")
    eq(get(m("d/b2")), b"b\n")
    eq(os.stat(m("d/b2")).st_nlink, 1)

@case
def a_hundred_names():
    put(m("many"), b"m")
    for i in range(100):
        os.link(m("many"), m(f"many.{i}"))
    eq(os.stat(m("many")).st_nlink, 101)
    for i in range(100):
        os.unlink(m(f"many.{i}"))
    eq(os.stat(m("many")).st_nlink, 1)

@case
def lower_twins_stay_together_when_one_is_written():
    before = os.stat(m("twin1"))
    eq(before.st_ino, os.stat(m("twin2")).st_ino, "numbers before")
    with open(m("twin2"), "rb") as reader:
        with open(m("twin1"), "ab") as f:
            f.write(b"more")
        eq(reader.read(), b"twin\nmore")
    st = os.stat(m("twin2"))
    eq((st.st_ino, st.st_nlink), (before.st_ino, 2))
    os.unlink(m("twin1"))
    eq(os.stat(m("twin2")).st_nlink, 1)
    eq(get(m("twin2")), b"twin\nmore")

@case
def a_further_name_may_come_to_be_another_file():
    put(m("first"), b"old")
    os.link(m("first"), m("further"))
    with open(m("first"), "rb") as f:
        os.unlink(m("further"))
        put(m("further"), b"new and longer")
        os.unlink(m("first"))
        eq(f.read(), b"old")
        eq(os.fstat(f.fileno()).st_nlink, 0)
        eq(os.fstat(f.fileno()).st_size, 3)
    eq(get(m("further")), b"new and longer")
    os.unlink(m("further"))
    eq(err(os.stat, m("further")), "ENOENT")

@case
def errors_of_link():
    eq(err(os.link, m("c"), m("plain")), "EEXIST")
    eq(err(os.link, m("none"), m("x")), "ENOENT")
    eq(err(os.link, m("d"), m("x")), "EPERM")
    eq(err(os.link, m("c"), m("plain/x")), "ENOTDIR")

@case
def symlinks():
    eq(os.readlink(m("long")), "x" * 1000)
    os.symlink("d/two", m("s"))
    eq(get(m("s")), b"two\n")
    eq(err(os.symlink, "x", m("s")), "EEXIST")
    os.unlink(m("s"))
    eq(err(os.lstat, m("s")), "ENOENT")
    os.symlink("s1", m("s1"))
    eq(err(open, m("s1")), "ELOOP")

@case
def a_symlink_of_a_branch_does_not_lead_out_of_the_view():
    os.symlink("/etc", m("out"))
    eq(os.path.realpath(m("out")), "/etc")
    eq(os.readlink(m("out")), "/etc")

@case
def d_ino_is_st_ino_and_both_stay():
    names = {e.name: e.inode() for e in os.scandir(M)}
    for n, ino in names.items():
        eq(os.lstat(m(n)).st_ino, ino, n)
    inos = {n: os.lstat(m(n)).st_ino for n in names}
    with open(m("plain"), "ab") as f:
        f.write(b"x")
    os.rename(m("plain"), m("moved"))
    eq(os.stat(m("moved")).st_ino, inos["plain"], "over copy-up and rename")
    os.chmod(m("d"), 0o700)
    eq(os.stat(m("d")).st_ino, inos["d"], "a directory over its copy-up")
    eq(len({os.lstat(m(n)).st_dev for n in os.listdir(M)}), 1, "one st_dev")

run()
END

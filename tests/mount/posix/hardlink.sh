# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 10 11 12
# Hard links of a lower branch stay linked: what is written through one name is
# read through the others, the number and the count are right at every moment,
# in this mount and in the next.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "overlayfs does this with an option"

t_branches
mkdir -p "$L1/d" "$L2/d" "$L2/e"
for f in write meta unlink copied link one later mv; do
	echo "$f" >"$L1/$f.a"
	ln "$L1/$f.a" "$L1/$f.b"
	ln "$L1/$f.a" "$L1/d/$f.c"
done
echo two >"$L2/e/x"
ln "$L2/e/x" "$L2/e/y"
ln -s nowhere "$L1/sym.a"
ln "$L1/sym.a" "$L1/sym.b"
mkfifo "$L1/fifo.a"
ln "$L1/fifo.a" "$L1/fifo.b"
t_union
cat >"$T/links.py" <<'END'
from ufstest import *

def same(*names):
    """All are one file with as many links as it has names."""
    sts = [os.lstat(m(n)) for n in names]
    eq(len({(s.st_dev, s.st_ino) for s in sts}), 1, f"inodes of {names}")
    eq([s.st_nlink for s in sts], [len(names)] * len(names), f"st_nlink of {names}")
END
export PYTHONPATH="$T:$PYTHONPATH"
t_py <<'END'
from links import *
import stat

@case
def what_is_written_through_one_name_is_read_through_the_others():
    ino = os.stat(m("write.a")).st_ino
    same("write.a", "write.b", "d/write.c")
    fd = os.open(m("write.b"), os.O_RDONLY)
    with open(m("write.a"), "ab") as f:
        f.write(b"more")
    for n in ("write.a", "write.b", "d/write.c"):
        eq(get(m(n)), b"write\nmore", n)
    eq(os.pread(fd, 20, 0), b"write\nmore", "a descriptor from before")
    os.close(fd)
    same("write.a", "write.b", "d/write.c")
    eq(os.stat(m("d/write.c")).st_ino, ino, "the number over the copy-up")
    with open(m("d/write.c"), "wb") as f:
        f.write(b"all new")
    eq((get(m("write.a")), get(m("write.b"))), (b"all new",) * 2)

@case
def attributes_are_shared():
    os.chmod(m("meta.a"), 0o600)
    os.utime(m("d/meta.c"), ns=(5, 7))
    for n in ("meta.a", "meta.b", "d/meta.c"):
        st = os.stat(m(n))
        eq((stat.S_IMODE(st.st_mode), st.st_mtime_ns), (0o600, 7), n)
    same("meta.a", "meta.b", "d/meta.c")

@case
def unlink_takes_one_off_the_count():
    """Before any copy-up, and after one."""
    os.unlink(m("unlink.a"))
    same("unlink.b", "d/unlink.c")
    eq(get(m("unlink.b")), b"unlink\n")
    with open(m("copied.a"), "ab") as f:
        f.write(b"!")
    os.unlink(m("copied.b"))
    same("copied.a", "d/copied.c")
    os.unlink(m("copied.a"))
    same("d/copied.c")
    eq(get(m("d/copied.c")), b"copied\n!")
    fd = os.open(m("d/copied.c"), os.O_RDONLY)
    os.unlink(m("d/copied.c"))
    eq(os.fstat(fd).st_nlink, 0)
    eq(os.pread(fd, 20, 0), b"copied\n!")
    os.close(fd)

@case
def a_new_link_to_a_lower_one():
    os.link(m("link.b"), m("link.new"))
    same("link.a", "link.b", "d/link.c", "link.new")
    with open(m("link.new"), "ab") as f:
        f.write(b"!")
    eq(get(m("d/link.c")), b"link\n!")

@case
def a_single_name_of_a_group_is_renamed():
    os.rename(m("one.b"), m("d/one.moved"))
    same("one.a", "d/one.moved", "d/one.c")
    with open(m("d/one.moved"), "ab") as f:
        f.write(b"!")
    eq(get(m("one.a")), b"one\n!")
    os.rename(m("mv.a"), m("mv.b"))  # two names of one file: nothing is done
    same("mv.a", "mv.b", "d/mv.c")

@case
def links_of_one_directory_of_another_branch():
    same("e/x", "e/y")
    with open(m("e/x"), "wb") as f:
        f.write(b"2")
    eq(get(m("e/y")), b"2")
    same("e/x", "e/y")

@case
def symbolic_links_and_fifos_have_names_too():
    os.chmod(m("fifo.a"), 0o600)
    eq(stat.S_IMODE(os.lstat(m("fifo.b")).st_mode), 0o600)
    same("fifo.a", "fifo.b")
    os.utime(m("sym.a"), ns=(5, 7), follow_symlinks=False)
    eq(os.lstat(m("sym.b")).st_mtime_ns, 7)
    same("sym.a", "sym.b")

run()
END
t_remount
t_py <<'END'
from links import *

@case
def groups_are_groups_after_a_new_mount():
    same("write.a", "write.b", "d/write.c")
    same("meta.a", "meta.b", "d/meta.c")
    same("unlink.b", "d/unlink.c")
    same("link.a", "link.b", "d/link.c", "link.new")
    same("one.a", "d/one.moved", "d/one.c")
    same("later.a", "later.b", "d/later.c")
    same("e/x", "e/y")
    same("sym.a", "sym.b")
    same("fifo.a", "fifo.b")

@case
def a_name_that_was_not_touched_before_follows():
    with open(m("d/write.c"), "ab") as f:
        f.write(b" again")
    eq((get(m("write.a")), get(m("write.b"))), (b"all new again",) * 2)
    with open(m("later.b"), "ab") as f:
        f.write(b"!")
    eq((get(m("later.a")), get(m("d/later.c"))), (b"later\n!",) * 2)
    os.unlink(m("write.a"))
    same("write.b", "d/write.c")

run()
END

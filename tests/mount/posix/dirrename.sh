# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 5 8
# Directories of lower and of several branches are renamed as on a plain one:
# with all that is in them, without a copy of it, across parents, onto
# whiteouts, exchanged, again and again, and still so after a new mount. With
# redirect=off mv(1) has to copy.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "overlayfs does this with an option"

t_branches
for d in low merged over empty swap1 swap2 chain deep/a/b/c parent1/child parent2 later full; do
	mkdir -p "$L2/$d"
	echo "$d" >"$L2/$d/f2"
done
rm "$L2/empty/f2"
for d in merged swap1 chain deep/a/b; do
	mkdir -p "$L1/$d"
	echo "$d" >"$L1/$d/f1"
done
echo file >"$L1/file"
head -c 5000000 /dev/zero | tr '\0' b >"$L2/low/big"
ln -s f2 "$L2/low/link"
mkdir -p "$UP/merged"
echo up >"$UP/merged/fu"
t_union
cat >"$T/tree.py" <<'END'
from ufstest import *

def tree(p):
    """What a directory holds: names, and data of files."""
    out = {}
    for top, dirs, files in os.walk(p):
        rel = os.path.relpath(top, p)
        for n in dirs:
            out[os.path.normpath(os.path.join(rel, n))] = "dir"
        for n in files:
            f = os.path.join(top, n)
            out[os.path.normpath(os.path.join(rel, n))] = \
                "-> " + os.readlink(f) if os.path.islink(f) else get(f)
    return out

def bytes_on(branch):
    return sum(os.lstat(os.path.join(t, f)).st_blocks * 512
               for t, _, fs in os.walk(branch) for f in fs)
END
export PYTHONPATH="$T:$PYTHONPATH"
t_py <<'END'
from tree import *
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
NOREPLACE, EXCHANGE = 1, 2

def rename2(a, b, flags):
    if libc.renameat2(-100, a.encode(), -100, b.encode(), flags) == 0:
        return "OK"
    return errno.errorcode[ctypes.get_errno()]

@case
def a_lower_directory_moves_with_all_that_is_in_it():
    was, ino, used = tree(m("low")), os.stat(m("low")).st_ino, bytes_on(UP)
    os.rename(m("low"), m("moved"))
    eq(err(os.stat, m("low")), "ENOENT")
    eq(tree(m("moved")), was)
    eq(os.stat(m("moved")).st_ino, ino)
    assert "moved" in os.listdir(M) and "low" not in os.listdir(M)
    assert bytes_on(UP) - used < 1 << 20, "its files were copied"

@case
def a_merged_directory_moves():
    was = tree(m("merged"))
    eq(sorted(was), ["f1", "f2", "fu"])
    os.rename(m("merged"), m("merged2"))
    eq(tree(m("merged2")), was)
    eq(err(os.stat, m("merged")), "ENOENT")

@case
def what_is_changed_in_it_stays_with_it():
    put(m("moved/new"), b"new")
    with open(m("moved/f2"), "ab") as f:
        f.write(b"more")
    os.unlink(m("moved/link"))
    os.chmod(m("moved"), 0o711)
    eq(sorted(os.listdir(m("moved"))), ["big", "f2", "new"])
    eq(get(m("moved/f2")), b"low\nmore")

@case
def the_old_name_is_free():
    os.mkdir(m("low"))
    eq(os.listdir(m("low")), [])
    put(m("low/own"), b"own")
    put(m("merged"), b"a file")
    eq(get(m("merged")), b"a file")
    assert "own" not in os.listdir(m("moved"))

@case
def across_parents_and_with_a_parent_that_moves_too():
    was = tree(m("parent1/child"))
    os.rename(m("parent1/child"), m("parent2/child"))
    eq(tree(m("parent2/child")), was)
    os.rename(m("parent2"), m("parent1/inner"))
    eq(tree(m("parent1/inner/child")), was)
    eq(os.listdir(m("parent1")), ["inner"])
    fd = os.open(m("parent1/inner/child"), os.O_RDONLY)
    os.rename(m("parent1"), m("parent3"))
    eq(sorted(os.listdir(fd)), sorted(was))
    eq(os.stat("f2", dir_fd=fd).st_ino, os.stat(m("parent3/inner/child/f2")).st_ino)
    os.close(fd)

@case
def again_and_again_and_back():
    was = tree(m("chain"))
    name = "chain"
    for i in range(12):
        os.rename(m(name), m(f"chain{i}"))
        name = f"chain{i}"
        eq(tree(m(name)), was, f"after {i + 1} renames")
    os.rename(m(name), m("chain"))
    eq(tree(m("chain")), was)
    assert not [n for n in os.listdir(M) if n.startswith("chain") and n != "chain"]

@case
def a_directory_in_a_renamed_one():
    was = tree(m("deep/a/b"))
    os.rename(m("deep"), m("deeper"))
    os.rename(m("deeper/a/b"), m("deeper/b2"))
    eq(tree(m("deeper/b2")), was)
    eq(os.listdir(m("deeper/a")), [])
    os.rename(m("deeper/b2/c"), m("c"))
    eq(tree(m("c")), {"f2": b"deep/a/b/c\n"})
    os.rmdir(m("deeper/a"))

@case
def onto_whiteouts_and_empty_directories():
    was = tree(m("over"))
    os.unlink(m("later/f2"))
    os.rmdir(m("later"))
    os.rename(m("over"), m("later"))
    eq(tree(m("later")), was)
    os.rename(m("later"), m("empty"))
    eq(tree(m("empty")), was)
    eq(err(os.stat, m("later")), "ENOENT")
    eq(err(os.rename, m("empty"), m("full")), "ENOTEMPTY")
    eq(err(os.rename, m("empty"), m("file")), "ENOTDIR")
    eq(err(os.rename, m("file"), m("empty")), "EISDIR")
    eq(err(os.rename, m("empty"), m("empty/below")), "EINVAL")
    eq(rename2(m("empty"), m("full"), NOREPLACE), "EEXIST")
    eq(rename2(m("empty"), m("later"), NOREPLACE), "OK")
    eq(tree(m("later")), was)

@case
def two_lower_directories_are_exchanged():
    one, two = tree(m("swap1")), tree(m("swap2"))
    inos = os.stat(m("swap1")).st_ino, os.stat(m("swap2")).st_ino
    eq(rename2(m("swap1"), m("swap2"), EXCHANGE), "OK")
    eq((tree(m("swap2")), tree(m("swap1"))), (one, two))
    eq((os.stat(m("swap2")).st_ino, os.stat(m("swap1")).st_ino), inos)
    eq(rename2(m("swap1"), m("file"), EXCHANGE), "OK")
    eq(get(m("swap1")), b"file\n")
    eq(tree(m("file")), two)
    assert {"swap1", "swap2", "file"} <= set(os.listdir(M))

run()
END
python3 "$srcdir/tests/lib/treehash.py" --data "$M" >"$T/before"
t_remount
python3 "$srcdir/tests/lib/treehash.py" --data "$M" >"$T/after"
cmp -s "$T/before" "$T/after" || {
	diff "$T/before" "$T/after" | cut -c 1-200 | head -n 20 >&2
	t_fail "another tree after a new mount"
}
t_py <<'END'
from tree import *

@case
def a_renamed_directory_is_renamed_after_a_new_mount():
    was = tree(m("moved"))
    os.rename(m("moved"), m("moved/../again"))
    eq(tree(m("again")), was)
    eq(err(os.stat, m("moved")), "ENOENT")
    import shutil
    shutil.rmtree(m("again"))
    eq(err(os.stat, m("again")), "ENOENT")
    os.mkdir(m("again"))
    eq(os.listdir(m("again")), [])

run()
END
t_umount
rm -rf "$UP"
mkdir "$UP"
t_union -o redirect=off
t_py <<'END'
from tree import *
import subprocess

@case
def with_redirect_off_it_is_exdev_and_mv_copies():
    was = tree(m("merged"))
    eq(err(os.rename, m("merged"), m("merged2")), "EXDEV")
    eq(tree(m("merged")), was)
    subprocess.run(["mv", m("merged"), m("merged2")], check=True)
    eq(tree(m("merged2")), was)
    eq(err(os.stat, m("merged")), "ENOENT")
    os.mkdir(m("pure"))
    put(m("pure/f"), b"f")
    os.rename(m("pure"), m("pure2"))
    eq(tree(m("pure2")), {"f": b"f"})

run()
END

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 1 2
# Names that were deleted, and directories made where one was: what lies below
# never shines through, not after a new mount either.
. "$srcdir/tests/lib/mount.sh"

t_branches
for d in merged gone full again deep/one type; do mkdir -p "$L1/$d" "$L2/$d"; done
mkdir -p "$UP/merged" "$L2/nothing"
echo 1 >"$L1/merged/1"
echo 2 >"$L2/merged/2"
echo f >"$L2/full/f"
echo x >"$L1/again/x"
echo y >"$L2/again/y"
echo z >"$L2/deep/one/z"
echo t >"$L2/type/t"
echo file >"$L1/file"
t_union
t_py <<'END'
from ufstest import *

@case
def rmdir_of_a_merged_directory_that_was_emptied():
    eq(err(os.rmdir, m("merged")), "ENOTEMPTY")
    os.unlink(m("merged/1"))
    eq(err(os.rmdir, m("merged")), "ENOTEMPTY")
    os.unlink(m("merged/2"))
    eq(os.listdir(m("merged")), [])
    os.rmdir(m("merged"))
    eq(err(os.stat, m("merged")), "ENOENT")

@case
def rmdir_of_lower_directories():
    eq(err(os.rmdir, m("full")), "ENOTEMPTY")
    os.rmdir(m("gone"))
    eq(err(os.stat, m("gone")), "ENOENT")
    eq(err(os.rmdir, m("gone")), "ENOENT")
    os.rmdir(m("nothing"))
    assert not {"gone", "nothing"} & set(os.listdir(M))

@case
def mkdir_where_a_lower_directory_was_is_empty():
    for n in ("x", "y"):
        os.unlink(m("again", n))
    os.rmdir(m("again"))
    os.mkdir(m("again"))
    eq(os.listdir(m("again")), [])
    put(m("again/new"), b"new")
    os.mkdir(m("again/sub"))
    eq(sorted(os.listdir(m("again"))), ["new", "sub"])
    eq(err(os.stat, m("again/x")), "ENOENT")

@case
def a_file_where_a_directory_was_and_the_other_way():
    os.unlink(m("type/t"))
    os.rmdir(m("type"))
    put(m("type"), b"now a file")
    eq(get(m("type")), b"now a file")
    os.unlink(m("file"))
    os.mkdir(m("file"))
    eq(os.listdir(m("file")), [])
    os.rmdir(m("file"))
    put(m("file"), b"again")
    eq(get(m("file")), b"again")

@case
def create_delete_create():
    for i in range(5):
        put(m("deep/one/z"), str(i))
        eq(get(m("deep/one/z")), str(i).encode())
        os.unlink(m("deep/one/z"))
        eq(err(os.stat, m("deep/one/z")), "ENOENT")
    eq(os.listdir(m("deep/one")), [])

@case
def errors():
    eq(err(os.mkdir, m("full")), "EEXIST")
    eq(err(os.open, m("full/f"), os.O_CREAT | os.O_EXCL | os.O_WRONLY), "EEXIST")
    assert err(os.unlink, m("full")) == "EISDIR"
    eq(err(os.rmdir, m("full/f")), "ENOTDIR")
    eq(err(os.stat, m("full/f/x")), "ENOTDIR")

run()
END
t_remount
t_py <<'END'
from ufstest import *

@case
def a_new_mount_shows_the_same():
    eq(sorted(os.listdir(M)), ["again", "deep", "file", "full", "type"])
    eq(sorted(os.listdir(m("again"))), ["new", "sub"])
    eq(os.listdir(m("again/sub")), [])
    eq(os.listdir(m("deep/one")), [])
    eq(get(m("type")), b"now a file")
    eq(get(m("file")), b"again")

run()
END

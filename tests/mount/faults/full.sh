# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 120
# A small ext4 as the writable branch, filled to the last byte: writing says so at
# the write, what lies below shows as before, and deleting still works, where
# the branch has the directory and, out of a reserve, where it has not.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own reserve"
t_need mkfs.ext4

t_branches
truncate -s 64M "$T/img"
mkfs.ext4 -q -m 0 "$T/img"
mkdir "$T/fs"
mount -o loop "$T/img" "$T/fs" || t_skip "no loop device"
t_mounted "$T/fs"
UP=$T/fs/up
mkdir "$UP" "$L1/held" "$L1/deep"
head -c 100000000 /dev/zero >"$L1/big"
for d in "$L1/held" "$L1/deep/1/2/3/4" "$L1/tree/a/b" "$L1/tree/c"; do
	mkdir -p "$d"
	for i in 1 2 3; do echo "$d $i" >"$d/f$i"; done
done
t_union
t_py <<'END'
import time
from ufstest import *

def fill():
    fd = os.open(m("fill"), os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    for size in (1 << 20, 65536, 4096, 1):
        try:
            while True:
                os.write(fd, b"x" * size)
        except OSError as e:
            eq(errno.errorcode[e.errno], "ENOSPC", "the write")
    os.close(fd)

def pieces():
    return len(os.listdir(os.path.join(UP, ".wh..wh.ufs/reserve")))

@case
def a_copy_up_that_does_not_fit_leaves_nothing():
    before = os.statvfs(UP).f_bavail
    eq(err(os.chmod, m("big"), 0o600), "ENOSPC")
    eq(os.stat(m("big")).st_size, 100000000)
    eq(os.listdir(os.path.join(UP, ".wh..wh.ufs/tmp")), [])
    assert os.statvfs(UP).f_bavail > before - 64, "space is lost"

@case
def a_deletion_needs_no_space_where_the_directory_is():
    put(m("held/mine"), b"x")
    fill()
    os.unlink(m("held/f1"))
    eq(sorted(os.listdir(m("held"))), ["f2", "f3", "mine"])

@case
def what_lies_below_is_read_and_not_changed():
    def append():
        with open(m("deep/1/2/3/4/f2"), "ab", 0) as f:
            f.write(b"more")
    eq(err(append), "ENOSPC")
    eq(err(append), "ENOSPC")
    eq(get(m("deep/1/2/3/4/f2")), get(os.path.join(L1, "deep/1/2/3/4/f2")))

@case
def a_deletion_elsewhere_has_a_reserve():
    eq(pieces(), 16)
    os.unlink(m("deep/1/2/3/4/f1"))
    assert pieces() < 16, "nothing was given up: the branch was not full"
    eq(sorted(os.listdir(m("deep/1/2/3/4"))), ["f2", "f3"])
    for top, dirs, files in os.walk(m("tree"), topdown=False):
        for f in files:
            os.unlink(os.path.join(top, f))
        os.rmdir(top)
    assert not os.path.exists(m("tree"))

@case
def the_reserve_is_for_nothing_else():
    left = pieces()
    fd = os.open(m("fill"), os.O_WRONLY | os.O_APPEND)
    try:
        for _ in range(200):
            os.write(fd, b"x" * 4096)
        got = "OK"
    except OSError as e:
        got = errno.errorcode[e.errno]
    os.close(fd)
    eq(got, "ENOSPC")
    eq(pieces(), left)

@case
def with_space_again_the_reserve_comes_back():
    os.unlink(m("fill"))
    for _ in range(50):
        if pieces() == 16:
            break
        time.sleep(0.1)
    eq(pieces(), 16)
    with open(m("deep/1/2/3/4/f2"), "ab") as f:
        f.write(b"more")

run()
END
t_remount
[ ! -e "$M/tree" ] && [ ! -e "$M/deep/1/2/3/4/f1" ] || t_fail "deleted files are back"
[ -s "$M/deep/1/2/3/4/f3" ] || t_fail "a file is gone"

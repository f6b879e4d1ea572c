# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 120
# The filesystem of the writable branch fails under the union: it turns read-only
# after an error, or is shut down as by a power cut. Changes say so, what lies below
# is read, and after another mount all that was synced is there.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's answers"
t_need mkfs.ext4 xfs_io

t_branches
mkdir "$T/fs" "$L1/d"
UP=$T/fs/up
for i in 1 2 3 4 5 6; do echo "below $i" >"$L1/d/f$i"; done
truncate -s 64M "$T/img"
mkfs.ext4 -q -m 0 "$T/img"
mount -o loop,errors=remount-ro "$T/img" "$T/fs" || t_skip "no loop device"
t_mounted "$T/fs"
mkdir "$UP"

# again DEVICE-OPTIONS: the branch's filesystem and the union anew.
again() {
	t_force_umount "$M"
	umount "$T/fs"
	mount -o "loop,$1" "$T/img" "$T/fs"
	t_union
}

t_union
t_py <<'X'
from ufstest import *

def sync(p):
    fd = os.open(p, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)

with open(m("d/f1"), "ab") as f:
    f.write(b"and more\n")
    f.flush()
    os.fsync(f.fileno())
put(m("d/new"), b"new")
sync(m("d/new"))
sync(m("d"))
X

# changes WANTED: what must not work does not, and says why.
changes() {
	WANTED=$1 t_py <<'X'
from ufstest import *
want = os.environ["WANTED"].split()

def append(p):
    with open(p, "ab", 0) as f:
        f.write(b"x")
        os.fsync(f.fileno())

for name, call in {
        "chmod of a lower file": lambda: os.chmod(m("d/f2"), 0o600),
        "unlink of a lower file": lambda: os.unlink(m("d/f3")),
        "rename of a lower file": lambda: os.rename(m("d/f4"), m("d/g4")),
        "append to a lower file": lambda: append(m("d/f5")),
        "append to a copied file": lambda: append(m("d/f1")),
        "mkdir": lambda: os.mkdir(m("d/made")),
        "symlink": lambda: os.symlink("x", m("d/made"))}.items():
    got = err(call)
    assert got in want, f"{name}: {got}"
for i in range(2, 7):
    eq(get(m(f"d/f{i}")), f"below {i}\n".encode())
X
}

trigger=/sys/fs/ext4/$(basename "$(findmnt -no SOURCE "$T/fs")")/trigger_fs_error
if [ -w "$trigger" ]; then
	echo 1 >"$trigger"
	changes "EROFS EIO"
	again errors=remount-ro
	t_eq "$(cat "$M/d/f1")" "below 1
and more" "what was synced"
fi

xfs_io -x -c shutdown "$T/fs"
changes "EIO EROFS"
again defaults
t_eq "$(cat "$M/d/f1")" "below 1
and more" "what was synced"
t_eq "$(cat "$M/d/new")" new "a new file that was synced"
t_eq "$(ls "$M/d" | tr '\n' ' ')" "f1 f2 f3 f4 f5 f6 new " "the names"
echo more >>"$M/d/f2" || t_fail "no write after the repair"

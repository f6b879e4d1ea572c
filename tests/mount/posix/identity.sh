# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 20
# st_ino: constant over copy-up, rename, a new mount and forgetting; unique over
# branches on different filesystems; the number of a listing is that of stat(2);
# one st_dev.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own numbers"

t_branches
if t_is_root; then
	# Two small filesystems give the same numbers to different files.
	mount -t tmpfs none "$L1"
	t_mounted "$L1"
	mount -t tmpfs none "$L2"
	t_mounted "$L2"
fi
mkdir -p "$L1/d/sub" "$L2/d" "$L2/other"
for f in a b c d e; do
	echo "$f" >"$L1/d/$f"
	echo "$f" >"$L2/d/${f}2"
	echo "$f" >"$L2/other/$f"
done
ln -s x "$L1/d/link"
mkfifo "$L2/other/fifo"
t_union
cat >"$T/inode_numbers.py" <<'END'
from ufstest import *
import json

def numbers():
    """path: st_ino, checked against the listings on the way."""
    out, devs = {".": os.lstat(M).st_ino}, {os.lstat(M).st_dev}
    for top, _, _ in os.walk(M):
        for e in os.scandir(top):
            st = os.lstat(e.path)
            eq(e.inode(), st.st_ino, f"d_ino of {e.path}")
            out[os.path.relpath(e.path, M)] = st.st_ino
            devs.add(st.st_dev)
    eq(len(devs), 1, "st_dev")
    eq(len(set(out.values())), len(out), "numbers that are one object's alone")
    return out

def forget():
    if ROOT:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("2")

def keep(n):
    with open(os.path.join(T, "numbers"), "w") as f:
        json.dump(n, f)

def kept():
    with open(os.path.join(T, "numbers")) as f:
        return json.load(f)
END
export PYTHONPATH="$T:$PYTHONPATH"
t_py <<'END'
from inode_numbers import *

@case
def they_stay_over_copy_up_and_rename_and_forgetting():
    was = numbers()
    with open(m("d/a"), "ab") as f:
        f.write(b"copied")
    os.chmod(m("d/a2"), 0o600)
    os.utime(m("other/fifo"))
    os.utime(m("d/link"), follow_symlinks=False)
    os.chmod(m("d/sub"), 0o700)
    forget()
    eq(numbers(), was)
    os.rename(m("d/b"), m("moved"))
    os.rename(m("other/c"), m("d/c"))
    was["moved"], was["d/c"] = was.pop("d/b"), was.pop("other/c")
    forget()
    eq(numbers(), was)

@case
def dot_and_dot_dot_have_theirs():
    import subprocess
    out = subprocess.check_output(["ls", "-aif", m("d/sub")], text=True).split()
    got = dict(zip(out[1::2], map(int, out[::2])))
    eq(got["."], os.stat(m("d/sub")).st_ino)
    eq(got[".."], os.stat(m("d")).st_ino)

@case
def a_new_file_has_a_new_one():
    old = set(numbers().values())
    put(m("d/new"), b"new")
    os.unlink(m("d/e"))
    put(m("d/e"), b"another")
    assert os.stat(m("d/new")).st_ino not in old
    keep(numbers())

run()
END
t_remount
t_py <<'END'
from inode_numbers import *

@case
def they_are_the_same_after_a_new_mount():
    now, was = numbers(), kept()
    eq(sorted(now), sorted(was))
    bad = {n: (was[n], now[n]) for n in now if now[n] != was[n]}
    assert not bad, f"was and is: {bad}"

run()
END
t_umount
# The small filesystems go before the end looks at what they held.
t_check_watched || t_fail "a lower branch changed"
T_HASHED=

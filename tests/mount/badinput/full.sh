# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# A full writable branch: it mounts, is read, and the first change that needs
# space fails with ENOSPC, at the write. What failed left nothing.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own behaviour"

t_branches
mkdir "$T/small"
mount -t tmpfs -o size=256k none "$T/small"
t_mounted "$T/small"
mkdir "$T/small/up"
head -c 8192 /dev/urandom >"$L1/f"
! cat /dev/zero >"$T/small/fill" 2>/dev/null || t_fail "the tmpfs is not full"

t_watch "$L1"
t_mount --upper "$T/small/up" --lower "$L1" "$M"
cmp "$M/f" "$L1/f" || t_fail "not read"
t_py "$M" <<'END'
import errno, os, sys
top = sys.argv[1]

def no_space(what):
    try:
        what()
    except OSError as e:
        assert e.errno == errno.ENOSPC, e
        return
    raise SystemExit(f"{what.__name__} found space")

fd = os.open(f"{top}/f", os.O_RDWR)
def write_lower():
    os.write(fd, b"x" * 100)
no_space(write_lower)
no_space(write_lower)
assert len(os.pread(fd, 10000, 0)) == 8192
os.close(fd)

fd = os.open(f"{top}/new", os.O_CREAT | os.O_WRONLY)
def write_new():
    os.write(fd, b"x" * 100000)
no_space(write_new)
os.close(fd)
os.unlink(f"{top}/new")
END
cmp "$M/f" "$L1/f" || t_fail "the file changed"
[ ! -e "$T/small/up/f" ] || t_fail "half a copy is on the branch"
rm "$T/small/fill"
echo more >>"$M/f" || t_fail "no write after there was space again"
t_eq "$(stat -c %s "$M/f")" 8197 "size after the write"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 120
# rows: 59
# Five thousand files open at once, under the daemon's own limit of descriptors.
. "$srcdir/tests/lib/mount.sh"

t_branches
python3 - <<END
import os
os.makedirs("$L1/m")
for i in range(5000):
    with open(f"$L1/m/{i}", "w") as f:
        f.write(str(i))
END
ulimit -n "$(ulimit -H -n)"
[ "$(ulimit -n)" -ge 6000 ] || t_skip "no more than $(ulimit -n) descriptors here"
ulimit -S -n 1024
t_union
ulimit -S -n 6000
t_py <<'END'
from ufstest import *

@case
def all_are_open_and_read_and_written():
    fds = [os.open(m(f"m/{i}"), os.O_RDWR) for i in range(5000)]
    for i, fd in enumerate(fds):
        eq(os.pread(fd, 9, 0), str(i).encode())
    for i, fd in enumerate(fds[:1500]):
        os.pwrite(fd, b"W", 0)
    for i, fd in enumerate(fds[:1500]):
        eq(os.pread(fd, 9, 0)[:1], b"W")
    for fd in fds:
        os.close(fd)
    eq(get(m("m/4999")), b"4999")

@case
def two_thousand_are_open_and_unlinked():
    fds = [os.open(m(f"m/{i}"), os.O_RDWR) for i in range(3000, 5000)]
    for i in range(3000, 5000):
        os.unlink(m(f"m/{i}"))
    for i, fd in zip(range(3000, 5000), fds):
        eq(os.pread(fd, 9, 0), str(i).encode())
        os.close(fd)

run()
END

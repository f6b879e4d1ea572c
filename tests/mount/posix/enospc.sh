# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# rows: 35
# A full writable branch: the union mounts, what needs space fails with ENOSPC at
# the write, the lower file stays visible, nothing half-made is left, and with
# space again all goes on.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir "$L1/d"
head -c 3000000 /dev/urandom >"$L1/d/big"
head -c 5000 /dev/urandom >"$L1/d/small"
mount -t tmpfs -o size=2m none "$UP"
t_mounted "$UP"
if [ "$T_BACKEND" = overlay ]; then
	mkdir "$UP/u" "$UP/w"
	UP=$UP/u WORK=${UP%/u}/w
fi
t_union
t_py <<'END'
from ufstest import *

def litter():
    return sum(len(f) for _, _, f in os.walk(UP))

@case
def a_copy_up_that_does_not_fit():
    before = get(m("d/big"))
    n = litter()
    def append():
        fd = os.open(m("d/big"), os.O_WRONLY | os.O_APPEND)
        try:
            os.write(fd, b"x")
            os.fsync(fd)
        finally:
            os.close(fd)
    eq(err(append), "ENOSPC")
    eq(err(os.chmod, m("d/big"), 0o600), "ENOSPC")
    assert get(m("d/big")) == before, "the file is not what it was"
    eq(litter(), n, "files on the branch")
    assert os.statvfs(UP).f_bavail * os.statvfs(UP).f_bsize > 1500000, "space is lost"

@case
def a_write_that_does_not_fit_fails_at_the_write():
    fd = os.open(m("new"), os.O_CREAT | os.O_WRONLY)
    got = "OK"
    try:
        for _ in range(64):
            os.write(fd, bytes([1]) * 65536)
    except OSError as e:
        got = errno.errorcode[e.errno]
    finally:
        os.close(fd)
    eq(got, "ENOSPC")
    eq(err(put, m("d/new2"), b"x" * 8192), "ENOSPC")
    os.unlink(m("new"))

@case
def the_space_of_an_unlinked_file_is_there_at_once():
    for _ in range(20):
        fd = os.open(m("fill"), os.O_CREAT | os.O_WRONLY)
        try:
            for _ in range(64):
                os.write(fd, bytes([1]) * 65536)
        except OSError as e:
            eq(errno.errorcode[e.errno], "ENOSPC")
        os.close(fd)
        os.unlink(m("fill"))
        put(m("again"), b"y" * 500000)
        os.unlink(m("again"))

@case
def with_space_again_all_goes_on():
    eq(err(os.unlink, m("d/new2")), "OK")
    with open(m("d/small"), "ab") as f:
        f.write(b"tail")
    eq(get(m("d/small"))[5000:], b"tail")
    os.truncate(m("d/big"), 1000)
    eq(os.stat(m("d/big")).st_size, 1000)

run()
END

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 30 31
# Limits and oddities of names.
. "$srcdir/tests/lib/mount.sh"

t_branches
n251=$(printf 'n%.0s' $(seq 251))
n255=$(printf 'm%.0s' $(seq 255))
echo short >"$L1/$n251"
echo long >"$L1/$n255"
mkdir "$L1/$(printf 'l%.0s' $(seq 254))"
echo in >"$L1/$(printf 'l%.0s' $(seq 254))/$(printf 'f%.0s' $(seq 252))"
echo lower >"$L2/$(printf 'k%.0s' $(seq 255))"
python3 - <<END
import os
# 30 directories of 250 bytes each: no path to the last of them can be given.
d = os.open("$L2", os.O_RDONLY)
os.mkdir("far", dir_fd=d)
d = os.open("far", os.O_RDONLY, dir_fd=d)
for i in range(30):
    n = f"{i:02d}" + "d" * 248
    os.mkdir(n, dir_fd=d)
    e = os.open(n, os.O_RDONLY, dir_fd=d)
    os.close(d)
    d = e
for n in ("write", "chmod", "rename", "link", "gone"):
    fd = os.open(n, os.O_CREAT | os.O_WRONLY, dir_fd=d)
    os.write(fd, n.encode())
    os.close(fd)
END
t_union
t_py <<'END'
from ufstest import *

@case
def the_longest_name_is_made_read_and_removed():
    n = "x" * 255
    put(m(n), b"long")
    eq(get(m(n)), b"long")
    assert n in os.listdir(M)
    os.unlink(m(n))
    eq(err(os.stat, m(n)), "ENOENT")
    eq(err(os.open, m("x" * 256), os.O_CREAT | os.O_WRONLY), "ENAMETOOLONG")
    eq(err(os.stat, m("x" * 256)), "ENAMETOOLONG")

@case
def a_lower_name_of_251_bytes_is_deleted():
    os.unlink(m("n" * 251))
    eq(err(os.stat, m("n" * 251)), "ENOENT")

@case
def a_lower_name_too_long_for_a_whiteout_is_deleted():
    eq(get(m("m" * 255)), b"long\n")
    os.rename(m("m" * 255), m("away"))
    eq(err(os.stat, m("m" * 255)), "ENOENT")
    assert "m" * 255 not in os.listdir(M)
    eq(get(m("away")), b"long\n")
    os.rename(m("away"), m("m" * 255))
    with open(m("m" * 255), "ab") as f:
        f.write(b"more")
    eq(get(m("m" * 255)), b"long\nmore")
    os.unlink(m("m" * 255))
    eq(err(os.stat, m("m" * 255)), "ENOENT")
    put(m("k" * 255), b"new")
    os.unlink(m("k" * 255))
    os.unlink(m("l" * 254 + "/" + "f" * 252))
    os.rename(m("l" * 254), m("j" * 253))
    eq(os.listdir(m("j" * 253)), [])

@case
def any_byte_but_two():
    raw = os.fsencode(M)
    for n in (b"sp ace", b"new\nline", b"\xff\xfe\x80", b"\x01", b"...", b"-rf", b"a\\b,c:d",
              "ä€𝄞".encode(), b".w", b".wh"):
        p = raw + b"/" + n
        fd = os.open(p, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        os.write(fd, n)
        os.close(fd)
        assert n in os.listdir(raw), n
        with open(p, "rb") as f:
            eq(f.read(), n)
        os.rename(p, p + b"2")
        os.unlink(p + b"2")

@case
def a_deep_path():
    d = os.open(M, os.O_RDONLY)
    for i in range(100):
        os.mkdir("deep", dir_fd=d)
        e = os.open("deep", os.O_RDONLY, dir_fd=d)
        os.close(d)
        d = e
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=d))
    eq(os.listdir(d), ["f"])
    os.close(d)
    eq(os.listdir(M + "/deep" * 100), ["f"])

def far(i=30):
    d = os.open(m("far"), os.O_RDONLY)
    for j in range(i):
        e = os.open(f"{j:02d}" + "d" * 248, os.O_RDONLY, dir_fd=d)
        os.close(d)
        d = e
    return d

@case
def beyond_path_max_by_relative_steps():
    d = far()
    def read(n):
        fd = os.open(n, os.O_RDONLY, dir_fd=d)
        try:
            return os.read(fd, 100)
        finally:
            os.close(fd)
    eq(sorted(os.listdir(d)), ["chmod", "gone", "link", "rename", "write"])
    fd = os.open("write", os.O_RDWR | os.O_APPEND, dir_fd=d)
    os.write(fd, b" more")
    os.close(fd)
    os.chmod("chmod", 0o600, dir_fd=d)
    os.rename("rename", "renamed", src_dir_fd=d, dst_dir_fd=d)
    os.link("link", "linked", src_dir_fd=d, dst_dir_fd=d)
    os.unlink("gone", dir_fd=d)
    os.symlink("x" * 1000, "symlink", dir_fd=d)
    os.mkdir("dir", dir_fd=d)
    os.mkfifo("fifo", dir_fd=d)
    os.rmdir("dir", dir_fd=d)
    os.utime("fifo", ns=(1, 2), dir_fd=d)
    eq(sorted(os.listdir(d)), ["chmod", "fifo", "link", "linked", "renamed",
                               "symlink", "write"])
    eq((read("write"), read("renamed"), read("linked")), (b"write more", b"rename", b"link"))
    eq(os.stat("chmod", dir_fd=d).st_mode & 0o777, 0o600)
    eq(os.readlink("symlink", dir_fd=d), "x" * 1000)
    top = os.open(M, os.O_RDONLY)
    os.rename("renamed", "near", src_dir_fd=d, dst_dir_fd=top)
    eq(get(m("near")), b"rename")
    os.rename("near", "renamed", src_dir_fd=top, dst_dir_fd=d)
    eq(read("renamed"), b"rename")
    os.close(top)
    os.close(d)

@case
def a_path_of_path_max_is_enametoolong():
    eq(err(os.stat, m("far") + "/x" * 2100), "ENAMETOOLONG")
    d = far(15)  # 15 steps of 251 bytes are just a path
    os.chmod(d, 0o711)
    eq(err(os.stat, m("far") + "".join(f"/{j:02d}" + "d" * 248 for j in range(15))), "OK")
    os.close(d)

@case
def statfs_is_the_writable_branchs():
    u, b = os.statvfs(M), os.statvfs(UP)
    eq(u.f_namemax, 255)
    eq((u.f_blocks, u.f_bsize), (b.f_blocks, b.f_bsize))
    assert abs(u.f_bavail - b.f_bavail) * u.f_bsize < 1 << 30

run()
END
[ "$T_BACKEND" = ufs ] || exit 0

# What was hidden by a record stays hidden.
t_remount
for n in "$n255" "$(printf 'k%.0s' $(seq 255))" "$(printf 'l%.0s' $(seq 254))"; do
	[ ! -e "$M/$n" ] || t_fail "a long name is back after the remount"
	[ "$(ls "$M" | grep -cx "$n")" = 0 ] || t_fail "a long name is listed again"
done
t_eq "$(ls "$M/$(printf 'j%.0s' $(seq 253))")" "" "the directory that was renamed"
t_py <<'END'
from ufstest import *

@case
def it_is_all_there_after_a_new_mount():
    d = os.open(m("far"), os.O_RDONLY)
    for j in range(30):
        d = os.open(f"{j:02d}" + "d" * 248, os.O_RDONLY, dir_fd=d)
    eq(sorted(os.listdir(d)), ["chmod", "fifo", "link", "linked", "renamed", "symlink", "write"])
    eq(os.read(os.open("write", os.O_RDONLY, dir_fd=d), 100), b"write more")

run()
END

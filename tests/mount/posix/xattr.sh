# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 25 27
# Extended attributes and ACLs: kept by a copy-up, set on the writable branch
# only, a symlink's are its own, the union's private ones are never seen.
. "$srcdir/tests/lib/mount.sh"
t_need setfattr setfacl getfacl

t_branches
setfattr -n user.probe -v 1 "$T" 2>/dev/null || t_skip "no user xattrs in $T"
mkdir -p "$L1/d" "$L2/acl"
echo data >"$L1/d/f"
setfattr -n user.one -v first "$L1/d/f"
setfattr -n user.two -v second "$L1/d/f"
echo target >"$L2/d-target"
ln -s ../d-target "$L1/d/link"
echo a >"$L2/acl/f"
setfacl -m u:12345:r "$L2/acl/f"
setfacl -d -m u:12345:rwx -m g::rx -m o::- "$L2/acl"
echo w >"$L2/acl/was"
mkdir "$L2/acl/wasdir"
t_union
t_py <<'END'
from ufstest import *
import subprocess, stat

def acl(p):
    return subprocess.run(["getfacl", "-cnp", p], check=True, text=True,
                          capture_output=True).stdout.split()

@case
def xattrs_of_a_lower_file_are_read():
    eq(os.getxattr(m("d/f"), "user.one"), b"first")
    eq(err(os.getxattr, m("d/f"), "user.none"), "ENODATA")

@case
def setting_one_copies_up_and_keeps_the_others():
    p = m("d/f")
    os.setxattr(p, "user.three", b"\0\1binary")
    eq(sorted(x for x in os.listxattr(p) if x.startswith("user.")),
       ["user.one", "user.three", "user.two"])
    eq(os.getxattr(p, "user.three"), b"\0\1binary")
    eq(get(p), b"data\n")

@case
def create_and_replace_flags():
    p = m("d/f")
    eq(err(os.setxattr, p, "user.one", b"x", os.XATTR_CREATE), "EEXIST")
    eq(err(os.setxattr, p, "user.absent", b"x", os.XATTR_REPLACE), "ENODATA")

@case
def removing_one_does_not_uncover_the_lower():
    p = m("d/f")
    os.removexattr(p, "user.two")
    eq(err(os.getxattr, p, "user.two"), "ENODATA")
    eq(err(os.removexattr, p, "user.two"), "ENODATA")

@case
def a_buffer_too_small_is_erange():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    buf = ctypes.create_string_buffer(2)
    r = libc.getxattr(m("d/f").encode(), b"user.one", buf, 2)
    eq((r, errno.errorcode[ctypes.get_errno()]), (-1, "ERANGE"))

@case
def xattrs_of_a_symlink_are_its_own():
    p = m("d/link")
    eq(err(os.setxattr, p, "user.x", b"1", follow_symlinks=False), "EPERM")
    if ROOT:
        os.setxattr(p, "trusted.mine", b"1", follow_symlinks=False)
        eq(os.getxattr(p, "trusted.mine", follow_symlinks=False), b"1")
        eq(err(os.getxattr, os.path.join(L2, "d-target"), "trusted.mine"), "ENODATA")
        eq(err(os.getxattr, m("d-target"), "trusted.mine"), "ENODATA")

@case
def private_names_are_not_seen():
    for top, dirs, files in os.walk(M):
        for n in dirs + files:
            for x in os.listxattr(os.path.join(top, n), follow_symlinks=False):
                assert ".overlay." not in x and ".ufs." not in x, (top, n, x)

@case
def an_acl_of_a_lower_file_is_kept_over_copy_up():
    p = m("acl/f")
    assert "user:12345:r--" in acl(p), acl(p)
    with open(p, "ab") as f:
        f.write(b"b")
    assert "user:12345:r--" in acl(p), acl(p)

@case
def a_new_file_inherits_the_default_acl():
    p = m("acl/new")
    os.close(os.open(p, os.O_CREAT | os.O_WRONLY, 0o666))
    a = acl(p)
    assert any(x.startswith("user:12345:rwx") for x in a), a
    os.mkdir(m("acl/newdir"))
    assert "default:user:12345:rwx" in acl(m("acl/newdir")), acl(m("acl/newdir"))

@case
def what_is_made_over_a_whiteout_inherits_the_same():
    os.unlink(m("acl/was"))
    os.rmdir(m("acl/wasdir"))
    old = os.umask(0o077)
    try:
        for n in ("was", "fresh"):
            os.close(os.open(m("acl", n), os.O_CREAT | os.O_WRONLY, 0o666))
        for n in ("wasdir", "freshdir"):
            os.mkdir(m("acl", n), 0o777)
        os.mkfifo(m("acl/fifo"), 0o666)
    finally:
        os.umask(old)
    want = ["user::rw-", "user:12345:rwx", "group::r-x", "mask::rw-", "other::---"]
    eq([x for x in acl(m("acl/fresh")) if not x.startswith("#")], want, "a default ACL, not the umask")
    eq(acl(m("acl/was")), acl(m("acl/fresh")))
    eq(acl(m("acl/fifo")), acl(m("acl/fresh")))
    eq(acl(m("acl/wasdir")), acl(m("acl/freshdir")))
    os.mkdir(m("acl/wasdir/below"))
    assert "default:user:12345:rwx" in acl(m("acl/wasdir/below"))

@case
def chmod_moves_the_mask_of_an_acl():
    p = m("acl/f")
    os.chmod(p, 0o640)
    assert "mask::r--" in acl(p), acl(p)

@case
def setfacl_on_the_union():
    p = m("d/f")
    subprocess.run(["setfacl", "-m", "u:4321:rw", p], check=True)
    assert "user:4321:rw-" in acl(p), acl(p)

@case
def file_capabilities_of_a_copied_file_go_with_a_write():
    if not ROOT:
        return
    cap = bytes.fromhex("0100000202000000000000000000000000000000")
    p = put(m("capped"), b"x", 0o755)
    os.setxattr(p, "security.capability", cap)
    eq(os.getxattr(p, "security.capability"), cap)
    pid = os.fork()
    if pid == 0:
        os.chmod(p, 0o777)
        os.setresuid(12345, 12345, 12345)
        with open(p, "ab") as f:
            f.write(b"y")
        os._exit(0)
    os.waitpid(pid, 0)
    eq(get(p), b"xy")
    eq(err(os.getxattr, p, "security.capability"), "ENODATA", "after a write")

run()
END

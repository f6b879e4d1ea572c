# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# rows: 26 27
# The setuid and setgid bits: kept by a copy-up, cleared when somebody else
# writes, truncates or changes the owner; inherited group ids in directories.
. "$srcdir/tests/lib/mount.sh"

t_branches
for f in keep write trunc falloc mmap chown chmod rootw notx; do
	echo "data of $f" >"$L1/$f"
	chmod 6777 "$L1/$f"
done
chmod 2767 "$L1/notx"
mkdir -m 2777 "$L1/sgid" "$L2/wh"
mkdir -m 1777 "$L1/sticky"
chgrp 4321 "$L1/sgid"
mkdir "$L2/sgid"
echo x >"$L2/sgid/was"
t_union
t_py <<'END'
from ufstest import *
import mmap, stat, ctypes

def mode(n):
    return stat.S_IMODE(os.lstat(m(n)).st_mode)

def as_user(f, *a):
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setresgid(12345, 12345, 12345)
            os.setresuid(12345, 12345, 12345)
            f(*a)
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    st = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return errno.errorcode[st] if st else "OK"

def write(n):
    fd = os.open(m(n), os.O_WRONLY)
    os.write(fd, b"W")
    os.close(fd)

@case
def a_copy_up_for_another_reason_keeps_them():
    os.utime(m("keep"), ns=(1, 2))
    eq(mode("keep"), 0o6777)

@case
def a_write_by_another_clears_them():
    eq(as_user(write, "write"), "OK")
    eq(mode("write"), 0o777)

@case
def setgid_without_group_execute_is_cleared_too():
    eq(as_user(write, "notx"), "OK")
    assert mode("notx") in (0o767, 0o2767), oct(mode("notx"))

@case
def a_write_by_root_keeps_them():
    write("rootw")
    eq(mode("rootw"), 0o6777)

@case
def truncate_by_another_clears_them():
    eq(as_user(os.truncate, m("trunc"), 2), "OK")
    eq(mode("trunc"), 0o777)

@case
def fallocate_by_another_clears_them():
    def fa():
        fd = os.open(m("falloc"), os.O_RDWR)
        os.posix_fallocate(fd, 0, 10000)
    eq(as_user(fa), "OK")
    eq(mode("falloc"), 0o777)

@case
def chown_clears_them():
    os.chown(m("chown"), 1, 1)
    eq(mode("chown"), 0o777)

@case
def a_user_outside_the_group_cannot_set_setgid():
    put(m("mine"), b"x")
    os.chown(m("mine"), 12345, 4321)
    eq(as_user(os.chmod, m("mine"), 0o2755), "OK")
    eq(mode("mine"), 0o755)

@case
def a_setgid_directory_hands_on_its_group():
    os.mkdir(m("sgid/d"))
    put(m("sgid/f"))
    eq((os.stat(m("sgid/d")).st_gid, os.stat(m("sgid/f")).st_gid), (4321, 4321))
    assert mode("sgid/d") & 0o2000, "the bit itself"
    os.unlink(m("sgid/was"))
    put(m("sgid/was"))
    eq(os.stat(m("sgid/was")).st_gid, 4321, "over a whiteout")

@case
def a_sticky_directory_protects():
    put(m("sticky/roots"), b"r", 0o666)
    eq(as_user(os.unlink, m("sticky/roots")), "EPERM")
    eq(as_user(os.rename, m("sticky/roots"), m("sticky/x")), "EPERM")
    def make():
        os.close(os.open(m("sticky/own"), os.O_CREAT | os.O_WRONLY))
    eq(as_user(make), "OK")
    eq(os.stat(m("sticky/own")).st_uid, 12345)
    eq(as_user(os.unlink, m("sticky/own")), "OK")

@case
def permissions_are_the_views():
    os.chmod(m("keep"), 0o640)
    eq(as_user(lambda: os.open(m("keep"), os.O_RDONLY)), "EACCES")
    os.mkdir(m("closed"), 0o700)
    put(m("closed/f"))
    eq(as_user(os.stat, m("closed/f")), "EACCES")
    eq(as_user(os.mkdir, m("closed/g")), "EACCES")
    eq(as_user(os.chmod, m("rootw"), 0o777), "EPERM")

run()
END

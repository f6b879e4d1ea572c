# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 34
# A union with no writable branch, one mounted with -o ro, and one that is
# remounted: every change is EROFS, reading goes on.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own mounts"

t_branches
mkdir -p "$L1/d" "$L2/d/e" "$UP/d"
echo a >"$L1/d/a"
echo b >"$L2/d/b"
echo u >"$UP/d/u"
for d in "$L1" "$L2" "$UP"; do t_watch "$d"; done
export KIND

cat >"$T/changes.py" <<'END'
from ufstest import *

@case
def every_change_is_refused():
    p = m("d/a")
    for what, r in {
        "create": err(os.open, m("d/new"), os.O_CREAT | os.O_WRONLY),
        "write": err(os.open, p, os.O_WRONLY),
        "trunc": err(os.open, p, os.O_RDONLY | os.O_TRUNC),
        "truncate": err(os.truncate, p, 0),
        "mkdir": err(os.mkdir, m("new")),
        "rmdir": err(os.rmdir, m("d/e")),
        "unlink": err(os.unlink, p),
        "rename": err(os.rename, p, m("d/x")),
        "link": err(os.link, p, m("d/l")),
        "symlink": err(os.symlink, "x", m("d/s")),
        "chmod": err(os.chmod, p, 0o600),
        "chown": err(os.chown, p, os.getuid(), -1),
        "utime": err(os.utime, p),
        "mkfifo": err(os.mkfifo, m("d/f")),
        "setxattr": err(os.setxattr, p, "user.x", b"1"),
        "removexattr": err(os.removexattr, p, "user.x"),
    }.items():
        eq(r, "EROFS", what)

@case
def reading_goes_on():
    eq(get(m("d/a")), b"a\n")
    eq(err(os.open, m("d/a"), os.O_RDONLY | os.O_CREAT), "OK")
    eq(sorted(set(os.listdir(m("d"))) - {"u"}), ["a", "b", "e"])
    eq(err(os.stat, m("none")), "ENOENT")

run()
END
t_mount -o "br:$L1=ro:$L2=ro" "$M"
t_py <"$T/changes.py"
t_umount
t_mount -o "br:$L1=rr:$L2=ro" "$M"
t_py <"$T/changes.py"
t_umount
t_mount --lower "$L1" --lower "$L2" "$M"
t_py <"$T/changes.py"
t_umount
t_mount -o ro --upper "$UP" --lower "$L1" --lower "$L2" "$M"
t_py <"$T/changes.py"
t_eq "$(cat "$M/d/u")" u "the writable branch's file under -o ro"
t_umount

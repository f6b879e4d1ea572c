# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 56
# chattr and lsattr: flags are those of the branch, set on a copy, kept by a
# copy-up; a lower file that is immutable or append-only loses neither the flag
# nor anything else.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "overlayfs keeps two flags only"
t_need chattr lsattr

t_branches
mkdir "$L1/d"
for f in plain keeps still grows; do echo "$f" >"$L1/d/$f"; done
chattr +dA "$L1/d/keeps" 2>/dev/null || t_skip "no chattr in $T"
chattr +d "$L1/d"
c_root=0
if t_is_root; then
	c_root=1
	chattr +i "$L1/d/still"
	chattr +a "$L1/d/grows"
fi
# The lower branch is compared before its flags are taken off again.
c_end() {
	c_status=$?
	set +e
	t_umount || c_status=1
	t_check_watched || c_status=1
	T_HASHED=
	[ $c_root = 0 ] || chattr -R -f -ia "$L1" "$UP"
	(exit $c_status)
	t_at_exit
}
t_union
trap c_end EXIT

flags() {
	lsattr -d "$1" | cut -d' ' -f1 | tr -d e-
}

t_eq "$(flags "$M/d/keeps")" dA "of a lower file"
t_eq "$(flags "$M/d")" d "of a lower directory"
echo more >>"$M/d/keeps"
t_eq "$(flags "$UP/d/keeps")" dA "kept by a copy-up"
t_eq "$(flags "$UP/d")" d "kept by a copy-up of the directory"
chattr +d -A "$M/d/plain"
t_eq "$(flags "$M/d/plain") $(flags "$UP/d/plain")" "d d" "set on the copy"
t_eq "$(cat "$M/d/plain")" plain "data of the copy"
[ $c_root = 1 ] || exit 0

t_eq "$(flags "$M/d/still") $(flags "$M/d/grows")" "i a" "of protected files"
t_py <<'PY'
from ufstest import *

def write(n, flags=os.O_WRONLY):
    fd = os.open(m(n), flags)
    try:
        os.write(fd, b"x")
    finally:
        os.close(fd)

@case
def protected_lower_files_are_refused():
    for n in ("d/still", "d/grows"):
        was = get(m(n))
        eq(err(write, n), "EPERM", "write")
        eq(err(os.truncate, m(n), 0), "EPERM", "truncate")
        eq(err(os.chmod, m(n), 0o600), "EPERM", "chmod")
        eq(err(os.unlink, m(n)), "EPERM", "unlink")
        eq(err(os.rename, m(n), m("new")), "EPERM", "rename")
        eq(err(os.link, m(n), m("new")), "EPERM", "link")
        eq(get(m(n)), was, "data")
    eq(sorted(os.listdir(m("d"))), ["grows", "keeps", "plain", "still"])

@case
def a_file_of_the_writable_branch_obeys_its_flags():
    put(m("log"), b"one")
    eq(os.system(f"chattr +a '{m('log')}'"), 0)
    write("log", os.O_WRONLY | os.O_APPEND)
    eq(get(m("log")), b"onex")
    eq(err(write, "log"), "EPERM", "a write that does not append")
    eq(err(os.unlink, m("log")), "EPERM")
    eq(os.system(f"chattr -a +i '{m('log')}'"), 0)
    eq(err(write, "log", os.O_WRONLY | os.O_APPEND), "EPERM")
    eq(err(os.rename, m("log"), m("d/log")), "EPERM")
    eq(os.system(f"chattr -i '{m('log')}'"), 0)
    write("log")
    eq(get(m("log")), b"xnex")

@case
def somebody_else_may_not():
    pid = os.fork()
    if pid == 0:
        os.setresuid(12345, 12345, 12345)
        os._exit(os.WEXITSTATUS(os.system(f"chattr +d '{m('d/keeps')}' 2>/dev/null")))
    assert os.waitpid(pid, 0)[1] != 0, "chattr by another user"

run()
PY

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 37
# What -o sync= makes durable, by the system calls of the daemon: auto the data
# of a copy before it is renamed into place and what fsync(2) asks for; strict
# every change of a name before the call returns; volatile nothing.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own option"
t_need strace

t_branches
mkdir -p "$L1/d" "$L2/d/sub"
for f in append chmod gone move again; do echo "$f" >"$L1/d/$f"; done

cat >"$T/steps.py" <<'STEPS'
from ufstest import *
import re
MODE, TRACE = os.environ["MODE"], os.environ["TRACE"]
D = "/d"
WORK = "/.wh..wh.ufs/tmp/"
RECORDS = "/.wh..wh.ufs/records"

def calls(f, *a):
    """What the daemon did for it: [(call, arguments)]."""
    at = os.path.getsize(TRACE)
    f(*a)
    with open(TRACE) as t:
        t.seek(at)
        text = t.read()
    # "N fsync(5</up/d>) = 0", or its two halves when threads overlap.
    return re.findall(r"^\d+ +(\w+)\((.*)$", text, re.M)

def records_are(got):
    return any(c in ("fsync", "fdatasync") and RECORDS + ">" in a for c, a in got)

def synced(got):
    """Paths in the branch; as root it has a mount of its own, without a name."""
    paths = [re.search(r"<(.*?)>", a).group(1) for c, a in got if c in ("fsync", "fdatasync")]
    paths = [p.removeprefix(UP).rstrip("/") for p in paths]
    return [p for p in paths if p != RECORDS]

def append():
    with open(m("d/append"), "ab") as f:
        f.write(b"more")

def with_fsync(path, flags=os.O_RDWR):
    fd = os.open(path, flags)
    os.fsync(fd)
    os.close(fd)

@case
def a_copy_is_durable_before_it_takes_its_place():
    got = calls(append)
    names = [i for i, (c, a) in enumerate(got) if c == "renameat2" and '"append"' in a]
    eq(len(names), 1, "renames into place")
    eq(records_are(got), MODE == "strict", "records of what it was")
    before = synced(got[:names[0]])
    assert len([p for p in before if WORK in p]) == (MODE != "volatile"), before
    after = synced(got[names[0]:])
    eq(after, [D] if MODE == "strict" else [], "after the rename")

@case
def what_fsync_asks_for():
    want = MODE != "volatile"
    got = calls(with_fsync, m("d/append"))
    eq(synced(got), [D + "/append"] * want)
    eq(records_are(got), MODE == "auto", "records, unless they are already")
    eq(synced(calls(with_fsync, m("d"), os.O_RDONLY)), [D] * want)

@case
def a_write_with_o_sync():
    def write():
        fd = os.open(m("d/append"), os.O_WRONLY | os.O_SYNC)
        os.write(fd, b"x")
        os.close(fd)
    eq(synced(calls(write)), [D + "/append"] * (MODE != "volatile"))

@case
def names():
    strict = MODE == "strict"
    top = [""] * strict
    d = [D] * strict
    eq(synced(calls(put, m("d/new"))), d, "create")
    eq(synced(calls(os.mkdir, m("newdir"))), top, "mkdir")
    eq(synced(calls(os.symlink, "x", m("d/link"))), d, "symlink")
    eq(synced(calls(os.mkfifo, m("d/fifo"))), d, "mkfifo")
    eq(synced(calls(os.link, m("d/new"), m("newdir/hard"))), ["/newdir"] * strict, "link")
    eq(synced(calls(os.rename, m("d/new"), m("moved"))), [D, ""] * strict, "rename")
    eq(synced(calls(os.unlink, m("moved"))), top, "unlink")
    eq(synced(calls(os.unlink, m("d/gone"))), d, "a whiteout")
    eq(synced(calls(os.rmdir, m("d/sub"))), d, "rmdir")
    eq(synced(calls(put, m("d/gone"))), d, "over a whiteout")
    os.unlink(m("newdir/hard"))
    os.rmdir(m("newdir"))
    got = synced(calls(os.chmod, m("d/chmod"), 0o600))
    eq([p for p in got if WORK not in p], d, "copy-up for an attribute")

run()
STEPS

# trace MODE: the daemon's calls go to $TRACE.
trace() {
	TRACE=$T/trace.$1
	s_daemon=$(t_daemon "$M")
	strace -f -y -qq -e signal=none -o "$TRACE" \
		-e trace=fsync,fdatasync,sync,syncfs,renameat2 -p "$s_daemon" &
	s_strace=$!
	export MODE="${2:-$1}" TRACE
	t_wait 10 grep -q "^TracerPid:.$s_strace\$" "/proc/$s_daemon/status" ||
		t_skip "strace may not look at the daemon"
	s_status=0
	t_py <"$T/steps.py" || s_status=$?
	kill "$s_strace"
	wait "$s_strace" 2>/dev/null || :
	return $s_status
}

status_says() {
	"$UFS" status "$M" | grep -q "option  *$1" || t_fail "no '$1' in the status: $("$UFS" status "$M")"
}

for s_mode in auto strict volatile; do
	t_union -o "sync=$s_mode"
	status_says "sync=$s_mode  \[-o\]"
	trace $s_mode
	t_umount
	chmod -R u+rwX "$UP"
	rm -rf "$UP"
	mkdir "$UP"
done
# The kernel leaves dirsync to the daemon.
t_union -o dirsync
status_says 'sync=strict  \[default\]'
trace dirsync strict
t_umount
rm -rf "$UP"
mkdir "$UP"
# overlayfs's word, and the default.
t_union -o volatile
status_says 'sync=volatile  \[-o\]'
t_umount
t_union
status_says 'sync=auto  \[default\]'
# It is not for a remount to change.
if t_is_root; then
	"$UFS_HELPER" none "$M" -o remount,sync=strict 2>"$T/err" && t_fail "a remount changed sync="
	grep -q 'cannot be changed' "$T/err" || t_fail "remount says: $(cat "$T/err")"
fi
t_umount

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 14 49
# Mappings and programs over a copy-up.
. "$srcdir/tests/lib/mount.sh"

t_branches
head -c 100000 /dev/zero | tr '\0' a >"$L1/map"
cp "$L1/map" "$L1/priv"
cp "$L1/map" "$L2/wmap"
cp /bin/true "$L1/prog"
cp /bin/sleep "$L2/sleep"
printf '#!/bin/sh\necho ran $0\n' >"$L2/script"
chmod 755 "$L1/prog" "$L2/sleep" "$L2/script"
t_union
t_py <<'END'
from ufstest import *
import mmap, subprocess

@case
def a_shared_mapping_from_before_sees_a_write_after():
    if BACKEND == "overlay":
        return
    with open(m("map"), "rb") as f:
        mm = mmap.mmap(f.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ)
    eq(mm[4090:4100], b"a" * 10)
    with open(m("map"), "r+b") as f:
        f.seek(4094)
        f.write(b"NEW")
    eq(mm[4090:4100], b"aaaaNEWaaa")

@case
def a_private_mapping_keeps_what_it_changed():
    with open(m("priv"), "rb") as f:
        mm = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    mm[0:4] = b"mine"
    with open(m("priv"), "r+b") as f:
        f.write(b"THEIRS")
    eq(mm[0:4], b"mine")
    eq(get(m("priv"))[:6], b"THEIRS")

@case
def writing_through_a_mapping_of_a_lower_file():
    with open(m("wmap"), "r+b") as f:
        mm = mmap.mmap(f.fileno(), 0)
        mm[50000:50005] = b"mmmmm"
        mm.flush()
        eq(os.pread(f.fileno(), 7, 49999), b"ammmmma")
        mm.close()
    eq(get(m("wmap"))[49999:50006], b"ammmmma")
    eq(get(os.path.join(UP, "wmap"))[49999:50006], b"ammmmma", "on the branch")

@case
def programs_run_from_any_branch():
    subprocess.run([m("prog")], check=True)
    eq(subprocess.check_output([m("script")]), b"ran " + m("script").encode() + b"\n")
    put(m("new"), b"#!/bin/sh\nexit 5\n", 0o755)
    eq(subprocess.run([m("new")]).returncode, 5)
    put(m("noexec"), b"#!/bin/sh\n", 0o644)
    eq(err(os.execv, m("noexec"), ["x"]), "EACCES")

@case
def a_running_program_is_not_written():
    p = subprocess.Popen([m("sleep"), "30"])
    try:
        got = err(os.open, m("sleep"), os.O_WRONLY)
        want = ("ETXTBSY",) if BACKEND == "ufs" else ("ETXTBSY", "OK")
        assert got in want, got
        os.unlink(m("sleep"))
        put(m("sleep"), b"#!/bin/sh\nexit 0\n", 0o755)
        eq(subprocess.run([m("sleep")]).returncode, 0)
    finally:
        p.kill()
        p.wait()

run()
END

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# Directories whose own mode shuts their owner out: what the system allows on
# files in them and on themselves works on a union as well.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/readonly/sub" "$L1/gone" "$L1/there"
echo low >"$L1/readonly/f"
echo low >"$L1/readonly/sub/g"
chmod 555 "$L1/readonly/sub" "$L1/readonly"
t_union
t_py <<'END'
from ufstest import *

@case
def a_file_in_a_directory_without_write_permission_is_written():
    put(m("readonly/f"), b"new")
    put(m("readonly/sub/g"), b"new")
    eq(get(m("readonly/f")), b"new")
    eq(get(m("readonly/sub/g")), b"new")
    eq(oct(os.stat(m("readonly")).st_mode & 0o7777), "0o555")
    eq(oct(os.stat(m("readonly/sub")).st_mode & 0o7777), "0o555")

@case
def a_closed_directory_takes_the_place_of_a_lower_one():
    os.rmdir(m("gone"))
    os.mkdir(m("gone"), 0o400)
    os.mkdir(m("closed"))
    os.chmod(m("closed"), 0o400)
    os.rmdir(m("there"))
    os.rename(m("closed"), m("there"))
    for d in ("gone", "there"):
        eq(oct(os.stat(m(d)).st_mode & 0o7777), "0o400", d)
        os.chmod(m(d), 0o700)
        eq(os.listdir(m(d)), [], d)

@case
def a_file_is_reached_by_the_name_that_is_open():
    os.mkdir(m("c1"))
    put(m("c1/x"), b"x" * 10)
    os.link(m("c1/x"), m("y"))
    os.chmod(m("c1"), 0o400)
    put(m("y"), b"other")
    eq(get(m("y")), b"other")
    eq(os.stat(m("y")).st_nlink, 2)
    os.chmod(m("y"), 0o600)
    os.unlink(m("y"))
    os.chmod(m("c1"), 0o700)
    eq(get(m("c1/x")), b"other")

@case
def a_listing_needs_no_right_to_search():
    os.mkdir(m("list"))
    put(m("list/x"), b"")
    os.chmod(m("list"), 0o400)
    eq(os.listdir(m("list")), ["x"])
    os.chmod(m("list"), 0o700)

run()
END

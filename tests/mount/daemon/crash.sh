# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 120
# rows: 36
# The daemon is killed while files are copied up and changed. After the next
# mount each file is the old one or the new one, whole, and the work directory
# holds nothing of it.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
mkdir "$L1/d"
for i in 1 2 3 4 5 6 7 8; do
	head -c 20000000 /dev/zero | tr '\0' "$i" >"$L1/d/$i"
done
for delay in 0.02 0.05 0.1 0.2; do
	t_union
	pid=$(t_daemon "$M")
	for i in 1 2 3 4 5 6 7 8; do
		{ chmod 600 "$M/d/$i" && mv "$M/d/$i" "$M/d/new$i"; } 2>/dev/null &
	done
	sleep "$delay"
	kill -9 "$pid"
	t_wait 20 t_ended "$pid" || t_fail "the killed daemon does not end"
	wait
	t_force_umount "$M"
	t_union
	t_py <<'END'
from ufstest import *

@case
def each_file_is_whole_under_one_name():
    names = os.listdir(m("d"))
    for i in range(1, 9):
        here = [n for n in (str(i), f"new{i}") if n in names]
        eq(len(here), 1, f"names of file {i}: {here}")
        with open(m("d", here[0]), "rb") as f:
            data = f.read()
        eq(len(data), 20000000, here[0])
        assert data.count(str(i).encode()) == 20000000, f"data of {here[0]}"

run()
END
	t_umount
	used=$(du -sm "$UP" | cut -f1)
	[ "$used" -le 170 ] || t_fail "$used MiB on the branch: litter of killed copies"
done
# What a killed daemon noted of itself goes with the next look.
"$UFS" status >/dev/null

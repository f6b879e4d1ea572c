# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# build: release
# alone: yes
# find over 300,000 files: the daemon holds fewer than 2,000 descriptors all the
# time, and its memory stays under 100 MiB.
. "$srcdir/tests/lib/mount.sh"

t_branches
python3 - "$L1" "$L2" <<'END'
import os, sys
for b in range(2):
    for d in range(1500):
        p = f"{sys.argv[b + 1]}/t{d % 40}/d{d + b * 500}"
        os.makedirs(p)
        for i in range(100):
            os.close(os.open(f"{p}/file-{b}-{i:04d}", os.O_CREAT | os.O_WRONLY, 0o644))
END
digest() {
	find "$L1" "$L2" -printf '%p %m %U %G %s %T@ %C@ %i\n' | sort | sha256sum
}
before=$(digest)
t_mount --upper "$UP" --lower "$L1" --lower "$L2" "$M"
pid=$(t_daemon "$M")
max=0
find "$M" -type f -printf '%s %i\n' >"$T/found" &
finder=$!
while kill -0 $finder 2>/dev/null; do
	n=$(ls "/proc/$pid/fd" | wc -l)
	[ "$n" -le $max ] || max=$n
	sleep 0.05
done
wait $finder || t_fail "find failed"
t_eq "$(wc -l <"$T/found")" 300000 "files found"
hwm=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
fds=$(ls "/proc/$pid/fd" | wc -l)
[ "$fds" -le $max ] || max=$fds
echo "at most $max descriptors, VmHWM $hwm KiB"
[ "$max" -lt 2000 ] || t_fail "the daemon held $max descriptors"
[ "$hwm" -lt 102400 ] || t_fail "the daemon's VmHWM is $hwm KiB"
t_umount
t_eq "$(digest)" "$before" "the lower branches"

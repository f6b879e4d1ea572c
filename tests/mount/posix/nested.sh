# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# rows: 60
# A union as a lower branch of another; as root, the kernel's overlayfs above one.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own mounts"

t_branches
mkdir -p "$L1/d" "$L2/d" "$T/up2" "$T/m2"
echo 1 >"$L1/d/1"
echo 2 >"$L2/d/2"
t_union
echo 3 >"$M/d/3"
rm "$M/d/2"
t_mount --upper "$T/up2" --lower "$M" "$T/m2"
t_eq "$(ls "$T/m2/d" | tr '\n' ' ')" "1 3 " "the inner union through the outer"
echo more >>"$T/m2/d/1"
t_eq "$(cat "$M/d/1")" 1 "the inner union is not written"
rm "$T/m2/d/3"
mkdir "$T/m2/d/new"
t_eq "$(ls "$T/m2/d" | tr '\n' ' ')" "1 new " "changes in the outer"
t_eq "$(ls "$M/d" | tr '\n' ' ')" "1 3 " "the inner is as it was"
t_umount "$T/m2"
# As a writable branch it takes no whiteouts: said at the mount, not later.
mkdir "$M/up" "$M/work"
for n_format in aufs overlay; do
	n_status=0
	"$UFS" mount -o format=$n_format --upper "$M/up" --work "$M/work" --lower "$L1" \
		"$T/m2" 2>"$T/err" || n_status=$?
	t_eq "$n_status" 3 "a union as a writable branch ($(cat "$T/err"))"
	grep -q "^ufs: .*branch.*'$M/up'.* whiteout" "$T/err" || t_fail "it says: $(cat "$T/err")"
done
rmdir "$M/up"
if t_is_root && grep -qw overlay /proc/filesystems; then
	mkdir "$T/up3" "$T/work3" "$T/m3"
	mount -t overlay -o "lowerdir=$M,upperdir=$T/up3,workdir=$T/work3" none "$T/m3"
	t_mounted "$T/m3"
	t_eq "$(cat "$T/m3/d/1")" 1 "through the kernel's overlayfs"
	echo x >>"$T/m3/d/1"
	rm "$T/m3/d/3"
	t_eq "$(ls "$T/m3/d")" 1 "changes through the kernel's overlayfs"
	umount "$T/m3"
fi
t_umount

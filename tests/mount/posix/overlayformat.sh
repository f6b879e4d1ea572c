# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# -o format=overlay writes what the kernel's overlayfs reads: the kernel mounts
# the same branches and shows the same tree.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's own formats"
grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
	t_skip "the kernel has no overlayfs to compare with"

t_branches
mkdir -p "$L1/a/sub" "$L2/a" "$L2/gone" "$L2/again" "$WORK"
echo 1 >"$L1/a/1"
echo 2 >"$L2/a/2"
echo x >"$L2/again/x"
echo g >"$L2/gone/g"
echo keep >"$L2/keep"
t_union -o format=overlay --work "$WORK"
rm "$M/a/2" "$M/gone/g" "$M/again/x"
rmdir "$M/gone" "$M/again"
mkdir "$M/again"
echo new >"$M/again/new"
echo more >>"$M/keep"
mv "$M/a/1" "$M/a/sub/one"
python3 "$srcdir/tests/lib/treehash.py" --same "$M" >"$T/ours"
t_umount
mkdir "$T/kwork" "$T/k"
mount -t overlay -o "lowerdir=$L1:$L2,upperdir=$UP,workdir=$T/kwork" none "$T/k"
t_mounted "$T/k"
python3 "$srcdir/tests/lib/treehash.py" --same "$T/k" >"$T/kernels"
diff "$T/ours" "$T/kernels" || t_fail "the kernel's overlayfs shows another tree"

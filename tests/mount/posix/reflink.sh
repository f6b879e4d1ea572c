# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# On a filesystem that can share blocks, a copy-up shares them.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's copy-up"
command -v mkfs.xfs >/dev/null || t_skip "mkfs.xfs is not installed"

t_branches
truncate -s 400M "$T/image"
mkfs.xfs -q -m reflink=1 "$T/image" 2>/dev/null || t_skip "mkfs.xfs knows no reflink"
mkdir "$T/xfs"
mount -o loop "$T/image" "$T/xfs" 2>/dev/null || t_skip "no loop device, or no xfs here"
t_mounted "$T/xfs"
mkdir "$T/xfs/low" "$T/xfs/up"
head -c 100M /dev/urandom >"$T/xfs/low/big"
sync -f "$T/xfs"
before=$(df --output=used -k "$T/xfs" | tail -n 1)
t_mount --upper "$T/xfs/up" --lower "$T/xfs/low" "$M"
echo tail >>"$M/big"
sync -f "$T/xfs"
after=$(df --output=used -k "$T/xfs" | tail -n 1)
[ $((after - before)) -lt 20000 ] || t_fail "the copy took $((after - before)) KiB"
t_eq "$(stat -c %s "$T/xfs/up/big")" $((100 * 1024 * 1024 + 5)) "size of the copy"
cmp -n $((100 * 1024 * 1024)) "$T/xfs/low/big" "$M/big" || t_fail "other data"
t_umount

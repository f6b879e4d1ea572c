# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# rows: 20
# With format=overlay the branch is overlayfs's: directories renamed and files
# copied up by one are what they are, with their numbers, to the other.
. "$srcdir/tests/lib/mount.sh"

t_tmpdir
truncate -s 64M "$T/img"
mkfs.ext4 -q "$T/img"
mkdir "$T/fs"
mount -o loop "$T/img" "$T/fs" 2>/dev/null || t_skip "no loop device"
t_mounted "$T/fs"
cd "$T/fs"
mkdir lo up work kwork lo/d lo/e k
echo f >lo/d/f
echo g >lo/d/g
echo h >lo/e/h
M=$T/fs/m
mkdir "$M"
f=$(stat -c %i lo/d/f) g=$(stat -c %i lo/d/g) h=$(stat -c %i lo/e/h)

ours() {
	t_mount -o format=overlay,lowerdir=lo,upperdir=up,workdir=work "$M"
}

# numbers_are DIR: of the three files, as stat and as readdir tell them
numbers_are() {
	[ "$(stat -c %i "$1/dd/f" "$1/$2/g2" "$1/$2/h" | tr '\n' ' ')" = "$f $g $h " ] ||
		t_fail "$1: stat: $(stat -c '%n %i' "$1/dd/f" "$1/$2/g2" "$1/$2/h")"
	[ "$(ls -fi "$1/$2" | awk '$2 == "g2" { print $1 }')" -eq "$g" ] ||
		t_fail "$1: readdir: $(ls -fi "$1/$2")"
}

ours
chmod 600 "$M/d/f"
mv "$M/d/g" "$M/e/g2"
mv "$M/d" "$M/dd"
numbers_are "$M" e
t_umount
mount -t overlay -o lowerdir=lo,upperdir=up,workdir=kwork,redirect_dir=on none k 2>/dev/null ||
	t_skip "no overlayfs here"
t_mounted "$T/fs/k"
numbers_are k e
echo more >>k/e/h
mv k/e k/ee
umount k
ours
numbers_are "$M" ee
[ "$(cat "$M/ee/h")" = "h
more" ] || t_fail "$(cat "$M/ee/h")"
t_umount
# Also without what the union noted itself.
rm work/records
ours
numbers_are "$M" ee
t_umount
cd /

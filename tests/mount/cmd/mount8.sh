# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# mount(8) and fstab find the helper, in a mount namespace where it is in /sbin.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's helper"
[ -n "$UFS_HELPER" ] && [ -x "$UFS_HELPER" ] || t_skip "mount.fuse.ufs is not installed"
t_need unshare findmnt

t_branches
echo 1 >"$L1/1"
export UFS UFS_HELPER
# shellcheck disable=SC2016
unshare -m --propagation private sh -eu -c '
	mkdir "$T/sbin" "$T/sbin.work"
	mount -t overlay -o "lowerdir=/usr/sbin,upperdir=$T/sbin,workdir=$T/sbin.work" \
		none /usr/sbin || exit 77
	ln -s "$(realpath "$UFS")" /usr/sbin/mount.fuse.ufs
	echo "none $M fuse.ufs br:$UP=rw:$L1=ro,noauto 0 0" >"$T/fstab"
	trap "umount \"$M\"" EXIT
	mount -T "$T/fstab" "$M"
	[ "$(cat "$M/1")" = 1 ]
	touch "$M/new"
	mount -T "$T/fstab" -o remount,ro "$M"
	if touch "$M/x" 2>/dev/null; then exit 2; fi
	mount -T "$T/fstab" -o remount,rw "$M"
	touch "$M/x"
	[ "$(findmnt -n "$M" | wc -l)" = 1 ]
	status=0
	mount -T "$T/fstab" -o remount,nodev "$M" 2>/dev/null || status=$?
	[ $status = 32 ]
' || {
	status=$?
	[ $status = 77 ] && t_skip "no overlayfs to put the helper into /sbin"
	t_fail "status $status"
}
t_eq "$(ls "$UP" | tr '\n' ' ')" "new x " "what was written"
rm -rf "$T/sbin.work"

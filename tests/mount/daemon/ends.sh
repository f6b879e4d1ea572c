# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 90
# Every way to end a mount: ufs umount, umount, fusermount3 -u, SIGTERM, SIGINT,
# SIGHUP. The daemon ends, nothing stays mounted, the branch can be mounted again.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"

t_branches
echo a >"$L1/a"

gone() {
	! t_is_mounted "$M" && t_ended "$pid"
}

for way in ufs umount fusermount TERM INT HUP; do
	t_union
	pid=$(t_daemon "$M")
	echo "$way" >"$M/$way"
	case $way in
	ufs) "$UFS" umount "$M"; gone || t_fail "ufs umount returned before the end" ;;
	umount) if t_is_root; then umount "$M"; else fusermount3 -u "$M"; fi ;;
	fusermount) fusermount3 -u "$M" ;;
	*) kill -"$way" "$pid" ;;
	esac
	t_wait 10 gone || t_fail "$way: daemon or mount is still there"
	t_eq "$(cat "$UP/$way")" "$way" "what was written before $way"
done

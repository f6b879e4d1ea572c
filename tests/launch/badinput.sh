# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# Wrong use and hosts that cannot: each has its message, status 125, and leaves
# nothing behind.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN
mkdir "$T/a" "$T/a/in" "$T/b" "$T/full"
: >"$T/file"
left() {
	"$UFS" ps -a -q
}
before=$(left)

bad() {
	pattern=$1
	shift
	t_status 125 "$R" "$@"
	t_said err "^ufs-run: .*$pattern"
	t_eq "$(grep -c '^ufs-run:' "$T/err")" 1 "number of messages of '$*'"
}
bad "unknown option '--reed-only'" --reed-only -- true
t_said err "hint: did you mean --read-only"
bad "unknown option '-x'" -x -- true
bad "'--name' needs an argument" --name
bad "'../x' cannot be a container's name" --name ../x -- true
bad "lower branch '$T/none' does not exist (ENOENT)" --lower "$T/none" -- true
bad "lower branch '$T/file' is not a directory (ENOTDIR)" --lower "$T/file" -- true
bad "lower branch '$T/a' is given twice" --lower "$T/a" --lower "$T/a" -- true
bad "lies inside" --lower "$T/a" --lower "$T/a/in" -- true
bad "upper branch '$T/none' does not exist (ENOENT)" --upper "$T/none" -- true
bad "upper branch '$T/file' is not a directory (ENOTDIR)" --upper "$T/file" -- true
bad "is given as --upper and as --lower" --lower "$T/a" --upper "$T/a" -- true
bad "--userns 'x' is not known" --userns x -- true
bad "cannot use volume" -v "$T/none:/x" -- true

# The same writable branch twice: the second names the holder.
"$R" --upper "$T/b" -- sh -c 'echo ready; exec sleep 60' >"$T/ready" &
pid=$!
t_wait 15 grep -q ready "$T/ready" || t_fail "the command did not start"
bad "$T/b" --upper "$T/b" -- true
t_said err 'EBUSY'
kill -TERM $pid
wait $pid || :
t_status 0 "$R" --upper "$T/b" -- true

# User namespaces forbidden. A namespace of our own has the switch to itself.
unshare --user --map-root-user sh -c '
	echo 0 >/proc/sys/user/max_user_namespaces || exit 77
	exec "$1" --userns single -- true' - "$R" >"$T/out" 2>"$T/err" && status=0 || status=$?
[ "$status" != 77 ] || t_skip "cannot forbid user namespaces here"
t_eq "$status" 125 "status where user namespaces are forbidden"
t_said err 'user.max_user_namespaces is 0'
t_said err 'hint: sudo sysctl user.max_user_namespaces'

# Something else in the place of /dev/fuse, none, and one that may not be opened.
unshare --user --map-root-user --mount sh -c '
	mount --bind "$2" /dev/fuse || exit 77
	exec "$1" --userns single -- true' - "$R" "$T/file" >"$T/out" 2>"$T/err" && status=0 || status=$?
t_eq "$status" 125 "status with a file as /dev/fuse"
t_said err "'/dev/fuse': it is not the FUSE device (ENODEV)"
if t_is_root; then
	unshare --mount sh -c 'mount -t tmpfs none /dev && : >/dev/null && exec "$1" -- true' - "$R" \
		>"$T/out" 2>"$T/err" && status=0 || status=$?
	t_eq "$status" 125 "status without /dev/fuse"
	t_said err "cannot open '/dev/fuse' (ENOENT)"
	t_said err 'hint: sudo modprobe fuse'
	mode=$(stat -c %a /dev/fuse)
	mkdir -p "$T/home"
	chown "$T_USER:" "$T/home"
	unshare --mount sh -c 'mount -t tmpfs -o mode=755 none /dev && mknod -m 600 /dev/fuse c 10 229 &&
		mknod -m 666 /dev/null c 1 3 && shift && exec "$@"' - x \
		setpriv --reuid "$T_USER" --regid "$T_USER" --init-groups \
		env HOME="$T/home" "$R" -- true >"$T/out" 2>"$T/err" && status=0 || status=$?
	t_eq "$status" 125 "status with a closed /dev/fuse"
	t_said err "cannot open '/dev/fuse': its mode is 0600 (EACCES)"
	t_said err 'hint: sudo chmod 0666 /dev/fuse'
	t_eq "$(stat -c %a /dev/fuse)" "$mode" "mode of the host's /dev/fuse"
fi

# A place for records that others may write to.
if ! t_is_root; then
	mkdir -p "$T/data/ufs"
	chmod 777 "$T/data/ufs"
	t_status 125 env XDG_DATA_HOME="$T/data" "$R" -- true
	t_said err "cannot keep containers"
	t_said err 'hint:'
fi
t_eq "$(left)" "$before" "records that are left"

# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by every test under tests/mount and tests/launch. Plain POSIX sh.
#
# What a test finds in its environment (tests/run sets it):
#   $srcdir $UFS $UFS_RUN $UFS_HELPER   the sources, ufs, ufs-run, mount.fuse.ufs
#   $T_USER $T_USER_NOSUB   users made for the tests: with and without ranges of
#                           subordinate ids; empty when there are none
#   $T_RELEASE   1: a release build, bounds of memory may be asserted
#   $T_BACKEND   "ufs"; "overlay" mounts the kernel's overlayfs instead, to try
#                the tests themselves against another implementation
# A test ends with 0, 77 (t_skip) or anything else (failed). What a test mounts
# with t_mount or t_union is unmounted at its end, also when it fails.
set -eu
: "${srcdir:?}" "${UFS:?}"
T= T_MOUNTS= T_HASHED= M= UP= L1= L2=
T_BACKEND=${T_BACKEND:-ufs}
T_USER=${T_USER:-} T_USER_NOSUB=${T_USER_NOSUB:-} T_RELEASE=${T_RELEASE:-0}
UFS_HELPER=${UFS_HELPER:-}
PYTHONPATH=$srcdir/tests/lib PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE

t_skip() {
	echo "skipped: $*"
	exit 77
}

t_fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# t_eq GOT WANTED MSG
t_eq() {
	[ "$1" = "$2" ] || t_fail "$3: got '$1', wanted '$2'"
}

# Skip unless all of the commands are there.
t_need() {
	for t_cmd in "$@"; do
		command -v "$t_cmd" >/dev/null || t_skip "no command '$t_cmd'"
	done
}

t_is_root() {
	[ "$(id -u)" = 0 ]
}

# Set $T: a directory of the test's own, searchable by all, removed at exit.
t_tmpdir() {
	[ -z "$T" ] || return 0
	T=$(mktemp -d "${T_BASE:-${TMPDIR:-/tmp}}/t.XXXXXX")
	chmod 755 "$T"
	trap t_at_exit EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

# Run as the test user (or, being a user already, as oneself).
t_user() {
	if t_is_root; then
		[ -n "$T_USER" ] || t_skip "no test user (T_USER)"
		t_as "$T_USER" "$@"
	else
		"$@"
	fi
}

# Run as the test user that has no subordinate ids.
t_user_nosub() {
	if t_is_root; then
		[ -n "$T_USER_NOSUB" ] || t_skip "no test user (T_USER_NOSUB)"
		t_as "$T_USER_NOSUB" "$@"
	elif [ "$(id -un)" = "$T_USER_NOSUB" ]; then
		"$@"
	else
		t_skip "needs root, or the user without subordinate ids"
	fi
}

# t_as USER CMD…: as another user, with a home of its own in $T. Root only.
t_as() {
	t_who=$1
	shift
	t_tmpdir
	if [ ! -d "$T/home.$t_who" ]; then
		mkdir -m 700 "$T/home.$t_who"
		chown "$t_who:" "$T/home.$t_who"
	fi
	env -u XDG_RUNTIME_DIR -u XDG_DATA_HOME -u XDG_CONFIG_HOME \
		HOME="$T/home.$t_who" USER="$t_who" LOGNAME="$t_who" \
		setpriv --reuid "$t_who" --regid "$t_who" --init-groups -- "$@"
}

# t_mount ARGS… MOUNTPOINT: ufs mount; unmounted at exit. Its status is ufs's.
t_mount() {
	t_tmpdir
	"$UFS" mount "$@" || return $?
	for t_mp; do :; done
	T_MOUNTS="$t_mp
$T_MOUNTS"
}

# Note a mountpoint that the test mounted itself, for the end.
t_mounted() {
	t_tmpdir
	T_MOUNTS="$1
$T_MOUNTS"
}

# t_umount [MOUNTPOINT]: unmount and wait for the daemon's end.
t_umount() {
	if [ "$T_BACKEND" = overlay ]; then
		umount "${1:-$M}"
	else
		"$UFS" umount "${1:-$M}"
	fi
}

t_is_mounted() {
	t_esc=$(printf %s "$1" | sed 's/\\/\\134/g; s/ /\\040/g')
	awk -v p="$t_esc" '$5 == p { f = 1 } END { exit !f }' /proc/self/mountinfo
}

# The end of a mount whatever became of its daemon.
t_force_umount() {
	for t_try in 1 2 3 4 5 6 7 8 9 10; do
		t_is_mounted "$1" || return 0
		if t_is_root; then
			umount "$1" 2>/dev/null && continue
		else
			fusermount3 -q -u "$1" 2>/dev/null && continue
		fi
		sleep 0.3
	done
	echo "'$1' stayed busy; unmounted lazily" >&2
	if t_is_root; then
		umount -l "$1"
	else
		fusermount3 -u -z "$1"
	fi
	return 1
}

# t_branches: directories $L1 $L2 (lower, top first) $UP and mountpoint $M in $T.
t_branches() {
	t_tmpdir
	L1=$T/l1 L2=$T/l2 UP=$T/up M=$T/m WORK=$T/work
	mkdir "$L1" "$L2" "$UP" "$M"
	export T L1 L2 UP M WORK
}

# t_union [MOUNT OPTIONS…]: mount $UP over $L1 over $L2 on $M. From here to the
# end of the test neither lower branch may change: t_at_exit compares.
t_union() {
	[ -n "$M" ] || t_branches
	t_watch "$L1"
	t_watch "$L2"
	if [ "$T_BACKEND" = overlay ]; then
		t_is_root || t_skip "overlayfs is tried as root only"
		mkdir -p "$WORK"
		mount -t overlay -o \
		 "lowerdir=$L1:$L2,upperdir=$UP,workdir=$WORK,xino=auto" none "$M"
		t_mounted "$M"
	else
		t_mount "$@" --upper "$UP" --lower "$L1" --lower "$L2" "$M"
	fi
}

# t_remount [OPTIONS…]: unmount the union of t_union and mount it again.
t_remount() {
	t_umount "$M"
	t_union "$@"
}

# A digest of names, data, modes, owners, mtime, ctime, xattrs below DIR.
t_hash() {
	python3 "$srcdir/tests/lib/treehash.py" "$1"
}

# DIR must be at the end of the test what it is now.
t_watch() {
	case "$T_HASHED" in
	*"
$1
"*) return 0 ;;
	esac
	python3 "$srcdir/tests/lib/treehash.py" --list "$1" >"$T/.watch.$(t_flat "$1")"
	T_HASHED="$T_HASHED
$1
"
}

t_flat() {
	printf %s "$1" | tr / %
}

t_check_watched() {
	t_bad=0
	while read -r t_dir; do
		[ -n "$t_dir" ] || continue
		t_old="$T/.watch.$(t_flat "$t_dir")"
		python3 "$srcdir/tests/lib/treehash.py" --list "$t_dir" >"$t_old.now"
		cmp -s "$t_old" "$t_old.now" && continue
		echo "FAILED: '$t_dir' is not what it was:" >&2
		diff "$t_old" "$t_old.now" | head -n 20 >&2
		t_bad=1
	done <<END
$T_HASHED
END
	return $t_bad
}

# Wait up to SECONDS for a command to succeed: t_wait SECONDS CMD…
t_wait() {
	t_left=$(($1 * 10))
	shift
	until "$@"; do
		t_left=$((t_left - 1))
		[ $t_left -gt 0 ] || return 1
		sleep 0.1
	done
}

# The pid of the daemon behind a mountpoint, from `ufs status --json`.
t_daemon() {
	"$UFS" status --json "$1" | python3 -c '
import json, sys
def find(v):
    if isinstance(v, dict):
        if isinstance(v.get("pid"), int):
            return v["pid"]
        v = list(v.values())
    if isinstance(v, list):
        for i in v:
            p = find(i)
            if p:
                return p
    return None
p = find(json.load(sys.stdin))
print(p) if p else sys.exit("no pid in the status")'
}

# A process has ended; whether its parent has collected it is another matter.
t_ended() {
	case $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) in
	"" | Z*) return 0 ;;
	esac
	return 1
}

# A Python script on stdin, with tests/lib/ufstest.py at hand.
t_py() {
	python3 - "$@"
}

t_at_exit() {
	t_status=$?
	trap - EXIT
	set +e
	cd /
	while read -r t_dir; do
		[ -z "$t_dir" ] || t_force_umount "$t_dir" || t_status=1
	done <<END
$T_MOUNTS
END
	t_check_watched || t_status=1
	rm -rf --one-file-system "$T" 2>/dev/null || {
		# A user's own directories that nobody may search.
		chmod -R u+rwX "$T" 2>/dev/null
		rm -rf --one-file-system "$T" || t_status=1
	}
	exit $t_status
}

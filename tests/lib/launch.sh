# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests under tests/launch: all of mount.sh, and what the
# launcher needs. See mount.sh for the environment.
. "$srcdir/tests/lib/mount.sh"
: "${UFS_RUN:?}"

# A container's name that no other test has.
t_name() {
	t_tmpdir
	echo "t$$-$(basename "$T" | tr -dc 'a-zA-Z0-9')"
}

# t_status WANTED CMD…: run, and fail unless it ends with this status. The
# output is in $T/out and $T/err.
t_status() {
	t_want=$1
	shift
	t_tmpdir
	t_got=0
	"$@" >"$T/out" 2>"$T/err" </dev/null || t_got=$?
	[ "$t_got" = "$t_want" ] && return 0
	sed 's/^/  out: /' "$T/out" | head -n 20 >&2
	sed 's/^/  err: /' "$T/err" | head -n 20 >&2
	t_fail "'$*' ended with $t_got, wanted $t_want"
}

# t_said FILE PATTERN: a line of FILE (out or err of t_status) matches.
t_said() {
	grep -q -e "$2" "$T/$1" && return 0
	sed "s/^/  $1: /" "$T/$1" | head -n 20 >&2
	t_fail "no line of std$1 matches '$2'"
}

# Skip where this user may not make a user namespace at all.
t_need_userns() {
	t_is_root && return 0
	unshare --user --map-root-user /bin/true 2>/dev/null ||
		t_skip "this host forbids user namespaces"
}

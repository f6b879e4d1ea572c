# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced behind mount.sh by the tests of bad input.

# bad STATUS PATTERN CMD…: the command fails with STATUS and a message of the one
# shape (PATTERN, a basic expression, is in it), and leaves nothing behind.
bad() {
	b_status=$1 b_pattern=$2
	shift 2
	t_tmpdir
	b_got=0
	b_mounts=$(grep -c " $T/.*fuse\.ufs" /proc/self/mountinfo) || b_mounts=0
	"$@" >"$T/bad.out" 2>"$T/bad.err" || b_got=$?
	# Notices stand before the message.
	sed '/^ufs: note: /d' "$T/bad.err" >"$T/bad.msg"
	t_eq "$b_got" "$b_status" "status of '$*' ($(cat "$T/bad.err"))"
	[ ! -s "$T/bad.out" ] || t_fail "'$*' wrote to standard output"
	sed -n 1p "$T/bad.msg" | grep -q '^[a-z.-]*: .' ||
		t_fail "'$*': no message, but: $(cat "$T/bad.err")"
	sed -n 1p "$T/bad.msg" | grep -q -- "$b_pattern" ||
		t_fail "'$*': no '$b_pattern' in: $(cat "$T/bad.msg")"
	if [ "$b_status" != 2 ] && [ "${1##*/}" != mount.fuse.ufs ]; then
		sed -n 1p "$T/bad.msg" | grep -q ' (E[A-Z0-9]*)$' ||
			t_fail "'$*': no errno name in: $(cat "$T/bad.msg")"
	fi
	sed 1d "$T/bad.msg" | grep -v '^  hint: ' >"$T/bad.rest" || :
	[ ! -s "$T/bad.rest" ] || t_fail "'$*': more than one message: $(cat "$T/bad.msg")"
	[ "$(wc -l <"$T/bad.msg")" -le 2 ] || t_fail "'$*': more than one hint"
	b_now=$(grep -c " $T/.*fuse\.ufs" /proc/self/mountinfo) || b_now=0
	t_eq "$b_now" "$b_mounts" "mounts after '$*'"
}

# hint PATTERN: the last message had such a hint.
hint() {
	grep -q -- "^  hint: .*$1" "$T/bad.err" ||
		t_fail "no hint '$1' in: $(cat "$T/bad.err")"
}

# Run a command with a /dev of its own in a mount namespace: dev NODE… -- CMD…
# where NODE is "fuse" or "fuse:MODE". Root only.
dev() {
	b_nodes=
	while [ "$1" != -- ]; do
		b_nodes="$b_nodes $1"
		shift
	done
	shift
	# shellcheck disable=SC2016
	unshare -m --propagation private sh -ec '
		nodes=$1
		shift
		mount -t tmpfs -o mode=755 none /dev
		mknod -m 666 /dev/null c 1 3
		for node in $nodes; do
			mknod -m "${node#*:}" /dev/fuse c 10 229
		done
		exec "$@"
	' sh "$b_nodes" "$@"
}

# The process has ended, whether or not its parent has noticed.
ended() {
	[ ! -d "/proc/$1" ] || grep -q '^[0-9]* (.*) [ZX]' "/proc/$1/stat" 2>/dev/null
}

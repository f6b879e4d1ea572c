# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the tests of tests/model, whose README tells what they are about.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "mounts and unmounts ufs by itself"

export MODEL_SLOW="${MODEL_SLOW:-3}"
# What the union at hand is known not to do yet.
export MODEL_LACKS="${MODEL_LACKS-}"
t_tmpdir

# Set $MODEL_OTHER: a directory on a filesystem that is not that of $T, with
# extended attributes; left unset where there is none.
other_filesystem() {
	t_is_root || return 0
	mkdir "$T/other"
	mount -t tmpfs none "$T/other"
	t_mounted "$T/other"
	python3 -c 'import os, sys
os.setxattr(sys.argv[1], "user.x", b"y")' "$T/other" 2>/dev/null || return 0
	export MODEL_OTHER="$T/other"
}

# model SCRIPT ARGS…: on a directory of its own. In the long form, `make soak`,
# the settings in the environment count; in the short one those given here.
model() {
	mkdir "$T/model"
	m_status=0
	python3 "$srcdir/tests/model/$1" "$T/model" || m_status=$?
	"$UFS" status >/dev/null # forgets the daemons that were killed
	[ $m_status = 0 ] || t_fail "see above"
	rmdir "$T/model" || t_fail "$1 left something"
}

# short NAME VALUE…: settings of the short form.
short() {
	[ "${MODEL_SOAK:-0}" = 0 ] || return 0
	while [ $# -gt 0 ]; do
		eval "export $1=\"\${$1:-$2}\""
		shift 2
	done
}

# long NAME VALUE…: those of the long one.
long() {
	[ "${MODEL_SOAK:-0}" = 1 ] || return 0
	while [ $# -gt 0 ]; do
		eval "export $1=\"\${$1:-$2}\""
		shift 2
	done
}

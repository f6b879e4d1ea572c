#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --help, the man pages and the completions name the same options. Each option
# that only one of them knows is printed as an error.
set -u
top=${srcdir:-.}
ufs=${UFS:-bin/ufs}
ufs_run=${UFS_RUN:-bin/ufs-run}
bad=0

if ! [ -x "$ufs" ]; then
	echo "skipped: '$ufs' is not built"
	exit 77
fi
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# same NAME FILE NAME FILE: compare two sorted lists.
same() {
	if ! [ -s "$2" ]; then
		echo "$1: no option found"
		bad=1
	fi
	comm -23 "$2" "$4" | sed "s|^|only in $1: |" >"$tmp/diff"
	comm -13 "$2" "$4" | sed "s|^|only in $3: |" >>"$tmp/diff"
	if [ -s "$tmp/diff" ]; then
		cat "$tmp/diff"
		bad=1
	fi
}

# The options of the help on stdin: lines that begin with two blanks and a dash.
help_options() {
	sed -n '/^mount options:/q; s/^  *\(-[^ ].*\)/\1/p' |
		sed 's/,  *-/ -/; s/   *.*//' | tr ' ' '\n' |
		grep '^-' | LC_ALL=C sort -u
}

# The options of one section of a man page: the words behind each .TP.
#   man_options FILE START: from the line that matches START to the next section
man_options() {
	awk -v start="$2" '
		$0 ~ start { on = 1; next }
		/^\.S[HS]/ { on = 0 }
		on && tp { print; tp = 0 }
		/^\.TP/ { tp = on }
	' "$1" | sed 's/\\f[BIRP]//g; s/\\-/-/g; s/^\.[BIR]* *//; s/[",]/ /g; s/=/ /g' |
		tr ' ' '\n' | grep '^-' | LC_ALL=C sort -u
}

# What the completion offers for the words given, the last of which is open.
complete_words() {
	(
		# shellcheck source=/dev/null
		. "$top/contrib/completions/ufs"
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
		_ufs
		printf '%s\n' "${COMPREPLY[@]}"
	) | LC_ALL=C sort -u
}

# -- the verbs
"$ufs" help | sed -n 's/^  \([a-z][a-z]*\)  .*/\1/p' | LC_ALL=C sort >"$tmp/verbs"
complete_words ufs '' | grep '^[a-z]' >"$tmp/offered"
same "ufs help" "$tmp/verbs" completion "$tmp/offered"
while read -r verb; do
	case $verb in
	help | run) continue ;;
	esac
	"$ufs" "$verb" --help | help_options >"$tmp/help"
	man_options "$top/man/ufs.1" "^.SS ufs $verb\$" >"$tmp/man"
	complete_words ufs "$verb" - >"$tmp/offered"
	same "ufs $verb --help" "$tmp/help" "ufs.1, 'ufs $verb'" "$tmp/man"
	same "ufs $verb --help" "$tmp/help" "completion of 'ufs $verb'" "$tmp/offered"
	if ! grep -q "^\.B ufs $verb" "$top/man/ufs.1"; then
		echo "ufs.1: the synopsis lacks 'ufs $verb'"
		bad=1
	fi
done <"$tmp/verbs"

# -- the mount options
"$ufs" mount --help | sed -n '/^mount options:/,$p' |
	sed -n 's/^  \([a-z_+]*\).*/\1/p' | LC_ALL=C sort >"$tmp/help"
awk '/^\.SH/ { on = $0 ~ /MOUNT OPTIONS/ } on && tp { print; tp = 0 } /^\.TP/ { tp = on }' \
	"$top/man/ufs.1" | sed 's/\\f[BIRP]//g; s/^\.[BIR]* *//; s/\[*=.*//' |
	LC_ALL=C sort >"$tmp/man"
complete_words ufs mount -o '' | sed 's/=$//' | LC_ALL=C sort >"$tmp/offered"
same "mount options of --help" "$tmp/help" ufs.1 "$tmp/man"
same "mount options of --help" "$tmp/help" completion "$tmp/offered"

# -- the helper of mount(8)
ln -s "$(realpath "$ufs")" "$tmp/mount.fuse.ufs"
"$tmp/mount.fuse.ufs" -h | help_options >"$tmp/help"
man_options "$top/man/mount.fuse.ufs.8" '^.SH OPTIONS' >"$tmp/man"
same "mount.fuse.ufs -h" "$tmp/help" mount.fuse.ufs.8 "$tmp/man"

# -- the launcher
if [ -x "$ufs_run" ] && [ -e "$top/man/ufs-run.1" ]; then
	"$ufs_run" --help | help_options | grep '^--' >"$tmp/help"
	sed 's/\\-/-/g; s/\\f[BIRP]//g' "$top/man/ufs-run.1" |
		awk '/^\.(TP|It)/ { tp = 1; if ($1 == ".TP") next } tp { print; tp = 0 }' |
		grep -o -- '--[a-z][a-z-]*' | LC_ALL=C sort -u >"$tmp/man"
	grep -o -- '--[a-z][a-z-]*' "$top/contrib/completions/ufs-run" |
		LC_ALL=C sort -u >"$tmp/offered"
	same "ufs-run --help" "$tmp/help" ufs-run.1 "$tmp/man"
	same "ufs-run --help" "$tmp/help" "completion of ufs-run" "$tmp/offered"
fi

# -- the pages themselves
if ! command -v groff >/dev/null; then
	echo "not looked at for warnings: the man pages (no groff)"
else
	for page in "$top"/man/*.[1-9]; do
		groff -man -ww -z -Tutf8 "$page" >"$tmp/warnings" 2>&1
		if [ -s "$tmp/warnings" ]; then
			cat "$tmp/warnings"
			bad=1
		fi
	done
fi
exit $bad

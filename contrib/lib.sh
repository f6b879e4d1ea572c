# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the scripts of this folder. Plain POSIX sh.
#
# Nothing that is done to the host here outlives the script: undo COMMAND notes
# how to take it back, and what was noted runs in reverse order at the end, also
# after a failure, Ctrl-C or SIGTERM. The one exception: installed packages stay.
UNDO= JOB= WORKDIR=
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

note() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$1" >&2
	[ $# -lt 2 ] || printf '  hint: %s\n' "$2" >&2
	exit 1
}

is_root() {
	[ "$(id -u)" = 0 ]
}

# As root: directly, or with sudo.
as_root() {
	if is_root; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo -- "$@"
	else
		die "this needs root: $*" "install sudo, or run the script as root"
	fi
}

undo() {
	UNDO="$*
$UNDO"
}

# All descendants of a process.
tree_of() {
	for t_child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do
		tree_of "$t_child"
	done
	echo "$1"
}

end_job() {
	[ -n "$JOB" ] || return 0
	e_all=$(tree_of "$JOB")
	as_root kill -TERM $e_all 2>/dev/null
	for e_try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		e_left=
		for e_pid in $e_all; do
			[ ! -d "/proc/$e_pid" ] || e_left="$e_left $e_pid"
		done
		[ -n "$e_left" ] || break
		sleep 1
	done
	[ -z "$e_left" ] || as_root kill -KILL $e_left 2>/dev/null
	JOB=
}

at_exit() {
	x_status=$?
	trap '' EXIT HUP INT TERM
	set +e
	end_job
	x_ifs=$IFS
	IFS='
'
	for x_line in $UNDO; do
		IFS=$x_ifs
		eval "$x_line" || x_status=1
	done
	exit $x_status
}

# To be called once, before anything is changed. Sets $WORKDIR, a private one.
begin() {
	trap at_exit EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	umask 022
	WORKDIR=$(mktemp -d "${TMPDIR:-/tmp}/ufs-${0##*/}.XXXXXX") ||
		die "cannot make a directory for the build in '${TMPDIR:-/tmp}'"
	chmod 755 "$WORKDIR"
	undo "chmod -R u+w '$WORKDIR' 2>/dev/null; as_root rm -rf --one-file-system '$WORKDIR'"
}

# job COMMAND…: in the background and waited for, so that a signal ends it at
# once. Its status.
job() {
	"$@" </dev/null &
	JOB=$!
	j_status=0
	wait "$JOB" || j_status=$?
	JOB=
	return $j_status
}

# step TEXT COMMAND…: one line on the terminal with the time it took; the output
# only if it fails.
step() {
	s_text=$1
	shift
	s_from=$(now_ms)
	s_log=$WORKDIR/step.log
	s_status=0
	job "$@" >"$s_log" 2>&1 || s_status=$?
	printf '%7s s  %s%s\n' "$(seconds_since "$s_from")" "$s_text" \
		"$([ $s_status = 0 ] || echo ": FAILED")"
	[ $s_status = 0 ] || tail -n 60 "$s_log" | sed 's/^/    | /'
	return $s_status
}

now_ms() {
	date +%s%3N
}

seconds_since() {
	echo "$1 $(now_ms)" | awk '{ printf "%.1f", ($2 - $1) / 1000 }'
}

is_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Install those of the packages that are missing, with apt-get.
install_missing() {
	i_list=
	for i_pkg in "$@"; do
		is_installed "$i_pkg" || i_list="$i_list $i_pkg"
	done
	[ -n "$i_list" ] || return 0
	echo "installing:$i_list"
	apt_root update &&
		apt_root install -y --no-install-recommends $i_list
}

apt_root() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q \
		-o Dpkg::Use-Pty=0 -o APT::Color=0 -o DPkg::Lock::Timeout=120 "$@"
}

need_apt() {
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
		die "this is no Debian or Ubuntu: apt-get was not found" \
		    "build with ./configure && make && make check; configure names what it misses"
}

# sudo asks now, or never in the middle of the work.
need_root_access() {
	is_root && return 0
	command -v sudo >/dev/null ||
		die "this needs root for packages and /dev/fuse, and there is no sudo" \
		    "install sudo, or run the script as root"
	if [ -t 0 ]; then
		sudo -v || die "sudo was refused"
	else
		sudo -n true 2>/dev/null ||
			die "sudo asks for a password, and there is no terminal"
	fi
}

BUILD_PACKAGES="autoconf automake make gcc libc6-dev pkg-config libfuse3-dev
	libcap-dev libseccomp-dev libjson-c-dev libcmocka-dev fuse3 uidmap"

# /dev/fuse there, and open to users; the old mode comes back at the end.
open_dev_fuse() {
	if [ ! -c /dev/fuse ]; then
		as_root modprobe fuse 2>/dev/null
		[ -c /dev/fuse ] || die "there is no /dev/fuse" \
		    "modprobe fuse; in a container: docker run --device /dev/fuse …"
	fi
	o_mode=$(stat -c %a /dev/fuse)
	case $o_mode in
	*[67]) return 0 ;;
	esac
	undo "as_root chmod $o_mode /dev/fuse"
	as_root chmod 666 /dev/fuse
}

# A copy of the sources in $WORKDIR/src, with what is not committed yet, so that
# nothing is written to the tree that was cloned.
copy_sources() {
	mkdir -p "$WORKDIR/src"
	if [ -e "$1/.git" ]; then
		git -c safe.directory='*' -C "$1" ls-files -z --cached --others \
			--exclude-standard >"$WORKDIR/files" || return 1
		tar -C "$1" --null -T "$WORKDIR/files" --ignore-failed-read \
			-cf "$WORKDIR/src.tar" || return 1
	else
		tar -C "$1" -cf "$WORKDIR/src.tar" . || return 1
	fi
	tar -C "$WORKDIR/src" --no-same-owner -xf "$WORKDIR/src.tar" || return 1
	rm -f "$WORKDIR/files" "$WORKDIR/src.tar"
}

# build NAME CONFIGURE-ARGS…: in $WORKDIR/NAME, installed in $WORKDIR/NAME/inst.
build() {
	b_dir=$WORKDIR/$1
	shift
	mkdir -p "$b_dir" && cd "$b_dir" || return 1
	"$WORKDIR/src/configure" -q --prefix="$b_dir/inst" "$@" &&
		make -s -j "$(nproc)" && make -s install
}

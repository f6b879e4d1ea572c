# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by fresh and suites, after lib.sh: a Debian tree, and a way into it.

# The first Debian mirror among the host's apt sources, in $MIRROR.
find_mirror() {
	MIRROR=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' | awk '$2 !~ /-/ && $3 == "main" &&
		$1 ~ /\/debian\/?$/ { print $1; exit }')
	[ -n "$MIRROR" ] || die "the host's apt sources name no Debian mirror" \
		"see /etc/apt/sources.list; this script makes Debian trees from it"
}

# make_tree DIR SUITE PACKAGES: a minimal Debian with a user who may sudo.
make_tree() {
	g_script=$2
	[ -e "/usr/share/debootstrap/scripts/$2" ] || g_script=sid
	g_extra=
	case $MIRROR in https:*) g_extra=,ca-certificates ;; esac
	debootstrap --variant=minbase --include="$3$g_extra" "$2" "$1" "$MIRROR" \
		"/usr/share/debootstrap/scripts/$g_script" || return 1
	echo "deb $MIRROR $2 main" >"$1/etc/apt/sources.list"
	# What the host had to tell apt about its network holds here too.
	apt-config dump | grep -i -e '^Acquire::Check-' -e '^Acquire::[a-z]*::Proxy' \
		>"$1/etc/apt/apt.conf.d/10host"
	cp -L /etc/resolv.conf "$1/etc/" || return 1
	{ cat /etc/hosts && echo "127.0.1.1 fresh"; } >"$1/etc/hosts"
	# Not in every release's debootstrap; fusermount3 does not do without it.
	[ -e "$1/etc/mtab" ] || ln -s ../proc/self/mounts "$1/etc/mtab" || return 1
	chroot "$1" useradd -m -s /bin/bash stranger || return 1
	echo 'stranger ALL=(ALL) NOPASSWD: ALL' >"$1/etc/sudoers.d/stranger"
}

# A clone of what is committed.
clone_into() {
	git -c safe.directory='*' clone -q --no-hardlinks "$2" "$1/home/stranger/ufs"
}

# inside TREE root|user COMMAND…: in the clone, in namespaces of its own. With
# the namespaces all of its mounts and processes end.
inside() {
	n_tree=$1 n_who=$2
	shift 2
	# Whoever runs it has cloned it.
	n_owner=stranger
	[ "$n_who" != root ] || n_owner=root
	chroot "$n_tree" chown -R "$n_owner:" /home/stranger/ufs || return 1
	job unshare --mount --pid --uts --ipc --fork --kill-child --propagation private \
		sh -c "$ENTER" enter "$n_tree" "$n_who" "$@"
}

ENTER='set -eu
tree=$1 who=$2
shift 2
mount --bind "$tree" "$tree"
cd "$tree"
mount -t proc proc proc
mount --rbind /sys sys
mount -t tmpfs -o mode=755 tmpfs dev
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
	IFS=: read -r name major minor <<-END
		$node
	END
	mknod -m 666 "dev/$name" c "$major" "$minor"
done
mknod -m 600 dev/fuse c 10 229
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p run/lock
hostname fresh
mkdir -p .old
pivot_root . .old
cd /
umount -l /.old
rmdir /.old
home=/root as=
if [ "$who" != root ]; then
	home=/home/stranger
	as="setpriv --reuid stranger --regid stranger --init-groups --"
fi
cd /home/stranger/ufs
# Not exec: this shell stays as the namespace'"'"'s init.
status=0
$as env -i HOME="$home" USER="${home##*/}" LOGNAME="${home##*/}" TERM=dumb LC_ALL=C.UTF-8 \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	"$@" </dev/null || status=$?
exit $status
'

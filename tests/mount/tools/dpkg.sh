# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 600
# dpkg -i and apt-get install in a Debian tree that lies in the lower branches.
. "$srcdir/tests/lib/tools.sh"
t_need debootstrap chroot apt-get dpkg-deb

# The tree is made once for all runs that share T_CACHE. Where from: the host's
# own sources.
mirror() {
	apt-get indextargets --format '$(SITE) $(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | awk '$3 !~ /-/ && $4 == "main" &&
		$2 ~ /\/debian\/?$/ { print $2, $3; exit }'
}
set -- $(mirror)
[ $# = 2 ] || t_skip "no Debian among the host's apt sources"
T_CACHE=${T_CACHE:-${TMPDIR:-/tmp}}
tree=$T_CACHE/debian-tree.tar
t_branches
if [ ! -f "$tree" ]; then
	mkdir -p "$T_CACHE"
	debootstrap --variant=minbase "$2" "$T/deb" "$1" >"$T/log" 2>&1 ||
		t_skip "debootstrap: $(tail -n 1 "$T/log")"
	tar -C "$T/deb" -cf "$tree.new" . && mv "$tree.new" "$tree"
	rm -rf --one-file-system "$T/deb"
fi
tar -C "$L2" -xf "$tree"
mkdir -p "$L1/etc/apt/apt.conf.d" "$L1/root" "$L1/etc/apt/sources.list.d"
cp /etc/resolv.conf /etc/hosts "$L1/etc/"
apt-config dump Acquire | grep -i -e '::Check-' -e 'proxy' >"$L1/etc/apt/apt.conf.d/10host" || :
(cd "$T" && apt-get download hello) >"$T/log" 2>&1 || t_skip "apt-get: $(tail -n 1 "$T/log")"
cp "$T"/hello_*.deb "$L1/root/hello.deb"
t_twins

in_tree() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
		HOME=/root chroot . "$@"
}
with_dpkg() {
	in_tree dpkg -i /root/hello.deb && in_tree hello && in_tree dpkg -L hello
}
with_apt() {
	in_tree apt-get -qq update >"$T/apt.log" 2>&1 &&
		in_tree apt-get -qq -y --no-install-recommends -o APT::Sandbox::User=root \
			install figlet less adduser >>"$T/apt.log" 2>&1 || {
		tail -n 20 "$T/apt.log"
		return 1
	}
	in_tree figlet it works
	in_tree dpkg --audit
	in_tree dpkg -l | sha256sum
	in_tree adduser --system --quiet somebody && in_tree id -un somebody
}
remove() {
	in_tree apt-get -qq -y purge hello less >"$T/apt.log" 2>&1 || {
		tail -n 20 "$T/apt.log"
		return 1
	}
	in_tree dpkg --verify
	in_tree dpkg -l | sha256sum
}
t_both with_dpkg
t_both with_apt
t_both remove
t_same_trees --skip='var/log/*' --skip='var/cache/*' --skip='var/lib/apt/*' --skip='etc/*-' \
	--skip='etc/shadow' --skip='run/*'

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# What a command sees over the host's own /: the host's files on a union, the
# container's own kernel filesystems, a clean environment. What it changes
# stays in the container.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN

# The root is a union; the kernel's filesystems are the container's own.
t_status 0 "$R" -- cat /proc/self/mountinfo
for mp in / /proc /sys /dev /dev/pts /dev/shm /run; do
	awk -v p="$mp" '$5 == p { f = 1 } END { exit !f }' "$T/out" ||
		t_fail "nothing is mounted on $mp"
done
t_eq "$(awk '$5 == "/" { print $(NF - 2) }' "$T/out")" fuse.ufs "type of the root"
# Nothing of the host's is there: no mount but ours, none with our branches.
awk '$5 !~ "^/($|proc|sys|dev|run)" { print; bad = 1 } END { exit bad }' "$T/out" ||
	t_fail "mounts of the host are left"
t_status 0 "$R" -- sh -c 'echo $$; ls /proc'
t_said out '^2$'
t_eq "$(grep -c '^[0-9]*$' "$T/out")" 4 "processes and the pid line" # 1 2 ls, and $$
t_status 0 "$R" -- sh -c 'for d in null zero full random urandom tty; do
	test -c /dev/$d || exit 1; done; echo x >/dev/null; head -c 3 /dev/zero | wc -c;
	test -c /dev/ptmx && test -d /dev/mqueue && readlink /dev/fd /dev/stdin; ls /dev/pts'
t_said out '^3$'
t_said out '^/proc/self/fd$'

# Changes, deletions and new files do not reach the host.
before=$(ls -ld --time-style=full-iso / /etc /etc/passwd)
sum=$(md5sum /etc/passwd)
t_status 0 "$R" -- sh -c 'set -e; echo new >>/etc/passwd; tail -n 1 /etc/passwd
	touch /new /etc/new; rm -rf /usr/share/doc /usr/bin/tac; test ! -e /usr/bin/tac
	chmod 700 /etc; mkdir -p /usr/share/doc/x; ls /usr/share/doc'
t_eq "$(cat "$T/out")" "new
x" "what the command saw"
t_eq "$(ls -ld --time-style=full-iso / /etc /etc/passwd)" "$before" "the host's / and /etc"
t_eq "$(md5sum /etc/passwd)" "$sum" "the host's /etc/passwd"
[ ! -e /new ] && [ -e /usr/bin/tac ] && [ -d /usr/share/doc ] || t_fail "the host was changed"

# What ufs keeps on the host is hidden.
keeps=$("$R" --dry-run -- true | awk '$1 == "hidden" { print $2 }')
t_status 2 "$R" -- ls -d "$keeps"

# Sockets of the host do not work through a union: /run begins empty, but the
# file that resolv.conf leads to is there.
t_status 0 "$R" -- sh -c 'touch /run/mine; ls -A /run; stat -f -c %T /run'
t_said out '^tmpfs$'
[ ! -e /run/mine ] || t_fail "/run is the host's"
if [ -e /etc/resolv.conf ]; then
	t_status 0 "$R" -- cat /etc/resolv.conf
	cmp "$T/out" /etc/resolv.conf || t_fail "/etc/resolv.conf is not the host's"
fi

# Working directory, TERM, LANG, PATH and HOME stay, nothing else.
mkdir "$T/work"
chmod 755 "$T/work"
cd "$T/work"
t_status 0 env SECRET=x TERM=vt52 LANG=C.UTF-8 PATH="$PATH:/nowhere" "$R" -- sh -c 'pwd; exec env'
t_said out "^$T/work\$"
t_said out '^TERM=vt52$'
t_said out '^LANG=C.UTF-8$'
t_said out "^PATH=$PATH:/nowhere\$"
t_said out "^HOME=$HOME\$"
! grep -vE '^(TERM|LANG|PATH|HOME|PWD|OLDPWD|_|SHLVL)=|^/' "$T/out" ||
	t_fail "more of the environment came in"
cd /
# Without a command the shell runs; without a terminal it reads nothing.
t_status 0 env SHELL=/bin/sh "$R"
t_status 3 sh -c 'echo "exit 3" | env SHELL=/bin/sh "$1" -i' - "$R"

# Standard input is passed with -i alone; no descriptor else comes in.
t_eq "$(echo data | "$R" -i -- cat)" data "input with -i"
t_eq "$(echo data | "$R" -- cat)" "" "input without -i"
t_status 0 sh -c 'exec 7</etc 8>"$2/leak"; exec "$1" -- ls /proc/self/fd' - "$R" "$T"
t_eq "$(tr '\n' ' ' <"$T/out")" "0 1 2 3 " "open descriptors" # 3 is ls's own

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: user nosub
# Owners as a user sees and sets them, with one id and with ranges.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN

t_status 0 "$R" --dry-run -- true
kind=$(sed -n 's/^ids *\([a-z]*\).*/\1/p' "$T/out")
if [ "$(id -un)" = "$T_USER_NOSUB" ]; then
	t_eq "$kind" one "kind of ids without ranges"
	t_said out '/etc/subuid'
elif [ "$(id -un)" = "$T_USER" ]; then
	t_eq "$kind" ranges "kind of ids with ranges"
fi
t_status 0 "$R" --userns single --dry-run -- true
t_said out '^ids .*one: root inside is you (--userns single)'
t_status 125 "$R" --userns host -- true
t_said err 'needs root'

# The maps are what was said.
t_status 0 "$R" -- cat /proc/self/uid_map /proc/self/gid_map
t_eq "$(head -n 1 "$T/out" | tr -s ' ')" " 0 $(id -u) 1" "the first line of uid_map"
t_status 0 "$R" --userns single -- cat /proc/self/setgroups /proc/self/uid_map
t_eq "$(head -n 1 "$T/out")" deny "setgroups with one id"
t_eq "$(sed 1d "$T/out" | wc -l)" 1 "lines of uid_map with one id"

# The host's files can be changed by root inside, whoever owns them.
mkdir "$T/up"
t_status 0 "$R" --upper "$T/up" -- sh -c 'set -e; stat -c %u:%g /etc/passwd
	echo x >>/etc/passwd; chmod 600 /etc/hostname; mv /etc/issue /etc/issue2; rm /etc/motd
	touch /etc/new; stat -c %u:%g /etc/new'
t_eq "$(sort -u "$T/out")" 0:0 "owners that root inside sees"
t_eq "$(find "$T/up" ! -user "$(id -un)" | wc -l)" 0 "files in the branch that are not the user's"
# What the user may not read is not read; replacing or emptying it works.
if [ -e /etc/shadow ] && [ ! -r /etc/shadow ]; then
	t_status 1 "$R" -- cat /etc/shadow
	t_said err 'Permission denied'
	t_status 0 "$R" -- sh -c 'set -e; : >/etc/shadow; test ! -s /etc/shadow; echo a >/etc/shadow; cat /etc/shadow'
	t_eq "$(cat "$T/out")" a "an emptied file that was not readable"
	t_status 0 "$R" -- sh -c 'echo b >/etc/s && mv /etc/s /etc/shadow && cat /etc/shadow'
	t_status 0 "$R" -- rm /etc/shadow
fi
if [ -d /root ] && [ ! -x /root ]; then
	t_status 2 "$R" -- ls /root/
	t_said err 'Permission denied'
fi

[ "$kind" = ranges ] || exit 0
# Ranges: ids of the host show as themselves; chown works and lasts.
t_status 0 "$R" --upper "$T/up" -- sh -c 'set -e; touch /etc/mine; chown 33:42 /etc/mine
	chown 1000:1000 /etc/passwd; mkdir /etc/dir; chown 1:1 /etc/dir; chmod 2775 /etc/dir
	cp /bin/true /etc/suid; chmod 4755 /etc/suid; stat -c "%n %u:%g %a" /etc/mine /etc/passwd /etc/dir /etc/suid'
cp "$T/out" "$T/first"
t_eq "$(cat "$T/first")" "/etc/mine 33:42 644
/etc/passwd 1000:1000 644
/etc/dir 1:1 2775
/etc/suid 0:0 4755" "owners after chown"
t_status 0 "$R" --upper "$T/up" -- stat -c '%n %u:%g %a' /etc/mine /etc/passwd /etc/dir /etc/suid
cmp "$T/out" "$T/first" || t_fail "owners did not last over a restart"
# On disk the special bits are not there: the file is the user's own.
t_eq "$(stat -c %a "$T/up/etc/suid")" 755 "mode in the branch of a set-user-ID file"
own=$(find / -xdev -maxdepth 3 -uid 1 -readable 2>/dev/null | head -n 1)
if [ -n "$own" ]; then
	t_status 0 "$R" -- stat -c %u "$own"
	t_said out '^1$'
fi
t_status 0 "$R" -- setpriv --reuid 65534 --regid 65534 --clear-groups id -u
t_said out '^65534$'

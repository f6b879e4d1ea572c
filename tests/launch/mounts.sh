# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# --volume and --tmpfs: what is shown where, and that no link of a branch
# leads a mount, a directory or a name server out of the container.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN
mkdir "$T/vol" "$T/vol/sub" "$T/victim"
echo v >"$T/vol/f"
echo s >"$T/single"
t_watch "$T/victim"

t_status 0 "$R" -v "$T/vol:/mnt/a" -- sh -c 'cat /mnt/a/f; echo out >/mnt/a/made'
t_said out '^v$'
t_eq "$(cat "$T/vol/made")" out "a file made in a volume"
t_status 2 "$R" -v "$T/vol:/mnt/a:ro" -- sh -c 'cat /mnt/a/f; : >/mnt/a/not'
t_said err 'Read-only'
[ ! -e "$T/vol/not" ] || t_fail "a read-only volume was written"
# A file on a place that does not exist, beneath directories that do not.
t_status 0 "$R" -v "$T/single:/ufs-none/deep/file" -- cat /ufs-none/deep/file
t_said out '^s$'
# Within one another and in /run, whatever the order. What is missing in a
# volume is not made there.
t_status 125 "$R" --tmpfs /ufs-t/in/x:size=1m -v "$T/vol:/ufs-t/in" --tmpfs /ufs-t \
	-v "$T/single:/run/app/sock" --tmpfs /var/run/late -- sh -c '
	cat /run/app/sock && test -d /run/late && cat /ufs-t/in/f'
t_eq "$(cat "$T/err")" "ufs-run: cannot mount on '/ufs-t/in/x' (ENOENT)
  hint: it does not exist in what is mounted around it; make it there" "a target within a volume"
[ ! -e "$T/vol/x" ] || t_fail "a directory was made in a volume"
mkdir "$T/vol/x"
t_status 0 "$R" --tmpfs /ufs-t/in/x:size=1m -v "$T/vol:/ufs-t/in" --tmpfs /ufs-t \
	-v "$T/single:/run/app/sock" --tmpfs /var/run/late -- sh -c '
	cat /run/app/sock && test -d /run/late && cat /ufs-t/in/f && touch /ufs-t/in/x/y'
[ ! -e "$T/vol/x/y" ] || t_fail "the tmpfs was not there"
# A size is kept to.
t_status 1 "$R" --tmpfs /ufs-t:size=1m -- sh -c 'head -c 2000000 /dev/zero >/ufs-t/x 2>/dev/null'

t_status 125 "$R" -v "$T/none:/x" -- true
t_said err "cannot use volume '$T/none' (ENOENT)"
t_said err 'hint: mkdir'
t_status 125 "$R" -v "$T/single:/etc" -- true
t_said err "cannot mount on '/etc' (EISDIR)"
t_status 125 "$R" -v "$T/vol:/etc/passwd" -- true
t_said err "cannot mount on '/etc/passwd' (ENOTDIR)"
t_status 125 "$R" -v "$T/vol" -- true
t_status 125 "$R" --tmpfs rel -- true
t_status 125 "$R" --tmpfs /proc/x -- true

# A branch that lies: links that would lead out of it on the host.
bb=$(command -v busybox) || t_skip "no busybox"
lay() {
	rm -rf "$T/bad"
	mkdir "$T/bad" "$T/bad/etc"
	cp "$bb" "$T/bad/busybox"
}
lay
ln -s "$T/victim" "$T/bad/link"
ln -s ../../../../../../../../../../../../victim "$T/bad/up"
# Within the view the link leads to a place of that name, made in the view.
t_status 0 "$R" --lower "$T/bad" -v "$T/vol:/link/a" -- /busybox cat "$T/victim/a/f"
t_said out '^v$'
t_status 0 "$R" --lower "$T/bad" --tmpfs /up/b -- /busybox touch /victim/b/x
for d in proc sys dev; do
	lay
	ln -s "$T/victim" "$T/bad/$d"
	t_status 125 "$R" --lower "$T/bad" -- /busybox true
	t_said err "cannot mount on '/$d'"
done
lay
ln -s /proc/self "$T/bad/p"
t_status 125 "$R" --lower "$T/bad" -v "$T/single:/p/comm" -- /busybox true
t_said err 'leads into /proc'
lay
ln -s "$T/victim" "$T/bad/run"
t_status 0 "$R" --lower "$T/bad" -- /busybox touch /run/x
lay
mkdir "$T/bad/home"
ln -s /etc "$T/bad/home/w"
echo x >"$T/bad/etc/here"
t_status 0 "$R" --lower "$T/bad" -w /home/w -- /busybox ls
t_eq "$(cat "$T/out")" "here" "the working directory through a link"
# passwd may be anything: it is read as a file of bounded size or not at all.
lay
mkfifo "$T/bad/etc/passwd"
ln -s /proc/self/environ "$T/bad/etc/group"
t_status 125 "$R" --lower "$T/bad" -u web -- /busybox true
t_said err "has no user 'web'"
t_status 0 "$R" --lower "$T/bad" -- /busybox true

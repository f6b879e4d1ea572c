# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# -u, -e, -w, --hostname, --net, -t: the process as it was asked for.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN
ids=$("$R" --dry-run -- true | sed -n 's/^ids *\([a-z]*\).*/\1/p')

t_status 0 "$R" -- id
t_said out '^uid=0(root) gid=0(root)'
if [ "$ids" != one ]; then
	t_status 0 "$R" -u nobody -- sh -c 'id; echo $HOME; cat /proc/self/status'
	t_said out '^uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)'
	t_said out '^CapEff:[[:space:]]*0000000000000000$'
	t_said out '^CapPrm:[[:space:]]*0000000000000000$'
	t_said out "^$(getent passwd nobody | cut -d: -f6)\$"
	t_status 0 "$R" -u 1:4 -- id
	t_said out '^uid=1(daemon) gid=4(adm) groups=4(adm)'
	t_status 0 "$R" -u 4321 -- id -u
	t_said out '^4321$'
else
	t_status 125 "$R" -u nobody -- id
	t_said err 'does not exist inside'
	t_said err 'hint:'
fi
for bad in no-such-user -1 4294967296 4294967295 0x0 :0 1:2:3; do
	t_status 125 "$R" -u "$bad" -- true
done

t_status 0 env GIVEN=1 OTHER=2 "$R" -e A=b -e GIVEN -e UNSET_HERE -e HOME=/h -- env
t_said out '^A=b$'
t_said out '^GIVEN=1$'
t_said out '^HOME=/h$'
! grep -q -e OTHER -e UNSET_HERE "$T/out" || t_fail "a variable that nobody passed"

t_status 0 "$R" -w /usr/share -- pwd
t_said out '^/usr/share$'
t_status 125 "$R" -w /no/such -- true
t_said err "cannot enter the working directory '/no/such' (ENOENT)"
t_status 125 "$R" -w rel -- true
# Descriptors of the caller are no way out.
t_status 125 sh -c 'exec 9</; exec "$1" -w /proc/self/fd/9 -- true' - "$R"
# A directory that is hidden inside: the home, or the root.
keeps=$("$R" --dry-run -- true | awk '$1 == "hidden" { print $2 }')
t_status 0 sh -c 'cd "$2" && exec "$1" -- pwd' - "$R" "$keeps"
! grep -q "^$keeps" "$T/out" || t_fail "in the hidden directory"

t_status 0 "$R" --hostname inner.example -- uname -n
t_said out '^inner.example$'
t_eq "$(uname -n)" "$(cat /proc/sys/kernel/hostname)" "the host's name"
name=$(t_name)
t_status 0 "$R" --rm --name "$name" -- uname -n
t_said out "^$name\$"

# The network: lo, up; or the host's.
t_status 0 "$R" -- cat /proc/net/dev
t_eq "$(sed -n 's/^ *\([^ ]*\):.*/\1/p' "$T/out")" lo "devices"
t_status 0 "$R" -- python3 -c '
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
c = socket.create_connection(s.getsockname(), 5); c.close()'
t_status 0 "$R" --net none -- true
t_status 0 "$R" --net host -- readlink /proc/self/ns/net
t_eq "$(cat "$T/out")" "$(readlink /proc/self/ns/net)" "--net host"
t_status 0 "$R" -- readlink /proc/self/ns/net
[ "$(cat "$T/out")" != "$(readlink /proc/self/ns/net)" ] || t_fail "the host's network"
for ns in mnt pid ipc uts cgroup; do
	t_status 0 "$R" --net host -- readlink "/proc/self/ns/$ns"
	[ "$(cat "$T/out")" != "$(readlink "/proc/self/ns/$ns")" ] || t_fail "the host's $ns"
done
t_status 125 "$R" --net bridge -- true

# A terminal of its own; the caller's gets its settings back.
python3 - "$R" <<'END' || t_fail "the terminal"
import os, pty, select, sys, termios

def run(args, feed=b"", until=None):
    pid, fd = pty.fork()
    if pid == 0:
        termios.tcsetwinsize(0, (33, 99))
        before = termios.tcgetattr(0)
        child = os.fork()
        if child == 0:
            os.execv(args[0], args)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os._exit(status if termios.tcgetattr(0) == before else 99)
    out = b""
    while True:
        try:
            if not select.select([fd], [], [], 30)[0]:
                sys.exit("no answer: %r" % out)
            got = os.read(fd, 4096)
        except OSError:
            break
        if not got:
            break
        out += got
        if until and until in out:
            os.write(fd, feed)
            until = None
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), out.decode()

r = sys.argv[1]
status, out = run([r, "-it", "--", "sh", "-c",
    "tty; stty size; test -c /dev/console && echo console; echo go; read x; echo got:$x; exit 5"],
    b"typed\r", b"go\r\n")
assert status == 5, (status, out)
assert "/dev/pts/0" in out and "33 99" in out and "console" in out and "got:typed" in out, out
# ^C is typed into the container's terminal, not into ufs-run's.
status, out = run([r, "-it", "--", "sh", "-c", "trap 'echo int; exit 6' INT; echo go; while :; do sleep 0.1; done"],
    b"\x03", b"go\r\n")
assert status == 6 and "int" in out, (status, out)
# Without a command at a terminal: a shell on a terminal.
os.environ["SHELL"] = "/bin/sh"
status, out = run([r], b"tty; exit 4\r", b"# ")
assert status == 4 and "/dev/pts/0" in out, (status, out)
# Without -t the caller's terminal is neither controlling nor to be typed into.
status, out = run([r, "-i", "--", "python3", "-c", """
import errno, fcntl, os
try:
    os.open('/dev/tty', os.O_RDWR)
    print('tty!')
except OSError as e:
    print('open', errno.errorcode[e.errno])
for cmd in (0x5412, 0x5412 | 1 << 31):
    try:
        fcntl.ioctl(0, cmd, b'x')
        print('typed!')
    except OSError as e:
        print('ioctl', errno.errorcode[e.errno])
"""])
assert status == 0 and "open ENXIO" in out and "!" not in out, (status, out)
END

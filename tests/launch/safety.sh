# SPDX-License-Identifier: GPL-3.0-or-later
# needs: all
# What holds a payload in: capabilities, no_new_privs, system calls, masked
# files, process 1 out of reach, no set-user-ID launcher.
. "$srcdir/tests/lib/launch.sh"
t_need_userns
t_tmpdir
R=$UFS_RUN

t_status 0 "$R" -- cat /proc/self/status
t_said out '^CapInh:[[:space:]]*0000000000000000$'
t_said out '^CapAmb:[[:space:]]*0000000000000000$'
t_said out '^CapBnd:[[:space:]]*00000000800405fb$'
t_said out '^CapEff:[[:space:]]*00000000800405fb$'
t_said out '^NoNewPrivs:[[:space:]]*1$'
t_said out '^Seccomp:[[:space:]]*2$'

cat >"$T/probe.py" <<'END'
import ctypes, errno, os, platform, sys

libc = ctypes.CDLL(None, use_errno=True)
bad = []

def want(what, got, *allowed):
    if got not in allowed:
        bad.append("%s: %s, wanted %s" % (what, got, " or ".join(allowed)))

def call(nr, *args):
    ctypes.set_errno(0)
    r = libc.syscall(nr, *[ctypes.c_long(a) for a in args])
    return errno.errorcode[ctypes.get_errno()] if r < 0 else "done"

def opened(path, flags):
    try:
        fd = os.open(path, flags)
    except OSError as e:
        return errno.errorcode[e.errno]
    try:
        return "empty" if flags == os.O_RDONLY and not os.read(fd, 16) else "open"
    except OSError as e:
        return errno.errorcode[e.errno]
    finally:
        os.close(fd)

HI = 1 << 32
if platform.machine() == "x86_64":
    for what, nr, args in [
            ("mount", 165, (0,) * 5), ("umount2", 166, (0, 0)), ("pivot_root", 155, (0, 0)),
            ("unshare user", 272, (0x10000000,)), ("clone user", 56, (0x10000011, 0, 0, 0, 0)),
            ("unshare mount", 272, (0x20000,)), ("setns", 308, (0, 0)), ("bpf", 321, (0,) * 3),
            ("keyctl", 250, (0, 0)), ("add_key", 248, (0,) * 5), ("userfaultfd", 323, (0,)),
            ("perf_event_open", 298, (0,) * 5), ("open_by_handle_at", 304, (0,) * 3),
            ("kexec_load", 246, (0,) * 4), ("init_module", 175, (0,) * 3), ("fsopen", 430, (0, 0)),
            ("open_tree", 428, (0, 0, 0)), ("move_mount", 429, (0,) * 5), ("reboot", 169, (0,) * 4),
            ("swapon", 167, (0, 0)), ("settimeofday", 164, (0, 0)), ("sethostname", 170, (0, 0)),
            ("TIOCSTI", 16, (0, 0x5412, 0)), ("TIOCSTI, high bits", 16, (0, 0x5412 | HI, 0)),
            ("TIOCLINUX", 16, (0, 0x541c, 0))]:
        want(what, call(nr, *args), "EPERM")
    for what, nr, args in [
            ("clone3", 435, (0, 0)), ("io_uring_setup", 425, (1, 0)), ("a call of the future", 999, ()),
            ("getpid by x32", 0x40000000 | 39, ()), ("an odd personality", 135, (0x40000,))]:
        want(what, call(nr, *args), "ENOSYS")
    for what, family in [("AF_ALG", 38), ("AF_ALG, high bits", 38 | HI), ("AF_VSOCK", 40)]:
        want(what, call(41, family, 5, 0), "EAFNOSUPPORT")
    for what, nr, args in [("personality", 135, (0xffffffff,)), ("getpid", 39, ()),
                           ("socket", 41, (1, 1, 0)), ("unshare files", 272, (0x400,))]:
        want(what, call(nr, *args), "done")

# Nothing of process 1 can be reached, above all not its programme.
for name in ("exe", "root", "cwd"):
    try:
        got = os.readlink("/proc/1/" + name)
    except OSError as e:
        got = errno.errorcode[e.errno]
    want("/proc/1/" + name, got, "EACCES")
want("/proc/1/mem", opened("/proc/1/mem", os.O_RDWR), "EACCES")
want("/proc/1/environ", opened("/proc/1/environ", os.O_RDONLY), "EACCES")

for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"):
    want(path, opened(path, os.O_RDONLY), "empty", "ENOENT")
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger",
             "/proc/irq/default_smp_affinity", "/sys/kernel/profiling"):
    if os.path.exists(path):
        want(path, opened(path, os.O_WRONLY), "EROFS", "EACCES")
for path in ("/sys/firmware", "/proc/acpi", "/proc/scsi"):
    if os.path.isdir(path):
        want(path, str(os.listdir(path)), "[]")
# No way to a device of the host.
for path in ("/dev/ufs-x", "/ufs-x", "/run/ufs-x"):
    try:
        os.mknod(path, 0o60666, os.makedev(8, 0))
        got = "made"
    except OSError as e:
        got = errno.errorcode[e.errno]
    want("a disk as " + path, got, "EPERM")
if os.path.isdir("/sys/fs/cgroup"):
    try:
        os.mkdir("/sys/fs/cgroup/ufs-x")
        got = "made"
    except OSError as e:
        got = errno.errorcode[e.errno]
    want("a cgroup", got, "EROFS", "EACCES", "EPERM")
sys.exit("\n".join(bad) or 0)
END
chmod 644 "$T/probe.py"
t_status 0 "$R" -- python3 "$T/probe.py"

# Nothing of the daemon is seen, nor where the branches lie.
t_status 1 "$R" -- sh -c 'grep -q -e containers -e upper /proc/self/mountinfo'
t_status 0 "$R" -- sh -c 'cat /proc/[0-9]*/comm'
t_eq "$(grep -c ufs-run "$T/out")" 1 "processes of the launcher inside"

# A set-user-ID copy gains nothing inside, and a set-user-ID ufs-run refuses.
t_status 0 "$R" -- sh -c 'cp /usr/bin/id /ufs-id; chmod 4755 /ufs-id; /ufs-id -u'
if t_is_root; then
	cp "$R" "$T/setuid-run"
	chmod 4755 "$T/setuid-run"
	t_status 125 t_user "$T/setuid-run" -- true
	t_said err 'must not be installed setuid'
fi
# No core file, neither here nor by the host's handler.
t_status 0 sh -c 'ulimit -c unlimited 2>/dev/null; exec "$1" -- sh -c "ulimit -c"' - "$R"
t_said out '^0$'

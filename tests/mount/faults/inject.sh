# SPDX-License-Identifier: GPL-3.0-or-later
# needs: root
# timeout: 180
# Errors, and a kill, put into single calls of a mounted union's daemon: the
# caller gets the errno, or all is done by another way; nothing half-made shows,
# then nor after another mount.
. "$srcdir/tests/lib/mount.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's daemon"
t_need strace

t_branches
mkdir "$L1/d"
head -c 300000 /dev/urandom >"$L1/d/big"
for i in 1 2 3 4 5 6; do echo "below $i" >"$L1/d/f$i"; done
cp -a "$L1/d/big" "$T/big"

# with CALL:EFFECT CMD…: run CMD while the first such call of the daemon meets it.
with() {
	w_pid=$(t_daemon "$M")
	strace -qq -f -p "$w_pid" -o "$T/strace" -e trace="${1%%:*}" -e inject="$1:when=1" &
	w_strace=$!
	t_wait 10 grep -q '^TracerPid:[^0]*[1-9]' "/proc/$w_pid/status" ||
		t_skip "strace cannot attach here"
	shift
	w_status=0
	"$@" || w_status=$?
	# Whom it killed ends only when it lets go, and strace may wait for that for good.
	kill "$w_strace" 2>/dev/null || :
	t_wait 5 t_ended "$w_strace" || kill -9 "$w_strace"
	wait "$w_strace" 2>/dev/null || :
	! grep -q 'INJECTED.*KILL\|killed by SIGKILL' "$T/strace" ||
		t_wait 20 t_ended "$w_pid" || t_fail "the killed daemon does not end"
	return $w_status
}

# Says the errno of a change; "OK" when it worked.
cat >"$T/do.py" <<'X'
import sys
from ufstest import *

def append(p, sync):
    fd = os.open(p, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(fd, b"tail")
        if sync:
            os.fsync(fd)
    finally:
        os.close(fd)

what, path = sys.argv[1:3]
print({"append": lambda: err(append, path, False),
       "sync": lambda: err(append, path, True),
       "chmod": lambda: err(os.chmod, path, 0o600),
       "unlink": lambda: err(os.unlink, path),
       "rename": lambda: err(os.rename, path, path + ".new"),
       "mkdir": lambda: err(os.mkdir, path)}[what]())
X

# expect WANTED CALL:EFFECT WHAT PATH
expect() {
	got=$(with "$2" python3 "$T/do.py" "$3" "$M/$4") || :
	case " $1 " in
	*" $got "*) ;;
	*) t_fail "$3 of $4 with $2: got $got, wanted one of: $1" ;;
	esac
}

t_union
# A copy in the kernel that fails for a reason that another way would meet too.
expect "EIO OK" copy_file_range:error=EIO append d/big
expect "EIO OK ENOSPC" copy_file_range:error=ENOSPC chmod d/big
cmp -n 300000 "$M/d/big" "$T/big" || t_fail "data of d/big"
expect OK copy_file_range:error=EXDEV append d/f1
t_eq "$(cat "$M/d/f1")" "below 1
tail" "a copy by another way"
expect EIO pwrite64:error=EIO append d/f1
expect ENOSPC pwrite64:error=ENOSPC append d/f1
t_eq "$(cat "$M/d/f1")" "below 1
tail" "after writes that failed"
expect EIO fsync:error=EIO append d/f2
t_eq "$(cat "$M/d/f2")" "below 2" "after a copy-up that could not be made durable"
[ ! -e "$UP/d/f2" ] || t_fail "a copy that is not durable stayed"
expect EIO renameat2:error=EIO chmod d/f2
expect ENOSPC renameat2:error=ENOSPC append d/f2
t_eq "$(stat -c %a "$M/d/f2")" 644 "the mode"
expect OK linkat:error=EMLINK unlink d/f3
[ ! -e "$M/d/f3" ] || t_fail "unlink by another way"
expect EIO unlinkat:error=EIO unlink d/f1
[ -e "$M/d/f1" ] || t_fail "an unlink that failed did it"
expect EIO mkdirat:error=EIO mkdir d/new
[ ! -e "$M/d/new" ] || t_fail "a mkdir that failed did it"
t_remount
t_eq "$(ls "$M/d" | tr '\n' ' ')" "big f1 f2 f4 f5 f6 " "names after another mount"
[ -z "$(ls "$UP/.wh..wh.ufs/tmp")" ] || t_fail "litter"

# The daemon is killed at the call.
rm -rf "$UP"
killed=
for at in copy_file_range pwrite64 fsync renameat2 linkat; do
	for what in append rename unlink; do
		t_umount
		rm -rf "$UP"
		mkdir "$UP"
		t_union
		with "$at:signal=KILL" python3 "$T/do.py" $what "$M/d/big" >"$T/got" || :
		killed="$killed$(! t_ended "$w_pid" || echo "$what@$at ")"
		if t_ended "$w_pid"; then
			t_force_umount "$M" || t_fail "the mount is stuck"
		else
			t_umount # it makes no such call for that
		fi
		t_union
		[ -z "$(ls "$UP/.wh..wh.ufs/tmp")" ] || t_fail "litter of $what at $at"
		case $what in
		append) file=$M/d/big ;;
		rename) file=$M/d/big
			[ -e "$file" ] || file=$M/d/big.new
			[ "$(ls "$M/d" | grep -c big)" = 1 ] || t_fail "two names after $at" ;;
		unlink) file=$M/d/big
			[ -e "$file" ] || continue ;;
		esac
		cmp -n 300000 "$file" "$T/big" || t_fail "data after $what, killed at $at"
		size=$(stat -c %s "$file")
		[ "$size" = 300000 ] || [ "$size" = 300004 ] || t_fail "$size bytes after $at"
	done
done
for at in append@copy_file_range append@fsync append@renameat2 rename@linkat \
	unlink@linkat; do
	case " $killed " in
	*" $at "*) ;;
	*) t_fail "nothing was killed for $at: $killed" ;;
	esac
done
# What a killed daemon noted of itself goes with the next look.
"$UFS" status >/dev/null

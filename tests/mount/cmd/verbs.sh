# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# What is not a verb of ufs itself is the programme ufs-VERB beside it.
. "$srcdir/tests/lib/mount.sh"
. "$srcdir/tests/lib/bad.sh"
[ "$T_BACKEND" = ufs ] || t_skip "about ufs's command line"

t_tmpdir
mkdir "$T/bin"
cp "$UFS" "$T/bin/ufs"
cat >"$T/bin/ufs-hello" <<'END'
#!/bin/sh
echo "hello" "$@"
exit 9
END
chmod 755 "$T/bin/ufs-hello"
status=0
out=$("$T/bin/ufs" hello "a b" --json) || status=$?
t_eq "$status" 9 "status of ufs-hello"
t_eq "$out" "hello a b --json" "what ufs-hello got"
bad 2 "unknown verb 'helo'" "$T/bin/ufs" helo
chmod 644 "$T/bin/ufs-hello"
bad 1 "cannot run '$T/bin/ufs-hello'" "$T/bin/ufs" hello

"$UFS" version >"$T/version"
grep -q '^ufs [0-9]' "$T/version" || t_fail "no version: $(cat "$T/version")"
grep -q '^libfuse 3' "$T/version" || t_fail "no libfuse: $(cat "$T/version")"
"$UFS" version --json | python3 -c '
import json, platform, sys
v = json.load(sys.stdin)
assert v["schema"] == "ufs.version/1", v
assert v["kernel"] == platform.release(), v
assert "aufs" in v["formats"] and "overlay" in v["formats"], v'
"$UFS" --version | cmp - "$T/version" || t_fail "--version is not version"
"$UFS" --help | grep -q umount || t_fail "no help"
"$UFS" status --json | python3 -c '
import json, sys
s = json.load(sys.stdin)
assert s["schema"] == "ufs.status/1" and isinstance(s["unions"], list), s'

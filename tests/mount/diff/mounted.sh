# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# ufs diff on a mounted union: as text, as names, as JSON, of some paths.
. "$srcdir/tests/lib/mount.sh"

t_branches
mkdir -p "$L1/etc/d" "$L2/etc" "$L2/gone/deep" "$L2/same/dir"
echo one >"$L1/etc/one"
echo two >"$L2/etc/two"
echo x >"$L2/etc/removed"
echo x >"$L2/gone/deep/f"
echo x >"$L2/file"
t_union

changes() {
	"$UFS" diff "$M" "$@"
}

t_eq "$(changes)" "" "an untouched union has no changes"
ls -R "$M" >/dev/null
cat "$M/etc/one" >/dev/null
t_eq "$(changes)" "" "reading changes nothing"

echo more >>"$M/etc/two"
rm "$M/etc/removed"
rm -r "$M/gone"
mkdir -p "$M/new/sub"
echo n >"$M/new/sub/f"
ln -s /etc/passwd "$M/link"
mkfifo "$M/fifo"
mkdir "$M/gone"
echo y >"$M/gone/other"
rm "$M/file"
mkdir "$M/file"
want="C /etc
D /etc/removed
C /etc/two
A /fifo
C /file
C /gone
D /gone/deep
A /gone/other
A /link
A /new
A /new/sub
A /new/sub/f"
t_eq "$(changes)" "$want" "all changes, sorted"
t_eq "$(changes /etc)" "C /etc
D /etc/removed
C /etc/two" "the changes beneath one path"
t_eq "$(changes etc/two new/sub/)" "C /etc/two
A /new/sub
A /new/sub/f" "of several, also without the leading slash"
t_eq "$(changes /et)" "" "a path is whole components"
t_eq "$(changes --name-only)" "$(echo "$want" | cut -c3-)" "names alone"
t_eq "$(cd "$M/.." && "$UFS" diff "./${M##*/}" /fifo)" "A /fifo" "a relative mountpoint"

changes --json >"$T/json"
python3 - "$T/json" "$want" <<'END' || t_fail "the JSON is not right"
import json, sys
d = json.load(open(sys.argv[1]))
assert d["schema"] == "ufs.diff/1", d
got = "\n".join(c["kind"] + " " + c["path"] for c in d["changes"])
assert got == sys.argv[2], got
types = {c["path"]: c["type"] for c in d["changes"]}
assert types["/fifo"] == "fifo" and types["/link"] == "symlink", types
assert types["/etc/two"] == "file" and types["/new"] == "directory", types
assert types["/etc/removed"] == "file" and types["/gone/deep"] == "directory", types
END

# The same branches after the union is gone.
t_umount "$M"
t_eq "$("$UFS" diff "$UP" --lower "$L1" --lower "$L2")" "$want" "of the branch directory"

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 400
# CPython's own tests of files and directories: the same ones fail, and the same
# are skipped, as on a plain directory, and no others.
. "$srcdir/tests/lib/mount.sh"

python3 -c 'import test.test_os, test.test_posix' 2>/dev/null ||
	t_skip "no tests of Python here; install libpython3.N-testsuite"
t_branches
mkdir "$T/plain" "$L1/sub"
echo x >"$L2/x"
t_union

run() {
	mkdir "$1/tmp"
	(cd "$1" && TMPDIR=$1/tmp timeout 300 python3 -m test --tempdir "$1/tmp" \
		-v test_os test_shutil test_posix test_pathlib test_tempfile) \
		>"$T/$2.log" 2>&1 </dev/null || :
	# "name (class) ... ok"; what the test itself prints may stand between.
	python3 - "$T/$2.log" >"$T/$2.results" <<'END'
import re, sys
text = open(sys.argv[1], errors="replace").read()
out = []
for name, rest in re.findall(r"^(test\w* \([\w.]+\))(.*?)(?=^test\w* \([\w.]+\)|^-{60}|\Z)",
                             text, re.M | re.S):
    got = re.search(r"(?:\.\.\. |^)(ok|FAIL|ERROR|skipped|expected failure)\b", rest, re.M)
    out.append(f"{name} {got.group(1) if got else '?'}")
print("\n".join(sorted(out)))
END
	rm -rf "$1/tmp"
}
run "$T/plain" plain
run "$M" union
total=$(wc -l <"$T/plain.results")
ok=$(grep -c ' ok$' "$T/plain.results")
echo "$total tests, $ok of them ok on a plain directory"
[ "$ok" -gt 500 ] || { tail -n 20 "$T/plain.log"; t_fail "too few tests ran"; }
if ! diff "$T/plain.results" "$T/union.results"; then
	grep -h -A 12 -e '^ERROR:' -e '^FAIL:' "$T/union.log" | head -n 120
	t_fail "other results on the union (<: plain, >: union)"
fi

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The table of ufs(7) and the tests say the same: each row has tests that carry
# its number ("rows: N ..." in the comment above a function, or at the head of a
# script), and those that the table names are there and carry it.
set -u
top=${srcdir:-.}
rows="1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30
31 32 33 34 35 36 37 38 39 40 48 49 50 51 56 57 58 59 60"

# check TREE: what is wrong in it, a line for each.
check() {
	tmp=$(mktemp -d)
	# "ROW FILE" or "ROW FILE FUNCTION" of every mark.
	(
		cd "$1/tests" || exit 1
		for f in core/*.c; do
			awk -v file="${f%.c}" '
				/rows: [0-9]/ {
					sub(/.*rows: /, "")
					sub(/[^0-9 ].*/, "")
					marks = $0
				}
				/^TEST\(/ || /^static void [a-z_]*\(void \*\*state\)/ {
					sub(/^TEST\(/, "")
					sub(/^static void /, "")
					sub(/[()].*/, "")
					n = split(marks, v, " ")
					for (i = 1; i <= n; i++)
						print v[i], file, $0
					marks = ""
				}
				/^}/ { marks = "" }
			' "$f"
		done
		find mount model -name '*.sh' 2>/dev/null | sort | while read -r f; do
			sed -n 's/^# rows: //p' "$f" | tr ' ' '\n' | sed "s|\$| $f|"
		done
	) >"$tmp/marks"
	# The same of the table.
	awk '
		/^\.SH/ { on = $0 ~ /ROW BY ROW/ }
		on && /^\.IP [0-9]+/ {
			row = $2
			print row
		}
		on && row && /^\.I / {
			sub(/^\.I /, "")
			gsub(/[\\;]/, "")
			print row, $0
		}
	' "$1/man/ufs.7" >"$tmp/table"
	for row in $rows; do
		grep -q "^$row " "$tmp/marks" || echo "row $row: no test carries its number"
		grep -qx "$row" "$tmp/table" || echo "row $row: ufs(7) does not have it"
		grep -q "^$row " "$tmp/table" || echo "row $row: ufs(7) names no test"
	done
	grep -v ' ' "$tmp/table" | while read -r row; do
		case " $(echo $rows) " in
		*" $row "*) ;;
		*) echo "row $row: ufs(7) has it, the list here does not" ;;
		esac
	done
	grep ' ' "$tmp/table" | while read -r mark; do
		grep -qxF "$mark" "$tmp/marks" ||
			echo "row ${mark%% *}: ufs(7) names '${mark#* }', which is not there or does not carry it"
	done
	rm -rf "$tmp"
}

bad=$(check "$top")
if [ -n "$bad" ]; then
	echo "$bad"
	exit 1
fi

# Each of these must be found, or the check above means nothing.
fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
mkdir -p "$fake/tests/core" "$fake/tests/mount" "$fake/man"
printf '/* rows: 1 2 */\nTEST(first)\n{\n}\n\n/* rows: 3: why */\nTEST(second)\n{\n}\nTEST(none)\n' \
	>"$fake/tests/core/test_x.c"
printf '# rows: 4\n' >"$fake/tests/mount/y.sh"
cat >"$fake/man/ufs.7" <<'END'
.SH ROW BY ROW
.IP 1 5
Text.
.br
.I core/test_x first
.IP 2 5
.br
.I core/test_x gone
.IP 3 5
.br
.I core/test_x none
.IP 4 5
.IP 99 5
.SH OTHER
.IP 5 5
.I core/test_x first
END
rows="1 2 3 4 5"
want="row 4: ufs(7) names no test
row 5: no test carries its number
row 5: ufs(7) does not have it
row 5: ufs(7) names no test
row 99: ufs(7) has it, the list here does not
row 2: ufs(7) names 'core/test_x gone', which is not there or does not carry it
row 3: ufs(7) names 'core/test_x none', which is not there or does not carry it"
got=$(check "$fake")
if [ "$got" != "$want" ]; then
	echo "the check does not find what it should; it says:"
	echo "$got"
	exit 1
fi

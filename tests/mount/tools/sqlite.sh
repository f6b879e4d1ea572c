# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 240
# 200,000 rows are imported into a database of a lower branch while another
# process reads it, with a rollback journal and with a write-ahead log (which
# maps a file shared among processes).
. "$srcdir/tests/lib/tools.sh"
t_need sqlite3

t_branches
python3 -c '
for i in range(200000):
    print(f"{i},name {i},{i * 7919 % 100003}")' >"$T/rows.csv"
for mode in delete wal; do
	sqlite3 "$L1/$mode.db" "PRAGMA journal_mode=$mode;
		CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, v INTEGER);
		CREATE INDEX tv ON t(v);
		INSERT INTO t VALUES(-1, 'lower', 5);" >"$T/log"
done
t_twins

import() {
	i_db=$1.db
	sqlite3 "$i_db" >"$T/import.log" 2>&1 <<END &
.timeout 20000
.mode csv
BEGIN;
.import $T/rows.csv t
COMMIT;
END
	i_writer=$!
	i_reads=0
	while kill -0 $i_writer 2>/dev/null || [ $i_reads = 0 ]; do
		i_n=$(sqlite3 -cmd '.timeout 20000' "$i_db" \
			'SELECT count(*) FROM t') || { echo "reader failed"; return 1; }
		i_reads=$((i_reads + 1))
		case $i_n in
		1 | 200001) ;;
		*) echo "reader saw $i_n rows"; return 1 ;;
		esac
	done
	wait $i_writer || { echo "writer failed"; cat "$T/import.log"; return 1; }
	cat "$T/import.log"
	sqlite3 "$i_db" 'PRAGMA integrity_check; SELECT count(*), sum(v), min(name) FROM t;
		DELETE FROM t WHERE id % 3 = 0; VACUUM; SELECT count(*), sum(v) FROM t;
		PRAGMA journal_mode;'
	ls
}
with_journal() {
	import delete
}
with_log() {
	import wal
}
t_both with_journal
t_both with_log

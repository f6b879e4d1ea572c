# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 300
# rows: 22
# Whole trees: rm -rf of 20,000 lower files, cp -a and rsync -aHAX into the union,
# out of it and within it, find, tar, mv.
. "$srcdir/tests/lib/tools.sh"
t_need rsync setfacl setfattr tar

t_branches
python3 - "$L1" "$L2" <<'END'
import os, sys
l1, l2 = sys.argv[1:]
for i in range(20000):
    d = f"{l1 if i % 2 else l2}/many/d{i % 100}/e{i % 7}"
    os.makedirs(d, exist_ok=True)
    with open(f"{d}/f{i}", "w") as f:
        f.write(str(i))
for i in range(600):
    d = f"{l1 if i % 3 else l2}/mix/d{i % 10}"
    os.makedirs(d, exist_ok=True)
    p = f"{d}/f{i}"
    with open(p, "wb") as f:
        f.write(os.urandom(i * 11))
    os.chmod(p, [0o644, 0o600, 0o755, 0o400][i % 4])
    os.utime(p, ns=(10**18 + i, 10**18 + i * 7919))
    if i % 20 == 0:
        os.symlink(f"f{i}", f"{d}/s{i}")
        os.mkfifo(f"{d}/p{i}")
        os.link(p, f"{d}/h{i}")
END
setfattr -n user.note -v text "$L1/mix/d1/f1"
setfacl -m u:12345:rw "$L1/mix/d1/f1"
setfacl -d -m u:12345:rx "$L1/mix/d2"
mkdir "$T/outside"
t_twins

delete() {
	find many -type f | wc -l
	rm -rf many && ls
}
copy_in() {
	cp -a "$L1/mix" copied
	cp -a "$L2/mix/." copied/
	cp -a mix/d1 within
	cp -a --reflink=auto mix/d2/f22 one
	find copied within | sort | sha256sum
}
sync_in() {
	rsync -aHAX "$L1/mix/" synced/
	rsync -aHAX --delete mix/ synced/
	rsync -aHAXn --itemize-changes mix/ synced/
	rm -rf synced/d1 && echo changed >synced/d3/f3
	rsync -aHAX --inplace --checksum mix/ synced/
	rsync -aHAXn --delete --itemize-changes mix/ synced/
}
copy_out() {
	rm -rf "$T/outside/$1"
	mkdir "$T/outside/$1"
	cp -a mix "$T/outside/$1/"
	rsync -aHAX mix/ "$T/outside/$1/synced/"
	mkdir "$T/outside/$1/t"
	tar -cf - --xattrs --acls mix | tar -C "$T/outside/$1/t" --xattrs --acls -xf -
	python3 "$srcdir/tests/lib/treehash.py" --same "$T/outside/$1"
}
move() {
	mv mix/d4 d4
	mv mix/d5/f5 mix/d6/
	mv mix/d7 mix/d8/
	find d4 mix | sort
	rm -rf mix/d8
	find mix | wc -l
}
t_both delete
t_both copy_in
t_both sync_in
t_both copy_out
t_both move
t_same_trees
t_remount
t_same_trees

# SPDX-License-Identifier: GPL-3.0-or-later
# needs: both
# timeout: 200
# git: a repository in the lower branches is used, another is cloned; status,
# commit, branch, merge, stash, repack, gc and fsck.
. "$srcdir/tests/lib/tools.sh"
t_need git

t_branches
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL="$T/gitconfig" GIT_TERMINAL_PROMPT=0
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
cat >"$T/gitconfig" <<'END'
[user]
	name = Test
	email = test@example.org
[init]
	defaultBranch = main
[safe]
	directory = *
[protocol "file"]
	allow = always
[gc]
	auto = 0
	pruneExpire = now
	reflogExpire = now
	reflogExpireUnreachable = now
END
mkdir "$T/origin"
(
	cd "$T/origin"
	git init -q
	for round in 1 2 3 4 5; do
		python3 - $round <<'END'
import os, sys
r = int(sys.argv[1])
for i in range(600):
    os.makedirs(f"d{i % 20}/e{i % 3}", exist_ok=True)
    if r == 1 or i % r == 0:
        with open(f"d{i % 20}/e{i % 3}/f{i}", "w") as f:
            f.write(f"{r} {i}\n" * 40)
END
		git add -A
		git commit -q -m "round $round"
	done
)
# An old clone: its objects in one lower branch, its files in another.
git clone -q "file://$T/origin" "$T/clone"
mkdir -p "$L2/old" "$L1/old"
cp -a "$T/clone/.git" "$L2/old/"
(cd "$T/clone" && cp -a d* "$L1/old/")
t_twins

use_old() {
	cd old
	git status --porcelain
	echo change >>d1/e1/f1
	git rm -q -r d2
	mkdir moved
	git mv d3/e0/f3 d3/e1/f43 moved/
	git status --porcelain
	git diff --stat | tail -n 1
	git add -A
	git commit -q -m change
	git checkout -q -b side HEAD~3
	echo side >side
	git add side
	git commit -q -m side
	git merge -q -m merge main
	echo stashed >>side
	git stash -q
	git stash pop -q
	git status --porcelain
	git checkout -q side -- side
	git rev-parse HEAD main side
}
use_clone() {
	git clone -q "file://$T/origin" new
	cd new
	git status --porcelain
	git log --format=%H
	git checkout -q HEAD~2
	git status --porcelain
	git checkout -q main
	git worktree add -q ../tree HEAD~1
	git worktree list --porcelain | grep -c worktree
	git ls-files -s | sha256sum
}
collect() {
	for c_repo in old new; do
		(cd $c_repo && git gc -q --prune=now && git fsck --full --strict &&
			git count-objects -v | grep -v size && git status --porcelain)
	done
}
t_both use_old
t_both use_clone
t_both collect
t_same_trees --skip='*/.git'

#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Which file may include which header: arrows point down only. The first row
# whose pattern fits a file counts; a header that no word of it fits is an
# error. Without an argument the sources are checked, and then this script
# itself, on a small tree with errors.
set -eu
top=${1:-${srcdir:-.}}

# What stands for itself in the core and knows no union.
LEAVES="ufs/core/config.h ufs/core/copydata.h ufs/core/cred.h ufs/core/fdcache.h \
ufs/core/fileattr.h \
ufs/core/format.h ufs/core/hides.h ufs/core/inum.h ufs/core/node.h ufs/core/reclog.h \
ufs/core/records.h ufs/core/rectab.h \
ufs/core/types.h ufs/core/reserve.h ufs/core/virt.h ufs/core/xattr.h"

# file pattern: header patterns
rows="
lib/cleanup.h:
lib/macros.h:
lib/hash.h:
lib/list.h: lib/macros.h
lib/str.[ch]: lib/str.h lib/macros.h
lib/path.[ch]: lib/path.h lib/str.h lib/macros.h
lib/err.[ch]: lib/err.h lib/str.h lib/macros.h
lib/log.[ch]: lib/log.h lib/str.h lib/macros.h
lib/sys.[ch]: lib/sys.h lib/log.h lib/macros.h
lib/*: lib/*
ufs/core/types.h:
ufs/core/config.h: lib/* ufs/core/types.h
ufs/core/config*: lib/* ufs/core/config.h ufs/core/types.h ufs/core/format.h
ufs/core/core.h: lib/* ufs/core/types.h ufs/core/config.h
ufs/core/format*: lib/* ufs/core/format.h ufs/core/xattr.h
ufs/core/xattr.[ch]: lib/* ufs/core/xattr.h
ufs/core/copydata.[ch]: lib/* ufs/core/copydata.h
ufs/core/fdcache.[ch]: lib/* ufs/core/fdcache.h
ufs/core/fileattr.[ch]: lib/* ufs/core/fileattr.h ufs/core/xattr.h
ufs/core/rectab.[ch]: lib/* ufs/core/rectab.h
ufs/core/reclog.[ch]: lib/* ufs/core/reclog.h
ufs/core/reserve.[ch]: lib/* ufs/core/reserve.h
ufs/core/hides.[ch]: lib/* ufs/core/hides.h ufs/core/rectab.h
ufs/core/records*: lib/* ufs/core/records.h ufs/core/records_table.h ufs/core/reclog.h ufs/core/rectab.h ufs/core/hides.h ufs/core/inum.h
ufs/core/inum.[ch]: lib/* ufs/core/inum.h
ufs/core/cred.[ch]: lib/* ufs/core/cred.h ufs/core/types.h
ufs/core/virt.[ch]: lib/* ufs/core/virt.h ufs/core/config.h ufs/core/inum.h
ufs/core/node*: lib/* ufs/core/node.h ufs/core/node_table.h ufs/core/types.h
ufs/core/branch.[ch]: lib/* $LEAVES ufs/core/branch.h ufs/core/workdir.h ufs/core/probe.h
ufs/core/probe.[ch]: lib/* $LEAVES ufs/core/branch.h ufs/core/workdir.h ufs/core/probe.h
ufs/core/workdir.[ch]: lib/* $LEAVES ufs/core/branch.h ufs/core/workdir.h
ufs/core/union.h: lib/* $LEAVES ufs/core/core.h ufs/core/branch.h
ufs/core/policy.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/policy.h
ufs/core/ovlorigin.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/ovlorigin.h
ufs/core/owner.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/workdir.h ufs/core/durable.h ufs/core/owner.h
ufs/core/redirect.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/redirect.h
ufs/core/links.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/redirect.h ufs/core/workdir.h ufs/core/links.h
ufs/core/resolve.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/redirect.h ufs/core/links.h ufs/core/resolve.h
ufs/core/lend.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/resolve.h ufs/core/lend.h
ufs/core/durable.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/resolve.h ufs/core/lend.h ufs/core/workdir.h ufs/core/durable.h
ufs/core/dirsnap.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/resolve.h ufs/core/lend.h ufs/core/dirsnap.h ufs/core/ovlorigin.h
ufs/core/lookup.[ch]: lib/* $LEAVES ufs/core/union.h ufs/core/resolve.h ufs/core/lend.h ufs/core/owner.h ufs/core/links.h ufs/core/redirect.h ufs/core/lookup.h ufs/core/ovlorigin.h
ufs/core/copyup*: lib/* $LEAVES ufs/core/union.h ufs/core/resolve.h ufs/core/lend.h ufs/core/owner.h ufs/core/lookup.h ufs/core/policy.h ufs/core/links.h ufs/core/workdir.h ufs/core/durable.h ufs/core/copyup.h ufs/core/copyup_job.h ufs/core/ovlorigin.h
ufs/core/rename_at.[ch]: lib/* ufs/core/*
ufs/core/op*: lib/* ufs/core/*
ufs/core/core.c: lib/* ufs/core/*
ufs/fuse/*: lib/* ufs/core/core.h ufs/core/config.h ufs/core/types.h ufs/fuse/*
ufs/layers/*: lib/* ufs/core/format.h ufs/core/xattr.h ufs/core/types.h ufs/core/records.h ufs/core/reclog.h ufs/core/rectab.h ufs/core/inum.h ufs/core/workdir.h ufs/layers/*
ufs/cmd/*: lib/* ufs/core/core.h ufs/core/config.h ufs/core/types.h ufs/core/format.h ufs/core/workdir.h ufs/fuse/session.h ufs/fuse/fuse_version.h nowhere/config-build.h ufs/layers/*.h ufs/cmd/*.h launcher/state.h
launcher/*: lib/* ufs/core/core.h ufs/core/config.h ufs/core/types.h ufs/fuse/session.h ufs/layers/*.h ufs/cmd/cmd.h launcher/*
"
# word: where alone it may stand. FUSE is known to one folder; nothing below
# the verbs talks to a person.
words='
#include <fuse: ufs/fuse/*
#include <json: ufs/cmd/* ufs/layers/* launcher/*
[^a-z_]f?printf[(]: lib/err.c lib/log.c lib/opt.c lib/str.c ufs/cmd/* launcher/*
[^a-z_](puts|perror|fputs|fputc|putchar)[(]: lib/err.c lib/log.c lib/opt.c ufs/cmd/* launcher/*
'

# fits PATH PATTERN…
fits() {
	path=$1
	shift
	for pat; do
		# shellcheck disable=SC2254
		case $path in
		$pat) return 0 ;;
		esac
	done
	return 1
}

# The file that "$2" means inside the folder of $1: beside it, else by -I.
find_header() {
	for dir in "${1%/*}" lib ufs/core ufs/fuse ufs/layers ufs/cmd launcher; do
		if [ -e "$dir/$2" ]; then
			echo "$dir/$2"
			return
		fi
	done
	echo "nowhere/$2"
}

check_includes() {
	allowed=
	known=0
	while IFS=: read -r pat list; do
		[ -n "$pat" ] || continue
		if fits "$1" "$pat"; then
			allowed=$list known=1
			break
		fi
	done <<END
$rows
END
	if [ $known = 0 ]; then
		echo "$1: no row of the table fits it"
		return
	fi
	sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' "$1" |
	while read -r inc; do
		header=$(find_header "$1" "$inc")
		# shellcheck disable=SC2086
		fits "$header" $allowed || echo "$1: must not include $header"
	done
}

check_words() {
	while IFS=: read -r word list; do
		[ -n "$word" ] || continue
		# shellcheck disable=SC2086
		fits "$1" $list && continue
		grep -nE -e "$word" "$1" | sed "s|^|$1:|; s|\$|  <- not in this folder|"
	done <<END
$words
END
}

check_tree() (
	cd "$1"
	set -f
	find lib ufs launcher -name '*.[ch]' | sort | while read -r f; do
		check_includes "$f"
		check_words "$f"
	done
)

bad=$(check_tree "$top")
if [ -n "$bad" ]; then
	echo "$bad"
	exit 1
fi
[ $# = 0 ] || exit 0

# Each of these must be found, or the check above means nothing.
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/lib" "$tmp/ufs/core" "$tmp/ufs/fuse" "$tmp/launcher" "$tmp/ufs/new"
touch "$tmp/lib/str.h" "$tmp/ufs/core/core.h" "$tmp/ufs/fuse/session.h" \
	"$tmp/launcher/stage.h"
printf '#include "core.h"\n' >"$tmp/lib/str.c"
printf '#include "session.h"\n#include <fuse3/fuse.h>\n\tprintf("x");\n' \
	>"$tmp/ufs/core/node.c"
printf '#include "stage.h"\n#  include "str.h"\n' >"$tmp/ufs/fuse/ops.c"
printf '\tsnprintf(b, 1, "x");\n' >"$tmp/ufs/core/op_good.c"
touch "$tmp/ufs/new/x.c"
want='lib/str.c: must not include ufs/core/core.h
ufs/core/node.c: must not include ufs/fuse/session.h
ufs/core/node.c:2:#include <fuse3/fuse.h>  <- not in this folder
ufs/core/node.c:3:	printf("x");  <- not in this folder
ufs/fuse/ops.c: must not include launcher/stage.h
ufs/new/x.c: no row of the table fits it'
got=$(check_tree "$tmp")
if [ "$got" != "$want" ]; then
	echo "the check does not find what it should; it says:"
	echo "$got"
	exit 1
fi

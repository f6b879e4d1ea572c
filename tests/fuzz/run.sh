#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Each fuzz target for a few seconds, from its seeds. Run by "make check" in the
# build directory; FUZZ_SECONDS says how long. What fails is shown with its input.
set -eu
seconds=${FUZZ_SECONDS:-5}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
for name in options records redirect; do
	mkdir "$tmp/$name"
	if ! TMPDIR=$tmp tests/fuzz/fuzz_$name -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix="$tmp/" \
		"$tmp/$name" "${srcdir:-.}/tests/fuzz/seeds/$name" >"$tmp/log" 2>&1; then
		tail -n 40 "$tmp/log"
		for f in "$tmp"/crash-* "$tmp"/leak-* "$tmp"/timeout-* "$tmp"/oom-*; do
			[ ! -e "$f" ] || od -A d -t x1z "$f" | head -n 40
		done
		echo "FAILED: fuzz_$name"
		exit 1
	fi
	sed -n "s/^stat::number_of_executed_units: */$name: runs: /p" "$tmp/log"
done

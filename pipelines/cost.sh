#!/bin/bash
# cost.sh COHORT: nx ny nz and pitches of every CT, from the first bytes of its file.
set -eu
awk -F'\t' '/^#/ { next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; next } { print $at["ct"] }' "$1" |
while read -r f; do
    { gzip -dcf -- "$f" 2>/dev/null || true; } | head -c 348 >"${TMPDIR:-/tmp}/cost.$$"
    od -An -v -t d2 -j 42 -N 6 "${TMPDIR:-/tmp}/cost.$$" | tr '\n' ' '
    od -An -v -t f4 -j 80 -N 12 "${TMPDIR:-/tmp}/cost.$$"
done
rm -f "${TMPDIR:-/tmp}/cost.$$"

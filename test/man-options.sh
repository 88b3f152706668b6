#!/bin/bash
# man-options.sh BINDIR PAGE...: put each command's --help=mdoc into its page's OPTIONS.
set -eu
bin=$1
shift
for page in "$@"; do
    cmd=$bin/$(basename "$page" .1)
    [ -x "$cmd" ] || continue
    "$cmd" --help=mdoc >"$page.options"
    awk -v block="$page.options" '
        /^\.Sh / && on { on = 0 }
        !on { print }
        /^\.Sh OPTIONS/ { on = 1; while ((getline line < block) > 0) print line }
    ' "$page" >"$page.new"
    rm "$page.options"
    if cmp -s "$page" "$page.new"; then rm "$page.new"; else mv "$page.new" "$page"; fi
done

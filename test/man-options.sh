#!/bin/bash
# man-options.sh BINDIR PAGE...: put each command's usage into its page's SYNOPSIS, and its
# --help=mdoc into OPTIONS.
set -eu
bin=$1
shift

# A usage line, "dorg-x [-k count] [mask]... | -L list", as mdoc: a line for each form.
synopsis() {
    awk '{
        form = ".Nm"
        for (i = 3; i <= NF; i++) {
            w = $i
            if (w == "|" && depth == 0) {
                print form
                form = ".Nm"
                continue
            }
            while (sub(/^\[/, "", w)) {
                form = form " Oo"
                depth++
            }
            tail = ""
            while (match(w, /(\]|\.\.\.)$/) && w !~ /,\.\.\.$/) {
                end = substr(w, RSTART)
                w = substr(w, 1, RSTART - 1)
                tail = (end == "]" ? " Oc" : w ~ /\]$/ ? " Ns ..." : " ...") tail
                depth -= end == "]"
            }
            if (w ~ /^--/) w = "Fl Fl " substr(w, 3)
            else if (w ~ /^-/) w = "Fl " substr(w, 2)
            else if (w != "|") w = "Ar " w
            form = form " " w tail
        }
        print form
    }'
}

for page in "$@"; do
    cmd=$bin/$(basename "$page" .1)
    [ -x "$cmd" ] || continue
    "$cmd" --help=mdoc >"$page.options"
    "$cmd" --help | sed -n '/^usage: /p' | synopsis >"$page.synopsis"
    awk -v options="$page.options" -v synopsis="$page.synopsis" '
        /^\.Sh / && on { on = 0 }
        !on { print }
        /^\.Sh OPTIONS/ { on = 1; while ((getline line < options) > 0) print line }
        /^\.Sh SYNOPSIS/ { on = 1; while ((getline line < synopsis) > 0) print line }
    ' "$page" >"$page.new"
    rm "$page.options" "$page.synopsis"
    if cmp -s "$page" "$page.new"; then rm "$page.new"; else mv "$page.new" "$page"; fi
done

#!/usr/bin/env bats
# Pages that cannot rot: every command has one, its OPTIONS are the command's own, its
# examples run.
load helper

setup_file() {
    export BATS_NO_PARALLELIZE_WITHIN_FILE=true
}

@test "every command has a page, and every page a command" {
    for c in "$B"/bin/dorg-*; do
        [ -f "$ROOT/man/$(basename "$c").1" ] || { echo "no page: $c"; return 1; }
    done
    for m in "$ROOT"/man/dorg-*.1; do
        [ -x "$B/bin/$(basename "$m" .1)" ] || { echo "no command: $m"; return 1; }
    done
}

@test "OPTIONS are what --help=mdoc prints" {
    for m in "$ROOT"/man/dorg-*.1; do
        c=$(basename "$m" .1)
        awk '/^\.Sh OPTIONS/ { on = 1; next } /^\.Sh/ { on = 0 } on' "$m" >page
        "$c" --help=mdoc >now
        diff page now || { echo "$c: paste --help=mdoc into its page (make man)"; return 1; }
    done
}

@test "every page has name, synopsis, exit status and examples" {
    for m in "$ROOT"/man/dorg-*.1; do
        for s in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
            grep -q "^\.Sh $s" "$m" || { echo "$m: no $s"; return 1; }
        done
    done
}

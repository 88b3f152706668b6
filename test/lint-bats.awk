# lint-bats.awk - assertions of a bats file that cannot fail.
#
#   awk -f test/lint-bats.awk FILE...
#
# bats stops a test at the first command that fails, by the shell's errexit.  That ignores all but
# the last of `a && b`, and every `! a`: in the middle of a test they never fail.  So there is one
# assertion a line, and `run -1 a` instead of `! a`; `a && b || return 1` does fail, and may stay.

# The line's own words: without comments, quoted text and what is in parentheses.  What is open
# at the end of the line, one character each in `open`, is closed on a later one.
function words(line,    i, c, top, out) {
    for (i = 1; i <= length(line); i++) {
        c = substr(line, i, 1)
        top = substr(open, length(open))
        if (top == "'") {
            if (c == "'") open = substr(open, 1, length(open) - 1)
        } else if (c == "\\") {
            i++
        } else if (c == "\"") {
            open = top == "\"" ? substr(open, 1, length(open) - 1) : open "\""
        } else if (top == "\"") {
            if (substr(line, i, 2) == "$(") { open = open "("; i++ }
        } else if (c == "'" || c == "(") {
            open = open c
        } else if (c == ")" && top == "(") {
            open = substr(open, 1, length(open) - 1)
        } else if (c == "#" && (i == 1 || substr(line, i - 1, 1) == " ")) {
            break
        } else if (!open) {
            out = out c
        }
    }
    return out
}

FNR == 1 { open = here = "" }
here { if ($0 == here) here = ""; next }
{
    text = words($0)
    if (match(text, /<<[A-Z]+/)) here = substr(text, RSTART + 2, RLENGTH - 2)
    if (match($0, /<<'[A-Z]+'/)) here = substr($0, RSTART + 3, RLENGTH - 4)
    if (text ~ /^ *(if|elif|while|until) /) next
    if (text ~ /&&/ && text !~ /&&[^&]*\|\|[^&]*$/ || text ~ /^ *! / && text !~ /\|\|/) {
        print FILENAME ":" FNR ": can never fail here; one assertion a line: " $0
        bad = 1
    }
}
END { exit bad }

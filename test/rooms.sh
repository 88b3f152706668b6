#!/bin/bash
# rooms.sh: who may include whom.  Prints every include that goes the wrong way; also that all
# public headers can be included together.  Run from the root of the tree.
#
# A room is a folder.  What stands behind its name are the rooms it may include, besides its own.
set -eu -o pipefail
rooms='
base:
kernels:   base
engines:   base kernels engines
file:      base
net:       base file kernels
sample:    base file kernels
superpix:  base file kernels
forest:    base file
feature:   base file superpix forest
train:     base file kernels sample net
apply:     base file kernels sample net
crf:       base file
score:     base file
phantom:   base file
look:      base file kernels net forest
cmd:       base file kernels net sample superpix forest feature train apply crf score phantom look
'
sources=$(find libcommon kernels cmd -name '*.[ch]' -o -name '*.cu' | sort)

# shellcheck disable=SC2086 # a list of files without blanks
awk -v rooms="$rooms" '
    # kernels/engines/ref/x.c is in engines, libcommon/crf/x.c in crf, cmd/x.c in cmd
    function room(path,  p) {
        if (path ~ /^kernels\/engines\//) return "engines"
        split(path, p, "/")
        return p[1] == "libcommon" ? p[2] : p[1]
    }
    # the path of a file that another one names, seen from the root
    function seen(from, name) {
        sub(/[^\/]*$/, "", from)
        name = from name
        while (name ~ /[^\/.]+\/\.\.\//) sub(/[^\/.]+\/\.\.\//, "", name)
        return name
    }
    function folder(path) { sub(/[^\/]*$/, "", path); return path }
    BEGIN {
        n = split(rooms, line, "\n")
        for (i = 1; i <= n; i++) {
            split(line[i], half, ":")
            known[half[1]] = 1
            m = split(half[2], other, " ")
            for (j = 1; j <= m; j++) may[half[1], other[j]] = 1
        }
    }
    !/^[ \t]*#[ \t]*include[ \t]*"/ { next }
    {
        split($0, part, "\"")
        to = seen(FILENAME, part[2])
        a = room(FILENAME); b = room(to)
        if (!(a in known)) why = "no room of this name is listed"
        else if (a != b && !((a, b) in may)) why = a " may not include " b
        else if (to ~ /_in\.h$/ && folder(to) != folder(FILENAME)) why = "private to " folder(to)
        else next
        printf "%s:%d: %s: %s\n", FILENAME, FNR, to, why
        wrong = 1
    }
    END { exit wrong }
' $sources

# One name, one meaning: all public headers in one file, in either order.
headers=$(find libcommon kernels -maxdepth 2 -name '*.h' ! -name '*_in.h' ! -name '*_dev.h' \
    ! -name cuda_host.h ! -name banned.h | sort)
for order in sort 'sort -r'; do
    $order <<<"$headers" | sed 's/.*/#include "&"/' |
        ${CC:-gcc} -std=c11 -Wall -Wextra -Werror -isystem /usr/include/nifti -fsyntax-only -x c -
done

#!/bin/bash
# ablate.sh SAME INNER OUT TITLE:MASK...: the tables of ablate.mk, from those of dorg-dice in the
# folders SAME and INNER; NAMES='same inner' WHAT=p0_maps: what the two differ in
set -eu -o pipefail
same=$1 inner=$2 out=$3
shift 3
read -r first second <<<"${NAMES:-same inner}"
what=${WHAT:-p0_maps}
tmp=$(mktemp -d "$out/ablation.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# difference of the mean DSC in points, and Wilcoxon's p: pair FROM TO
pair() {
    if [ "$1" = "$2" ]; then
        printf 'NA\tNA'
        return
    fi
    dorg-dice --compare --reps 100 "$1" "$2" | awk -F'\t' '/^#/ { next }
        !n { n = 1; for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["measure"] == "dsc" {
            p = $at["wilcoxon_p"]
            printf "%+.1f\t%s", 100 * $at["mean_diff"], p == "NA" ? p : sprintf("%.3g", p)
        }'
}

# the summary's DSC and ASSD
summary() {
    awk -F'\t' 'function pc(v) { return v == "NA" ? v : sprintf("%.1f", 100 * v) }
        /^#/ { key = substr($1, 2) } !/^#/ && !named { named = 1; for (i = 1; i <= NF; i++) at[$i] = i; next }
        /^#(mean|sd|min|max|n|n_infinite)\t/ { d[key] = $at["dsc"]; s[key] = $at["assd_mm"] }
        END {
            assd = s["mean"] ~ /NA|inf/ ? s["mean"] : sprintf("%.2f", s["mean"])
            printf "%d\t%s\t%s\t%s\t%s\t%s", d["n"], pc(d["mean"]), pc(d["sd"]), pc(d["min"]), pc(d["max"]), assd
        }' "$1"
}

rows() {
    local r d f base sum gp0 gp1 stack
    for r in "$@"; do
        for d in "$same" "$inner"; do
            f=$d/${r##*:}.tsv
            base=$f
            [ "$d" = "$same" ] || base=$same/${r##*:}.tsv
            sum=$(summary "$f")
            gp0=$(pair "$d/g0-mask.tsv" "$f")
            gp1=NA$'\t'NA
            [ ! -e "$d/g1-mask.tsv" ] || gp1=$(pair "$d/g1-mask.tsv" "$f")
            stack=$(pair "$base" "$f")
            printf '%s\t%s\t%s\t%s\t%s\t%s\n' "${r%:*}" "$([ "$d" = "$same" ] && echo "$first" || echo "$second")" \
                "$sum" "$gp0" "$gp1" "$stack"
        done
    done
}

# DSC of each case beside that of G(P0), G(P1) and of the same row of the first training
cases() {
    local r d g1
    for r in "$@"; do
        for d in "$same" "$inner"; do
            g1=$d/g1-mask.tsv
            [ -e "$g1" ] || g1=/dev/null
            awk -F'\t' -v OFS='\t' -v row="${r%:*}" -v first="$([ "$d" = "$same" ] && echo 1)" \
                -v name="$([ "$d" = "$same" ] && echo "$first" || echo "$second")" '
                function diff(a, b) { return a == "NA" || b == "NA" || b == "" ? "NA" : sprintf("%+.2f", 100 * (a - b)) }
                /^#/ { next }
                !named { named = 1; for (i = 1; i <= NF; i++) at[$i] = i; next }
                k < 4 { of[k, $1] = $at["dsc"]; next }
                { v = $at["dsc"]; print row, name, $1, v == "NA" ? v : sprintf("%.2f", 100 * v),
                  diff(v, of[1, $1]), diff(v, of[2, $1]), first ? "NA" : diff(v, of[3, $1]) }' \
                k=1 named=0 "$d/g0-mask.tsv" k=2 named=0 "$g1" k=3 named=0 "$same/${r##*:}.tsv" \
                k=4 named=0 "$d/${r##*:}.tsv"
        done
    done
}

n=$(awk -F'\t' '!/^#/ { n++ } END { print n - 1 }' "$same/g0-mask.tsv")
{
    echo "# DSC in %, differences of mean DSC in points, ASSD in mm; p: Wilcoxon's signed-rank test, two-sided"
    echo "# $n test case$([ "$n" = 1 ] || echo s): no p can be below $(awk -v n="$n" 'BEGIN { printf "%.2g", 2 ^ (1 - n) }')$([ "$n" -ge 6 ] || echo ', so nothing here is significant')"
    printf 'row\t%s\tn\tdsc\tsd\tmin\tmax\tassd_mm\tvs_g_p0\tp\tvs_g_p1\tp\tvs_%s\tp\n' "$what" "$first"
    rows "$@"
} >"$tmp/table"
{
    printf 'row\t%s\tcase\tdsc\tvs_g_p0\tvs_g_p1\tvs_%s\n' "$what" "$first"
    cases "$@"
} >"$tmp/cases"
mv "$tmp/table" "$out/ablation.tsv"
mv "$tmp/cases" "$out/ablation-cases.tsv"

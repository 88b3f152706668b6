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
    dorg-dice --compare --reps 100 "$1" "$2" |
        dorg-tab --where measure==dsc --format mean_diff=+.1%,wilcoxon_p=.3g -c mean_diff,wilcoxon_p --no-names
}

# the summary's DSC and ASSD
summary() {
    dorg-tab --summary n,mean,sd,min,max --percent dsc -c dsc --no-names "$1" &&
        dorg-tab --summary mean --format assd_mm=.2f -c assd_mm --no-names "$1"
}

rows() {
    local r d f base sum gp0 gp1 stack
    for r in "$@"; do
        for d in "$same" "$inner"; do
            f=$d/${r##*:}.tsv
            base=$f
            [ "$d" = "$same" ] || base=$same/${r##*:}.tsv
            sum=$(summary "$f" | paste -s)
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
    local r d f name of_g1 g1 base
    for r in "$@"; do
        for d in "$same" "$inner"; do
            f=$d/${r##*:}.tsv name=$first base=NA of_g1=$d/g1-mask.tsv g1=dsc-g1
            [ "$d" = "$same" ] || name=$second base=dsc-base
            [ -e "$of_g1" ] || of_g1=$f g1=NA
            dorg-tab --join case -c case,dsc --as dsc,g0,g1,base "$f" "$d/g0-mask.tsv" "$of_g1" "$same/${r##*:}.tsv" |
                dorg-tab --set g0=dsc-g0 --set g1=$g1 --set base=$base \
                    --format dsc=.2%,g0=+.2%,g1=+.2%,base=+.2% --no-names | sed "s/^/${r%:*}\t$name\t/"
        done
    done
}

n=$(dorg-tab --reduce n=n --no-names "$same/g0-mask.tsv")
least=$(dorg-tab --reduce n=n "$same/g0-mask.tsv" | dorg-tab --set p=1-n --set p=2^p --format p=.2g -c p --no-names)
{
    echo "# DSC in %, differences of mean DSC in points, ASSD in mm; p: Wilcoxon's signed-rank test, two-sided"
    echo "# $n test case$([ "$n" = 1 ] || echo s): no p can be below $least$([ "$n" -ge 6 ] || echo ', so nothing here is significant')"
    printf 'row\t%s\tn\tdsc\tsd\tmin\tmax\tassd_mm\tvs_g_p0\tp\tvs_g_p1\tp\tvs_%s\tp\n' "$what" "$first"
    rows "$@"
} >"$tmp/table"
{
    printf 'row\t%s\tcase\tdsc\tvs_g_p0\tvs_g_p1\tvs_%s\n' "$what" "$first"
    cases "$@"
} >"$tmp/cases"
mv "$tmp/table" "$out/ablation.tsv"
mv "$tmp/cases" "$out/ablation-cases.tsv"

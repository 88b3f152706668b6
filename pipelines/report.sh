#!/bin/bash
# report.sh RUN TITLE: one self-contained HTML page on standard output, from a run's folder.
#
# RUN/results/test/*.tsv   tables of dorg-dice, one for each column of Table 1 (and .list,
#                          which says where the masks lie)
# RUN/results/train/*.tsv, RUN/results/in-sample/*.tsv
#                          the same on training cases, if there
# RUN/results/test/sweep.*.tsv, RUN/models/sweep.*.tsv
#                          DSC against the threshold, on test and training cases
# RUN/models or RUN/fold*/models, RUN/vars, RUN/times.tsv: what made them
# RUN/superpix             calibrate-superpix.mk's RUN, if there
#
# Needs awk, gnuplot, and the dorg commands on PATH; no network, and no script in the page.
set -eu -o pipefail
run=$1 title=$2
here=$(cd "$(dirname "$0")" && pwd)
test=$run/results/test
final=${FINAL:-g2}
tmp=$(mktemp -d /tmp/report.XXXXXX)
trap 'rm -rf "$tmp"' EXIT
export LC_ALL=C

esc() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'"; s/'/\&#39;/g"; }
# png FILE ALT, svg FILE: the picture itself, in the page
png() { printf '<img alt="%s" src="data:image/png;base64,%s">\n' "$(sed 's/<[^>]*>//g; s/"/\&quot;/g' <<<"$2")" "$(base64 -w0 "$1")"; }
svg() { sed -n '/<svg/,$p' "$1"; }
# rows FILE COLUMN...: the case rows of a dorg-dice table, those columns
rows() {
    local f=$1
    shift
    awk -F'\t' -v OFS='\t' -v want="$*" '
        BEGIN { n = split(want, w, " ") }
        /^#/ { next }
        !named { for (i = 1; i <= NF; i++) at[$i] = i; named = 1; next }
        { line = $at[w[1]]; for (i = 2; i <= n; i++) line = line OFS $at[w[i]]; print line }' "$f"
}
# stat FILE STATISTIC COLUMN: of the summary
stat() {
    awk -F'\t' -v s="#$2" -v c="$3" '
        /^case\t/ { for (i = 1; i <= NF; i++) at[$i] = i } $1 == s { print $at[c]; exit }' "$1"
}
pc() { awk -v x="$1" 'BEGIN { if (x == "" || x == "NA") print "–"; else printf "%.1f", 100 * x }'; }
mm() { awk -v x="$1" 'BEGIN { if (x == "" || x == "NA") print "–"; else if (x == "inf") print "∞"; else printf "%.2f", x }'; }
# listed CASE FIELD: of that case's line in the list of masks
listed() { C=$1 K=$2 awk -F'\t' '$1 "" == ENVIRON["C"] { print $ENVIRON["K"]; exit }' "$result.list"; }
picture() { # LABEL, then dorg-view's arguments
    local label=$1
    shift
    if dorg-view "$@" -o "$tmp/v.png" 2>"$tmp/v.err"; then
        echo '<figure>'; png "$tmp/v.png" "$label"; echo "<figcaption>$label</figcaption></figure>"
    else
        echo "<p class=bad>$label: $(head -1 "$tmp/v.err" | esc)</p>"
    fi
}
plot() { # NAME CAPTION [half]: gnuplot commands on standard input, picture into the page
    if { cat "$here/plots/report.gp"; [ -z "${3:-}" ] || echo 'set terminal svg size 520,330'; printf 'set output "%s"\n' "$tmp/$1.svg"; cat; } | gnuplot 2>"$tmp/gp.err"; then
        echo "<figure>"; svg "$tmp/$1.svg"; echo "<figcaption>$2</figcaption></figure>"
    else
        echo "<p class=bad>no plot $1: $(esc <"$tmp/gp.err" | head -2)</p>"
    fi
}

stages='opt-mask cand p0-mask g0-mask p1-mask g1-mask p2-mask g2-mask crf'
names=(Opt. 'S<sub>RF</sub>' 'P<sub>0</sub>' 'G(P<sub>0</sub>)' 'P<sub>1</sub>' 'G(P<sub>1</sub>)' 'P<sub>2</sub>' 'G(P<sub>2</sub>)' 'CRF(P<sub>2</sub>)')
plain=(Opt. 'S_{RF}' P0 'G(P0)' P1 'G(P1)' P2 'G(P2)' 'CRF(P2)')
# shellcheck disable=SC2034 # read through a name
paper_mean=(80.5 26.1 60.9 69.5 56.8 62.9 64.9 71.8 68.2)
# shellcheck disable=SC2034
paper_sd=(3.6 7.1 10.4 9.3 11.4 16.1 8.1 10.7 4.1)
# shellcheck disable=SC2034
paper_min=(70.9 14.2 22.9 35.3 1.3 0.0 33.1 25.0 59.6)
# shellcheck disable=SC2034
paper_max=(85.9 45.8 80.1 84.4 77.4 87.3 77.9 86.9 74.2)
result=$test/$final-mask.tsv
[ -s "$result" ] || { echo "report: no table $result" >&2; exit 3; }

# dsc_table DIR: Table 1 of one set of cases, the paper's numbers under ours
dsc_table() {
    local dir=$1 s i key label
    echo '<table class=t1><tr><th>DSC (%)</th>'
    for i in "${!names[@]}"; do echo "<th>${names[i]}</th>"; done
    echo '</tr>'
    for key in mean sd min max; do
        case $key in mean) label=Mean ;; sd) label=Std ;; min) label=Min ;; max) label=Max ;; esac
        local -n of_paper=paper_$key
        echo "<tr class=$key><th>$label</th>"
        i=0
        for s in $stages; do
            if [ -s "$dir/$s.tsv" ]; then v=$(pc "$(stat "$dir/$s.tsv" $key dsc)"); else v=–; fi
            if [ "${2:-}" = paper ]; then p="<small>${of_paper[i]}</small>"; else p=; fi
            echo "<td>$v$p</td>"
            i=$((i + 1))
        done
        echo '</tr>'
    done
    for key in n n_failed n_excluded; do
        echo "<tr class=n><th>${key/n_/}</th>"
        for s in $stages; do
            if [ -s "$dir/$s.tsv" ]; then v=$(stat "$dir/$s.tsv" $key dsc); else v=–; fi
            echo "<td>$v</td>"
        done
        echo '</tr>'
    done
    echo '</table>'
}

cat "$here/plots/report.css.html"
echo "<title>$(esc <<<"$title")</title></head><body><main>"
echo "<h1>$(esc <<<"$title")</h1>"
n=$(stat "$result" n dsc) failed=$(stat "$result" n_failed dsc)
echo "<p class=sub>Multi-level deep convolutional networks for organ segmentation (Roth et al., MICCAI 2015), by $(dorg-dice --version | sed 's/dorg-dice/dorg/'). Small grey numbers are the paper's, on 82 scans of NIH Pancreas-CT.</p>"

tile() { echo "<div class=tile><b>$1</b><span>$2</span><small>$3</small></div>"; }
echo '<div class=tiles>'
tile "$(pc "$(stat "$result" mean dsc)") ± $(pc "$(stat "$result" sd dsc)")" 'mean DSC (%), test' 'paper 71.8 ± 10.7'
tile "$(pc "$(stat "$result" median dsc)")" 'median DSC (%)' "range $(pc "$(stat "$result" min dsc)") – $(pc "$(stat "$result" max dsc)")"
tile "$(mm "$(stat "$result" mean assd_mm)")" 'surface distance (mm)' 'mean; paper 0.94 ± 0.6'
tile "$(mm "$(stat "$result" median hd95_mm)")" 'median HD95 (mm)' 'not in the paper'
tile "$n" 'test cases' "$failed failed, counted as 0"
echo '</div>'

echo '<h2>Table 1: Dice similarity on test cases</h2>'
dsc_table "$test" paper
if [ -s "$run/results/train/$final-mask.tsv" ]; then
    inner=$(cat "$run/vars/INNER" "$run/fold1/vars/INNER" 2>/dev/null | head -1 || :)
    echo '<h2>Training cases, as the next stage learns from them</h2><p>Neither in-sample nor held out: candidates come from trees that left the case out, P<sub>0</sub>'
    if [ "${inner:-0}" = 0 ]; then echo 'from the net that learned from it,'; else echo "from the nets of $(esc <<<"$inner") inner folds,"; fi
    echo 'R<sub>1</sub>, R<sub>2</sub> and the edge net (but for nets that have inner folds, too) have learned from it, and every cut was chosen on these cases. Not to be compared with the paper&rsquo;s 83.6.</p>'
    dsc_table "$run/results/train"
fi
if [ -s "$run/results/in-sample/$final-mask.tsv" ]; then
    echo '<h2>Training cases, in-sample</h2><p>Judged like test cases, by forests and nets all of which learned from them. The paper quotes 83.6 ± 6.3 for G(P<sub>2</sub>) in training, and does not say how its maps of training cases were made; this is the likely reading.</p>'
    dsc_table "$run/results/in-sample"
fi

echo '<h2>How many cases reach what</h2><table><tr><th>share of cases</th>'
for q in 10 30 50 70 80 90; do echo "<th>$q%</th>"; done
echo '</tr><tr><th>DSC above (%)</th>'
of=(81.4 77.6 74.2 69.4 65.2 58.9) i=0
for q in 10 30 50 70 80 90; do echo "<td>$(pc "$(stat "$result" above_$q dsc)")<small>${of[i]}</small></td>"; i=$((i + 1)); done
echo '</tr></table>'
if grep -q '^#outlier' "$result"; then
    echo "<p>Below 40%: $(awk -F'\t' '/^#outlier/ { sub(/^#outlier /, "", $1); printf "%s%s (%s)", sep, $1, $9 == "NA" ? $NF : sprintf("%.1f", 100 * $9); sep = ", " }' "$result" | esc). Paper: two of 82.</p>"
fi

if [ -s "$test/g0-mask.tsv" ] && [ "$n" -gt 1 ]; then
    echo '<h2>Patches alone against regions stacked on them</h2><p>G(P<sub>0</sub>) and the final result on the same cases, paired. Paper: DSC 69.5 to 71.8, surface distance 1.46 ± 1.5 to 0.94 ± 0.6 mm, p &lt; 0.01.</p>'
    dorg-dice --compare "$test/g0-mask.tsv" "$result" >"$tmp/compare.tsv"
    echo '<table><tr><th></th><th>n</th><th>G(P<sub>0</sub>)</th><th>final</th><th>difference [95%]</th><th>Wilcoxon p</th><th>t-test p</th></tr>'
    awk -F'\t' '
        function v(x, f) { return x == "NA" ? "–" : x ~ /inf/ ? "∞" : sprintf(f, x) }
        $1 == "dsc" || $1 == "assd_mm" || $1 == "hd95_mm" || $1 == "nsd" {
            mm = $1 ~ /_mm$/; k = mm ? 1 : 100; f = mm ? "%.2f" : "%.1f"
            t["dsc"] = "DSC (%)"; t["assd_mm"] = "surface distance (mm)"; t["hd95_mm"] = "HD95 (mm)"; t["nsd"] = "NSD (%)"
            for (i = 6; i <= 12; i++) if ($i != "NA" && $i !~ /inf/) $i *= k
            printf "<tr><th>%s</th><td>%d</td><td>%s</td><td>%s</td><td>%s [%s, %s]</td><td>%s</td><td>%s</td></tr>\n",
                t[$1], $4, v($6, f), v($7, f), v($8, f), v($11, f), v($12, f), v($14, "%.2g"), v($18, "%.2g")
        }' "$tmp/compare.tsv"
    echo '</table>'
fi

echo '<h2>Every case</h2>'
rows "$result" case dsc | awk -F'\t' -v OFS='\t' '{ print $1, $2 == "NA" ? 0 : $2 }' | sort -t '	' -k2,2g >"$tmp/order"
for s in p0-mask g0-mask p2-mask; do
    if [ -s "$test/$s.tsv" ]; then
        rows "$test/$s.tsv" case dsc | awk -F'\t' -v OFS='\t' 'FNR == NR { d[$1 ""] = $2; next } { print FNR - 1, d[$1] == "NA" || d[$1] == "" ? 0 : 100 * d[$1] }' - "$tmp/order" >"$tmp/$s.dat"
    fi
done
awk -F'\t' -v OFS='\t' '{ gsub(/[^A-Za-z0-9._+-]/, "?", $1); print NR - 1, 100 * $2, $1 }' "$tmp/order" >"$tmp/final.dat"
cases=$(wc -l <"$tmp/order")
{
    echo "set xrange [-0.8:$cases-0.2]; set yrange [0:100]; set ylabel 'DSC (%)'; set key outside top center horizontal"
    if [ "$cases" -le 24 ]; then echo "set xtics rotate by -40 nomirror noenhanced font ',10'"; else echo "set format x ''; set xlabel 'cases, in order of the final result'"; fi
    printf 'plot "%s/final.dat" using 1:2%s with boxes lc rgb "#c7ddf2" title "final"' "$tmp" "$([ "$cases" -le 24 ] && echo ':xtic(3)')"
    k=0
    for s in p0-mask g0-mask p2-mask; do
        k=$((k + 1))
        if [ -s "$tmp/$s.dat" ]; then printf ', "%s/%s.dat" with points ls %d pt 7 ps 0.6 title "%s"' "$tmp" "$s" $k "$(sed 's/p0-mask/P0/; s/g0-mask/G(P0)/; s/p2-mask/P2/' <<<"$s")"; fi
    done
    echo ", 71.8 with lines lc rgb '#999999' dt 2 title 'paper: mean'"
} | plot cases 'DSC of each test case, in order of the final result.'

i=0
: >"$tmp/box.dat"
for s in $stages; do
    if [ -s "$test/$s.tsv" ]; then rows "$test/$s.tsv" dsc | awk -v k="$i" -v t="${plain[i]}" -v p="${paper_mean[i]}" '{ print k "\t" ($1 == "NA" ? 0 : 100 * $1) "\t" t "\t" p }' >>"$tmp/box.dat"; fi
    i=$((i + 1))
done
{
    echo "set yrange [0:100]; set xrange [-0.7:8.7]; set ylabel 'DSC (%)'; unset key; set style data boxplot; set style boxplot outliers pointtype 7; set boxwidth 0.5"
    printf 'set xtics ('
    for i in "${!plain[@]}"; do printf '%s"%s" %d' "$([ "$i" -gt 0 ] && echo ,)" "${plain[i]}" "$i"; done
    echo ')'
    printf 'plot '
    for i in "${!plain[@]}"; do
        # shellcheck disable=SC2016
        if awk -v k="$i" '$1 == k { f = 1 } END { exit !f }' "$tmp/box.dat"; then printf '"<awk -v k=%d '"'"'$1 == k'"'"' %s/box.dat" using (%d):2 with boxplot ls 3 fs solid 0.25, ' "$i" "$tmp" "$i"; fi
    done
    printf '"-" using 1:2 with points pt 3 ps 0.9 lc rgb "#c0392b"\n'
    for i in "${!paper_mean[@]}"; do echo "$i ${paper_mean[i]}"; done
    echo e
} | plot box 'DSC at each stage of the cascade; red stars are the means of the paper.'

# ---- superpixels and candidates ---------------------------------------------------------
if [ -s "$test/opt-mask.tsv" ] && [ -s "$test/cand.tsv" ]; then
    echo '<h2>Superpixels and candidates</h2><div class=two>'
    for s in opt-mask:dsc cand:recall cand:precision; do
        rows "$test/${s%:*}.tsv" case "${s#*:}" | awk -F'\t' 'FNR == NR { v[$1] = $2; next } { print FNR - 1, v[$1] == "NA" || v[$1] == "" ? 0 : 100 * v[$1] }' - "$tmp/order" >"$tmp/sp.${s/:/.}"
    done
    {
        echo "set xrange [-0.8:$cases-0.2]; set yrange [0:100]; set ylabel '%'; set key outside top center horizontal; set format x ''"
        printf 'plot 80.5 with lines lc rgb "#999999" dt 2 title "Opt. of the paper", '
        printf '"%s/sp.opt-mask.dsc" with linespoints ls 3 pt 7 ps 0.6 title "Opt. (DSC)", "%s/sp.cand.recall" with linespoints ls 2 pt 7 ps 0.6 title "recall", "%s/sp.cand.precision" with linespoints ls 1 pt 7 ps 0.6 title "precision"\n' "$tmp" "$tmp" "$tmp"
    } | plot superpixels 'Each test case, in the order above: the best DSC that its superpixels allow, and recall and precision of the candidates.  The paper: 80.5, above 97, about 15.' half
    show_superpixels() {
        local c dir truth
        c=$(sed -n "$(((cases + 1) / 2))p" "$tmp/order" | cut -f1)
        dir=$(dirname "$(listed "$c" 2)")
        truth=$(listed "$c" 3)
        [ ! -s "$dir/sp.nii.gz" ] || picture "$(esc <<<"$c"): superpixels, truth (red), their best labelling (green)" \
            -m "$truth" -m "$dir/opt-mask.nii.gz" --superpix "$dir/sp.nii.gz" --alpha 0.35 --crop 25 --scale 6 "$dir/ct.nii.gz"
    }
    show_superpixels
    echo '</div>'
    if [ -s "$run/superpix/curve.svg" ]; then
        echo '<figure>'; svg "$run/superpix/curve.svg"; echo '<figcaption>Choosing the superpixels (make calibrate-superpix): means over the cohort.</figcaption></figure>'
    fi
fi

# ---- Fig. 5, calibration, training --------------------------------------------------------
shopt -s nullglob
folds=("$run"/fold[0-9]*/models)
[ ${#folds[@]} -gt 0 ] || folds=("$run"/models)
# curve FILE...: threshold and mean DSC of sweeps, averaged
curve() {
    awk -F'\t' -v OFS='\t' '
        /^case\t/ { for (i = 1; i <= NF; i++) at[$i] = i } $1 == "#mean" { s[$3] += $at["dsc"]; n[$3]++ }
        END { for (t in s) print t, 100 * s[t] / n[t] }' "$@" | sort -g
}
# curves_plot NAME MAP...: the files $tmp/NAME.MAP
curves_plot() {
    local name=$1 m w
    shift
    echo "set xrange [0:1]; set yrange [0:100]; set xlabel 'threshold'; set ylabel 'mean DSC (%)'; set key outside top center horizontal"
    printf 'plot '
    for m; do
        case $m in g?) w='lw 2.5' ;; *) w='lw 1.2 dt 2' ;; esac
        printf '"%s/%s.%s" with lines ls %d %s title "%s", ' "$tmp" "$name" "$m" $((${m:1} + 1)) "$w" "$(sed 's/g\(.\)/G(P\1)/; s/^p/P/' <<<"$m")"
    done
    echo '0 notitle lc rgb "white"'
}
series=() tested=()
for m in p0 g0 p1 g1 p2 g2; do
    if [ -s "$test/sweep.$m.tsv" ]; then
        tested+=("$m")
        curve "$test/sweep.$m.tsv" >"$tmp/tested.$m"
    fi
    f=()
    for d in "${folds[@]}"; do if [ -s "$d/sweep.$m.tsv" ]; then f+=("$d/sweep.$m.tsv"); fi; done
    [ ${#f[@]} -gt 0 ] || continue
    series+=("$m")
    curve "${f[@]}" >"$tmp/sweep.$m"
    # of the voxels between two thresholds, the share that is organ
    awk -F'\t' -v OFS='\t' '
        /^#/ || /^case\t/ { next }
        { p[$3] += $5; h[$3] += $6 }
        END { for (t in p) print t, p[t], h[t] }' "${f[@]}" | sort -g | awk -v OFS='\t' '
        NR > 1 { bin = int(10 * last + 1e-9); if (bin > 9) bin = 9; if (last > 0) { n[bin] += p - $2; k[bin] += h - $3; w[bin] += (p - $2) * (last + $1) / 2 } }
        { last = $1; p = $2; h = $3 }
        END { for (b = 0; b < 10; b++) if (n[b] > 0) print w[b] / n[b], k[b] / n[b], n[b] }' >"$tmp/calib.$m"
done
if [ ${#series[@]} -gt 0 ]; then
    echo '<h2>Thresholds (Fig. 5)</h2><div class=two>'
    curves_plot sweep "${series[@]}" | plot sweep 'Training: mean DSC of the training cases against the threshold, before (dashed) and after smoothing; the best of each is used on the test cases.' half
    if [ ${#tested[@]} -gt 0 ]; then
        curves_plot tested "${tested[@]}" | plot tested 'Testing: the same of the test cases, drawn afterwards; no threshold was taken from here.' half
    fi
    {
        echo "set xrange [0:1]; set yrange [0:1]; set xlabel 'probability given'; set ylabel 'share that is organ'; set key outside top center horizontal"
        printf 'plot x with lines lc rgb "#999999" dt 2 title "perfect"'
        for m in "${series[@]}"; do
            case $m in p?) printf ', "%s/calib.%s" with linespoints ls %d lw 1.5 pt 7 ps 0.6 title "%s"' "$tmp" "$m" $((${m:1} + 1)) "P${m:1}" ;; esac
        done
        echo
    } | plot calibration 'Calibration on the training cases: of the voxels given a probability, how many are organ.' half
    echo '</div><table><tr><th>operating point</th>'
    for m in "${series[@]}"; do echo "<th>$m</th>"; done
    echo '<th>λ</th></tr>'
    for d in "${folds[@]}"; do
        echo "<tr><th>$(basename "$(dirname "$d")" | sed "s|^$(basename "$run")\$|threshold|")</th>"
        for m in "${series[@]}"; do echo "<td>$(cat "$d/cut.$m" 2>/dev/null || echo –)</td>"; done
        echo "<td>$(cat "$d/lambda" 2>/dev/null || echo –)</td></tr>"
    done
    echo '</table>'
fi

logs=("${folds[0]}"/{p,r1,r2,edge}.net.log*)
if [ ${#logs[@]} -gt 0 ]; then
    echo '<h2>Training</h2><div class=two>'
    {
        echo "set logscale y; set xlabel 'epoch'; set ylabel 'loss'; set key outside top center horizontal"
        printf 'plot '
        k=0
        for l in "${logs[@]}"; do
            k=$((k + 1))
            awk -F'\t' '$1 ~ /^[0-9]/ { print $1, $3 }' "$l" >"$tmp/log.$k"
            printf '%s"%s/log.%d" with linespoints ls %d lw 1.5 pt 7 ps 0.4 title "%s"' "$([ $k -gt 1 ] && echo ', ')" "$tmp" $k $k "$(basename "$l" .net.log)"
        done
        echo
    } | plot loss "Training loss of each net$([ ${#folds[@]} -gt 1 ] && echo ' (first fold)')." half
    echo '<div class=filters>'
    for net in "${folds[0]}"/p.net "${folds[0]}"/r1.net "${folds[0]}"/r2.net; do
        if [ -s "$net" ] && dorg-view --kernels "$net" -o "$tmp/k.png" 2>/dev/null; then
            echo '<figure>'; png "$tmp/k.png" 'first-layer filters'; echo "<figcaption>First-layer filters of $(basename "$net" .net) (Fig. 2)</figcaption></figure>"
        fi
    done
    echo '</div></div>'
fi

# ---- Figs. 3 and 6: best, median and worst case --------------------------------------------
show_case() {
    local word=$1 line=$2 c d dir truth crop=(--crop 30 --scale 4)
    c=$(sed -n "${line}p" "$tmp/order" | cut -f1) d=$(sed -n "${line}p" "$tmp/order" | cut -f2)
    dir=$(dirname "$(listed "$c" 2)")
    truth=$(listed "$c" 3)
    echo "<h3>$word: $(esc <<<"$c"), DSC $(pc "$d")%</h3>"
    [ -s "$truth" ] || return 0
    if [ "$(rows "$result" case n_ref | C="$c" awk -F'\t' '$1 "" == ENVIRON["C"] { print $2 }')" = 0 ]; then crop=(); fi
    echo '<div class=four>'
    picture 'truth (red), candidate superpixels (green)' -m "$truth" -m "$dir/cand.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'P<sub>0</sub>, patches' -m "$truth" -P "$dir/p0.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'final map' -m "$truth" -P "$dir/$final.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'truth (red), result (green)' -m "$truth" -m "$dir/$final-mask.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    echo '</div>'
}
echo '<h2>Best, median and worst case (Figs. 3 and 6)</h2><p>The axial slice with most organ.</p>'
show_case Best "$cases"
if [ "$cases" -gt 2 ]; then show_case Median $(((cases + 1) / 2)); fi
if [ "$cases" -gt 1 ]; then show_case Worst 1; fi

# ---- what it cost, what made it --------------------------------------------------------------
times=("$run"/times.tsv "$run"/fold*/times.tsv)
for f in "${times[@]}"; do if [ -s "$f" ]; then cat "$f"; fi; done >"$tmp/times"
if [ -s "$tmp/times" ]; then
    echo '<h2>Time and memory</h2><table><tr><th>stage</th><th>runs</th><th>CPU s a run</th><th>s a run</th><th>longest</th><th>CPU min in all</th><th>peak MB</th></tr>'
    awk -F'\t' -f "$here/report-times.awk" "$tmp/times"
fi
echo '<h2>Cases</h2><details open><summary>scores of the final masks</summary><table class=left><tr><th>case</th><th>DSC</th><th>precision</th><th>recall</th><th>ASSD mm</th><th>HD95 mm</th><th>NSD</th><th>status</th></tr>'
rows "$result" case dsc precision recall assd_mm hd95_mm nsd status | sort -V | esc | awk -F'\t' '
    function r(x) { return x == "NA" ? "–" : sprintf("%.1f", 100 * x) }
    function d(x) { return x == "NA" ? "–" : x == "inf" ? "∞" : sprintf("%.2f", x) }
    { printf "<tr%s><th>%s</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td></tr>\n", $8 == "ok" ? "" : " class=bad", $1, r($2), r($3), r($4), d($5), d($6), r($7), $8 }'
echo '</table></details>'
echo '<h2>Made by</h2><table class="left facts">'
fact() { [ -z "$2" ] || printf '<tr><th>%s</th><td><code>%s</code></td></tr>\n' "$1" "$(esc <<<"$2")"; }
fact version "$(dorg-dice --version | sed 's/dorg-dice/dorg/')"
fact machine "$(uname -srm), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
for f in "$run"/vars/COMMAND "$run"/folds.tsv; do
    if [ -s "$f" ]; then fact "$(sed 's/.*folds.tsv/folds/; s/.*COMMAND/command/' <<<"$f")" "$(sed -n '/^#@ /{s///p;q}; /^#/!{p;q}' "$f")"; fi
done
fact seeds "$(cat "$run"/vars/* "$run"/fold1/vars/* 2>/dev/null | grep -oE '(dorg-[a-z0-9]+|--seed [0-9]+)' | awk '/^dorg/ { c = $0; next } !seen[c]++ { printf "%s%s %s", n++ ? ", " : "", c, $2 }')"
echo '</table><details><summary>settings</summary><table class=left>'
for f in "$run"/vars/* "$run"/fold1/vars/*; do
    [ "${f%/fold1/*}" = "$f" ] || [ ! -e "$run/vars/$(basename "$f")" ] || continue
    printf '<tr><th>%s</th><td><code>%s</code></td></tr>\n' "$(basename "$f")" "$(esc <"$f")"
done
echo '</table></details><details><summary>every command behind one result (its history)</summary><pre>'
one=$(awk -F'\t' 'NR == 1 { print $2 }' "$result.list")
if [ -s "$one" ]; then dorg-info "$one" 2>/dev/null | esc || true; fi
echo '</pre></details></main></body></html>'

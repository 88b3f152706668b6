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
# Needs gnuplot, and the dorg commands on PATH; no network, and no script in the page.
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
# Numbers are computed by dorg-tab; here they are written out.
# in_run: names of files as seen from the run's folder
in_run() {
    local line
    while IFS= read -r line; do printf '%s\n' "${line//"$run"\//}"; done
}
# num DIGITS X: with so many decimals
num() {
    case $2 in
    '' | NA) echo – ;;
    inf) echo ∞ ;;
    -inf) echo −∞ ;;
    *) printf "%.$1f\n" "$2" ;;
    esac
}
# columns FILE OPTION...: rows of a table, fields apart by tabs
columns() {
    local f=$1
    shift
    dorg-tab --no-names "$@" "$f"
}
# summary FILE COLUMN STATISTIC,...: of a table of dorg-dice, into S; ratios in percent
declare -A S
summary() {
    local k v percent=()
    S=()
    case $2 in dsc | nsd) percent=(--percent "$2") ;; esac
    while IFS=$'\t' read -r k v; do S[$k]=$v; done < <(columns "$1" --summary "$3" "${percent[@]}" -c "case,$2" 2>/dev/null)
}
picture() { # LABEL, then dorg-view's arguments
    local label=$1
    shift
    if dorg-view "$@" -o "$tmp/v.png" 2>"$tmp/v.err"; then
        echo '<figure>'; png "$tmp/v.png" "$label"; echo "<figcaption>$label</figcaption></figure>"
    else
        echo "<p class=bad>$label: $(head -1 "$tmp/v.err" | in_run | esc)</p>"
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
[ -s "$result" ] || {
    echo "report: error: no scores of test cases, $result: a page shows a run of cv, demo or phantom, or of real with TRUTH" >&2
    exit 3
}
# the mask and the truth of each case, in the list's order
names_of=()
declare -A mask_of truth_of
while IFS=$'\t' read -r c m t; do
    names_of+=("$c")
    mask_of[$c]=$m
    truth_of[$c]=$t
done <"$result.list"
# Cases whose truth was drawn by dorg-phantom, as its history says.
made=0
for c in "${names_of[@]}"; do
    if { zcat -f "${truth_of[$c]}" 2>/dev/null || :; } | head -c 65536 | grep -a 'dorg-phantom ' >/dev/null; then made=$((made + 1)); fi
done

# dsc_table DIR [paper]: Table 1 of one set of cases, a stage a line; beside it the paper's column
dsc_table() {
    local i=0 s of
    echo "<div class=wide><table class=t1><tr><th>DSC (%)</th><th>mean ± std</th><th>min – max</th><th>cases</th>"
    if [ "${2:-}" = paper ]; then echo '<th class=paper>paper,<br>82 patients</th>'; fi
    echo '</tr>'
    for s in $stages; do
        S=()
        if [ -s "$1/$s.tsv" ]; then summary "$1/$s.tsv" dsc mean,sd,min,max,n,n_failed,n_excluded; fi
        of=${S[n]:-–}
        if [ "${S[n_failed]:-0}" != 0 ]; then of+=", ${S[n_failed]} failed"; fi
        if [ "${S[n_excluded]:-0}" != 0 ]; then of+=", ${S[n_excluded]} excluded"; fi
        printf '<tr class=%s><th>%s</th><td>%s ± %s</td><td>%s – %s</td><td>%s</td>' "$s" "${names[i]}" \
            "$(num 1 "${S[mean]:-}")" "$(num 1 "${S[sd]:-}")" "$(num 1 "${S[min]:-}")" "$(num 1 "${S[max]:-}")" "$of"
        if [ "${2:-}" = paper ]; then
            printf '<td class=paper>%s ± %s<small>%s – %s</small></td>' "${paper_mean[i]}" "${paper_sd[i]}" "${paper_min[i]}" "${paper_max[i]}"
        fi
        echo '</tr>'
        i=$((i + 1))
    done
    echo '</table></div>'
}

cat "$here/plots/report.css.html"
echo "<title>$(esc <<<"$title")</title></head><body><main>"
echo "<h1>$(esc <<<"$title")</h1>"
if [ "$made" -gt 0 ]; then
    echo "<p class=banner><b>Synthetic data.</b> $(if [ "$made" = "${#names_of[@]}" ]; then echo 'All'; else echo "$made of the"; fi) ${#names_of[@]} test cases are phantoms, drawn by dorg-phantom(1). They are easier than patients: these figures say that the parts work together, not how good they are on a scan.</p>"
fi
summary "$result" dsc n,n_failed
n=${S[n]} failed=${S[n_failed]}
echo "<p class=sub>Multi-level deep convolutional networks for organ segmentation (Roth et al., MICCAI 2015), by $(dorg-dice --version | sed 's/dorg-dice/dorg/'). What is called the paper's was measured on 82 patients of NIH Pancreas-CT.</p>"

tile() { echo "<div class=tile><b>$1</b><span>$2</span><small>$3</small></div>"; }
echo '<div class=tiles>'
summary "$result" dsc mean,sd,min,max
tile "$(num 1 "${S[mean]}") ± $(num 1 "${S[sd]}")" 'mean DSC (%), test' 'paper 71.8 ± 10.7 (82 patients)'
range="$(num 1 "${S[min]}") – $(num 1 "${S[max]}")"
summary "$result" dsc median
tile "$(num 1 "${S[median]:-}")" 'median DSC (%)' "range $range"
summary "$result" assd_mm mean
tile "$(num 2 "${S[mean]}")" 'surface distance (mm)' 'mean; paper 0.94 ± 0.6 (82 patients)'
summary "$result" hd95_mm median
tile "$(num 2 "${S[median]:-}")" 'median HD95 (mm)' 'not in the paper'
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

echo '<h2>How many cases reach what</h2><div class=wide><table><tr><th>share of cases</th><th>DSC above (%)</th><th class=paper>paper,<br>82 patients</th></tr>'
summary "$result" dsc above_10,above_30,above_50,above_70,above_80,above_90
for q in 10:81.4 30:77.6 50:74.2 70:69.4 80:65.2 90:58.9; do
    echo "<tr><th>${q%:*}%</th><td>$(num 1 "${S[above_${q%:*}]:-}")</td><td class=paper>${q#*:}</td></tr>"
done
echo '</table></div>'
low=$({
    columns "$result" --where 'dsc<0.4' --percent dsc -c case,dsc | sed 's/\t/ (/; s/$/)/'
    columns "$result" -c case,status | sed -n 's/\tfailed: / (/p' | sed 's/$/)/'
} | in_run | esc | paste -sd ,)
if [ -n "$low" ]; then echo "<p>Below 40%: ${low//,/, }. Paper: two of 82.</p>"; fi

if [ -s "$test/g0-mask.tsv" ] && [ "$n" -gt 1 ]; then
    echo '<h2>Patches alone against regions stacked on them</h2><p>G(P<sub>0</sub>) and the final result on the same cases, paired. Paper: DSC 69.5 to 71.8, surface distance 1.46 ± 1.5 to 0.94 ± 0.6 mm, p &lt; 0.01.</p>'
    dorg-dice --compare "$test/g0-mask.tsv" "$result" >"$tmp/compare.tsv"
    echo '<div class=wide><table><tr><th></th><th>G(P<sub>0</sub>)</th><th>final</th><th>difference [95%]</th><th>p (Wilcoxon; t-test)</th><th>n</th></tr>'
    for m in 'dsc:DSC (%)' 'assd_mm:surface distance (mm)' 'hd95_mm:HD95 (mm)' 'nsd:NSD (%)'; do
        case $m in *_mm:*) digits=2 percent=() ;; *) digits=1 percent=(--percent 'mean_a,mean_b,mean_diff,ci_low,ci_high') ;; esac
        while IFS=$'\t' read -r pairs a b d lo hi p t; do
            for x in a b d lo hi; do printf -v "$x" %s "$(num "$digits" "${!x}")"; done
            for x in p t; do if [ "${!x}" != NA ]; then printf -v "$x" %.2g "${!x}"; fi; done
            echo "<tr><th>${m#*:}</th><td>$a</td><td>$b</td><td>$d [$lo, $hi]</td><td>$p; $t</td><td>$pairs</td></tr>"
        done < <(columns "$tmp/compare.tsv" --where "measure==${m%%:*}" "${percent[@]}" -c n,mean_a,mean_b,mean_diff,ci_low,ci_high,wilcoxon_p,t_p)
    done
    echo '</table></div>'
fi

# ---- volumes -----------------------------------------------------------------------------
agreement() {
    local n bias low high mm
    columns "$result" --set sum=ref_ml+pred_ml --set mean=sum/2 -c mean,diff_ml 2>/dev/null | { grep -v NA || :; } >"$tmp/volumes" || return 0
    [ -s "$tmp/volumes" ] || return 0
    IFS=$'\t' read -r n bias low high mm < <(dorg-tab --reduce n=n:diff_ml,bias=mean:diff_ml,sd=sd:diff_ml,truth=mean:ref_ml "$result" |
        dorg-tab --set w=1.96*sd --set low=bias-w --set high=bias+w -c n,bias,low,high,truth --no-names)
    echo '<h2>Volumes</h2><div class=two>'
    {
        echo "set xrange [0:*]; set xlabel 'mean of truth and mask (mL)'; set ylabel 'mask - truth (mL)'; unset key; set offsets 0, graph 0.04, graph 0.1, graph 0.1"
        printf 'plot 0 with lines lc rgb "#999999" dt 3, %s with lines ls 3 lw 1.5' "$bias"
        if [ "$low" != NA ]; then printf ', %s with lines ls 5 dt 2, %s with lines ls 5 dt 2' "$low" "$high"; fi
        printf ', "%s/volumes" using 1:2 with points pt 7 ps 0.7 lc rgb "#174a7e"\n' "$tmp"
    } | plot volumes "Agreement of volumes (Bland and Altman), a point a case: bias (blue) and limits of agreement (red)." half
    echo "<p>Bias <b>$(num 1 "$bias") mL</b>, limits of agreement (bias ± 1.96 sd) <b>$(num 1 "$low")</b> to <b>$(num 1 "$high") mL</b>, $n cases; the truth is $(num 1 "$mm") mL on average. A missed organ counts with its whole volume; a case that failed has none.</p></div>"
}
agreement

echo '<h2>Every case</h2>'
# the final tables' cases from the worst to the best; what failed comes first
columns "$result" -c case,dsc | sort -t $'\t' -k2,2g >"$tmp/order"
mapfile -t sorted < <(cut -f 1 "$tmp/order")
cases=${#sorted[@]}
# by_order TABLE COLUMN: its values in that order
by_order() {
    { printf 'case\tdsc\n'; cat "$tmp/order"; } >"$tmp/order.tsv"
    dorg-tab -c "case,value=$2" "$1" | dorg-tab --join case --no-names "$tmp/order.tsv" - | cut -f 3
}
# shellcheck disable=SC2016 # for gnuplot
share='(strcol(1) eq "NA" ? 0 : 100 * $1)' # a case that failed counts as 0
for s in p0-mask g0-mask p2-mask; do
    if [ -s "$test/$s.tsv" ]; then by_order "$test/$s.tsv" dsc >"$tmp/$s.dat"; fi
done
paste <(cut -f 2 "$tmp/order") <(cut -f 1 "$tmp/order" | tr -c 'A-Za-z0-9._+\n-' '?') >"$tmp/final.dat"
{
    echo "set xrange [-0.8:$cases-0.2]; set yrange [0:100]; set ylabel 'DSC (%)'; set key outside top center horizontal"
    if [ "$cases" -le 24 ]; then echo "set xtics rotate by -40 nomirror noenhanced font ',10'"; else echo "set format x ''; set xlabel 'cases, in order of the final result'"; fi
    printf 'plot "%s/final.dat" using 0:%s%s with boxes lc rgb "#c7ddf2" title "final"' "$tmp" "$share" "$([ "$cases" -le 24 ] && echo ':xtic(2)')"
    k=0
    for s in p0-mask g0-mask p2-mask; do
        k=$((k + 1))
        if [ -s "$tmp/$s.dat" ]; then printf ', "%s/%s.dat" using 0:%s with points ls %d pt 7 ps 0.6 title "%s"' "$tmp" "$s" "$share" $k "$(sed 's/p0-mask/P0/; s/g0-mask/G(P0)/; s/p2-mask/P2/' <<<"$s")"; fi
    done
    echo ", 71.8 with lines lc rgb '#999999' dt 2 title 'paper: mean of 82 patients'"
} | plot cases 'DSC of each test case, in order of the final result.'

{
    echo "set yrange [0:100]; set xrange [-0.7:8.7]; set ylabel 'DSC (%)'; unset key; set style data boxplot; set style boxplot outliers pointtype 7; set boxwidth 0.5"
    printf 'set xtics ('
    for i in "${!plain[@]}"; do printf '%s"%s" %d' "$([ "$i" -gt 0 ] && echo ,)" "${plain[i]}" "$i"; done
    echo ')'
    printf 'plot '
    i=0
    for s in $stages; do
        if [ -s "$test/$s.tsv" ]; then
            columns "$test/$s.tsv" -c dsc >"$tmp/box.$i"
            printf '"%s/box.%d" using (%d):%s with boxplot ls 3 fs solid 0.25, ' "$tmp" "$i" "$i" "$share"
        fi
        i=$((i + 1))
    done
    printf '"-" using 1:2 with points pt 3 ps 0.9 lc rgb "#c0392b"\n'
    for i in "${!paper_mean[@]}"; do echo "$i ${paper_mean[i]}"; done
    echo e
} | plot box 'DSC at each stage of the cascade; red stars are the means of the paper, on 82 patients.'

# ---- superpixels and candidates ---------------------------------------------------------
if [ -s "$test/opt-mask.tsv" ] && [ -s "$test/cand.tsv" ]; then
    echo '<h2>Superpixels and candidates</h2><div class=two>'
    for s in opt-mask:dsc cand:recall cand:precision; do by_order "$test/${s%:*}.tsv" "${s#*:}" >"$tmp/sp.${s/:/.}"; done
    {
        echo "set xrange [-0.8:$cases-0.2]; set yrange [0:100]; set ylabel '%'; set key outside top center horizontal; set format x ''"
        printf 'plot 80.5 with lines lc rgb "#999999" dt 2 title "Opt. of the paper"'
        k=3
        for s in 'opt-mask.dsc:Opt. (DSC)' cand.recall:recall cand.precision:precision; do
            printf ', "%s/sp.%s" using 0:%s with linespoints ls %d pt 7 ps 0.6 title "%s"' "$tmp" "${s%%:*}" "$share" "$k" "${s#*:}"
            k=$((k - 1))
        done
        echo
    } | plot superpixels 'Each test case, in the order above: the best DSC that its superpixels allow, and recall and precision of the candidates.  The paper: 80.5, above 97, about 15.' half
    show_superpixels() {
        local c dir truth
        c=${sorted[(cases - 1) / 2]}
        dir=$(dirname "${mask_of[$c]}")
        truth=${truth_of[$c]}
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
curve() { dorg-tab --no-names --summary mean --by threshold --reduce dsc=mean:dsc -c threshold,dsc "$@" | sort -g; }
# calibration FILE...: between two thresholds of sweeps the middle, and the share of the voxels
# given a probability there that is organ
calibration() {
    dorg-tab --no-names --by threshold --reduce p=sum:n_pred,h=sum:tp -c threshold,p,h --where 'threshold>0' "$@" | sort -g >"$tmp/counts"
    paste "$tmp/counts" <(sed 1d "$tmp/counts") | sed '$d' |
        dorg-tab --no-names --names t,p,h,t2,p2,h2 --set n=p-p2 --set k=h-h2 --set share=k/n --set t=t+t2 --set t=t/2 --where 'share>=0' -c t,share
}
# curves_plot NAME MAP...: the files $tmp/NAME.MAP
curves_plot() {
    local name=$1 m w
    shift
    echo "set xrange [0:1]; set yrange [0:100]; set xlabel 'threshold'; set ylabel 'mean DSC (%)'; set key outside top center horizontal"
    printf 'plot '
    for m; do
        case $m in g?) w='lw 2.5' ;; *) w='lw 1.2 dt 2' ;; esac
        # shellcheck disable=SC2016 # for gnuplot
        printf '"%s/%s.%s" using 1:(100*$2) with lines ls %d %s title "%s", ' "$tmp" "$name" "$m" $((${m:1} + 1)) "$w" "$(sed 's/g\(.\)/G(P\1)/; s/^p/P/' <<<"$m")"
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
    calibration "${f[@]}" >"$tmp/calib.$m"
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
    echo '</div><div class=wide><table><tr><th>operating point</th>'
    for m in "${series[@]}"; do echo "<th>$m</th>"; done
    echo '<th>λ</th></tr>'
    for d in "${folds[@]}"; do
        echo "<tr><th>$(basename "$(dirname "$d")" | sed "s|^$(basename "$run")\$|threshold|")</th>"
        for m in "${series[@]}"; do echo "<td>$(cat "$d/cut.$m" 2>/dev/null || echo –)</td>"; done
        echo "<td>$(cat "$d/lambda" 2>/dev/null || echo –)</td></tr>"
    done
    echo '</table></div>'
fi

logs=("${folds[0]}"/{p,r1,r2,edge}.net.log*)
if [ ${#logs[@]} -gt 0 ]; then
    # epoch, loss, loss and AUC on validation records; what a killed training left may be cut short
    echo '<h2>Training</h2><div class=two>'
    trained=() validated=()
    for l in "${logs[@]}"; do
        net=$(basename "$l" .net.log)
        columns "$l" -c epoch,loss,val_loss,val_auc >"$tmp/log.$net" 2>/dev/null || continue
        trained+=("$net")
        if cut -f 3 "$tmp/log.$net" | grep -qv NA; then validated+=("$net"); fi
    done
    of_fold=
    if [ ${#folds[@]} -gt 1 ]; then of_fold=' (first fold)'; fi
    curves_of() { # COLUMN TITLE NET...: lines of a plot
        local column=$1 what=$2 net k=0
        shift 2
        for net; do
            k=$((k + 1))
            printf '"%s/log.%s" using 1:%d with linespoints ls %d lw 1.5 pt %d ps 0.4 %s title "%s%s", ' "$tmp" "$net" "$column" $k \
                $((column == 2 ? 7 : 6)) "$([ "$column" = 2 ] || echo dt 2)" "$net" "$what"
        done
    }
    {
        echo "set datafile missing 'NA'; set logscale y; set xlabel 'epoch'; set ylabel 'loss'; set key outside top center horizontal"
        echo "plot $(curves_of 2 '' "${trained[@]}")$(curves_of 3 ', validation' "${validated[@]}")1/0 notitle"
    } | plot loss "Training loss of each net$of_fold$([ ${#validated[@]} -gt 0 ] && echo '; dashed, on validation records')." half
    if [ ${#validated[@]} -gt 0 ]; then
        {
            echo "set datafile missing 'NA'; set xlabel 'epoch'; set ylabel 'area under the ROC curve'; set yrange [*:1]; set key outside top center horizontal"
            echo "plot $(curves_of 4 '' "${validated[@]}")1/0 notitle"
        } | plot auc "Validation: how well each net tells organ from the rest, on records it has not learned from$of_fold; the epoch of the highest is kept." half
    fi
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
    local word=$1 c=$2 d dir truth crop=(--crop 30 --scale 4)
    d=$(columns "$result" --where "case==$c" --percent dsc -c dsc)
    dir=$(dirname "${mask_of[$c]}")
    truth=${truth_of[$c]}
    echo "<h3>$word: $(esc <<<"$c"), $(if [ "$d" = NA ]; then echo failed; else echo "DSC $d%"; fi)</h3>"
    [ -s "$truth" ] || return 0
    if [ "$(columns "$result" --where "case==$c" -c n_ref)" = 0 ]; then crop=(); fi
    echo '<div class=four>'
    picture 'truth (red), candidate superpixels (green)' -m "$truth" -m "$dir/cand.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'P<sub>0</sub>, patches' -m "$truth" -P "$dir/p0.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'final map' -m "$truth" -P "$dir/$final.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    picture 'truth (red), result (green)' -m "$truth" -m "$dir/$final-mask.nii.gz" "${crop[@]}" "$dir/ct.nii.gz"
    echo '</div>'
}
echo '<h2>Best, median and worst case (Figs. 3 and 6)</h2><p>The axial slice with most organ.</p>'
show_case Best "${sorted[-1]}"
if [ "$cases" -gt 2 ]; then show_case Median "${sorted[(cases - 1) / 2]}"; fi
if [ "$cases" -gt 1 ]; then show_case Worst "${sorted[0]}"; fi

# ---- what it cost, what made it --------------------------------------------------------------
times=("$run"/times.tsv "$run"/fold*/times.tsv)
for f in "${times[@]}"; do if [ -s "$f" ]; then cat "$f"; fi; done >"$tmp/times"
seconds() {
    local x
    printf -v x %.2f "$1"
    if [ "${x%.*}" -ge 10 ]; then printf -v x %.0f "$1"; fi
    echo "$x"
}
# lines of timed: command, wall and CPU seconds, peak MB, exit status, output
sed '/^#/d' "$tmp/times" | while IFS=$'\t' read -r command wall cpu mb _ out; do
    out=${out##*/}
    out=$(sed 's/\.inner[0-9]*//; s/^sweep\..*/sweeps/' <<<"$out")
    if [ "$out" = - ]; then out=; fi
    printf '%s\t%s\t%s\t%s\n' "$command${out:+ &rarr; $out}" "$wall" "$cpu" "$mb"
done >"$tmp/times.named"
if [ -s "$tmp/times.named" ]; then
    dorg-tab --names name,wall,cpu,mb --by name --reduce n=n,cpu=mean:cpu,wall=mean:wall,longest=max:wall,all=sum:cpu,mb=max:mb "$tmp/times.named" |
        dorg-tab --set minutes=all/60 --no-names >"$tmp/stages"
    echo '<h2>Time and memory</h2><div class=wide><table class=times><tr><th>stage</th><th>runs</th><th>CPU s a run</th><th>s a run</th><th>longest</th><th>CPU min in all</th><th>peak MB</th></tr>'
    while IFS=$'\t' read -r name runs cpu wall longest _ mb minutes; do
        echo "<tr><th>$name</th><td>$runs</td><td>$(seconds "$cpu")</td><td>$(seconds "$wall")</td><td>$(seconds "$longest")</td><td>$(num 1 "$minutes")</td><td>$(num 0 "$mb")</td></tr>"
    done <"$tmp/stages"
    of_stages=(--names 'name,runs,cpu,wall,longest,all,mb,minutes' --no-names --reduce)
    printf %s "</table></div><p>In all $(num 1 "$(columns "$tmp/stages" "${of_stages[@]}" s=sum:minutes)") min of CPU time."
    # the chain of G(P2): one of each
    if grep -E '^[^	]*(superpix|response|spfeat|rfcand|pconv|gauss3d|rconv[^	]*r2\.tab)' "$tmp/stages" >"$tmp/chain"; then
        echo " One scan from CT to G(P<sub>2</sub>): $(seconds "$(columns "$tmp/chain" "${of_stages[@]}" s=sum:cpu)") s of CPU time, by these means; paper: 1 to 3 min, after 5 min for candidates."
    fi
    echo '</p>'
fi
# A case's mask, relative to the page where both lie in the run's folder.
file_of() { case $1 in "$run"/*) echo "${1#"$run"/}" ;; *) echo "file://$1" ;; esac; }
echo '<h2>Cases</h2><p>A name leads to the picture of its case, the picture to its mask.</p><div class=wide><table class="left cases"><tr><th>case</th><th>DSC</th><th>precision</th><th>recall</th><th>ASSD mm</th><th>HD95 mm</th><th>NSD</th><th>status</th></tr>'
columns "$result" --percent dsc,precision,recall,nsd -c case,dsc,precision,recall,assd_mm,hd95_mm,nsd,status | in_run | sort -V >"$tmp/cases"
i=0
while IFS=$'\t' read -r c d p r a h nsd status; do
    i=$((i + 1))
    for x in d p r nsd; do printf -v "$x" %s "$(num 1 "${!x}")"; done
    echo "<tr$([ "$status" = ok ] || echo ' class=bad')><th><a href=\"#case$i\">$(esc <<<"$c")</a></th><td>$d</td><td>$p</td><td>$r</td><td>$(num 2 "$a")</td><td>$(num 2 "$h")</td><td>$nsd</td><td>$(esc <<<"$status")</td></tr>"
done <"$tmp/cases"
echo '</table></div><div class=four>'
i=0
while IFS=$'\t' read -r c d _ _ _ _ _ status; do
    i=$((i + 1))
    mask=${mask_of[$c]} truth=${truth_of[$c]}
    echo "<figure id=case$i>"
    if [ -s "$mask" ] && dorg-view -m "$truth" -m "$mask" --scale 1 "$(dirname "$mask")/ct.nii.gz" -o "$tmp/v.png" 2>/dev/null; then
        echo "<a href=\"$(file_of "$mask" | esc)\">"; png "$tmp/v.png" "$(esc <<<"$c"): truth and result"; echo '</a>'
        status="DSC $(num 1 "$d")%"
    fi
    echo "<figcaption>$(esc <<<"$c"): $(esc <<<"$status")</figcaption></figure>"
done <"$tmp/cases"
echo '</div>'
echo '<h2>Made by</h2><table class="left facts">'
fact() { [ -z "$2" ] || printf '<tr><th>%s</th><td><code>%s</code></td></tr>\n' "$1" "$(esc <<<"$2")"; }
fact version "$(dorg-dice --version | sed 's/dorg-dice/dorg/')"
fact machine "$(uname -srm), $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
for f in "$run"/vars/COMMAND "$run"/folds.tsv; do
    if [ -s "$f" ]; then fact "$(sed 's/.*folds.tsv/folds/; s/.*COMMAND/command/' <<<"$f")" "$(sed -n '/^#@ /{s///p;q}; /^#/!{p;q}' "$f")"; fi
done
fact seeds "$(cat "$run"/vars/* "$run"/fold1/vars/* 2>/dev/null | grep -oE '(dorg-[a-z0-9]+|--seed [0-9]+)' | sed -n '/^dorg/h; /^--seed/{ s/--seed//; H; x; s/\n//; p; }' | sort -u -k1,1 | paste -sd , | sed 's/,/, /g')"
echo '</table><details><summary>settings</summary><table class=left>'
for f in "$run"/vars/* "$run"/fold1/vars/*; do
    [ "${f%/fold1/*}" = "$f" ] || [ ! -e "$run/vars/$(basename "$f")" ] || continue
    printf '<tr><th>%s</th><td><code>%s</code></td></tr>\n' "$(basename "$f")" "$(esc <"$f")"
done
echo '</table></details><details><summary>every command behind one result (its history)</summary><pre>'
one=${mask_of[${names_of[0]}]}
if [ -s "$one" ]; then dorg-info "$one" 2>/dev/null | esc || true; fi
echo '</pre></details></main></body></html>'

# make report: one self-contained page from a run's folder
load helper

@test "report: a page of a small run, self-contained, with every figure" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    mkdir -p run/results/test run/models run/vars
    for i in 1 2 3; do
        c=run/cases/c$i
        mkdir -p $c
        dorg-phantom --seed $i --size 64,64,20 -t $c/truth.nii.gz -o $c/ct.nii.gz
        for m in opt-mask cand p0-mask g0-mask p1-mask g1-mask p2-mask crf; do cp $c/truth.nii.gz $c/$m.nii.gz; done
        dorg-gauss3d -s "$i" $c/truth.nii.gz -o $c/g2.nii.gz
        dorg-thresh -p 0.5 $c/g2.nii.gz -o $c/g2-mask.nii.gz
        cp $c/g2.nii.gz $c/p0.nii.gz
    done
    rm run/cases/c2/g2-mask.nii.gz
    for m in opt-mask cand p0-mask g0-mask p1-mask g1-mask p2-mask g2-mask crf; do
        for i in 1 2 3; do printf 'c%s\t%s/c%s/%s.nii.gz\t%s/c%s/truth.nii.gz\n' $i "$PWD/run/cases" $i $m "$PWD/run/cases" $i; done >run/results/test/$m.tsv.list
        dorg-dice -L run/results/test/$m.tsv.list -o run/results/test/$m.tsv 2>/dev/null || [ $? -eq 5 ]
    done
    sed 's/g2-mask/g2/' run/results/test/g2-mask.tsv.list >l
    dorg-dice --sweep 0.1 -L l -o run/models/sweep.g2.tsv
    echo 0.4 >run/models/cut.g2
    printf '%s\t1.5\t1.25\t80\t0\t%s\n' dorg-superpix - dorg-train a/p.inner1.net dorg-train a/p.net >run/times.tsv
    echo 'a <b> & c' >run/vars/K
    echo 'dorg-train --seed 7 --cfg net' >run/vars/PTRAIN
    echo 'make -C pipelines cv COHORT=x' >run/vars/COMMAND
    for i in 1 2 3; do dorg-superpix -k 20000 run/cases/c$i/ct.nii.gz -o run/cases/c$i/sp.nii.gz; done
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run" TITLE='A & B'
    f=run/report.html
    run -1 grep -c 'no plot' $f
    grep -q '<h1>A &amp; B</h1>' $f
    grep -q 'a &lt;b&gt; &amp; c' $f
    echo "$(grep -c "<svg" $f) plots, $(grep -c "data:image/png;base64," $f) pictures"
    [ "$(grep -c "<svg" $f)" -ge 5 ]
    [ "$(grep -c "data:image/png;base64," $f)" -ge 12 ]
    grep -q '<h2>Superpixels and candidates</h2>' $f
    grep -q 'superpixels, truth (red)' $f
    grep -q '<tr><th>dorg-train &rarr; p.net</th><td>2</td><td>1.25</td>' $f
    grep -q 'In all 0.1 min of CPU time. One scan from CT to G(P<sub>2</sub>): 1.25 s' $f
    grep -q '<th>seeds</th><td><code>dorg-train 7</code>' $f
    grep -q '<code>make -C pipelines cv COHORT=x</code>' $f
    run -1 grep -E '<script|src="http|href="http|<link' $f
    grep -q '71.8' $f
    grep -q '1 failed, counted as 0' $f
    grep -q 'failed: ' $f
    # what is synthetic says so; the paper's column says of whom it is
    grep -q '<b>Synthetic data.</b> All 3 test cases are phantoms' $f
    [ "$(grep -c 'paper,<br>82 patients' $f)" = 2 ]
    # one link a case, to its picture; the picture leads to its mask
    [ "$(grep -c '<th><a href="#case[123]">c[123]</a></th>' $f)" = 3 ]
    [ "$(grep -c '<figure id=case[123]>' $f)" = 3 ]
    [ "$(grep -o '<a href="cases/c[0-9]/g2-mask.nii.gz">' $f | sort -u | wc -l)" = 2 ]
    # volumes: the numbers of the table, and a failed case has none
    dorg-tab --reduce n=n:diff_ml,bias=mean:diff_ml,sd=sd:diff_ml run/results/test/g2-mask.tsv |
        dorg-tab --set w=1.96*sd --set low=bias-w --set high=bias+w -c n,bias,low,high --no-names >agree
    IFS=$'\t' read -r n bias low high <agree
    [ "$n" = 2 ]
    grep -q "Bias <b>$(printf %.1f "$bias") mL</b>, limits of agreement (bias ± 1.96 sd) <b>$(printf %.1f "$low")</b> to <b>$(printf %.1f "$high") mL</b>, 2 cases" $f
    before=$(stat -c %y $f)
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run" TITLE='A & B'
    [ "$(stat -c %y $f)" = "$before" ]
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run" TITLE='Another'
    grep -q '<h1>Another</h1>' $f
}

@test "report: patients have no banner; a net's validation is drawn where there is one" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    mkdir -p run/results/test run/models run/cases/c1
    dorg-phantom --seed 1 --size 64,64,20 -t p.nii -o ct.nii
    # the same voxels of nobody known
    { head -c 344 p.nii; printf 'n+1\0\0\0\0\0'; tail -c 81920 p.nii; } >t
    /usr/bin/python3 -c 'import struct; f = open("t", "r+b"); f.seek(108); f.write(struct.pack("<f", 352))'
    mv t run/cases/c1/truth.nii
    cp ct.nii run/cases/c1/ct.nii.gz
    dorg-cmp p.nii run/cases/c1/truth.nii
    printf 'c1\t%s\t%s\n' "$PWD/p.nii" "$PWD/run/cases/c1/truth.nii" >run/results/test/g2-mask.tsv.list
    dorg-dice -L run/results/test/g2-mask.tsv.list -o run/results/test/g2-mask.tsv
    printf 'epoch\tloss\tval_loss\tval_auc\n1\t0.5\tNA\tNA\n2\t0.4\tNA\tNA\n' >run/models/p.net.log
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run"
    run -1 grep -c 'Synthetic data' run/report.html
    grep -q 'Training loss of each net\.' run/report.html
    run -1 grep -c 'Validation: ' run/report.html
    printf 'epoch\tloss\tval_loss\tval_auc\n1\t0.5\t0.6\t0.8\n2\t0.4\t0.55\t0.9\n' >run/models/p.net.log
    touch run/results/test/g2-mask.tsv
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run"
    grep -q 'dashed, on validation records' run/report.html
    grep -q 'Validation: how well' run/report.html
    grep -q 'title>p, validation<' run/report.html
    # one case: a bias, and no limits
    grep -q 'Bias <b>0.0 mL</b>.*<b>–</b> to <b>– mL</b>, 1 cases' run/report.html
}

@test "report: numbers are those of the tables, and stand where they belong" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    export LC_ALL=C
    mkdir -p run/results/test run/models run/vars
    for i in 1 2 3 4 5; do
        c=run/cases/c$i
        mkdir -p $c
        dorg-phantom --seed $i --size 64,64,20 -t $c/truth.nii.gz -o $c/ct.nii.gz
        dorg-gauss3d -s 1 $c/truth.nii.gz | tee g.nii | dorg-thresh -p 0.$((30 + 4 * i)) -o $c/g2-mask.nii.gz
        dorg-thresh -p 0.$((60 - 5 * i)) -o $c/g0-mask.nii.gz g.nii
    done
    for m in g0-mask g2-mask; do
        for i in 1 2 3 4 5; do printf 'c%s\t%s/c%s/%s.nii.gz\t%s/c%s/truth.nii.gz\n' $i "$PWD/run/cases" $i $m "$PWD/run/cases" $i; done >run/results/test/$m.tsv.list
        dorg-dice -L run/results/test/$m.tsv.list -o run/results/test/$m.tsv
    done
    printf '%s\t%s\t%s\t%s\t0\t%s\n' dorg-pconv 2 3 80 a/p0.nii.gz dorg-train 9 18 500 a/p.inner1.net dorg-pconv 6 7 60 b/p0.nii.gz \
        dorg-train 11 22 400 a/p.net dorg-dice 1 4 10 m/sweep.g1.tsv >run/times.tsv
    make -s -C "$ROOT/pipelines" report RUN="$PWD/run"
    f=run/report.html t=run/results/test/g2-mask.tsv
    of() { # STATISTIC COLUMN FORMAT FACTOR [TABLE]
        awk -F'\t' -v s="#$1" -v c="$2" -v f="$3" -v k="${4:-1}" '
            /^case\t/ { for (i = 1; i <= NF; i++) at[$i] = i } $1 == s { printf f, k * $at[c] }' "${5:-$t}"
    }
    grep -qF "<b>$(of mean dsc %.1f 100) ± $(of sd dsc %.1f 100)</b><span>mean DSC (%), test</span>" $f
    grep -qF "<b>$(of median dsc %.1f 100)</b><span>median DSC (%)</span><small>range $(of min dsc %.1f 100) – $(of max dsc %.1f 100)<" $f
    grep -qF "<b>$(of mean assd_mm %.2f)</b><span>surface distance (mm)</span>" $f
    grep -qF "<b>$(of median hd95_mm %.2f)</b><span>median HD95 (mm)</span>" $f
    [ "$(of mean assd_mm %.2f)" != "$(of median assd_mm %.2f)" ]
    grep -qF '<b>5</b><span>test cases</span>' $f
    # shares of cases, the paper's beside them
    for q in 10:81.4 30:77.6 50:74.2 70:69.4 80:65.2 90:58.9; do
        grep -qxF "<tr><th>${q%:*}%</th><td>$(of "above_${q%:*}" dsc %.1f 100)</td><td class=paper>${q#*:}</td></tr>" $f
    done
    # paired: from G(P0) to the final result
    g0=run/results/test/g0-mask.tsv
    dorg-dice --compare $g0 $t | awk -F'\t' '
        $1 == "dsc" { printf "<tr><th>DSC (%%)</th><td>%.1f</td><td>%.1f</td><td>%.1f [%.1f, %.1f]</td><td>%.2g; %.2g</td><td>5</td></tr>\n",
            100 * $6, 100 * $7, 100 * $8, 100 * $11, 100 * $12, $14, $18 }' >want
    grep -qxF "$(cat want)" $f
    [ "$(of mean dsc %.1f 100)" != "$(of mean dsc %.1f 100 $g0)" ]
    # best, median and worst
    grep -v '^#' $t | tail -n +2 | cut -f 1,9 | sort -t '	' -k2,2g >order
    show() { grep -o "<h3>$1: [^<]*" $f; }
    said() { sed -n "$2p" order | awk -F'\t' -v w="$1" '{ printf "<h3>%s: %s, DSC %.1f%%\n", w, $1, 100 * $2 }'; }
    [ "$(show Worst)" = "$(said Worst 1)" ]
    [ "$(show Median)" = "$(said Median 3)" ]
    [ "$(show Best)" = "$(said Best 5)" ]
    # the table of all cases
    awk -F'\t' '/^case\t/ { for (i = 1; i <= NF; i++) at[$i] = i; next } /^#/ { next }
        { printf "%s</a></th><td>%.1f</td><td>%.1f</td><td>%.1f</td><td>%.2f</td><td>%.2f</td><td>%.1f</td><td>ok</td></tr>\n", $1,
          100 * $at["dsc"], 100 * $at["precision"], 100 * $at["recall"], $at["assd_mm"], $at["hd95_mm"], 100 * $at["nsd"] }' $t >rows
    while IFS= read -r row; do grep -qF ">$row" $f; done <rows
    [ "$(wc -l <rows)" -eq 5 ]
    # times: means and the longest; memory: the most
    for row in 'dorg-pconv &rarr; p0.nii.gz</th><td>2</td><td>5.00</td><td>4.00</td><td>6.00</td><td>0.2</td><td>80' \
        'dorg-train &rarr; p.net</th><td>2</td><td>20</td><td>10</td><td>11</td><td>0.7</td><td>500' \
        'dorg-dice &rarr; sweeps</th><td>1</td><td>4.00</td><td>1.00</td><td>1.00</td><td>0.1</td><td>10'; do
        grep -qxF "<tr><th>$row</td></tr>" $f
    done
    grep -q 'In all 0.9 min of CPU time' $f
    grep -q 'One scan from CT to G(P<sub>2</sub>): 5.00 s of CPU time' $f
}

@test "report: Fig. 5 has both halves, and each training table says what it is" {
    command -v gnuplot >/dev/null || skip "no gnuplot"
    mkdir -p run/results/test run/models run/vars run/cases/c1
    dorg-phantom --seed 1 --size 64,64,20 -t run/cases/c1/truth.nii.gz -o run/cases/c1/ct.nii.gz
    dorg-gauss3d -s 1 run/cases/c1/truth.nii.gz -o run/cases/c1/g2.nii.gz
    dorg-thresh -p 0.5 run/cases/c1/g2.nii.gz -o run/cases/c1/g2-mask.nii.gz
    for m in g2 g2-mask; do printf 'c1\t%s\t%s\n' "$PWD/run/cases/c1/$m.nii.gz" "$PWD/run/cases/c1/truth.nii.gz" >$m.list; done
    cp g2-mask.list run/results/test/g2-mask.tsv.list
    dorg-dice -L g2-mask.list -o run/results/test/g2-mask.tsv
    dorg-dice --no-surface --sweep 0.1,0.99,0.1 -L g2.list -o run/models/sweep.g2.tsv
    page() { make -s -C "$ROOT/pipelines" report RUN="$PWD/run"; }
    page
    grep -q '<figcaption>Training: mean DSC' run/report.html
    run -1 grep -E 'Testing: the same|Training cases, ' run/report.html
    curves() { sed -n '/<title>G(P2)</,/gnuplot_plot_2/p' run/report.html | grep -c '<path'; }
    [ "$(curves)" -eq 1 ]
    cp run/models/sweep.g2.tsv run/results/test/sweep.g2.tsv
    cp -r run/results/test run/results/train
    cp -r run/results/test run/results/in-sample
    echo 3 >run/vars/INNER
    page
    grep -q '<figcaption>Testing: the same' run/report.html
    [ "$(curves)" -eq 2 ]
    grep -A 1 '<h2>Training cases, as the next stage learns from them' run/report.html | grep -q 'from the nets of 3 inner folds'
    grep '<h2>Training cases, in-sample' run/report.html | grep -q '83.6 ± 6.3'
    echo 0 >run/vars/INNER
    touch run/results/train/g2-mask.tsv
    page
    grep -A 1 '<h2>Training cases, as the next stage learns from them' run/report.html | grep -q 'from the net that learned from it'
    # of several folds the curve is the mean: of two alike, the same
    paths() { sed -n '/<title>G(P2)</,/gnuplot_plot_2/p' "$1/report.html" | grep '<path' | head -1; }
    cp -r run folds
    mkdir folds/fold1 folds/fold2
    cp -r run/models folds/fold1
    mv folds/models folds/fold2
    make -s -C "$ROOT/pipelines" report RUN="$PWD/folds"
    [ -n "$(paths run)" ]
    [ "$(paths folds)" = "$(paths run)" ]
}

@test "report: no results, no page" {
    mkdir run
    run -2 make -s -C "$ROOT/pipelines" report RUN="$PWD/run"
    [ ! -e run/report.html ]
    # no folder is made of a name that is wrong
    run -2 make -s -C "$ROOT/pipelines" report RUN="$PWD/rnu"
    [[ $output == *'RUN: no such file or folder: '*/rnu* ]]
    [ ! -e rnu ]
}

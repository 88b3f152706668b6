# calibrate-superpix.gp: optimal DSC, recall and number of superpixels over K, lambda, sigma.
# Variables: curve, out, K, L, S (the fixed values), target.
if (!exists("term")) term = 'svg size 1200,380 font "sans,12" background "white"'
set terminal @term
set output out
set datafile separator "\t"
set key bottom right
set tics out nomirror
set y2tics
set border 11
set logscale x
set logscale y2
set yrange [*:1]
set y2range [50:5000]
set multiplot layout 1,3
DSC(x) = sprintf("using (%s):5:6 every ::1 axes x1y1 with yerrorlines pt 7 lc rgb '#20204a'", x)
RECALL(x) = sprintf("using (%s):7 every ::1 axes x1y1 with linespoints pt 6 lc rgb '#2a8c8c'", x)
COUNT(x) = sprintf("using (%s):10 every ::1 axes x1y2 with linespoints pt 2 lc rgb '#c07020'", x)
OVER_K = "$2 == L && $3 == S ? $1 : NaN"
OVER_L = "$1 == K && $3 == S ? $2 : NaN"
OVER_S = "$1 == K && $2 == L ? $3 : NaN"
set ylabel "over the cohort"
set xlabel "K, superpixels per 512 x 512 pixels"
dsc = DSC(OVER_K); recall = RECALL(OVER_K); count = COUNT(OVER_K)
plot curve @dsc title "optimal DSC", curve @recall title "boundary recall", \
     curve @count title "superpixels (right)", target with lines dt 2 lc rgb "#888888" title "paper"
unset ylabel
set xlabel "lambda"
dsc = DSC(OVER_L); recall = RECALL(OVER_L); count = COUNT(OVER_L)
plot curve @dsc notitle, curve @recall notitle, curve @count notitle
set xlabel "sigma, grey levels"
set y2label "superpixels per 512 x 512 pixels"
dsc = DSC(OVER_S); recall = RECALL(OVER_S); count = COUNT(OVER_S)
plot curve @dsc notitle, curve @recall notitle, curve @count notitle
unset multiplot

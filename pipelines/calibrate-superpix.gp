# calibrate-superpix.gp: optimal DSC, recall and number of superpixels over K, lambda, sigma.
# Variables: curve, out, K, L, S (the fixed values), target.
if (!exists("term")) term = 'svg size 1200,430 font "sans,12" background "white"'
set terminal @term
set output out
set datafile separator "\t"
set key at screen 0.5, screen 0.98 center top
set tmargin 6
set tics out nomirror
set y2tics
set border 11
set logscale x
set logscale y2
set offsets graph 0.03, graph 0.03, 0, 0
set yrange [*:1]
set y2range [50:5000]
# the rows where two columns have the fixed values
rows(a, x, b, y) = sprintf("< dorg-tab --set 'a=%s==%s' --set 'b=%s==%s' --where a==1 --where b==1 --no-names %s", a, x, b, y, curve)
over_k = rows("lambda", L, "sigma", S)
over_l = rows("k", K, "sigma", S)
over_s = rows("k", K, "lambda", L)
dsc = "using c:5:(valid(6) ? $6 : 0) axes x1y1 with yerrorlines pt 7 lc rgb '#20204a'"
recall = "using c:7 axes x1y1 with linespoints pt 6 lc rgb '#2a8c8c'"
count = "using c:10 axes x1y2 with linespoints pt 2 lc rgb '#c07020'"
set multiplot layout 1,3
set ylabel "over the cohort"
set xlabel "K, superpixels per 512 x 512 pixels"
c = 1
plot over_k @dsc title "optimal DSC", over_k @recall title "boundary recall", \
     over_k @count title "superpixels (right)", target with lines dt 2 lc rgb "#888888" title "paper's DSC"
unset ylabel
set xlabel "lambda"
c = 2
plot over_l @dsc notitle, over_l @recall notitle, over_l @count notitle, \
     target with lines dt 2 lc rgb "#888888" notitle
set xlabel "sigma, grey levels"
set y2label "superpixels per 512 x 512 pixels"
c = 3
plot over_s @dsc notitle, over_s @recall notitle, over_s @count notitle, \
     target with lines dt 2 lc rgb "#888888" notitle
unset multiplot

# calibrate-superpix.gp: optimal DSC and recall over K, lambda and sigma.
# Variables: curve, out, K, L, S (the fixed values), target.
if (!exists("term")) term = 'svg size 1080,360 font "sans,12" background "white"'
set terminal @term
set output out
set datafile separator "\t"
set key bottom right
set tics out nomirror
set border 3
set logscale x
set yrange [*:1]
set multiplot layout 1,3
set ylabel "over the cohort"
set xlabel "K, superpixels per 512 x 512 pixels"
plot curve using ($2 == L && $3 == S ? $1 : NaN):5:6 every ::1 with yerrorlines pt 7 lc rgb "#20204a" title "optimal DSC", \
     curve using ($2 == L && $3 == S ? $1 : NaN):7 every ::1 with linespoints pt 6 lc rgb "#2a8c8c" title "boundary recall", \
     target with lines dt 2 lc rgb "#888888" title "paper"
unset ylabel
set xlabel "lambda"
plot curve using ($1 == K && $3 == S ? $2 : NaN):5:6 every ::1 with yerrorlines pt 7 lc rgb "#20204a" notitle, \
     curve using ($1 == K && $3 == S ? $2 : NaN):7 every ::1 with linespoints pt 6 lc rgb "#2a8c8c" notitle
set xlabel "sigma, grey levels"
plot curve using ($1 == K && $2 == L ? $3 : NaN):5:6 every ::1 with yerrorlines pt 7 lc rgb "#20204a" notitle, \
     curve using ($1 == K && $2 == L ? $3 : NaN):7 every ::1 with linespoints pt 6 lc rgb "#2a8c8c" notitle
unset multiplot

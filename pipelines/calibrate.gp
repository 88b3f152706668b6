# calibrate.gp: mean DSC over sigma and threshold.  Variables: grid, rows (of sigma), map, out.
if (!exists("term")) term = 'svg size 720,480 font "sans,12" background "white"'
set terminal @term
set output out
set datafile separator "\t"
set datafile missing "NA"
set title sprintf("mean DSC of smoothed %s on the training cases", map)
set xlabel "threshold"
set ylabel "sigma (voxels)"
set cblabel "mean DSC"
set palette defined (0 "#20204a", 0.5 "#2a8c8c", 0.8 "#b8d65a", 1 "#fff6b0")
set key off
set tics out nomirror
set style fill solid noborder
stats grid using 2 every ::1 nooutput
columns = STATS_records / rows
half = (STATS_max - STATS_min) / (columns > 1 ? columns - 1 : 1) / 2
set xrange [STATS_min - half:STATS_max + half]
set yrange [-0.5:rows - 0.5]
stats grid using 3 every ::1 nooutput
best = STATS_index_max
row(i) = floor(i / columns)
plot grid using 2:(row($0)):(half):(0.5):3:ytic(1) every ::1 with boxxyerror palette, \
     grid using 2:(row(best)):(sprintf("%.3f", $3)) every ::best+1::best+1 \
       with labels left offset 1.5,0 textcolor rgb "#ffffff", \
     grid using 2:(row(best)):(half):(0.5) every ::best+1::best+1 \
       with boxxyerror fill empty border linecolor rgb "#ffffff" linewidth 2

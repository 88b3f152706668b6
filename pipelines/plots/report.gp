# report.gp: the look of the report's plots
set terminal svg size 1000,360 dynamic font "Helvetica,13" background rgb "white"
set border 3 lc rgb "#555555"
set tics nomirror out scale 0.5
set grid ytics lc rgb "#e4e4e4" lt 1
set style line 1 lc rgb "#e08214"
set style line 2 lc rgb "#1b7837"
set style line 3 lc rgb "#2166ac"
set style line 4 lc rgb "#762a83"
set style line 5 lc rgb "#b2182b"
set style line 6 lc rgb "#666666"
set style fill solid 1 noborder
set boxwidth 0.7

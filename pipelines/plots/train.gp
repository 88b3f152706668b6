# train.gp - loss, error and validation AUC against the epoch, from dorg-train --log
#
#   gnuplot -e "log='p.tsv'; out='p.png'" pipelines/plots/train.gp
if (!exists("log")) { print "give -e \"log='file.tsv'\""; exit status 2 }
if (!exists("out")) out = log.".png"
set terminal pngcairo size 900, 500 font "sans,10"
set output out
set datafile separator "\t"
set datafile missing "NA"
set xlabel "epoch"
set ylabel "loss, error"
set yrange [0:*]
set grid
set key outside top center horizontal
stats log using "loss" name "EPOCHS" nooutput
stats log using "val_auc" name "VAL" nooutput
if (EPOCHS_records < 2) set xrange [0:2]
if (exists("VAL_records") && VAL_records > 0) {
    set y2label "validation AUC"
    set ytics nomirror
    set y2tics
    low = VAL_max > VAL_min ? VAL_min : VAL_min - 0.01
    set y2range [low:1]
    plot log using "epoch":"loss" with linespoints lw 2 pt 7 ps 0.5 title "loss", \
         "" using "epoch":"val_loss" with linespoints lw 2 pt 7 ps 0.5 title "validation loss", \
         "" using "epoch":"error" with lines dt 2 lw 2 title "error", \
         "" using "epoch":"val_error" with lines dt 2 lw 2 title "validation error", \
         "" using "epoch":"val_auc" axes x1y2 with lines lw 2 title "validation AUC"
} else {
    plot log using "epoch":"loss" with linespoints lw 2 pt 7 ps 0.5 title "loss", \
         "" using "epoch":"error" with lines dt 2 lw 2 title "error"
}

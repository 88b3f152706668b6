# table1.awk: the paper's Table 1 from the dorg-dice tables of its columns (named in -v titles,
# in the order of the files).  Reads each table's per-case rows itself, so that a case that
# failed or came out NA is counted in the row "n" and never lifts a mean.
BEGIN { FS = "\t"; OFS = "\t"; n_titles = split(titles, title, " ") }
FNR == 1 { k++; named = 0 }
/^#/ { next }
!named { for (i = 1; i <= NF; i++) at[$i] = i; named = 1; next }
$at["case"] ~ /^(mean|sd|median|min|max|n|n_excluded)$/ { next }
{
    all[k]++
    v = $at["dsc"]
    if (v == "NA" || v == "") { v = 0; bad[k]++ }
    v *= 100
    sum[k] += v; sq[k] += v * v; c[k]++
    if (c[k] == 1 || v < lo[k]) lo[k] = v
    if (c[k] == 1 || v > hi[k]) hi[k] = v
}
END {
    if (k != n_titles) { print "table1: " k " tables for " n_titles " columns" > "/dev/stderr"; exit 3 }
    line = "DSC (%)"; for (j = 1; j <= k; j++) line = line OFS title[j]; print line
    split("Mean Std Min Max n failed", row, " ")
    for (r = 1; r <= 6; r++) {
        line = row[r]
        for (j = 1; j <= k; j++) {
            m = c[j] ? sum[j] / c[j] : 0
            x = r == 1 ? m : r == 2 ? (c[j] > 1 ? sqrt((sq[j] - c[j] * m * m > 0 ? sq[j] - c[j] * m * m : 0) / (c[j] - 1)) : 0) : r == 3 ? lo[j] : hi[j]
            line = line OFS (r <= 4 ? sprintf("%.1f", x) : r == 5 ? all[j] + 0 : bad[j] + 0)
        }
        print line
    }
}

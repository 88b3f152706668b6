# table1.awk: the paper's Table 1 from the dorg-dice tables of its columns (named in -v titles,
# in the order of the files).  All numbers are those tables' own summaries: a failed case counts
# as 0, a pair of empty masks is left out and counted.
BEGIN { FS = "\t"; n_titles = split(titles, title, " "); n_rows = split("mean sd min max n n_failed n_excluded", row, " ") }
FNR == 1 { k++; named = 0 }
!/^#/ && !named { for (i = 1; i <= NF; i++) at[$i] = i; named = 1 }
/^#/ && named { v[substr($1, 2), k] = $at["dsc"] }
END {
    if (k != n_titles) { print "table1: " k " tables for " n_titles " columns" > "/dev/stderr"; exit 3 }
    split("Mean Std Min Max n failed excluded", name, " ")
    for (r = 0; r <= n_rows; r++) {
        line = r ? name[r] : "DSC (%)"
        for (j = 1; j <= k; j++) {
            x = v[row[r], j]
            if (r && x == "") { print "table1: no summary \"" row[r] "\" in table " j > "/dev/stderr"; exit 3 }
            line = line "\t" (!r ? title[j] : r > 4 || x == "NA" ? x : sprintf("%.1f", 100 * x))
        }
        print line
    }
}

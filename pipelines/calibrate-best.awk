# calibrate-best.awk: the value of column `want` in the row of the highest mean DSC, of the
# rows whose sigma is `only` (if given); of equal ones the first
BEGIN { FS = "\t" }
NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
(only == "" || $at["sigma"] == only) && (best == "" || $at["mean_dsc"] > top) {
    top = $at["mean_dsc"]
    best = $at[want]
}
END {
    if (best == "") exit 3
    print best
}

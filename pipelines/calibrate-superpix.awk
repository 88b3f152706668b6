# calibrate-superpix.awk: one line a point K_LAMBDA_SIGMA from the tables RUN/POINT/CASE.tab
BEGIN { FS = OFS = "\t" }
FNR == 1 {
    split("", at)
    named = 0
    n = split(FILENAME, part, "/")
    p = part[n - 1]
}
/^#/ { next }
!named {
    for (i = 1; i <= NF; i++) at[$i] = i
    named = 1
    next
}
{
    cases[p]++
    d = $at["opt_dsc"]
    opt[p] += d
    opt2[p] += d * d
    recall[p] += $at["recall"]
    under[p] += $at["under"]
    explained[p] += $at["explained"]
    count[p] += $at["superpixels"] * 512 * 512 / $at["voxels"]
}
END {
    for (p in cases) {
        c = cases[p]
        split(p, v, "_")
        mean = opt[p] / c
        var = c > 1 ? (opt2[p] - c * mean * mean) / (c - 1) : 0
        printf "%s\t%s\t%s\t%d\t%.5f\t%.5f\t%.5f\t%.5f\t%.5f\t%.1f\n", v[1], v[2], v[3], c, \
            mean, sqrt(var > 0 ? var : 0), recall[p] / c, under[p] / c, explained[p] / c, \
            count[p] / c
    }
}

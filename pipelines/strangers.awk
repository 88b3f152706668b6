# strangers.awk: dorg-dice's table of one stage -> one line: by patients, then the worst of them.
# Variables: stage, what.  Cases are PANCREAS_PATIENT_...; a patient counts once.
/^#/ { next }
!n { n = 1; for (i = 1; i <= NF; i++) at[$i] = i; next }
{
    split($at["case"], part, "_")
    p = part[2]
    if (!(p in cases)) order[++patients] = p
    cases[p]++
    all++
    recall[p] += $at["recall"]
    if ($at["precision"] != "NA") precision[p] += $at["precision"]
    dsc[p] += $at["dsc"]
}
END {
    if (!patients) exit 3
    for (i = 1; i <= patients; i++) {
        p = order[i]
        r += recall[p] / cases[p]
        q += precision[p] / cases[p]
        d = dsc[p] / cases[p]
        sum += d
        if (worst == "" || d < least) { worst = p; least = d }
    }
    printf "%s\t%s\t%d\t%d\t%.1f\t%.1f\t%.1f\t%s\t%.1f\n", what, stage, patients, all,
        100 * r / patients, 100 * q / patients, 100 * sum / patients, worst, 100 * least
}

# calibrate.awk: rows of sigma (or lambda), threshold, mean and s.d. of DSC from dorg-dice
BEGIN { FS = OFS = "\t" }
/^#mean/ { mean[++n] = $at["dsc"]; cut[n] = $at["threshold"] }
/^#sd/ { sd[n] = $at["dsc"] }
/^#/ { next }
!named { for (i = 1; i <= NF; i++) at[$i] = i; named = 1 }
END {
    if (!n) exit 3
    for (i = 1; i <= n; i++)
        if (lambda != "") print lambda, mean[i], sd[i]
        else print sigma, cut[i], mean[i], sd[i]
}

# report-times.awk: rows of the report's table of costs, from lines of timed: command, wall
# and CPU seconds, peak MB, exit status, output.
function seconds(x) { return sprintf(x < 10 ? "%.2f" : "%.0f", x) }
/^#/ { next }
{
    what = $6; sub(/.*\//, "", what); sub(/\.inner[0-9]+/, "", what); sub(/^sweep\..*/, "sweeps", what)
    name = $1 (what == "-" || what == "" ? "" : " &rarr; " what)
    if (!(name in n)) order[++k] = name
    n[name]++; wall[name] += $2; cpu[name] += $3
    if ($2 > longest[name]) longest[name] = $2
    if ($4 > mb[name]) mb[name] = $4
}
END {
    for (i = 1; i <= k; i++) {
        c = order[i]
        printf "<tr><th>%s</th><td>%d</td><td>%s</td><td>%s</td><td>%s</td><td>%.1f</td><td>%s</td></tr>\n", c, n[c],
            seconds(cpu[c] / n[c]), seconds(wall[c] / n[c]), seconds(longest[c]), cpu[c] / 60, mb[c] == "" ? "&ndash;" : sprintf("%.0f", mb[c])
        all += cpu[c]
        # the chain of G(P2): one of each
        if (c ~ /superpix|response|spfeat|rfcand|pconv|gauss3d|rconv.*r2\.tab/) scan += cpu[c] / n[c]
    }
    printf "</table><p>In all %.1f min of CPU time.", all / 60
    if (scan) printf " One scan from CT to G(P<sub>2</sub>): %s s of CPU time, by these means; paper: 1 to 3 min, after 5 min for candidates.", seconds(scan)
    print "</p>"
}

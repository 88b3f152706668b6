# cost.awk: hours and disk of a cross-validation, from one line a CT (nx ny nz dx dy dz); the script
# cost says from what else.
#
# Counted: balanced patches and regions, deformations, scales, the nets of inner folds, epochs,
# features, candidates and calibration of every fold, and training cases judged again in-sample.
# Taken from measurements on phantoms and Pancreas-CT (one core): a candidate region of 6.4 times
# the organ (paper: DSC 26 at recall 97); a net applied is four times as fast as in training;
# what is no net takes 1.3 s and 2 s a million voxels a case and pass; tables of 2000 bytes a
# superpixel and maps of 7.6 bytes a voxel are left behind by a pass.
# A rough model for people, which no number of a result goes through: not worth a command.
function net(file, out,    line, a, i, kv, p, c, s, w, type) {
    w = 0; out["epochs"] = 100
    while ((getline line < file) > 0) {
        sub(/#.*/, "", line)
        if (split(line, a, " ") == 0) continue
        type = a[1]; delete p; p["stride"] = 1; p["pad"] = 0
        for (i = 2; i in a; i++) { split(a[i], kv, "="); p[kv[1]] = kv[2] }
        if (type == "input") { c = p["channels"]; s = p["size"]; out["pixels"] = s * s; out["channels"] = c }
        if (type == "conv") { s = int((s + 2 * p["pad"] - p["kernel"]) / p["stride"]) + 1; w += p["filters"] * c * p["kernel"] ^ 2; c = p["filters"] }
        if (type == "pool") { i = (s - p["kernel"]) / p["stride"]; s = (i == int(i) ? i : int(i) + 1) + 1 }
        if (type == "gap") s = 1
        if (type == "fc") { w += c * s * s * p["outputs"]; c = p["outputs"]; s = 1 }
        if (type == "train" && p["epochs"]) out["epochs"] = p["epochs"]
    }
    close(file)
    if (epochs) out["epochs"] = epochs
    out["bytes"] = 4 * w
}
function least(a, b) { return a < b ? a : b }
# How many nets a fold trains, in full trainings: one, and m of inner folds, each of which learns
# from all but one m-th.
function nets(name) {
    if (index(" " inner_nets " ", " " name " ") == 0 || inner < 2) return 1
    return least(inner, n * (folds - 1) / folds)
}
NF >= 6 && $1 > 0 {
    n++
    mm3 = $4 * $5 * $6
    vox = $1 * $2 * $3
    mvox += vox / 1e6
    slices += $3
    organ = ml * 1000 / mm3
    area = 262144 / k                              # pixels of a superpixel
    candidates = least(6.4 * organ, 0.3 * vox)
    sp += vox / area
    # what is learned from: balanced, so twice the positives
    p_rec += least(2 * organ / stride ^ 2, p_max)
    positives = 1.4 * organ / area                 # those that the border cuts count, too
    r_rec += least(2 * positives, r_max) * scales * (n_t + (originals ? 1 : 0))
    e_rec += least(6 * positives, e_max) * scales * (n_t + (originals ? 1 : 0))
    # what is judged
    p_app += candidates / stride ^ 2
    r_app += 2 * candidates / area * scales        # by R1 and by R2
    e_app += 2.5 * candidates / area * scales
}
END {
    if (!n) { print "cost: no readable CT" > "/dev/stderr"; exit 3 }
    net(p_net, P); net(r_net, R); net(e_net, E)
    split(rate, v, ","); if (!v[2]) v[2] = v[1]; if (!v[3]) v[3] = v[2]
    learns = folds - 1                             # every case is learned from in so many folds
    passes = folds + (in_sample ? learns : 0)      # and judged in so many
    t_p = p_rec * learns * P["epochs"] * nets("p") / v[1] / 3600
    t_r = r_rec * learns * R["epochs"] * (nets("r1") + nets("r2")) / v[2] / 3600
    t_e = e_rec * learns * E["epochs"] * nets("edge") / v[3] / 3600
    apply = passes * (p_app / v[1] + r_app / v[2] + e_app / v[3]) / 4 / 3600
    rest = passes * (1.3 * n + 2 * mvox) / 3600
    bytes = passes * (2000 * sp + 7.6e6 * mvox)
    bytes += learns * (p_rec * (P["pixels"] * P["channels"] + 30) + r_rec * (3 * R["pixels"] + 60) + e_rec * (2 * E["pixels"] + 30))
    bytes += folds * (P["bytes"] * nets("p") + R["bytes"] * (nets("r1") + nets("r2")) + E["bytes"] * nets("edge"))
    printf "cases                    %d (%d slices, %.0f million voxels, an organ of %.0f mL)\n", n, slices, mvox, ml
    printf "training P, %d folds      %9.3f h  (%.0f k patches, %d epochs, %.0f images a second)\n", folds, t_p, p_rec / 1e3, P["epochs"], v[1]
    printf "training R1, R2          %9.3f h  (%.0f k regions with deformations, %d epochs, %.0f images a second)\n", t_r, r_rec / 1e3, R["epochs"], v[2]
    printf "training the edge net    %9.3f h  (%.0f k pairs with deformations)\n", t_e, e_rec / 1e3
    printf "applying                 %9.3f h\n", apply
    printf "all that is no net       %9.3f h\n", rest
    printf "in all                   %9.3f h, one job at a time\n", t_p + t_r + t_e + apply + rest
    printf "disk                     %9.2f GB\n", bytes / 1e9
}

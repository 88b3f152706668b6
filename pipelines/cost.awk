# cost.awk: hours and disk of a cross-validation, from one line a CT (nx ny nz dx dy dz).
#
# Assumes an organ of 75 mL, candidates of 6.4 times that (paper: DSC 26 at recall 97), 2 s of
# superpixels a million voxels, three passes of a net an image in training.  Within a factor
# of two or three; RATE, the machine's multiply-adds a second, matters most.
function net(file, out,    line, a, i, kv, p, c, s, m, type) {
    m = 0; out["epochs"] = 100
    while ((getline line < file) > 0) {
        sub(/#.*/, "", line)
        if (split(line, a, " ") == 0) continue
        type = a[1]; delete p; p["stride"] = 1; p["pad"] = 0
        for (i = 2; i in a; i++) { split(a[i], kv, "="); p[kv[1]] = kv[2] }
        if (type == "input") { c = p["channels"]; s = p["size"]; out["bytes"] = c * s * s }
        if (type == "conv") { s = int((s + 2 * p["pad"] - p["kernel"]) / p["stride"]) + 1; m += s * s * p["filters"] * c * p["kernel"] ^ 2; c = p["filters"] }
        if (type == "pool") { i = (s - p["kernel"]) / p["stride"]; s = (i == int(i) ? i : int(i) + 1) + 1 }
        if (type == "gap") s = 1
        if (type == "fc") { m += c * s * s * p["outputs"]; c = p["outputs"]; s = 1 }
        if (type == "train" && p["epochs"]) out["epochs"] = p["epochs"]
    }
    close(file)
    out["macs"] = m
}
NF >= 6 && $1 > 0 {
    n++
    vox = $1 * $2 * $3
    mm3 = $4 * $5 * $6
    mvox += vox / 1e6
    slices += $3
    cand = 480e3 / mm3; if (cand > 0.3 * vox) cand = 0.3 * vox
    at_test = cand / (stride * stride)
    patches_test += at_test
    p_rec = at_test < p_max ? at_test : p_max
    side = $1 * $4 < 512 ? $1 * $4 : 512
    area = $1 * $2 / (k * $1 * $2 / 262144)       # voxels a superpixel
    sp = cand / area
    regions_test += sp * scales
    r_rec = sp * scales < r_max ? sp * scales : r_max
    patches += p_rec; regions += r_rec
    gb += vox * 2 / 1e9
}
END {
    if (!n) { print "cost: no readable CT" > "/dev/stderr"; exit 3 }
    net(p_net, P); net(r_net, R)
    share = (folds - 1)                            # every case trains in so many folds
    train_p = 3 * patches * share * P["epochs"] * P["macs"] / rate / 3600
    if (inner > 1) train_p *= inner                # inner folds: so many nets more, each a share smaller
    train_r = 3 * 3 * regions * (1 + n_t) * share * R["epochs"] * R["macs"] / rate / 3600
    apply = (folds + (in_sample ? share : 0)) * (patches_test * P["macs"] + 3 * regions_test * R["macs"]) / rate / 3600
    front = mvox * 2 / 3600
    disk = gb * 1.2 + folds * (patches * share / folds * P["bytes"] + 3 * regions * (1 + n_t) * share / folds * R["bytes"]) / 1e9 + folds * n * 0.03
    printf "cases                    %d (%d slices, %.0f million voxels)\n", n, slices, mvox
    printf "superpixels, features    %8.2f h\n", front
    printf "training P, %d folds      %8.2f h  (%.0f k patches, %d epochs, %.3g multiply-adds each)\n", folds, train_p, patches / 1e3, P["epochs"], P["macs"]
    printf "training R1, R2, edge    %8.2f h  (%.0f k regions with deformations)\n", train_r, regions * (1 + n_t) / 1e3
    printf "applying                 %8.2f h\n", apply
    printf "in all                   %8.2f h at %.3g multiply-adds a second (RATE=), one job at a time\n", front + train_p + train_r + apply, rate
    printf "disk                     %8.1f GB\n", disk
}

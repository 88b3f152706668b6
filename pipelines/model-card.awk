# model-card.awk: the table of strangers.mk -> the card of the model.
BEGIN { FS = "\t" }
{ line[NR] = $0 }
END {
    print "dorg's model of the pancreas in portal-venous CT"
    print ""
    print "What     " folds " patch nets (axial patches at several pitches), averaged; settings in the file"
    print "         `settings`.  Used by `make -C pipelines segment`."
    print "Data     " slices " axial slices of " n " patients of NIH Pancreas-CT, HU clipped to 0..255, the whole"
    print "         scan of patient 0001 and 80 slices of patient 0006."
    print "Made by  make -C pipelines model DATA=folder"
    print "Judged   each patient by the net that was trained without him (pipelines/strangers.mk), in %:"
    print ""
    for (i = 1; i <= NR; i++) {
        m = split(line[i], f, "\t")
        printf "  "
        for (j = 1; j <= m; j++) printf j <= 2 ? "%-20s" : "%10s", j <= 2 ? f[j] : (length(f[j]) > 9 ? substr(f[j], 1, 9) : f[j])
        print ""
    }
    print ""
    print "Limits   One hospital, one contrast phase, no pancreatic disease to speak of.  The mask is"
    print "         no measurement and no diagnosis; look at the picture.  Scans without contrast, of the"
    print "         arterial phase or with tumours may be segmented badly or not at all."
    print "Data's   Roth HR, Farag A, Turkbey EB, Lu L, Liu J, Summers RM (2016): Data From Pancreas-CT."
    print "source   The Cancer Imaging Archive, doi 10.7937/K9/TCIA.2016.tNB1kqBU; CC BY 3.0."
    print "         Paper: Roth et al., DeepOrgan, MICCAI 2015."
    print "Licence  The nets are derived from that data: CC BY 3.0, with the citation above."
}

# dorg-graphcut: a table with p and a table of edges in, labels out
load helper

own_setup() {
    printf '#dorg-tab 1\nid\tp\n1\t0.9\n2\t0.2\n4\t0.5\n5\t1\n#end\n' >sp.tab
    tr ' ' '\t' >edges.tab <<'TAB'
#dorg-tab_1
id a b z length contrast_hu
1 1 2 0 1 10
2 1 3 0 2 20
3 2 3 0 2 10
4 4 5 1 3 10
#end
TAB
    sed -i 's/tab_1/tab 1/' edges.tab
}

@test "graphcut: lambda from none to much" {
    labels() {
        dorg-graphcut --pair constant -e edges.tab "$@" sp.tab | awk -F'\t' '!/^#/ { printf "%s ", $3 }'
    }
    [ "$(labels -l 0)" = "label 1 0 0 1 " ]
    # ids 1 and 2: both in costs -ln .9 - ln .2 = 1.71, both out 2.53, apart .33 + lambda
    [ "$(labels -l 1)" = "label 1 0 1 1 " ]
    [ "$(labels -l 1.4)" = "label 1 1 1 1 " ]
    [ "$(labels -l 100)" = "label 1 1 1 1 " ]
}

@test "graphcut: alone, a superpixel is inside above the cut" {
    labels() {
        dorg-graphcut -l "$1" --cut "$2" -e edges.tab sp.tab | awk -F'\t' '!/^#/ { printf "%s ", $3 }'
    }
    [ "$(labels 0 0.1)" = "label 1 1 1 1 " ]
    [ "$(labels 0 0.3)" = "label 1 0 1 1 " ]
    [ "$(labels 0 0.6)" = "label 1 0 0 1 " ]
    [ "$(labels 0 0.95)" = "label 0 0 0 1 " ]
    dorg-graphcut -l 1 -e edges.tab sp.tab | grep -v '^#@' >a
    dorg-graphcut -l 1 --cut 0.5 -e edges.tab sp.tab | grep -v '^#@' | cmp a -
    for bad in 0 1 -1 half; do refuses 2 dorg-graphcut -o out --cut $bad -e edges.tab sp.tab; done
}

@test "graphcut: reads a pipe, keeps columns and rows, says what it did at -v" {
    dorg-graphcut -v -l 1 -e edges.tab <sp.tab >out.tab 2>err
    [ "$(grep -v '^#' out.tab | cut -f1,2)" = "$(grep -v '^#' sp.tab)" ]
    grep -q '4 superpixels, 2 edges (contrast term; 2 more end outside the table)' err
}

@test "graphcut: p_border is used when it is there, and asked for by name" {
    printf '#dorg-tab 1\nid\ta\tb\tz\tp_border\n1\t1\t2\t0\t1\n2\t4\t5\t1\t0.0001\n#end\n' >net.tab
    dorg-graphcut -l 1 -e net.tab sp.tab >out.tab
    run -0 awk -F'\t' '!/^#/ { printf "%s ", $3 }' out.tab
    [ "$output" = "label 1 0 1 1 " ]
    cut -f1-5 edges.tab >plain.tab
    refuses 3 dorg-graphcut -o out --pair net -l 1 -e plain.tab sp.tab
    refuses 3 dorg-graphcut -o out --pair contrast -l 1 -e plain.tab sp.tab
    refuses 3 dorg-graphcut -o out --3d -l 1 -e plain.tab sp.tab
    dorg-graphcut --pair auto -l 1 -e plain.tab sp.tab >/dev/null
}

@test "graphcut: edges from two tables, within slices and between them" {
    printf '#dorg-tab 1\nid\ta\tb\tz\tp_border\n1\t1\t2\t0\t1\n#end\n' >net.tab
    printf '#dorg-tab 1\nid\ta\tb\tz\tlength\toverlap\toverlap_share\n' >up.tab
    printf '1\t2\t4\t0\t0\t9\t1\n2\t2\t5\t0\t0\t9\t1\n#end\n' >>up.tab
    # id 2 (p = 0.2) alone is outside; two neighbours in the next slice pull it in
    dorg-graphcut -l 1 --lambda-z 4 -e net.tab -e up.tab sp.tab >flat.tab
    dorg-graphcut --3d -v -l 1 --lambda-z 4 -e net.tab -e up.tab sp.tab >deep.tab 2>err
    run -0 awk -F'\t' '!/^#/ { printf "%s ", $3 }' flat.tab deep.tab
    [ "$output" = "label 1 0 0 1 label 1 1 1 1 " ]
    grep -q '3 edges (net term' err
}

@test "graphcut: refusals" {
    refuses 2 dorg-graphcut sp.tab
    refuses 2 dorg-graphcut -e edges.tab --pair sum sp.tab
    refuses 2 dorg-graphcut -e edges.tab -l -1 sp.tab
    refuses 3 dorg-graphcut -o out -e edges.tab -c q sp.tab
    refuses 3 dorg-graphcut -o out -e edges.tab -c id sp.tab
    refuses 3 dorg-graphcut -o out -e sp.tab sp.tab
    refuses 3 dorg-graphcut -o out -e /dev/null sp.tab
    refuses 4 dorg-graphcut -o out -e absent.tab sp.tab
    sed 's/^id/#key 00000000000000aa\n&/' sp.tab >one.tab
    sed 's/^id/#key 00000000000000ab\n&/' edges.tab >two.tab
    refuses 3 dorg-graphcut -o out -e two.tab one.tab
}

@test "graphcut: real slices of a thousand superpixels cost what scipy's max-flow says" {
    needs_python scipy.sparse
    needs_python nibabel
    local o=$ROOT/test/oracle/mincut.py
    scan 0003_slab89-93
    /usr/bin/python3 "$o" make "$ct" "$truth" labels.nii sp.tab
    dorg-edges "$ct" labels.nii >edges.tab
    for l in 0.0625 0.5 1 4 16; do
        dorg-graphcut -l $l -e edges.tab sp.tab >out.tab
        run -0 /usr/bin/python3 "$o" check out.tab edges.tab $l 10
    done
}

# dorg-tab: rows and columns of tables
load helper

own_setup() {
    printf '# made by hand\ncase\tlabel\tthreshold\tdsc\tstatus\na\t1\t0.1\t0.5\tok\nb\t1\t0.1\tNA\tfailed: x\n#mean\t1\t0.1\t0.25\t\n#sd\t1\t0.1\tNA\t\n#n\t1\t0.1\t2\t\n#n_failed\t1\t0.1\t1\t\n#mean\t1\t0.2\t0.75\t\n#sd\t1\t0.2\t0.125\t\n#n\t1\t0.2\t2\t\n#n_failed\t1\t0.2\t1\t\n' >s.tsv
    printf 'case\tx\ty\n01\t1\t10\n1\t2.50\t30\n1.0\tNA\t5\n' >t.tsv
}
is() { # EXPECTED COMMAND...: lines separated by |, fields by a blank
    local want=$1
    shift
    run -0 "$@"
    [ "$(tr '\t\n' ' |' <<<"$output")" = "$want|" ] || { echo "$output"; return 1; }
}

@test "tab: columns in any order and by new names, text as it was" {
    is 'x case|1 01|2.50 1|NA 1.0' dorg-tab -c x,case t.tsv
    is 'n x|01 1|1 2.50|1.0 NA' dorg-tab -c n=case,x t.tsv
    is '01|1|1.0' dorg-tab -c case --no-names t.tsv
    is 'case v x|01 10 1|1 30 2.50|1.0 5 NA' dorg-tab -c case,v=y,x t.tsv
}

@test "tab: words are compared as words, numbers as numbers" {
    is 'case x y|1 2.50 30' dorg-tab --where case==1 t.tsv
    is 'case x y|01 1 10|1.0 NA 5' dorg-tab --where 'case != 1' t.tsv
    is 'case x y|1 2.50 30' dorg-tab --where 'x>1' t.tsv
    is 'case x y|01 1 10|1 2.50 30' dorg-tab --where 'y>=1e1' t.tsv
    is 'case x y|1.0 NA 5' dorg-tab --where 'y<10' t.tsv
    is 'case x y|01 1 10' dorg-tab --where 'y>=10' --where 'y<30' t.tsv
    is 'case x y' dorg-tab --where 'x<=-1' t.tsv
}

@test "tab: a column from columns and numbers; NA stays NA" {
    is 'case x y z|01 1 10 11|1 2.50 30 32.5|1.0 NA 5 NA' dorg-tab --set z=x+y t.tsv
    is 'case x y|01 0.1 10|1 0.0833333333 30|1.0 NA 5' dorg-tab --set 'x = x / y' t.tsv
    is 'case x y big|01 1 10 0|1 2.50 30 1|1.0 NA 5 0' dorg-tab --set 'big=y>10' t.tsv
    is 'case x y k|01 1 10 7|1 2.50 30 7|1.0 NA 5 7' dorg-tab --set k=7 t.tsv
    is 'case x y k|01 1 10 1|1 2.50 30 2.50|1.0 NA 5 NA' dorg-tab --set k=x t.tsv
    is 'case x y|01 -9 10|1 -27.5 30|1.0 NA 5' dorg-tab --set x=x-y t.tsv
    is 'case x y|01 10 10|1 75 30|1.0 NA 5' dorg-tab --set x=x*y t.tsv
    is 'case x y|01 1024 10|1 1073741824 30|1.0 32 5' dorg-tab --set x=2^y t.tsv
    is 'case x y|01 1 10|1 1.58113883 30|1.0 NA 5' dorg-tab --set x=x^0.5 t.tsv
    is 'case x y z|01 1 NA NA|1 2.50 NA NA|1.0 NA NA NA' dorg-tab --set y=NA --set z=x+NA t.tsv
}

@test "tab: numbers written for people, rounded once" {
    printf 'a\tb\tc\tn\n0.12345\t-0.5\t1234567\t0\nNA\tinf\t0.00012345\t-0\n' >f.tsv
    is 'a b c n|12.35 -50.0 1.23e+06 +0|NA inf 0.000123 -0' dorg-tab --format a=.2%,b=+.1%,c=.3g,n=+.0f f.tsv
    is '+0.1|NA' dorg-tab --format a=+.1f -c a --no-names f.tsv
    is 'threshold dsc|0.1 2|0.2 2' dorg-tab --summary n --format dsc=.2% -c threshold,dsc s.tsv
    # 100 * 0.575 is a little below 57.5
    printf 'a\n0.575\n' >half.tsv
    is 57 dorg-tab --format a=.0% --no-names half.tsv
    for bad in a a= a=f a=.f a=.12f a=.2d a=2f a=.2f%; do refuses 2 dorg-tab --format "$bad" -o out f.tsv; done
    refuses 3 dorg-tab --format d=.1f -o out f.tsv
    refuses 3 dorg-tab --format status=.1f -o out s.tsv
}

@test "tab: reductions leave NA out; groups in order of appearance; weights weigh" {
    is 'm s lo hi k|1.75 45 5 30 3' dorg-tab --reduce m=mean:x,s=sum:y,lo=min:y,hi=max:y,k=n t.tsv
    printf 'g\tv\tw\nb\t1\t1\na\t5\t1\nb\t4\t3\n' >g.tsv
    is 'g m k|b 2.5 2|a 5 1' dorg-tab --by g --reduce m=mean:v,k=n g.tsv
    is 'm w|3.6 5' dorg-tab --reduce m=mean:v:w,w=sum:w g.tsv
    is 'g s k|b 2.12132034 2|a NA 1' dorg-tab --by g --reduce s=sd:v,k=n:v g.tsv
    is 's n m|1.06066017 2 3' dorg-tab --reduce s=sd:x,n=n:x,m=n t.tsv
    printf '0.1\t10\n0.2\t30\n' >bare
    is '0.175 40' dorg-tab --names m,w --reduce m=mean:m:w,w=sum:w --no-names bare
    printf 'v\nNA\n' >na.tsv
    is 'm|NA' dorg-tab --reduce m=mean:v na.tsv
}

@test "tab: the best row, the first of equals, never NA" {
    is 'case x y|1 2.50 30' dorg-tab --best x t.tsv
    printf 'k\tv\na\t1\nb\t3\nc\t3\nd\tNA\n' >b.tsv
    is b dorg-tab --best v -c k --no-names b.tsv
    printf 'k\tv\na\tNA\n' >na.tsv
    refuses 3 dorg-tab --best v -o out na.tsv
    printf 'k\tv\na\t-3\nb\t-2\nc\t-inf\n' >b.tsv
    is b dorg-tab --best v -c k --no-names b.tsv
}

@test "tab: the summary of a table of scores, renamed, as percentages" {
    is 'threshold dsc|0.1 0.25|0.2 0.75' dorg-tab --summary mean -c threshold,dsc s.tsv
    is 0.2 dorg-tab --summary mean --best dsc -c threshold --no-names s.tsv
    is 'case dsc|Mean 25.0|Mean 75.0|n 2|n 2|failed 1|failed 1' \
        dorg-tab --summary Mean=mean,n,failed=n_failed --percent dsc -c case,dsc s.tsv
    printf 'a\tb\tc\n0.5\t1\t0.25\nNA\tinf\t2\n' >p.tsv
    is 'a b c|50.0 1 25.0|NA inf 200.0' dorg-tab --percent a,c p.tsv
    refuses 3 dorg-tab --percent a,d -o out p.tsv
    refuses 3 dorg-tab --summary median -o out s.tsv
    grep -q 'no #median' refuse.err
}

@test "tab: tables one after another, or side by side by a key" {
    printf 'k\tv\na\t1\nb\t2\n' >a.tsv
    printf 'k\tw\nb\t20\na\t10\n' >b.tsv
    is 'k v|a 1|b 2|a 1|b 2' dorg-tab a.tsv a.tsv
    is 'k v w|a 1 10|b 2 20' dorg-tab --join k a.tsv b.tsv
    is 'k P Q|a 1 10|b 2 20' dorg-tab --join k --as P,Q a.tsv b.tsv
    is 'k v w|a 1 10' dorg-tab --join k --where k==a a.tsv b.tsv
    refuses 3 dorg-tab -o out a.tsv b.tsv
    printf 'k\tw\nb\t20\n' >short.tsv
    refuses 3 dorg-tab --join k -o out a.tsv short.tsv
    refuses 3 dorg-tab --join k -o out short.tsv a.tsv
    printf 'k\tw\na\t1\nb\t20\nb\t21\n' >twice.tsv
    refuses 3 dorg-tab --join k -o out a.tsv twice.tsv
    refuses 3 dorg-tab --join v -o out a.tsv b.tsv
    refuses 2 dorg-tab --join k --as P -o out a.tsv b.tsv
}

@test "tab: superpixel tables stay tables: a column by a threshold, rows, another case's key" {
    dorg-phantom --seed 3 --size 48,48,16 -t truth.nii -o ct.nii
    dorg-superpix -k 4000 ct.nii -o sp.nii
    dorg-spfeat -t truth.nii ct.nii sp.nii -o sp.tab
    dorg-tab --set 'truth=coverage>=0.1' -o hard.tab sp.tab
    awk -F'\t' -v OFS='\t' '/^#/ { print; next } !n { for (i = 1; i <= NF; i++) at[$i] = i; n = 1; print; next }
        { $at["truth"] = $at["coverage"] >= 0.1; print }' sp.tab | cmp - <(grep -v '^#@ dorg-tab' hard.tab)
    [ "$(grep -v '^#' sp.tab | cut -f4- | sort -u | wc -l)" -gt 10 ]
    dorg-tab --set z=z-5 --where 'z>=0' --where 'z<3' --drop-key -o part.tab sp.tab
    run -1 grep '^#key' part.tab
    [ "$(awk -F'\t' '/^[0-9]/ { print $2 }' part.tab | sort -u | paste -sd,)" = 0,1,2 ]
    awk -F'\t' '/^[0-9]/ && $2 >= 5 && $2 < 8 { print $1 }' sp.tab | cmp - <(awk -F'\t' '/^[0-9]/ { print $1 }' part.tab)
    dorg-paint -c truth -o p.nii sp.nii hard.tab
    refuses 2 dorg-tab -c id -o out sp.tab
    refuses 2 dorg-tab --where z==five -o out sp.tab
    refuses 3 dorg-tab --set 'q=truth/0' -o out sp.tab
    refuses 3 dorg-tab --set id=1 -o out sp.tab
    refuses 3 dorg-tab --set q=NA -o out sp.tab
    refuses 2 dorg-tab --format z=.1f -o out sp.tab
}

@test "tab: refusals" {
    for bad in 'x' 'x=' 'x==' 'x=y+' 'x=y+1+2' '=1' 'x=1 y' 'x=y %% 2'; do refuses 2 dorg-tab --set "$bad" -o out t.tsv; done
    for bad in 'x' 'x=1' 'x>' 'x>one' '>1' 'x~1'; do refuses 2 dorg-tab --where "$bad" -o out t.tsv; done
    for bad in 'm' 'm=mean' 'm=median:x' 's=sum:x:y' 's=sd' 's=sd:x:y' 'm=mean:x:y:z'; do refuses 2 dorg-tab --reduce "$bad" -o out t.tsv; done
    refuses 3 dorg-tab -c none -o out t.tsv
    refuses 3 dorg-tab --set z=none+1 -o out t.tsv
    refuses 3 dorg-tab --where none==1 -o out t.tsv
    refuses 3 dorg-tab --set 'q=status+1' -o out s.tsv
    refuses 4 dorg-tab nothing.tsv
    printf 'a\tb\n1\n' >ragged
    refuses 3 dorg-tab -o out ragged
    printf 'a\tb\n1\t2' >cut
    refuses 3 dorg-tab -o out cut
    : >empty
    refuses 3 dorg-tab -o out empty
    refuses 3 dorg-tab --names a -o out t.tsv
    refuses 3 dorg-tab --names a,b,c,d -o out t.tsv
}

@test "tab: the same bytes whatever the language" {
    is 'case x y z|01 1 10 0.1|1 2.50 30 0.0833333333|1.0 NA 5 NA' env LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 dorg-tab --set z=x/y t.tsv
}

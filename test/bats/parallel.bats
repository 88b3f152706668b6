#!/usr/bin/env bats
# A cohort without a scheduler: GNU parallel starts its shards over ssh; and what one would cost
load helper

teardown() {
    [ ! -s sshd.pid ] || kill "$(<sshd.pid)"
}

@test "a cohort's shards on two machines, started by GNU parallel over ssh" {
    sshd=$(PATH=$PATH:/usr/sbin command -v sshd) || skip "no sshd (openssh-server)"
    command -v parallel >/dev/null || skip "no GNU parallel"
    parallel --version 2>/dev/null | grep -q '^GNU parallel' || skip "another parallel than GNU's"
    ssh-keygen -q -t ed25519 -N '' -f host
    ssh-keygen -q -t ed25519 -N '' -f key
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    port=$((20000 + RANDOM % 20000))
    printf '%s\n' "Port $port" 'ListenAddress 127.0.0.1' "HostKey $PWD/host" "AuthorizedKeysFile $PWD/key.pub" "PidFile $PWD/sshd.pid" \
        'StrictModes no' 'UsePAM no' 'PermitRootLogin yes' >sshd.conf
    printf '%s\n' 'Host node1 node2' 'HostName 127.0.0.1' "Port $port" "IdentityFile $PWD/key" 'StrictHostKeyChecking no' \
        'UserKnownHostsFile /dev/null' 'LogLevel ERROR' >ssh.conf
    "$sshd" -f "$PWD/sshd.conf" -E sshd.log
    ssh -F ssh.conf node1 true || skip "sshd lets nobody in here: $(tail -1 sshd.log)"

    mkdir model scans
    dorg-phantom --seed 1 --size 40,40,16 -t truth.nii -o scans/1.nii
    for i in 2 3 4; do dorg-phantom --seed $i --size 40,40,16 -o scans/$i.nii; done
    dorg-tissue -o tissue.nii scans/1.nii
    printf '%s\n' 'input channels=2 size=8' 'fc outputs=2' softmax \
        'train batch=16 epochs=2 rate_w=const:0.001 rate_b=const:0.001' >n.cfg
    dorg-patch --stride 2 --size 8 --axial 5,12 -w 0,200 --balance -t truth.nii -o p.rec scans/1.nii tissue.nii
    dorg-train -q -E ref --cfg n.cfg --no-flip -o model/p1.net p.rec
    printf '%s\n' WINDOW=0,200 EVERY=12,12 CUT=0.5 VOLUME=20,200 PITCH=0.5,20 THICK=20 BRIGHT=0,255 >model/settings
    { printf 'case\tct\n'; for i in 1 2 3 4; do printf '%s\t%s\n' "c$i" "$PWD/scans/$i.nii"; done; } >list.tsv

    seq 2 | PARALLEL_SSH="ssh -F $PWD/ssh.conf" parallel -j1 -S node1,node2 \
        make -C "$ROOT/pipelines" cohort SHARD={}/2 -j1 "COHORT=$PWD/list.tsv" "MODELS=$PWD/model" "RUN=$PWD/run" >said 2>&1
    make -s -C "$ROOT/pipelines" cohort COHORT=list.tsv MODELS=model RUN=alone
    for i in 1 2 3 4; do cmp run/cases/c$i/seg.nii.gz alone/cases/c$i/seg.nii.gz; done
    make -s -C "$ROOT/pipelines" status RUN=run 2>/dev/null | grep -q ' 0 failed, 0 running, 0 to do$'
    [ "$(cut -f2,3 run/log | sort | uniq -c | awk '$1 != 1' | wc -l)" = 0 ]
}

# run SECONDS...: the folder of a cohort whose cases took so long; scans of 1 MB, 0.5 MB of files
measured() {
    rm -rf run
    mkdir -p run/cases
    printf 'case\tstate\tseconds\treason\nbad\tfailed\t5\tjunk\n' >run/status.tsv
    for s in "$@"; do
        mkdir run/cases/c$s
        head -c 1000000 /dev/zero >run/scan
        ln -s ../../scan run/cases/c$s/ct.nii.gz
        head -c 100000 /dev/zero >run/cases/c$s/seg.nii.gz
        head -c 400000 /dev/zero >run/cases/c$s/p0.nii.gz
        printf 'c%s\tdone\t%s\t\n' "$s" "$s" >>run/status.tsv
        printf 'dorg-pconv\t%s\t%s\t%s\t0\t-\n' "$s" $((s / 2)) $((s / 1000 + 10)) >>run/times.tsv
    done
}

@test "replay: hours, disk and the file system's limit of measured cases, by hand" {
    replay=$ROOT/pipelines/replay
    measured 36000 72000
    run -0 "$replay" run SCANS=4 NODES=1,2 CORES=2 MBPS=1000
    grep -qE '^dorg-pconv +2 +54000 +27000 +82$' <<<"$output"
    grep -qx 'measured       2 cases: 54000.0 s (36000.0 to 72000.0) and 27000.0 CPU s a case; a scan of 1.0 MB, 2.0 MB read and written, 0.10 MB that stay' <<<"$output"
    grep -q '^core-hours     60 for 4 scans; GPU-hours: none$' <<<"$output"
    # the seed draws 10, 20, 10 and 20 hours: one node's two cores end after 20 and 40, two nodes' after 10 and 20
    grep -qE '^ +1 +2 +40.0 +75%  cores$' <<<"$output"
    grep -qE '^ +2 +4 +20.0 +75%  cores$' <<<"$output"
    # 7200 cases of a second on four cores: half an hour, but 14400 MB at 1 MB/s
    measured 1
    run -0 "$replay" run SCANS=7200 NODES=1 CORES=4 MBPS=1
    grep -qE '^ +1 +4 +4.0 +12%  file system$' <<<"$output"
    run -0 "$replay" run SCANS=7200 NODES=1 CORES=4 MBPS=1000
    grep -qE '^ +1 +4 +0.5 +100%  cores$' <<<"$output"
    grep -q '^file system    8.00 MB/s a node; 1000 MB/s are enough for 125 nodes$' <<<"$output"
    run -2 "$replay" run NODES=0
    run -2 "$replay" run 'SCANS=1;ls'
    run -2 "$replay" run SEED=0
    run -3 "$replay" none
    sed -i '/done/d' run/status.tsv
    run -3 "$replay" run
}

@test "replay: what scans draw of several measured cases, by the seed, as another simulation has it" {
    replay=$ROOT/pipelines/replay
    measured 3600 7200 25200 90000
    run -0 "$replay" run SCANS=200 NODES=1,3 CORES=4 SEED=7
    # hours of the last core of any node, and how busy they were: each node's next scan to its core
    # that is free first
    /usr/bin/python3 - >expected <<'P'
seconds, x, scan = [3600, 7200, 25200, 90000], 7 * 16807 % (2**31 - 1), []
for i in range(200):
    x = x * 16807 % (2**31 - 1)
    scan.append(seconds[4 * x // (2**31 - 1)])
for nodes in 1, 3:
    end = 0
    for k in range(nodes):
        cores = [0] * 4
        for s in scan[k::nodes]:
            cores[cores.index(min(cores))] += s
        end = max(end, *cores)
    print("%5d %6d %6.1f %4.0f%%  cores" % (nodes, 4 * nodes, end / 3600, 100 * sum(scan) / (end * 4 * nodes)))
P
    diff <(tail -2 <<<"$output") expected
    "$replay" run SCANS=200 NODES=1,3 CORES=4 SEED=7 | cmp - <(echo "$output")
    "$replay" run SCANS=200 NODES=1,3 CORES=4 SEED=8 | tail -2 >other
    run -1 cmp other expected
    # none comes more often than another: 8.75 hours on average
    "$replay" run SCANS=20000 NODES=1 CORES=1 MBPS=1000000 | tail -1 | awk '{ print $3 }' | within 172000 178000
}

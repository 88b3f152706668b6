#!/usr/bin/env bats
# How outputs come to be: whole or not at all, by one writer, with the right to be there.
load helper

own_setup() {
    dorg-phantom --seed 1 --size 64,40,40 -o a.nii
    dorg-phantom --seed 2 --size 64,40,40 -o b.nii
    dorg-crop a.nii -o a.want
    dorg-crop b.nii -o b.want
    mkdir in
    mv ./*.nii ./*.want in
}

# stopped COMMAND...: run it until it stops itself at its first write; its number is in pid
stopped() {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own calls are in the way"
    env --default-signal FAULT="stop-write 1" LD_PRELOAD="$B/test/fault/inject.so" "$@" &
    pid=$!
    for _ in $(seq 500); do
        case $(cat /proc/$pid/stat) in *') T '*) return 0 ;; esac
        sleep 0.01
    done
    return 1
}

left() {
    find . -mindepth 1 -maxdepth 1 ! -name in -printf '%f\n' | sort | paste -sd' '
}

@test "a new file has the umask's mode, a replaced one keeps its own" {
    for named in '' 1; do
        export FAULT_NAMED=$named
        [ -n "$named" ] || unset FAULT_NAMED
        for u in 000 022 027 077; do
            rm -f o.nii
            (umask $u && LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/a.nii -o o.nii)
            [ "$(stat -c %a o.nii)" = "$(printf '%o' $((0666 & ~0$u)))" ]
        done
        for m in 600 640 664 755 444; do
            chmod $m o.nii
            LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/b.nii -o o.nii
            [ "$(stat -c %a o.nii)" = $m ]
            cmp o.nii in/b.want
        done
        [ "$(left)" = o.nii ]
    done
}

@test "NAME.tmp is the user's own" {
    echo mine >o.nii.tmp
    dorg-crop in/a.nii -o o.nii
    [ "$(cat o.nii.tmp)" = mine ]
    rm o.nii.tmp
    echo precious >in/precious
    ln -s in/precious o.nii.tmp
    dorg-crop in/a.nii -o o.nii
    [ "$(cat in/precious)" = precious ]
    [ -L o.nii.tmp ]
}

@test "a link is written through, one that leads nowhere is refused" {
    mkdir far
    echo old >far/x.nii
    chmod 640 far/x.nii
    ln -s far/x.nii one
    ln -s one two
    ln -s "$PWD/far/x.nii" three
    for l in one two three; do
        echo old >far/x.nii
        dorg-crop in/a.nii -o $l
        [ -L $l ]
        [ ! -L far/x.nii ]
        cmp far/x.nii in/a.want
        [ "$(stat -c %a far/x.nii)" = 640 ]
    done
    ln -s far/none.nii nowhere
    run -4 --separate-stderr dorg-crop in/a.nii -o nowhere
    # shellcheck disable=SC2154
    [ "$stderr" = "dorg-crop: error: nowhere: a link that leads to no file" ]
    [ ! -e far/none.nii ]
    ln -s loop loop
    refuses 4 dorg-crop in/a.nii -o loop
    refuses 4 dorg-crop in/a.nii -o ''
    refuses 4 dorg-crop in/a.nii -o none/
    refuses 4 dorg-crop in/a.nii -o "$(printf '%0300d' 0)"
}

@test "descriptors are written as they stand" {
    dorg-crop in/a.nii -o /dev/stdout | cmp - in/a.want
    dorg-crop in/a.nii -o /dev/fd/5 5>five
    cmp five in/a.want
    dorg-crop in/a.nii -o >(cat >six)
    for _ in $(seq 100); do
        if cmp -s six in/a.want; then break; fi
        sleep 0.05
    done
    cmp six in/a.want
}

@test "two writers of one name: each file is whole, by one of them" {
    for named in 0 1; do
        rm -f o.nii
        if [ $named = 1 ]; then export FAULT_NAMED=1; fi
        stopped dorg-crop in/a.nii -o o.nii
        [ ! -e o.nii ]
        dorg-crop in/b.nii -o o.nii
        cmp o.nii in/b.want
        kill -CONT $pid
        wait $pid
        cmp o.nii in/a.want
        [ "$(left)" = o.nii ]
        # and the first one killed takes nothing with it
        stopped dorg-crop in/b.nii -o o.nii
        kill -KILL $pid
        wait $pid || :
        cmp o.nii in/a.want
    done
}

@test "a file system whose nameless files can have no name: the same bytes, the same mode" {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own calls are in the way"
    for mode in '' 640 755; do
        if [ -n "$mode" ]; then chmod "$mode" o.nii; fi
        FAULT="link 1" LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/a.nii -o o.nii
        cmp o.nii in/a.want
        [ "$(stat -c %a o.nii)" = "${mode:-$(printf '%o' $((0666 & ~$(umask))))}" ]
        [ "$(left)" = o.nii ]
    done
}

@test "every signal that ends the process leaves nothing" {
    for named in 0 1; do
        if [ $named = 1 ]; then export FAULT_NAMED=1; fi
        for sig in HUP INT QUIT TERM PIPE ALRM USR1 USR2 XCPU VTALRM PROF IO PWR ABRT SEGV RTMIN RTMAX; do
            stopped dorg-crop in/a.nii -o o.nii
            kill -$sig $pid
            kill -CONT $pid
            rc=0
            wait $pid || rc=$?
            [ "$rc" -eq $((128 + $(kill -l $sig))) ]
            [ -z "$(left | tr -d ' ' | sed 's/^core$//')" ]
        done
    done
    # what is ignored stays ignored, as under nohup
    (
        trap '' HUP
        FAULT="stop-write 1" LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/a.nii -o o.nii &
        pid=$!
        for _ in $(seq 500); do
            case $(cat /proc/$pid/stat) in *') T '*) break ;; esac
            sleep 0.01
        done
        kill -HUP $pid
        kill -CONT $pid
        wait $pid
    )
    cmp o.nii in/a.want
}

@test "a file past its limit is exit 4 with a sentence" {
    (
        ulimit -f 8
        refuses 4 dorg-crop -o out in/a.nii
    )
    grep -q 'File too large' refuse.err
}

@test "bytes reach the disk before the name, the name before the end" {
    [ -z "${DORG_SANITIZED:-}" ] || skip "the sanitizers' own calls are in the way"
    calls() {
        rm -f trace
        FAULT_TRACE=trace LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/a.nii -o o.nii
        paste -sd' ' trace
    }
    [ "$(FAULT_NAMED=1 calls)" = "fsync fsync rename fsync" ]
    [ "$(calls)" = "link fsync fsync rename fsync" ] || [ "$(calls)" = "fsync fsync rename fsync" ]
    # dead between the two, it is the old file or the new one, whole
    for kind in kill-fsync kill-linking kill-link kill-renaming kill-rename; do
        for n in 1 2 3; do
            dorg-crop in/b.nii -o o.nii
            FAULT="$kind $n" LD_PRELOAD="$B/test/fault/inject.so" dorg-crop in/a.nii -o o.nii || :
            cmp o.nii in/a.want || cmp o.nii in/b.want
        done
    done
}

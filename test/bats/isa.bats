# oneDNN picks its kernels by the processor: the engine's suites under lesser instruction sets.
load helper

# under CAP FLAG: the suites with oneDNN held down to CAP, where the processor has FLAG
under() {
    [ -e "$B/lib/dorg/dorg-onednn.so" ] || skip "no oneDNN"
    grep -qw "$2" /proc/cpuinfo || skip "no $2 in this processor"
    export ONEDNN_MAX_CPU_ISA=$1
    for t in prop/p_engine unit/t_engine_bf16 unit/t_engine_int8 unit/t_ensemble; do
        "$B/test/$t" >said || { grep -A 40 '^not ok' said; echo "$t under $1"; return 1; }
        grep '^ok .*# skip' said >>skipped || continue
    done
}

@test "engines: SSE 4.1" {
    under SSE41 sse4_1
    grep -q 'no avx512_bf16' skipped
    grep -q 'no avx512_vnni' skipped
}

@test "engines: AVX2" {
    under AVX2 avx2
    grep -q 'no avx512_bf16' skipped
    grep -q 'no avx512_vnni' skipped
}

@test "engines: AVX-512" {
    under AVX512_CORE avx512bw
    grep -q 'no avx512_bf16' skipped
    grep -q 'no avx512_vnni' skipped
}

@test "engines: AVX-512 with bf16" {
    under AVX512_CORE_BF16 avx512_bf16
    run -1 grep avx512 skipped
}

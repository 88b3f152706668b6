# oneDNN picks its kernels by the processor: the engine's suites under every instruction set that
# this one has.  What an instruction set lacks, and that alone, is skipped, and says so.
load helper

@test "engines: the same under every instruction set of this processor" {
    [ -e "$B/lib/dorg/dorg-onednn.so" ] || skip "no oneDNN"
    while read -r cap flag lacks; do
        grep -qw "$flag" /proc/cpuinfo || continue
        for t in prop/p_engine unit/t_engine_bf16 unit/t_engine_int8 unit/t_ensemble; do
            ONEDNN_MAX_CPU_ISA=$cap "$B/test/$t" >said || { grep -A 40 '^not ok' said; echo "$t under $cap"; return 1; }
            sed -n 's/^ok .*# skip no \(avx.*\)/\1/p' said
        done >skipped
        [ "$(paste -sd, skipped)" = "${lacks#-}" ]
        echo "$cap" >>tried
    done <<'E'
SSE41 sse4_1 avx512_bf16,avx512_vnni
AVX2 avx2 avx512_bf16,avx512_vnni
AVX512_CORE avx512bw avx512_bf16,avx512_vnni
AVX512_CORE_BF16 avx512_bf16 -
E
    grep SSE41 tried
}

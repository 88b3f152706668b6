/* crc.c - CRC-32 by carry-less multiplication where the processor has it, else zlib's; streams
 * that end with one
 *
 * The message is a polynomial; 64 bytes at a time are replaced by a remainder of 64 bytes that
 * is congruent to everything so far, and at the end the last 16 bytes go through zlib.  Both
 * give the same number.
 * Source: Gopal et al., "Fast CRC computation for generic polynomials using PCLMULQDQ
 * instruction", Intel 2009; the constants are x^n mod P, bit-reflected. */
#include "io.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define CLMUL __attribute__((target("pclmul,sse4.1")))

/* a times x^(distance), congruent mod P, plus next. */
CLMUL static inline __m128i fold(__m128i a, __m128i by, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(a, by, 0x00), high = _mm_clmulepi64_si128(a, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* n: a multiple of 16, at least 64. */
CLMUL static uint32_t crc_folded(uint32_t crc, const uint8_t *p, size_t n)
{
    const __m128i by4 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4); /* x^480, x^544 */
    const __m128i by1 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0); /* x^96, x^160 */
    __m128i r[4];
    uint8_t rest[16];
    for (int i = 0; i < 4; i++)
        r[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    r[0] = _mm_xor_si128(r[0], _mm_cvtsi32_si128((int)~crc));
    for (p += 64, n -= 64; n >= 64; p += 64, n -= 64)
        for (int i = 0; i < 4; i++)
            r[i] =
                fold(r[i], by4, _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)));
    for (int i = 1; i < 4; i++)
        r[0] = fold(r[0], by1, r[i]);
    for (; n; p += 16, n -= 16)
        r[0] = fold(r[0], by1, _mm_loadu_si128((const __m128i *)(const void *)p));
    _mm_storeu_si128((__m128i *)(void *)rest, r[0]);
    return (uint32_t)crc32_z(0xffffffffu, rest, sizeof rest);
}
#endif

uint32_t dorg_crc32(uint32_t crc, const void *buf, size_t n)
{
    const uint8_t *p = buf;
#if defined(__x86_64__)
    if (n >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        size_t whole = n / 16 * 16;
        crc = crc_folded(crc, p, whole);
        p += whole;
        n -= whole;
    }
#endif
    return n ? (uint32_t)crc32_z(crc, p, n) : crc;
}

uint64_t dorg_fnv(uint64_t h, const void *buf, size_t n)
{
    for (const uint8_t *p = buf; n; p++, n--)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    return h;
}

static const char end_magic[8] = "DORGEND\n";

int dorg_sink_put(struct dorg_sink *s, const void *p, size_t n, struct dorg_err *e)
{
    if (e->code || n == 0) return e->code;
    s->crc = dorg_crc32(s->crc, p, n);
    s->n += n;
    return dorg_out_write(s->out, p, n, e);
}

int dorg_sink_end(struct dorg_sink *s, struct dorg_err *e)
{
    dorg_sink_put(s, end_magic, sizeof end_magic, e);
    const uint32_t crc = s->crc;
    return dorg_sink_put(s, &crc, sizeof crc, e);
}

int dorg_source_take(struct dorg_source *s, void *p, size_t n, struct dorg_err *e)
{
    size_t got;
    if (e->code || dorg_in_read(s->in, p, n, &got, e)) return e->code;
    if (got < n)
        return dorg_fail(e, DORG_EDATA, "the %s stops early, at byte %llu", s->what,
                         (unsigned long long)dorg_in_count(s->in));
    s->crc = dorg_crc32(s->crc, p, n);
    return 0;
}

int dorg_source_end(struct dorg_source *s, struct dorg_err *e)
{
    char mark[sizeof end_magic], more;
    size_t got;
    uint32_t crc, stated;
    dorg_source_take(s, mark, sizeof mark, e);
    crc = s->crc;
    if (dorg_source_take(s, &stated, sizeof stated, e)) return e->code;
    if (memcmp(mark, end_magic, sizeof mark) != 0)
        return dorg_fail(e, DORG_EDATA, "the %s has no end mark where it should end", s->what);
    if (stated != crc)
        return dorg_fail(e, DORG_EDATA, "the %s and its CRC-32 disagree: %08x, not %08x",
                         s->what, crc, stated);
    if (dorg_in_read(s->in, &more, 1, &got, e)) return e->code;
    return got ? dorg_fail(e, DORG_EDATA, "data after the end of the %s", s->what) : 0;
}

/* t_crc.c - CRC-32 against zlib's and the published check value, all lengths and alignments */
#include "../../libcommon/file/io.h"
#include "../../libcommon/base/rng.h"
#include "../tap.h"

#include <zlib.h>

int main(void)
{
    static uint8_t b[5000];
    int bad = 0, split = 0;
    for (uint32_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)dorg_rng_u32(1, DORG_RNG_TEST, i, 0);
    ok(dorg_crc32(0, "123456789", 9) == 0xCBF43926u, "the check value of CRC-32");
    for (size_t from = 0; from < 17; from++)
        for (size_t n = 0; n < 700; n++)
            bad += dorg_crc32(0, b + from, n) != (uint32_t)crc32_z(0, b + from, n);
    for (size_t n = 0; n + 100 < sizeof b; n += 97) {
        uint32_t first = dorg_crc32(0, b, n);
        split += dorg_crc32(first, b + n, sizeof b - n) != (uint32_t)crc32_z(0, b, sizeof b);
    }
    ok(bad == 0, "every length and alignment agrees with zlib");
    ok(split == 0, "in two parts or in one");
    return tap_done();
}

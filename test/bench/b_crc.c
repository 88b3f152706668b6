/* b_crc.c - CRC-32 against zlib's and against reading the bytes */
#include "../../libcommon/file/io.h"

#include <time.h>
#include <zlib.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(void)
{
    size_t n = 64u << 20;
    uint8_t *b = malloc(n);
    double best[3] = {1e9, 1e9, 1e9};
    uint32_t keep = 0;
    if (!b) return 4;
    memset(b, 7, n);
    for (int rep = 0; rep < 5; rep++) {
        double t0 = now();
        keep += dorg_crc32(0, b, n);
        double t1 = now();
        keep += (uint32_t)crc32_z(0, b, n);
        double t2 = now();
        keep += memchr(b, 9, n) != NULL;
        const double t[3] = {t1 - t0, t2 - t1, now() - t2};
        for (int k = 0; k < 3; k++)
            best[k] = t[k] < best[k] ? t[k] : best[k];
    }
    printf("bench crc32: %.2f GB/s (ratio %.1f to zlib, %.2f to reading; %u)\n",
           1e-9 * (double)n / best[0], best[1] / best[0], best[2] / best[0], keep & 1);
    free(b);
    return 0;
}

/* fuzz.c - mutated inputs against every reader.  A plain driver, so that it runs in every
 * check; the same function is libFuzzer's entry when built with clang -fsanitize=fuzzer
 * -DDORG_LIBFUZZER.
 *
 *   fuzz READER ROUNDS SEED FILE...     READER: vol, tab, rec, net or dicom
 *
 * Each round takes a file, flips, cuts, doubles or overwrites some bytes and reads it.  The
 * reader must come back with 0 or DORG_EDATA (DORG_EIO where memory was refused), and what it
 * accepts twice it must accept alike. */
#include "../../libcommon/base/mem.h"
#include "../../libcommon/net/net.h"
#include "../../libcommon/file/dicom.h"
#include "../../libcommon/file/rec.h"
#include "../../libcommon/base/rng.h"
#include "../../libcommon/file/tab.h"
#include "../../libcommon/file/vol.h"

#include <sys/mman.h>
#include <unistd.h>

static int read_vol(int fd, uint64_t *sum, struct dorg_err *e)
{
    struct dorg_in *in;
    struct dorg_vol v = DORG_VOL_INIT;
    if (dorg_in_fd(&in, fd, "fuzz", e)) return e->code;
    if (!dorg_vol_read(&v, in, DORG_F32, e)) *sum = dorg_vol_key(&v);
    dorg_vol_free(&v);
    dorg_in_close(in);
    return e->code;
}

static int read_tab(int fd, uint64_t *sum, struct dorg_err *e)
{
    struct dorg_in *in;
    struct dorg_tab t = DORG_TAB_INIT;
    if (dorg_in_fd(&in, fd, "fuzz", e)) return e->code;
    if (!dorg_tab_read(&t, in, e))
        *sum = dorg_crc32(0, t.v, t.n_rows * (size_t)t.n_cols * sizeof *t.v);
    dorg_tab_free(&t);
    dorg_in_close(in);
    return e->code;
}

static int read_rec(int fd, uint64_t *sum, struct dorg_err *e)
{
    struct dorg_in *in;
    struct dorg_rec_reader r = {0};
    struct dorg_rec rec;
    uint8_t *px = NULL;
    int got = 1;
    if (dorg_in_fd(&in, fd, "fuzz", e)) return e->code;
    if (!dorg_rec_open(&r, in, e) && (px = dorg_array(dorg_rec_pixels(&r.shape), 1, e)))
        while (got && !dorg_rec_next(&r, &rec, px, &got, e))
            continue;
    *sum = r.crc;
    free(px);
    dorg_rec_close(&r);
    dorg_in_close(in);
    return e->code;
}

static int read_net(int fd, uint64_t *sum, struct dorg_err *e)
{
    char path[64];
    struct dorg_net n = DORG_NET_INIT;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!dorg_net_load(&n, path, e)) *sum = n.cfg.n_params;
    dorg_net_free(&n);
    return e->code;
}

static int read_dicom(int fd, uint64_t *sum, struct dorg_err *e)
{
    char path[64];
    const char *const one[] = {path};
    struct dorg_vol v = DORG_VOL_INIT;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!dorg_dicom_load(&v, one, 1, NULL, e)) *sum = dorg_vol_key(&v);
    dorg_vol_free(&v);
    return e->code;
}

typedef int reader(int fd, uint64_t *sum, struct dorg_err *e);

static int feed(reader *read_it, const uint8_t *bytes, size_t n, uint64_t *sum)
{
    struct dorg_err e = DORG_ERR_INIT;
    int fd = memfd_create("fuzz", 0);
    if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) abort();
    lseek(fd, 0, SEEK_SET);
    read_it(fd, sum, &e);
    close(fd);
    if (e.code && e.code != DORG_EDATA && e.code != DORG_EIO) abort();
    if (e.code && !e.text[0]) abort(); /* a refusal owes a sentence */
    return e.code;
}

static size_t mutate(uint8_t *b, size_t n, size_t cap, uint64_t seed, uint64_t round)
{
    uint32_t w[4];
    dorg_rng4(w, seed, DORG_RNG_TEST, round, 0);
    for (uint32_t k = 0, edits = w[0] % 4; k <= edits && n; k++) {
        uint32_t r[4];
        dorg_rng4(r, seed, DORG_RNG_TEST, round, k + 1);
        /* half of all edits in the first 600 bytes, where headers live */
        size_t at = r[1] % (r[0] & 1 && n > 600 ? 600 : n);
        switch (r[0] >> 8 & 7) {
        case 0:
            n = at;
            break;
        case 1:
            if (n + 64 < cap) memmove(b + at + 64, b + at, n - at), n += 64;
            break;
        case 2:
            b[at] = 0xff;
            break;
        case 3:
            b[at] = 0;
            break;
        case 4:
            for (size_t i = at; i < n && i < at + 8; i++)
                b[i] = (uint8_t)(r[2] >> 8 * (i & 3));
            break;
        default:
            b[at] ^= (uint8_t)(1u << (r[3] & 7));
            break;
        }
    }
    return n;
}

#ifdef DORG_LIBFUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t sum;
    feed(read_vol, data, size, &sum);
    feed(read_tab, data, size, &sum);
    feed(read_rec, data, size, &sum);
    feed(read_net, data, size, &sum);
    feed(read_dicom, data, size, &sum);
    return 0;
}
#else
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        reader *read_it;
    } readers[] = {{"vol", read_vol},
                   {"tab", read_tab},
                   {"rec", read_rec},
                   {"net", read_net},
                   {"dicom", read_dicom}};
    enum { CAP = 1 << 20 };
    static uint8_t file[CAP], bytes[CAP];
    reader *read_it = NULL;
    size_t accepted = 0, refused = 0;
    if (argc < 5) return 2;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(argv[1], readers[i].name) == 0) read_it = readers[i].read_it;
    if (!read_it) return 2;
    uint64_t rounds = strtoull(argv[2], NULL, 10), seed = strtoull(argv[3], NULL, 10);
    for (int a = 4; a < argc; a++) {
        FILE *f = fopen(argv[a], "rb");
        size_t n = f ? fread(file, 1, CAP, f) : 0;
        if (f) fclose(f);
        for (uint64_t r = 0; r < rounds; r++) {
            memcpy(bytes, file, n);
            size_t m = r ? mutate(bytes, n, CAP, seed, (uint64_t)a << 32 | r) : n;
            uint64_t one = 0, two = 0;
            int rc = feed(read_it, bytes, m, &one);
            if (rc != feed(read_it, bytes, m, &two) || one != two) abort();
            rc ? refused++ : accepted++;
        }
    }
    printf("%s: %zu accepted, %zu refused\n", argv[1], accepted, refused);
    return accepted == 0 || refused == 0;
}
#endif

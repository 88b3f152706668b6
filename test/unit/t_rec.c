/* t_rec.c - records: round trip, every prefix refused, every flipped byte noticed */
#include "../../libcommon/base/mem.h"
#include "../../libcommon/file/rec.h"
#include "../tap.h"

#include <unistd.h>

static const struct dorg_rec_shape shape = {.kind = DORG_REC_AXIAL,
                                            .c = 2,
                                            .h = 3,
                                            .w = 4,
                                            .pitch_mm = 1.5f,
                                            .wider_mm = {2.5f, 6, 9},
                                            .window_hu = {-100, 200}};

static size_t make(uint8_t *bytes, size_t cap, uint64_t n, struct dorg_err *e)
{
    char name[] = "/tmp/t_rec_XXXXXX";
    int fd = mkstemp(name);
    struct dorg_out o;
    struct dorg_rec_writer w;
    close(fd);
    unlink(name);
    dorg_out_open(&o, name, e);
    dorg_rec_begin(&w, &o, &shape, "before\n", "now", e);
    for (uint64_t i = 0; i < n; i++) {
        uint8_t px[24];
        memset(px, (int)i + 1, sizeof px);
        dorg_rec_put(&w, &(struct dorg_rec){.id = i + 10, .slice = 3, .label = 1}, px, e);
    }
    dorg_rec_end(&w, e);
    dorg_out_close(&o, e);
    FILE *f = fopen(name, "rb");
    size_t size = f ? fread(bytes, 1, cap, f) : 0;
    if (f) fclose(f);
    unlink(name);
    return size;
}

static int read_all(const uint8_t *bytes, size_t n, uint64_t *count, struct dorg_err *e)
{
    int fd[2], got = 1;
    struct dorg_in *in = NULL;
    struct dorg_rec_reader r = {0};
    struct dorg_rec rec;
    uint8_t px[24];
    *e = DORG_ERR_INIT;
    if (pipe(fd) || write(fd[1], bytes, n) != (ssize_t)n) return -1;
    close(fd[1]);
    if (dorg_in_fd(&in, fd[0], "pipe", e) || dorg_rec_open(&r, in, e)) goto done;
    if (memcmp(&r.shape, &shape, sizeof shape) !=
        0) { /* a flipped header byte may still be a shape */
        dorg_fail(e, DORG_EDATA, "shape");
        goto done;
    }
    while (got && !dorg_rec_next(&r, &rec, px, &got, e))
        if (got && (rec.id != r.count + 9 || px[0] != r.count))
            dorg_fail(e, DORG_EDATA, "content");
    *count = r.count;
done:
    dorg_rec_close(&r);
    dorg_in_close(in);
    close(fd[0]);
    return e->code;
}

int main(void)
{
    enum { CAP = 4096 };
    uint8_t bytes[CAP];
    struct dorg_err e = DORG_ERR_INIT;
    uint64_t count = 0;
    size_t n = make(bytes, CAP, 3, &e);
    ok(!e.code && n == 64 + strlen("before\nnow\n") + 3 * (32 + 24) + 20,
       "size is as documented");
    ok(read_all(bytes, n, &count, &e) == 0 && count == 3, "round trip %s", e.text);

    int bad = 0;
    for (size_t k = 0; k < n; k++)
        bad += read_all(bytes, k, &count, &e) != DORG_EDATA;
    ok(bad == 0, "every prefix is refused (%d were not)", bad);
    bytes[n] = 0;
    ok(read_all(bytes, n + 1, &count, &e) == DORG_EDATA, "a byte too many is refused");

    bad = 0;
    size_t first = 64 + strlen("before\nnow\n"); /* history is text: not under the CRC */
    for (size_t k = 0; k < n; k++) {
        if (k >= 44 + 4 * DORG_REC_WIDER && k < first) continue;
        bytes[k] ^= 0x40;
        bad += read_all(bytes, n, &count, &e) != DORG_EDATA;
        bytes[k] ^= 0x40;
    }
    ok(bad == 0, "every flipped byte is noticed (%d were not)", bad);
    n = make(bytes, CAP, 0, (e = DORG_ERR_INIT, &e));
    ok(read_all(bytes, n, &count, &e) == 0 && count == 0, "no records is a stream");
    return tap_done();
}

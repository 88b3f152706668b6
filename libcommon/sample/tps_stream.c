/* tps_stream.c - records in, their deformed copies out */
#include "../../kernels/kernels.h"
#include "../base/mem.h"
#include "../base/par.h"
#include "../file/rec.h"
#include "tps.h"

enum { BLOCK_BYTES = 1 << 25, MAX_BLOCK = 1024 };

struct block {
    const struct dorg_tps *t;
    size_t pixels, n;
    int channels, copies;
    struct dorg_rec *rec;
    uint8_t *in, *out; /* n x pixels; n x copies x pixels */
    float *d;          /* n x copies x 2 x n_move */
};

/* One number out of what tells records apart (SplitMix64's finisher over each field). */
static uint64_t item_of(const struct dorg_rec *r)
{
    const uint64_t part[4] = {r->id, r->id2, r->slice, r->scale};
    uint64_t x = 0;
    for (int i = 0; i < 4; i++) {
        x = (x ^ part[i]) + 0x9E3779B97F4A7C15u;
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
        x = (x ^ x >> 27) * 0x94D049BB133111EBu;
        x ^= x >> 31;
    }
    return x;
}

static int draw_one(void *ctx, size_t i, int worker, struct dorg_err *e)
{
    struct block *b = ctx;
    size_t copies = (size_t)b->copies, moves = 2 * (size_t)b->t->n_move;
    (void)worker;
    for (size_t k = 0; k < copies; k++)
        dorg_tps_draw(b->t, b->d + (i * copies + k) * moves, item_of(&b->rec[i]),
                      (uint32_t)k + 1);
    return e->code;
}

static int deform(struct block *b, const struct dorg_kernels *k, int jobs, struct dorg_err *e)
{
    const struct dorg_tpswarps p = {.c = b->channels,
                                    .h = b->t->h,
                                    .w = b->t->w,
                                    .n = b->t->n_move,
                                    .copies = b->copies,
                                    .basis = b->t->basis};
    if (dorg_par(b->n, jobs, draw_one, b, e)) return e->code;
    return k->tpswarps(b->out, b->in, b->n, &p, b->d, jobs, e);
}

/* Read records until the block is full (cap) or the stream ends. */
static int fill(struct block *b, size_t cap, struct dorg_rec_reader *r, struct dorg_err *e)
{
    int got = 1;
    b->n = 0;
    while (b->n < cap && got) {
        struct dorg_rec *rec = &b->rec[b->n];
        if (dorg_rec_next(r, rec, b->in + b->n * b->pixels, &got, e)) return e->code;
        if (got && rec->deform)
            return dorg_fail(e, DORG_EDATA, "record %llu is deformed already; give originals",
                             (unsigned long long)r->count - 1);
        b->n += (size_t)got;
    }
    return 0;
}

static int drain(const struct block *b, int only, struct dorg_rec_writer *w,
                 struct dorg_err *e)
{
    const uint8_t *p = b->out;
    for (size_t i = 0; i < b->n; i++) {
        struct dorg_rec rec = b->rec[i];
        if (!only && dorg_rec_put(w, &rec, b->in + i * b->pixels, e)) return e->code;
        for (int k = 0; k < b->copies; k++, p += b->pixels) {
            rec.deform = (uint32_t)k + 1;
            if (dorg_rec_put(w, &rec, p, e)) return e->code;
        }
    }
    return 0;
}

static int make_block(struct block *b, size_t *cap, const struct dorg_rec_shape *s,
                      const struct dorg_tps *t, int count, struct dorg_err *e)
{
    size_t pixels = dorg_rec_pixels(s);
    *b = (struct block){.t = t, .pixels = pixels, .channels = (int)s->c, .copies = count};
    *cap = BLOCK_BYTES / (pixels * (size_t)(count + 1));
    *cap = *cap < 1 ? 1 : *cap > MAX_BLOCK ? MAX_BLOCK : *cap;
    b->rec = dorg_array(*cap, sizeof *b->rec, e);
    b->in = dorg_array(*cap, pixels, e);
    b->out = dorg_array(*cap * (size_t)count, pixels, e);
    b->d = dorg_array(*cap * (size_t)count, 2 * (size_t)t->n_move * sizeof *b->d, e);
    return e->code;
}

int dorg_tps_stream(struct dorg_out *out, struct dorg_in *in, const struct dorg_tps_opts *o,
                    int count, int only, const char *stage, const struct dorg_kernels *k,
                    int jobs, struct dorg_err *e)
{
    struct dorg_rec_reader r = {0};
    struct dorg_rec_writer w;
    struct dorg_tps t = DORG_TPS_INIT;
    struct block b = {0};
    size_t cap = 0;
    if (dorg_rec_open(&r, in, e)) goto done;
    if (dorg_tps_new(&t, (int)r.shape.w, (int)r.shape.h, o, e)) goto done;
    if (make_block(&b, &cap, &r.shape, &t, count, e)) goto done;
    if (dorg_rec_begin(&w, out, &r.shape, r.history, stage, e)) goto done;
    do {
        if (fill(&b, cap, &r, e)) goto done;
        if (deform(&b, k, jobs, e)) goto done;
        if (drain(&b, only, &w, e)) goto done;
    } while (b.n == cap);
    dorg_rec_end(&w, e);
done:
    if (e->code == DORG_EDATA && in) dorg_err_at(e, dorg_in_name(in));
    free(b.rec);
    free(b.in);
    free(b.out);
    free(b.d);
    dorg_tps_free(&t);
    dorg_rec_close(&r);
    return e->code;
}

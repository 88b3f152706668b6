/* rec.c - sample records on a stream */
#include "rec.h"
#include "../base/mem.h"
#include "vol.h" /* dorg_history_stage */

static const char head_magic[] = "DORGREC\n", tail_magic[] = "DORGEND\n";
enum { HISTORY_MAX = 1 << 24 };

static void put32(uint8_t *p, uint32_t x)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(x >> 8 * i);
}

static void put64(uint8_t *p, uint64_t x)
{
    put32(p, (uint32_t)x);
    put32(p + 4, (uint32_t)(x >> 32));
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put_float(uint8_t *p, float x)
{
    uint32_t u;
    memcpy(&u, &x, 4);
    put32(p, u);
}

static float get_float(const uint8_t *p)
{
    uint32_t u = get32(p);
    float x;
    memcpy(&x, &u, 4);
    return x;
}

size_t dorg_rec_pixels(const struct dorg_rec_shape *s)
{
    return (size_t)s->c * s->h * s->w;
}

/* Of regions and pairs the second channel is a map, of axial patches on a map the second half.
 */
int dorg_rec_grey(const struct dorg_rec_shape *s)
{
    if (s->kind == DORG_REC_AXIAL_MAP) return (int)s->c / 2;
    return s->kind == DORG_REC_REGION || s->kind == DORG_REC_PAIR ? 1 : (int)s->c;
}

const char *dorg_rec_of(uint32_t kind)
{
    static const char *const name[DORG_REC_KINDS] = {
        "unknown",      "patches",       "regions",
        "region pairs", "axial patches", "axial patches with a map"};
    return name[kind < DORG_REC_KINDS ? kind : 0];
}

int dorg_rec_pitches(uint32_t kind, int channels)
{
    return kind == DORG_REC_AXIAL ? channels : kind == DORG_REC_AXIAL_MAP ? channels / 2 : 1;
}

size_t dorg_rec_size(const struct dorg_rec_shape *s)
{
    return DORG_REC_META + dorg_rec_pixels(s);
}

int dorg_rec_begin(struct dorg_rec_writer *w, struct dorg_out *out,
                   const struct dorg_rec_shape *shape, const char *history, const char *stage,
                   struct dorg_err *e)
{
    uint8_t head[DORG_REC_HEAD] = {0};
    char *text = NULL;
    *w = (struct dorg_rec_writer){.out = out, .shape = *shape};
    if (history && !(text = dorg_strdup(history, e))) return e->code;
    if (dorg_history_stage(&text, stage, e)) goto done;
    memcpy(head, head_magic, 8);
    const uint32_t word[6] = {1,        shape->kind, shape->c,
                              shape->h, shape->w,    text ? (uint32_t)strlen(text) : 0};
    for (int i = 0; i < 6; i++)
        put32(head + 8 + 4 * i, word[i]);
    put_float(head + 32, shape->window_hu[0]);
    put_float(head + 36, shape->window_hu[1]);
    put_float(head + 40, shape->pitch_mm);
    for (int i = 0; i < DORG_REC_WIDER; i++)
        put_float(head + 44 + 4 * i, shape->wider_mm[i]);
    if (dorg_out_write(out, head, sizeof head, e)) goto done;
    if (text) dorg_out_write(out, text, strlen(text), e);
done:
    free(text);
    return e->code;
}

int dorg_rec_put(struct dorg_rec_writer *w, const struct dorg_rec *r, const uint8_t *pixels,
                 struct dorg_err *e)
{
    uint8_t meta[DORG_REC_META];
    size_t n = dorg_rec_pixels(&w->shape);
    put64(meta, r->id);
    put64(meta + 8, r->id2);
    put32(meta + 16, r->slice);
    put32(meta + 20, r->scale);
    put32(meta + 24, r->deform);
    put32(meta + 28, r->label);
    w->crc = dorg_crc32(dorg_crc32(w->crc, meta, sizeof meta), pixels, n);
    w->count++;
    if (dorg_out_write(w->out, meta, sizeof meta, e)) return e->code;
    return dorg_out_write(w->out, pixels, n, e);
}

int dorg_rec_end(struct dorg_rec_writer *w, struct dorg_err *e)
{
    uint8_t tail[DORG_REC_TAIL];
    memcpy(tail, tail_magic, 8);
    put64(tail + 8, w->count);
    put32(tail + 16, w->crc);
    return dorg_out_write(w->out, tail, sizeof tail, e);
}

int dorg_rec_parse_head(struct dorg_rec_shape *s, size_t *n_history, const uint8_t head[64],
                        struct dorg_err *e)
{
    if (memcmp(head, head_magic, 8) != 0)
        return dorg_fail(e, DORG_EDATA, "not a dorg record stream: no DORGREC magic");
    if (get32(head + 8) != 1)
        return dorg_fail(e, DORG_EDATA, "record version %u; expected 1", get32(head + 8));
    *s = (struct dorg_rec_shape){
        .kind = get32(head + 12),
        .c = get32(head + 16),
        .h = get32(head + 20),
        .w = get32(head + 24),
        .window_hu = {get_float(head + 32), get_float(head + 36)},
        .pitch_mm = get_float(head + 40),
        .wider_mm = {get_float(head + 44), get_float(head + 48), get_float(head + 52)},
    };
    *n_history = get32(head + 28);
    if (s->kind < DORG_REC_PATCH || s->kind >= DORG_REC_KINDS)
        return dorg_fail(e, DORG_EDATA, "record kind %u; expected 1 to %d", s->kind,
                         DORG_REC_KINDS - 1);
    if (s->c - 1 >= 4096 || s->h - 1 >= 4096 || s->w - 1 >= 4096 ||
        dorg_rec_pixels(s) > (size_t)1 << 26)
        return dorg_fail(e, DORG_EDATA, "records of %u x %u x %u pixels", s->c, s->h, s->w);
    if (!(s->window_hu[0] < s->window_hu[1]) || !(s->pitch_mm >= 0))
        return dorg_fail(e, DORG_EDATA, "record window %g to %g, pitch %g mm",
                         (double)s->window_hu[0], (double)s->window_hu[1],
                         (double)s->pitch_mm);
    if (*n_history > HISTORY_MAX)
        return dorg_fail(e, DORG_EDATA, "a history of %zu bytes", *n_history);
    return 0;
}

void dorg_rec_parse_meta(struct dorg_rec *r, const uint8_t meta[32])
{
    *r = (struct dorg_rec){get64(meta),      get64(meta + 8),  get32(meta + 16),
                           get32(meta + 20), get32(meta + 24), get32(meta + 28)};
}

int dorg_rec_parse_tail(uint64_t *count, uint32_t *crc, const uint8_t tail[20],
                        struct dorg_err *e)
{
    if (memcmp(tail, tail_magic, 8) != 0)
        return dorg_fail(e, DORG_EDATA, "the record stream has no trailer: cut short");
    *count = get64(tail + 8);
    *crc = get32(tail + 16);
    return 0;
}

int dorg_rec_open(struct dorg_rec_reader *r, struct dorg_in *in, struct dorg_err *e)
{
    uint8_t head[DORG_REC_HEAD];
    size_t got, n_history;
    *r = (struct dorg_rec_reader){.in = in};
    if (dorg_in_read(in, head, sizeof head, &got, e)) return e->code;
    if (got < sizeof head)
        return dorg_fail(e, DORG_EDATA, "the record header stops at byte %zu of 64", got);
    if (dorg_rec_parse_head(&r->shape, &n_history, head, e)) return e->code;
    if (n_history == 0) return 0;
    if (!(r->history = dorg_zeroed(n_history + 1, 1, e))) return e->code;
    if (!dorg_in_read(in, r->history, n_history, &got, e) && got < n_history)
        dorg_fail(e, DORG_EDATA, "the record history stops at byte %zu of %zu", got,
                  n_history);
    if (e->code) dorg_rec_close(r);
    return e->code;
}

/* `first` holds the 20 bytes that turned out to be no record. */
static int check_tail(struct dorg_rec_reader *r, const uint8_t *first, struct dorg_err *e)
{
    uint64_t count;
    uint32_t crc;
    uint8_t extra;
    size_t got;
    if (dorg_rec_parse_tail(&count, &crc, first, e)) return e->code;
    if (count != r->count)
        return dorg_fail(e, DORG_EDATA, "%llu records; the trailer says %llu",
                         (unsigned long long)r->count, (unsigned long long)count);
    if (crc != r->crc) return dorg_fail(e, DORG_EDATA, "records and their CRC-32 disagree");
    if (dorg_in_read(r->in, &extra, 1, &got, e)) return e->code;
    if (got) return dorg_fail(e, DORG_EDATA, "data run on past the trailer");
    return 0;
}

int dorg_rec_next(struct dorg_rec_reader *r, struct dorg_rec *rec, uint8_t *pixels, int *got,
                  struct dorg_err *e)
{
    uint8_t meta[DORG_REC_META];
    size_t k, n = dorg_rec_pixels(&r->shape);
    *got = 0;
    if (dorg_in_read(r->in, meta, DORG_REC_TAIL, &k, e)) return e->code;
    if (k < DORG_REC_TAIL)
        return dorg_fail(e, DORG_EDATA, "the record stream stops after %llu records",
                         (unsigned long long)r->count);
    if (memcmp(meta, tail_magic, 8) == 0) return check_tail(r, meta, e);
    if (dorg_in_read(r->in, meta + DORG_REC_TAIL, sizeof meta - DORG_REC_TAIL, &k, e))
        return e->code;
    size_t k2 = 0;
    if (k == sizeof meta - DORG_REC_TAIL && dorg_in_read(r->in, pixels, n, &k2, e))
        return e->code;
    if (k2 < n)
        return dorg_fail(e, DORG_EDATA, "record %llu is cut short",
                         (unsigned long long)r->count);
    r->crc = dorg_crc32(dorg_crc32(r->crc, meta, sizeof meta), pixels, n);
    r->count++;
    dorg_rec_parse_meta(rec, meta);
    *got = 1;
    return 0;
}

void dorg_rec_close(struct dorg_rec_reader *r)
{
    free(r->history);
    r->history = NULL;
}

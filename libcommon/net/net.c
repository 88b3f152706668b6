/* net.c - a trained net on disk: written whole, mapped where it can be */
#include "net.h"
#include "../base/mem.h"
#include "../file/vol.h" /* dorg_history_stage */

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "floats are mapped as they lie");

static const char head_magic[] = "DORGNET\n", tail_magic[] = "DORGEND\n";
enum { HEAD = 64, TAIL = 12, ALIGN = 64, TEXT_MAX = 1 << 24 };

struct head {
    uint32_t version, n_text;
    uint64_t n_params;
    uint32_t n_history;
    float window_hu[2], pitch_mm;
    uint32_t kind;
    float wider_mm[DORG_REC_WIDER], none; /* to a multiple of 8 */
};
_Static_assert(sizeof(struct head) == 56, "the header has no holes but its end");

static size_t aligned(size_t n)
{
    return (n + ALIGN - 1) / ALIGN * ALIGN;
}

/* ---- writing ------------------------------------------------------------------------- */

static int put_padding(struct dorg_sink *s, struct dorg_err *e)
{
    static const uint8_t zeros[ALIGN];
    return dorg_sink_put(s, zeros, aligned(s->n) - s->n, e);
}

int dorg_net_write(struct dorg_out *o, const struct dorg_net *n, const char *stage,
                   struct dorg_err *e)
{
    uint8_t first[HEAD] = {0};
    char *history = NULL;
    struct dorg_sink s = {.out = o};
    if (dorg_net_check_frame(n->window_hu, n->pitch_mm, n->kind, e)) return e->code;
    if (n->history && !(history = dorg_strdup(n->history, e))) return e->code;
    if (dorg_history_stage(&history, stage, e)) goto done;
    struct head h = {
        .version = 1,
        .n_text = (uint32_t)strlen(n->cfg.text),
        .n_params = n->cfg.n_params,
        .n_history = history ? (uint32_t)strlen(history) : 0,
        .window_hu = {n->window_hu[0], n->window_hu[1]},
        .pitch_mm = n->pitch_mm,
        .kind = n->kind,
        .wider_mm = {n->wider_mm[0], n->wider_mm[1], n->wider_mm[2]},
    };
    memcpy(first, head_magic, 8);
    memcpy(first + 8, &h, sizeof h);
    dorg_sink_put(&s, first, sizeof first, e);
    dorg_sink_put(&s, history, h.n_history, e);
    dorg_sink_put(&s, n->cfg.text, h.n_text, e);
    put_padding(&s, e);
    dorg_sink_put(&s, n->mean, dorg_layer_in(n->cfg.layer) * sizeof(float), e);
    put_padding(&s, e);
    dorg_sink_put(&s, n->params, n->cfg.n_params * sizeof(float), e);
    dorg_sink_end(&s, e);
done:
    free(history);
    return e->code;
}

/* ---- reading ------------------------------------------------------------------------- */

/* An exponent of all ones is Inf or NaN. */
static int all_finite(const float *x, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t u;
        memcpy(&u, x + i, sizeof u);
        bad |= (u & 0x7f800000u) == 0x7f800000u;
    }
    return !bad;
}

int dorg_net_check_frame(const float window_hu[2], float pitch_mm, uint32_t kind,
                         struct dorg_err *e)
{
    if (window_hu[0] < window_hu[1] && isfinite(window_hu[1] - window_hu[0]) &&
        pitch_mm >= 0 && isfinite(pitch_mm) && kind < DORG_REC_KINDS)
        return 0;
    return dorg_fail(e, DORG_EDATA, "net window %g to %g, pitch %g mm, kind %u",
                     (double)window_hu[0], (double)window_hu[1], (double)pitch_mm, kind);
}

static int check_head(struct head *h, const uint8_t *p, size_t size, struct dorg_err *e)
{
    if (size < HEAD || memcmp(p, head_magic, 8) != 0)
        return dorg_fail(e, DORG_EDATA, "not a dorg net: no DORGNET magic");
    memcpy(h, p + 8, sizeof *h);
    if (h->version != 1)
        return dorg_fail(e, DORG_EDATA, "net version %u; expected 1", h->version);
    if (h->n_text > TEXT_MAX || h->n_history > TEXT_MAX || h->n_text + h->n_history > size)
        return dorg_fail(e, DORG_EDATA, "net texts of %u and %u bytes in a file of %zu",
                         h->n_text, h->n_history, size);
    return dorg_net_check_frame(h->window_hu, h->pitch_mm, h->kind, e);
}

static int parse_texts(struct dorg_net *n, const struct head *h, const uint8_t *p,
                       struct dorg_err *e)
{
    char *text = dorg_zeroed((size_t)h->n_text + 1, 1, e);
    if (h->n_history) n->history = dorg_zeroed((size_t)h->n_history + 1, 1, e);
    if (e->code) goto done;
    if (n->history) memcpy(n->history, p + HEAD, h->n_history);
    memcpy(text, p + HEAD + h->n_history, h->n_text);
    if (strlen(text) != h->n_text || (n->history && strlen(n->history) != h->n_history)) {
        dorg_fail(e, DORG_EDATA, "a NUL byte in the net's texts");
        goto done;
    }
    dorg_netcfg_parse(&n->cfg, text, "the net's layers", e);
done:
    free(text);
    return e->code;
}

/* Point the arrays of n into the `size` bytes at p. */
static int parse(struct dorg_net *n, const uint8_t *p, size_t size, struct dorg_err *e)
{
    struct head h;
    if (check_head(&h, p, size, e) || parse_texts(n, &h, p, e)) return e->code;
    if (h.n_params != n->cfg.n_params)
        return dorg_fail(e, DORG_EDATA, "%llu parameters; the net's layers have %zu",
                         (unsigned long long)h.n_params, n->cfg.n_params);
    size_t mean_at = aligned((size_t)HEAD + h.n_history + h.n_text);
    size_t params_at = aligned(mean_at + dorg_layer_in(n->cfg.layer) * sizeof(float));
    size_t end = params_at + n->cfg.n_params * sizeof(float);
    if (size != end + TAIL)
        return dorg_fail(e, DORG_EDATA, "a net of %zu bytes; its header asks for %zu", size,
                         end + TAIL);
    uint32_t crc;
    memcpy(&crc, p + end + 8, sizeof crc);
    if (memcmp(p + end, tail_magic, 8) != 0 || dorg_crc32(0, p, end + 8) != crc)
        return dorg_fail(e, DORG_EDATA, "the net and its CRC-32 disagree");
    n->mean = (float *)(uintptr_t)(p + mean_at);
    n->params = (float *)(uintptr_t)(p + params_at);
    if (!all_finite(n->mean, dorg_layer_in(n->cfg.layer)) ||
        !all_finite(n->params, n->cfg.n_params))
        return dorg_fail(e, DORG_EDATA, "the net holds a value that is not finite");
    memcpy(n->window_hu, h.window_hu, sizeof h.window_hu);
    n->pitch_mm = h.pitch_mm;
    memcpy(n->wider_mm, h.wider_mm, sizeof n->wider_mm);
    n->kind = h.kind;
    return 0;
}

/* Map a regular file that begins as a net does; *mapped stays 0 for anything else. */
static int try_map(struct dorg_net *n, const char *path, int *mapped, struct dorg_err *e)
{
    struct stat st;
    uint8_t first[8];
    *mapped = 0;
    if (!path || stat(path, &st) || !S_ISREG(st.st_mode)) return 0; /* a pipe opens once */
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0; /* dorg_in_open will say why */
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > HEAD &&
        pread(fd, first, sizeof first, 0) == sizeof first &&
        memcmp(first, head_magic, 8) == 0) {
        n->map_size = (size_t)st.st_size;
        n->map = mmap(NULL, n->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (n->map == MAP_FAILED) {
            n->map = NULL;
            dorg_fail_sys(e, "mapping");
        }
        *mapped = 1;
    }
    close(fd);
    return e->code;
}

/* What was read from a pipe is copied out of its buffer, which has no promised alignment. */
static int own_arrays(struct dorg_net *n, struct dorg_err *e)
{
    const float *mean = n->mean, *params = n->params;
    n->mean = dorg_array(dorg_layer_in(n->cfg.layer), sizeof(float), e);
    n->params = dorg_array(n->cfg.n_params, sizeof(float), e);
    if (e->code) return e->code;
    memcpy(n->mean, mean, dorg_layer_in(n->cfg.layer) * sizeof(float));
    memcpy(n->params, params, n->cfg.n_params * sizeof(float));
    return 0;
}

int dorg_net_read(struct dorg_net *n, struct dorg_in *in, struct dorg_err *e)
{
    uint8_t *p = NULL;
    size_t size = 0;
    *n = DORG_NET_INIT;
    if (dorg_in_all(&p, &size, SIZE_MAX, in, e)) goto done;
    if (parse(n, p, size, e))
        n->mean = n->params = NULL;
    else
        own_arrays(n, e);
done:
    free(p);
    if (e->code) dorg_net_free(n);
    return e->code;
}

int dorg_net_load(struct dorg_net *n, const char *path, struct dorg_err *e)
{
    struct dorg_in *in = NULL;
    int mapped;
    *n = DORG_NET_INIT;
    if (try_map(n, path, &mapped, e)) goto done;
    if (mapped) {
        if (parse(n, n->map, n->map_size, e)) dorg_err_at(e, path);
    } else if (!dorg_in_open(&in, path, e)) {
        if (dorg_net_read(n, in, e)) dorg_err_at(e, dorg_in_name(in));
        dorg_in_close(in);
    }
done:
    if (e->code) dorg_net_free(n);
    return e->code;
}

void dorg_net_free(struct dorg_net *n)
{
    if (n->map) {
        munmap(n->map, n->map_size);
    } else {
        free(n->mean);
        free(n->params);
    }
    free(n->history);
    dorg_netcfg_free(&n->cfg);
    *n = DORG_NET_INIT;
}

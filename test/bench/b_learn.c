/* b_learn - does a net learn?  Two classes of generated texture: noise drawn out along rows or
 * along columns, under more noise.  Prints the held-out accuracy as training goes on.
 * Usage: b_learn [net.cfg [steps [init [rate [batch]]]]]  (init: paper, as the .cfg says; he,
 * He initialisation everywhere; rate: times the .cfg's; batch: instead of its) */
#include "../nets.h"
#include "../../libcommon/base/par.h"
#include "../../libcommon/net/net.h"

#include <time.h>

enum { HELD_OUT = 256 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Image number `item` of its class (its parity), grey values around 128, mean taken off. */
static void texture(float *x, const struct dorg_netcfg *c, uint64_t item)
{
    int side = c->size, along = item % 2 ? side : 1;
    size_t plane = (size_t)side * (size_t)side;
    for (int m = 0; m < c->channels; m++) {
        float *p = x + (size_t)m * plane;
        for (size_t i = 0; i < plane; i += 4) {
            uint32_t w[4];
            dorg_rng4(w, 77, DORG_RNG_TEST, item * 8 + (uint64_t)m, (uint32_t)i);
            for (size_t j = 0; j < 4 && i + j < plane; j++)
                p[i + j] = (float)((double)w[j] * 0x1p-32 * 200 - 100);
        }
        for (size_t i = plane; i-- > (size_t)along;) /* two neighbours share half */
            p[i] = 0.6f * p[i] + 0.4f * p[i - (size_t)along];
    }
}

static double accuracy(const struct dorg_engine_ops *ops, struct dorg_engine *g,
                       const struct dorg_netcfg *c, float *x, int batch, struct dorg_err *e)
{
    size_t image = (size_t)c->channels * (size_t)c->size * (size_t)c->size;
    float *p = calloc((size_t)batch * (size_t)c->classes, sizeof *p);
    int right = 0;
    for (int first = 0; first < HELD_OUT; first += batch) {
        for (int i = 0; i < batch; i++)
            texture(x + (size_t)i * image, c, 1u << 20 | (unsigned)(first + i));
        if (ops->forward(g, x, batch, p, e)) break;
        for (int i = 0; i < batch; i++)
            right += (p[i * c->classes + 1] > p[i * c->classes]) == (first + i) % 2;
    }
    free(p);
    return (double)right / HELD_OUT;
}

static void learn(struct dorg_netcfg *c, int steps, double rate)
{
    struct dorg_err e = DORG_ERR_INIT;
    const struct dorg_engine_ops *ops = dorg_engine_find("auto", &e);
    struct dorg_engine *g = NULL;
    int batch = c->batch > HELD_OUT ? HELD_OUT : c->batch;
    struct dorg_engine_opts o = {.max_batch = batch, .jobs = dorg_par_cpus(), .training = 1};
    size_t image = (size_t)c->channels * (size_t)c->size * (size_t)c->size;
    float *x = calloc((size_t)batch * image, sizeof *x), loss = 0;
    float *w = calloc(c->n_params, sizeof *w);
    uint8_t *y = calloc((size_t)batch, 1);
    double t0 = seconds();
    dorg_netcfg_init(w, c, 1);
    if (!ops->open(&g, c, &o, &e)) ops->set_params(g, w, c->n_params, &e);
    free(w);
    for (int s = 0; s < steps && !e.code; s++) {
        struct dorg_sgd sgd = {(float)(rate * c->rate_w.base),
                               (float)(rate * c->rate_b.base),
                               (float)c->momentum,
                               (float)c->decay,
                               1,
                               (uint64_t)s};
        for (int i = 0; i < batch; i++) {
            texture(x + (size_t)i * image, c, (uint64_t)(s * batch + i));
            y[i] = (uint8_t)(i % 2);
        }
        if (ops->train(g, x, y, batch, &sgd, &loss, &e)) break;
        if (s % (steps / 10 + 1) == 0 || s == steps - 1)
            printf("bench learn: step %d, %.0f s, loss %.4f, held-out accuracy %.3f\n", s + 1,
                   seconds() - t0, (double)loss, accuracy(ops, g, c, x, batch, &e));
        fflush(stdout);
    }
    if (e.code) printf("bench learn: stopped: %s\n", e.text);
    ops->close(g);
    free(x);
    free(y);
}

int main(int argc, char **argv)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    use_built_plugins();
    if (dorg_net_load_cfg(&c, argc > 1 ? argv[1] : "pipelines/nets/demo.cfg", &e)) {
        fprintf(stderr, "b_learn: error: %s\n", e.text);
        return e.code;
    }
    for (int k = 0; argc > 3 && strcmp(argv[3], "he") == 0 && k < c.n_layers; k++) {
        c.layer[k].init_w = -1;
        c.layer[k].init_b = 0;
    }
    if (argc > 5) c.batch = (int)strtol(argv[5], NULL, 10);
    learn(&c, argc > 2 ? (int)strtol(argv[2], NULL, 10) : 100,
          argc > 4 ? strtod(argv[4], NULL) : 1);
    dorg_netcfg_free(&c);
    return 0;
}

/* t_netcfg - the paper's net is the paper's; every broken description is refused by line */
#include "../../libcommon/base/rng.h"
#include "../../libcommon/net/net.h"
#include "../tap.h"

#define HEAD "input channels=3 size=16\n"
#define TAIL "fc outputs=2\nsoftmax\n"

static const char paper[] = "pipelines/nets/deeporgan.cfg";

/* The nets lie beside the sources; tests run from anywhere under them. */
static int load(struct dorg_netcfg *c, const char *name, struct dorg_err *e)
{
    char path[512] = "";
    for (int up = 0; up < 5; up++) {
        snprintf(path, sizeof path, "%.*s%s", 3 * up, "../../../../../", name);
        FILE *f = fopen(path, "r");
        if (!f) continue;
        fclose(f);
        break;
    }
    return dorg_net_load_cfg(c, path, e);
}

/* Roth et al. 2015, Fig. 1, as the authors' published configuration has it, layer by layer:
 * conv and fc: outputs, kernel, pad, deviation of the first weights, first biases. */
static void every_value(const struct dorg_netcfg *c)
{
    static const struct {
        enum dorg_layer_type type;
        int out, kernel, pad;
        double init_w, init_b;
    } want[] = {{DORG_CONV, 64, 11, 0, 0.01, 0},  {DORG_LRN, 64, 0, 0, 0, 0},
                {DORG_POOL, 64, 3, 0, 0, 0},      {DORG_RELU, 64, 0, 0, 0, 0},
                {DORG_CONV, 192, 5, 2, 0.01, 1},  {DORG_RELU, 192, 0, 0, 0, 0},
                {DORG_LRN, 192, 0, 0, 0, 0},      {DORG_POOL, 192, 3, 0, 0, 0},
                {DORG_CONV, 384, 3, 1, 0.03, 0},  {DORG_RELU, 384, 0, 0, 0, 0},
                {DORG_CONV, 256, 3, 1, 0.03, 1},  {DORG_RELU, 256, 0, 0, 0, 0},
                {DORG_CONV, 256, 3, 1, 0.03, 1},  {DORG_POOL, 256, 3, 0, 0, 0},
                {DORG_RELU, 256, 0, 0, 0, 0},     {DORG_FC, 4096, 0, 0, 0.01, 1},
                {DORG_RELU, 4096, 0, 0, 0, 0},    {DORG_DROPOUT, 4096, 0, 0, 0, 0},
                {DORG_FC, 4096, 0, 0, 0.01, 1},   {DORG_RELU, 4096, 0, 0, 0, 0},
                {DORG_DROPOUT, 4096, 0, 0, 0, 0}, {DORG_FC, 2, 0, 0, 0.01, -7},
                {DORG_SOFTMAX, 2, 0, 0, 0, 0}};
    enum { N = sizeof want / sizeof *want };
    if (!ok(c->n_layers == N, "%d layers", c->n_layers)) return;
    for (int i = 0; i < N; i++) {
        const struct dorg_layer *l = &c->layer[i];
        const char *name = dorg_layer_type_name(l->type);
        int weights = l->type == DORG_CONV || l->type == DORG_FC;
        int good = l->type == want[i].type && l->out[0] == want[i].out;
        if (l->type == DORG_CONV)
            good &= l->kernel == want[i].kernel && l->pad == want[i].pad && l->stride == 1;
        if (l->type == DORG_POOL) good &= l->kernel == 3 && l->stride == 2;
        if (weights)
            good &= fabs((double)l->init_w - want[i].init_w) < 1e-8 &&
                    fabs((double)l->init_b - want[i].init_b) < 1e-8 &&
                    fabs((double)l->rate_w - 1) + fabs((double)l->rate_b - 1) +
                            fabs((double)l->decay - 1) <
                        1e-8;
        if (l->type == DORG_LRN)
            good &= l->lrn_size == 5 && fabs((double)l->lrn_alpha - 1e-4) < 1e-10 &&
                    fabs((double)l->lrn_beta - 0.75) < 1e-8 &&
                    fabs((double)l->lrn_k - 2) < 1e-8;
        if (l->type == DORG_DROPOUT) good &= fabs((double)l->keep - 0.5) < 1e-8;
        ok(good, "layer %d, %s, is the paper's", i, name);
    }
    ok(c->channels == 3 && c->size == 64 && c->batch == 128 && c->epochs == 100 &&
           c->warmup == 0,
       "64 x 64, batches of 128, 100 epochs");
    near(c->momentum, 0.9, 1e-12, "momentum");
    near(c->decay, 5e-4, 1e-12, "weight decay");
    ok(c->rate_w.kind == DORG_DEXP && c->rate_b.kind == DORG_DEXP && c->rate_w.steps == 4 &&
           c->rate_b.steps == 2,
       "rates fall in 4 parts, of biases in 2");
    near(c->rate_w.base, 0.01, 1e-12, "the weights' first rate");
    near(c->rate_w.factor, 250, 1e-9, "falls to a 250th");
    near(c->rate_b.base, 0.02, 1e-12, "the biases' first rate");
    near(c->rate_b.factor, 10, 1e-9, "falls to a tenth");
}

static void the_paper(void)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    if (!ok(load(&c, paper, &e) == 0, "the paper's net parses %s", e.text)) return;
    every_value(&c);
    static const int sides[][2] = {{0, 54}, {2, 27}, {7, 13}, {13, 6}};
    for (int i = 0; i < 4; i++)
        ok(c.layer[sides[i][0]].out[1] == sides[i][1] &&
               c.layer[sides[i][0]].out[2] == sides[i][1],
           "layer %d is %d x %d", sides[i][0], sides[i][1], sides[i][1]);
    ok(c.n_params == 57012034, "57.0 M parameters: %zu", c.n_params);
    near(c.macs, 0.708e9, 0.0005e9, "0.708 G multiply-adds");
    const struct dorg_layer *l = &c.layer[c.n_layers - 2];
    ok(l->b_at + l->n_b == c.n_params, "parameters end with the last layer's bias");
    ok(dorg_netcfg_adapt(&c, 1, 0, 3, &e) == 0 && c.channels == 1 && c.classes == 3,
       "adapts to 1 channel and 3 classes %s", e.text);
    near(c.macs, 0.662e9, 0.0005e9, "0.662 G multiply-adds with 1 channel");
    ok(strstr(c.text, "channels=1 ") && strstr(c.text, "name=fc8 outputs=3") &&
           strstr(c.text, "name=fc7 outputs=4096"),
       "and its text says so");
    dorg_netcfg_free(&c);
    struct dorg_netcfg small;
    ok(load(&small, "pipelines/nets/compact.cfg", &e) == 0 && small.macs <= 0.0708e9,
       "compact: %.1f M multiply-adds %s", small.macs / 1e6, e.text);
    dorg_netcfg_free(&small);
    ok(load(&small, "pipelines/nets/demo.cfg", &e) == 0 && small.macs < 3e6,
       "demo: %.2f M multiply-adds %s", small.macs / 1e6, e.text);
    dorg_netcfg_free(&small);
}

/* First parameters: N(0, init_w), or He's sqrt(2 / fan-in); init_b; bnorm 1, 0, 1, init_b. */
static void first_parameters(void)
{
    static const char text[] = "input channels=2 size=8\nconv filters=5 kernel=3 init_w=0.03 "
                               "init_b=0.25\nbnorm init_b=0.5\nconv filters=4 kernel=3\n" TAIL;
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    double worst = 0;
    if (!ok(dorg_netcfg_parse(&c, text, "init", &e) == 0, "a net %s", e.text)) return;
    float *w = calloc(c.n_params, sizeof *w);
    dorg_netcfg_init(w, &c, 9);
    for (int k = 0; k < c.n_layers; k++) {
        const struct dorg_layer *l = &c.layer[k];
        size_t n = l->type == DORG_BNORM ? 0 : l->n_w;
        double sd = k == 0 ? 0.03 : sqrt(2 / ((double)l->n_w / l->out[0]));
        for (size_t i = 0; i < n; i++) {
            double want = sd * dorg_rng_normal(9, DORG_RNG_INIT, l->w_at + i, 0);
            worst = fmax(worst, fabs((double)w[l->w_at + i] - want));
        }
        for (size_t i = 0; i < l->n_b; i++)
            worst = fmax(worst, fabs((double)w[l->b_at + i] - (k == 0   ? 0.25
                                                               : k == 1 ? 0.5
                                                                        : 0)));
        for (size_t i = 0; l->type == DORG_BNORM && i < l->n_b; i++)
            worst = fmax(worst, fabs((double)w[l->w_at + i] - 1) +
                                    fabs((double)w[l->w_at + l->n_b + i]) +
                                    fabs((double)w[l->w_at + 2 * l->n_b + i] - 1));
    }
    ok(worst < 1e-6, "first parameters are what is stated (%g)", worst);
    free(w);
    dorg_netcfg_free(&c);
}

static void rates(void)
{
    struct dorg_rate d = {DORG_DEXP, 0.01, 250, 4}, c = {DORG_COSINE, 0.1, 10, 0},
                     k = {DORG_CONST, 0.3, 1, 0};
    static const double want[] = {0.01, 0.001587, 0.000252, 0.00004};
    for (int i = 0; i < 4; i++) {
        near(dorg_rate_at(&d, 25 * i, 100, 0), want[i], 1e-6, "dexp at the start of a part");
        near(dorg_rate_at(&d, 25 * i + 24.9, 100, 0), want[i], 1e-6, "and near its end");
    }
    near(dorg_rate_at(&d, 100, 100, 0), want[3], 1e-6, "dexp at the very end");
    near(dorg_rate_at(&c, 0, 10, 0), 0.1, 1e-12, "cosine begins at base");
    near(dorg_rate_at(&c, 5, 10, 0), 0.055, 1e-12, "is halfway in the middle");
    near(dorg_rate_at(&c, 10, 10, 0), 0.01, 1e-12, "and ends at base / factor");
    near(dorg_rate_at(&k, 0, 10, 2), 0.1, 1e-12, "warm-up rises");
    near(dorg_rate_at(&k, 1, 10, 2), 0.2, 1e-12, "in equal steps");
    near(dorg_rate_at(&k, 2, 10, 2), 0.3, 1e-12, "to the full rate");
}

static void refused(const char *text, const char *sentence)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    int rc = dorg_netcfg_parse(&c, text, "x.cfg", &e);
    int good =
        ok(rc == DORG_EDATA && strstr(e.text, sentence) && !c.text, "refused: %s", sentence);
    if (!good) printf("# rc %d, said: %s\n", rc, e.text);
    dorg_netcfg_free(&c);
}

static void refusals(void)
{
    refused("", "x.cfg: no softmax line at the end");
    refused(HEAD "conv filters=4 kernel=3\nfc outputs=2\n", "no softmax line");
    refused("conv filters=4 kernel=3\n", "line 1: a layer before the input line");
    refused(HEAD "frob\n" TAIL, "x.cfg: line 2: unknown layer frob");
    refused(HEAD "conv filters=4\n" TAIL, "line 2: conv needs kernel=");
    refused(HEAD "conv filters=4 kernel=17\n" TAIL, "line 2: conv: kernel 17 does not fit");
    refused(HEAD "conv filters=4 kernel=3 pad=3\n" TAIL, "pad 3 is not below kernel 3");
    refused(HEAD "pool kernel=2 stride=3\n" TAIL, "stride 3 is above kernel 2");
    refused(HEAD "conv filters=4 kernel=3 kernel=5\n" TAIL, "kernel is given twice");
    refused(HEAD "conv filters=4 kernel=3x\n" TAIL, "kernel=3x: not a value");
    refused(HEAD "conv filters=4.5 kernel=3\n" TAIL, "filters=4.5: not a value");
    refused(HEAD "conv filters=0 kernel=3\n" TAIL, "filters=0: not a value");
    refused(HEAD "conv filters=nan kernel=3\n" TAIL, "filters=nan: not a value");
    refused(HEAD "relu keep=0.5\n" TAIL, "relu has no key keep");
    refused(HEAD "relu max\n" TAIL, "not key=value: max");
    refused(HEAD "lrn size=4\n" TAIL, "size 4 is not odd");
    refused(HEAD "conv name=a filters=1 kernel=1\nconv name=a filters=1 kernel=1\n" TAIL,
            "line 3: a second layer named a");
    refused(HEAD "conv name=a/b filters=1 kernel=1\n" TAIL, "name=a/b: not a name");
    refused(HEAD "fc outputs=1\nsoftmax\n", "is not 2 to 16 classes");
    refused(HEAD "softmax\n", "3 x 16 x 16 is not 2 to 16 classes");
    refused(HEAD TAIL "relu\n", "a layer behind the softmax");
    refused(HEAD HEAD TAIL, "a second input line");
    refused(HEAD TAIL "train batch=1\ntrain batch=2\n", "a second train line");
    refused(HEAD TAIL "train rate_w=dexp:0.1,2\n", "rate_w=dexp:0.1,2: not dexp:");
    refused(HEAD TAIL "train rate_w=0.1\n", "rate_w=0.1: not dexp:");
    refused("input channels=4096 size=4096\n" TAIL, "inputs are too many");
    refused("input channels=3 size=512\nfc outputs=65536\nfc outputs=2\nsoftmax\n",
            "parameters");
}

static void editing(void)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    dorg_netcfg_parse(&c, HEAD "conv filters=4 kernel=3   # first\n" TAIL, "x.cfg", &e);
    ok(dorg_netcfg_set(&c, "train", "epochs", "7", &e) == 0 && c.epochs == 7,
       "a train line is added");
    ok(dorg_netcfg_set(&c, "train", "batch", "9", &e) == 0 && c.batch == 9 && c.epochs == 7,
       "a key is added to it");
    ok(dorg_netcfg_set(&c, "conv", "pad", "1", &e) == 0 && c.layer[0].pad == 1 &&
           c.layer[0].out[1] == 16 && strstr(c.text, "kernel=3 pad=1   # first"),
       "and before a comment");
    ok(dorg_netcfg_set(&c, "conv", "kernel", "40", &e) == DORG_EDATA &&
           c.layer[0].kernel == 3 && c.text,
       "a bad value changes nothing");
    e = DORG_ERR_INIT;
    ok(dorg_netcfg_adapt(&c, 2, 20, 5, &e) == 0 && c.size == 20 && c.classes == 5 &&
           c.layer[0].in[0] == 2,
       "adapt sets channels, size and classes");
    dorg_netcfg_free(&c);
}

static void first_weights(void)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    dorg_netcfg_parse(&c,
                      HEAD "conv filters=32 kernel=5 init_w=0.25 init_b=3\nbnorm init_b=2\n"
                           "fc outputs=40 init_w=he\n" TAIL,
                      "x.cfg", &e);
    float *w = calloc(c.n_params, sizeof *w), *again = calloc(c.n_params, sizeof *again);
    dorg_netcfg_init(w, &c, 11);
    dorg_netcfg_init(again, &c, 11);
    ok(memcmp(w, again, c.n_params * sizeof *w) == 0, "the seed decides");
    for (int k = 0; k < 3; k += 2) {
        const struct dorg_layer *l = &c.layer[k];
        double sum = 0, square = 0, want = k ? sqrt(2.0 / (32 * 12 * 12)) : 0.25;
        for (size_t i = l->w_at; i < l->w_at + l->n_w; i++)
            sum += (double)w[i], square += (double)w[i] * (double)w[i];
        near(sqrt(square / (double)l->n_w), want, 0.04 * want, "spread of the weights");
        near(sum / (double)l->n_w, 0, 0.1 * want, "around 0");
    }
    const struct dorg_layer *b = &c.layer[1];
    ok(w[c.layer[0].b_at] == 3 && w[b->w_at] == 1 && w[b->w_at + 32] == 0 &&
           w[b->w_at + 64] == 1 && w[b->b_at] == 2,
       "biases, scale, mean, variance, shift");
    free(w);
    free(again);
    dorg_netcfg_free(&c);
}

int main(void)
{
    the_paper();
    first_parameters();
    rates();
    refusals();
    editing();
    first_weights();
    return tap_done();
}

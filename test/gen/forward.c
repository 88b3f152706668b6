/* forward.c - probabilities of a net for every record: forward ENGINE NET REC, text on stdout
 */
#include "../../kernels/engine.h"
#include "../../libcommon/train/feed.h"
#include "../../libcommon/net/net.h"

int main(int argc, char **argv)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_net n;
    struct dorg_recset s;
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {.max_batch = 1, .jobs = 1};
    const struct dorg_engine_ops *ops;
    float p[DORG_MAX_CLASSES];
    if (argc != 4) return 2;
    if (!(ops = dorg_engine_find(argv[1], &e))) goto fail;
    if (dorg_net_load(&n, argv[2], &e)) goto fail;
    if (dorg_recset_open(&s, (const char *const *)argv + 3, 1, &e)) goto fail;
    if (ops->open(&g, &n.cfg, &o, &e)) goto fail;
    if (ops->set_params(g, n.params, n.cfg.n_params, &e)) goto fail;
    float *x = malloc(dorg_rec_pixels(&s.shape) * sizeof *x);
    for (uint32_t i = 0; x && i < s.count; i++) {
        if (dorg_feed_plain(x, &s, &i, 1, n.mean, 1, &e)) goto fail;
        if (ops->forward(g, x, 1, p, &e)) goto fail;
        for (int k = 0; k < n.cfg.classes; k++)
            printf("%.9g%c", (double)p[k], k < n.cfg.classes - 1 ? ' ' : '\n');
    }
    free(x);
    ops->close(g);
    dorg_net_free(&n);
    dorg_recset_close(&s);
    return 0;
fail:
    fprintf(stderr, "%s\n", e.text);
    return 1;
}

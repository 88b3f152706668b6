/* b_net - the paper's net on the CPU against the machine's matrix product rate, one run:
 * images a second, GFLOPS, and the ratio to oneDNN's sgemm on as many threads.
 * Usage: b_net [net.cfg [jobs [batch]]] */
#include "../nets.h"
#include "../../libcommon/base/par.h"
#include "../../libcommon/net/net.h"

#include <dlfcn.h>
#include <time.h>

/* Of one thread its processor time is taken, which a busy machine disturbs less. */
static clockid_t timer = CLOCK_MONOTONIC;

static double now(void)
{
    struct timespec t;
    clock_gettime(timer, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef int sgemm_fn(char, char, int64_t, int64_t, int64_t, float, const float *, int64_t,
                     const float *, int64_t, float, float *, int64_t);

/* The best of several products of 2048 x 2048 matrices, in GFLOPS; 0 without oneDNN. */
static double gemm_rate(int jobs)
{
    enum { N = 2048, TIMES = 8 };
    void *so = dlopen("libdnnl.so.2", RTLD_NOW), *omp = dlopen("libgomp.so.1", RTLD_NOW);
    void *f = so ? dlsym(so, "dnnl_sgemm") : NULL;
    void *set = omp ? dlsym(omp, "omp_set_num_threads") : NULL;
    sgemm_fn *gemm;
    void (*threads)(int);
    double best = 0;
    if (!f || !set) return 0;
    memcpy(&gemm, &f, sizeof gemm);
    memcpy(&threads, &set, sizeof threads);
    threads(jobs);
    float *a = calloc(3 * (size_t)N * N, sizeof *a), *b = a + (size_t)N * N;
    for (size_t i = 0; i < 2 * (size_t)N * N; i++)
        a[i] = (float)(i % 97) / 97 - 0.5f;
    for (int t = 0; t < TIMES; t++) {
        double t0 = now();
        gemm('N', 'N', N, N, N, 1, a, N, b, N, 0, b + (size_t)N * N, N);
        best = fmax(best, 2e-9 * N * N * N / (now() - t0));
    }
    free(a);
    return best;
}

static struct trial t;

/* The best seconds of `times` calls. */
static double best_of(const struct dorg_engine_ops *ops, struct dorg_engine *g, int training,
                      int times, struct dorg_err *e)
{
    double best = 1e30;
    float loss, *p = calloc((size_t)(t.n * t.cfg.classes), sizeof *p);
    t.sgd.rate_w = t.sgd.rate_b = 1e-6f;
    for (int i = 0; i <= times && !e->code; i++) {
        double t0 = now();
        if (training)
            ops->train(g, t.x, t.y, t.n, &t.sgd, &loss, e);
        else
            ops->forward(g, t.x, t.n, p, e);
        if (i) best = fmin(best, now() - t0); /* the first one warms up */
    }
    free(p);
    return best;
}

static void measure(const char *engine, const char *what, enum dorg_precision precision,
                    int training, int jobs, double gemm)
{
    struct dorg_err e = DORG_ERR_INIT;
    struct dorg_engine *g = NULL;
    struct dorg_engine_opts o = {
        .max_batch = t.n, .jobs = jobs, .precision = precision, .training = training};
    const struct dorg_engine_ops *ops = dorg_engine_find(engine, &e);
    double t0 = now(), seconds = 0, opened;
    if (ops) ops->open(&g, &t.cfg, &o, &e);
    if (!e.code) ops->set_params(g, t.w, t.cfg.n_params, &e);
    opened = now() - t0;
    if (!e.code) seconds = best_of(ops, g, training, strcmp(engine, "ref") ? 4 : 1, &e);
    if (e.code) {
        printf("bench net-%s-%s: not here (%s)\n", engine, what, e.text);
    } else {
        double gflops = 2e-9 * t.cfg.macs * (training ? 3 : 1) * t.n / seconds;
        printf("bench net-%s-%s: %.1f images/s (batch %d, %d threads, %.1f GFLOPS, ratio to "
               "sgemm %.3f, opened in %.2f s)\n",
               engine, what, t.n / seconds, t.n, jobs, gflops, gemm > 0 ? gflops / gemm : 0,
               opened);
    }
    fflush(stdout);
    if (ops) ops->close(g);
}

static char *text_of(const char *path)
{
    struct dorg_netcfg c;
    struct dorg_err e = DORG_ERR_INIT;
    if (dorg_net_load_cfg(&c, path, &e)) {
        fprintf(stderr, "b_net: error: %s\n", e.text);
        exit(e.code);
    }
    char *text = strdup(c.text);
    dorg_netcfg_free(&c);
    return text;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "pipelines/nets/deeporgan.cfg";
    int jobs = argc > 2 ? (int)strtol(argv[2], NULL, 10) : dorg_par_cpus();
    int batch = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 128;
    char *text = text_of(path);
    if (jobs == 1) timer = CLOCK_PROCESS_CPUTIME_ID;
    use_built_plugins();
    if (trial_make(&t, text, batch, 1)) return 1;
    double gemm = gemm_rate(jobs);
    printf("bench gemm-f32: %.1f GFLOPS (%d threads)\n", gemm, jobs);
    measure("onednn", "forward-f32", DORG_PREC_F32, 0, jobs, gemm);
    measure("onednn", "forward-bf16", DORG_PREC_BF16, 0, jobs, gemm);
    measure("onednn", "forward-int8", DORG_PREC_INT8, 0, jobs, gemm);
    measure("onednn", "train-f32", DORG_PREC_F32, 1, jobs, gemm);
    if (t.cfg.macs < 1e8) {
        measure("ref", "forward-f32", DORG_PREC_F32, 0, jobs, gemm);
        measure("ref", "train-f32", DORG_PREC_F32, 1, jobs, gemm);
    }
    free(text);
    trial_free(&t);
    return 0;
}

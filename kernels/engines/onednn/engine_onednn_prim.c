/* engine_onednn_prim.c - calls of oneDNN, each checked */
#include "engine_onednn.h"

#include <omp.h>

int dorg_dnn_check(dnnl_status_t s, const char *what, struct dorg_err *e)
{
    static const char *const names[] = {
        "success",       "out of memory", "invalid arguments", "not implemented",
        "iterator ends", "runtime error", "not required"};
    if (s == dnnl_success) return 0;
    return dorg_fail(e, DORG_EIO, "oneDNN: %s: %s", what,
                     (size_t)s < sizeof names / sizeof *names ? names[s] : "unknown status");
}

/* oneDNN asks OpenMP for its team; a team of one is the calling thread itself. */
void dorg_dnn_one_thread(void)
{
    if (omp_get_max_threads() != 1) omp_set_num_threads(1);
}

dorg_md dorg_dnn_md(size_t n, const int chw[3], dnnl_data_type_t t, dnnl_format_tag_t tag)
{
    dorg_md md;
    dnnl_dims_t dims = {(dnnl_dim_t)n, chw[0], chw[1], chw[2]};
    dnnl_memory_desc_init_by_tag(&md, 4, dims, t, tag);
    return md;
}

int dorg_dnn_make(struct dorg_engine *g, struct dorg_dnn_prim *p, const void *op,
                  const_dnnl_primitive_attr_t attr, const_dnnl_primitive_desc_t hint,
                  const char *what, struct dorg_err *e)
{
    dnnl_primitive_attr_t own = NULL;
    dnnl_status_t s =
        attr ? dnnl_primitive_attr_clone(&own, attr) : dnnl_primitive_attr_create(&own);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(own, dnnl_scratchpad_mode_user);
    if (s == dnnl_success) s = dnnl_primitive_desc_create(&p->pd, op, own, g->cpu, hint);
    if (s == dnnl_success) s = dnnl_primitive_create(&p->run, p->pd);
    dnnl_primitive_attr_destroy(own);
    if (dorg_dnn_check(s, what, e)) return e->code;
    dorg_md pad = dorg_dnn_query(p, dnnl_query_scratchpad_md);
    size_t size = dnnl_memory_desc_get_size(&pad);
    if (size > g->scratch_size) g->scratch_size = size;
    return 0;
}

int dorg_dnn_reorder(struct dorg_engine *g, struct dorg_dnn_prim *p, const dorg_md *from,
                     const dorg_md *to, struct dorg_err *e)
{
    if (dnnl_memory_desc_equal(from, to)) return 0;
    dnnl_primitive_attr_t attr = NULL;
    dnnl_status_t s = dnnl_primitive_attr_create(&attr);
    if (s == dnnl_success)
        s = dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
    if (s == dnnl_success)
        s = dnnl_reorder_primitive_desc_create(&p->pd, from, g->cpu, to, g->cpu, attr);
    if (s == dnnl_success) s = dnnl_primitive_create(&p->run, p->pd);
    dnnl_primitive_attr_destroy(attr);
    if (dorg_dnn_check(s, "reorder", e)) return e->code;
    dorg_md pad = dorg_dnn_query(p, dnnl_query_scratchpad_md);
    size_t size = dnnl_memory_desc_get_size(&pad);
    if (size > g->scratch_size) g->scratch_size = size;
    return 0;
}

dorg_md dorg_dnn_query(const struct dorg_dnn_prim *p, dnnl_query_t what)
{
    const dorg_md *md = dnnl_primitive_desc_query_md(p->pd, what, 0);
    dorg_md none;
    memset(&none, 0, sizeof none);
    return md ? *md : none;
}

int dorg_dnn_run(struct dorg_engine *g, const struct dorg_dnn_prim *p, size_t worker,
                 const struct dorg_dnn_arg *arg, int n, struct dorg_err *e)
{
    dnnl_exec_arg_t to[8];
    dorg_md pad = dorg_dnn_query(p, dnnl_query_scratchpad_md);
    dnnl_status_t s = dnnl_success;
    int made = 0;
    for (; made <= n && s == dnnl_success; made++) {
        bool last = made == n;
        const void *at = last ? g->worker[worker].scratch : arg[made].at;
        void *handle;
        memcpy(&handle, &at, sizeof handle);
        to[made].memory = NULL;
        to[made].arg = last ? DNNL_ARG_SCRATCHPAD : arg[made].id;
        s = dnnl_memory_create(&to[made].memory, last ? &pad : arg[made].md, g->cpu, handle);
    }
    if (s == dnnl_success)
        s = dnnl_primitive_execute(p->run, g->worker[worker].stream, made, to);
    if (s == dnnl_success) s = dnnl_stream_wait(g->worker[worker].stream);
    for (int i = 0; i < made; i++)
        dnnl_memory_destroy(to[i].memory);
    return dorg_dnn_check(s, "execution", e);
}

void dorg_dnn_drop(struct dorg_dnn_prim *p)
{
    if (p->run) dnnl_primitive_destroy(p->run);
    if (p->pd) dnnl_primitive_desc_destroy(p->pd);
    *p = (struct dorg_dnn_prim){NULL, NULL};
}

void *dorg_dnn_room(size_t count, size_t size, struct dorg_err *e)
{
    void *p = NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 64) {
        dorg_fail(e, DORG_EIO, "%zu elements of %zu bytes exceed memory", count, size);
        return NULL;
    }
    if (posix_memalign(&p, 64, bytes ? bytes : 1) != 0) {
        dorg_fail(e, DORG_EIO, "out of memory for %zu bytes", bytes);
        return NULL;
    }
    return memset(p, 0, bytes);
}

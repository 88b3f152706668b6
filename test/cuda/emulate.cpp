/* emulate.cpp - the CUDA runtime calls that kernels/ uses, on a processor: two devices */
#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <unistd.h>

#include "emulate.h"

extern "C" {
cudaError_t emulated_malloc(void **p, size_t n, bool pinned);
void emulated_free(void *p, bool pinned);
}

thread_local emulated_dim blockIdx, threadIdx, blockDim, gridDim;

enum { DEVICES = 2, WRONG = 99, MOST_BLOCKS = 4, MOST_THREADS = 5 };
static const cudaError_t LOST = cudaErrorLaunchFailure;

typedef std::function<void()> job;

/* ---- queues ----------------------------------------------------------------------------- */

struct queue;
struct point { /* when queue `of` has done n jobs */
    std::shared_ptr<queue> of;
    uint64_t n;
};
struct entry {
    job f;
    std::vector<point> after;
};
struct queue {
    int device;
    std::deque<entry> waiting;
    uint64_t put, done;
};

struct CUstream_st {
    emulated_stream head;
    std::shared_ptr<queue> q;
};
struct CUevent_st {
    int device;
    point at; /* of nothing: not recorded, and so over */
};
struct CUgraph_st {
    std::vector<job> work;
};
struct CUgraphExec_st {
    std::vector<job> work;
};

static struct state {
    std::recursive_mutex one;
    std::shared_ptr<queue> null_stream[DEVICES];
    std::vector<std::shared_ptr<queue>> streams; /* the others */
    std::map<std::string, int> kept;
    uint64_t calls, drawn;
    bool lost;
    int running;
} * state_now;

static thread_local cudaStream_t recorded; /* the stream that is being recorded */
static thread_local CUgraph_st *recording;
static thread_local cudaError_t last;
static thread_local int device;

static state &now(void)
{
    if (!state_now) {
        state_now = new state(); /* never destroyed: it is asked until the very end */
        for (int d = 0; d < DEVICES; d++)
            state_now->null_stream[d] = std::make_shared<queue>(queue{d, {}, 0, 0});
    }
    return *state_now;
}

static uint64_t environment(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);
    return s && *s ? strtoull(s, NULL, 10) : otherwise;
}

uint64_t emulated_seed(void)
{
    static const uint64_t seed = environment("DORG_EMULATED_SEED", 1);
    return seed;
}

/* splitmix64 */
uint32_t emulated_below(uint32_t n)
{
    if (!emulated_seed()) return 0;
    uint64_t z = emulated_seed() * 0x9e3779b97f4a7c15 + ++now().drawn * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (uint32_t)((z ^ (z >> 31)) >> 32) % n;
}

void emulated_wrong(const char *fmt, ...)
{
    char said[256];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(said, sizeof said, fmt, ap);
    fflush(stdout);
    fprintf(stderr, "emulated CUDA: %s\n", said);
    _exit(WRONG);
}

void emulated_count(const char *kind, int by)
{
    now().kept[kind] += by;
}

static void run_to(std::shared_ptr<queue> q, uint64_t n)
{
    state &s = now();
    s.running++;
    emulated_open_memory(true);
    while (q->done < n && !s.lost) {
        entry next = q->waiting.front();
        q->waiting.pop_front();
        for (const point &p : next.after)
            run_to(p.of, p.n);
        if (!s.lost) next.f();
        q->done++;
    }
    if (!--s.running) emulated_open_memory(false);
}

static void finish(std::shared_ptr<queue> q)
{
    if (q->done < q->put) run_to(q, q->put);
}

/* Queues with something to do, in random order: of one device, or all (-1). */
static std::vector<std::shared_ptr<queue>> busy(int of)
{
    std::vector<std::shared_ptr<queue>> all(now().streams.begin(), now().streams.end()), some;
    for (auto &q : now().null_stream)
        all.push_back(q);
    for (auto &q : all)
        if (q->done < q->put && (of < 0 || q->device == of))
            some.insert(some.begin() + emulated_below((uint32_t)some.size() + 1), q);
    return some;
}

static void finish_all(void)
{
    for (auto &q : busy(-1))
        finish(q);
}

/* Some of what waits, on any streams. */
static void go_on(void)
{
    for (bool more = emulated_below(16) == 0; more; more = emulated_below(4) == 0) {
        auto all = busy(-1);
        if (all.empty()) return;
        uint64_t n = all[0]->done + 1 + emulated_below(16);
        run_to(all[0], n < all[0]->put ? n : all[0]->put);
    }
}

/* The null stream waits for all others of its device, and they for it. */
static void put(std::shared_ptr<queue> q, job f, std::vector<point> after)
{
    auto null_stream = now().null_stream[q->device];
    if (q == null_stream) {
        for (auto &other : busy(q->device))
            if (other != q) after.push_back(point{other, other->put});
    } else if (null_stream->done < null_stream->put) {
        after.push_back(point{null_stream, null_stream->put});
    }
    q->waiting.push_back(entry{f, after});
    q->put++;
    if (!emulated_seed()) finish(q);
}

static std::shared_ptr<queue> queue_of(cudaStream_t s)
{
    return s ? s->q : now().null_stream[device];
}

static void together(cudaStream_t *s, int n, job f)
{
    auto over = std::make_shared<bool>(false);
    std::vector<point> all;
    for (int i = 0; i < n; i++)
        all.push_back(point{queue_of(s[i]), queue_of(s[i])->put});
    for (int i = 0; i < n; i++)
        put(
            queue_of(s[i]),
            [=] {
                if (!*over) f();
                *over = true;
            },
            all);
}

void emulated_do(cudaStream_t stream, job f)
{
    if (now().lost)
        last = LOST;
    else if (!recording)
        put(queue_of(stream), f, {});
    else if (stream == recorded)
        recording->work.push_back(f);
    else
        last = cudaErrorStreamCaptureImplicit;
}

bool emulated_may_launch(cudaStream_t s)
{
    if (now().lost)
        last = LOST;
    else if (queue_of(s)->device != device)
        last = cudaErrorInvalidResourceHandle;
    else
        return true;
    return false;
}

emulated_order emulated_threads(unsigned *blocks, unsigned *threads)
{
    *blocks = emulated_seed() ? 1 + emulated_below(MOST_BLOCKS) : 2;
    *threads = emulated_seed() ? 1 + emulated_below(MOST_THREADS) : 3;
    emulated_order order;
    for (unsigned i = 0; i < *blocks * *threads; i++)
        order.push_back(emulated_dim{i});
    for (unsigned i = *blocks * *threads; emulated_seed() && i > 1; i--)
        std::swap(order[i - 1], order[emulated_below(i)]);
    return order;
}

/* ---- calls ------------------------------------------------------------------------------ */

/* Work that a lost device had still to do is never done. */
static void lose(void)
{
    state &s = now();
    s.lost = true;
    for (auto &q : s.streams)
        q->waiting.clear(), q->done = q->put;
    for (auto &q : s.null_stream)
        q->waiting.clear(), q->done = q->put;
}

emulated_call::emulated_call(void)
{
    state &s = now();
    s.one.lock();
    if (++s.calls == environment("DORG_EMULATED_FAIL", 0)) lose();
    lost = s.lost;
    if (!lost) go_on();
}

emulated_call::~emulated_call()
{
    now().one.unlock();
}

/* When the process ends: how many calls there were; what was not given back. */
static struct ending {
    ~ending()
    {
        const char *name = getenv("DORG_EMULATED_COUNT");
        FILE *f = name ? fopen(name, "w") : NULL;
        if (f) {
            fprintf(f, "%llu\n", (unsigned long long)now().calls);
            fclose(f);
        }
        if (!getenv("DORG_EMULATED_LEAKS")) return;
        for (auto &k : now().kept)
            if (k.second) {
                fflush(NULL);
                emulated_wrong("%d of this kind not given back: %s", k.second,
                               k.first.c_str());
            }
    }
} ending;

/* An error is also what cudaGetLastError gives next. */
static cudaError_t failed(cudaError_t r)
{
    return last = r;
}

/* What may not be done while a stream is recorded. */
#define OUTSIDE                                                                               \
    emulated_call call;                                                                       \
    if (call.lost) return LOST;                                                               \
    if (recording) return failed(cudaErrorStreamCaptureUnsupported)

extern "C" {

cudaError_t cudaGetDeviceCount(int *n)
{
    const char *driver = getenv("DORG_EMULATED_DRIVER");
    emulated_call call;
    *n = 0;
    if (driver && !strcmp(driver, "old")) return failed(cudaErrorInsufficientDriver);
    if (call.lost) return LOST;
    *n = DEVICES;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *v)
{
    const char *driver = getenv("DORG_EMULATED_DRIVER");
    *v = driver && !strcmp(driver, "old") ? 11040 : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int *v)
{
    *v = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *v, cudaDeviceAttr, int)
{
    emulated_call call;
    *v = 9;
    return call.lost ? LOST : cudaSuccess;
}

const char *cudaGetErrorString(cudaError_t r)
{
    return r == LOST                          ? "the emulated device is lost"
           : r == cudaErrorMemoryAllocation   ? "out of emulated memory"
           : r == cudaErrorInsufficientDriver ? "the emulated driver is too old"
                                              : "emulated error";
}

cudaError_t cudaSetDevice(int d)
{
    emulated_call call;
    if (d < 0 || d >= DEVICES) return failed(cudaErrorInvalidDevice);
    device = d;
    return call.lost ? LOST : cudaSuccess;
}

cudaError_t cudaGetDevice(int *d)
{
    *d = device;
    return cudaSuccess;
}

static cudaError_t room(void **p, size_t n, bool pinned)
{
    OUTSIDE;
    cudaError_t r = emulated_malloc(p, n, pinned);
    return r == cudaSuccess ? r : failed(r);
}

/* Frees also when the device is lost: there may be other processes. */
static cudaError_t give_up(void *p, bool pinned)
{
    emulated_call call;
    if (p && recording && !call.lost) return cudaErrorStreamCaptureUnsupported;
    if (p) finish_all();
    emulated_free(p, pinned);
    return call.lost ? LOST : cudaSuccess;
}

cudaError_t cudaMalloc(void **p, size_t n)
{
    return room(p, n, false);
}

cudaError_t cudaFree(void *p)
{
    return give_up(p, false);
}

cudaError_t cudaMallocHost(void **p, size_t n)
{
    return room(p, n, true);
}

cudaError_t cudaFreeHost(void *p)
{
    return give_up(p, true);
}

/* Where bytes come from and go to must be what was said. */
static void true_kind(const void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
    bool into = emulated_kind_of(to, n, "a copy's end") == EMULATED_DEVICE;
    bool out = emulated_kind_of(from, n, "a copy's start") == EMULATED_DEVICE;
    if (into != (kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice) ||
        out != (kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice))
        emulated_wrong("a copy of kind %d from %s to %s memory", (int)kind,
                       out ? "device" : "host", into ? "device" : "host");
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind kind)
{
    return cudaMemcpy2D(to, n, from, n, n, 1, kind);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind kind,
                            cudaStream_t s)
{
    emulated_call call;
    if (call.lost) return LOST;
    true_kind(to, from, n, kind);
    if (kind == cudaMemcpyHostToDevice &&
        emulated_kind_of(from, n, "a copy") == EMULATED_HOST) {
        if (recording) emulated_wrong("a recorded copy from memory that is not pinned");
        auto kept =
            std::make_shared<std::vector<char>>((const char *)from, (const char *)from + n);
        emulated_do(s, [=] { memcpy(to, kept->data(), n); });
        return cudaSuccess;
    }
    emulated_do(s, [=] { memcpy(to, from, n); });
    if (kind == cudaMemcpyDeviceToHost && !recording &&
        emulated_kind_of(to, n, "a copy") == EMULATED_HOST)
        finish(queue_of(s));
    return cudaSuccess;
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from, size_t pitch, size_t n,
                         size_t rows, cudaMemcpyKind kind)
{
    OUTSIDE;
    if (rows) true_kind(to, from, n, kind);
    if (rows)
        true_kind((char *)to + (rows - 1) * to_pitch, (const char *)from + (rows - 1) * pitch,
                  n, kind);
    put(queue_of(NULL),
        [=] {
            for (size_t i = 0; i < rows; i++)
                memcpy((char *)to + i * to_pitch, (const char *)from + i * pitch, n);
        },
        {});
    finish(queue_of(NULL));
    return cudaSuccess;
}

static cudaError_t fill(void *p, int v, size_t n, cudaStream_t s)
{
    emulated_on_device(p, n, "cudaMemset");
    emulated_do(s, [=] { memset(p, v, n); });
    return cudaSuccess;
}

cudaError_t cudaMemset(void *p, int v, size_t n)
{
    OUTSIDE;
    return fill(p, v, n, NULL);
}

cudaError_t cudaMemsetAsync(void *p, int v, size_t n, cudaStream_t s)
{
    emulated_call call;
    return call.lost ? LOST : fill(p, v, n, s);
}

cudaError_t cudaStreamCreate(cudaStream_t *s)
{
    OUTSIDE;
    auto q = std::make_shared<queue>(queue{device, {}, 0, 0});
    now().streams.push_back(q);
    *s = new CUstream_st{{together}, q};
    emulated_count("stream", 1);
    return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t s)
{
    emulated_call call;
    finish(s->q);
    auto &all = now().streams;
    all.erase(std::find(all.begin(), all.end(), s->q));
    delete s;
    emulated_count("stream", -1);
    return call.lost ? LOST : cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t s)
{
    OUTSIDE;
    finish(queue_of(s));
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void)
{
    OUTSIDE;
    finish_all();
    return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t s, cudaEvent_t e, unsigned)
{
    OUTSIDE;
    if (e->at.of) put(queue_of(s), [] {}, {e->at});
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned)
{
    OUTSIDE;
    *e = new CUevent_st{device, {}};
    emulated_count("event", 1);
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t e)
{
    emulated_call call;
    delete e;
    emulated_count("event", -1);
    return call.lost ? LOST : cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s)
{
    OUTSIDE;
    if (e->device != queue_of(s)->device) return cudaErrorInvalidResourceHandle;
    put(queue_of(s), [] {}, {});
    e->at = point{queue_of(s), queue_of(s)->put};
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t e)
{
    OUTSIDE;
    if (e->at.of) run_to(e->at.of, e->at.n);
    return cudaSuccess;
}

cudaError_t cudaGetLastError(void)
{
    cudaError_t r = now().lost ? LOST : last;
    last = cudaSuccess;
    return r;
}

/* ---- graphs ----------------------------------------------------------------------------- */

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode)
{
    emulated_call call;
    if (call.lost) return LOST;
    if (recording || !s) return cudaErrorIllegalState;
    recorded = s;
    recording = new CUgraph_st;
    return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *graph)
{
    emulated_call call;
    if (!recording || s != recorded) return cudaErrorIllegalState;
    if (call.lost) {
        delete recording;
        recording = NULL;
        return LOST;
    }
    *graph = recording;
    recording = NULL;
    emulated_count("graph", 1);
    return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *exec, cudaGraph_t graph, unsigned long long)
{
    emulated_call call;
    if (call.lost) return LOST;
    *exec = new CUgraphExec_st{graph->work};
    emulated_count("executable graph", 1);
    return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t s)
{
    OUTSIDE;
    for (const job &f : exec->work)
        put(queue_of(s), f, {});
    return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph)
{
    emulated_call call;
    delete graph;
    emulated_count("graph", -1);
    return call.lost ? LOST : cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec)
{
    emulated_call call;
    delete exec;
    emulated_count("executable graph", -1);
    return call.lost ? LOST : cudaSuccess;
}
}

/* wrong.cpp - what the emulated device finds: programs that are wrong on purpose, each with
 * one that is right.
 *
 * Each runs as a process of its own under eight seeds, and gives a number or is stopped.  What
 * is wrong must under some seed be stopped with a word about it, or give another number; what
 * is right must give its number under all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kernels/cuda_host.h"
#include "../tap.h"

enum { N = 100, SEEDS = 8 };

static int *device_ints(size_t n)
{
    void *p = NULL;
    cudaMalloc(&p, n * sizeof(int));
    return (int *)p;
}

static int *pinned_ints(size_t n)
{
    void *p = NULL;
    cudaMallocHost(&p, n * sizeof(int));
    return (int *)p;
}

static int sum_of(const int *p)
{
    int host[N], sum = 0;
    cudaMemcpy(host, p, sizeof host, cudaMemcpyDeviceToHost);
    for (int i = 0; i < N; i++)
        sum = sum * 31 + host[i];
    return sum & 0x7fffffff;
}

/* ---- kernels ---------------------------------------------------------------------------- */

__global__ static void number(size_t n, int *to, int first)
{
    DORG_EACH(i, n) to[i] = first + (int)i;
}

__global__ static void add(size_t n, int *to, const int *from)
{
    DORG_EACH(i, n) to[i] += from[i];
}

/* to[i] from from[i - 1]: a race where both are one */
__global__ static void next(size_t n, int *to, const int *from)
{
    DORG_EACH(i, n) to[i] = i ? 2 * from[i - 1] + 1 : 0;
}

__global__ static void who_is_last(size_t n, int *to)
{
    DORG_EACH(i, n) to[0] = (int)i;
}

/* a result that depends on the grid */
__global__ static void by_block(size_t n, int *to)
{
    DORG_EACH(i, n) to[i] = (int)blockIdx.x;
}

struct hidden {
    int many;
    const int *from;
};

__global__ static void through(size_t n, int *to, struct hidden h)
{
    DORG_EACH(i, n) to[i] = h.from[i];
}

/* ---- programs: `wrong` or not ----------------------------------------------------------- */

static int past_the_end(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N + wrong, p, 0);
    int sum = sum_of(p);
    cudaFree(p);
    return sum;
}

static int before_the_start(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N - wrong, p - wrong, 0);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    int sum = sum_of(p);
    cudaFree(p);
    return sum;
}

static int race(bool wrong)
{
    int *p = device_ints(N), *q = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    DORG_LAUNCH(next, 0, (size_t)N, wrong ? p : q, (const int *)p);
    return sum_of(wrong ? p : q);
}

static int last_one(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    DORG_LAUNCH(who_is_last, 0, (size_t)(wrong ? N : 1), p);
    return sum_of(p);
}

static int grid(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    if (wrong) DORG_LAUNCH(by_block, 0, (size_t)N, p);
    return sum_of(p);
}

static int between_streams(bool wrong)
{
    int *p = device_ints(N), *q = device_ints(N);
    cudaStream_t a, b;
    cudaEvent_t e;
    cudaStreamCreate(&a);
    cudaStreamCreate(&b);
    cudaEventCreateWithFlags(&e, cudaEventDisableTiming);
    DORG_LAUNCH(number, b, (size_t)N, q, 5);
    DORG_LAUNCH(number, a, (size_t)N, p, 7);
    cudaEventRecord(e, a);
    if (!wrong) cudaStreamWaitEvent(b, e, 0);
    DORG_LAUNCH(add, b, (size_t)N, q, (const int *)p);
    return sum_of(q);
}

/* Streams wait for the null stream, and it for them. */
static int null_stream(bool other)
{
    int *p = device_ints(N);
    cudaStream_t a, b;
    cudaStreamCreate(&a);
    cudaStreamCreate(&b);
    cudaMemset(p, other, N * sizeof *p);
    DORG_LAUNCH(number, a, (size_t)N, p, 7);
    DORG_LAUNCH(add, 0, (size_t)N, p, (const int *)p);
    DORG_LAUNCH(add, b, (size_t)N, p, (const int *)p);
    return sum_of(p);
}

static int overwritten(bool wrong)
{
    int *p = device_ints(N), *host = pinned_ints(N);
    cudaStream_t a;
    cudaStreamCreate(&a);
    for (int i = 0; i < N; i++)
        host[i] = i;
    cudaMemcpyAsync(p, host, N * sizeof *p, cudaMemcpyHostToDevice, a);
    if (!wrong) cudaStreamSynchronize(a);
    host[N / 2] = 1000;
    return sum_of(p);
}

static int read_too_soon(bool wrong)
{
    int *p = device_ints(N), *host = pinned_ints(N);
    cudaStream_t a;
    cudaStreamCreate(&a);
    host[N - 1] = 0;
    DORG_LAUNCH(number, a, (size_t)N, p, 7);
    cudaMemcpyAsync(host, p, N * sizeof *p, cudaMemcpyDeviceToHost, a);
    if (!wrong) cudaStreamSynchronize(a);
    return host[N - 1];
}

static int pageable(bool wrong)
{
    int *p = device_ints(N), host[N];
    cudaStream_t a;
    cudaStreamCreate(&a);
    for (int i = 0; i < N; i++)
        host[i] = i;
    cudaMemcpyAsync(p, host, sizeof host, cudaMemcpyHostToDevice, a);
    memset(host, 0, wrong ? 0 : sizeof host); /* not wrong: it has been read */
    return sum_of(p);
}

static int fresh(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N - wrong, p, 0);
    return sum_of(p);
}

static int host_reads(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    cudaDeviceSynchronize();
    return wrong ? p[3] : 3;
}

static int device_reads_host(bool wrong)
{
    static int host[N];
    int *p = device_ints(N), *q = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    DORG_LAUNCH(number, 0, (size_t)N, q, 0);
    DORG_LAUNCH(add, 0, (size_t)N, q, wrong ? (const int *)host : (const int *)p);
    return sum_of(q);
}

static int struct_holds_host(bool wrong)
{
    static int host[N];
    int *p = device_ints(N), *q = device_ints(N);
    struct hidden h = {1, wrong ? host : p};
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    DORG_LAUNCH(through, 0, (size_t)N, q, h);
    return sum_of(q);
}

static int kind(bool wrong)
{
    int *p = device_ints(N), host[N] = {1};
    cudaMemcpy(p, host, sizeof host,
               wrong ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice);
    return sum_of(p);
}

static int too_much(bool wrong)
{
    int *p = device_ints(N), host[N + 1] = {1};
    cudaMemcpy(p, host, (N + wrong) * sizeof *host, cudaMemcpyHostToDevice);
    return sum_of(p);
}

static int freed(bool wrong)
{
    int *p = device_ints(N), *q = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    DORG_LAUNCH(number, 0, (size_t)N, q, 0);
    if (wrong) cudaFree(p);
    DORG_LAUNCH(add, 0, (size_t)N, q, (const int *)p);
    return sum_of(q);
}

static int twice(bool wrong)
{
    int *p = device_ints(N);
    cudaFree(p);
    if (wrong) cudaFree(p);
    return 1;
}

static int other_device(bool wrong)
{
    int *p = device_ints(N);
    cudaStream_t a;
    cudaStreamCreate(&a);
    DORG_LAUNCH(number, a, (size_t)N, p, 0);
    cudaStreamSynchronize(a);
    if (wrong) cudaSetDevice(1);
    DORG_LAUNCH(number, a, (size_t)N, p, 1);
    return cudaGetLastError() == cudaSuccess ? sum_of(p) : 0;
}

static int its_memory(bool wrong)
{
    int *p = device_ints(N);
    DORG_LAUNCH(number, 0, (size_t)N, p, 0);
    cudaDeviceSynchronize();
    if (wrong) cudaSetDevice(1);
    DORG_LAUNCH(number, 0, (size_t)N, p, 1);
    return sum_of(p);
}

static int leak(bool wrong)
{
    int *p = device_ints(N);
    setenv("DORG_EMULATED_LEAKS", "1", 1);
    if (!wrong) cudaFree(p);
    return 1;
}

static int leaked_event(bool wrong)
{
    cudaEvent_t e;
    cudaEventCreateWithFlags(&e, cudaEventDisableTiming);
    setenv("DORG_EMULATED_LEAKS", "1", 1);
    if (!wrong) cudaEventDestroy(e);
    return 1;
}

static int while_recording(bool wrong)
{
    int *p = device_ints(N);
    cudaGraph_t graph = NULL;
    cudaGraphExec_t exec = NULL;
    cudaStream_t a;
    cudaStreamCreate(&a);
    cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal);
    DORG_LAUNCH(number, a, (size_t)N, p, 3);
    cudaError_t r = wrong ? cudaDeviceSynchronize() : cudaSuccess;
    cudaStreamEndCapture(a, &graph);
    cudaGraphInstantiate(&exec, graph, 0);
    cudaGraphLaunch(exec, a);
    return r == cudaSuccess ? sum_of(p) : 0;
}

static int never_launched(bool wrong)
{
    int *p = device_ints(N);
    cudaGraph_t graph = NULL;
    cudaGraphExec_t exec = NULL;
    cudaStream_t a;
    cudaStreamCreate(&a);
    cudaStreamBeginCapture(a, cudaStreamCaptureModeThreadLocal);
    DORG_LAUNCH(number, a, (size_t)N, p, 3);
    cudaStreamEndCapture(a, &graph);
    cudaGraphInstantiate(&exec, graph, 0);
    if (!wrong) cudaGraphLaunch(exec, a);
    return sum_of(p);
}

/* ---- each in a process of its own ------------------------------------------------------- */

struct outcome {
    int status, number; /* as waitpid; what the program gave */
    char said[200];
};

static struct outcome run(int (*program)(bool), bool wrong, int seed)
{
    struct outcome o = {};
    int gave[2], said[2];
    if (pipe(gave) || pipe(said)) abort();
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char text[16];
        snprintf(text, sizeof text, "%d", seed);
        setenv("DORG_EMULATED_SEED", text, 1);
        dup2(said[1], STDERR_FILENO);
        int number = program(wrong);
        if (write(gave[1], &number, sizeof number) != sizeof number) abort();
        exit(0);
    }
    close(gave[1]);
    close(said[1]);
    if (read(gave[0], &o.number, sizeof o.number) != sizeof o.number) o.number = -1;
    ssize_t n = read(said[0], o.said, sizeof o.said - 1);
    o.said[n > 0 ? n - 1 : 0] = '\0'; /* without its newline */
    close(gave[0]);
    close(said[0]);
    waitpid(child, &o.status, 0);
    return o;
}

static void found(const char *name, int (*program)(bool))
{
    struct outcome first = run(program, false, 1);
    int good = 1, stopped = 0, differ = 0;
    char said[200] = "another result";
    for (int seed = 1; seed <= SEEDS; seed++) {
        struct outcome right = run(program, false, seed), wrong = run(program, true, seed);
        good &= right.status == 0 && right.number == first.number;
        if (right.status) printf("# seed %d: %s\n", seed, right.said);
        stopped += wrong.status && !strncmp(wrong.said, "emulated CUDA: ", 15);
        differ += !wrong.status && wrong.number != first.number;
        if (wrong.status) snprintf(said, sizeof said, "%s", wrong.said);
    }
    ok(good, "%s: nothing is found where nothing is wrong", name);
    ok(stopped + differ, "%s: found under %d of %d seeds: %s", name, stopped + differ, SEEDS,
       said);
}

/* A program that is right either way. */
static void same(const char *name, int (*program)(bool))
{
    int good = 1;
    for (int seed = 0; seed <= SEEDS; seed++) {
        struct outcome a = run(program, false, seed), b = run(program, true, seed);
        good &= !a.status && !b.status && a.number == b.number;
    }
    ok(good, "%s", name);
}

int main(void)
{
    found("past the end", past_the_end);
    found("before the start", before_the_start);
    found("a race between threads", race);
    found("the last thread wins", last_one);
    found("a result of the grid", grid);
    found("no wait between streams", between_streams);
    found("pinned memory overwritten before it was read", overwritten);
    found("pinned memory read before it was written", read_too_soon);
    found("memory that was never written", fresh);
    found("the host reads device memory", host_reads);
    found("a kernel reads the host's memory", device_reads_host);
    found("a struct leads to the host's memory", struct_holds_host);
    found("a copy of another kind than it says", kind);
    found("a copy of too much", too_much);
    found("memory that was freed", freed);
    found("memory freed twice", twice);
    found("a stream of another device", other_device);
    found("memory of another device", its_memory);
    found("memory not given back", leak);
    found("an event not given back", leaked_event);
    found("waiting while recording", while_recording);
    found("a graph that is not launched", never_launched);
    same("streams and the null stream wait for each other", null_stream);
    same("pageable memory is read at once", pageable);
    return tap_done();
}

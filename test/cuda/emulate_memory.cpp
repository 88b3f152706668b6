/* emulate_memory.cpp - device and pinned memory: every block in pages of its own, between two
 * pages that cannot be touched */
#include <map>
#include <set>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emulate.h"

enum { PAGE = 4096, ALIGNMENT = 16, CANARY = 0xc9, DEVICES = 2 };

struct block {
    char *pages; /* the first that can be touched */
    size_t length;
    char *data;
    size_t n;
    bool pinned, freed;
    int device;
};

typedef std::map<uintptr_t, block> blocks;
static std::set<block *> hidden; /* from the host: device memory that is not freed */
static size_t used[DEVICES];
static bool open_now;

static blocks &all(void)
{
    static blocks *b = new blocks; /* never destroyed: it is asked until the very end */
    return *b;
}

/* The block that an address is in or near, or NULL. */
static block *near_to(const void *p)
{
    auto i = all().upper_bound((uintptr_t)p);
    if (i == all().begin()) return NULL;
    block *b = &(--i)->second;
    return (const char *)p < b->pages + b->length + PAGE ? b : NULL;
}

/* Fresh memory: not a number, a large one, and a small one. */
static int fresh(void)
{
    static const int byte[3] = {0xff, 0x7f, 0xa5};
    return byte[emulated_seed() % 3];
}

static int device_now(void)
{
    int d = 0;
    cudaGetDevice(&d);
    return d;
}

/* ---- a touch that must not be ----------------------------------------------------------- */

static void touched(int signal_number, siginfo_t *info, void *)
{
    const char *p = (const char *)info->si_addr;
    const block *b = near_to(p);
    if (!b) {
        signal(signal_number, SIG_DFL); /* not of our making */
        return;
    }
    const char *kind = b->pinned ? "pinned" : "device";
    if (b->freed) emulated_wrong("a touch of %s memory that was freed", kind);
    if (p < b->data)
        emulated_wrong("a touch %td bytes before %zu bytes of %s memory", b->data - p, b->n,
                       kind);
    if (p >= b->data + b->n)
        emulated_wrong("a touch %td bytes after %zu bytes of %s memory", p - b->data - b->n,
                       b->n, kind);
    emulated_wrong("the host touches device memory");
}

static void watch(void)
{
    static bool watching;
    struct sigaction a = {};
    if (watching) return;
    watching = true;
    a.sa_sigaction = touched;
    a.sa_flags = SA_SIGINFO;
    sigaction(SIGSEGV, &a, NULL);
    sigaction(SIGBUS, &a, NULL);
}

void emulated_open_memory(bool open)
{
    if (open == open_now || !emulated_seed()) return;
    open_now = open;
    for (block *b : hidden)
        mprotect(b->pages, b->length, open ? PROT_READ | PROT_WRITE : PROT_NONE);
}

/* ---- asking ----------------------------------------------------------------------------- */

enum emulated_kind emulated_kind_of(const void *p, size_t n, const char *what)
{
    const char *at = (const char *)p;
    const block *b = near_to(p);
    if (!b) return EMULATED_HOST;
    const char *kind = b->pinned ? "pinned" : "device";
    if (b->freed) emulated_wrong("%s: %s memory that was freed", what, kind);
    if (at < b->data || n > b->n || at - b->data > (ptrdiff_t)(b->n - n))
        emulated_wrong("%s: %zu bytes from number %td on of %zu bytes of %s memory", what, n,
                       at - b->data, b->n, kind);
    return b->pinned ? EMULATED_PINNED : EMULATED_DEVICE;
}

void emulated_on_device(const void *p, size_t n, const char *what)
{
    if (emulated_kind_of(p, n, what) != EMULATED_DEVICE)
        emulated_wrong("%s: %p is not in device memory", what, p);
}

/* Words that are no pointers hardly look like an address that can be touched. */
static bool mapped(uintptr_t word)
{
    unsigned char there;
    return word >> 40 && word >> 47 == 0 &&
           mincore((void *)(word / PAGE * PAGE), 1, &there) == 0;
}

void emulated_argument(const void *bytes, size_t n)
{
    if (!emulated_seed()) return;
    for (size_t i = 0; i + sizeof(uintptr_t) <= n; i += sizeof(uintptr_t)) {
        uintptr_t word;
        memcpy(&word, (const char *)bytes + i, sizeof word);
        if (!mapped(word)) continue;
        enum emulated_kind kind = emulated_kind_of((void *)word, 0, "a launch");
        if (kind == EMULATED_HOST)
            emulated_wrong("a launch: %p is an address of the host", (void *)word);
        if (kind == EMULATED_DEVICE && near_to((void *)word)->device != device_now())
            emulated_wrong("a launch: memory of another device");
    }
}

/* ---- blocks ----------------------------------------------------------------------------- */

static size_t limit(void)
{
    const char *s = getenv("DORG_EMULATED_MEMORY");
    return s ? (size_t)strtoull(s, NULL, 10) : (size_t)1 << 34;
}

/* A block of n bytes, or NULL. */
static void *take(size_t n, bool pinned)
{
    size_t rounded = (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    block b = {NULL, (rounded + PAGE - 1) / PAGE * PAGE, NULL, n, pinned, false, device_now()};
    char *p = (char *)mmap(NULL, b.length + 2 * PAGE, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return NULL;
    watch();
    b.pages = p + PAGE;
    b.data = b.pages + (emulated_below(2) ? b.length - rounded : 0);
    mprotect(b.pages, b.length, PROT_READ | PROT_WRITE);
    memset(b.pages, CANARY, (size_t)(b.data - b.pages));
    memset(b.data, fresh(), n);
    memset(b.data + n, CANARY, (size_t)(b.pages + b.length - b.data) - n);
    block *kept = &(all()[(uintptr_t)p] = b);
    if (!pinned) {
        used[b.device] += n;
        hidden.insert(kept);
        if (emulated_seed() && !open_now) mprotect(b.pages, b.length, PROT_NONE);
    }
    emulated_count(pinned ? "block of pinned memory" : "block of device memory", 1);
    return b.data;
}

static void look_around(const block *b)
{
    for (const char *p = b->pages; p < b->pages + b->length; p++) {
        if (p == b->data) p += b->n;
        if (p < b->pages + b->length && *p != (char)CANARY)
            emulated_wrong("a write %td bytes from the start of %zu bytes of %s memory",
                           p - b->data, b->n, b->pinned ? "pinned" : "device");
    }
}

/* The addresses are not used again: a later touch is found. */
static void give_back(void *p, bool pinned)
{
    block *b = near_to(p);
    if (!b || b->data != p || b->pinned != pinned)
        emulated_wrong("%p is freed, which is no block of %s memory", p,
                       pinned ? "pinned" : "device");
    if (b->freed) emulated_wrong("memory is freed again");
    mprotect(b->pages, b->length, PROT_READ);
    look_around(b);
    mmap(b->pages, b->length, PROT_NONE,
         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
    b->freed = true;
    if (!pinned) used[b->device] -= b->n;
    hidden.erase(b);
    emulated_count(pinned ? "block of pinned memory" : "block of device memory", -1);
}

extern "C" {

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *whole)
{
    emulated_call call;
    if (call.lost) return cudaErrorLaunchFailure;
    *whole = limit();
    *free_bytes = *whole - used[device_now()];
    return cudaSuccess;
}

/* In emulate.cpp, what both do before: nothing while recording, and freeing waits. */
cudaError_t emulated_malloc(void **p, size_t n, bool pinned)
{
    if (!pinned && n > limit() - used[device_now()]) return cudaErrorMemoryAllocation;
    return (*p = take(n, pinned)) ? cudaSuccess : cudaErrorMemoryAllocation;
}

void emulated_free(void *p, bool pinned)
{
    if (p) give_back(p, pinned);
}
}

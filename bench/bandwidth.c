#define _POSIX_C_SOURCE 200809L
#include "bandwidth.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "measure.h"

typedef float line __attribute__((vector_size(64), aligned(64), may_alias)); /* a cache line */
typedef void way_function(line *lines, size_t count, line *sum);

/* ------------------------------------------------------------------------------- the ways, for each instruction set */

#if defined(__x86_64__)
#define BANDWIDTH_PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define TARGET_BEGIN(t) BANDWIDTH_PRAGMA(clang attribute push(__attribute__((target(t))), apply_to = function))
#define TARGET_END BANDWIDTH_PRAGMA(clang attribute pop)
#else
#define TARGET_BEGIN(t) BANDWIDTH_PRAGMA(GCC push_options) BANDWIDTH_PRAGMA(GCC target(t))
#define TARGET_END BANDWIDTH_PRAGMA(GCC pop_options)
#endif

TARGET_BEGIN("avx512f")
static inline void stream_whole(line *to, const line *from) { _mm512_stream_ps((float *)to, *(const __m512 *)from); }
#define WAY(name) avx512_##name
#define STREAM stream_whole
#include "bandwidth_ways.inc"
TARGET_END

TARGET_BEGIN("avx2")
static inline void stream_halves(line *to, const line *from)
{
    for (int i = 0; i < 2; i++) _mm256_stream_ps((float *)to + 8 * i, ((const __m256 *)from)[i]);
}
#define WAY(name) avx2_##name
#define STREAM stream_halves
#include "bandwidth_ways.inc"
TARGET_END

static inline void stream_quarters(line *to, const line *from)
{
    for (int i = 0; i < 4; i++) _mm_stream_ps((float *)to + 4 * i, ((const __m128 *)from)[i]);
}
#define STREAM stream_quarters
#else
static inline void stream_plain(line *to, const line *from) { *to = *from; }
#define STREAM stream_plain
#endif
#define WAY(name) plain_##name
#include "bandwidth_ways.inc"

static way_function *const *best_ways(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return avx512_ways;
    if (__builtin_cpu_supports("avx2")) return avx2_ways;
#endif
    return plain_ways;
}

static void fence(void)
{
#if defined(__x86_64__)
    _mm_sfence(); /* streaming stores are done when they are in memory's hands */
#endif
}

/* ---------------------------------------------------------------------------------------------------- one walk */

typedef struct span {
    int64_t begin, end; /* nanoseconds of bench_now */
} span;

typedef struct walker {
    int threads;
    way_function *way;
    size_t lines_each, repeats;
    line **lines;  /* of each thread */
    span *spans;   /* of each thread's last walk */
    int64_t until; /* when to stop */
    int64_t best;  /* nanoseconds */
    int walks;
    _Atomic int64_t arrived; /* at all meetings so far */
    _Atomic int stop;
} walker;

static volatile float sink;                                                             /* written only */
static const int64_t spin_time = 2000000, patience = 2000000000, long_walk = 100000000; /* nanoseconds */

/* Waits until every thread is here; 0: stop.  Threads do not sleep meanwhile: two on one CPU that both want to run are soon on two, where
 * one that wakes the other is not.  Where there are more threads than CPUs they give way after a while. */
static int meet(walker *w)
{
    const int64_t goal = (atomic_fetch_add(&w->arrived, 1) / w->threads + 1) * w->threads, start = bench_now();
    int64_t waited = 0;
    while (atomic_load(&w->arrived) < goal && waited < patience) {
        if (waited > spin_time) sched_yield();
        waited = bench_now() - start;
    }
    if (waited >= patience) atomic_store(&w->stop, 1); /* this pool does not run them together */
    return !atomic_load(&w->stop);
}

/* From the first thread's begin to the last one's end; that they had to wait for each other before does not count. */
static void judge(walker *w)
{
    span all = w->spans[0];
    for (int t = 1; t < w->threads; t++) {
        if (w->spans[t].begin < all.begin) all.begin = w->spans[t].begin;
        if (w->spans[t].end > all.end) all.end = w->spans[t].end;
    }
    const int64_t time = all.end > all.begin ? all.end - all.begin : 1;
    if (w->walks++ == 0 || time < w->best) w->best = time;
    if (time > long_walk || (w->walks >= 3 && all.end > w->until)) atomic_store(&w->stop, 1);
}

static void walk_task(void *ctx, int64_t task)
{
    walker *w = (walker *)ctx;
    line sum = {0};
    while (meet(w)) {
        const int64_t begin = bench_now();
        for (size_t r = 0; r < w->repeats; r++) {
            w->way(w->lines[task], w->lines_each, &sum);
            fence();
        }
        w->spans[task] = (span){begin, bench_now()};
        if (!meet(w)) break;
        if (task == 0) judge(w);
    }
    sink = sum[0];
}

/* Numbers, not zeros: some machines treat those better.  Who touches memory first gets it near. */
static void fill_task(void *ctx, int64_t task)
{
    const line one = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    walker *w = (walker *)ctx;
    meet(w);
    for (size_t i = 0; i < w->lines_each; i++) w->lines[task][i] = one;
}

/* ---------------------------------------------------------------------------------------------------- measuring */

enum { LEAST = 1 << 22 }; /* bytes of a walk at least, so that reading the clock costs nothing */

static const char *const names[BANDWIDTH_WAYS] = {"read",    "read-4-far",       "copy", "copy-streamed", "4:1",
                                                  "4:1-far", "4:1-far-streamed", "1:4",  "1:4-streamed"};

const char *bandwidth_way(int way) { return names[way]; }

static void together(walker *w, pp_threads *pool, pp_task task)
{
    atomic_store(&w->arrived, 0);
    atomic_store(&w->stop, 0);
    pp_threads_parallel_for(pool, w->threads, task, w);
}

static int allocate(walker *w)
{
    w->spans = (span *)calloc((size_t)w->threads, sizeof *w->spans);
    w->lines = (line **)calloc((size_t)w->threads, sizeof *w->lines);
    if (w->spans == NULL || w->lines == NULL) return 0;
    for (int t = 0; t < w->threads; t++) {
        void *memory = NULL;
        if (posix_memalign(&memory, (size_t)1 << 21, (w->lines_each + 8) * sizeof(line)) != 0) return 0;
        w->lines[t] = (line *)memory;
    }
    return 1;
}

static void release(walker *w)
{
    for (int t = 0; w->lines != NULL && t < w->threads; t++) free(w->lines[t]);
    free(w->lines);
    free(w->spans);
}

static bandwidth_status measure_ways(walker *w, pp_threads *pool, double milliseconds, double speeds[BANDWIDTH_WAYS])
{
    const double touched = (double)(w->lines_each * sizeof(line)) * (double)w->threads * (double)w->repeats;
    together(w, pool, fill_task);
    for (int i = 0; i < BANDWIDTH_WAYS; i++) {
        w->way = best_ways()[i];
        w->walks = 0;
        w->until = bench_now() + (int64_t)(milliseconds * 1e6 / BANDWIDTH_WAYS);
        together(w, pool, walk_task);
        if (w->walks == 0) return BANDWIDTH_NO_THREADS;
        speeds[i] = touched / (double)w->best;
    }
    return BANDWIDTH_OK;
}

bandwidth_status bandwidth_measure(pp_threads *pool, size_t bytes, double milliseconds, double speeds[BANDWIDTH_WAYS])
{
    walker w = {.threads = pp_threads_count(pool), .repeats = LEAST / (bytes + 1) + 1};
    w.lines_each = bytes / sizeof(line) / (size_t)w.threads;
    if (w.lines_each < 8) return BANDWIDTH_NO_SIZE;
    const bandwidth_status status = allocate(&w) ? measure_ways(&w, pool, milliseconds, speeds) : BANDWIDTH_NO_MEMORY;
    release(&w);
    return status;
}

int bandwidth_best(const double speeds[BANDWIDTH_WAYS], int writes_more)
{
    int best = 0;
    for (int i = 1; i < BANDWIDTH_WAYS; i++)
        if (speeds[i] > speeds[best] && (writes_more || names[i][0] != '1')) best = i;
    return best;
}

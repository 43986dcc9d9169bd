#define _POSIX_C_SOURCE 200809L
#include "measure.h"

#include <stdlib.h>
#include <time.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { SAMPLES = 4096 };
static const int64_t long_call = 100000000; /* one such call is enough */
static const int64_t batch_time = 20000;    /* a batch lasts at least this long, so that reading the clock costs nothing */

int64_t bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bench_timing summary(double *samples, size_t count, int64_t calls)
{
    qsort(samples, count, sizeof *samples, compare);
    return (bench_timing){.median = samples[count / 2],
                          .lower = samples[count / 4],
                          .upper = samples[count - 1 - count / 4],
                          .minimum = samples[0],
                          .calls = calls};
}

static int64_t time_batch(bench_action run, bench_action prepare, void *ctx, int64_t batch)
{
    if (prepare != NULL) prepare(ctx);
    const int64_t start = bench_now();
    for (int64_t i = 0; i < batch; i++) run(ctx);
    const int64_t time = bench_now() - start;
    return time > 0 ? time : 1;
}

bench_timing bench_measure(bench_action run, bench_action prepare, void *ctx, double milliseconds)
{
    static _Thread_local double samples[SAMPLES];
    int64_t time = time_batch(run, prepare, ctx, 1);
    samples[0] = (double)time;
    if (time > long_call) return summary(samples, 1, 1);
    if (time < batch_time) time = time_batch(run, prepare, ctx, 1); /* the first call may have woken something */
    const int64_t batch = prepare == NULL && time < batch_time ? batch_time / time + 1 : 1;
    const int64_t end = bench_now() + (int64_t)(milliseconds * 1e6);
    size_t count = 0;
    do {
        samples[count++] = (double)time_batch(run, prepare, ctx, batch) / (double)batch;
    } while ((bench_now() < end || count < 3) && count < SAMPLES);
    return summary(samples, count, (int64_t)count * batch);
}

int bench_evict(const void *memory, size_t size)
{
#if defined(__x86_64__)
    const char *bytes = (const char *)memory;
    for (size_t i = 0; i < size; i += 64) _mm_clflush(bytes + i);
    if (size > 0) _mm_clflush(bytes + size - 1);
    _mm_mfence();
    return 1;
#else
    (void)memory;
    (void)size;
    return 0;
#endif
}

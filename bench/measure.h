/* Timing: how long one call takes, as the median of many short batches.  Plain C11, no other file of bench/ needed. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct bench_timing {
    double median, lower, upper, minimum; /* nanoseconds a call: median, quartiles, best */
    int64_t calls;
} bench_timing;

typedef void (*bench_action)(void *ctx);

int64_t bench_now(void); /* nanoseconds of a clock that only goes forward */

/* Calls run(ctx) for about "milliseconds" after one untimed call.  With "prepare" (may be NULL) every call is timed by
 * itself and prepare(ctx) runs before it, untimed: that is how a cold cache is made.  A single call of more than 0.1 s is the
 * whole measurement, and the untimed one is left out. */
bench_timing bench_measure(bench_action run, bench_action prepare, void *ctx, double milliseconds);

/* Puts the bytes out of every cache; 0 where this machine has no instruction for it. */
int bench_evict(const void *memory, size_t size);

#ifdef __cplusplus
}
#endif

#endif

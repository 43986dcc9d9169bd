/* bench.h - the parts of the verb bench: one case, timed. */
#ifndef POOLPACK_CLI_BENCH_H
#define POOLPACK_CLI_BENCH_H

#include "job.h"
#include "measure.h"

struct bench_options {
    const char *algorithm, *isa; /* NULL: the library's choice */
    int threads, milliseconds;
    bool json;
    struct engine engine;
    pp_threads *walkers; /* those of the limit; NULL: one thread */
};

struct bench_result {
    const char *text;
    int threads;
    bench_timing timing; /* nanoseconds */
    int64_t bytes;       /* of one input and one output, and of indices that forward writes */
    double speed;        /* GB/s */
    double limit;        /* GB/s; 0: too few bytes for one */
    const char *limit_way;
    char plan[512], algorithm[32], isa[16]; /* of the direction that was timed */
};

int bench_start(struct bench_options *options);
void bench_stop(struct bench_options *options);
int bench_case(const struct bench_options *options, const char *text, struct bench_result *result);

#endif

/* The values of every tensor in the benchmark, and the sums by which results are compared. */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include "case.h"

/* Element number i, in N C D H W order, is value (i + shift) mod VALUES_PERIOD of a fixed table: multiples of 1/128 in [-1, 1), or
 * any byte; with_nan makes one in a hundred NaN.  "spatial" is D * H * W. */
enum { VALUES_PERIOD = 65521 };
void values_fill(void *memory, const bench_case *c, int64_t spatial, int64_t shift, int with_nan);

typedef struct values_sums {
    int64_t elements, nans;
    double sum, magnitude, weighted; /* the weight of element i is i mod 1021 */
} values_sums;
values_sums values_check(const void *memory, const bench_case *c, int64_t spatial);

#endif

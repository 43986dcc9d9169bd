/* What the kernels that find winners are told (kernels/winner.inc; made by algorithm/winners.c). */
#ifndef PP_WINNER_H
#define PP_WINNER_H

#include "order.h"

struct pp_tap;

/* Windows of one shape.  A tap of the list lies lane under lane: a row under the windows, or with channels in the lanes (steps 0)
 * any element of them.  The index found is (tap's index ^ complement) + base + repeat * index_step, and plus the column when there
 * are steps; -1 when all is NaN that is ignored. */
typedef struct pp_winner {
    const void *source;
    void *target;       /* their values, or NULL */
    void *target_index; /* lanes of integers; wide: int64_t, "offset" more */
    bool wide;
    int64_t offset;
    const void *empty; /* the value of a window that sees nothing but ignored NaN */
    int64_t repeat, source_step, target_step, value_step, index_step;
    const struct pp_tap *taps;
    int64_t count;
    int64_t lanes;               /* outputs of a repeat */
    int64_t steps;               /* taps along the row */
    int64_t first, stride, step; /* columns: of output 0's first tap, from output to output, from tap to tap */
    int64_t begin, end;          /* those that exist */
    int64_t outputs;             /* whose taps lie in two vectors of lanes */
    const char *picks;           /* where: one vector per step, for either half of these outputs */
    bool tags;                   /* no column is added: what is found is relative to the window */
    int64_t base, complement;    /* complement: 0, or -1 where the last of equals wins: then the list runs backward, its indices inverted */
    pp_order order;
    bool last_nan;
} pp_winner;

typedef void (*pp_winner_fn)(const pp_winner *);

#endif

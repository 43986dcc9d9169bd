/* What the kernels that find winners are told (kernels/winner.inc; made by algorithm/winners.c). */
#ifndef PP_WINNER_H
#define PP_WINNER_H

#include "order.h"

struct pp_tap;

enum { PP_WINNER_STEPS = 16 };

/* Windows of one shape.  Output j sees the elements that lie j * jump after the taps of the list, as far as they exist: a tap's is that of
 * column first + j * stride + merges * step of its row.  Of equals the first of the list wins; its index is the tap's + base +
 * repeat * index_step + j * apart, or -1 when all is NaN that is ignored. */
typedef struct pp_winner {
    const void *source;
    void *target;       /* their values, or NULL */
    void *target_index; /* lanes of integers; wide: int64_t, "offset" more */
    bool wide;
    bool down; /* repeats follow each other closely in memory */
    int64_t offset;
    const void *empty; /* the value of a window that sees nothing but ignored NaN */
    int64_t repeat, source_step, target_step, value_step, index_step;
    const struct pp_tap *taps;
    int64_t count;
    int64_t lanes;               /* outputs of a repeat */
    int64_t steps;               /* columns of a window, at most PP_WINNER_STEPS */
    int64_t first, stride, step; /* of output 0, from output to output, from tap to tap */
    int64_t begin, end;          /* columns that exist */
    int64_t jump;                /* 1 or 2 */
    bool padded;                 /* others, and two vectors more than there are outputs, can be read: they are the least */
    int64_t base, apart;
    pp_order order;
    bool later_nan; /* of NaN the last of the list wins */
} pp_winner;

typedef void (*pp_winner_fn)(const pp_winner *);

#endif

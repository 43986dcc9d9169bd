/* What the kernels that find winners are told (kernels/winner.inc; made by algorithm/winners.c). */
#ifndef PP_WINNER_H
#define PP_WINNER_H

#include "order.h"

struct pp_tap;

/* Windows of one shape: output j sees the elements that lie j after the taps of the list.  Of equals the first of the list wins; its index
 * is the tap's + base + repeat * index_step + j * apart.  Fewer outputs than a vector has lanes: as many elements can be read. */
typedef struct pp_winner {
    const void *source;
    const int32_t *tags; /* with the source: indices that taps bring along; NULL: their own.  None is a NaN, or without an index */
    void *target;       /* their values, or NULL */
    void *target_index; /* int32_t; wide, and of f64: int64_t, "offset" more */
    const void *grads; /* with sums: neither; gradients are added where winners lie, so many lanes for each index that counts from "base" on */
    void *sums;
    bool wide;
    int64_t offset;
    int64_t lanes; /* outputs of a repeat */
    int64_t repeat, source_step, target_step, value_step, grad_step, index_step;
    const struct pp_tap *taps;
    int64_t count;
    int64_t base, apart;
    pp_order order;
    void (*mend)(const struct pp_winner *, int64_t r, int64_t from,
                 int64_t to); /* outputs [from, to) of repeat r: NaN, nothing above -infinity */
} pp_winner;

/* Rows of 4-byte elements (wide: 8-byte), as one line for each phase: element j becomes number (first + j) / phases of line
 * (first + j) % phases. */
typedef struct pp_rows {
    const void *source;
    void *target;
    int64_t rows, lanes, source_step, target_step; /* steps in elements */
    int64_t first, phases, phase;                  /* phase: distance of lines */
    bool wide;
} pp_rows;

typedef void (*pp_winner_fn)(const pp_winner *);
typedef void (*pp_rows_fn)(const pp_rows *);

#endif

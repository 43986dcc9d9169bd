/* What the kernels are told that gather gradients (kernels/gather.inc, take.inc; made by algorithm/gather.c).  Where the winner of a
 * window lies is said by its tag: the distance, in the plane, from the window's first tap to it. */
#ifndef PP_GATHER_H
#define PP_GATHER_H

#include <stdbool.h>
#include <stdint.h>

struct pp_tap;

/* target[j] = sum of grads[taps[t].offset + j] over the taps t, in their order, with tags[taps[t].offset + j] == taps[t].index, for
 * lanes j; "repeat" times, "step" and "target_step" further.  Of two phases each has its taps, and they alternate in the target.  Up
 * to PP_GATHER_AHEAD lanes after those of the target's are read. */
typedef struct pp_gather {
    const int32_t *tags;
    const void *grads;
    void *target;
    const struct pp_tap *taps[2];
    int64_t count[2];
    int64_t phases;
    int64_t lanes;
    int64_t repeat, step, target_step;
} pp_gather;

enum { PP_GATHER_AHEAD = 64 };

/* Indices in the plane to tags: "positions" runs of lanes, index_step and tag_step apart.  The first tap of the window of lane 0 has
 * index base and column first; from run to run base_step and first_step more, from lane to lane both "apart". */
typedef struct pp_take {
    const void *indices;
    bool wide; /* int64_t, else int32_t */
    int64_t positions, lanes, index_step, tag_step;
    int64_t base, base_step, first, first_step, apart;
    int64_t input, kernel; /* columns; of a window */
    int32_t *tags;
    const int32_t *rows; /* of those of the windows that exist, the first tags */
    int64_t row_count;
} pp_take;

/* Rows of 4-byte elements: every apart-th of the source, side by side in the target. */
typedef struct pp_rows {
    const void *source;
    void *target;
    int64_t rows, lanes, source_step, target_step; /* steps in elements */
    int64_t apart;
} pp_rows;

typedef void (*pp_gather_fn)(const pp_gather *);
typedef bool (*pp_take_fn)(const pp_take *); /* false: an index lies in no window; -1 may */
typedef void (*pp_rows_fn)(const pp_rows *);

#endif

/* The inner loop of the backward of a maximum: gradients are added where indices say. */
#ifndef PP_ADD_H
#define PP_ADD_H

#include "../common.h"

typedef enum pp_added {
    PP_ADDED,
    PP_ADDED_BAD /* stopped at one that is no index of the plane */
} pp_added;

/* sums[(indices[j] - base_j - first) * inner + j * lane_step] += grads[j], one j after another, where base_j = base + j * base_step;
 * -1 adds nothing.  Strides in elements. */
typedef struct pp_add {
    const void *indices, *grads;
    int64_t count, index_step, grad_step;
    int64_t base, base_step;
    int64_t plane;       /* indices, less their base, lie below */
    int64_t first, live; /* those from "first" on, "live" of them, have a sum; the rest add nothing */
    void *sums;
    int64_t inner, lane_step;
} pp_add;

typedef pp_added (*pp_add_fn)(const pp_add *);

/* wide: int64_t indices, else int32_t; real: sums and gradients are double, else float. */
pp_add_fn pp_add_for(bool wide, bool real);

#endif

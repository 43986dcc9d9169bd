/* What the pick kernels are told (kernels/pick.inc; made by algorithm/pick.c).  Everything is counted in elements or lanes of
 * the row, which lie side by side: position * channels + channel. */
#ifndef PP_PICK_H
#define PP_PICK_H

#include "order.h"

struct pp_tap;

enum { PP_PICK_OPEN = 16 }; /* blocks of the tree of sums that can be open at once: few taps on each axis */

/* Output rows that see input rows of one pattern. */
typedef struct pp_pick_run {
    const struct pp_tap *taps; /* rows under the window, on D and H */
    int64_t count, rows;
    int64_t source, source_step; /* where the taps count from: at the first row, from row to row */
    int64_t target, target_step;
    double scale;   /* not 0: sums are multiplied by it ... */
    double divisor; /* ... else divided by this times what pp_pick.extent says */
} pp_pick_run;

/* Outputs of a row whose taps lie within two vectors of lanes. */
typedef struct pp_pick_pair {
    int64_t lane, limit; /* the first of these lanes; how many of them count */
    int64_t output;      /* lane of the first output */
} pp_pick_pair;

typedef struct pp_pick {
    const void *source; /* lane 0 of row 0 of the first plane */
    void *target;
    int64_t planes, source_plane, target_plane; /* how many, and their distances */
    const pp_pick_run *runs;
    int64_t run_count;

    int64_t pairs;                                        /* of a row ... */
    const pp_pick_pair *listed;                           /* ... each described; NULL: they lie regularly: */
    int64_t lane, advance;                                /* the first, and from pair to pair */
    int64_t lanes;                                        /* outputs of a pair */
    int64_t read_begin, read_end, write_begin, write_end; /* lanes of the row that exist, that are wanted */

    int64_t taps; /* of a window */
    const unsigned char *merges;
    const char *index;  /* for each output and tap the lane of its pair: one vector per tap, for either half of the outputs */
    int64_t index_set;  /* bytes of these; they are the same for all pairs, or follow each other when listed */
    const char *extent; /* divisors' share: two vectors for each of the first "head" pairs, for those between, for those ... */
    int64_t head, tail; /* ... from "tail" on */
    pp_order order;     /* of elements that are compared */
} pp_pick;

typedef void (*pp_pick_fn)(const pp_pick *);

#endif

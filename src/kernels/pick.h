/* What the pick kernels are told (kernels/pick.inc; made by algorithm/pick_plan.c).  Everything is counted in elements or lanes
 * of the row, which lie side by side: position * channels + channel. */
#ifndef PP_PICK_H
#define PP_PICK_H

#include "order.h"

struct pp_tap;

enum { PP_PICK_OPEN = 16 }; /* blocks of the tree of sums that can be open at once: few taps on each axis */

/* Output rows that see input rows of one pattern. */
typedef struct pp_pick_run {
    const struct pp_tap *taps; /* rows under the window, on D and H */
    int64_t count, rows;
    bool tree;                   /* not just one after the other */
    int64_t low, high;           /* smallest and largest offset of these */
    int64_t source, source_step; /* where the taps count from: at the first row, from row to row */
    int64_t target, target_step;
    bool scaled, whole;    /* sums are multiplied by scale; are divided by integers below 2^20 */
    double scale, divisor; /* else divided by this times what pp_pick_strip.extent says */

    /* Sums of bytes, as (n * inverse >> 16) >> shift, n being what is divided and half a divisor; exact (algorithm/pick_plan.c). */
    const char *inverse; /* like the extents */
    int shift, ties;     /* PP_PICK_DOWN, ... */
} pp_pick_run;

/* Averages of bytes: rounded down; half up, or there are no ties; half to even; half away from zero; half to even, all divisors being
 * the same power of two, 2^shift. */
enum { PP_PICK_DOWN, PP_PICK_UP, PP_PICK_EVEN, PP_PICK_AWAY, PP_PICK_POWER };

/* Lanes of a vector. */
typedef struct pp_pick_part {
    unsigned char from, to;
} pp_pick_part;

/* Pairs of vectors of lanes side by side on a row, and the outputs whose taps lie within them. */
typedef struct pp_pick_strip {
    int64_t lane, output;  /* of the first pair and its first output */
    int64_t pairs;         /* how many, regularly; more than one: all their lanes exist and are wanted */
    int64_t count;         /* output lanes of a pair */
    int64_t from, to;      /* lanes of a pair that exist */
    pp_pick_part exist[2]; /* ... of either vector */
    pp_pick_part keep[2];  /* of either half of the outputs: lanes that are written, others may be where they are written later */
    bool whole[2];         /* all are */
    int halves, second;    /* of the outputs: 1 or 2; from a pair's first vector to its second, 0: that does not count */
    const char *index;     /* for each output and tap the lane of its pair: one vector per tap, for either half of the outputs */
    const char *extent;    /* divisors' share, for either half */
    int64_t set;           /* bytes from pp_pick_run.inverse to those that go with them */
} pp_pick_strip;

/* Pairs of one strip and one run, at regular distances: along a row and below each other, or below each other and on one plane after
 * the other. */
typedef struct pp_pick {
    const pp_pick_run *run;
    const pp_pick_strip *strip;
    int64_t taps; /* of a window on W */
    bool paired;  /* bytes: windows are pairs of neighbours, one after the other */
    const unsigned char *merges;
    pp_order order; /* of elements; bytes that are added: mask is their sign */
    bool stream;    /* whole vectors of results go past the caches: their addresses are aligned */

    const void *source; /* lane 0 of the first pair, in the row that taps count from */
    void *target;
    int64_t count[2], source_step[2], target_step[2]; /* a box of them, [0] innermost */
    int64_t fetch, ahead;                             /* rows under a window that come new with it; how far what is read soon lies, or 0 */
} pp_pick;

/* Loads whole vectors, even where only a part of their lanes exist. */
typedef void (*pp_pick_fn)(const pp_pick *);

#endif

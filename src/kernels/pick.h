/* What the pick kernels are told (kernels/pick.inc, pick_bytes.inc; made by algorithm/pick_plan.c).  Everything is counted in
 * elements or lanes of the row, which lie side by side: position * channels + channel. */
#ifndef PP_PICK_H
#define PP_PICK_H

#include "order.h"

enum {
    PP_PICK_OPEN = 16, /* blocks of the tree of sums that can be open at once: few taps on each axis */
    PP_PICK_TAPS = 64  /* rows under a window, at most; taps on W */
};

/* Output rows that see input rows of one pattern. */
typedef struct pp_pick_run {
    int64_t begin[2], end[2];    /* on D and H */
    const int64_t *row;          /* under a window, where they lie from its first; four are there, if not all of them count */
    int64_t count, few;          /* few: one to three that are combined one after another, or four by twos; 0: not so */
    const unsigned char *merges; /* of float sums: how many blocks of the tree of sums the arrival of each completes */
    int64_t low, high;           /* the smallest and largest of the rows */
    int64_t first, source_step;  /* the first of the first window on H, from window to window */
    double divisor;              /* the part of D and H */
    const uint16_t *inverse;     /* sums of bytes are divided as (n * inverse >> 16) >> shift; these are like the extents */
    int shift;
    bool ties; /* matter: some of these divisors are even */
} pp_pick_run;

/* Pairs of vectors of lanes side by side on a row, and the outputs whose taps lie within them. */
typedef struct pp_pick_strip {
    int64_t lane, output; /* of the first pair and its first output */
    int64_t pairs;        /* how many, regularly; more than one: all their lanes exist and are wanted */
    int64_t from, to;     /* lanes of a pair that exist ... */
    struct {
        unsigned char from, to;
    } part[2];       /* ... and of either vector */
    int64_t outputs; /* lanes of them that are written: whole vectors, where more are written again later, or those there are */
    int64_t source_step, target_step; /* from pair to pair */
    int64_t second;                   /* from a pair's first vector to its second, if that counts; 0 */
    const char *index;                /* for each output and tap the lane of its pair: one vector per tap, for either half of the outputs */
    const char *extent;               /* divisors' share, for either half */
    int64_t set;                      /* of pp_pick_run.inverse: which goes with them */
} pp_pick_strip;

/* Pairs of one strip and one run, at regular distances: along a row and below each other, or below each other and on one plane after
 * the other. */
typedef struct pp_pick {
    const pp_pick_run *run;
    const pp_pick_strip *strip;
    const unsigned char *merges;
    const int64_t *vectors; /* where the first, second, ... of vectors in memory lie */
    int64_t taps, few;      /* of a window on W; few: up to four, without a loop */
    bool whole;             /* sums: divisors are integers below 2^20 */
    bool truncates, away;   /* averages of bytes are rounded down; ties away from zero; ... */
    int sign;               /* ... 0x80 flips the sign of elements to make them unsigned, 0 */
    pp_order order;         /* maxima */
    bool stream;            /* whole vectors of results go past the caches: their addresses are aligned */

    int64_t count[2], source_step[2], target_step[2]; /* a box of them, [0] innermost */
    bool far;                                         /* the input comes from memory: rows are called to a cache early ... */
    int64_t ahead;                                    /* ... that lie so far from those that are read */
} pp_pick;

/* source: lane 0 of the first pair, in the first row under its window.  Loads whole vectors, even where only a part of their lanes
 * exist, unless pp_kernels.pick_parts says otherwise. */
typedef void (*pp_pick_fn)(const pp_pick *pick, const void *source, void *target);

#endif

/* Windows by doubling (levels.inc): level l holds the sum, or maximum, of 2^l neighbours. */
#ifndef PP_LEVELS_H
#define PP_LEVELS_H

#include "order.h"

/* A window over rows: it ends with row number "row" and has "length" rows. */
typedef struct pp_emission {
    int64_t row, length;
    int64_t target; /* in lanes, from pp_climb.target */
} pp_emission;

/* Rows of lanes, one after another.  The rings remember what levels 0 to "levels" hold for the last 1, 2, 4, ... rows: all of
 * them together 2^(levels + 1) - 1 rows of "width" lanes, whole vectors. */
typedef struct pp_climb {
    const void *source;
    int64_t step, rows, lanes; /* step: lanes from row to row */
    int64_t now;               /* number of the first of these rows */
    void *ring;
    int64_t width;
    const pp_emission *emission; /* in the order of their rows */
    int64_t emissions;
    void *target;
    int levels;
    bool from_elements, to_elements; /* maxima: source, target are elements of the lanes' width, not keys */
    pp_order order;                  /* from elements */
} pp_climb;

/* A line of lanes: target + l * apart becomes level l + 1, whose blocks begin at each lane, for the bits l of "keep".  Reads, and
 * writes, up to levels + 1 vectors past "lanes". */
typedef struct pp_rise {
    const void *source;
    void *target;
    int64_t lanes, apart;
    int levels; /* 2^levels <= lanes of a vector */
    uint64_t keep;
} pp_rise;

/* target[j] = ((source[offset[0] + j] op source[offset[1] + j]) op ...), for j < lanes. */
typedef struct pp_join {
    const void *source;
    const int64_t *offset;
    int64_t lanes;
    int count;
    void *target;
    bool to_elements;
} pp_join;

typedef struct pp_level_kernels {
    void (*climb)(const pp_climb *);
    void (*rise)(const pp_rise *); /* NULL: not brought */
    void (*join)(const pp_join *);
    int vector_level; /* a vector has 2^this lanes */
} pp_level_kernels;

enum { PP_LEVELS = 24 }; /* of windows of up to 2^24 - 1 */

/* The level of the largest blocks in x neighbours. */
PP_INLINE int pp_log2(int64_t x)
{
#if defined(__GNUC__)
    return 63 - __builtin_clzll((unsigned long long)x);
#else
    int log = 0;
    while (x >> log > 1) log++;
    return log;
#endif
}

/* Where the rings hold what a level was at row "row". */
PP_INLINE int64_t pp_ring_row(int level, int64_t row)
{
    int64_t mask = ((int64_t)1 << level) - 1;
    return mask + (row & mask);
}

/* Offsets in the rings of the blocks that make the window of "length" rows that ends with "row"; returns their number.  Those of
 * a maximum may overlap. */
int pp_ring_blocks(int64_t length, bool overlap, int64_t row, int64_t width, int64_t offset[PP_LEVELS]);

#endif

/* What an instruction set brings: for each element type, a handful of operations on lines of lanes.  The sweeps are written
 * once on top of them. */
#ifndef PP_KERNELS_H
#define PP_KERNELS_H

#include "../common.h"
#include "levels.h"
#include "pick.h"
#include "winner.h"

enum {
    PP_COLUMNS = 16,            /* lanes of a vector, at most */
    PP_STACK = 40,              /* blocks of the tree of sums that can be open at once ... */
    PP_FAST_DIVISORS = 1 << 14, /* integer sums are divided by integers below this in f32 */
    PP_MAX_TAPS = 1 << 22       /* ... by a list of this many taps on three axes: 22 + 3 * 3, rounded up */
};

/* One element of a window: where its lane 0 lies, and how many blocks of the tree of sums its arrival completes. */
typedef struct pp_tap {
    int64_t offset; /* from pp_reduce.source, in elements of the source */
    int64_t index;  /* of the winner kernel: see there */
    int merges;
    int twigs; /* windows of sums in the tree's order: 2 or 3 taps that follow each other, as 0 + 1, (0 + 1) + 2 */
} pp_tap;

/* target[j] = combine over taps t of source[taps[t].offset + j], for lanes j.  count and lanes are at least 1; target does not
 * overlap the source unless lane for lane.  No memory but these elements is touched. */
typedef struct pp_reduce {
    const void *source; /* elements, or lanes */
    const pp_tap *taps;
    int64_t count, lanes;
    void *target;
    pp_order order; /* of elements; lanes have it already */
} pp_reduce;

/* How a sum n of bytes is divided: q = (n + up + more) * inverse >> (16 + shift), exactly (algorithm/narrow.c); and of ties (q - above) >> bit
 * says in its lowest bit which are one too much.  inverse 0: not so. */
typedef struct pp_byte_division {
    uint16_t up, more, inverse, divisor, above;
    int shift, bit;
    bool ties; /* matter */
} pp_byte_division;

/* Turns finished lanes into elements, or elements into lanes to be summed. */
typedef struct pp_finish {
    const void *source;
    void *target;
    int64_t lanes;
    double divisor;    /* 1: none */
    bool accumulate;   /* add to what target holds */
    pp_order order;    /* of the lanes */
    const void *empty; /* the element for a lane that saw nothing but ignored NaN */
    pp_byte_division bytes; /* of averages of bytes, ... */
    const struct pp_problem *problem; /* ... which this is */
} pp_finish;

/* f32 elements with their indices as lanes of 64 bits, of which the largest wins (packed.inc), and back. */
typedef struct pp_pack {
    void *elements; /* unpacking: NULL: only indices */
    void *packed;
    int64_t lanes;
    int64_t index, index_step; /* packing: lane j has index + j * index_step, below 2^32 */
    int64_t *indices;          /* unpacking: -1: nothing but ignored NaN ... */
    int32_t empty;             /* ... whose element has these bits */
    pp_order order;
    bool last_nan, last_tie; /* of NaN, of equals the last wins */
} pp_pack;

/* "count" elements narrower than lanes, at least PP_COLUMNS, to lanes of f32, or back, rounded.  sign: of bytes, 0x80 where they have one, else 0. */
typedef void (*pp_convert_fn)(void *elements, float *lanes, int64_t count, int sign, pp_rounding rounding);

/* target[i * step] = the average of row i of "count" bytes, at least a vector. */
typedef struct pp_totals {
    const uint8_t *source;
    uint8_t *target;
    int64_t count, rows, step;
    int sign; /* as above */
    float divisor;
    pp_rounding rounding;
} pp_totals;

typedef void (*pp_totals_fn)(const pp_totals *);

/* target[j] = source[j] / divisor as lanes that are summed later, for lanes j of each of some rows of some planes. */
typedef struct pp_divide {
    const void *source;
    void *target;
    int64_t lanes, rows, source_row, target_row, planes, source_plane, target_plane;
    double divisor, inverse; /* inverse: 0, or one of the divisor that is as good to multiply by */
    const void *extent;      /* NULL, or what the divisor is multiplied by for each lane, exactly; whole vectors of PP_ALIGN bytes */
} pp_divide;

/* Rows of elements, and the same as a dense array [positions][lanes], of whose lanes only those of rows are touched. */
typedef struct pp_transpose {
    char *rows;
    int64_t count, stride; /* of rows: number, distance in bytes */
    char *dense;
    int64_t run, positions; /* bytes from run to run of the dense array; their number */
    bool back;              /* from dense to rows */
    int64_t ahead;          /* bytes from the rows that are read now to those that are soon: they follow each other in memory */
} pp_transpose;

typedef void (*pp_transpose_fn)(const pp_transpose *);

/* Windows whose rows are combined, lane by lane: vector by vector, of which the last begins at lane "last".  The first vectors of
 * PP_COLUMN windows go to slots of two vectors' length one after the other, behind them the next vectors of the same windows, ... */
typedef struct pp_columns {
    const float *source;                /* of the next window, ... */
    int64_t step, windows, left, skip;  /* ... which are step apart, of a line of so many of them, with so many left; skip: more, from line to line */
    int64_t count, row, rows, last;     /* count: how many are done; row: from row to row */
    int64_t apart;                      /* of targets */
    float *target, *open;               /* open: room for lines of blocks of rows */
} pp_columns;

/* Windows to one lane each: some are combined down, and then, transposed, across. */
typedef struct pp_pool {
    pp_columns down, across; /* across.source: where transposed vectors go, ... */
    int64_t end;             /* ... each so many positions further, the last one here at most */
    int64_t count, before;   /* of windows; before: a line's last one is read from so many elements before it on */
    int64_t most;            /* at once: of several vectors PP_COLUMN, of one PP_COLUMN_MOST */
    bool max;                /* NaN wins; else: sum */
} pp_pool;

enum { PP_COLUMN = 8, PP_COLUMN_MOST = 16 }; /* lanes of a vector; windows of one vector that are done at once */
typedef void (*pp_pool_fn)(pp_pool *); /* moves on to what follows */

/* Rows of lanes, each element of the source "width" times (below 2^20), of the first one all but "skip".  Reads up to a vector past
 * the source. */
typedef struct pp_spread {
    const void *source;
    void *target;
    int64_t width, skip, lanes;
    int64_t copies, step; /* from copy to copy */
    bool stream;          /* past the caches: all vectors of the target are aligned */
} pp_spread;

typedef void (*pp_spread_fn)(const pp_spread *);

/* Kernels on planes. */
typedef struct pp_planes {
    pp_transpose_fn transpose[2]; /* elements of 4 bytes; of 8 */
    pp_pool_fn pool;              /* of f32; NULL: not brought */
} pp_planes;

/* Windows of one shape: target[j] = finished(combine over taps t of source[taps[t].offset + j]), for lanes j of one vector or of
 * four, which lie 0, unit, half, half + unit apart; and again step further, "blocks" times.  All in elements.  Of maxima count is
 * odd (a tap may be listed twice). */
typedef struct pp_windows {
    const void *source;
    void *target;
    const pp_tap *taps;
    int64_t count;
    int64_t twig; /* sums in the tree's order: from tap to tap of a twig */
    int64_t unit, half, step, target_unit, target_half, target_step;
    int64_t blocks;
    int64_t lanes;           /* of one vector: all, or fewer */
    bool stream;             /* four vectors past the caches: their addresses are aligned */
    const pp_finish *finish; /* what concerns single lanes */
} pp_windows;

typedef void (*pp_windows_fn)(const pp_windows *);
typedef void (*pp_reduce_fn)(const pp_reduce *);
typedef void (*pp_finish_fn)(const pp_finish *);
typedef void (*pp_divide_fn)(const pp_divide *);
typedef void (*pp_pack_fn)(const pp_pack *);
typedef void (*pp_stream_fn)(void *target, const void *source, size_t bytes);
void pp_stream__scalar(void *target, const void *source, size_t bytes);

/* What every problem of f32 and f64 can be made of: operations on whole lines, from memory to memory; and the way there. */
typedef struct pp_lines {
    pp_reduce_fn sum;                     /* in the order of the tree; NULL: so are the next ones */
    pp_reduce_fn max[2];                  /* elements -> lanes, or lanes -> lanes.  [1]: NaN is ignored */
    pp_finish_fn finish_sum;              /* sum lanes -> elements: + 0, divide, convert, accumulate */
    pp_finish_fn finish_max;              /* max lanes -> elements */
    pp_divide_fn divide;                  /* elements -> lanes, each divided */
    pp_pack_fn pack, unpack;              /* elements with their indices; NULL: not brought, but for f32 ... */
    const struct pp_kernels *wide;        /* ... and those that combine such lanes */
    pp_convert_fn widen, narrow;          /* elements -> f32, and back; NULL: not brought */
    pp_totals_fn totals;                  /* of bytes; NULL: not brought */
    pp_spread_fn spread;                  /* of f32; NULL: not brought */
    int vector_bytes;                     /* of one vector of a window: */
    pp_windows_fn sum_window, max_window; /* NULL: not brought; NaN wins */
} pp_lines;

typedef struct pp_kernels {
    int vector_bytes;                       /* 0: one lane at a time */
    bool pick_parts;                        /* pick kernels load no lane that does not exist */
    const pp_lines *lines;                  /* these are always there; of the others NULL: not brought */
    const pp_planes *planes;                /* of any type */
    pp_stream_fn stream;                    /* copies past the caches (kernels/stream.inc) */
    pp_windows_fn sum_windows, max_windows; /* of four whole vectors (sums of narrow elements: of one, or a part); NaN wins */
    pp_pick_fn pick_sum, pick_max;          /* windows on rows of lanes; NaN wins */
    pp_winner_fn winner;                    /* elements -> where the largest of small windows lie */
    pp_rows_fn rows;                        /* for it, of 4-byte elements: rows to phases */
    const pp_level_kernels *sum_levels;     /* on sum lanes */
    const pp_level_kernels *max_levels;     /* on keys of max lanes */
} pp_kernels;

/* Kernels of AVX2 that serve its machines' other instruction sets, where wider vectors would gain little. */
void pp_rows__avx2(const pp_rows *c);
extern const pp_planes pp_planes__avx2;
void pp_stream__avx2(void *target, const void *source, size_t bytes);
extern const pp_kernels pp_f64_kernels__avx2;
extern const pp_level_kernels pp_f32_sum_levels__avx2, pp_f32_max_levels__avx2;
extern const pp_lines pp_f32_lines__avx2, pp_bf16_lines__avx2, pp_f16_lines__avx2, pp_byte_lines__avx2;

#endif

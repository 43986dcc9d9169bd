/* Long windows (levels.inc): level l holds the sum, or maximum, of 2^l neighbours. */
#ifndef PP_LEVELS_H
#define PP_LEVELS_H

#include "order.h"

/* Windows that slide over rows of lanes: window i combines rows [first + i * advance, ... + length), of which [begin, end) exist:
 * others are zeros, or do not count. */
typedef struct pp_slide {
    const void *source;  /* row "begin" */
    int64_t step, lanes; /* step: lanes from row to row */
    int64_t begin, end, first, advance, length, count;
    void *target;
    int64_t pitch;                   /* lanes from window to window */
    void *scratch;                   /* pp_slide_rows(length) rows of PP_SLIDE_BYTES */
    bool from_elements, to_elements; /* maxima: source, target are elements of the lanes' width, not keys */
    pp_order order;
    const void *divisors; /* sums: a line like the target, what they are divided by; NULL: nothing */
} pp_slide;

enum { PP_SLIDE_BYTES = 256 };

/* target[j] = ((source[offset[0] + j] op source[offset[1] + j]) op ...), for j < lanes; PP_LINE_PAD bytes past them may be read. */
enum { PP_LINE_PAD = 512 };
typedef struct pp_join {
    const void *source;
    const int64_t *offset;
    int64_t lanes;
    int count;
    void *target;
    bool to_elements;
    pp_order order;
    const void *divisors; /* as in pp_slide */
} pp_join;

typedef struct pp_level_kernels {
    void (*slide)(const pp_slide *);
    void (*join)(const pp_join *);
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

/* Sums remember what each level was for the last 1, 2, 4, ... rows; maxima those of a window. */
PP_INLINE int64_t pp_slide_rows(int64_t length) { return (int64_t)2 << pp_log2(length); }

#endif

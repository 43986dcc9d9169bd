/* The separable executor, row by row: for every row of the result, the rows under its windows are reduced to one line
 * ("column"), and the line's windows to the row.  It asks its three axes what an output sees, its two arrays where elements
 * lie, and never whose axes they are.
 *
 *   source rows --(pack)--> D and H: kernel over rows --> column line --> W: kernel along the line --> finish --> target
 *
 * Long windows take doubling levels instead of every tap: levels.c.  Winners are maxima of lanes that hold elements with their indices,
 * or, for gradients of other types, told by the reference: packed.c. */
#ifndef PP_SWEEP_H
#define PP_SWEEP_H

#include "lines.h"

/* Outputs of a row that share a divisor. */
typedef struct pp_stretch {
    int64_t begin, end;
    pp_window window; /* of any of them; begin == end: they see nothing */
} pp_stretch;

typedef struct pp_sweep { /* what is asked most comes first: its addresses are short */
    const pp_run *run;
    const pp_problem *problem;
    const pp_axis *axis; /* D, H, W */
    bool packs;          /* lanes hold elements with their indices */
    bool levels;         /* long windows */
    bool across;         /* ... that slide from position to position on W */
    bool split;          /* the line is split into "advance" phases, so that the outputs of a class lie side by side */
    bool gathered;       /* elements of source rows do not lie side by side */
    bool gaps;           /* some windows see nothing */
    bool made;           /* results are elements, and need no finishing */
    int64_t inner;
    size_t lane;              /* bytes */
    int64_t begin[3], end[3]; /* of the target */

    /* the line under the windows: positions [span_begin, span_end) on W, of which [read_begin, read_end) exist */
    int64_t span_begin, read_begin, read_end, span_end;
    int64_t line;               /* lanes of it */
    const pp_problem *combined; /* what lanes are combined as: the problem, or "wide" */
    size_t element;             /* bytes */
    size_t prepared;            /* of an element of a row in scratch; 0: rows are read where they lie */

    /* the band of rows reduced on D and H so far: outputs [band_begin, band_end) on H of plane (n, c), row d */
    int64_t band, band_begin, band_end, band_n, band_c, band_d;

    char *scratch; /* NULL: only counted */
    size_t used;   /* bytes of it */
    pp_tap *taps;
    pp_stretch *stretches;
    int64_t stretch_count;
    char *rows;   /* prepared source rows */
    char *column; /* one line per row of the band */
    char *phases;
    char *lane_class;        /* outputs of one class, where they must be spread */
    char *result;            /* a row of the target, as lanes */
    pp_window row_window[3]; /* of the row that was reduced last, on D and H */
    char *out;               /* a row of the target, as elements */
    int64_t *indices;        /* its winners */

    /* levels (levels.c) */
    pp_order order, lane_order, made_order; /* of elements; of lanes; of what windows are made to */
    char *divisors;     /* of the lanes of a row of averages, for windows of "outer" elements on D and H */
    int64_t outer;
    char *slide;        /* scratch of the kernel */
    char *fed;          /* source rows [fed_begin, fed_end), reduced on D */
    int64_t fed_begin, fed_end;
    uintptr_t ahead;    /* where the row would lie that the next band reads when this one is at row 0; 0: nowhere */
    char *level_lines;  /* on W, "apart" lanes apart */
    int64_t apart;

    pp_problem wide; /* maxima of doubles, of lanes that were packed */
} pp_sweep;

/* levels.c: sizes; scratch; the band's column lines; a row of the target from its column line (of maxima its elements). */
bool pp_levels_across(const pp_sweep *s);
int64_t pp_levels_band(const pp_sweep *s, int64_t row_bytes);
int64_t pp_levels_line(const pp_problem *p);
void pp_levels_scratch(pp_sweep *s);
void pp_levels_fill_band(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, bool goes_on);
void pp_levels_along(pp_sweep *s, const char *column, int64_t h, char *result);
bool pp_levels_apply(const pp_problem *problem, bool winners);
bool pp_levels_pay(const pp_problem *problem);

/* The next "size" bytes of scratch. */
void *pp_sweep_take(pp_sweep *s, size_t size);

/* Element (n, c, d, h, read_begin, 0) of the source; the rows under windows wd, wh reduced to lanes. */
const char *pp_sweep_source(const pp_sweep *s, const int64_t at[PP_AXES], int64_t d, int64_t h);
void pp_sweep_reduce_rows(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, const pp_window *wh, char *target);

/* Prepares a forward sweep (winners: that finds them, too, or only them for a backward run) for one task in "scratch" (NULL: only counts) and returns the bytes it takes,
 * counting those that any part of the range as wide would take. */
size_t pp_sweep_init(pp_sweep *s, const pp_run *run, bool winners, bool levels, char *scratch);

/* How many outputs of a row are best done at once: whole rows of images, parts of long signals. */
int64_t pp_sweep_segment(const pp_problem *problem, bool levels);

/* Whether a problem can be swept. */
bool pp_sweep_applies(const pp_problem *problem, bool winners);

/* The lanes of target row (n, c, d, h), w in [begin[2], end[2]); NULL when the whole row sees nothing.  Sets the extents on D, H.  "into": write them
 * there (lanes of the row side by side), or NULL. */
char *pp_sweep_reduce_row(pp_sweep *s, const int64_t at[PP_AXES], char *into);

/* Writes target row "at": reduces and finishes it. */
void pp_sweep_row(pp_sweep *s, const int64_t at[PP_AXES]);

/* packed.c: whether lanes hold elements with their indices; how such lanes are made from row (d, h) of the source. */
bool pp_sweep_packs(const pp_problem *problem);
void pp_sweep_pack_row(const pp_sweep *s, int64_t d, int64_t h, const char *elements, char *lanes);

/* Row "at" of the plane indices of winners, as int64_t side by side. */
const int64_t *pp_sweep_winners(pp_sweep *s, const int64_t at[PP_AXES]);

/* Elements and indices of packed lanes of a stretch, from output "from" on (NULL: they see nothing); the indices of a row to where a
 * forward run wants them. */
void pp_sweep_unpack(pp_sweep *s, int64_t from, const pp_place *part, const char *lanes);
void pp_sweep_store_winners(const pp_sweep *s, const int64_t row[PP_AXES]);

extern const pp_algorithm pp_algorithm_row, pp_algorithm_separable;

#endif

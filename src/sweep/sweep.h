/* The separable executor, row by row: for every row of the result, the rows under its windows are reduced to one line
 * ("column"), and the line's windows to the row.  It asks its three axes what an output sees, its two arrays where elements
 * lie, and never whose axes they are.
 *
 *   source rows --(pack, scale)--> D and H: kernel over rows --> column line --> W: kernel along the line --> finish --> target
 *
 * Long windows take doubling "levels" instead of every tap: level l holds, at each position, the sum (maximum) of the 2^l taps
 * from there on - the very blocks of the tree of sums - and a window joins the few levels of its length's binary form. */
#ifndef PP_SWEEP_H
#define PP_SWEEP_H

#include "lines.h"

/* Outputs (or inputs, when scaling) of a row that share a divisor. */
typedef struct pp_stretch {
    int64_t begin, end;
    pp_window window; /* of any of them; begin == end: they see nothing */
} pp_stretch;

typedef struct pp_sweep {
    const pp_run *run;
    const pp_problem *problem;
    pp_reducing reducing;
    const pp_axis *axis; /* D, H, W */
    const pp_array *source, *target;
    const char *source_base;
    int64_t begin[3], end[3]; /* of the target */
    bool scale;               /* source elements are divided by their window's divisor first (backward of an average) */
    bool levels[2];           /* long windows: on H, on W */
    size_t element, lane;     /* bytes */
    int64_t inner;
    pp_reduce_fn from_elements, from_lanes;

    /* the line under the windows: positions [span_begin, span_end) on W, of which [read_begin, read_end) exist */
    int64_t span_begin, span_end, read_begin, read_end;
    int64_t line; /* lanes of it */
    bool split;   /* the line is split into "advance" phases, so that the outputs of a class lie side by side */
    bool packed;  /* source rows are not contiguous: they are gathered first */
    bool holes;   /* some outputs are under no window at all */
    int w_levels, h_levels;

    /* the band of rows reduced on D and H so far: outputs [band_begin, band_end) on H of plane (n, c), row d */
    int64_t band, band_begin, band_end, band_n, band_c, band_d, strip;

    /* scratch; lines of lanes, those of indices "mirror" bytes behind them */
    pp_tap *taps;
    pp_stretch *stretches;
    int64_t stretch_count;
    char *rows;   /* packed or scaled source rows */
    char *column; /* one line per row of the band */
    char *tower;  /* levels on H, of one strip of lanes */
    char *climb;  /* levels 1, 2, ... on W, of one line */
    char *phases;
    char *lane_class;      /* outputs of one class, where they must be spread */
    char *result;          /* a row of the target, as lanes */
    char *out, *out_index; /* a row of the target, as elements */
    size_t mirror;
} pp_sweep;

/* Prepares a sweep for one task in "scratch" (NULL: only counts) and returns the bytes it takes,
 * counting those that any part of the range as wide would take. */
size_t pp_sweep_init(pp_sweep *s, const pp_run *run, pp_direction direction, pp_reducing reducing, const bool levels[2], char *scratch);

/* How many outputs of a row are best done at once: whole rows of images, parts of long signals. */
int64_t pp_sweep_segment(const pp_problem *problem, pp_direction direction);

/* Whether a problem can be swept in this direction; whether levels pay on H or W. */
bool pp_sweep_applies(const pp_problem *problem, pp_direction direction, pp_reducing reducing);
void pp_sweep_levels(const pp_problem *problem, pp_direction direction, bool levels[2]);

/* The lanes of target row (n, c, d, h), w in [begin[2], end[2]); NULL when the whole row sees nothing.  "into": write them
 * there (lanes of the row side by side), or NULL. */
char *pp_sweep_reduce_row(pp_sweep *s, const int64_t at[PP_AXES], char *into);

/* Writes target row "at": reduces and finishes it. */
void pp_sweep_row(pp_sweep *s, const int64_t at[PP_AXES]);

/* Row "at" of the plane indices of winners, as int64_t side by side. */
const int64_t *pp_sweep_winners(pp_sweep *s, const int64_t at[PP_AXES]);

extern const pp_algorithm pp_algorithm_row, pp_algorithm_separable, pp_algorithm_inner, pp_algorithm_scatter;

#endif

/* Where the maxima of small windows lie: rows of winners by the winner kernel, for sums of gradients or as results. */
#ifndef PP_WINNERS_H
#define PP_WINNERS_H

#include "../run.h"

typedef struct pp_winners {
    const pp_run *run;
    pp_tap *taps;
    int64_t unit;                     /* floats that an element is as large as */
    float *lines;                     /* of one channel: rows of the input between margins, one line for each phase of the stride */
    int64_t segment;                  /* outputs of a row, at most, that they are for */
    int64_t room, row, phase, phases; /* rows of a slice; lanes of a row, of one of its phases; their number */
    int64_t from, to;                 /* outputs of a row that they hold: the other columns are margin */
    void *narrow;                     /* indices before they become u8 or u16 (of f64: i32 too): so many; 0: of other types */
    int64_t narrow_lanes;
    float *sums; /* of a plane: gradients are added there; or NULL */
    /* longer windows over channels: of each input row the winners of the windows' columns are kept, of the "slots" rows before "next" ... */
    float *values;
    int32_t *tags; /* ... as values and indices */
    int64_t slots, next; /* next: below all rows for a new plane */
    int64_t bad;         /* the last row in which something needs care */
    bool keeping;
} pp_winners;

/* Whether a problem's winners can be found so; the bytes it takes. */
bool pp_winners_apply(const pp_problem *problem);
size_t pp_winners_size(const pp_problem *problem);
void pp_winners_init(pp_winners *w, const pp_run *run, char *scratch);

/* Winners of "rows" rows from "at" on (same n, c, d), as far as position "to" on W.  indices: where they go, as those of the plane, side by
 * side, -1 being none; NULL: with their values to the output and the indices of a forward run; or, of channels, gradients are
 * added to sums that are begun. */
bool pp_winners_add(const pp_problem *problem);
void pp_winners_find(pp_winners *w, const int64_t at[PP_AXES], int64_t rows, int64_t to, int64_t *indices);

#endif

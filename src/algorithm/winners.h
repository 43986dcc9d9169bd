/* Where the maxima of small windows lie: rows of winners by the winner kernel, for sums of gradients or as results. */
#ifndef PP_WINNERS_H
#define PP_WINNERS_H

#include "../run.h"

typedef struct pp_winners {
    const pp_run *run;
    int64_t from, to;     /* outputs of a row */
    int64_t inside[3][2]; /* outputs whose windows lie wholly inside, by axis */
    pp_tap *taps;         /* of the windows ... */
    pp_window window[3];  /* ... of this shape */
    int64_t count;
    bool numbers;    /* a result's index is the tap's number in its window */
    int32_t *narrow; /* indices before they become u8 or u16: so many lanes; 0: of other types */
    int64_t narrow_lanes;
    bool tags;   /* what is found is told from the window's first tap on (kernels/gather.h), else in the plane */
    char *lines; /* rows of the input between margins, or NULL: ... */
    int64_t room, row, phase, phases, margin; /* how many; lanes of a row, of one of its phases; columns before the first */
    float empty;                              /* value of a window that sees nothing but ignored NaN */
} pp_winners;

/* Whether a problem's winners can be found so; the bytes it takes. */
bool pp_winners_apply(const pp_problem *problem);
size_t pp_winners_size(const pp_problem *problem);
void pp_winners_init(pp_winners *w, const pp_run *run, int64_t from, int64_t to, char *scratch);

/* Winners of "rows" rows from "at" on (same n, c, d).  indices: where they go as int32_t, rows "pitch" apart; NULL: with their
 * values to the output and the indices of a forward run. */
void pp_winners_find(pp_winners *w, const int64_t at[PP_AXES], int64_t rows, int32_t *indices, int64_t pitch);

#endif

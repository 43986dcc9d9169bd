/* Whole algorithms, one per file: the rows of the table that are not sweeps throughout. */
#ifndef PP_ALGORITHM_H
#define PP_ALGORITHM_H

#include "../run.h"

extern const pp_algorithm pp_algorithm_cover, pp_algorithm_global, pp_algorithm_inner, pp_algorithm_lanes, pp_algorithm_pick, pp_algorithm_scatter,
    pp_algorithm_slide, pp_algorithm_total, pp_algorithm_widen, pp_algorithm_winners;

/* Forward, rows of neighbouring lanes, no index, no NaN that is ignored, no large number; PP_PICK_TAPS on an axis at most. */
bool pp_rows_are_plain(const pp_problem *problem);

/* Lists the taps of windows on D, H, W, relative to the first that exists: sums in the tree's order, W outermost, then H, then D; maxima
 * as they lie in memory, an odd number.  Returns how many. */
int64_t pp_list_taps(const pp_problem *problem, const pp_axis axis[3], const pp_window w[3], pp_tap *taps);

#endif

/* Whole algorithms, one per file: the rows of the table that are not sweeps throughout. */
#ifndef PP_ALGORITHM_H
#define PP_ALGORITHM_H

#include "../run.h"

extern const pp_algorithm pp_algorithm_cover, pp_algorithm_global, pp_algorithm_inner, pp_algorithm_lanes, pp_algorithm_pick, pp_algorithm_scatter,
    pp_algorithm_slide, pp_algorithm_total, pp_algorithm_widen, pp_algorithm_winners;

/* Forward, rows of neighbouring lanes, no index, no NaN that is ignored, no large number; PP_PICK_TAPS on an axis at most. */
bool pp_rows_are_plain(const pp_problem *problem);

#endif

/* The ordered table of algorithms. */
#include "algorithms.h"
#include "algorithm/algorithm.h"
#include "reference/reference.h"
#include "sweep/sweep.h"

const pp_algorithm *const pp_algorithm_table[] = {
    &pp_algorithm_cover, &pp_algorithm_global, &pp_algorithm_winners, &pp_algorithm_lanes, &pp_algorithm_slide, &pp_algorithm_pick,      &pp_algorithm_separable,
    &pp_algorithm_inner, &pp_algorithm_row,    &pp_algorithm_scatter, &pp_algorithm_total, &pp_algorithm_widen, &pp_algorithm_reference,
};

const int pp_algorithm_count = PP_COUNT(pp_algorithm_table);

/* Whole algorithms, one per file: rows of the table in algorithms.c that measurement pays for. */
#ifndef PP_ALGORITHM_H
#define PP_ALGORITHM_H

#include "../run.h"

extern const pp_algorithm pp_algorithm_pick, pp_algorithm_lanes, pp_algorithm_global;

#endif

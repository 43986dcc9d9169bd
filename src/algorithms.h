/* THE table: the first row that applies and pays runs, the reference is last.  Deleting a row changes no answer. */
#ifndef PP_ALGORITHMS_H
#define PP_ALGORITHMS_H

#include "run.h"

extern const pp_algorithm *const pp_algorithm_table[];
extern const int pp_algorithm_count;

#endif

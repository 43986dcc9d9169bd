/* The obvious loops: specification and oracle of every operator (docs/semantics.md), never made clever.
 *
 * They compute in double and round after every operation to the type that docs/design.md §4 names.  For float that gives
 * exactly float's own results: a double has more than twice its digits, so rounding twice is rounding once. */
#ifndef PP_REFERENCE_H
#define PP_REFERENCE_H

#include "../run.h"

/* Rounded to the type in which sums are made: float for f32 and the 16-bit floats; f64 and the exact sums of integers stay. */
double pp_reference_rounded(pp_dtype dtype, double value);

/* Where a maximum lies. */
typedef struct pp_reference_best {
    double value;
    int64_t index; /* in the plane; -1: the window sees nothing */
} pp_reference_best;
pp_reference_best pp_reference_winner(const pp_run *run, const int64_t at[PP_AXES]);

pp_status pp_reference_max_forward(const pp_run *run);
pp_status pp_reference_max_backward(const pp_run *run, double *gradient); /* gradient: one plane of the input */
void pp_reference_average_forward(const pp_run *run);
void pp_reference_average_backward(const pp_run *run);

extern const pp_algorithm pp_algorithm_reference;

#endif

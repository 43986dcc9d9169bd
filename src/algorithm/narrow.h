/* Averages of bytes, channels last, by a kernel of their own (kernels/narrow.inc). */
#ifndef PP_NARROW_H
#define PP_NARROW_H

#include "../run.h"

PP_INLINE bool pp_is_narrow_sum(const pp_problem *p) { return !p->is_max && !pp_is_wide(p); }
PP_INLINE bool pp_is_byte_sum(const pp_problem *p) { return !p->is_max && !pp_dtypes[p->desc.dtype].floating; }

/* The type to compute a problem of narrow elements in: f32, or f64. */
pp_dtype pp_lanes_of(const pp_problem *problem);

/* Whether it gives the right answer: divisors are integers, and not below the number of taps. */
bool pp_narrow_applies(const pp_problem *problem);

/* Of few channels: whether neighbours on a row are lanes too, which is better than picking them where a permutation takes steps. */
bool pp_narrow_joins(const pp_problem *problem);

enum { PP_NARROW_LANES = 1024 }; /* of a window, at once, if it has many taps */

/* What does windows of so many taps whose divisor is finish->divisor: prepares the rest of *finish for it. */
pp_windows_fn pp_narrow_prepare(const pp_problem *problem, int64_t taps, pp_finish *finish);

#endif

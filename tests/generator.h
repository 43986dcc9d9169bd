/* Random problems, as case strings: small, with every option that the notation has. */
#ifndef GENERATOR_H
#define GENERATOR_H

#include "harness.h"

enum { CASE_TEXT = 1024 }; /* room for any case with all its views */

/* A problem with dense tensors.  Most can be planned; some have a window larger than their padded input. */
void random_case(rng *r, char text[CASE_TEXT]);

/* Gives a case views: gaps, other orders of axes, negative strides. */
void random_views(rng *r, char text[CASE_TEXT]);

/* A random box of a result with these extents. */
void random_range(rng *r, const int64_t *size, int rank, int64_t *begin, int64_t *end);

#endif

/* Small pieces that the sweeps are made of: lists of taps in the order of the tree of sums, copies, empty lanes. */
#ifndef PP_LINES_H
#define PP_LINES_H

#include "../run.h"

/* What is made of a window: a sum, a maximum, or a maximum and its index. */
typedef enum pp_reducing { PP_SUMS, PP_MAXIMA, PP_WINNERS } pp_reducing;

pp_reducing pp_reducing_of(const pp_problem *problem);

/* The rows of a run's result; sets all coordinates but INNER to the begin of one. */
int64_t pp_rows_of(const pp_run *run);
void pp_at_row(const pp_run *run, int64_t row, int64_t at[PP_AXES]);

/* The kernel that combines elements, or lanes, to sums or maxima. */
pp_reduce_fn pp_from_elements(const pp_problem *problem);

/* How elements become lanes that compare. */
pp_order pp_order_of(const pp_problem *problem);

/* How many blocks of the balanced tree over [0, length), of which taps [begin, end) exist, the arrival of tap t completes. */
int pp_merges(int64_t t, int64_t begin, int64_t end, int64_t length);

/* "count" times one element, "step" apart. */
void pp_fill(char *to, int64_t count, int64_t step, const void *element, size_t size);

/* Copies "groups" runs of "inner" elements of "size" bytes; strides in elements. */
typedef struct pp_strides {
    int64_t group, inner;
} pp_strides;
void pp_copy(char *to, pp_strides to_stride, const char *from, pp_strides from_stride, int64_t groups, int64_t inner, size_t size);

/* Where lanes go as elements: "groups" runs of "inner" elements of the result from one coordinate on. */
typedef struct pp_place {
    char *values;
    pp_strides value_stride;
    bool values_dense;
    int64_t groups, inner;
    bool sums, accumulate; /* lanes are sums; they are added to what is there */
    bool made;             /* they are elements already */
} pp_place;
pp_place pp_place_at(const pp_run *run, const int64_t at[PP_AXES], int64_t groups, int64_t inner);

/* Fills a place with what empty windows give; or finishes lanes into it: through "out" (as many elements) where it is not dense. */
void pp_place_empty(const pp_run *run, const pp_place *place);
void pp_place_lanes(const pp_run *run, const pp_place *place, const char *lanes, double divisor, char *out);

#endif

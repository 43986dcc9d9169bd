/* Small pieces that the sweeps are made of: lists of taps in the order of the tree of sums, copies, empty lanes. */
#ifndef PP_LINES_H
#define PP_LINES_H

#include "../run.h"

/* What a sweep keeps per output. */
typedef enum pp_reducing { PP_SUMS, PP_MAXIMA, PP_WINNERS } pp_reducing;

pp_reducing pp_reducing_of(const pp_problem *problem);
size_t pp_lane_size(pp_dtype dtype, pp_reducing reducing);

/* The kernels that combine elements, and lanes. */
pp_reduce_fn pp_from_elements(const pp_run *run, pp_reducing reducing);
pp_reduce_fn pp_from_lanes(const pp_run *run, pp_reducing reducing);

/* How elements become lanes that compare. */
pp_order pp_order_of(const pp_problem *problem);

/* A reduction of elements or lanes with the options of the problem; the caller adds taps, lanes, source and target. */
pp_reduce pp_reduce_for(const pp_problem *problem, bool elements);

/* How many blocks of the balanced tree over [0, length), of which taps [begin, end) exist, the arrival of tap t completes. */
int pp_merges(int64_t t, int64_t begin, int64_t end, int64_t length);

/* Makes "count" lanes that change nothing when combined (values only; their indices never matter). */
void pp_fill_identity(char *lanes, int64_t count, const pp_problem *problem, pp_reducing reducing);

/* Writes the value of an empty window, or index -1, to "count" elements "step" apart. */
void pp_fill_empty(char *elements, int64_t count, int64_t step, const pp_problem *problem);
void pp_fill_no_index(char *indices, int64_t count, int64_t step, pp_index_type type);

/* Copies "groups" runs of "inner" elements of "size" bytes; strides in elements. */
typedef struct pp_strides {
    int64_t group, inner;
} pp_strides;
void pp_copy(char *to, pp_strides to_stride, const char *from, pp_strides from_stride, int64_t groups, int64_t inner, size_t size);

/* Where lanes go as elements: "groups" runs of "inner" elements of the result (and of the indices) from one coordinate on. */
typedef struct pp_place {
    char *values, *indices; /* indices: NULL when there are none */
    pp_strides value_stride, index_stride;
    bool values_dense, indices_dense;
    int64_t groups, inner;
    int64_t at[PP_AXES];            /* the coordinate */
    bool made;                      /* maxima are elements already */
    int64_t index_base, index_step; /* what the convention adds, and from lane to lane of a run */
} pp_place;
pp_place pp_place_at(const pp_run *run, pp_reducing reducing, const int64_t at[PP_AXES], int64_t groups, int64_t inner);

/* Fills a place with what empty windows give; or finishes lanes into it: through "out", "out_index" (as many elements) where
 * it is not dense. */
void pp_place_empty(const pp_run *run, const pp_place *place);
void pp_place_lanes(const pp_run *run, pp_reducing reducing, const pp_place *place, const char *lanes, const char *lane_indices,
                    double divisor, char *out, char *out_index);

/* Whether lanes need no finishing. */
bool pp_lanes_are_elements(const pp_run *run, pp_reducing reducing);

#endif

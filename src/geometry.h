/* Pure functions: sizes, windows, divisors.  Nothing here knows an operator, a type or a layout. */
#ifndef PP_GEOMETRY_H
#define PP_GEOMETRY_H

#include "common.h"

typedef enum pp_axis_kind {
    PP_AXIS_SLIDING, /* windows by formula */
    PP_AXIS_COVER,   /* the reverse of a sliding axis: "output" i sees the windows that nominally cover input i */
    PP_AXIS_TABLE    /* windows listed one by one */
} pp_axis_kind;

/* One spatial axis: the answer to "what does output o see?" */
typedef struct pp_axis {
    pp_axis_kind kind;
    pp_divisor divisor; /* sliding */
    int64_t input, output; /* extents of what is read and of what is made */
    int64_t step;          /* distance of two taps in the input */

    /* Regularity: window(o + period) is window(o) moved by advance, for all outputs below "live"; those from "live" on see
     * nothing.  Kernels take the outputs of one period class together. */
    int64_t period, advance, live;
    int64_t longest; /* length of the longest window */

    /* Sliding; for cover, the parameters of the axis that is reversed. */
    int64_t kernel, stride, dilation, pad_begin;
    int64_t visible; /* input positions [0, visible) exist: fewer than "input" when the end is cropped */
    int64_t padded;  /* end of the padded input: input + pad_end */
    int64_t inverse; /* cover: of stride/gcd modulo step, which is dilation/gcd; gcd: of stride and dilation */

    const pp_window *table;
} pp_axis;

/* Parameters must be checked: kernel >= 0 (0 only for a global axis of no extent), stride, dilation >= 1, (kernel - 1) *
 * dilation + 1 and every first tap in range. */
void pp_axis_sliding(pp_axis *axis, int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_begin,
                     int64_t pad_end, pp_divisor divisor);

/* The same without dilation and pads. */
void pp_axis_plain(pp_axis *axis, int64_t input, int64_t output, int64_t kernel, int64_t stride);

/* output windows [floor(o*I/O), ceil((o+1)*I/O)) on "input" elements; table: memory for "output" windows, unless the sizes
 * divide (pp_adaptive_divides), when the axis is a sliding one. */
void pp_axis_adaptive(pp_axis *axis, int64_t input, int64_t output, pp_window *table);
bool pp_adaptive_divides(int64_t input, int64_t output);
pp_window pp_adaptive_window(int64_t input, int64_t output, int64_t o);

/* The reverse of an axis made by the functions above; table as for an adaptive one from output to input. */
void pp_axis_cover(pp_axis *cover, const pp_axis *axis, pp_window *table);

pp_window pp_axis_window(const pp_axis *axis, int64_t output);

/* Whether no number of an axis exceeds 2^31 but its extents: then places in tensors do not overflow. */
bool pp_axis_is_near(const pp_axis *axis);

/* The outputs [*begin, *end) of a sliding axis whose windows lie wholly inside: they look and divide alike.  May be empty. */
void pp_axis_inside(const pp_axis *axis, int64_t *begin, int64_t *end);

/* The same, or those of a cover of one without gaps: windows a period apart look alike, and all see something. */
void pp_axis_within(const pp_axis *axis, int64_t *begin, int64_t *end);

/* Positions [*begin, *end), inside the input or not, between the first and the last tap of live outputs [from, to). */
void pp_axis_span(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end);

/* Positions that the windows of any "outputs" neighbouring outputs span, at most. */
int64_t pp_axis_most(const pp_axis *axis, int64_t outputs);

/* The part of the span that lies inside the input: all that outputs [from, to) read.  Empty: *begin == *end. */
void pp_axis_reach(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end);

/* The outputs [*begin, *end) between the first and the last whose windows nominally cover inputs [from, to). */
void pp_axis_seen_by(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end);

/* Number of outputs by the floor, ceil rules; may be <= 0.  any_pad: PP_SIZE_CEIL_CAFFE. */
int64_t pp_output_size(pp_size_rule rule, int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_begin,
                       int64_t pad_end, bool any_pad);

/* Of a, b >= 0, not both 0. */
int64_t pp_gcd(int64_t a, int64_t b);

#endif

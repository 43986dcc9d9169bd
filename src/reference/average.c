/* Average and sum, forward and backward (docs/semantics.md §3.2). */
#include "reference.h"

/* The windows of one output, and the values under them. */
typedef struct window_sum {
    const pp_run *run;
    pp_tensor tensor;    /* what is summed: input, or grad_output over its divisor */
    const pp_axis *axis; /* D, H, W */
    pp_window window[3];
    int64_t at[PP_AXES]; /* coordinates: n, c, inner fixed, D, H, W moved by the recursion */
} window_sum;

static double element(const window_sum *s)
{
    const pp_problem *p = s->run->problem;
    double value = pp_dtypes[p->desc.dtype].load(s->run->base[s->tensor], pp_offset(&p->array[s->tensor], s->at));
    if (s->tensor != PP_GRAD_OUTPUT || p->desc.op == PP_OP_SUM) return value;
    pp_window w[3];
    for (int a = 0; a < 3; a++) w[a] = pp_axis_window(&s->run->group.axis[a], s->at[PP_D + a]);
    return pp_reference_rounded(p->desc.dtype, value / pp_divisor_of(p, w));
}

static double tree(window_sum *s, int a);

/* The sum of taps [first, first + size) of the window on axis a, size a power of two; taps outside the input count as 0. */
static double block(window_sum *s, int a, int64_t first, int64_t size)
{
    const pp_window *w = &s->window[a];
    if (first >= w->end || first + size <= w->begin) return 0;
    if (size == 1) {
        s->at[PP_D + a] = w->first + first * s->axis[a].step;
        return a > 0 ? tree(s, a - 1) : element(s);
    }
    double left = block(s, a, first, size / 2), right = block(s, a, first + size / 2, size / 2);
    return pp_reference_rounded(s->run->problem->desc.dtype, left + right);
}

/* The sum of the whole window on axis a (of the sums on the axes before it): the powers of two of its length's binary form,
 * largest first, joined from left to right. */
static double tree(window_sum *s, int a)
{
    double sum = 0;
    int64_t first = 0, length = s->window[a].length;
    for (int bit = 62; bit >= 0; bit--) {
        int64_t size = (int64_t)1 << bit;
        if (!(length & size)) continue;
        sum = pp_reference_rounded(s->run->problem->desc.dtype, sum + block(s, a, first, size));
        first += size;
    }
    return sum;
}

/* Calls visit for every element of the run's range on every plane. */
static void each_result(const pp_run *run, pp_tensor source, const pp_axis *axis, void (*visit)(window_sum *s, const int64_t at[PP_AXES]))
{
    const pp_problem *p = run->problem;
    window_sum s = {run, source, axis, {{0, 0, 0, 0, 0}}, {0}};
    int64_t at[PP_AXES];
    for (int64_t plane = run->group.first; plane < run->group.last; plane++) {
        pp_at_plane(p, plane, at);
        for (at[PP_D] = run->begin[0]; at[PP_D] < run->end[0]; at[PP_D]++)
            for (at[PP_H] = run->begin[1]; at[PP_H] < run->end[1]; at[PP_H]++)
                for (at[PP_W] = run->begin[2]; at[PP_W] < run->end[2]; at[PP_W]++)
                    for (at[PP_INNER] = 0; at[PP_INNER] < p->inner; at[PP_INNER]++) {
                        for (int i = 0; i < PP_AXES; i++) s.at[i] = at[i];
                        for (int a = 0; a < 3; a++) s.window[a] = pp_axis_window(&axis[a], at[PP_D + a]);
                        visit(&s, at);
                    }
    }
}

static void store_average(window_sum *s, const int64_t at[PP_AXES])
{
    const pp_problem *p = s->run->problem;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    char *output = s->run->base[PP_OUTPUT];
    int64_t offset = pp_offset(&p->array[PP_OUTPUT], at);
    bool empty = false;
    for (int a = 0; a < 3; a++) empty |= s->window[a].begin == s->window[a].end;
    double divisor = pp_divisor_of(p, s->window);
    if (empty) {
        info->store(output, offset, p->empty);
    } else if (!info->floating) {
        int average = pp_integer_of(tree(s, 2) / divisor, p->desc.rounding, (int)info->lowest, (int)info->highest);
        info->store(output, offset, average);
    } else {
        info->store(output, offset, pp_reference_rounded(p->desc.dtype, tree(s, 2) / divisor) + 0.0);
    }
}

void pp_reference_average_forward(const pp_run *run) { each_result(run, PP_INPUT, run->group.axis, store_average); }

/* grad_input = the sum of grad_output/divisor over the windows that cover the element, in the tree's order */
static void store_gradient(window_sum *s, const int64_t at[PP_AXES])
{
    const pp_problem *p = s->run->problem;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    char *grad_input = s->run->base[PP_GRAD_INPUT];
    int64_t offset = pp_offset(&p->array[PP_GRAD_INPUT], at);
    double gradient = tree(s, 2) + 0.0;
    if (s->run->accumulate) gradient = pp_reference_rounded(p->desc.dtype, info->load(grad_input, offset) + gradient);
    info->store(grad_input, offset, gradient);
}

void pp_reference_average_backward(const pp_run *run) { each_result(run, PP_GRAD_OUTPUT, run->group.cover, store_gradient); }

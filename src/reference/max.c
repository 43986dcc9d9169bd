/* Maximum and minimum, forward and backward, with indices (docs/semantics.md §3.1). */
#include "reference.h"

#include <math.h>

/* Whether x, met later in row-major order, takes the place of the best so far. */
static bool wins(const pp_desc *desc, double x, double best)
{
    if (desc->op == PP_OP_MIN) x = -x, best = -best;
    if (isnan(x)) return isnan(best) ? desc->nan == PP_NAN_LAST : true; /* an ignored NaN does not come here */
    if (isnan(best)) return false;
    return x > best || (x == best && desc->ties == PP_TIES_LAST);
}

pp_reference_best pp_reference_winner(const pp_run *run, const int64_t at[PP_AXES])
{
    const pp_problem *p = run->problem;
    const pp_array *input = &p->array[PP_INPUT];
    const pp_axis *axis = run->group.axis;
    pp_window w[3];
    for (int a = 0; a < 3; a++) w[a] = pp_axis_window(&axis[a], at[PP_D + a]);
    int64_t plane = at[PP_N] * input->stride[PP_N] + at[PP_C] * input->stride[PP_C] + at[PP_INNER] * input->stride[PP_INNER];
    pp_reference_best best = {p->empty, -1};
    for (int64_t td = w[0].begin; td < w[0].end; td++)
        for (int64_t th = w[1].begin; th < w[1].end; th++)
            for (int64_t tw = w[2].begin; tw < w[2].end; tw++) {
                int64_t d = w[0].first + td * axis[0].step;
                int64_t h = w[1].first + th * axis[1].step;
                int64_t x = w[2].first + tw * axis[2].step;
                double value = pp_dtypes[p->desc.dtype].load(run->base[PP_INPUT], plane + d * input->stride[PP_D] +
                                                                                      h * input->stride[PP_H] + x * input->stride[PP_W]);
                if (p->desc.nan == PP_NAN_IGNORE && isnan(value)) continue;
                if (best.index >= 0 && !wins(&p->desc, value, best.value)) continue;
                best.value = value;
                best.index = (d * axis[1].input + h) * axis[2].input + x;
            }
    return best;
}

static void store_winner(const pp_run *run, const int64_t at[PP_AXES])
{
    const pp_problem *p = run->problem;
    pp_reference_best best = pp_reference_winner(run, at);
    pp_dtypes[p->desc.dtype].store(run->base[PP_OUTPUT], pp_offset(&p->array[PP_OUTPUT], at), best.value);
    if (p->desc.indices == PP_INDEX_NONE) return;
    int64_t index = pp_index_number(p, p->desc.index_convention, at, best.index);
    pp_index_store(p->desc.indices, run->base[PP_INDICES], pp_offset(&p->array[PP_INDICES], at), index);
}

pp_status pp_reference_max_forward(const pp_run *run)
{
    const pp_problem *p = run->problem;
    int64_t at[PP_AXES];
    for (int64_t plane = run->group.first; plane < run->group.last; plane++) {
        pp_at_plane(p, plane, at);
        for (at[PP_D] = run->begin[0]; at[PP_D] < run->end[0]; at[PP_D]++)
            for (at[PP_H] = run->begin[1]; at[PP_H] < run->end[1]; at[PP_H]++)
                for (at[PP_W] = run->begin[2]; at[PP_W] < run->end[2]; at[PP_W]++)
                    for (at[PP_INNER] = 0; at[PP_INNER] < p->inner; at[PP_INNER]++) store_winner(run, at);
    }
    return PP_OK;
}

/* The plane index to which the gradient of an output goes; -1: nowhere; less: no index at all. */
static int64_t target_of(const pp_run *run, const int64_t at[PP_AXES])
{
    const pp_problem *p = run->problem;
    if (p->desc.backward == PP_BACKWARD_RECOMPUTE) return pp_reference_winner(run, at).index;
    int64_t offset = pp_offset(&p->array[PP_INDICES], at);
    return pp_index_in_plane(p, p->desc.index_convention, at, pp_index_load(p->desc.indices, run->base[PP_INDICES], offset));
}

/* Adds the gradients of a plane's windows, in row-major order, to "gradient". */
static pp_status gather_plane(const pp_run *run, int64_t at[PP_AXES], double *gradient)
{
    const pp_problem *p = run->problem;
    pp_dtype dtype = p->desc.dtype;
    int64_t begin[3], end[3];
    pp_outputs_of_range(run, begin, end);
    for (int64_t i = 0; i < p->plane; i++) gradient[i] = 0;
    for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++)
        for (at[PP_H] = begin[1]; at[PP_H] < end[1]; at[PP_H]++)
            for (at[PP_W] = begin[2]; at[PP_W] < end[2]; at[PP_W]++) {
                int64_t index = target_of(run, at), offset = pp_offset(&p->array[PP_GRAD_OUTPUT], at);
                if (index < -1) return PP_BAD_INDEX;
                if (index < 0) continue;
                double value = pp_dtypes[dtype].load(run->base[PP_GRAD_OUTPUT], offset);
                gradient[index] = pp_reference_rounded(dtype, gradient[index] + value);
            }
    return PP_OK;
}

static void store_plane(const pp_run *run, int64_t at[PP_AXES], const double *gradient)
{
    const pp_problem *p = run->problem;
    pp_dtype dtype = p->desc.dtype;
    char *grad_input = run->base[PP_GRAD_INPUT];
    for (at[PP_D] = run->begin[0]; at[PP_D] < run->end[0]; at[PP_D]++)
        for (at[PP_H] = run->begin[1]; at[PP_H] < run->end[1]; at[PP_H]++)
            for (at[PP_W] = run->begin[2]; at[PP_W] < run->end[2]; at[PP_W]++) {
                double value = gradient[(at[PP_D] * p->axis[1].input + at[PP_H]) * p->axis[2].input + at[PP_W]];
                int64_t offset = pp_offset(&p->array[PP_GRAD_INPUT], at);
                if (run->accumulate) value = pp_reference_rounded(dtype, pp_dtypes[dtype].load(grad_input, offset) + value);
                pp_dtypes[dtype].store(grad_input, offset, value);
            }
}

pp_status pp_reference_max_backward(const pp_run *run, double *gradient)
{
    const pp_problem *p = run->problem;
    int64_t at[PP_AXES];
    for (int64_t plane = run->group.first; plane < run->group.last; plane++) {
        pp_at_plane(p, plane, at);
        for (at[PP_INNER] = 0; at[PP_INNER] < p->inner; at[PP_INNER]++) {
            pp_status status = gather_plane(run, at, gradient);
            if (status != PP_OK) return status;
            store_plane(run, at, gradient);
        }
    }
    return PP_OK;
}

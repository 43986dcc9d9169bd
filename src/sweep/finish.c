/* From the lanes of a target row to its elements. */
#include "sweep.h"

#include <string.h>

typedef struct row {
    char *values, *indices; /* where the row's first element lies in memory; indices: NULL when there are none */
    pp_strides value_stride, index_stride;
    bool values_dense, indices_dense;
} row;

static bool is_dense(pp_strides stride, int64_t inner, int64_t groups)
{
    return (inner == 1 || stride.inner == 1) && (groups == 1 || stride.group == inner);
}

static char *locate(const pp_run *run, pp_tensor tensor, const int64_t at[PP_AXES], int64_t w, size_t size, pp_strides *stride)
{
    const pp_array *array = &run->problem->array[tensor];
    int64_t offset = w * array->stride[PP_W];
    for (int i = 0; i < PP_W; i++) offset += at[i] * array->stride[i];
    *stride = (pp_strides){array->stride[PP_W], array->stride[PP_INNER]};
    return run->base[tensor] + offset * (int64_t)size;
}

static row locate_row(const pp_sweep *s, const int64_t at[PP_AXES])
{
    bool forward = s->run->direction == PP_FORWARD;
    int64_t groups = s->end[2] - s->begin[2];
    row r = {.indices = NULL};
    r.values = locate(s->run, forward ? PP_OUTPUT : PP_GRAD_INPUT, at, s->begin[2], s->element, &r.value_stride);
    r.values_dense = is_dense(r.value_stride, s->inner, groups);
    if (s->reducing == PP_WINNERS) {
        size_t size = s->problem->desc.indices == PP_INDEX_I32 ? 4 : 8;
        r.indices = locate(s->run, PP_INDICES, at, s->begin[2], size, &r.index_stride);
        r.indices_dense = is_dense(r.index_stride, s->inner, groups);
    }
    return r;
}

static void fill_stretch(const pp_sweep *s, const row *r, int64_t from, int64_t to)
{
    for (int64_t g = from; g < to; g++) {
        pp_fill_empty(r->values + g * r->value_stride.group * (int64_t)s->element, s->inner, r->value_stride.inner, s->problem);
        if (!r->indices) continue;
        int64_t size = s->problem->desc.indices == PP_INDEX_I32 ? 4 : 8;
        pp_fill_no_index(r->indices + g * r->index_stride.group * size, s->inner, r->index_stride.inner, s->problem->desc.indices);
    }
}

static pp_finish finish_for(const pp_sweep *s)
{
    const pp_desc *desc = &s->problem->desc;
    return (pp_finish){.divisor = 1,
                       .accumulate = s->run->accumulate && s->run->direction == PP_BACKWARD,
                       .rounding = desc->rounding,
                       .flip = desc->op == PP_OP_MIN,
                       .ignore_nan = desc->nan == PP_NAN_IGNORE,
                       .empty = pp_empty_value(s->problem),
                       .index_type = desc->indices,
                       .inner = s->inner};
}

/* Finishes lanes [from, to) groups of the row, into memory or, where that is not dense, into s->out first. */
static void finish_stretch(const pp_sweep *s, const row *r, const int64_t at[PP_AXES], const char *lanes, const pp_stretch *stretch,
                           double divisor)
{
    const pp_desc *desc = &s->problem->desc;
    int64_t from = stretch->begin - s->begin[2], groups = stretch->end - stretch->begin;
    size_t first = (size_t)(from * s->inner), index_size = desc->indices == PP_INDEX_I32 ? 4 : 8;
    char *values = r->values + from * r->value_stride.group * (int64_t)s->element;
    char *indices = r->indices ? r->indices + from * r->index_stride.group * (int64_t)index_size : NULL;
    pp_strides dense = {s->inner, 1};
    pp_finish f = finish_for(s);
    f.source = lanes + first * s->lane;
    f.source_index = (const char *)f.source + s->mirror;
    f.lanes = groups * s->inner;
    f.divisor = divisor;
    f.target = r->values_dense ? values : s->out;
    f.target_index = r->indices_dense ? indices : s->out_index;
    if (desc->index_convention == PP_INDEX_TENSOR) {
        f.index_base = (at[PP_N] * desc->channels + at[PP_C]) * s->problem->plane;
        f.index_step = s->problem->plane; /* from channel to channel of a channels-last tensor */
    }
    if (f.accumulate && !r->values_dense) pp_copy(s->out, dense, values, r->value_stride, groups, s->inner, s->element);
    const pp_kernels *k = s->run->kernels;
    (s->reducing == PP_SUMS ? k->finish_sum : s->reducing == PP_MAXIMA ? k->finish_max : k->finish_index)(&f);
    if (!r->values_dense) pp_copy(values, r->value_stride, s->out, dense, groups, s->inner, s->element);
    if (indices && !r->indices_dense) pp_copy(indices, r->index_stride, s->out_index, dense, groups, s->inner, index_size);
}

void pp_sweep_row(pp_sweep *s, const int64_t at[PP_AXES])
{
    row r = locate_row(s, at);
    const pp_desc *desc = &s->problem->desc;
    bool forward = s->run->direction == PP_FORWARD;
    /* Lanes that are elements already are written where they belong. */
    bool direct = r.values_dense && s->lane == s->element && s->reducing != PP_WINNERS && !s->run->accumulate;
    char *lanes = pp_sweep_reduce_row(s, at, direct ? r.values : NULL);
    if (!forward) { /* gradients: what no window covers is 0 */
        pp_stretch whole = {s->begin[2], s->end[2], {0, 0, 0, 0, 0}};
        if (!lanes) {
            lanes = s->result;
            memset(lanes, 0, (size_t)((s->end[2] - s->begin[2]) * s->inner) * s->lane);
        }
        finish_stretch(s, &r, at, lanes, &whole, 1);
        return;
    }
    if (!lanes) {
        fill_stretch(s, &r, 0, s->end[2] - s->begin[2]);
        return;
    }
    pp_window w[3] = {pp_axis_window(&s->axis[0], at[PP_D]), pp_axis_window(&s->axis[1], at[PP_H])};
    bool done = direct && s->reducing == PP_MAXIMA && desc->op == PP_OP_MAX && desc->nan != PP_NAN_IGNORE;
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        w[2] = stretch->window;
        if (w[2].begin == w[2].end) fill_stretch(s, &r, stretch->begin - s->begin[2], stretch->end - s->begin[2]);
        else if (!done) finish_stretch(s, &r, at, lanes, stretch, desc->op == PP_OP_AVERAGE ? pp_divisor_of(s->problem, w) : 1);
    }
}

const int64_t *pp_sweep_winners(pp_sweep *s, const int64_t at[PP_AXES])
{
    int64_t *indices = (int64_t *)s->out_index;
    char *lanes = pp_sweep_reduce_row(s, at, NULL);
    if (!lanes) {
        pp_fill_no_index(s->out_index, (s->end[2] - s->begin[2]) * s->inner, 1, PP_INDEX_I64);
        return indices;
    }
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        int64_t first = (stretch->begin - s->begin[2]) * s->inner, count = (stretch->end - stretch->begin) * s->inner;
        if (stretch->window.begin == stretch->window.end) {
            pp_fill_no_index((char *)(indices + first), count, 1, PP_INDEX_I64);
            continue;
        }
        pp_finish f = {.source = lanes + (size_t)first * s->lane, .lanes = count, .index_type = PP_INDEX_I64, .inner = s->inner};
        f.source_index = (const char *)f.source + s->mirror;
        f.target_index = indices + first;
        s->run->kernels->finish_index(&f);
    }
    return indices;
}

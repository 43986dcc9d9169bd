/* From the lanes of a target row to its elements. */
#include "sweep.h"

#include <string.h>

static bool is_dense(pp_strides stride, int64_t groups, int64_t inner)
{
    return (inner == 1 || stride.inner == 1) && (groups == 1 || stride.group == inner);
}

/* Address of element (at, inner i) of a tensor, and its strides along a row. */
static char *locate(const pp_run *run, pp_tensor tensor, const int64_t at[PP_AXES], size_t size, pp_strides *stride)
{
    const pp_array *array = &run->problem->array[tensor];
    int64_t offset = 0;
    for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
    *stride = (pp_strides){array->stride[PP_W], array->stride[PP_INNER]};
    return run->base[tensor] + offset * (int64_t)size;
}

pp_place pp_place_at(const pp_run *run, pp_reducing reducing, const int64_t at[PP_AXES], int64_t groups, int64_t inner)
{
    const pp_problem *p = run->problem;
    pp_place place = {.groups = groups, .inner = inner};
    memcpy(place.at, at, sizeof place.at);
    pp_tensor values = run->direction == PP_FORWARD ? PP_OUTPUT : PP_GRAD_INPUT;
    place.values = locate(run, values, at, pp_dtypes[p->desc.dtype].size, &place.value_stride);
    place.values_dense = is_dense(place.value_stride, groups, inner);
    if (reducing != PP_WINNERS) return place;
    place.indices = locate(run, PP_INDICES, at, pp_index_size(p->desc.indices), &place.index_stride);
    place.indices_dense = is_dense(place.index_stride, groups, inner);
    if (pp_index_is_plain(&p->desc) && p->desc.index_convention == PP_INDEX_TENSOR) {
        place.index_base = (at[PP_N] * p->desc.channels + at[PP_C] + at[PP_INNER]) * p->plane;
        place.index_step = p->plane; /* from channel to channel of a channels-last tensor */
    }
    return place;
}

/* Groups [from, to) of a place. */
static pp_place part_of(const pp_run *run, const pp_place *place, int64_t from, int64_t to)
{
    pp_place part = *place;
    part.groups = to - from;
    part.at[PP_W] += from;
    part.values += from * place->value_stride.group * (int64_t)pp_dtypes[run->problem->desc.dtype].size;
    if (part.indices) part.indices += from * place->index_stride.group * (int64_t)pp_index_size(run->problem->desc.indices);
    return part;
}

void pp_place_empty(const pp_run *run, const pp_place *place)
{
    const pp_problem *p = run->problem;
    for (int64_t g = 0; g < place->groups; g++) {
        pp_place one = part_of(run, place, g, g + 1);
        pp_fill_empty(one.values, one.inner, one.value_stride.inner, p);
        if (one.indices) pp_fill_no_index(one.indices, one.inner, one.index_stride.inner, p->desc.indices);
    }
}

/* Plane indices become those of the description, one by one. */
static void renumber(const pp_run *run, const pp_place *place, const int64_t *index)
{
    const pp_desc *desc = &run->problem->desc;
    int64_t at[PP_AXES];
    memcpy(at, place->at, sizeof at);
    for (int64_t g = 0; g < place->groups; g++) {
        for (int64_t i = 0; i < place->inner; i++) {
            at[PP_W] = place->at[PP_W] + g;
            at[PP_INNER] = place->at[PP_INNER] + i;
            int64_t number = pp_index_number(run->problem, desc->index_convention, at, index[g * place->inner + i]);
            pp_index_store(desc->indices, place->indices, g * place->index_stride.group + i * place->index_stride.inner, number);
        }
    }
}

void pp_place_lanes(const pp_run *run, pp_reducing reducing, const pp_place *place, const char *lanes, const char *lane_indices,
                    double divisor, char *out, char *out_index)
{
    const pp_desc *desc = &run->problem->desc;
    const pp_lines *k = run->kernels->lines;
    size_t element = pp_dtypes[desc->dtype].size;
    pp_strides dense = {place->inner, 1};
    pp_finish f = {.source = lanes, .source_index = lane_indices, .lanes = place->groups * place->inner};
    f.divisor = place->made ? 1 : divisor;
    f.accumulate = run->accumulate && run->direction == PP_BACKWARD;
    f.rounding = desc->rounding;
    char empty[sizeof(double)];
    pp_dtypes[desc->dtype].store(empty, 0, pp_empty_value(run->problem));
    f.empty = empty;
    if (!place->made) f.order = pp_order_of(run->problem);
    f.lowest = pp_dtypes[desc->dtype].lowest, f.highest = pp_dtypes[desc->dtype].highest;
    bool plain = pp_index_is_plain(desc);
    f.index_type = plain ? desc->indices : PP_INDEX_I64;
    f.index_base = place->index_base;
    f.index_step = place->index_step;
    f.inner = place->inner;
    f.target = place->values_dense ? place->values : out;
    f.target_index = place->indices_dense && plain ? place->indices : out_index;
    if (f.accumulate && !place->values_dense) pp_copy(out, dense, place->values, place->value_stride, place->groups, place->inner, element);
    (reducing == PP_SUMS ? k->finish_sum : reducing == PP_MAXIMA ? k->finish_max : k->finish_index)(&f);
    if (!place->values_dense) pp_copy(place->values, place->value_stride, out, dense, place->groups, place->inner, element);
    if (place->indices && !plain) {
        renumber(run, place, (const int64_t *)(const void *)out_index);
    } else if (place->indices && !place->indices_dense) {
        pp_copy(place->indices, place->index_stride, out_index, dense, place->groups, place->inner,
                pp_index_size(run->problem->desc.indices));
    }
}

bool pp_lanes_are_elements(const pp_run *run, pp_reducing reducing)
{
    pp_order order = pp_order_of(run->problem);
    return reducing == PP_MAXIMA && !order.mask && !order.infinity && (!order.ignore_nan || !pp_dtypes[run->problem->desc.dtype].floating);
}

/* Finishes the lanes of a row, stretch by stretch; direct: they lie where they belong. */
static void finish_row(pp_sweep *s, const pp_place *place, const char *lanes, bool direct)
{
    bool done = direct && (s->made || pp_lanes_are_elements(s->run, s->reducing));
    if (done && !s->gaps) return;
    if (s->made && !s->gaps) { /* nothing but their form is left */
        pp_place_lanes(s->run, s->reducing, place, lanes, NULL, 1, s->out, NULL);
        return;
    }
    pp_window w[3] = {s->row_window[0], s->row_window[1]};
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        int64_t from = stretch->begin - s->begin[2], to = stretch->end - s->begin[2];
        pp_place part = part_of(s->run, place, from, to);
        const char *source = lanes + (size_t)(from * s->inner) * s->lane;
        w[2] = stretch->window;
        if (w[2].begin == w[2].end) pp_place_empty(s->run, &part);
        else if (!done)
            pp_place_lanes(s->run, s->reducing, &part, source, source + s->mirror, pp_divisor_of(s->problem, w), s->out, s->out_index);
    }
}

void pp_sweep_row(pp_sweep *s, const int64_t at[PP_AXES])
{
    const pp_run *run = s->run;
    int64_t outputs = s->end[2] - s->begin[2], first[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], at[PP_H], s->begin[2], 0};
    pp_place place = pp_place_at(run, s->reducing, first, outputs, s->inner);
    /* Lanes that are as wide as elements are written where they belong, and finished there. */
    bool direct = place.values_dense && s->lane == s->element && s->reducing != PP_WINNERS && !run->accumulate;
    char *values = place.values;
    bool stream = s->problem->stream && place.values_dense && s->reducing != PP_WINNERS && !run->accumulate;
    if (stream) place.values = s->out; /* made near, then written past the caches */
    place.made = s->made;
    char *lanes = pp_sweep_reduce_row(s, at, direct ? place.values : NULL);
    if (run->direction == PP_BACKWARD) { /* gradients: what no window covers is 0 */
        if (!lanes) lanes = memset(s->result, 0, (size_t)(outputs * s->inner) * s->lane);
        pp_place_lanes(run, s->reducing, &place, lanes, NULL, 1, s->out, NULL);
    } else if (!lanes) {
        pp_place_empty(run, &place);
    } else {
        finish_row(s, &place, lanes, direct);
    }
    if (stream) run->kernels->stream(values, place.values, (size_t)(outputs * s->inner) * s->element);
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
        s->run->kernels->lines->finish_index(&f);
    }
    return indices;
}

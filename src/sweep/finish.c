/* From the lanes of a target row to its elements. */
#include "../reference/reference.h"
#include "sweep.h"

#include <string.h>

static bool is_dense(pp_strides stride, int64_t groups, int64_t inner)
{
    return (inner == 1 || stride.inner == 1) && (groups == 1 || stride.group == inner);
}

pp_place pp_place_at(const pp_run *run, const int64_t at[PP_AXES], int64_t groups, int64_t inner)
{
    pp_tensor tensor = run->direction == PP_FORWARD ? PP_OUTPUT : PP_GRAD_INPUT;
    const pp_array *array = &run->problem->array[tensor];
    pp_place place = {.groups = groups, .inner = inner, .value_stride = {array->stride[PP_W], array->stride[PP_INNER]}};
    place.values = run->base[tensor] + pp_offset(array, at) * (int64_t)pp_dtypes[run->problem->desc.dtype].size;
    place.values_dense = is_dense(place.value_stride, groups, inner);
    place.sums = !run->problem->is_max || tensor == PP_GRAD_INPUT;
    place.accumulate = run->accumulate && tensor == PP_GRAD_INPUT;
    return place;
}

/* Groups [from, to) of a place. */
static pp_place part_of(const pp_run *run, const pp_place *place, int64_t from, int64_t to)
{
    pp_place part = *place;
    part.groups = to - from;
    part.values += from * place->value_stride.group * (int64_t)pp_dtypes[run->problem->desc.dtype].size;
    return part;
}

void pp_place_empty(const pp_run *run, const pp_place *place)
{
    const pp_dtype_info *info = &pp_dtypes[run->problem->desc.dtype];
    char element[sizeof(double)];
    info->store(element, 0, run->problem->empty);
    for (int64_t g = 0; g < place->groups; g++) {
        pp_fill(part_of(run, place, g, g + 1).values, place->inner, place->value_stride.inner, element, info->size);
    }
}

void pp_place_lanes(const pp_run *run, const pp_place *place, const char *lanes, double divisor, char *out)
{
    const pp_desc *desc = &run->problem->desc;
    const pp_lines *k = run->kernels->lines;
    const pp_dtype_info *info = &pp_dtypes[desc->dtype];
    pp_strides dense = {place->inner, 1};
    char empty[sizeof(double)];
    pp_finish f = {.source = lanes, .lanes = place->groups * place->inner, .empty = empty};
    f.divisor = place->made ? 1 : divisor;
    f.accumulate = place->accumulate;
    info->store(empty, 0, run->problem->empty);
    if (!place->made) f.order = pp_order_of(run->problem);
    f.target = place->values_dense ? place->values : out;
    if (f.accumulate && !place->values_dense) pp_copy(out, dense, place->values, place->value_stride, place->groups, place->inner, info->size);
    (place->sums ? k->finish_sum : k->finish_max)(&f);
    if (!place->values_dense) pp_copy(place->values, place->value_stride, out, dense, place->groups, place->inner, info->size);
}

/* Whether lanes need no finishing. */
static bool are_elements(const pp_sweep *s)
{
    pp_order order = pp_order_of(s->problem);
    return s->problem->is_max && !order.mask && !order.ignore_nan;
}

/* Finishes the lanes of a row, stretch by stretch (NULL: they see nothing); direct: they lie where they belong. */
static void finish_row(pp_sweep *s, const pp_place *place, const char *lanes, bool direct)
{
    bool done = direct && (s->made || are_elements(s));
    if (lanes && !s->gaps && !s->packs && (done || s->made)) { /* nothing but their form is left */
        if (!done) pp_place_lanes(s->run, place, lanes, 1, s->out);
        return;
    }
    pp_window w[3] = {s->row_window[0], s->row_window[1]};
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        int64_t from = stretch->begin - s->begin[2], to = stretch->end - s->begin[2];
        pp_place part = part_of(s->run, place, from, to);
        w[2] = stretch->window;
        const char *source = lanes && w[2].begin < w[2].end ? lanes + (size_t)(from * s->inner) * s->lane : NULL;
        if (s->packs) pp_sweep_unpack(s, stretch->begin, &part, source);
        else if (!source) pp_place_empty(s->run, &part);
        else if (!done) pp_place_lanes(s->run, &part, source, pp_divisor_of(s->problem, w), s->out);
    }
}

void pp_sweep_row(pp_sweep *s, const int64_t at[PP_AXES])
{
    const pp_run *run = s->run;
    int64_t outputs = s->end[2] - s->begin[2], first[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], at[PP_H], s->begin[2], 0};
    pp_place place = pp_place_at(run, first, outputs, s->inner);
    /* Lanes are written where they belong, and finished there. */
    bool direct = place.values_dense && !s->packs, stream = s->problem->stream && place.values_dense && !s->packs;
    char *values = place.values;
    if (stream) place.values = s->out; /* made near, then written past the caches */
    place.made = s->made;
    finish_row(s, &place, pp_sweep_reduce_row(s, at, direct ? place.values : NULL), direct);
    if (s->packs) pp_sweep_store_winners(s, first);
    if (stream) run->kernels->stream(values, place.values, (size_t)(outputs * s->inner) * s->element);
}

const int64_t *pp_sweep_winners(pp_sweep *s, const int64_t at[PP_AXES])
{
    pp_place place = {.values = s->out, .value_stride = {s->inner, 1}, .values_dense = true, .groups = s->end[2] - s->begin[2]};
    place.inner = s->inner;
    if (s->packs) {
        finish_row(s, &place, pp_sweep_reduce_row(s, at, NULL), false);
        return s->indices;
    }
    int64_t here[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], at[PP_H]}, *index = s->indices;
    for (here[PP_W] = s->begin[2]; here[PP_W] < s->end[2]; here[PP_W]++) {
        for (here[PP_INNER] = 0; here[PP_INNER] < s->inner; here[PP_INNER]++) *index++ = pp_reference_winner(s->run, here).index;
    }
    return s->indices;
}

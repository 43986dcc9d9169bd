/* Sweeps that find winners.  Elements of f32 are packed with their indices into lanes of 64 bits (kernels/packed.inc), whose maxima are
 * those of doubles; for other types the window of a maximum is looked through for it. */
#include "sweep.h"

#include <string.h>

bool pp_sweep_packs(const pp_problem *p) { return p->kernels->lines->pack && p->plane <= INT32_MAX; }

static pp_pack pack_of(const pp_sweep *s)
{
    const pp_desc *desc = &s->problem->desc;
    return (pp_pack){.order = pp_order_of(s->problem), .last_nan = desc->nan == PP_NAN_LAST, .last_tie = desc->ties == PP_TIES_LAST};
}

void pp_sweep_pack_row(const pp_sweep *s, int64_t d, int64_t h, const char *elements, char *lanes)
{
    pp_pack p = pack_of(s);
    int64_t count = s->read_end - s->read_begin, positions = s->inner == 1 ? 1 : count;
    p.index = (d * s->axis[1].input + h) * s->axis[2].input + s->read_begin;
    p.index_step = s->inner == 1;
    p.lanes = s->inner == 1 ? count : s->inner;
    for (int64_t i = 0; i < positions; i++, p.index++) {
        p.elements = (void *)(uintptr_t)(elements + (size_t)(i * s->inner) * s->element);
        p.packed = lanes + (size_t)(i * s->inner) * s->lane;
        s->run->kernels->lines->pack(&p);
    }
}

/* Where in a window the maximum lies that is known; -1: nowhere.  plane: the first element. */
static int64_t find(const pp_sweep *s, const pp_window w[3], const char *plane, double value)
{
    const pp_desc *desc = &s->problem->desc;
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    bool last = value != value ? desc->nan == PP_NAN_LAST : desc->ties == PP_TIES_LAST, ignore = desc->nan == PP_NAN_IGNORE;
    int64_t found = -1;
    for (int64_t td = w[0].begin; td < w[0].end; td++) {
        for (int64_t th = w[1].begin; th < w[1].end; th++) {
            int64_t d = w[0].first + td * s->axis[0].step, h = w[1].first + th * s->axis[1].step;
            int64_t row = d * stride[PP_D] + h * stride[PP_H], index = (d * s->axis[1].input + h) * s->axis[2].input;
            for (int64_t tw = w[2].begin; tw < w[2].end; tw++) {
                int64_t x = w[2].first + tw * s->axis[2].step, at = row + x * stride[PP_W];
                double element = desc->dtype == PP_F64 ? ((const double *)(const void *)plane)[at] : pp_dtypes[desc->dtype].load(plane, at);
                if (element != value && (element == element || value == value || ignore)) continue;
                found = index + x;
                if (!last) return found;
            }
        }
    }
    return found;
}

/* Elements and indices of packed lanes. */
static void unpack(const pp_sweep *s, const pp_place *part, const char *lanes, int64_t *indices)
{
    pp_pack p = pack_of(s);
    float empty = (float)s->problem->empty;
    memcpy(&p.empty, &empty, sizeof empty);
    p.packed = (void *)(uintptr_t)lanes;
    p.lanes = part->groups * part->inner;
    p.elements = part->values_dense ? part->values : s->out;
    p.indices = indices;
    s->run->kernels->lines->unpack(&p);
    if (!part->values_dense) pp_copy(part->values, part->value_stride, s->out, (pp_strides){part->inner, 1}, part->groups, part->inner, s->element);
}

void pp_sweep_find(pp_sweep *s, const int64_t row[PP_AXES], int64_t from, const pp_place *part, const char *lanes)
{
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    int64_t *index = s->indices + (from - s->begin[2]) * s->inner;
    if (lanes && s->packs) {
        unpack(s, part, lanes, index);
        return;
    }
    pp_window w[3] = {s->row_window[0], s->row_window[1]};
    for (int64_t g = 0; g < part->groups; g++) {
        w[2] = pp_axis_window(&s->axis[2], from + g);
        for (int64_t i = 0; i < part->inner; i++) {
            int64_t plane = row[PP_N] * stride[PP_N] + row[PP_C] * stride[PP_C] + i * stride[PP_INNER];
            double value = pp_dtypes[s->problem->desc.dtype].load(part->values, g * part->value_stride.group + i * part->value_stride.inner);
            *index++ = lanes ? find(s, w, s->run->base[PP_INPUT] + plane * (int64_t)s->element, value) : -1;
        }
    }
}

void pp_sweep_store_winners(const pp_sweep *s, const int64_t row[PP_AXES])
{
    const pp_problem *p = s->problem;
    const pp_desc *desc = &p->desc;
    const int64_t *stride = p->array[PP_INDICES].stride, *index = s->indices;
    char *indices = s->run->base[PP_INDICES];
    int64_t at[PP_AXES], offset = 0;
    memcpy(at, row, sizeof at);
    for (int i = 0; i < PP_AXES; i++) offset += at[i] * stride[i];
    int64_t count = (s->end[2] - s->begin[2]) * s->inner;
    bool dense = (s->inner == 1 || stride[PP_INNER] == 1) && stride[PP_W] == s->inner;
    if (desc->indices == PP_INDEX_I64 && desc->index_convention == PP_INDEX_PLANE && dense) {
        memcpy((int64_t *)(void *)indices + offset, index, (size_t)count * sizeof *index);
        return;
    }
    for (; at[PP_W] < s->end[2]; at[PP_W]++, offset += stride[PP_W]) {
        for (at[PP_INNER] = 0; at[PP_INNER] < s->inner; at[PP_INNER]++, index++) {
            int64_t number = desc->index_convention == PP_INDEX_PLANE ? *index : pp_index_number(p, desc->index_convention, at, *index);
            pp_index_store(desc->indices, indices, offset + at[PP_INNER] * stride[PP_INNER], number);
        }
    }
}

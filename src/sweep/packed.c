/* Sweeps that find winners.  Elements of f32 are packed with their indices into lanes of 64 bits (kernels/packed.inc), whose maxima are
 * those of doubles. */
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

void pp_sweep_unpack(pp_sweep *s, int64_t from, const pp_place *part, const char *lanes)
{
    pp_pack p = pack_of(s);
    float empty = (float)s->problem->empty;
    memcpy(&p.empty, &empty, sizeof empty);
    p.packed = (void *)(uintptr_t)lanes;
    p.lanes = part->groups * part->inner;
    p.elements = part->values_dense ? part->values : s->out;
    p.indices = s->indices + (from - s->begin[2]) * s->inner;
    if (lanes) s->run->kernels->lines->unpack(&p);
    else memset(p.indices, -1, (size_t)p.lanes * sizeof *p.indices);
    if (!lanes) pp_place_empty(s->run, part);
    else if (!part->values_dense)
        pp_copy(part->values, part->value_stride, s->out, (pp_strides){part->inner, 1}, part->groups, part->inner, s->element);
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

/* Indices of winners: their types, their conventions, from one to another. */
#include "plan.h"

/* By pp_index_type: bytes; the largest index, all bits set being none. */
static const struct {
    size_t size;
    int64_t highest;
} types[] = {{0, 0}, {4, INT32_MAX}, {8, INT64_MAX}, {1, UINT8_MAX - 1}, {2, UINT16_MAX - 1}};

size_t pp_index_size(pp_index_type type) { return (int)type >= 0 && (int)type < PP_COUNT(types) ? types[type].size : 0; }

void pp_index_store(pp_index_type type, void *indices, int64_t at, int64_t index)
{
    if (type == PP_INDEX_I32) ((int32_t *)indices)[at] = (int32_t)index;
    else if (type == PP_INDEX_I64) ((int64_t *)indices)[at] = index;
    else if (type == PP_INDEX_U8) ((uint8_t *)indices)[at] = (uint8_t)index;
    else ((uint16_t *)indices)[at] = (uint16_t)index;
}

/* First element of plane (n, c, inner) in the numbering of the whole tensor. */
static int64_t plane_base(const pp_problem *p, const int64_t at[PP_AXES])
{
    return (at[PP_N] * p->desc.channels + at[PP_C] + at[PP_INNER]) * p->plane;
}

int64_t pp_index_number(const pp_problem *p, pp_index_convention convention, const int64_t at[PP_AXES], int64_t index)
{
    if (index < 0 || convention == PP_INDEX_PLANE) return index;
    if (convention == PP_INDEX_TENSOR) return index + plane_base(p, at);
    int64_t number = 0, unit = 1;
    for (int a = 2; a >= 0; a--) {
        const pp_axis *axis = &p->axis[a];
        pp_window w = pp_axis_window(axis, at[PP_D + a]);
        int64_t apart = index % axis->input - w.first, tap = apart / axis->step;
        if (apart % axis->step || tap < w.begin || tap >= w.end) return PP_NO_INDEX;
        number += tap * unit;
        index /= axis->input;
        unit *= w.length;
    }
    return number;
}

int64_t pp_index_in_plane(const pp_problem *p, pp_index_convention convention, const int64_t at[PP_AXES], int64_t number)
{
    if (number == -1) return -1;
    if (convention == PP_INDEX_TENSOR) number = number < plane_base(p, at) ? -1 : number - plane_base(p, at);
    if (number < 0) return PP_NO_INDEX;
    if (convention != PP_INDEX_WINDOW) return number < p->plane ? number : PP_NO_INDEX;
    int64_t index = 0, unit = 1;
    for (int a = 2; a >= 0; a--) {
        pp_window w = pp_axis_window(&p->axis[a], at[PP_D + a]);
        int64_t tap = w.length ? number % w.length : 0;
        if (tap < w.begin || tap >= w.end) return PP_NO_INDEX; /* in the padding */
        number /= w.length;
        index += (w.first + tap * p->axis[a].step) * unit;
        unit *= p->axis[a].input;
    }
    return number ? PP_NO_INDEX : index;
}

pp_status pp_index_check(const pp_problem *p, pp_index_type type, pp_index_convention convention, const pp_error *error)
{
    int64_t count = convention == PP_INDEX_TENSOR ? p->inputs : p->plane;
    if (convention == PP_INDEX_WINDOW) {
        count = p->axis[2].longest;
        if (!pp_mul_ok(count, p->axis[1].longest, &count) || !pp_mul_ok(count, p->axis[0].longest, &count))
            return pp_fail(error, PP_OVERFLOW, "index_convention = window: a window has more than 2^63 - 1 taps");
    }
    if (count - 1 <= types[type].highest) return PP_OK;
    return pp_fail(error, PP_OVERFLOW, "indices = %s: the largest index, %lld, needs %s", pp_name(PP_NAME_INDEX_TYPE, (int)type),
                   (long long)(count - 1), count - 1 <= INT32_MAX ? "i32" : "i64");
}

/* ------------------------------------------------------------------------------------------------ converting */

typedef struct side {
    const char *address;
    pp_index_type type;
    pp_index_convention convention;
} side;

static pp_status convert_one(const pp_problem *p, const side *from, const side *to, const int64_t at[PP_AXES], int64_t offset,
                             const pp_error *error)
{
    int64_t number = pp_index_load(from->type, from->address, offset), index = pp_index_in_plane(p, from->convention, at, number);
    if (index == PP_NO_INDEX && from->convention != PP_INDEX_WINDOW)
        return pp_fail(error, PP_BAD_INDEX, "index %lld lies outside its plane of %lld elements", (long long)number, (long long)p->plane);
    if (index != PP_NO_INDEX) index = pp_index_number(p, to->convention, at, index);
    if (index == PP_NO_INDEX) return pp_fail(error, PP_BAD_INDEX, "index %lld is no element of its window", (long long)number);
    if (index > types[to->type].highest)
        return pp_fail(error, PP_OVERFLOW, "index %lld does not fit %s", (long long)index, pp_name(PP_NAME_INDEX_TYPE, (int)to->type));
    pp_index_store(to->type, (void *)(uintptr_t)to->address, offset, index);
    return PP_OK;
}

static pp_status check_sides(const pp_problem *p, const side *from, const side *to, const pp_error *error)
{
    const pp_array *array = &p->array[PP_INDICES];
    int64_t extent[PP_AXES];
    if (!from->address || !to->address) return pp_fail(error, PP_INVALID, "%s is NULL", from->address ? "to" : "from");
    size_t from_size = pp_index_size(from->type), to_size = pp_index_size(to->type);
    if ((uintptr_t)from->address % from_size || (uintptr_t)to->address % to_size)
        return pp_fail(error, PP_INVALID, "from, to: must be aligned for their type");
    if (from->convention == PP_INDEX_WINDOW || to->convention == PP_INDEX_WINDOW) {
        pp_status status = pp_index_check(p, PP_INDEX_I64, PP_INDEX_WINDOW, error);
        if (status != PP_OK) return status;
    }
    if (from->address == to->address && from->type == to->type) return PP_OK;
    pp_problem_extents(p, PP_INDICES, extent);
    if (pp_arrays_meet(array, extent, from->address, from_size, array, extent, to->address, to_size)) {
        return pp_fail(error, PP_INVALID, "from overlaps to");
    }
    return PP_OK;
}

pp_status pp_convert_indices(const pp_plan *plan, const void *from, pp_index_type from_type, pp_index_convention from_convention, void *to,
                             pp_index_type to_type, pp_index_convention to_convention, char *text, size_t text_size)
{
    pp_error error = pp_error_buffer(text, text_size);
    if (!plan || plan->struct_size != sizeof *plan) return pp_fail(&error, PP_INVALID, "plan is %s", plan ? "not a plan" : "NULL");
    if (!pp_index_size(from_type) || !pp_index_size(to_type)) {
        return pp_fail(&error, PP_INVALID, "from_type, to_type: must be i32, i64, u8 or u16");
    }
    if (!pp_name(PP_NAME_INDEX_CONVENTION, (int)from_convention) || !pp_name(PP_NAME_INDEX_CONVENTION, (int)to_convention)) {
        return pp_fail(&error, PP_INVALID, "from_convention, to_convention: no such value");
    }
    const pp_problem *p = &plan->problem;
    if (p->desc.indices == PP_INDEX_NONE) return pp_fail(&error, PP_INVALID, "the plan has no indices: set desc.indices");
    if (p->outputs == 0) return PP_OK;
    side source = {from, from_type, from_convention}, target = {to, to_type, to_convention};
    pp_status status = check_sides(p, &source, &target, &error);
    const pp_array *array = &p->array[PP_INDICES];
    int64_t extent[PP_AXES], at[PP_AXES] = {0};
    pp_problem_extents(p, PP_INDICES, extent);
    for (int axis = 0; status == PP_OK && axis >= 0;) {
        status = convert_one(p, &source, &target, at, array->offset + pp_offset(array, at), &error);
        for (axis = PP_AXES - 1; axis >= 0 && ++at[axis] == extent[axis]; axis--) at[axis] = 0;
    }
    return status;
}

/* Indices from one type and convention to another. */
#include "plan.h"

typedef struct conversion {
    const char *from;
    char *to;
    pp_index_type from_type, to_type;
    int64_t remove, add; /* first element of the plane in the numbering of either convention */
    int64_t plane;
} conversion;

static pp_status convert_one(const conversion *c, int64_t at, const pp_error *error)
{
    int64_t index = c->from_type == PP_INDEX_I32 ? ((const int32_t *)c->from)[at] : ((const int64_t *)c->from)[at];
    if (index != -1) {
        if (index < c->remove || index - c->remove >= c->plane) {
            return pp_fail(error, PP_BAD_INDEX, "index %lld lies outside its plane of %lld elements", (long long)index,
                           (long long)c->plane);
        }
        index += c->add - c->remove;
    }
    if (c->to_type == PP_INDEX_I64) ((int64_t *)c->to)[at] = index;
    else if (index > INT32_MAX) return pp_fail(error, PP_OVERFLOW, "index %lld does not fit i32", (long long)index);
    else ((int32_t *)c->to)[at] = (int32_t)index;
    return PP_OK;
}

static size_t index_size(pp_index_type type) { return type == PP_INDEX_I32 ? sizeof(int32_t) : sizeof(int64_t); }

static pp_status check(const pp_plan *plan, const void *from, pp_index_type from_type, const void *to, pp_index_type to_type,
                       const pp_error *error)
{
    const pp_array *array = &plan->problem.array[PP_INDICES];
    int64_t extent[PP_AXES];
    if (!from || !to) return pp_fail(error, PP_INVALID, "%s is NULL", from ? "to" : "from");
    if ((uintptr_t)from % index_size(from_type) || (uintptr_t)to % index_size(to_type))
        return pp_fail(error, PP_INVALID, "from, to: must be aligned for their type");
    if (from == to && from_type == to_type) return PP_OK;
    pp_problem_extents(&plan->problem, PP_INDICES, extent);
    if (pp_arrays_meet(array, extent, from, index_size(from_type), array, extent, to, index_size(to_type))) {
        return pp_fail(error, PP_INVALID, "from overlaps to");
    }
    return PP_OK;
}

pp_status pp_convert_indices(const pp_plan *plan, const void *from, pp_index_type from_type, pp_index_convention from_convention, void *to,
                             pp_index_type to_type, pp_index_convention to_convention, char *text, size_t text_size)
{
    pp_error error = pp_error_buffer(text, text_size);
    if (!plan || plan->struct_size != sizeof *plan) return pp_fail(&error, PP_INVALID, "plan is %s", plan ? "not a plan" : "NULL");
    if (from_type < PP_INDEX_I32 || from_type > PP_INDEX_I64 || to_type < PP_INDEX_I32 || to_type > PP_INDEX_I64) {
        return pp_fail(&error, PP_INVALID, "from_type, to_type: must be i32 or i64");
    }
    if (!pp_name(PP_NAME_INDEX_CONVENTION, (int)from_convention) || !pp_name(PP_NAME_INDEX_CONVENTION, (int)to_convention)) {
        return pp_fail(&error, PP_INVALID, "from_convention, to_convention: no such value");
    }
    const pp_problem *p = &plan->problem;
    if (p->desc.indices == PP_INDEX_NONE) return pp_fail(&error, PP_INVALID, "the plan has no indices: set desc.indices");
    if (p->outputs == 0) return PP_OK;
    pp_status status = check(plan, from, from_type, to, to_type, &error);
    if (status != PP_OK) return status;
    const pp_array *array = &p->array[PP_INDICES];
    conversion c = {.from = from, .to = to, .from_type = from_type, .to_type = to_type, .plane = p->plane};
    int64_t extent[PP_AXES], at[PP_AXES];
    pp_problem_extents(p, PP_INDICES, extent);
    for (at[PP_N] = 0; at[PP_N] < p->n; at[PP_N]++)
        for (at[PP_C] = 0; at[PP_C] < p->c; at[PP_C]++)
            for (at[PP_INNER] = 0; at[PP_INNER] < p->inner; at[PP_INNER]++) {
                int64_t base = (at[PP_N] * p->desc.channels + at[PP_C] + at[PP_INNER]) * p->plane;
                c.remove = from_convention == PP_INDEX_TENSOR ? base : 0;
                c.add = to_convention == PP_INDEX_TENSOR ? base : 0;
                for (at[PP_D] = 0; at[PP_D] < extent[PP_D]; at[PP_D]++)
                    for (at[PP_H] = 0; at[PP_H] < extent[PP_H]; at[PP_H]++)
                        for (at[PP_W] = 0; at[PP_W] < extent[PP_W]; at[PP_W]++) {
                            int64_t offset = array->offset;
                            for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
                            status = convert_one(&c, offset, &error);
                            if (status != PP_OK) return status;
                        }
            }
    return PP_OK;
}

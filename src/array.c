/* Where tensors lie: strides, bounds, overlap. */
#include "problem.h"

#include <string.h>

void pp_problem_extents(const pp_problem *problem, pp_tensor tensor, int64_t extent[PP_AXES])
{
    bool input = tensor == PP_INPUT || tensor == PP_GRAD_INPUT;
    extent[PP_N] = problem->n;
    extent[PP_C] = problem->c;
    for (int a = 0; a < 3; a++) extent[PP_D + a] = input ? problem->axis[a].input : problem->axis[a].output;
    extent[PP_INNER] = problem->inner;
}

const char *const pp_tensor_names[] = {"input", "output", "indices", "grad_output", "grad_input"};

int64_t pp_offset(const pp_array *array, const int64_t at[PP_AXES])
{
    int64_t offset = 0;
    for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
    return offset;
}

pp_status pp_array_init(pp_problem *problem, pp_tensor tensor, const pp_error *error)
{
    const pp_desc *desc = &problem->desc;
    const pp_view *view = &desc->view[tensor];
    pp_array *array = &problem->array[tensor];
    int64_t extent[PP_AXES], elements = 1;
    bool ok = true, none = false;
    pp_problem_extents(problem, tensor, extent);
    for (int i = 0; i < PP_AXES; i++) none |= extent[i] == 0;
    memset(array, 0, sizeof *array);
    array->dense = view->strides[0] == PP_AUTO;
    array->offset = array->low = array->high = view->offset;
    for (int i = PP_AXES - 1; i >= 0 && ok && !none; i--) {
        if (extent[i] < 2) continue; /* a stride that leads nowhere may be any number: it must not be taken for a fact */
        int place = i == PP_N ? 0 : i == PP_C || i == PP_INNER ? 1 : i - 3 + desc->rank;
        int64_t reach, stride = array->dense ? elements : view->strides[place], *bound = stride < 0 ? &array->low : &array->high;
        array->stride[i] = stride;
        ok = pp_mul_ok(extent[i] - 1, stride, &reach) && pp_add_ok(*bound, reach, bound) && pp_mul_ok(elements, extent[i], &elements);
    }
    int64_t most = PTRDIFF_MAX / (int64_t)(tensor == PP_INDICES ? sizeof(int64_t) : pp_dtypes[desc->dtype].size);
    if (!ok || (!none && (array->low < -most || array->high > most - 1))) {
        return pp_fail(error, PP_OVERFLOW, "%s: the tensor does not fit the address space", pp_tensor_names[tensor]);
    }
    if (none) elements = 0;
    if (tensor == PP_INPUT) problem->inputs = elements;
    if (tensor == PP_OUTPUT) problem->outputs = elements;
    return PP_OK;
}

bool pp_array_overlaps_itself(const pp_array *array, const int64_t extent[PP_AXES])
{
    int64_t reach = 0;
    unsigned left = (1u << PP_AXES) - 1;
    while (!array->dense) {
        int next = -1;
        int64_t best = INT64_MAX;
        for (int i = 0; i < PP_AXES; i++) {
            int64_t size = array->stride[i] < 0 ? -array->stride[i] : array->stride[i];
            if (extent[i] < 2 || !(left >> i & 1) || size > best) continue;
            best = size;
            next = i;
        }
        if (next < 0) return false;
        left &= ~(1u << next);
        if (best <= reach) return true;
        reach += (extent[next] - 1) * best;
    }
    return false;
}

/* How many bytes an array touches of every row of "row" bytes, if all its strides are multiples of it but those of one run;
 * false when the run is longer than the row. */
static bool residues(const pp_array *array, const int64_t *extent, int64_t size, int64_t row, int64_t *length)
{
    *length = size;
    for (int i = 0; i < PP_AXES; i++) {
        if (extent[i] < 2 || array->stride[i] * size % row == 0) continue;
        int64_t stride = array->stride[i] * size;
        *length += (extent[i] - 1) * (stride < 0 ? -stride : stride);
    }
    return *length <= row;
}

bool pp_arrays_meet(const pp_array *a, const int64_t a_extent[PP_AXES], const char *a_base, size_t a_size, const pp_array *b,
                    const int64_t b_extent[PP_AXES], const char *b_base, size_t b_size)
{
    uintptr_t a_low = (uintptr_t)a_base + (uintptr_t)(a->low * (int64_t)a_size),
              b_low = (uintptr_t)b_base + (uintptr_t)(b->low * (int64_t)b_size);
    uintptr_t a_end = a_low + (uintptr_t)((a->high - a->low + 1) * (int64_t)a_size);
    uintptr_t b_end = b_low + (uintptr_t)((b->high - b->low + 1) * (int64_t)b_size);
    if (a_end <= b_low || b_end <= a_low) return false;
    /* Two slices of one array, as channels of a channels-last one, interleave without meeting: look for a common row. */
    for (int i = 0; i < 2 * PP_AXES; i++) {
        bool of_a = i < PP_AXES;
        int axis = i % PP_AXES;
        if ((of_a ? a_extent : b_extent)[axis] < 2) continue;
        int64_t row = of_a ? a->stride[axis] * (int64_t)a_size : b->stride[axis] * (int64_t)b_size, a_length, b_length;
        if (row < 0) row = -row;
        if (row == 0) continue;
        if (!residues(a, a_extent, (int64_t)a_size, row, &a_length) || !residues(b, b_extent, (int64_t)b_size, row, &b_length)) continue;
        int64_t apart =
            b_low >= a_low ? (int64_t)((b_low - a_low) % (uintptr_t)row) : (row - (int64_t)((a_low - b_low) % (uintptr_t)row)) % row;
        if (apart >= a_length && apart + b_length <= row) return false;
    }
    return true;
}

/* Whether the arguments of a call are right: the long way, with a sentence for each that is not; and what of it is the same for
 * every call, made with the plan. */
#include "plan.h"

#include <string.h>

/* A tensor of a call: where pp_args has its address, and whether it is written. */
typedef struct tensor_arg {
    pp_tensor tensor;
    size_t field;
    bool written;
} tensor_arg;

_Static_assert(offsetof(pp_args, grad_input) == offsetof(pp_args, input) + PP_GRAD_INPUT * sizeof(void *), "in the order of pp_tensor");

/* The tensors that a plan's calls need. */
static int list_tensors(const pp_desc *desc, pp_direction direction, tensor_arg list[PP_TENSOR_COUNT])
{
    bool backward = direction == PP_BACKWARD;
    const bool used[PP_TENSOR_COUNT] = {!backward || desc->backward == PP_BACKWARD_RECOMPUTE, !backward,
                                        backward ? desc->backward == PP_BACKWARD_INDICES : desc->indices != PP_INDEX_NONE, backward,
                                        backward};
    int count = 0;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (!used[t]) continue;
        list[count].tensor = (pp_tensor)t;
        list[count].field = offsetof(pp_args, input) + (size_t)t * sizeof(void *);
        list[count++].written = t == PP_OUTPUT || t == PP_GRAD_INPUT || (t == PP_INDICES && !backward);
    }
    return count;
}

static size_t element_size(const pp_desc *desc, pp_tensor tensor)
{
    if (tensor != PP_INDICES) return pp_dtypes[desc->dtype].size;
    return pp_index_size(desc->indices);
}

/* The range of the result, on D, H, W. */
static pp_status take_range(const pp_plan *plan, const pp_args *args, pp_run *run, const pp_error *error)
{
    const pp_desc *desc = &plan->problem.desc;
    bool whole = true;
    for (int s = 0; s < desc->rank; s++) whole &= args->range_begin[s] == 0 && args->range_end[s] == 0;
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &plan->problem.axis[a];
        int s = a - (3 - desc->rank);
        int64_t size = run->direction == PP_FORWARD ? axis->output : axis->input;
        run->begin[a] = whole || s < 0 ? 0 : args->range_begin[s];
        run->end[a] = whole || s < 0 ? size : args->range_end[s];
        if (run->begin[a] < 0 || run->begin[a] > run->end[a] || run->end[a] > size) {
            return pp_fail(error, PP_INVALID, "range[%d] = %lld to %lld: must lie in 0 to %lld", s, (long long)run->begin[a],
                           (long long)run->end[a], (long long)size);
        }
    }
    return PP_OK;
}

static pp_status check_origins(const pp_desc *desc, const pp_args *args, const pp_error *error)
{
    for (int s = 0; s < desc->rank; s++) {
        for (int output = 0; output < 2; output++) {
            int64_t origin = (output ? args->output_origin : args->input_origin)[s];
            int64_t size = (output ? desc->output_size : desc->input_size)[s];
            if (origin >= 0 && origin <= size) continue;
            return pp_fail(error, PP_INVALID, "%s_origin[%d] = %lld: must lie in 0 to %lld", output ? "output" : "input", s,
                           (long long)origin, (long long)size);
        }
    }
    return PP_OK;
}

/* What part of a tensor a run touches: extents, and the array moved to it. */
static void touched(const pp_run *run, pp_tensor tensor, int64_t extent[PP_AXES], pp_array *array)
{
    const pp_problem *problem = run->problem;
    for (int i = 0; i < PP_AXES; i++) array->stride[i] = problem->array[tensor].stride[i];
    pp_problem_extents(problem, tensor, extent);
    int64_t begin[3], end[3];
    pp_touched(run, tensor, begin, end);
    array->low = array->high = 0;
    for (int a = 0; a < 3; a++) extent[PP_D + a] = end[a] - begin[a];
    for (int i = 0; i < PP_AXES; i++) {
        if (extent[i] == 0) return; /* the strides of nothing may be anything */
    }
    for (int i = 0; i < PP_AXES; i++) {
        int64_t first = i >= PP_D && i <= PP_W ? begin[i - PP_D] : 0, reach = (extent[i] - 1) * array->stride[i];
        array->low += first * array->stride[i] + pp_min(reach, 0);
        array->high += first * array->stride[i] + pp_max(reach, 0);
    }
}

static pp_status check_tensors(const pp_args *args, pp_run *run, const pp_error *error)
{
    const pp_problem *problem = run->problem;
    const pp_desc *desc = &problem->desc;
    tensor_arg list[PP_TENSOR_COUNT];
    int64_t extent[PP_TENSOR_COUNT][PP_AXES];
    pp_array array[PP_TENSOR_COUNT];
    size_t size[PP_TENSOR_COUNT];
    bool empty[PP_TENSOR_COUNT];
    int count = list_tensors(desc, run->direction, list);
    for (int i = 0; i < count; i++) {
        pp_tensor tensor = list[i].tensor;
        const char *name = pp_tensor_names[tensor];
        touched(run, tensor, extent[i], &array[i]);
        size[i] = element_size(desc, tensor);
        empty[i] = false;
        for (int e = 0; e < PP_AXES; e++) empty[i] |= extent[i][e] == 0;
        if (empty[i]) continue;
        char *address = pp_address_of(args, list[i].field);
        if (!address) return pp_fail(error, PP_INVALID, "%s is NULL", name);
        if ((uintptr_t)address % size[i])
            return pp_fail(error, PP_INVALID, "%s: its address must be a multiple of %zu, the size of its elements", name, size[i]);
        int64_t offset = problem->array[tensor].offset;
        bool input = tensor == PP_INPUT || tensor == PP_GRAD_INPUT;
        for (int s = 0; s < desc->rank; s++) {
            offset -= (input ? args->input_origin[s] : args->output_origin[s]) * problem->array[tensor].stride[PP_D + 3 - desc->rank + s];
        }
        /* integer arithmetic: with an origin the element at coordinates 0 may lie outside the caller's buffer */
        run->base[tensor] = (char *)((uintptr_t)address + (uintptr_t)(offset * (int64_t)size[i]));
        if (list[i].written && pp_array_overlaps_itself(&problem->array[tensor], extent[i])) {
            return pp_fail(error, PP_INVALID, "%s: its strides put two elements at one address", name);
        }
    }
    for (int i = 0; i < count; i++) {
        for (int k = 0; k < count; k++) {
            if (i == k || !list[i].written || empty[i] || empty[k]) continue;
            if (!pp_arrays_meet(&array[i], extent[i], run->base[list[i].tensor], size[i], &array[k], extent[k], run->base[list[k].tensor],
                                size[k]))
                continue;
            return pp_fail(error, PP_INVALID, "%s overlaps %s", pp_tensor_names[list[i].tensor], pp_tensor_names[list[k].tensor]);
        }
    }
    return PP_OK;
}

pp_status pp_check_args(const pp_plan *plan, const pp_args *args, pp_run *run, const pp_error *error)
{
    pp_status status = take_range(plan, args, run, error);
    if (status == PP_OK) status = check_origins(&plan->problem.desc, args, error);
    return status == PP_OK ? check_tensors(args, run, error) : status;
}

void pp_quick_init(pp_quick *q, const pp_problem *problem, pp_direction direction, const void *prepared)
{
    tensor_arg list[PP_TENSOR_COUNT];
    int count = list_tensors(&problem->desc, direction, list);
    q->run.problem = problem; /* all else is zero */
    q->run.kernels = problem->kernels;
    q->run.direction = direction;
    q->run.whole = true;
    q->run.prepared = prepared;
    q->run.group = pp_whole_group(problem);
    for (int a = 0; a < 3; a++) q->run.end[a] = direction == PP_FORWARD ? problem->axis[a].output : problem->axis[a].input;
    for (int i = 0; i < count; i++) {
        const pp_array *whole = &problem->array[list[i].tensor];
        pp_array array;
        const int64_t far = INT64_MAX / 4; /* then nothing below overflows */
        if (whole->low < -far || whole->high > far || whole->offset < -far || whole->offset > far) return;
        int64_t extent[PP_AXES], size = (int64_t)element_size(&problem->desc, list[i].tensor);
        touched(&q->run, list[i].tensor, extent, &array);
        for (int e = 0; e < PP_AXES; e++) {
            if (extent[e] == 0) return; /* nothing to do, or a tensor that may be NULL */
        }
        if (list[i].written && pp_array_overlaps_itself(whole, extent)) return;
        q->tensor[i].tensor = list[i].tensor;
        q->tensor[i].field = list[i].field;
        q->tensor[i].written = list[i].written;
        q->tensor[i].align = (size_t)size;
        q->tensor[i].offset = whole->offset * size;
        q->tensor[i].low = (whole->offset + array.low) * size;
        q->tensor[i].high = (whole->offset + array.high + 1) * size;
    }
    q->count = count;
}

/* Running plans: every argument is checked before anything is written, then the work is cut into tasks. */
#include "run.h"
#include "plan.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ facts for algorithms */

double pp_divisor_of(const pp_problem *problem, const pp_window w[3])
{
    const pp_desc *desc = &problem->desc;
    bool in_float = pp_dtypes[desc->dtype].in_float;
    if (desc->op != PP_OP_AVERAGE) return 1;
    if (desc->divisor == PP_DIVISOR_OVERRIDE) return in_float ? (double)(float)desc->divisor_override : desc->divisor_override;
    int64_t product = w[0].extent * w[1].extent * w[2].extent; /* exact; one conversion */
    return in_float ? (double)(float)product : (double)product;
}

double pp_empty_value(const pp_problem *problem)
{
    const pp_desc *desc = &problem->desc;
    if (desc->empty == PP_EMPTY_NAN) return (double)NAN;
    if (desc->empty == PP_EMPTY_ZERO || !problem->is_max) return 0;
    const pp_dtype_info *info = &pp_dtypes[desc->dtype];
    if (info->floating && (desc->empty == PP_EMPTY_IDENTITY || desc->empty == PP_EMPTY_ERROR)) {
        return desc->op == PP_OP_MAX ? -(double)INFINITY : (double)INFINITY;
    }
    return desc->op == PP_OP_MAX ? info->lowest : info->highest;
}

pp_group pp_whole_group(const pp_problem *problem)
{
    int64_t planes;
    if (!pp_mul_ok(problem->n, problem->c, &planes)) planes = 0; /* then they have no elements */
    return (pp_group){0, planes, problem->axis, problem->cover};
}

void pp_outputs_of_range(const pp_run *run, int64_t begin[3], int64_t end[3])
{
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &run->group.axis[a];
        begin[a] = 0;
        end[a] = axis->output;
        if (run->begin[a] > 0 || run->end[a] < axis->input) pp_axis_seen_by(axis, run->begin[a], run->end[a], &begin[a], &end[a]);
    }
}

/* ------------------------------------------------------------------------------------------------ checking */

/* A tensor of a call: where pp_args has its address, and whether it is written. */
typedef struct tensor_arg {
    pp_tensor tensor;
    size_t field;
    bool written;
} tensor_arg;

PP_INLINE char *address_of(const pp_args *args, size_t field)
{
    char *address;
    memcpy(&address, (const char *)args + field, sizeof address);
    return address;
}

/* The tensors that a plan's calls need. */
static int list_tensors(const pp_desc *desc, pp_direction direction, tensor_arg list[PP_TENSOR_COUNT])
{
    int count = 0;
    if (direction == PP_FORWARD) {
        list[count++] = (tensor_arg){PP_INPUT, offsetof(pp_args, input), false};
        list[count++] = (tensor_arg){PP_OUTPUT, offsetof(pp_args, output), true};
        if (desc->indices != PP_INDEX_NONE) list[count++] = (tensor_arg){PP_INDICES, offsetof(pp_args, indices), true};
    } else {
        if (desc->backward == PP_BACKWARD_RECOMPUTE) list[count++] = (tensor_arg){PP_INPUT, offsetof(pp_args, input), false};
        if (desc->backward == PP_BACKWARD_INDICES) list[count++] = (tensor_arg){PP_INDICES, offsetof(pp_args, indices), false};
        list[count++] = (tensor_arg){PP_GRAD_OUTPUT, offsetof(pp_args, grad_output), false};
        list[count++] = (tensor_arg){PP_GRAD_INPUT, offsetof(pp_args, grad_input), true};
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
    *array = problem->array[tensor];
    pp_problem_extents(problem, tensor, extent);
    bool input = tensor == PP_INPUT || tensor == PP_GRAD_INPUT, result = input == (run->direction == PP_BACKWARD);
    int64_t begin[3], end[3];
    for (int a = 0; a < 3; a++) {
        begin[a] = run->begin[a];
        end[a] = run->end[a];
        if (!result && input) pp_axis_reach(&run->group.axis[a], run->begin[a], run->end[a], &begin[a], &end[a]);
    }
    if (!result && !input) pp_outputs_of_range(run, begin, end);
    if (run->direction == PP_BACKWARD && tensor == PP_INPUT) { /* recomputing: what the windows of those outputs read */
        int64_t from[3], to[3];
        pp_outputs_of_range(run, from, to);
        for (int a = 0; a < 3; a++) pp_axis_reach(&run->group.axis[a], from[a], to[a], &begin[a], &end[a]);
    }
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
        char *address = address_of(args, list[i].field);
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

/* ------------------------------------------------------------------------------------------------ the short way */

void pp_quick_init(pp_plan *plan, pp_direction direction)
{
    pp_quick *q = &plan->quick[direction];
    const pp_problem *problem = &plan->problem;
    tensor_arg list[PP_TENSOR_COUNT];
    int count = list_tensors(&problem->desc, direction, list);
    q->run = (pp_run){.problem = problem, .kernels = problem->kernels, .direction = direction, .whole = true};
    q->run.prepared = plan->prepared[direction];
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

/* Whether a call is on whole tensors. */
PP_INLINE bool is_whole(const pp_args *args)
{
    int64_t special = 0;
    for (int s = 0; s < PP_MAX_RANK; s++)
        special |= args->range_begin[s] | args->range_end[s] | args->input_origin[s] | args->output_origin[s];
    return special == 0;
}

/* Whether such a call is plainly right: fills in its run. */
static bool is_plain(const pp_quick *q, const pp_args *args, pp_run *run)
{
    if (!is_whole(args) || !q->count) return false;
    *run = q->run;
    run->accumulate = args->accumulate != 0;
    uintptr_t low[PP_TENSOR_COUNT], high[PP_TENSOR_COUNT];
    for (int i = 0; i < q->count; i++) {
        char *address = address_of(args, q->tensor[i].field);
        if (!address || (uintptr_t)address & (q->tensor[i].align - 1)) return false;
        run->base[q->tensor[i].tensor] = address + q->tensor[i].offset;
        low[i] = (uintptr_t)address + (uintptr_t)q->tensor[i].low;
        high[i] = (uintptr_t)address + (uintptr_t)q->tensor[i].high;
        for (int k = 0; k < i; k++) { /* arrays that interleave are looked at more closely */
            if ((q->tensor[i].written || q->tensor[k].written) && low[i] < high[k] && low[k] < high[i]) return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------ running */

typedef struct job {
    const pp_run *run;
    const pp_pass *pass;
    int64_t tasks;
    char *scratch;
    size_t scratch_each;
    pp_status status[PP_MAX_TASKS];
} job;

static void run_task(void *ctx, int64_t task)
{
    job *j = ctx;
    j->status[task] = j->pass->run(j->run, task, j->tasks, j->scratch ? j->scratch + (size_t)task * j->scratch_each : NULL);
}

/* Small work is not split: handing it over costs more than doing it.  Elements per task; tests build with 1. */
#ifndef PP_WORTH_A_TASK
#define PP_WORTH_A_TASK (32 * 1024)
#endif

/* Into how many tasks a run is split: by the share of the result that it makes. */
static int64_t split(const pp_plan *plan, const pp_run *run, const pp_pass *pass)
{
    int64_t tasks = pp_plan_tasks(plan);
    if (tasks == 1) return 1;
    double part = 1;
    for (int a = 0; a < 3; a++) part *= (double)(run->end[a] - run->begin[a]) / (double)plan->quick[run->direction].run.end[a];
    double work = part * (double)pp_max(plan->problem.inputs, plan->problem.outputs) / PP_WORTH_A_TASK;
    if (work < (double)tasks) tasks = (int64_t)work;
    return pp_max(1, pp_min(tasks, pass->tasks(run)));
}

/* Kept apart: its frame is large. */
static pp_status run_tasks(const pp_plan *plan, const pp_run *run, const pp_pass *pass, char *scratch, int64_t tasks)
{
    job j = {.run = run, .pass = pass, .tasks = tasks, .scratch = scratch, .scratch_each = plan->quick[run->direction].each};
    plan->options.parallel_for(plan->options.pool, tasks, run_task, &j);
    for (int64_t t = 0; t < tasks; t++) {
        if (j.status[t] != PP_OK) return j.status[t];
    }
    return PP_OK;
}

static pp_status execute(const pp_plan *plan, const pp_run *run, const pp_args *args, const pp_error *error)
{
    const pp_pass *pass = &plan->algorithm[run->direction]->pass[run->direction];
    for (int a = 0; a < 3; a++) {
        if (run->begin[a] == run->end[a]) return PP_OK;
    }
    if (run->group.first == run->group.last || run->problem->inner == 0) return PP_OK;
    char *allocated = NULL, *scratch = args->scratch;
    if (!scratch && plan->scratch_size) {
        scratch = allocated = pp_plan_allocate(plan, plan->scratch_size);
        if (!allocated) return pp_fail(error, PP_NO_MEMORY, "scratch: %zu bytes could not be allocated", plan->scratch_size);
    }
    if (scratch) scratch += (PP_ALIGN - (uintptr_t)scratch % PP_ALIGN) % PP_ALIGN;
    int64_t tasks = split(plan, run, pass);
    pp_status status = tasks > 1 ? run_tasks(plan, run, pass, scratch, tasks) : pass->run(run, 0, 1, scratch);
    if (allocated) pp_plan_release(plan, allocated);
    if (status == PP_BAD_INDEX && run->problem->desc.index_convention == PP_INDEX_WINDOW)
        return pp_fail(error, PP_BAD_INDEX, "indices: one is no element of its window");
    if (status == PP_BAD_INDEX)
        return pp_fail(error, PP_BAD_INDEX, "indices: one lies outside its plane of %lld elements", (long long)run->problem->plane);
    return status;
}

static pp_status start(const pp_plan *plan, const pp_args *args, pp_direction direction)
{
    if (!args || args->struct_size != sizeof *args) return PP_INVALID; /* there is no buffer for a sentence */
    pp_error error = pp_error_buffer(args->error, args->error_size);
    if (!plan || plan->struct_size != sizeof *plan) return pp_fail(&error, PP_INVALID, "plan is %s", plan ? "not a plan" : "NULL");
    if (!plan->algorithm[direction]) return pp_fail(&error, PP_INVALID, "the plan was made without backward: set desc.backward");
    if (args->scratch && args->scratch_size < plan->scratch_size)
        return pp_fail(&error, PP_NO_MEMORY, "scratch_size = %zu: the plan needs %zu", args->scratch_size, plan->scratch_size);
    pp_run run;
    if (is_plain(&plan->quick[direction], args, &run)) return execute(plan, &run, args, &error);
    run = plan->quick[direction].run;
    run.accumulate = args->accumulate != 0;
    run.whole = is_whole(args);
    pp_status status = take_range(plan, args, &run, &error);
    if (status == PP_OK) status = check_origins(&plan->problem.desc, args, &error);
    if (status == PP_OK) status = check_tensors(args, &run, &error);
    return status == PP_OK ? execute(plan, &run, args, &error) : status;
}

pp_status pp_forward(const pp_plan *plan, const pp_args *args) { return start(plan, args, PP_FORWARD); }

pp_status pp_backward(const pp_plan *plan, const pp_args *args) { return start(plan, args, PP_BACKWARD); }

static pp_status run_once(const pp_desc *desc, const pp_args *args, pp_direction direction)
{
    if (!args || args->struct_size != sizeof *args) return PP_INVALID;
    pp_desc copy;
    if (desc && desc->struct_size == sizeof copy && direction == PP_BACKWARD && desc->backward == PP_BACKWARD_NONE) {
        copy = *desc; /* whoever calls pp_pool_backward wants it */
        copy.backward = PP_BACKWARD_AUTO;
        desc = &copy;
    }
    pp_plan *plan;
    pp_status status = pp_plan_create(&plan, desc, NULL, args->error, args->error_size);
    if (status == PP_OK) status = start(plan, args, direction);
    pp_plan_destroy(plan);
    return status;
}

pp_status pp_pool_forward(const pp_desc *desc, const pp_args *args) { return run_once(desc, args, PP_FORWARD); }

pp_status pp_pool_backward(const pp_desc *desc, const pp_args *args) { return run_once(desc, args, PP_BACKWARD); }

/* Running plans: every argument is checked before anything is written, then the work is cut into tasks. */
#include "run.h"
#include "plan.h"

#include <math.h>
#include <string.h>

/* ------------------------------------------------------------------------------------------------ facts for algorithms */

void pp_share(int64_t count, int64_t task, int64_t tasks, int64_t *begin, int64_t *end)
{
    int64_t each = count / tasks, extra = count % tasks;
    *begin = each * task + pp_min(task, extra);
    *end = *begin + each + (task < extra);
}

void pp_at_plane(const pp_problem *problem, int64_t plane, int64_t at[PP_AXES])
{
    at[PP_N] = pp_quotient(plane, problem->c);
    at[PP_C] = pp_remainder(plane, problem->c);
}

double pp_divisor_of(const pp_problem *problem, const pp_window w[3])
{
    const pp_desc *desc = &problem->desc;
    bool in_float = pp_dtypes[desc->dtype].in_float;
    if (desc->op != PP_OP_AVERAGE) return 1;
    if (desc->divisor == PP_DIVISOR_OVERRIDE) return in_float ? (double)(float)desc->divisor_override : desc->divisor_override;
    int64_t product = w[0].extent * w[1].extent * w[2].extent; /* exact; one conversion */
    return in_float ? (double)(float)product : (double)product;
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

void pp_touched(const pp_run *run, pp_tensor tensor, int64_t begin[3], int64_t end[3])
{
    bool backward = run->direction == PP_BACKWARD, input = pp_is_input(tensor);
    for (int a = 0; a < 3; a++) begin[a] = run->begin[a], end[a] = run->end[a];
    if (input == backward && tensor != PP_INPUT) return; /* the result, and what belongs to it */
    if (backward) pp_outputs_of_range(run, begin, end);
    for (int a = 0; input && a < 3; a++) pp_axis_reach(&run->group.axis[a], begin[a], end[a], &begin[a], &end[a]);
}

/* ------------------------------------------------------------------------------------------------ the short way */

/* Whether a call is on whole tensors. */
PP_INLINE bool is_whole(const pp_args *args)
{
    int64_t special = 0;
    PP_UNROLL
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
        char *address = pp_address_of(args, q->tensor[i].field);
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
    char *scratch;
    size_t scratch_each;
    pp_status status[PP_MAX_TASKS];
} job;

static void run_task(void *ctx, int64_t task)
{
    job *j = ctx;
    int64_t begin, end;
    pp_share(j->run->pieces, task, j->run->tasks, &begin, &end);
    j->status[task] = j->pass->run(j->run, begin, end, j->scratch ? j->scratch + (size_t)task * j->scratch_each : NULL);
}

/* Small work is not split: handing it over costs more than doing it.  Elements per task; tests build with 1. */
#ifndef PP_WORTH_A_TASK
#define PP_WORTH_A_TASK (32 * 1024)
#endif

/* Into how many tasks a run is worth being split: by the share of the result that it makes. */
static void split(const pp_plan *plan, pp_run *run)
{
    double part = 1;
    for (int a = 0; a < 3; a++) part *= (double)(run->end[a] - run->begin[a]) / (double)plan->quick[run->direction].run.end[a];
    double work = part * (double)pp_max(plan->problem.inputs, plan->problem.outputs) / PP_WORTH_A_TASK;
    if (work < (double)run->tasks) run->tasks = (int64_t)work;
    run->tasks = pp_max(1, run->tasks);
}

/* Kept apart: its frame is large. */
static pp_status run_tasks(const pp_plan *plan, const pp_run *run, const pp_pass *pass, char *scratch)
{
    job j = {.run = run, .pass = pass, .scratch = scratch, .scratch_each = plan->quick[run->direction].each};
    plan->options.parallel_for(plan->options.pool, run->tasks, run_task, &j);
    for (int64_t t = 0; t < run->tasks; t++) {
        if (j.status[t] != PP_OK) return j.status[t];
    }
    return PP_OK;
}

/* Whether there is nothing to do. */
static bool is_empty(const pp_run *run)
{
    bool empty = run->group.first == run->group.last || run->problem->inner == 0;
    for (int a = 0; a < 3; a++) empty |= run->begin[a] == run->end[a];
    return empty;
}

static pp_status execute(const pp_plan *plan, pp_run *run, const pp_args *args, const pp_error *error)
{
    const pp_pass *pass = &plan->algorithm[run->direction]->pass[run->direction];
    char *allocated = NULL, *scratch = args->scratch;
    if (!scratch && plan->scratch_size) {
        scratch = allocated = pp_plan_allocate(plan, plan->scratch_size);
        if (!allocated) return pp_fail(error, PP_NO_MEMORY, "scratch: %zu bytes could not be allocated", plan->scratch_size);
    }
    if (scratch) scratch += (PP_ALIGN - (uintptr_t)scratch % PP_ALIGN) % PP_ALIGN;
    run->tasks = pp_plan_tasks(plan);
    if (run->tasks > 1) split(plan, run);
    run->pieces = pass->pieces(run);
    run->tasks = pp_min(run->tasks, run->pieces);
    pp_status status = run->tasks > 1 ? run_tasks(plan, run, pass, scratch) : pass->run(run, 0, run->pieces, scratch);
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
    pp_status status = pp_check_args(plan, args, &run, &error);
    return status == PP_OK && !is_empty(&run) ? execute(plan, &run, args, &error) : status;
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

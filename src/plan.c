/* Making plans: description -> checked problem -> algorithm. */
#include "plan.h"
#include "algorithms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *pp_plan_allocate(const pp_plan *plan, size_t size)
{
    return plan->options.allocate ? plan->options.allocate(plan->options.allocator_ctx, size) : malloc(size);
}

void pp_plan_release(const pp_plan *plan, void *memory)
{
    if (plan->options.release) plan->options.release(plan->options.allocator_ctx, memory);
    else free(memory);
}

int64_t pp_plan_tasks(const pp_plan *plan) { return pp_max(1, pp_min(plan->options.threads, PP_MAX_TASKS)); }

/* ------------------------------------------------------------------------------------------------ choosing */

static pp_status copy_options(pp_plan *plan, const pp_options *options, const pp_error *error)
{
    memset(&plan->options, 0, sizeof plan->options);
    plan->options.struct_size = sizeof plan->options;
    if (!options) return PP_OK;
    if (options->struct_size != sizeof *options)
        return pp_fail(error, PP_INVALID, "options.struct_size = %zu: must be sizeof(pp_options) = %zu", options->struct_size,
                       sizeof *options);
    plan->options = *options;
    plan->options.isa = plan->options.algorithm = NULL; /* the strings are the caller's: they are not kept */
    if (!options->allocate != !options->release) return pp_fail(error, PP_INVALID, "options: allocate and release belong together");
    if (options->threads < 0) return pp_fail(error, PP_INVALID, "options.threads = %d: must not be negative", options->threads);
    if (options->threads > 1 && !options->parallel_for)
        return pp_fail(error, PP_INVALID, "options.threads = %d: needs parallel_for (pp_threads_parallel_for or your own)",
                       options->threads);
    if ((unsigned)options->stores > PP_STORES_STREAM)
        return pp_fail(error, PP_INVALID, "options.stores = %d: is not one of pp_stores", (int)options->stores);
    return PP_OK;
}

/* Scratch for one task that can be multiplied by the number of tasks. */
static bool fits(size_t scratch) { return scratch <= (size_t)PTRDIFF_MAX / PP_MAX_TASKS / 2; }

static const pp_algorithm *find_algorithm(const char *name, pp_direction direction, const pp_problem *problem, char *memory, size_t *scratch)
{
    for (int i = 0; i < pp_algorithm_count; i++) {
        const pp_algorithm *algorithm = pp_algorithm_table[i];
        const pp_pass *pass = &algorithm->pass[direction];
        pp_needs needs = {.memory = memory, .room = PP_PREPARED};
        if (name && strcmp(name, algorithm->name)) continue;
        if (!pass->plan || (!name && pass->pays && !pass->pays(problem))) continue; /* the cheaper question first */
        if (!pass->plan(problem, direction, &needs) || !fits(needs.scratch)) continue;
        *scratch = needs.scratch;
        return algorithm;
    }
    return NULL;
}

/* From so many bytes of input and output on their caches do not hold them (docs/performance.md). */
enum { STREAM_BYTES = 32 << 20 };

static pp_status choose(pp_plan *plan, const char *isa, const char *name, const pp_error *error)
{
    pp_problem *problem = &plan->problem;
    const char *cap;
    plan->isa = pp_isa_choose(isa, &cap);
    if (!plan->isa) return pp_fail(error, PP_INVALID, "isa = %.40s: no such instruction set in this build", cap);
    int64_t elements; /* read and written */
    bool large =
        !pp_add_ok(problem->inputs, problem->outputs, &elements) || elements > STREAM_BYTES / (int64_t)pp_dtypes[problem->desc.dtype].size;
    problem->stream = plan->options.stores == PP_STORES_STREAM || (plan->options.stores == PP_STORES_AUTO && large);
    problem->kernels = plan->isa->kernels[problem->desc.dtype];
    bool used = !name;
    for (int i = 0; name && i < pp_algorithm_count; i++) used |= !strcmp(name, pp_algorithm_table[i]->name);
    if (!used) return pp_fail(error, PP_INVALID, "algorithm = %.40s: no such algorithm", name);
    used = !name;
    for (int d = 0; d < 2; d++) {
        if (d == PP_BACKWARD && problem->desc.backward == PP_BACKWARD_NONE) continue;
        size_t scratch = 0;
        plan->algorithm[d] = find_algorithm(name, (pp_direction)d, problem, plan->prepared[d], &scratch);
        used |= plan->algorithm[d] != NULL;
        if (!plan->algorithm[d]) plan->algorithm[d] = find_algorithm(NULL, (pp_direction)d, problem, plan->prepared[d], &scratch);
        if (!plan->algorithm[d]) return pp_fail(error, PP_OVERFLOW, "scratch: the problem needs more than memory holds");
        size_t whole = scratch ? (pp_aligned(scratch) * (size_t)pp_plan_tasks(plan)) + PP_ALIGN : 0;
        if (whole > plan->scratch_size) plan->scratch_size = whole;
        plan->quick[d].each = pp_aligned(scratch);
        pp_quick_init(&plan->quick[d], problem, (pp_direction)d, plan->prepared[d]);
    }
    return used ? PP_OK : pp_fail(error, PP_UNSUPPORTED, "algorithm = %.40s: does not apply to this problem", name);
}

/* ------------------------------------------------------------------------------------------------ making */

/* Only adaptive windows are listed in the plan; other descriptions are checked where the plan is made, but "check" asks for it. */
static pp_status plan_size(size_t *size, const pp_desc *desc, bool check, const pp_error *error)
{
    int64_t tables = 0;
    bool asks = check || !desc || desc->struct_size != sizeof *desc || desc->mode == PP_MODE_ADAPTIVE;
    pp_status status = asks ? pp_problem_tables(desc, &tables, error) : PP_OK;
    if (status == PP_OK) *size = sizeof(pp_plan) + (size_t)tables * sizeof(pp_window);
    return status;
}

static pp_status make(pp_plan *plan, const pp_desc *desc, const pp_options *options, const pp_error *error)
{
    memset(plan, 0, offsetof(pp_plan, prepared));
    plan->struct_size = sizeof *plan;
    pp_status status = copy_options(plan, options, error);
    if (status == PP_OK) status = pp_problem_init(&plan->problem, desc, plan->table, error);
    if (status == PP_OK) status = choose(plan, options ? options->isa : NULL, options ? options->algorithm : NULL, error);
    return status;
}

pp_status pp_plan_size(size_t *size, const pp_desc *desc, char *text, size_t text_size)
{
    pp_error error = pp_error_buffer(text, text_size);
    if (!size) return pp_fail(&error, PP_INVALID, "size is NULL");
    *size = 0;
    return plan_size(size, desc, true, &error);
}

pp_status pp_plan_init(pp_plan **plan, void *memory, size_t memory_size, const pp_desc *desc, const pp_options *options, char *text,
                       size_t text_size)
{
    pp_error error = pp_error_buffer(text, text_size);
    if (!plan) return pp_fail(&error, PP_INVALID, "plan is NULL");
    *plan = NULL;
    size_t size;
    pp_status status = plan_size(&size, desc, false, &error);
    if (status != PP_OK) return status;
    if (!memory || memory_size < size)
        return pp_fail(&error, PP_NO_MEMORY, "memory: the plan needs %zu bytes, %zu were given", size, memory ? memory_size : 0);
    if ((uintptr_t)memory % _Alignof(pp_plan)) return pp_fail(&error, PP_INVALID, "memory: must be aligned as by malloc");
    status = make(memory, desc, options, &error);
    if (status == PP_OK) *plan = memory;
    return status;
}

pp_status pp_plan_create(pp_plan **plan, const pp_desc *desc, const pp_options *options, char *text, size_t text_size)
{
    pp_error error = pp_error_buffer(text, text_size);
    if (!plan) return pp_fail(&error, PP_INVALID, "plan is NULL");
    *plan = NULL;
    size_t size;
    pp_plan allocator; /* only its options are looked at */
    pp_status status = copy_options(&allocator, options, &error);
    if (status == PP_OK) status = plan_size(&size, desc, false, &error);
    if (status != PP_OK) return status;
    pp_plan *made = pp_plan_allocate(&allocator, size);
    if (!made) return pp_fail(&error, PP_NO_MEMORY, "the plan needs %zu bytes: out of memory", size);
    status = make(made, desc, options, &error);
    if (status != PP_OK) {
        pp_plan_release(&allocator, made);
        return status;
    }
    made->owned = true;
    *plan = made;
    return PP_OK;
}

void pp_plan_destroy(pp_plan *plan)
{
    if (plan && plan->owned) pp_plan_release(plan, plan);
}

/* ------------------------------------------------------------------------------------------------ queries */

const pp_desc *pp_plan_desc(const pp_plan *plan) { return plan ? &plan->problem.desc : NULL; }

size_t pp_plan_scratch_size(const pp_plan *plan) { return plan ? plan->scratch_size : 0; }

int pp_plan_shape(const pp_plan *plan, pp_tensor tensor, int64_t shape[2 + PP_MAX_RANK])
{
    if (!plan || !shape || (int)tensor < 0 || tensor >= PP_TENSOR_COUNT) return 0;
    const pp_desc *desc = &plan->problem.desc;
    const int64_t *size = tensor == PP_INPUT || tensor == PP_GRAD_INPUT ? desc->input_size : desc->output_size;
    int count = 0;
    if (!desc->unbatched) shape[count++] = desc->batch;
    if (desc->layout == PP_CHANNELS_FIRST) shape[count++] = desc->channels;
    for (int a = 0; a < desc->rank; a++) shape[count++] = size[a];
    if (desc->layout == PP_CHANNELS_LAST) shape[count++] = desc->channels;
    return count;
}

size_t pp_plan_describe(const pp_plan *plan, char *text, size_t text_size)
{
    static const char *const directions[] = {"forward", "backward"};
    if (!text) text_size = 0;
    if (text_size) text[0] = '\0';
    size_t length = 0;
    for (int d = 0; plan && d < 2; d++) {
        const pp_algorithm *algorithm = plan->algorithm[d];
        if (!algorithm) continue;
        size_t at = length < text_size ? length : text_size;
        int written = snprintf(text_size > at ? text + at : NULL, text_size - at, "%s%s: %s (%s) on %s", length ? "; " : "", directions[d],
                               algorithm->name, algorithm->what, algorithm->uses_kernels ? plan->isa->name : "scalar");
        if (written > 0) length += (size_t)written;
    }
    return length;
}

/* The axis of a query; NULL when there is none. */
static const pp_axis *query_axis(const pp_plan *plan, int axis)
{
    return plan && axis >= 0 && axis < plan->problem.desc.rank ? &plan->problem.axis[3 - plan->problem.desc.rank + axis] : NULL;
}

pp_status pp_plan_window(const pp_plan *plan, int axis, int64_t output, pp_window *window)
{
    const pp_axis *a = query_axis(plan, axis);
    if (!a || !window || output < 0 || output >= a->output) return PP_INVALID;
    *window = pp_axis_window(a, output);
    return PP_OK;
}

pp_status pp_plan_input_range(const pp_plan *plan, int axis, int64_t output_begin, int64_t output_end, int64_t *begin, int64_t *end)
{
    const pp_axis *a = query_axis(plan, axis);
    if (!a || !begin || !end || output_begin < 0 || output_begin > output_end || output_end > a->output) return PP_INVALID;
    pp_axis_reach(a, output_begin, output_end, begin, end);
    return PP_OK;
}

pp_status pp_plan_output_range(const pp_plan *plan, int axis, int64_t input_begin, int64_t input_end, int64_t *begin, int64_t *end)
{
    const pp_axis *a = query_axis(plan, axis);
    if (!a || !begin || !end || input_begin < 0 || input_begin > input_end || input_end > a->input) return PP_INVALID;
    pp_axis_seen_by(a, input_begin, input_end, begin, end);
    return PP_OK;
}

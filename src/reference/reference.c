/* The reference as a row of the algorithm table. */
#include "reference.h"

double pp_reference_rounded(pp_dtype dtype, double value) { return pp_dtypes[dtype].in_float ? (double)(float)value : value; }

static bool applies(const pp_problem *problem)
{
    (void)problem;
    return true;
}

static size_t no_scratch(const pp_problem *problem)
{
    (void)problem;
    return 0;
}

static size_t plane_scratch(const pp_problem *problem)
{
    if (!problem->is_max) return 0;
    return problem->plane > PTRDIFF_MAX / (int64_t)sizeof(double) ? SIZE_MAX : (size_t)problem->plane * sizeof(double);
}

static int64_t one(const pp_run *run)
{
    (void)run;
    return 1;
}

static pp_status forward(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    (void)task, (void)tasks, (void)scratch;
    if (run->problem->is_max) return pp_reference_max_forward(run);
    pp_reference_average_forward(run);
    return PP_OK;
}

static pp_status backward(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    (void)task, (void)tasks;
    if (run->problem->is_max) return pp_reference_max_backward(run, (double *)scratch);
    pp_reference_average_backward(run);
    return PP_OK;
}

const pp_algorithm pp_algorithm_reference = {
    .name = "reference",
    .what = "the obvious loops",
    .pass = {{applies, NULL, NULL, no_scratch, one, forward}, {applies, NULL, NULL, plane_scratch, one, backward}},
};

/* The reference as a row of the algorithm table. */
#include "reference.h"

double pp_reference_rounded(pp_dtype dtype, double value) { return pp_dtypes[dtype].in_float ? (double)(float)value : value; }

static bool plan(const pp_problem *problem, pp_direction direction, pp_needs *needs)
{
    size_t most = PTRDIFF_MAX / sizeof(double);
    if (direction == PP_BACKWARD && problem->is_max) {
        needs->scratch = (size_t)problem->plane > most ? SIZE_MAX : (size_t)problem->plane * sizeof(double);
    }
    return true;
}

static int64_t one(const pp_run *run)
{
    (void)run;
    return 1;
}

static pp_status forward(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    (void)begin, (void)end, (void)scratch;
    if (run->problem->is_max) return pp_reference_max_forward(run);
    pp_reference_average_forward(run);
    return PP_OK;
}

static pp_status backward(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    (void)begin, (void)end;
    if (run->problem->is_max) return pp_reference_max_backward(run, (double *)scratch);
    pp_reference_average_backward(run);
    return PP_OK;
}

const pp_algorithm pp_algorithm_reference = {
    .name = "reference",
    .what = "the obvious loops",
    .pass = {{NULL, plan, one, forward}, {NULL, plan, one, backward}},
};

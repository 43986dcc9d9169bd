/* The reference as a row of the algorithm table. */
#include "reference.h"

double pp_reference_load(pp_dtype dtype, const char *base, int64_t at)
{
    switch (dtype) {
    case PP_F32:
        return ((const float *)base)[at];
    case PP_F64:
        return ((const double *)base)[at];
    case PP_U8:
        return ((const uint8_t *)base)[at];
    case PP_BF16:
        return pp_bf16_to_float(((const uint16_t *)base)[at]);
    }
    return 0;
}

void pp_reference_store(pp_dtype dtype, char *base, int64_t at, double value)
{
    switch (dtype) {
    case PP_F32:
        ((float *)base)[at] = (float)value;
        break;
    case PP_F64:
        ((double *)base)[at] = value;
        break;
    case PP_U8:
        ((uint8_t *)base)[at] = (uint8_t)value;
        break;
    case PP_BF16:
        ((uint16_t *)base)[at] = pp_bf16_from_float((float)value);
        break;
    }
}

double pp_reference_rounded(pp_dtype dtype, double value) { return dtype == PP_F32 || dtype == PP_BF16 ? (double)(float)value : value; }

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

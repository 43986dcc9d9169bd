/* job.c - plans and runs one array. */
#define _POSIX_C_SOURCE 200809L
#include "job.h"

#include <string.h>
#include <time.h>

int start_engine(struct engine *engine, int threads, const char *isa)
{
    memset(engine, 0, sizeof *engine);
    engine->options.struct_size = sizeof engine->options;
    engine->options.isa = isa;
    if (threads == 1) return 0;
    engine->threads = pp_threads_create(threads);
    if (!engine->threads) return fail(NULL, "cannot start %d threads", threads);
    engine->options.threads = pp_threads_count(engine->threads);
    engine->options.parallel_for = pp_threads_parallel_for;
    engine->options.pool = engine->threads;
    return 0;
}

void stop_engine(struct engine *engine)
{
    pp_threads_destroy(engine->threads);
    engine->threads = NULL;
}

const char *reference_algorithm(void)
{
    int last = 0;
    while (pp_name(PP_NAME_ALGORITHM, last + 1)) last++;
    return pp_name(PP_NAME_ALGORITHM, last);
}

int plan_job(struct job *job, const struct engine *engine)
{
    char error[ERROR_SIZE];
    const pp_options *options = engine->options.struct_size ? &engine->options : NULL;
    if (pp_plan_create(&job->plan, &job->desc, options, error, sizeof error) != PP_OK) return fail(job->text, "%s", error);
    return 0;
}

int new_tensor(struct job *job, pp_tensor tensor, enum element element, struct array *array)
{
    int64_t shape[2 + PP_MAX_RANK], kept[2 + PP_MAX_RANK];
    int axes = pp_plan_shape(job->plan, tensor, shape), count = 0;
    /* A plane has no channel axis; the plan, which knows channels-first and -last only, has one of extent 1. */
    bool plane = (int)strlen(job->out_roles) < axes;
    for (int i = plane ? 1 : 0; i < axes; i++) kept[count++] = shape[i];
    return new_array(job->text, array, element, count, kept);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

int run_job(struct job *job, pp_args *args)
{
    char error[ERROR_SIZE];
    args->struct_size = sizeof *args;
    args->error = error;
    args->error_size = sizeof error;
    double start = now();
    pp_status status = (args->grad_input ? pp_backward : pp_forward)(job->plan, args);
    job->seconds = now() - start;
    args->error = NULL;
    return status == PP_OK ? 0 : fail(job->text, "%s", error);
}

void free_job(struct job *job)
{
    pp_plan_destroy(job->plan);
    job->plan = NULL;
}

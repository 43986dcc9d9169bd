/* poolpack itself: the plan is made once, scratch and threads are given. */
#include <poolpack.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

static char message[512], description[512];
static pp_desc desc;
static pp_options options = {.struct_size = sizeof(pp_options)};
static pp_plan *plan;
static pp_threads *threads;
static pp_args args;

static const char *version(void) { return pp_version(); }
static const char *info(void) { return description; }

static void run_forward(void) { pp_forward(plan, &args); }

static void run(void *ctx)
{
    (void)ctx;
    if (desc.backward == PP_BACKWARD_NONE) pp_forward(plan, &args);
    else pp_backward(plan, &args);
}

static void make_plan(void *ctx)
{
    (void)ctx;
    pp_plan *made;
    if (pp_plan_create(&made, &desc, &options, NULL, 0) == PP_OK) pp_plan_destroy(made);
}

static void run_once(void *ctx)
{
    (void)ctx;
    if (desc.backward == PP_BACKWARD_NONE) pp_pool_forward(&desc, &args);
    else pp_pool_backward(&desc, &args);
}

static int same_shape(const bench_case *c)
{
    const int64_t *output = pp_plan_desc(plan)->output_size;
    for (int a = 0; a < c->rank; a++)
        if (output[a] != c->output[3 - c->rank + a]) return 0;
    return 1;
}

static const char *setup(const peer_job *job)
{
    if (pp_desc_parse(&desc, job->text, message, sizeof message) != PP_OK) return message;
    if (job->threads > 1) {
        threads = pp_threads_create(job->threads);
        options.threads = pp_threads_count(threads);
        options.parallel_for = pp_threads_parallel_for;
        options.pool = threads;
    }
    if (pp_plan_create(&plan, &desc, &options, message, sizeof message) != PP_OK) return message;
    if (!same_shape(&job->c)) return "another output size than the benchmark expects";
    pp_plan_describe(plan, description, sizeof description);
    args = (pp_args){.struct_size = sizeof args,
                     .input = job->input,
                     .output = job->output,
                     .indices = job->indices,
                     .grad_output = job->grad_output,
                     .grad_input = job->grad_input,
                     .scratch_size = pp_plan_scratch_size(plan)};
    if (args.scratch_size > 0) args.scratch = calloc(1, args.scratch_size);
    if (desc.backward != PP_BACKWARD_NONE && desc.indices != PP_INDEX_NONE) run_forward();
    return NULL;
}

static void release(void)
{
    pp_plan_destroy(plan);
    pp_threads_destroy(threads);
    free(args.scratch);
    plan = NULL;
    threads = NULL;
    args = (pp_args){0};
    options = (pp_options){.struct_size = sizeof options};
}

const peer the_peer = {version, setup, run, release, info, NULL, make_plan, run_once};

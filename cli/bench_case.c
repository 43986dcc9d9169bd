/* bench_case.c - times one case, and the limit of memory for as many bytes. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include "bandwidth.h"
#include "fill.h"
#include "verify.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILL_INTS, FILL_RANDN, PERIOD = 8191 /* a prime: no row begins as the one before */ };

struct timed {
    struct job job;
    struct tensor tensors[PP_TENSOR_COUNT];
    pp_args args;
    bool backward;
    void *scratch;
};

int bench_start(struct bench_options *options)
{
    int status = start_engine(&options->engine, options->threads, options->isa);
    if (status) return status;
    options->engine.options.algorithm = options->algorithm;
    long online = sysconf(_SC_NPROCESSORS_ONLN); /* more threads than that have no other limit */
    int walkers = pp_threads_count(options->engine.threads);
    if (online > 0 && walkers > online) walkers = (int)online;
    if (walkers == 1) return 0;
    options->walkers = pp_threads_create(walkers);
    return options->walkers ? 0 : fail(NULL, "cannot start %d threads", walkers);
}

void bench_stop(struct bench_options *options)
{
    pp_threads_destroy(options->walkers);
    stop_engine(&options->engine);
}

static int plan_case(struct timed *t, const struct engine *engine, const char *text)
{
    char error[ERROR_SIZE];
    pp_desc *desc = &t->job.desc;
    t->job.text = text;
    if (pp_desc_parse(desc, text, error, sizeof error) != PP_OK) return fail(text, "%s", error);
    if (desc->input_size[0] == PP_AUTO) return fail(text, "needs its sizes, such as n16c64 i112x112");
    if (desc->batch == PP_AUTO) desc->batch = 1;
    if (desc->channels == PP_AUTO) desc->channels = 1;
    t->backward = desc->backward != PP_BACKWARD_NONE;
    return plan_job(&t->job, engine);
}

static double elements(const struct timed *t, pp_tensor which)
{
    int64_t shape[2 + PP_MAX_RANK];
    double count = 1;
    for (int i = pp_plan_shape(t->job.plan, which, shape) - 1; i >= 0; i--) count *= (double)shape[i];
    return count;
}

static double element_size(const struct timed *t, pp_tensor which)
{
    if (which == PP_INDICES) return (double)pp_index_size(t->job.desc.indices);
    return (double)pp_dtype_size(t->job.desc.dtype);
}

/* A machine may promise more memory than it has, and end the process when it is used. */
static int check_memory(const struct timed *t, const bool wanted[PP_TENSOR_COUNT])
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    double there = (double)pages * (double)size, needed = (double)pp_plan_scratch_size(t->job.plan);
    for (int i = 0; i < PP_TENSOR_COUNT; i++)
        if (wanted[i]) needed += elements(t, (pp_tensor)i) * element_size(t, (pp_tensor)i);
    if (pages <= 0 || size <= 0 || needed <= there) return 0;
    return fail(t->job.text, "needs %.3g GB of memory, this machine has %.3g GB", needed / 1e9, there / 1e9);
}

static int make_tensors(struct timed *t)
{
    const bool indices = t->job.desc.indices != PP_INDEX_NONE;
    const bool wanted[PP_TENSOR_COUNT] = {true, !t->backward || indices, indices, t->backward, t->backward};
    size_t scratch = pp_plan_scratch_size(t->job.plan);
    if (check_memory(t, wanted)) return EXIT_FAILED;
    for (int i = 0; i < PP_TENSOR_COUNT; i++)
        if (wanted[i] && new_view(t->job.text, &t->tensors[i], t->job.plan, (pp_tensor)i)) return EXIT_FAILED;
    if (scratch && posix_memalign(&t->scratch, 64, scratch)) {
        t->scratch = NULL;
        return fail_memory(t->job.text);
    }
    if (scratch) memset(t->scratch, 0, scratch);
    return 0;
}

/* Numbers of either sign near 1 (bytes: all of them), the same pattern again and again: quick for any size. */
static void fill_tensor(struct tensor *tensor, uint64_t seed)
{
    struct array *array = &tensor->buffer, first = *array;
    size_t size = element_types[array->element].size;
    if (first.count > PERIOD) first.count = PERIOD;
    fill_array(&first, fill_suits(FILL_RANDN, array->element) ? FILL_RANDN : FILL_INTS, seed);
    for (int64_t done = first.count; done < array->count;) {
        int64_t more = done < array->count - done ? done : array->count - done;
        memcpy((char *)array->data + (size_t)done * size, array->data, (size_t)more * size);
        done += more;
    }
}

static int prepare(struct timed *t)
{
    int status = make_tensors(t);
    if (status) return status;
    fill_tensor(&t->tensors[PP_INPUT], 1);
    taint(&t->tensors[PP_OUTPUT]);
    taint(&t->tensors[PP_INDICES]);
    taint(&t->tensors[PP_GRAD_INPUT]);
    t->args = (pp_args){.scratch = t->scratch,
                        .scratch_size = pp_plan_scratch_size(t->job.plan),
                        .input = pointer_of(&t->tensors[PP_INPUT]),
                        .output = pointer_of(&t->tensors[PP_OUTPUT]),
                        .indices = pointer_of(&t->tensors[PP_INDICES])};
    if (t->backward) {
        if (t->args.indices) status = run_job(&t->job, &t->args);
        fill_tensor(&t->tensors[PP_GRAD_OUTPUT], 2);
        t->args.grad_output = pointer_of(&t->tensors[PP_GRAD_OUTPUT]);
        t->args.grad_input = pointer_of(&t->tensors[PP_GRAD_INPUT]);
        t->args.output = NULL;
    }
    return status ? status : run_job(&t->job, &t->args);
}

static void run(void *ctx)
{
    struct timed *t = ctx;
    if (t->backward) pp_backward(t->job.plan, &t->args);
    else pp_forward(t->job.plan, &t->args);
}

/* One input, one output, and the indices that forward writes. */
static int64_t bytes_of(const struct timed *t)
{
    double index = t->backward || t->job.desc.indices == PP_INDEX_NONE ? 0 : element_size(t, PP_INDICES);
    return (int64_t)(elements(t, PP_INPUT) * element_size(t, PP_INPUT) + elements(t, PP_OUTPUT) * (element_size(t, PP_OUTPUT) + index));
}

/* "forward: row (...) on avx512; backward: ..." */
static void split_description(struct bench_result *r)
{
    const char *last = r->plan;
    for (const char *next; (next = strstr(last, "ward: ")) != NULL;) last = next + 6;
    snprintf(r->algorithm, sizeof r->algorithm, "%.*s", (int)strcspn(last, " ("), last);
    for (const char *next; (next = strstr(last, " on ")) != NULL;) last = next + 4;
    snprintf(r->isa, sizeof r->isa, "%.15s", last);
}

static int measure_limit(const struct bench_options *options, const char *text, bool writes_more, struct bench_result *r)
{
    double speeds[BANDWIDTH_WAYS];
    if (r->bytes < BANDWIDTH_LEAST) return 0;
    switch (bandwidth_measure(options->walkers, (size_t)r->bytes, 3.0 * options->milliseconds, speeds)) {
    case BANDWIDTH_NO_SIZE:
        return 0;
    case BANDWIDTH_NO_MEMORY:
        return fail_memory(text);
    case BANDWIDTH_NO_THREADS:
        return fail(text, "the threads for its limit do not run together");
    case BANDWIDTH_OK:
        break;
    }
    int best = bandwidth_best(speeds, writes_more);
    r->limit = speeds[best];
    r->limit_way = bandwidth_way(best);
    return 0;
}

int bench_case(const struct bench_options *options, const char *text, struct bench_result *result)
{
    struct timed t = {0};
    *result = (struct bench_result){.text = text, .threads = pp_threads_count(options->engine.threads)};
    int status = plan_case(&t, &options->engine, text);
    if (status == 0) status = prepare(&t);
    bool writes_more = false;
    if (status == 0) {
        pp_plan_describe(t.job.plan, result->plan, sizeof result->plan);
        split_description(result);
        result->timing = bench_measure(run, NULL, &t, options->milliseconds);
        result->bytes = bytes_of(&t);
        result->speed = (double)result->bytes / result->timing.median;
        writes_more = t.backward && elements(&t, PP_OUTPUT) < elements(&t, PP_INPUT);
    }
    for (int i = 0; i < PP_TENSOR_COUNT; i++) free_array(&t.tensors[i].buffer);
    free(t.scratch);
    free_job(&t.job);
    return status ? status : measure_limit(options, text, writes_more, result); /* now that its memory is free */
}

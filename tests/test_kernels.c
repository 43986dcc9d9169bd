/* Every algorithm, in every instruction set, against the reference, bit for bit: for each case of the files named on the command
 * line and for random ones, with guard pages, canaries, odd addresses and hostile values.
 *
 *   test_kernels [--verbose] [--random COUNT] [--seed N] [--case "CASE"] FILE...
 *
 * A failure prints the case, a crash too; --case runs it again.  --verbose prints every case before it runs. */
#define _GNU_SOURCE
#include "generator.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long passed, failed;
static bool verbose;
static const char *running = "none"; /* the case, for crashed() */
static long ran[16];                 /* per algorithm: one that never applies is not tested */
static pp_threads *pool;

/* One direction of one plan on given data. */
typedef struct result {
    pp_status status;
    tensor output, indices, grad_input;
    char error[256];
} result;

typedef struct data {
    tensor input, grad_output, indices, old;
    bool bad_alignment_end, own_scratch;
    size_t shift;
} data;

static result run(const pp_plan *plan, const data *d, bool backward, bool accumulate, const int64_t *begin, const int64_t *end)
{
    result r = {.status = PP_OK};
    const pp_desc *desc = pp_plan_desc(plan);
    pp_args args = {.struct_size = sizeof args};
    args.error = r.error;
    args.error_size = sizeof r.error;
    tensor scratch = tensor_block(d->own_scratch ? pp_plan_scratch_size(plan) : 0, d->bad_alignment_end, d->shift % 64);
    if (!scratch.empty) args.scratch = scratch.base, args.scratch_size = scratch.bytes;
    for (int a = 0; begin && a < desc->rank; a++) args.range_begin[a] = begin[a], args.range_end[a] = end[a];
    if (!backward) {
        r.output = tensor_make(plan, PP_OUTPUT, d->bad_alignment_end, d->shift);
        args.input = d->input.base;
        args.output = r.output.base;
        if (desc->indices != PP_INDEX_NONE) {
            r.indices = tensor_make(plan, PP_INDICES, !d->bad_alignment_end, 0);
            args.indices = r.indices.base;
        }
        r.status = pp_forward(plan, &args);
    } else {
        r.grad_input = tensor_make(plan, PP_GRAD_INPUT, d->bad_alignment_end, d->shift);
        if (accumulate) tensor_copy(&r.grad_input, &d->old);
        args.input = d->input.base;
        args.indices = d->indices.base;
        args.grad_output = d->grad_output.base;
        args.grad_input = r.grad_input.base;
        args.accumulate = accumulate;
        r.status = pp_backward(plan, &args);
    }
    tensor_free(&scratch);
    return r;
}

static void release(result *r)
{
    tensor_free(&r->output);
    tensor_free(&r->indices);
    tensor_free(&r->grad_input);
}

static void report(const char *text, const char *algorithm, const char *isa, int threads, const char *what, int64_t at)
{
    failed++;
    if (failed > 20) return;
    printf("FAIL %s: algorithm %s, isa %s, %d threads: %s", text, algorithm, isa, threads, what);
    if (at >= 0) printf(" differs first at element %lld", (long long)at);
    printf("\n  again: test_kernels --case \"%s\"\n", text);
}

/* Compares a result with the reference's and counts. */
static void judge(const char *text, const char *algorithm, const char *isa, int threads, const pp_desc *desc, const result *want,
                  const result *got)
{
    bool max = desc->op == PP_OP_MAX || desc->op == PP_OP_MIN;
    if (got->status != want->status) {
        report(text, algorithm, isa, threads, got->error, -1);
        return;
    }
    const struct {
        const char *name;
        const tensor *a, *b;
        bool indices, zeros;
    } parts[] = {{"output", &want->output, &got->output, false, max},
                 {"indices", &want->indices, &got->indices, true, false},
                 {"grad_input", &want->grad_input, &got->grad_input, false, false}};
    for (int i = 0; i < 3; i++) {
        if (!parts[i].a->map) continue;
        int64_t at = tensor_differs(parts[i].a, parts[i].b, desc->dtype, parts[i].indices, parts[i].zeros);
        if (at >= 0) {
            report(text, algorithm, isa, threads, parts[i].name, at);
            return;
        }
        if (!tensor_gaps_intact(parts[i].b)) {
            report(text, algorithm, isa, threads, "a write outside the view", -1);
            return;
        }
    }
    passed++;
}

static bool applies(const pp_plan *plan, const char *algorithm, bool backward)
{
    char text[512], want[64];
    pp_plan_describe(plan, text, sizeof text);
    snprintf(want, sizeof want, "%s: %s (", backward ? "backward" : "forward", algorithm);
    return strstr(text, want) != NULL;
}

/* All algorithms and instruction sets on one data set. */
static void sweep(const char *text, const pp_desc *desc, const pp_plan *reference, const data *d, bool backward, bool accumulate,
                  const int64_t *begin, const int64_t *end)
{
    result want = run(reference, d, backward, accumulate, begin, end);
    for (int a = 0; pp_name(PP_NAME_ALGORITHM, a + 1); a++) {
        for (int i = 0; pp_name(PP_NAME_ISA, i); i++) {
            if (!pp_isa_available(i)) continue;
            for (int threads = 1; threads <= 3; threads += 2) {
                pp_options options = {.struct_size = sizeof options};
                options.isa = pp_name(PP_NAME_ISA, i);
                options.algorithm = pp_name(PP_NAME_ALGORITHM, a);
                options.threads = threads;
                options.parallel_for = pp_threads_parallel_for;
                options.pool = pool;
                options.stores = (pp_stores)((i + threads) % 3);
                pp_plan *plan;
                char error[256];
                pp_status status = pp_plan_create(&plan, desc, &options, error, sizeof error);
                if (status == PP_UNSUPPORTED) continue;
                if (status != PP_OK) {
                    report(text, options.algorithm, options.isa, threads, error, -1);
                    continue;
                }
                if (applies(plan, options.algorithm, backward)) {
                    ran[a]++;
                    result got = run(plan, d, backward, accumulate, begin, end);
                    judge(text, options.algorithm, options.isa, threads, desc, &want, &got);
                    release(&got);
                }
                pp_plan_destroy(plan);
            }
        }
    }
    release(&want);
}

/* A touched guard page, a heap that was written over: says which case it was. */
static void crashed(int number)
{
    static const char before[] = "FAIL crash: test_kernels --case \"", after[] = "\"\n";
    ssize_t written = write(STDOUT_FILENO, before, sizeof before - 1);
    written += write(STDOUT_FILENO, running, strlen(running));
    written += write(STDOUT_FILENO, after, sizeof after - 1);
    signal(written ? number : SIGABRT, SIG_DFL);
    raise(number);
}

static void check_case(const char *text, uint64_t seed, bool must_plan)
{
    running = text;
    if (verbose) printf("%s\n", text), fflush(stdout);
    pp_desc desc;
    char error[256];
    if (pp_desc_parse(&desc, text, error, sizeof error) != PP_OK) {
        report(text, "-", "-", 1, error, -1);
        return;
    }
    pp_options options = {.struct_size = sizeof options};
    options.algorithm = "reference";
    pp_plan *plan;
    pp_status status = pp_plan_create(&plan, &desc, &options, error, sizeof error);
    if (status != PP_OK) {
        if (must_plan) report(text, "reference", "-", 1, error, -1);
        return;
    }
    rng r = {seed};
    const pp_desc *full = pp_plan_desc(plan);
    bool backward = full->backward != PP_BACKWARD_NONE;
    for (fill kind = 0; kind < FILL_COUNT; kind++) {
        if (is_bytes(desc.dtype) && (kind == FILL_NAN || kind == FILL_INF)) continue;
        data d = {.bad_alignment_end = rng_below(&r, 2),
                  .own_scratch = rng_below(&r, 2),
                  .shift = (size_t)(rng_below(&r, 2) * rng_below(&r, 17)) * pp_dtype_size(desc.dtype)};
        d.input = tensor_make(plan, PP_INPUT, !d.bad_alignment_end, d.shift);
        tensor_fill(&d.input, desc.dtype, kind, &r);
        sweep(text, &desc, plan, &d, false, false, NULL, NULL);
        int64_t begin[3], end[3];
        random_range(&r, full->output_size, full->rank, begin, end);
        sweep(text, &desc, plan, &d, false, false, begin, end);
        if (backward) {
            d.grad_output = tensor_make(plan, PP_GRAD_OUTPUT, d.bad_alignment_end, d.shift);
            d.old = tensor_make(plan, PP_GRAD_INPUT, false, 0);
            tensor_fill(&d.grad_output, desc.dtype, kind == FILL_NAN ? FILL_RANDN : kind, &r);
            tensor_fill(&d.old, desc.dtype, FILL_RANDN, &r);
            if (desc.indices != PP_INDEX_NONE) {
                result forward = run(plan, &d, false, false, NULL, NULL);
                d.indices = forward.indices;
                forward.indices.map = NULL;
                release(&forward);
            }
            sweep(text, &desc, plan, &d, true, false, NULL, NULL);
            sweep(text, &desc, plan, &d, true, true, NULL, NULL);
            random_range(&r, full->input_size, full->rank, begin, end);
            sweep(text, &desc, plan, &d, true, false, begin, end);
            tensor_free(&d.grad_output);
            tensor_free(&d.old);
            tensor_free(&d.indices);
        }
        tensor_free(&d.input);
    }
    pp_plan_destroy(plan);
}

static void check_file(const char *name)
{
    FILE *file = fopen(name, "r");
    char line[CASE_TEXT];
    if (!file) {
        printf("FAIL %s cannot be read\n", name);
        failed++;
        return;
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "#\n")] = '\0';
        if (line[strspn(line, " ")]) check_case(line, 1, true);
    }
    fclose(file);
}

int main(int argc, char **argv)
{
    rng r = {1};
    long random = 0;
    pool = pp_threads_create(3);
    signal(SIGSEGV, crashed);
    signal(SIGBUS, crashed);
    signal(SIGABRT, crashed);
    signal(SIGFPE, crashed);
    signal(SIGILL, crashed);
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--verbose")) verbose = true;
        else if (!strcmp(argv[i], "--random") && i + 1 < argc) random = atol(argv[++i]);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc) r.state = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--case") && i + 1 < argc) check_case(argv[++i], 1, true);
        else check_file(argv[i]);
    }
    for (long i = 0; i < random; i++) {
        char text[CASE_TEXT];
        random_case(&r, text);
        if (rng_below(&r, 3) == 0) random_views(&r, text);
        check_case(text, 1, false);
    }
    running = "none";
    pp_threads_destroy(pool);
    for (int a = 0; random > 100 && pp_name(PP_NAME_ALGORITHM, a + 1); a++) {
        printf("%-10s %ld runs\n", pp_name(PP_NAME_ALGORITHM, a), ran[a]);
        failed += ran[a] == 0;
    }
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}

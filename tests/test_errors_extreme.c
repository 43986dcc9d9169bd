/* Sizes from the far ends of 64 bits: planning, queries and runs answer at once, whatever the answer. */
#define _GNU_SOURCE
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static char running[1024]; /* the case, for timed_out() */

static void timed_out(int number)
{
    static const char before[] = "no answer after 20 seconds: ";
    ssize_t written = write(STDERR_FILENO, before, sizeof before - 1);
    written += write(STDERR_FILENO, running, strlen(running));
    _exit(written ? number : 1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Memory ends early: a table of 2^31 windows is legal, but need not be made here. */
static void *allocate(void *ctx, size_t size)
{
    (void)ctx;
    return size > (size_t)64 << 20 ? NULL : malloc(size);
}

static void release(void *ctx, void *memory)
{
    (void)ctx;
    free(memory);
}

/* ------------------------------------------------------------------------------------------------ answers that must hold */

static void check_window(const pp_plan *plan, int axis, int64_t output)
{
    pp_window w;
    const pp_desc *desc = pp_plan_desc(plan);
    assert_int_equal(pp_plan_window(plan, axis, output, &w), PP_OK);
    int64_t step = desc->mode == PP_MODE_SLIDING ? desc->dilation[axis] : 1;
    if (w.length < 0 || w.begin < 0 || w.end < w.begin || w.end > w.length || w.extent < 0)
        complain("%s: window %lld", running, (long long)output);
    if (w.begin == w.end) return;
    int64_t first = w.first + w.begin * step, last = w.first + (w.end - 1) * step;
    if (first < 0 || last >= desc->input_size[axis]) complain("%s: window %lld reads outside", running, (long long)output);
}

static void check_range(const pp_plan *plan, bool inputs, int axis, int64_t from, int64_t to)
{
    const pp_desc *desc = pp_plan_desc(plan);
    int64_t begin = -7, end = -7, size = (inputs ? desc->input_size : desc->output_size)[axis];
    assert_int_equal((inputs ? pp_plan_input_range : pp_plan_output_range)(plan, axis, from, to, &begin, &end), PP_OK);
    if (begin < 0 || end < begin || end > size)
        complain("%s: range %lld to %lld gives %lld to %lld", running, (long long)from, (long long)to, (long long)begin, (long long)end);
}

static void check_queries(const pp_plan *plan)
{
    const pp_desc *desc = pp_plan_desc(plan);
    char text[512];
    assert_true(pp_plan_describe(plan, text, sizeof text) > 0);
    for (int axis = 0; axis < desc->rank; axis++) {
        int64_t outputs = desc->output_size[axis], inputs = desc->input_size[axis];
        for (int i = 0; i < 3 && outputs; i++) check_window(plan, axis, i == 0 ? 0 : i == 1 ? outputs / 2 : outputs - 1);
        for (int side = 0; side < 2; side++) {
            int64_t size = side ? inputs : outputs;
            check_range(plan, !side, axis, 0, size);
            check_range(plan, !side, axis, 0, 0);
            if (!size) continue;
            check_range(plan, !side, axis, 0, 1);
            check_range(plan, !side, axis, size / 2, size / 2 + 1);
            check_range(plan, !side, axis, size - 1, size);
        }
    }
}

/* Small and dense: it can be run. */
static bool is_small(const pp_desc *desc)
{
    int64_t inputs = desc->batch, outputs = desc->batch;
    if (desc->batch > 64 || desc->channels > 64) return false;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (desc->view[t].strides[0] != PP_AUTO || desc->view[t].offset) return false;
    }
    for (int a = 0; a < desc->rank; a++) {
        if (desc->input_size[a] > 64 || desc->output_size[a] > 64) return false;
        inputs *= desc->input_size[a], outputs *= desc->output_size[a];
    }
    return inputs * desc->channels < 4096 && outputs * desc->channels < 4096;
}

static void run_both(pp_plan *plan)
{
    problem p;
    problem_open(&p, plan, FILL_INTS, 1);
    check_status(pp_forward(plan, &p.args), PP_OK, p.error, running);
    if (p.desc->backward != PP_BACKWARD_NONE) check_status(pp_backward(plan, &p.args), PP_OK, p.error, running);
    p.plan = NULL; /* the caller's */
    problem_close(&p);
}

/* Plans, asks, runs when the tensors are small; returns whether it could be planned. */
static bool answer(const pp_desc *desc)
{
    pp_options options = {.struct_size = sizeof options, .allocate = allocate, .release = release};
    char error[512];
    pp_plan *plan;
    double start = now();
    pp_desc_format(desc, running, sizeof running);
    alarm(20);
    pp_status status = pp_plan_create(&plan, desc, &options, error, sizeof error);
    if (status > PP_EMPTY_WINDOW || (status == PP_OK) != (error[0] == '\0')) complain("%s: status %d, '%s'", running, (int)status, error);
    if (status == PP_OK) {
        check_queries(plan);
        if (is_small(pp_plan_desc(plan))) run_both(plan);
    }
    pp_plan_destroy(plan);
    alarm(0);
    if (now() - start > 1) complain("%s: took %.1f s", running, now() - start);
    return status == PP_OK;
}

/* ------------------------------------------------------------------------------------------------ chosen ones */

static void chosen(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max1d n1c1 i5 k9223372036854775807 same",
        "avg1d n1c1 i5 k9223372036854775807 s1 same bwd",
        "avg2d n1c1 i5x5 k9223372036854775807x1 s1 p4611686018427387903x0 div=full bwd",
        "max2d n1c1 i5x5 k9223372036854775807 s9223372036854775807 same idx bwd",
        "sum3d n1c1 i3 k9223372036854775807 s1 same bwd",
        "min1d n1c1 i5 k4611686018427387904 d2 s1 same idx bwd=recompute",
        "max1d n1c1 i5 k2 d9223372036854775806 s1 same",
        "avg1d n1c1 i5 k2 d4611686018427387904 s3 p4611686018427387904 bwd",
        "avg1d n1c1 i5 k2 d4611686018427387904 s4611686018427387905 p4611686018427387904 bwd",
        "avg1d n1c1 i5 k1 s9223372036854775807 bwd",
        "max1d n1c1 i5 k1 s1 p2147483648 out=3 idx bwd",
        "avg1d n0c1 i1099511627776 k1099511627776 bwd",
        "avg1d n1c1 i1099511627776 k1099511627776 bwd",
        "avg1d n1c1 i1099511627776 k3 s1099511627776 bwd",
        "sum1d n1c1 i1099511627776 k3 bwd",
        "max1d n1c1 i1099511627776 k3 s1 p1 bwd",
        "adaptive_avg1d n1c1 i1099511627776 o1 bwd",
        "adaptive_avg1d n1c1 i1099511627776 o3 bwd",
        "adaptive_avg1d n1c1 i1099511627776 o1099511627776 bwd",
        "adaptive_max1d n1c1 i4611686018427387904 o2 view=0,0,0:0",
        "adaptive_max1d n0c1 i9223372036854775807 o7",
        "global_avg1d n1c1 i1099511627776 bwd",
        "global_max2d nhwc n0c4611686018427387904 i4x4 idx",
        "max2d nhwc n0c4611686018427387904 i4x4 k2 idx bwd",
        "max2d nchw n0c4611686018427387904 i4x4 k2 idx bwd",
        "max2d nchw n4611686018427387904c0 i4x4 k2 bwd",
        "max3d n0c1 i2097152x2097152x2097151 k2 idx bwd",
        "max3d n0c1 i2097152x2097152x2097152 k2 idx bwd",
        "avg2d n0c1 i4294967296x2147483647 k65536 bwd",
        "avg2d nhwc n0c2147483648 i2147483647x2 k3 s1 p1 bwd",
        "max2d n1c1 i4x4 k2 s1 p1 out=4611686018427387904x1 view.output=1,1,0,1:0",
        "max1d n1c1 i1 k1 s1 p2147483647",
        "avg1d n1c1 i1 k1 s1 p549755813888 bwd",
        "max1d n1c1 i8 k6 s9223372036854775806 p-9223372036854775806:0", /* crops that no input has */
        "sum1d n2c2 i9007199254740992 k3 s4611686018427387905 d6 p-9223372036854775806:3 ceil=plain bwd",
        "avg1d n1c1 i6 k2 d4611686018427387904 s1 p-1 out=5",
    };
    for (int i = 0; i < COUNT(list); i++) {
        pp_desc desc = case_desc(list[i]);
        answer(&desc);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ random ones */

static int64_t extreme(rng *r, int64_t least)
{
    static const int64_t large[] = {INT32_MAX - 1LL, INT32_MAX, INT32_MAX + 1LL, INT32_MAX + 2LL, 1LL << 32,
                                    (1LL << 32) + 1, 1LL << 40, 1LL << 53,       (1LL << 60) + 1, 1LL << 61,
                                    (1LL << 62) - 1, 1LL << 62, (1LL << 62) + 1, INT64_MAX - 1,   INT64_MAX};
    if (rng_below(r, 3)) return least + rng_below(r, 6);
    int64_t value = large[rng_below(r, COUNT(large))];
    return rng_below(r, 8) ? value : -value;
}

static void random_desc(rng *r, pp_desc *desc)
{
    pp_dialect dialect = rng_below(r, 3) ? PP_DIALECT_PLAIN : (pp_dialect)rng_below(r, PP_DIALECT_ONEDNN + 1);
    pp_desc_init(desc, dialect, 0, (pp_op)rng_below(r, 4), 1 + (int)rng_below(r, 3));
    bool max = desc->op == PP_OP_MAX || desc->op == PP_OP_MIN;
    desc->mode = rng_below(r, 4) ? PP_MODE_SLIDING : (pp_mode)(1 + rng_below(r, 2));
    desc->dtype = (pp_dtype)rng_below(r, PP_INT8 + 1);
    desc->layout = (pp_layout)rng_below(r, 2);
    desc->batch = rng_below(r, 4) ? rng_below(r, 3) : extreme(r, 0);
    desc->channels = rng_below(r, 4) ? rng_below(r, 3) : extreme(r, 0);
    desc->padding = rng_below(r, 2) ? PP_PAD_EXPLICIT : (pp_padding)rng_below(r, 4);
    desc->size_rule = rng_below(r, 2) ? desc->size_rule : (pp_size_rule)rng_below(r, 5);
    desc->divisor = max ? desc->divisor : (pp_divisor)rng_below(r, 4);
    desc->empty = rng_below(r, 8) ? desc->empty : PP_EMPTY_ERROR;
    for (int a = 0; a < desc->rank; a++) {
        desc->input_size[a] = rng_below(r, 2) ? rng_below(r, 9) : extreme(r, 0);
        desc->output_size[a] = extreme(r, 0);
        desc->kernel[a] = extreme(r, 1);
        desc->stride[a] = extreme(r, 1);
        desc->dilation[a] = rng_below(r, 2) ? 1 : extreme(r, 1);
        desc->pad_begin[a] = extreme(r, -1);
        desc->pad_end[a] = rng_below(r, 2) ? desc->pad_begin[a] : extreme(r, -1);
    }
    desc->indices = max ? (pp_index_type)rng_below(r, 3) : PP_INDEX_NONE;
    desc->index_convention = (pp_index_convention)rng_below(r, 2);
    desc->backward = is_bytes(desc->dtype) ? PP_BACKWARD_NONE : (pp_backward_kind)rng_below(r, 2);
    if (rng_below(r, 4)) return;
    pp_view *view = &desc->view[rng_below(r, PP_TENSOR_COUNT)];
    for (int i = 0; i < 2 + desc->rank; i++) view->strides[i] = rng_below(r, 2) ? 0 : extreme(r, -2);
    view->offset = extreme(r, -2);
}

static void random_ones(void **state)
{
    (void)state;
    rng r = {11};
    int planned = 0;
    for (int i = 0; i < 60000; i++) {
        pp_desc desc;
        random_desc(&r, &desc);
        planned += answer(&desc);
    }
    assert_true(planned > 3000);
    settle();
}

int main(void)
{
    signal(SIGALRM, timed_out);
    const struct CMUnitTest tests[] = {cmocka_unit_test(chosen), cmocka_unit_test(random_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

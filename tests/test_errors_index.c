/* Backward from indices that are none of the plane's: PP_BAD_INDEX, and nothing written outside grad_input. */
#include "unit.h"

static pp_threads *pool;

static const char *const problems[] = {
    "max2d nchw f32 n2c3 i6x5 k2",
    "max2d nhwc f32 n2c5 i6x5 k2",
    "min1d ncw f64 n1c1 i9 k3 s1",
    "max3d ndhwc bf16 n1c9 i4 k2",
    "adaptive_max2d chw f32 c2 i7x7 o3x2",
    "global_max2d nhwc f64 n3c2 i4x4",
    "max2d nchw f32 n1c1 i40x3 k2 s1 view.grad_input=9,9,-6,2:240 view.indices=1,1,4,2:3",
};

/* One wrong value at one place; the run must say so.  at: which output; shift: where its plane begins. */
static void one_wrong(problem *p, int64_t at, int64_t value, const char *about)
{
    int64_t plane = 1;
    char says[80];
    for (int a = 0; a < p->desc->rank; a++) plane *= p->desc->input_size[a];
    if (p->desc->index_convention == PP_INDEX_WINDOW) snprintf(says, sizeof says, "indices|its window");
    else snprintf(says, sizeof says, "indices|plane of %lld", (long long)plane);
    tensor_poison(&p->tensor[PP_GRAD_INPUT]);
    int64_t good = index_at(&p->tensor[PP_INDICES], at);
    set_index(&p->tensor[PP_INDICES], at, value);
    pp_status status = pp_backward(p->plan, &p->args);
    if (status != PP_BAD_INDEX)
        complain("%s: index %lld at %lld: %s", about, (long long)value, (long long)at, pp_name(PP_NAME_STATUS, (int)status));
    else check_says(p->error, says, about);
    if (!tensor_gaps_intact(&p->tensor[PP_GRAD_INPUT])) complain("%s: index %lld: a write outside the view", about, (long long)value);
    set_index(&p->tensor[PP_INDICES], at, good);
}

static void wrong_values(problem *p, const char *about)
{
    int64_t plane = 1, outputs = 1, count = tensor_count(&p->tensor[PP_INDICES]);
    for (int a = 0; a < p->desc->rank; a++) plane *= p->desc->input_size[a], outputs *= p->desc->output_size[a];
    bool wide = p->desc->index_convention == PP_INDEX_TENSOR, small = p->desc->indices == PP_INDEX_I32;
    const int64_t places[] = {0, count / 2, count - 1};
    for (int i = 0; i < COUNT(places); i++) {
        int64_t base = wide ? places[i] / outputs * plane : 0;
        const int64_t values[] = {-2,
                                  base + plane,
                                  base + plane + 1,
                                  base + 1000 * plane,
                                  -3 * plane,
                                  INT32_MAX,
                                  INT32_MIN,
                                  base ? base - 1 : -2, /* good in the plane before */
                                  small ? INT32_MIN + 1 : INT64_MIN,
                                  small ? INT32_MAX - 1 : INT64_MAX,
                                  small ? -100 : (int64_t)1 << 32, /* 0 in 32 bits */
                                  small ? -5 : ((int64_t)1 << 62) + 3};
        for (int v = 0; v < COUNT(values); v++) one_wrong(p, places[i], values[v], about);
    }
}

/* -1 is an index: of a window that saw nothing. */
static void minus_one(problem *p, const char *about)
{
    for (int64_t i = 0; i < tensor_count(&p->tensor[PP_INDICES]); i++) set_index(&p->tensor[PP_INDICES], i, -1);
    check_status(pp_backward(p->plan, &p->args), PP_OK, p->error, about);
    for (int64_t i = 0; i < tensor_count(&p->tensor[PP_GRAD_INPUT]); i++) {
        if (value_at(&p->tensor[PP_GRAD_INPUT], p->desc->dtype, i) != 0) complain("%s: a gradient from index -1", about);
    }
}

static void run_problem(const char *text, const pp_options *options)
{
    problem p;
    problem_open(&p, case_plan(text, options), FILL_RANDN, 5);
    tensor scratch = tensor_block(pp_plan_scratch_size(p.plan), true, 0);
    p.args.scratch = scratch.empty ? NULL : scratch.base;
    p.args.scratch_size = scratch.bytes;
    problem_run(&p, false, text);
    problem_run(&p, true, text);
    wrong_values(&p, text);
    problem_run(&p, true, text); /* with good indices again */
    minus_one(&p, text);
    tensor_free(&scratch);
    problem_close(&p);
}

static void sweep(const char *algorithm, int threads)
{
    static const char *const conventions[] = {"idx=plane", "idx=tensor", "idx32=plane", "idx32=tensor"};
    pp_options options = {.struct_size = sizeof options, .algorithm = algorithm, .threads = threads, .pool = pool};
    options.parallel_for = pp_threads_parallel_for;
    for (int i = 0; i < COUNT(problems); i++) {
        for (int c = 0; c < COUNT(conventions); c++) {
            char text[256];
            snprintf(text, sizeof text, "%s %s bwd", problems[i], conventions[c]);
            run_problem(text, &options);
        }
    }
    settle();
}

/* Taps that no window has, or that lie in the padding. */
static void wrong_taps(void **state)
{
    (void)state;
    for (int type = 0; type < 4; type++) {
        static const char *const words[] = {"idx8", "idx16", "idx32=window", "idx=window"};
        char text[256];
        snprintf(text, sizeof text, "max2d nchw f32 n2c3 i9x7 k3 s2 p1 %s bwd", words[type]);
        problem p;
        problem_open(&p, case_plan(text, NULL), FILL_RANDN, 5);
        problem_run(&p, false, text);
        problem_run(&p, true, text);
        const int64_t values[] = {0, 1, 2, 3, 6, 9, 10, 254}; /* of the first window: row 0 and column 0 are padding */
        for (int v = 0; v < COUNT(values); v++) one_wrong(&p, 0, values[v], text);
        problem_run(&p, true, text);
        minus_one(&p, text);
        problem_close(&p);
    }
    settle();
}

static void by_default(void **state) { (void)state, sweep(NULL, 1); }

static void by_four_threads(void **state) { (void)state, sweep(NULL, 4); }

static void by_the_reference(void **state) { (void)state, sweep("reference", 1); }

/* Everything wrong at once, in a part of the gradient, accumulating, from many tasks. */
static void all_wrong(void **state)
{
    (void)state;
    pp_options options = {.struct_size = sizeof options, .threads = 4, .parallel_for = pp_threads_parallel_for, .pool = pool};
    rng r = {3};
    for (int i = 0; i < COUNT(problems); i++) {
        char text[256];
        snprintf(text, sizeof text, "%s idx bwd", problems[i]);
        problem p;
        problem_open(&p, case_plan(text, &options), FILL_RANDN, 5);
        for (int round = 0; round < 20; round++) {
            for (int64_t k = 0; k < tensor_count(&p.tensor[PP_INDICES]); k++)
                set_index(&p.tensor[PP_INDICES], k, (int64_t)rng_next(&r) | 1 << 20);
            p.args.accumulate = round % 2;
            for (int a = 0; a < p.desc->rank; a++) p.args.range_begin[a] = round % 3, p.args.range_end[a] = p.desc->input_size[a];
            check_status(pp_backward(p.plan, &p.args), PP_BAD_INDEX, p.error, text);
            assert_true(tensor_gaps_intact(&p.tensor[PP_GRAD_INPUT]));
        }
        problem_close(&p);
    }
    settle();
}

/* Indices may lie anywhere in their plane: every algorithm adds as the reference does, whether it streams, adds to what is there,
 * or is cut into tasks. */
static void anywhere(void **state)
{
    (void)state;
    rng r = {7};
    static const char *const larger[] = {"max2d nchw f32 n1c2 i200x90 k3 s2 p1", "max2d nhwc bf16 n1c40 i40x21 k2",
                                         "max3d f32 n1c1 i30x40x20 k3 s2", "max2d nchw f32 n1c6 i90x150 k2 view.indices=30000,4000,80,1:5"};
    for (int i = 0; i < 12 * (COUNT(problems) + COUNT(larger)); i++) {
        pp_options options = {
            .struct_size = sizeof options, .threads = 1 + i / 6 % 3, .parallel_for = pp_threads_parallel_for, .pool = pool};
        pp_options plain = {.struct_size = sizeof plain, .algorithm = "reference"};
        options.stores = i % 2 ? PP_STORES_STREAM : PP_STORES_KEEP;
        char text[256];
        snprintf(text, sizeof text, "%s idx bwd", i / 12 < COUNT(problems) ? problems[i / 12] : larger[i / 12 - COUNT(problems)]);
        problem p, q;
        problem_open(&p, case_plan(text, &options), FILL_RANDN, 5);
        problem_open(&q, case_plan(text, &plain), FILL_RANDN, 5);
        int64_t plane = 1;
        for (int a = 0; a < p.desc->rank; a++) plane *= p.desc->input_size[a];
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_INDICES]); k++) {
            int64_t index = (int64_t)(rng_next(&r) % (uint64_t)(plane + 1)) - 1;
            set_index(&p.tensor[PP_INDICES], k, index);
            set_index(&q.tensor[PP_INDICES], k, index);
        }
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_GRAD_INPUT]); k++) {
            set_value(&p.tensor[PP_GRAD_INPUT], p.desc->dtype, k, 3);
            set_value(&q.tensor[PP_GRAD_INPUT], q.desc->dtype, k, 3);
        }
        p.args.accumulate = q.args.accumulate = i / 2 % 2;
        check_status(pp_backward(p.plan, &p.args), PP_OK, p.error, text);
        check_status(pp_backward(q.plan, &q.args), PP_OK, q.error, text);
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_GRAD_INPUT]); k++) {
            double got = value_at(&p.tensor[PP_GRAD_INPUT], p.desc->dtype, k), want = value_at(&q.tensor[PP_GRAD_INPUT], q.desc->dtype, k);
            if (got != want) complain("%s: gradient %lld is %g, not %g", text, (long long)k, got, want);
        }
        problem_close(&p);
        problem_close(&q);
    }
    settle();
}

static int make_pool(void **state)
{
    (void)state;
    pool = pp_threads_create(3);
    return pool == NULL;
}

static int drop_pool(void **state)
{
    (void)state;
    pp_threads_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_taps),       cmocka_unit_test(by_default), cmocka_unit_test(by_four_threads),
        cmocka_unit_test(by_the_reference), cmocka_unit_test(all_wrong),  cmocka_unit_test(anywhere),
    };
    return cmocka_run_group_tests(tests, make_pool, drop_pool);
}

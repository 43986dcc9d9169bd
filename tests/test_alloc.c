/* Every allocation fails once: the right status and sentence, nothing leaked, and the next try succeeds. */
#include "unit.h"

#include <stdlib.h>

typedef struct faulty {
    long calls, fail_at; /* the call that fails, from 1; 0: none */
    long open;
    size_t refused; /* bytes of the call that failed */
    void *known[64];
} faulty;

static void *allocate(void *ctx, size_t size)
{
    faulty *f = ctx;
    if (++f->calls == f->fail_at) {
        f->refused = size;
        return NULL;
    }
    unsigned char *memory = malloc(size);
    assert_non_null(memory);
    memset(memory, 0xC3, size); /* nobody may count on zeros */
    for (int i = 0; i < COUNT(f->known); i++) {
        if (f->known[i]) continue;
        f->known[i] = memory;
        f->open++;
        return memory;
    }
    fail_msg("too many blocks");
    return NULL;
}

static void release(void *ctx, void *memory)
{
    faulty *f = ctx;
    for (int i = 0; i < COUNT(f->known); i++) {
        if (f->known[i] != memory || !memory) continue;
        f->known[i] = NULL;
        f->open--;
        free(memory);
        return;
    }
    fail_msg("released what was not allocated");
}

static const char *const cases[] = {
    "max2d nchw f32 n2c3 i17x19 k3 s2 p1 idx bwd",
    "max2d nhwc f32 n2c9 i17x19 k3 s2 p1 bwd=recompute",
    "min3d ndhwc f64 n1c9 i6 k2 idx32 bwd",
    "avg2d nchw f32 n2c3 i37x39 k17 s1 p8 bwd",
    "adaptive_avg2d nhwc bf16 n2c3 i14x13 o4x5 bwd",
    "adaptive_max1d ncw u8 n2c3 i300 o7 idx",
    "global_sum2d nchw f64 n2c3 i14x13 bwd",
    "sum1d ncw f32 n1c1 i200 k31 s1 bwd",
    "max2d nchw f32 n1c2 i40x40 k9 s1 idx bwd view=3200,1600,1,40:0",
};

static void check_sentence(const faulty *f, const char *error, const char *about)
{
    char says[64];
    snprintf(says, sizeof says, "%zu bytes", f->refused);
    check_says(error, says, about);
}

/* Plans, with the k-th allocation failing for k = 1, 2, ... until none does. */
static pp_plan *plan_at_last(const char *text, const pp_options *options, faulty *f)
{
    char error[256];
    pp_desc desc = case_desc(text);
    pp_plan *plan;
    for (f->fail_at = 1;; f->fail_at++) {
        f->calls = 0;
        pp_status status = pp_plan_create(&plan, &desc, options, error, sizeof error);
        if (status == PP_OK) break;
        check_status(status, PP_NO_MEMORY, error, text);
        check_sentence(f, error, text);
        assert_null(plan);
        assert_int_equal(f->open, 0);
        assert_true(f->fail_at < 20);
    }
    assert_true(f->calls == f->fail_at - 1 && f->calls >= 1);
    assert_int_equal(f->open, f->calls);
    return plan;
}

static void run_at_last(problem *p, bool backward, faulty *f, const char *text)
{
    int result = backward ? PP_GRAD_INPUT : PP_OUTPUT;
    long open = f->open;
    for (f->fail_at = 1;; f->fail_at++) {
        f->calls = 0;
        pp_status status = backward ? pp_backward(p->plan, &p->args) : pp_forward(p->plan, &p->args);
        assert_int_equal(f->open, open); /* scratch lives as long as the run */
        if (status == PP_OK) break;
        check_status(status, PP_NO_MEMORY, p->error, text);
        check_sentence(f, p->error, text);
        if (!untouched(&p->tensor[result])) complain("%s: written although out of memory", text);
        assert_true(f->fail_at < 20);
    }
    assert_int_equal(f->calls, f->fail_at - 1);
}

static void check_case(const char *text, const char *algorithm, int threads, pp_threads *pool)
{
    faulty f;
    memset(&f, 0, sizeof f);
    pp_options options = {
        .struct_size = sizeof options, .algorithm = algorithm, .allocate = allocate, .release = release, .allocator_ctx = &f};
    options.threads = threads;
    options.parallel_for = pp_threads_parallel_for;
    options.pool = pool;
    problem p, plain;
    problem_case(&plain, text, FILL_RANDN);
    problem_open(&p, plan_at_last(text, &options, &f), FILL_RANDN, 1);
    for (int backward = 0; backward < 2; backward++) {
        if (backward && p.desc->backward == PP_BACKWARD_NONE) continue;
        run_at_last(&p, backward, &f, text);
        problem_run(&plain, backward, text);
    }
    for (int t = 0; t < PP_TENSOR_COUNT; t++) assert_memory_equal(p.tensor[t].low, plain.tensor[t].low, p.tensor[t].bytes);
    problem_close(&p);
    problem_close(&plain);
    assert_int_equal(f.open, 0);
}

static void every_allocation(void **state)
{
    (void)state;
    pp_threads *pool = pp_threads_create(2);
    assert_non_null(pool);
    for (int i = 0; i < COUNT(cases); i++) {
        for (int threads = 1; threads <= 3; threads++) {
            check_case(cases[i], NULL, threads, pool);
            check_case(cases[i], "reference", threads, pool);
        }
    }
    pp_threads_destroy(pool);
    settle();
}

/* What fails for another reason gives back what it took. */
static void refused_plans(void **state)
{
    (void)state;
    static const struct {
        const char *text, *isa, *algorithm;
        pp_status status;
    } list[] = {
        {"max2d n1c1 i4x4 k2 idx32", "none", NULL, PP_INVALID},
        {"max2d n1c1 i4x4 k2", NULL, "none", PP_INVALID},
        {"max2d nchw n1c1 i4x4 k2", NULL, "inner", PP_UNSUPPORTED},
        {"max2d n1c1 i4x4 k0", NULL, NULL, PP_INVALID},
        {"max1d n1c1 i4 k2 p5 empty=error", NULL, NULL, PP_EMPTY_WINDOW},
        {"adaptive_max1d n1c1 i2147483649 o3 idx32", NULL, NULL, PP_OVERFLOW},
        {"max1d n1c1 i4611686018427387904 k2", NULL, NULL, PP_OVERFLOW},
        {"max1d u8 n1c1 i4 k2 bwd", NULL, NULL, PP_UNSUPPORTED},
    };
    for (int i = 0; i < COUNT(list); i++) {
        faulty f;
        memset(&f, 0, sizeof f);
        pp_options options = {.struct_size = sizeof options, .isa = list[i].isa, .algorithm = list[i].algorithm};
        options.allocate = allocate, options.release = release, options.allocator_ctx = &f;
        pp_desc desc = case_desc(list[i].text);
        pp_plan *plan;
        char error[256];
        check_status(pp_plan_create(&plan, &desc, &options, error, sizeof error), list[i].status, error, list[i].text);
        assert_int_equal(f.open, 0);
    }
    settle();
}

/* An argument that is wrong is found before scratch is allocated. */
static void wrong_runs_allocate_nothing(void **state)
{
    (void)state;
    faulty f;
    memset(&f, 0, sizeof f);
    pp_options options = {.struct_size = sizeof options, .allocate = allocate, .release = release, .allocator_ctx = &f};
    problem p;
    problem_open(&p, case_plan(cases[3], &options), FILL_RANDN, 1);
    f.calls = 0;
    p.args.output = NULL;
    assert_int_equal(pp_forward(p.plan, &p.args), PP_INVALID);
    p.args.grad_input = (char *)p.tensor[PP_GRAD_INPUT].base - 1;
    assert_int_equal(pp_backward(p.plan, &p.args), PP_INVALID);
    p.args.range_begin[0] = 5;
    assert_int_equal(pp_forward(p.plan, &p.args), PP_INVALID);
    assert_int_equal(f.calls, 0);
    problem_close(&p);
    assert_int_equal(f.open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(refused_plans),
        cmocka_unit_test(wrong_runs_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

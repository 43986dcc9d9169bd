/* Whose memory a plan and its runs use: the caller's, exactly as much as was asked for, and nobody else's when it was given. */
#include "unit.h"

#include <stdlib.h>

typedef struct counter {
    int allocated, released, open;
    bool closed; /* nothing may be allocated any more */
} counter;

static void *allocate(void *ctx, size_t size)
{
    counter *c = ctx;
    assert_false(c->closed);
    c->allocated++;
    c->open++;
    return malloc(size);
}

static void release(void *ctx, void *memory)
{
    counter *c = ctx;
    assert_false(c->closed);
    assert_non_null(memory);
    c->released++;
    c->open--;
    free(memory);
}

static const char *const cases[] = {
    "max2d nchw f32 n2c3 i17x19 k3 s2 p1 idx bwd",
    "max2d nhwc f32 n2c9 i17x19 k3 s2 p1 bwd",
    "min3d ndhwc f64 n1c9 i6 k2 idx32 bwd=recompute",
    "avg2d nchw f32 n2c3 i17x19 k9 s1 p4 bwd",
    "adaptive_avg2d nhwc bf16 n2c3 i14x13 o4x5 bwd",
    "global_max2d nchw u8 n2c3 i14x13 idx",
    "sum1d ncw f32 n1c1 i200 k31 s1 bwd",
};

static void run_all(problem *p, const char *about)
{
    problem_run(p, false, about);
    if (p->desc->backward != PP_BACKWARD_NONE) problem_run(p, true, about);
}

/* Results of a plan equal those of a plain pp_plan_create. */
static void check_results(problem *p, const char *text)
{
    problem plain;
    problem_case(&plain, text, FILL_RANDN);
    run_all(&plain, text);
    for (int t = 0; t < PP_TENSOR_COUNT; t++) assert_memory_equal(p->tensor[t].low, plain.tensor[t].low, p->tensor[t].bytes);
    problem_close(&plain);
}

/* pp_plan_init: exactly pp_plan_size bytes, from a description and strings that are gone when the plan runs. */
static void callers_memory(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        pp_desc *desc = malloc(sizeof *desc);
        char *isa = malloc(16), *algorithm = malloc(16);
        assert_true(desc && isa && algorithm);
        *desc = case_desc(cases[i]);
        strcpy(isa, "scalar");
        strcpy(algorithm, "reference");
        size_t size;
        counter c = {0};
        pp_options *options = calloc(1, sizeof *options);
        assert_non_null(options);
        *options =
            (pp_options){.struct_size = sizeof *options, .isa = isa, .algorithm = algorithm, .allocate = allocate, .release = release};
        options->allocator_ctx = &c;
        assert_int_equal(pp_plan_size(&size, desc, NULL, 0), PP_OK);
        tensor memory = tensor_block((size + 15) / 16 * 16, true, 0); /* as malloc aligns */
        pp_plan *plan;
        char error[256];
        assert_status(pp_plan_init(&plan, memory.base, size, desc, options, error, sizeof error), PP_OK, error, cases[i]);
        assert_ptr_equal(plan, memory.base);
        assert_int_equal(c.allocated, 0);
        free(options), free(desc), free(isa), free(algorithm);
        problem p;
        problem_open(&p, plan, FILL_RANDN, 1);
        run_all(&p, cases[i]);
        check_results(&p, cases[i]);
        assert_int_equal(c.open, 0);
        problem_close(&p); /* only forgets the plan */
        assert_int_equal(c.allocated, c.released);
        tensor_free(&memory);
    }
}

/* A description and strings may go after pp_plan_create too; what it allocated it releases, by the same allocator. */
static void allocator(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        counter c = {0};
        pp_options options = {.struct_size = sizeof options, .allocate = allocate, .release = release, .allocator_ctx = &c};
        pp_desc desc = case_desc(cases[i]);
        pp_plan *plan = desc_plan(&desc, &options, cases[i]);
        memset(&desc, 0xA5, sizeof desc);
        memset(&options, 0xA5, sizeof options);
        assert_int_equal(c.allocated, 1);
        problem p;
        problem_open(&p, plan, FILL_RANDN, 1);
        run_all(&p, cases[i]);
        check_results(&p, cases[i]);
        assert_int_equal(c.open, 1);
        assert_true(c.allocated > 1 || pp_plan_scratch_size(plan) == 0);
        problem_close(&p);
        assert_int_equal(c.open, 0);
    }
}

/* Scratch given: nothing is allocated, nothing outside it is touched, its alignment does not matter. */
static void callers_scratch(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(cases); i++) {
        for (size_t shift = 0; shift < 70; shift += 23) {
            counter c = {0};
            pp_options options = {.struct_size = sizeof options, .allocate = allocate, .release = release, .allocator_ctx = &c};
            problem p;
            problem_open(&p, case_plan(cases[i], &options), FILL_RANDN, 1);
            tensor scratch = tensor_block(pp_plan_scratch_size(p.plan), shift % 2, shift);
            p.args.scratch = scratch.base;
            p.args.scratch_size = scratch.bytes;
            c.closed = true;
            run_all(&p, cases[i]);
            c.closed = false;
            check_results(&p, cases[i]);
            tensor_free(&scratch);
            problem_close(&p);
        }
    }
}

/* Scratch of several tasks is cut from one piece. */
static void scratch_of_tasks(void **state)
{
    (void)state;
    pp_threads *pool = pp_threads_create(3);
    for (int i = 0; i < COUNT(cases); i++) {
        for (int threads = 2; threads <= 300; threads = threads * 2 + 1) {
            counter c = {0};
            pp_options options = {.struct_size = sizeof options, .allocate = allocate, .release = release, .allocator_ctx = &c};
            options.threads = threads;
            options.parallel_for = pp_threads_parallel_for;
            options.pool = pool;
            problem p;
            problem_open(&p, case_plan(cases[i], &options), FILL_RANDN, 1);
            tensor scratch = tensor_block(pp_plan_scratch_size(p.plan), true, 1);
            p.args.scratch = scratch.base;
            p.args.scratch_size = scratch.bytes;
            c.closed = true;
            run_all(&p, cases[i]);
            c.closed = false;
            check_results(&p, cases[i]);
            tensor_free(&scratch);
            problem_close(&p);
        }
    }
    pp_threads_destroy(pool);
}

/* A part of the result never takes more scratch than the plan says: every box of the output's H with some of its W. */
static void scratch_of_parts(void **state)
{
    (void)state;
    static const char *const list[] = {
        "min2d nhwc f32 n1c44 i37x16 k16x3 s2x3 p3x3:0x4 idx",
        "avg2d nhwc u8 n1c34 i35x25 k9x10 s10x5 d4x2 p5x16 ceil=plain",
        "max2d hwc f64 c28 i3x35 k17x8 s3x1 d1x3 p9x0 ceil=torch idx32=tensor",
        "avg2d nhwc n1c38 i37x18 k4x2 s3x2 d4x4 p2x0 div=2.5",
        "adaptive_max2d nhwc u8 n1c42 i34x19 o2x5 nan=ignore idx",
    };
    for (int i = 0; i < COUNT(list); i++) {
        for (int a = 0; pp_name(PP_NAME_ALGORITHM, a); a++) {
            pp_options options = {.struct_size = sizeof options, .algorithm = pp_name(PP_NAME_ALGORITHM, a)};
            pp_desc desc = case_desc(list[i]);
            pp_plan *plan;
            if (pp_plan_create(&plan, &desc, &options, NULL, 0) != PP_OK) continue;
            problem p;
            problem_open(&p, plan, FILL_RANDN, 1);
            tensor scratch = tensor_block(pp_plan_scratch_size(plan), true, 0);
            p.args.scratch = scratch.empty ? NULL : scratch.base;
            p.args.scratch_size = scratch.bytes;
            int64_t height = p.desc->output_size[0], width = p.desc->output_size[1];
            for (int64_t box = 0; box < height * height * 3; box++) {
                int64_t *begin = p.args.range_begin, *end = p.args.range_end;
                begin[0] = box / 3 / height, end[0] = begin[0] + 1 + box / 3 % height;
                begin[1] = box % 3 == 1 ? width / 2 : 0, end[1] = box % 3 == 2 ? (width + 1) / 2 : width;
                if (end[0] <= height) problem_run(&p, false, list[i]);
            }
            tensor_free(&scratch);
            problem_close(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_memory),   cmocka_unit_test(allocator),        cmocka_unit_test(callers_scratch),
        cmocka_unit_test(scratch_of_tasks), cmocka_unit_test(scratch_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

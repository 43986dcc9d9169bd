/* Wrong arguments of a run: status, sentence, and not a byte of the results written. */
#include "unit.h"

static const pp_tensor written[] = {PP_OUTPUT, PP_INDICES, PP_GRAD_INPUT};

/* A run that must fail so and write nothing. */
static void run_wrong(problem *p, bool backward, pp_status want, const char *says, const char *about)
{
    memset(p->error, 'x', sizeof p->error);
    pp_status status = backward ? pp_backward(p->plan, &p->args) : pp_forward(p->plan, &p->args);
    check_status(status, want, status == PP_OK ? "" : p->error, about);
    if (status == want) check_says(p->error, says, about);
    for (int i = 0; i < COUNT(written); i++) {
        if (!untouched(&p->tensor[written[i]])) complain("%s: %s was written", about, says);
    }
}

static void run_right(problem *p, bool backward, const char *about)
{
    pp_status status = backward ? pp_backward(p->plan, &p->args) : pp_forward(p->plan, &p->args);
    check_status(status, PP_OK, p->error, about);
    for (int i = 0; i < COUNT(written); i++) tensor_poison(&p->tensor[written[i]]);
}

/* ------------------------------------------------------------------------------------------------ the call itself */

static void the_call(void **state)
{
    (void)state;
    problem p;
    problem_case(&p, "max2d nchw n1c2 i6x6 k2 idx", FILL_RANDN);
    assert_int_equal(pp_forward(p.plan, NULL), PP_INVALID);
    assert_int_equal(pp_backward(p.plan, NULL), PP_INVALID);
    assert_int_equal(pp_pool_forward(p.desc, NULL), PP_INVALID);
    assert_int_equal(pp_pool_backward(p.desc, NULL), PP_INVALID);
    const size_t sizes[] = {0, 8, sizeof p.args - 8, sizeof p.args + 8, SIZE_MAX};
    for (int i = 0; i < COUNT(sizes); i++) {
        p.args.struct_size = sizes[i];
        assert_int_equal(pp_forward(p.plan, &p.args), PP_INVALID);
        assert_int_equal(pp_backward(p.plan, &p.args), PP_INVALID);
        assert_int_equal(pp_pool_forward(p.desc, &p.args), PP_INVALID);
        assert_int_equal(pp_pool_backward(p.desc, &p.args), PP_INVALID);
        assert_true(untouched(&p.tensor[PP_OUTPUT]) && untouched(&p.tensor[PP_INDICES]) && untouched(&p.tensor[PP_GRAD_INPUT]));
    }
    p.args.struct_size = sizeof p.args;
    run_wrong(&p, true, PP_INVALID, "without backward|desc.backward", "no backward");
    pp_plan *plan = p.plan;
    p.plan = NULL;
    run_wrong(&p, false, PP_INVALID, "plan is NULL", "NULL plan");
    run_wrong(&p, true, PP_INVALID, "plan is NULL", "NULL plan");
    tensor nothing = tensor_block(8192, false, 0);
    p.plan = (pp_plan *)(void *)nothing.base;
    run_wrong(&p, false, PP_INVALID, "not a plan", "no plan");
    tensor_free(&nothing);
    p.plan = plan;
    problem_close(&p);
    settle();
}

static void one_call_helpers(void **state)
{
    (void)state;
    problem p;
    problem_case(&p, "max2d nchw n1c2 i6x6 k2 idx", FILL_RANDN);
    pp_desc wrong = case_desc("max2d nchw n1c2 i6x6 k2x0"), zero;
    memset(&zero, 0, sizeof zero);
    assert_int_equal(pp_pool_forward(&wrong, &p.args), PP_INVALID);
    check_says(p.error, "kernel[1] = 0|at least 1", "pool_forward");
    assert_int_equal(pp_pool_backward(&wrong, &p.args), PP_INVALID);
    check_says(p.error, "kernel[1] = 0|at least 1", "pool_backward");
    assert_int_equal(pp_pool_forward(NULL, &p.args), PP_INVALID);
    check_says(p.error, "desc is NULL", "pool_forward");
    assert_int_equal(pp_pool_backward(NULL, &p.args), PP_INVALID);
    assert_int_equal(pp_pool_backward(&zero, &p.args), PP_INVALID);
    check_says(p.error, "never initialised", "pool_backward");
    pp_desc bytes = case_desc("max2d nchw u8 n1c2 i6x6 k2 idx");
    assert_int_equal(pp_pool_backward(&bytes, &p.args), PP_UNSUPPORTED);
    check_says(p.error, "backward|u8", "pool_backward");
    p.args.input = NULL;
    pp_desc desc = *p.desc;
    assert_int_equal(pp_pool_forward(&desc, &p.args), PP_INVALID);
    check_says(p.error, "input is NULL", "pool_forward");
    assert_true(untouched(&p.tensor[PP_OUTPUT]) && untouched(&p.tensor[PP_GRAD_INPUT]));
    problem_close(&p);
    settle();
}

static void error_buffers(void **state)
{
    (void)state;
    problem p;
    problem_case(&p, "max2d nchw n1c2 i6x6 k2", FILL_RANDN);
    p.args.output = NULL;
    char text[] = "xxxxxxxxxxxxxxxxxxxxx";
    for (size_t size = 0; size <= 16; size++) {
        memset(text, 'x', sizeof text - 1);
        p.args.error = text;
        p.args.error_size = size;
        assert_int_equal(pp_forward(p.plan, &p.args), PP_INVALID);
        size_t kept = size > 14 ? 14 : size ? size - 1 : 0;
        if (size) assert_int_equal(text[kept], '\0');
        assert_memory_equal(text, "output is NULL", kept);
        assert_int_equal(text[size ? kept + 1 : 0], 'x');
    }
    p.args.error = NULL;
    p.args.error_size = 100;
    assert_int_equal(pp_forward(p.plan, &p.args), PP_INVALID);
    problem_close(&p);
}

/* ------------------------------------------------------------------------------------------------ NULL */

static const void **slot(pp_args *args, int which)
{
    const void **const slots[] = {&args->input, (const void **)&args->output, (const void **)&args->indices, &args->grad_output,
                                  (const void **)&args->grad_input};
    return slots[which];
}

static const char *const names[] = {"input", "output", "indices", "grad_output", "grad_input"};

/* Which tensors the runs of a plan need, as strings of their initials: i o x(indices) g(rad_output) h(grad_input). */
static const struct need {
    const char *text, *forward, *backward;
} needs[] = {
    {"max2d nchw n1c2 i6x6 k2 bwd", "io", "igh"},
    {"max2d nchw n1c2 i6x6 k2 idx bwd", "iox", "xgh"},
    {"max2d nhwc n1c2 i6x6 k2 idx32=tensor bwd", "iox", "xgh"},
    {"min3d n1c2 i4 k2 idx bwd=recompute", "iox", "igh"},
    {"avg2d nhwc n1c2 i6x6 k2 bwd", "io", "gh"},
    {"sum1d cw c2 i6 k2 bwd", "io", "gh"},
    {"adaptive_avg1d f64 n1c2 i7 o3 bwd", "io", "gh"},
    {"global_max2d bf16 n1c2 i6x6 idx32 bwd", "iox", "xgh"},
};

static void null_buffers(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(needs); i++) {
        for (int backward = 0; backward < 2; backward++) {
            const char *need = backward ? needs[i].backward : needs[i].forward;
            problem p;
            problem_case(&p, needs[i].text, FILL_RANDN);
            pp_args all = p.args;
            run_right(&p, false, needs[i].text); /* makes good indices, then forgets the rest */
            if (p.desc->indices != PP_INDEX_NONE) {
                for (int64_t k = 0; k < tensor_count(&p.tensor[PP_INDICES]); k++) set_index(&p.tensor[PP_INDICES], k, -1);
            }
            for (int t = 0; t < PP_TENSOR_COUNT; t++) {
                char says[32];
                snprintf(says, sizeof says, "%s is NULL", names[t]);
                p.args = all;
                *slot(&p.args, t) = NULL;
                pp_status status = backward ? pp_backward(p.plan, &p.args) : pp_forward(p.plan, &p.args);
                bool needed = strchr(need, "ioxgh"[t]) != NULL;
                check_status(status, needed ? PP_INVALID : PP_OK, p.error, needs[i].text);
                if (needed) check_says(p.error, says, needs[i].text);
            }
            for (int t = 0; t < PP_TENSOR_COUNT; t++) {
                if (!strchr(need, "ioxgh"[t])) *slot(&all, t) = NULL;
            }
            p.args = all;
            check_status(backward ? pp_backward(p.plan, &all) : pp_forward(p.plan, &all), PP_OK, p.error, needs[i].text);
            problem_close(&p);
        }
    }
    settle();
}

/* Tensors with no elements may be NULL. */
static void null_but_empty(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max2d nchw n0c2 i6x6 k2 idx bwd",   "avg2d nhwc n2c0 i6x6 k2 bwd", "max1d n2c2 i0 k2 s1 p1 out=0 idx bwd",
        "adaptive_max2d n2c2 i4x4 o0x3 bwd", "avg3d n0c0 i4 k2 bwd",
    };
    for (int i = 0; i < COUNT(list); i++) {
        problem p;
        problem_case(&p, list[i], FILL_RANDN);
        for (int t = 0; t < PP_TENSOR_COUNT; t++) {
            if (p.tensor[t].empty) *slot(&p.args, t) = NULL;
        }
        check_status(pp_forward(p.plan, &p.args), PP_OK, p.error, list[i]);
        check_status(pp_backward(p.plan, &p.args), PP_OK, p.error, list[i]);
        problem_close(&p);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ alignment */

static void misaligned(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max2d f32 n1c2 i6x6 k2 idx bwd", "max2d f64 n1c2 i6x6 k2 idx32 bwd", "min2d bf16 nhwc n1c2 i6x6 k2 idx bwd=recompute",
        "avg2d f32 n1c2 i6x6 k2 bwd",     "max2d u8 n1c2 i6x6 k2 idx32",      "sum1d bf16 n1c2 i6 k2 bwd",
    };
    for (int i = 0; i < COUNT(list); i++) {
        problem p;
        problem_case(&p, list[i], FILL_RANDN);
        bool indices = p.desc->indices != PP_INDEX_NONE;
        for (int t = 0; t < PP_TENSOR_COUNT; t++) {
            if (t == PP_INDICES && !indices) continue;
            bool forward_needs = t <= PP_INDICES;
            bool backward_needs = t >= PP_GRAD_OUTPUT || (t == PP_INPUT && p.desc->backward == PP_BACKWARD_RECOMPUTE) ||
                                  (t == PP_INDICES && p.desc->backward == PP_BACKWARD_INDICES);
            for (size_t shift = 1; shift < p.tensor[t].element; shift++) {
                char says[64];
                snprintf(says, sizeof says, "%s|multiple of %zu", names[t], p.tensor[t].element);
                pp_args all = p.args;
                *slot(&p.args, t) = p.tensor[t].base - shift;
                if (forward_needs) run_wrong(&p, false, PP_INVALID, says, list[i]);
                if (backward_needs && p.desc->backward != PP_BACKWARD_NONE) run_wrong(&p, true, PP_INVALID, says, list[i]);
                p.args = all;
            }
        }
        problem_close(&p);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ range, origin, scratch */

static void ranges(void **state)
{
    (void)state;
    problem p;
    problem_case(&p, "avg2d nchw n1c2 i9x7 k3x2 s2 bwd", FILL_RANDN); /* outputs 4 x 3 */
    static const struct {
        int64_t begin[2], end[2];
        const char *forward, *backward; /* NULL: legal */
    } list[] = {
        {{-1, 0}, {2, 2}, "range[0] = -1 to 2|0 to 4", "range[0] = -1 to 2|0 to 9"},
        {{0, 0}, {2, 4}, "range[1] = 0 to 4|0 to 3", NULL},
        {{0, 2}, {2, 1}, "range[1] = 2 to 1|0 to 3", "range[1] = 2 to 1|0 to 7"},
        {{0, 0}, {10, 1}, "range[0] = 0 to 10", "range[0] = 0 to 10|0 to 9"},
        {{INT64_MIN, 0}, {INT64_MAX, 1}, "range[0] = -9223372036854775808 to 9223372036854775807", "range[0]"},
        {{1, INT64_MAX}, {2, INT64_MAX}, "range[1] = 9223372036854775807", "range[1]"},
        {{1, 0}, {0, 0}, "range[0] = 1 to 0", "range[0] = 1 to 0"},
        {{9, 0}, {9, 0}, "range[0] = 9 to 9|0 to 4", NULL},
        {{4, 3}, {4, 3}, NULL, NULL}, /* nothing, at the end */
    };
    for (int i = 0; i < COUNT(list); i++) {
        memcpy(p.args.range_begin, list[i].begin, sizeof list[i].begin);
        memcpy(p.args.range_end, list[i].end, sizeof list[i].end);
        for (int backward = 0; backward < 2; backward++) {
            const char *says = backward ? list[i].backward : list[i].forward;
            if (says) run_wrong(&p, backward, PP_INVALID, says, "range");
            else run_right(&p, backward, "range");
        }
    }
    problem_close(&p);
    settle();
}

static void origins(void **state)
{
    (void)state;
    problem p;
    problem_case(&p, "avg2d nchw n1c2 i9x7 k3x2 s2 bwd", FILL_RANDN);
    static const int64_t wrong[] = {-1, INT64_MIN, INT64_MAX, 10, (int64_t)1 << 62};
    for (int i = 0; i < COUNT(wrong); i++) {
        for (int axis = 0; axis < 2; axis++) {
            char says[64];
            pp_args all = p.args;
            snprintf(says, sizeof says, "input_origin[%d] = %lld", axis, (long long)wrong[i]);
            p.args.input_origin[axis] = wrong[i];
            run_wrong(&p, false, PP_INVALID, says, "origin");
            run_wrong(&p, true, PP_INVALID, says, "origin");
            p.args = all;
            snprintf(says, sizeof says, "output_origin[%d] = %lld", axis, (long long)wrong[i]);
            p.args.output_origin[axis] = wrong[i];
            run_wrong(&p, false, PP_INVALID, says, "origin");
            run_wrong(&p, true, PP_INVALID, says, "origin");
            p.args = all;
        }
    }
    problem_close(&p);
    settle();
}

static void small_scratch(void **state)
{
    (void)state;
    static const char *const list[] = {"avg2d nchw n1c2 i9x9 k3 s2 bwd", "max2d nhwc n1c9 i9x9 k3 s2 idx bwd",
                                       "max2d n1c2 i9x9 k3 bwd=recompute"};
    for (int i = 0; i < COUNT(list); i++) {
        problem p;
        problem_case(&p, list[i], FILL_RANDN);
        size_t need = pp_plan_scratch_size(p.plan);
        assert_true(need > 0);
        char scratch[8], says[64];
        p.args.scratch = scratch;
        const size_t sizes[] = {0, 1, need / 2, need - 1};
        for (int s = 0; s < COUNT(sizes); s++) {
            p.args.scratch_size = sizes[s];
            snprintf(says, sizeof says, "scratch_size = %zu|needs %zu", sizes[s], need);
            run_wrong(&p, false, PP_NO_MEMORY, says, list[i]);
            run_wrong(&p, true, PP_NO_MEMORY, says, list[i]);
        }
        problem_close(&p);
    }
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_call),     cmocka_unit_test(one_call_helpers), cmocka_unit_test(error_buffers),
        cmocka_unit_test(null_buffers), cmocka_unit_test(null_but_empty),   cmocka_unit_test(misaligned),
        cmocka_unit_test(ranges),       cmocka_unit_test(origins),          cmocka_unit_test(small_scratch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

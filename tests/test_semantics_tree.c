/* docs/semantics.md §3.2: the order of addition, and what it is good for. */
#include "semantics.h"

#define BIG 16777216 /* 2^24: a float that 1 added to leaves as it is */

/* ------------------------------------------------------------------------------------------------ worked examples */

static void worked_examples(void **state)
{
    (void)state;
    /* 3: (x0 + x1) + x2 */
    check_forward("sum1d i3 k3", VALUES(BIG, 1, 1), VALUES(BIG));
    check_forward("sum1d i3 k3", VALUES(1, 1, BIG), VALUES(BIG + 2));
    /* 4: (x0 + x1) + (x2 + x3) */
    check_forward("sum1d i4 k4", VALUES(BIG, 0, 1, 1), VALUES(BIG + 2));
    check_forward("sum1d i4 k4", VALUES(0, BIG, 1, 1), VALUES(BIG + 2));
    check_forward("sum1d i4 k4", VALUES(1, BIG, 1, 0), VALUES(BIG));
    /* 5: ((x0 + x1) + (x2 + x3)) + x4 */
    check_forward("sum1d i5 k5", VALUES(BIG, 0, 0, 1, 1), VALUES(BIG));
    check_forward("sum1d i5 k5", VALUES(BIG, 0, 1, 1, 0), VALUES(BIG + 2));
    /* 7: (S4(0) + S2(4)) + S1(6) */
    check_forward("sum1d i7 k7", VALUES(BIG, 0, 0, 0, 1, 1, 0), VALUES(BIG + 2));
    check_forward("sum1d i7 k7", VALUES(BIG, 0, 0, 0, 0, 1, 1), VALUES(BIG));
}

static void positions_outside_keep_their_place(void **state)
{
    (void)state;
    /* k = 4, first tap in the padding: (0 + x0) + (x1 + x2), not (x0 + x1) + x2 */
    check_forward("sum1d i3 k4 s1 p1:0", VALUES(BIG, 1, 1), VALUES(BIG + 2));
    /* last tap in the padding: (x0 + x1) + (x2 + 0) */
    check_forward("sum1d i3 k4 s1 p0:1", VALUES(BIG, 1, 1), VALUES(BIG));
    /* k = 6, three taps in the padding: (0 + (0 + x0)) + (x1 + x2), not (0 + 0) + (x0 + x1) + x2 */
    check_forward("sum1d i3 k6 s1 p3:0", VALUES(BIG, 1, 1), VALUES(BIG + 2));
    /* k = 3 hides it: (0 + x0) + x1 */
    check_forward("sum1d i2 k3 s1 p1:0", VALUES(BIG, 1), VALUES(BIG));
}

static void depth_then_height_then_width(void **state)
{
    (void)state;
    check_forward("sum2d i2x2 k2", VALUES(BIG, -BIG, 1, 0), VALUES(0));       /* columns: (2^24 + 1) + (-2^24 + 0) */
    check_forward("sum2d i2x2 k2", VALUES(BIG, 1, -BIG, 0), VALUES(1));       /* (2^24 - 2^24) + (1 + 0) */
    check_forward("sum3d i2x2x1 k2x2x1", VALUES(BIG, -BIG, 1, 0), VALUES(0)); /* D before H */
    check_forward("sum3d i2x1x2 k2x1x2", VALUES(BIG, -BIG, 1, 0), VALUES(0)); /* D before W */
    check_forward("sum3d i1x2x2 k1x2x2", VALUES(BIG, -BIG, 1, 0), VALUES(0)); /* H before W */
}

/* ------------------------------------------------------------------------------------------------ by definition */

/* One window of a plan: the sum over axis a of the sums over the axes before it. */
typedef struct window_sum {
    const double *input;
    pp_window window[3];
    int64_t size[3], step[3], at[3];
    double (*round)(double sum);
    int axis;
} window_sum;

static double sum_of(window_sum *s, int axis);

static double tap(void *ctx, int64_t t)
{
    window_sum *s = ctx;
    int axis = s->axis;
    double value;
    s->at[axis] = s->window[axis].first + t * s->step[axis];
    value = axis ? sum_of(s, axis - 1) : s->input[(s->at[0] * s->size[1] + s->at[1]) * s->size[2] + s->at[2]];
    s->axis = axis;
    return value;
}

static double sum_of(window_sum *s, int axis)
{
    const pp_window *w = &s->window[axis];
    tree t = {tap, s->round, s, w->begin, w->end};
    s->axis = axis;
    return tree_sum(&t, w->length);
}

static double divisor_of(const pp_desc *desc, const pp_window w[3])
{
    if (desc->op == PP_OP_SUM) return 1;
    return desc->divisor == PP_DIVISOR_OVERRIDE ? desc->divisor_override : (double)(w[0].extent * w[1].extent * w[2].extent);
}

static double random_value(rng *r, pp_dtype dtype)
{
    if (dtype == PP_F64) return random_float(r) + ldexp(random_float(r), -28);
    return dtype == PP_BF16 ? round_bf16(random_float(r)) : random_float(r);
}

static void expect_tree(const char *text, rng *r)
{
    static double input[8192], output[8192];
    pp_plan *plan = plan_of(text);
    const pp_desc *desc = pp_plan_desc(plan);
    window_sum s = {.input = input, .size = {1, 1, 1}, .step = {1, 1, 1}, .round = desc->dtype == PP_F64 ? round_f64 : round_f32};
    int64_t outputs[3] = {1, 1, 1}, o[3];
    size_t inputs = elements_of(plan, PP_INPUT), count = 0;
    assert_true(inputs <= COUNT(input) && elements_of(plan, PP_OUTPUT) <= COUNT(output));
    for (int i = 0, a = 3 - desc->rank; i < desc->rank; i++, a++)
        s.size[a] = desc->input_size[i], s.step[a] = desc->dilation[i], outputs[a] = desc->output_size[i];
    for (size_t i = 0; i < inputs; i++) input[i] = random_value(r, desc->dtype);
    for (o[0] = 0; o[0] < outputs[0]; o[0]++)
        for (o[1] = 0; o[1] < outputs[1]; o[1]++)
            for (o[2] = 0; o[2] < outputs[2]; o[2]++) {
                bool empty = false;
                for (int a = 0; a < 3; a++) {
                    s.window[a] = (pp_window){0, 1, 0, 1, 1};
                    if (a >= 3 - desc->rank) assert_int_equal(pp_plan_window(plan, a - 3 + desc->rank, o[a], &s.window[a]), PP_OK);
                    empty |= s.window[a].begin == s.window[a].end;
                }
                double mean = empty ? 0 : s.round(sum_of(&s, 2) / divisor_of(desc, s.window)) + 0.0;
                output[count++] = desc->dtype == PP_BF16 ? round_bf16(mean) : mean;
            }
    check_forward(text, (values){inputs, input}, (values){count, output});
    pp_plan_destroy(plan);
}

static void tree_along_a_line(void **state)
{
    (void)state;
    static const char *const forms[] = {"avg1d f32 i40 k%d s1 p%d div=clamped",
                                        "sum1d f32 i9 k%d s1 p%d",
                                        "avg1d f64 i37 k%d s1 p%d",
                                        "sum1d bf16 i40 k%d s1 p%d",
                                        "avg1d f32 i61 k%d s3 p%d",
                                        "sum1d f32 i50 k%d s2 d3 p%d"};
    rng r = {1};
    for (int k = 1; k <= 33; k++) {
        for (size_t i = 0; i < COUNT(forms); i++) {
            char text[96];
            snprintf(text, sizeof text, forms[i], k, k - 1); /* each number of taps outside, at both ends */
            expect_tree(text, &r);
        }
    }
    expect_tree("avg1d i70 k64 s1 p33", &r);
    expect_tree("avg1d i70 k63 s1 p33", &r);
    expect_tree("sum1d i300 k255 s1 p7:250", &r);
    expect_tree("sum1d i300 k129 s5 p100", &r);
}

static void tree_over_planes(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "avg2d i9x11 k3 s1 p1",
        "avg2d i9x11 k4x5 s1 p3x4",
        "sum2d i12x7 k7x6 s2x1 p6x5",
        "avg2d f64 i9x8 k5x3 s2 p4x2 div=full",
        "avg2d bf16 i9x11 k4 s1 p2",
        "avg2d i14x13 k9x8 s1 p8x7",
        "avg2d i20x19 k4x3 s1 d2x3 p3 div=3",
        "avg3d i5x6x7 k3x4x5 s1 p1x2x2 div=clamped",
        "sum3d i6x5x4 k4x2x3 s1 p3x1x2",
        "avg3d f64 i4x5x6 k2 s1 p1",
        "avg2d i9x9 k5 s1 p-1:-2",
        "avg2d i9x9 k4 s3 p3 ceil=plain",
        "avg2d i9x11 k6 s1 same",
        "avg2d i9x11 k6 s1 same_lower",
        "sum2d i33x34 k33x34 s1 p32x33",
    };
    rng r = {2};
    for (size_t i = 0; i < COUNT(cases); i++) expect_tree(cases[i], &r);
}

static void tree_over_adaptive_and_global_windows(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "adaptive_avg1d i40 o9",           "adaptive_avg1d f64 i37 o5",    "adaptive_sum1d i9 o31", "adaptive_avg2d i13x17 o3x4",
        "adaptive_avg2d bf16 i13x17 o5x2", "adaptive_avg3d i7x8x9 o2x3x4", "global_avg1d i37",      "global_avg2d i13x23",
        "global_sum3d f64 i5x6x7",         "global_avg2d bf16 i15x9"};
    rng r = {3};
    for (size_t i = 0; i < COUNT(cases); i++) expect_tree(cases[i], &r);
}

static void tree_of_an_endless_window(void **state)
{
    (void)state;
    /* 2^63 - 1 taps, of which a few exist: the middle of the window, 2^62, lies between the third and the fourth element of the
     * third output */
    rng r = {4};
    expect_tree("sum1d i7 k9223372036854775807 s1 same", &r);
    expect_tree("sum1d i7 k4611686018427387904 s1 same", &r);
    expect_tree("avg2d i5x7 k4294967295 s1 same", &r);
}

/* ------------------------------------------------------------------------------------------------ accuracy */

/* A plane of floats, given or random, and its mean by one case. */
typedef struct plane {
    float *at;
    double expected, bound;
} plane;

static void expect_mean(const pp_plan *plan, void *ctx)
{
    const plane *p = ctx;
    float mean = -1;
    pp_args args = {.struct_size = sizeof args, .input = p->at, .output = &mean};
    char how[160];
    pp_plan_describe(plan, how, sizeof how);
    assert_int_equal(pp_forward(plan, &args), PP_OK);
    if (!(fabs((double)mean - p->expected) <= p->bound))
        fail_msg("%.9g, not %.17g with an error of at most %g (%s)", (double)mean, p->expected, p->bound, how);
}

static void expect_mean_of(const char *text, const plane *p)
{
    pp_plan *plan = plan_of(text);
    plane copy = *p;
    expect_mean(plan, &copy);
    pp_plan_destroy(plan);
}

static void mean_of_equal_values_is_exact(void **state)
{
    (void)state;
    static const char *const cases[] = {"global_avg2d i4096x4096", "adaptive_avg2d i4096x4096 o1", "avg2d i4096x4096 k4096"};
    size_t count = (size_t)4096 * 4096;
    plane p = {malloc(count * sizeof(float)), (double)0.1f, 0};
    assert_non_null(p.at);
    for (size_t i = 0; i < count; i++) p.at[i] = 0.1f;
    for (size_t i = 0; i < COUNT(cases); i++) expect_mean_of(cases[i], &p);
    pp_desc desc = desc_of("global_avg2d i512x512");
    each_way(&desc, expect_mean, &p);
    free(p.at);
}

static int depth(int length)
{
    int log2 = 0, ones = 0;
    while (length >> (log2 + 1)) log2++;
    for (int rest = length; rest; rest >>= 1) ones += rest & 1;
    return log2 + ones - 1;
}

/* Elements that are whole multiples of 2^-23 have an exact sum in 64 bits; |error| <= (depths + 1) u sum|x| / d. */
static void error_bound(void **state)
{
    (void)state;
    static const struct {
        int height, width, lowest; /* elements are lowest * 2^-23 ... */
    } rows[] = {{4095, 4097, 0}, {4095, 4097, -(1 << 23)}, {63, 127, 0}, {7, 15, -(1 << 23)}, {31, 3, 0}};
    rng r = {5};
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count = (size_t)rows[i].height * (size_t)rows[i].width;
        int64_t sum = 0, size = 0;
        plane p = {.at = malloc(count * sizeof(float))};
        assert_non_null(p.at);
        for (size_t e = 0; e < count; e++) {
            int64_t x = rows[i].lowest + random_below(&r, (1 << 23) - rows[i].lowest);
            p.at[e] = (float)x * 0x1p-23f;
            sum += x;
            size += x < 0 ? -x : x;
        }
        p.expected = (double)((long double)sum / (long double)count * 0x1p-23L);
        p.bound = (depth(rows[i].height) + depth(rows[i].width) + 1) * 0x1p-24 * ((double)size / (double)count * 0x1p-23);
        char text[64];
        snprintf(text, sizeof text, "global_avg2d i%dx%d", rows[i].height, rows[i].width);
        pp_desc desc = desc_of(text);
        if (count < 10000) each_way(&desc, expect_mean, &p);
        else expect_mean_of(text, &p);
        free(p.at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(worked_examples),
        cmocka_unit_test(positions_outside_keep_their_place),
        cmocka_unit_test(depth_then_height_then_width),
        cmocka_unit_test(tree_along_a_line),
        cmocka_unit_test(tree_over_planes),
        cmocka_unit_test(tree_over_adaptive_and_global_windows),
        cmocka_unit_test(tree_of_an_endless_window),
        cmocka_unit_test(mean_of_equal_values_is_exact),
        cmocka_unit_test(error_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

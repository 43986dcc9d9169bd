/* docs/semantics.md §3.3: gradients. */
#include "semantics.h"

#define BIG 16777216 /* 2^24: a float that 1 added to leaves as it is */
#define INF ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)

/* ------------------------------------------------------------------------------------------------ average and sum */

static void known_gradients(void **state)
{
    (void)state;
    check_backward("max2d i2x2 k2", VALUES(1, 3, 2, .5), VALUES(1), VALUES(0, 1, 0, 0));
    check_backward("min2d i2x2 k2", VALUES(1, 3, 2, .5), VALUES(1), VALUES(0, 0, 0, 1));
    check_backward("avg2d i2x2 k2", VALUES(1, 3, 2, .5), VALUES(1), VALUES(.25, .25, .25, .25));
    check_backward("sum2d i2x2 k2", VALUES(1, 3, 2, .5), VALUES(3), VALUES(3, 3, 3, 3));
    check_backward("avg1d i4 k2 s1", VALUES(0, 0, 0, 0), VALUES(2, 4, 8), VALUES(1, 3, 6, 4));
    check_backward("max1d i5 k3 s1", VALUES(1, 5, 2, 5, 3), VALUES(1, 10, 100), VALUES(0, 11, 0, 100, 0));
    check_backward("global_avg2d i2x2", VALUES(1, 2, 3, 4), VALUES(2), VALUES(.5, .5, .5, .5));
    check_backward("adaptive_max1d i7 o3", VALUES(0, 1, 2, 3, 4, 5, 6), VALUES(1, 2, 3), VALUES(0, 0, 1, 0, 2, 0, 3));
    check_backward("adaptive_avg1d i3 o5", VALUES(0, 0, 0), VALUES(1, 2, 4, 8, 16), VALUES(2, 9, 20)); /* 1+2/2; 2/2+4+8/2; 8/2+16 */
}

static void divisor_is_that_of_forward(void **state)
{
    (void)state;
    values x = VALUES(0, 0, 0), g = VALUES(6, 6, 6, 6);
    check_backward("avg1d i3 k2 s1 p1 div=valid", x, g, VALUES(9, 6, 9));
    check_backward("avg1d i3 k2 s1 p1 div=clamped", x, g, VALUES(6, 6, 6));
    check_backward("avg1d i3 k2 s1 p1 div=4", x, g, VALUES(3, 3, 3));
    check_backward("avg1d i4 k3 s3 ceil=torch div=clamped", VALUES(0, 0, 0, 0), VALUES(6, 6), VALUES(2, 2, 2, 6));
    check_backward("avg1d i4 k3 s3 ceil=torch div=full", VALUES(0, 0, 0, 0), VALUES(6, 6), VALUES(2, 2, 2, 2));
    check_backward("sum1d i3 k2 s1 div=4", x, VALUES(1, 2), VALUES(1, 3, 2));
    check_backward("avg1d i1 k1 div=1.00000005", VALUES(0), VALUES(15), VALUES(15)); /* the float nearest to it is 1 */
}

static void divided_before_summing(void **state)
{
    (void)state;
    int differ = 0;
    for (int x = 1; x < 64; x++) {
        double parts = round_f32(round_f32(x / 3.0) + round_f32(1 / 3.0)), whole = round_f32((x + 1) / 3.0);
        differ += parts != whole;
        check_backward("avg1d i4 k3 s1", VALUES(0, 0, 0, 0), VALUES(x, 1), VALUES(x / 3.0, parts, parts, 1 / 3.0));
    }
    assert_true(differ > 0);
}

static void gradients_add_in_the_tree(void **state)
{
    (void)state;
    values x = VALUES(0, 0, 0, 0, 0, 0, 0);
    /* k 3: windows o - 2, o - 1, o of each element, (g0 + g1) + g2 */
    check_backward("sum1d i5 k3 s1", VALUES(0, 0, 0, 0, 0), VALUES(BIG, 1, 1), VALUES(BIG, BIG, BIG, 2, 1));
    check_backward("sum1d i5 k3 s1", VALUES(0, 0, 0, 0, 0), VALUES(1, 1, BIG), VALUES(1, 2, BIG + 2, BIG, BIG));
    /* k 4: element 2 is under windows -1, 0, 1, 2: (0 + g0) + (g1 + g2); element 4 under 1 ... 4: (g1 + g2) + (g3 + 0) */
    check_backward("sum1d i7 k4 s1", x, VALUES(BIG, 1, 1, 0), VALUES(BIG, BIG, BIG + 2, BIG, 2, 1, 0));
    check_backward("sum1d i7 k4 s1", x, VALUES(1, 0, 0, BIG), VALUES(1, 1, 1, BIG, BIG, BIG, BIG));
    /* D, then H, then W */
    check_backward("sum2d i3x3 k2 s1", VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0), VALUES(BIG, -BIG, 1, 0),
                   VALUES(BIG, 0, -BIG, BIG, 0, -BIG, 1, 1, 0));
}

/* The windows over an element of one axis, in increasing order, those that do not exist included. */
enum { FURTHEST = 100 };
typedef struct cover {
    int64_t window[2 * FURTHEST], length, begin, end;
} cover;

static cover cover_of(const pp_plan *plan, int axis, int64_t i)
{
    const pp_desc *desc = pp_plan_desc(plan);
    cover c = {.length = 0};
    int64_t outputs = desc->output_size[axis];
    bool sliding = desc->mode == PP_MODE_SLIDING,
         cropped = sliding && desc->pad_end[axis] < 0 && i >= desc->input_size[axis] + desc->pad_end[axis];
    if (sliding) { /* all of them lie within reach */
        assert_true((desc->input_size[axis] + desc->pad_begin[axis]) / desc->stride[axis] < FURTHEST);
        assert_true((desc->kernel[axis] - 1) * desc->dilation[axis] / desc->stride[axis] < FURTHEST);
    }
    for (int64_t o = sliding ? -FURTHEST : 0; o < (sliding ? FURTHEST : outputs) && !cropped; o++) {
        bool covers = false, real = o >= 0 && o < outputs;
        pp_window w;
        if (sliding) {
            for (int64_t t = 0; t < desc->kernel[axis]; t++)
                covers |= o * desc->stride[axis] - desc->pad_begin[axis] + t * desc->dilation[axis] == i;
        } else {
            assert_int_equal(pp_plan_window(plan, axis, o, &w), PP_OK);
            covers = i >= w.first && i < w.first + w.length;
        }
        if (!covers) continue;
        if (real && c.begin == c.end) c.begin = c.length;
        if (real) c.end = c.length + 1;
        c.window[c.length++] = o;
    }
    return c;
}

/* The gradient of one element: the tree over axis a of the trees over the axes before it. */
typedef struct gradient {
    const pp_plan *plan;
    const double *grad_output;
    cover cover[3];
    int64_t size[3], at[3];
    double (*round)(double sum);
    int axis;
} gradient;

static double gradient_over(gradient *g, int axis);

static double share(const gradient *g)
{
    const pp_desc *desc = pp_plan_desc(g->plan);
    double value = g->grad_output[(g->at[0] * g->size[1] + g->at[1]) * g->size[2] + g->at[2]];
    int64_t divisor = 1;
    for (int s = 0; s < desc->rank; s++) {
        pp_window w;
        assert_int_equal(pp_plan_window(g->plan, s, g->at[3 - desc->rank + s], &w), PP_OK);
        divisor *= w.extent;
    }
    return desc->op == PP_OP_SUM ? value : g->round(value / (double)divisor);
}

static double gradient_tap(void *ctx, int64_t t)
{
    gradient *g = ctx;
    int axis = g->axis;
    g->at[axis] = g->cover[axis].window[t];
    double value = axis ? gradient_over(g, axis - 1) : share(g);
    g->axis = axis;
    return value;
}

static double gradient_over(gradient *g, int axis)
{
    const cover *c = &g->cover[axis];
    tree t = {gradient_tap, g->round, g, c->begin, c->end};
    g->axis = axis;
    return tree_sum(&t, c->length);
}

static void expect_gradients(const char *text, rng *r)
{
    static double input[1024], grad_output[1024], grad_input[1024];
    pp_plan *plan = plan_of(text);
    const pp_desc *desc = pp_plan_desc(plan);
    gradient g = {.plan = plan, .grad_output = grad_output, .size = {1, 1, 1}, .round = desc->dtype == PP_F64 ? round_f64 : round_f32};
    int64_t inputs[3] = {1, 1, 1}, i[3];
    size_t outputs = elements_of(plan, PP_OUTPUT), count = 0;
    assert_true(elements_of(plan, PP_INPUT) <= COUNT(input) && outputs <= COUNT(grad_output));
    for (int s = 0, a = 3 - desc->rank; s < desc->rank; s++, a++) {
        g.size[a] = desc->output_size[s];
        inputs[a] = desc->input_size[s];
    }
    for (size_t o = 0; o < outputs; o++) grad_output[o] = desc->dtype == PP_BF16 ? round_bf16(random_float(r)) : random_float(r);
    for (int a = 0; a < 3 - desc->rank; a++) g.cover[a] = (cover){{0}, 1, 0, 1};
    for (i[0] = 0; i[0] < inputs[0]; i[0]++)
        for (i[1] = 0; i[1] < inputs[1]; i[1]++)
            for (i[2] = 0; i[2] < inputs[2]; i[2]++) {
                for (int a = 3 - desc->rank; a < 3; a++) g.cover[a] = cover_of(plan, a - 3 + desc->rank, i[a]);
                double sum = gradient_over(&g, 2) + 0.0;
                grad_input[count++] = desc->dtype == PP_BF16 ? round_bf16(sum) : sum;
            }
    memset(input, 0, sizeof input);
    check_backward(text, (values){count, input}, (values){outputs, grad_output}, (values){count, grad_input});
    pp_plan_destroy(plan);
}

static void gradients_by_definition(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "avg2d i7x9 k3 s1 p1",          "avg2d i7x9 k4x5 s1 p3x4 div=clamped",
        "sum2d i9x8 k7x6 s2x1 p5x3",    "avg2d f64 i9x8 k5x3 s2 p4x2 div=full",
        "avg2d bf16 i9x11 k4 s1 p2",    "avg1d i30 k7 s3 d2 p6",
        "sum1d i40 k5 s4 d6 p9",        "avg1d i40 k9 s6 d4 p9:2",
        "avg2d i9x10 k3x2 s4x5",        "avg2d i12x11 k4 s1 p-2:-1",
        "sum1d i9 k3 s1 p0:-3 out=9",   "avg3d i5x4x6 k3x2x4 s1 p1x1x2",
        "sum3d i4x5x4 k2x4x3 s2x1x1",   "avg2d i9x9 k4 s3 p3 ceil=plain",
        "avg2d i9x7 k6 s1 same_lower",  "adaptive_avg1d i19 o7",
        "adaptive_avg1d i7 o19",        "adaptive_sum2d i9x6 o4x8",
        "adaptive_avg2d i8x6 o4x3",     "global_avg2d i5x7",
        "adaptive_avg3d i5x4x6 o3x4x4", "global_sum3d f64 i2x3x4",
    };
    rng r = {7};
    for (size_t i = 0; i < COUNT(cases); i++) expect_gradients(cases[i], &r);
    for (int k = 1; k <= 17; k++) {
        char text[64];
        snprintf(text, sizeof text, "sum1d i24 k%d s1 p%d", k, k - 1);
        expect_gradients(text, &r);
        snprintf(text, sizeof text, "avg1d i24 k%d s2 p%d", k, k / 2);
        expect_gradients(text, &r);
    }
}

static void without_a_window_zero(void **state)
{
    (void)state;
    check_backward("avg1d i5 k1 s3", VALUES(1, 1, 1, 1, 1), VALUES(2, 3), VALUES(2, 0, 0, 3, 0));
    check_backward("max1d i5 k1 s3", VALUES(1, 1, 1, 1, 1), VALUES(2, 3), VALUES(2, 0, 0, 3, 0));
    check_backward("avg1d i3 k2 s1 p0:-1 out=2", VALUES(1, 1, 1), VALUES(2, 4), VALUES(1, 5, 0));
    check_backward("avg1d i2 k3", VALUES(1, 1), (values){0, NULL}, VALUES(0, 0)); /* no output at all */
}

static void zero_gradient_is_positive(void **state)
{
    (void)state;
    check_backward("avg1d i2 k2", VALUES(1, 1), VALUES(-0.0), VALUES(0.0, 0.0));
    check_backward("sum1d f64 i2 k1", VALUES(1, 1), VALUES(-0.0, -0.0), VALUES(0.0, 0.0));
    check_backward("max1d i3 k2 s1", VALUES(1, 2, 1), VALUES(-0.0, -0.0), VALUES(0.0, 0.0, 0.0));
    check_backward("max1d bf16 i2 k2", VALUES(1, 2), VALUES(-0.0), VALUES(0.0, 0.0));
    check_backward("avg1d i2 k2 div=-2", VALUES(1, 1), VALUES(0), VALUES(0.0, 0.0));
}

/* ------------------------------------------------------------------------------------------------ max and min */

static void windows_add_one_after_another(void **state)
{
    (void)state;
    values x = VALUES(0, 0, 9, 0, 0), square = VALUES(0, 0, 0, 0, 9, 0, 0, 0, 0);
    check_backward("max1d i5 k3 s1", x, VALUES(BIG, 1, 1), VALUES(0, 0, BIG, 0, 0));
    check_backward("max1d i5 k3 s1", x, VALUES(1, 1, BIG), VALUES(0, 0, BIG + 2, 0, 0));
    check_backward("max1d i7 k4 s1", VALUES(0, 0, 0, 9, 0, 0, 0), VALUES(BIG, 0, 1, 1), VALUES(0, 0, 0, BIG, 0, 0, 0)); /* no tree */
    check_backward("max2d i3x3 k2 s1", square, VALUES(BIG, -BIG, 1, 0), VALUES(0, 0, 0, 0, 1, 0, 0, 0, 0));             /* row by row */
    check_backward("max2d i3x3 k2 s1", square, VALUES(BIG, 1, -BIG, 0), VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0));
    check_backward("max3d i1x3x3 k1x2x2 s1", square, VALUES(BIG, 1, -BIG, 0), VALUES(0, 0, 0, 0, 0, 0, 0, 0, 0));
}

static void one_winner_takes_all(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_backward("max2d i2x2 k2", VALUES(0, 5, 5, 0), VALUES(3), VALUES(0, 3, 0, 0));
    check_backward("max2d i2x2 k2 ties=last", VALUES(0, 5, 5, 0), VALUES(3), VALUES(0, 0, 3, 0));
    check_backward("max1d i4 k4 nan=last", VALUES(1, nan, 2, nan), VALUES(3), VALUES(0, 0, 0, 3));
    check_backward("max1d i4 k4 nan=first", VALUES(1, nan, 2, nan), VALUES(3), VALUES(0, 3, 0, 0));
    check_backward("max1d i4 k4 nan=ignore", VALUES(1, nan, 2, nan), VALUES(3), VALUES(0, 0, 3, 0));
    check_backward("max1d i2 k2", VALUES(-INF, -INF), VALUES(3), VALUES(3, 0));
}

static void empty_windows_give_nothing(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_backward("max1d i2 k2 s2 p3", VALUES(1, 1), VALUES(5, 6, 7, 8), VALUES(6, 7));
    check_backward("avg1d i2 k2 s2 p3", VALUES(1, 1), VALUES(nan, 6, 7, nan), VALUES(6, 7));
    check_backward("avg1d i2 k2 s2 p3 div=2", VALUES(1, 1), VALUES(5, 6, 8, 8), VALUES(3, 4));
    check_backward("max2d i2x2 k2 s1 p1 d3", VALUES(1, 2, 3, 4), VALUES(5), VALUES(0, 0, 0, 0));
    check_backward("max1d i3 k2 s1 nan=ignore", VALUES(nan, nan, 1), VALUES(5, 6), VALUES(0, 0, 6));
}

/* Backward with the caller's indices, an upstream of ones and no input. */
typedef struct followed {
    const int64_t *indices;
    pp_status status;
    float grad_input[6];
} followed;

static void follow(const pp_plan *plan, void *ctx)
{
    const followed *f = ctx;
    const float ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};
    float grad_input[6] = {0};
    pp_args args = {.struct_size = sizeof args, .indices = (void *)(uintptr_t)f->indices, .grad_output = ones, .grad_input = grad_input};
    assert_int_equal(pp_backward(plan, &args), f->status);
    if (f->status == PP_OK) assert_memory_equal(grad_input, f->grad_input, sizeof grad_input);
}

static void check_followed(const char *text, followed f)
{
    pp_desc desc = desc_of(text);
    each_way(&desc, follow, &f);
}

#define INDICES(...) ((const int64_t[]){__VA_ARGS__})

static void indices_are_followed(void **state)
{
    (void)state;
    const char *plane = "max1d i3 k1 idx=plane bwd=indices", *tensor = "max1d c2 i3 k2 s1 idx=tensor bwd=indices";
    const char *last = "max1d nwc c2 i3 k2 s1 idx=tensor bwd=indices";
    check_followed(plane, (followed){INDICES(2, -1, 2), PP_OK, {0, 0, 2}});
    check_followed(tensor, (followed){INDICES(0, 0, 5, 3), PP_OK, {2, 0, 0, 1, 0, 1}});
    check_followed(last, (followed){INDICES(0, 5, 0, 3), PP_OK, {2, 1, 0, 0, 0, 1}});
    check_followed(plane, (followed){INDICES(2, 3, 2), PP_BAD_INDEX, {0}});
    check_followed(plane, (followed){INDICES(2, -2, 2), PP_BAD_INDEX, {0}});
    check_followed(tensor, (followed){INDICES(0, 3, 5, 3), PP_BAD_INDEX, {0}}); /* the next plane */
    check_followed(tensor, (followed){INDICES(0, 0, 2, 3), PP_BAD_INDEX, {0}}); /* the one before */
    check_followed(last, (followed){INDICES(0, 2, 0, 3), PP_BAD_INDEX, {0}});
    /* what forward writes is what backward reads */
    values first = VALUES(1, 2, 0, 6, 5, 7, 9, 8, 0, 3, 3, 4), ones = VALUES(1, 1, 1, 1, 1, 1, 1, 1);
    check_backward("max1d n2c2 i3 k2 s1 idx=tensor", first, ones, VALUES(0, 2, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1));
    check_backward("max1d nwc n2c2 i3 k2 s1 idx=tensor", first, ones, VALUES(1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1));
}

static void kinds_of_backward(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        pp_backward_kind kind;
    } rows[] = {{"max1d i3 k1 idx bwd", PP_BACKWARD_INDICES},
                {"max1d i3 k1 bwd", PP_BACKWARD_RECOMPUTE},
                {"max1d i3 k1 idx bwd=recompute", PP_BACKWARD_RECOMPUTE}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        pp_plan *plan = plan_of(rows[i].text);
        assert_int_equal(pp_plan_desc(plan)->backward, rows[i].kind);
        pp_plan_destroy(plan);
    }
    check_refused("max1d i3 k1 bwd=indices", PP_INVALID, "backward = indices");
    check_refused("avg1d i3 k1 bwd=recompute", PP_INVALID, "backward = recompute");
    check_refused("avg1d u8 i3 k1 bwd", PP_UNSUPPORTED, "backward");
    check_refused("max1d int8 i3 k1 bwd", PP_UNSUPPORTED, "backward");
    check_followed("max1d i3 k1 idx", (followed){INDICES(0, 0, 0), PP_INVALID, {0}}); /* planned without */
}

/* ------------------------------------------------------------------------------------------------ accumulate, types */

static void accumulate_adds_once(void **state)
{
    (void)state;
    check_accumulated("sum1d i3 k2 s1", VALUES(0, 0, 0), VALUES(1, 1), VALUES(BIG, BIG, -BIG), VALUES(BIG, BIG + 2, -BIG + 1));
    check_accumulated("avg1d i3 k2 s1", VALUES(0, 0, 0), VALUES(2, 2), VALUES(BIG, BIG, 1), VALUES(BIG, BIG + 2, 2));
    check_accumulated("max1d i3 k2 s1", VALUES(0, 9, 0), VALUES(1, 1), VALUES(3, BIG, 4), VALUES(3, BIG + 2, 4));
    check_accumulated("min1d f64 i3 k2 s1", VALUES(9, 0, 9), VALUES(1, 1), VALUES(3, 0x1p53, 4), VALUES(3, 0x1p53 + 2, 4));
    check_accumulated("avg1d i2 k2", VALUES(0, 0), VALUES(-0.0), VALUES(-0.0, 1), VALUES(0.0, 1));
    check_accumulated("max1d i2 k2", VALUES(2, 1), VALUES(1), VALUES(-1, -0.0), VALUES(0.0, 0.0));
    check_accumulated("avg1d i4 k4", VALUES(0, 0, 0, 0), VALUES(0), VALUES(INF, NOT_A_NUMBER, 1, 2), VALUES(INF, NOT_A_NUMBER, 1, 2));
}

static void bf16_gradients_add_in_f32(void **state)
{
    (void)state;
    check_backward("sum1d bf16 i5 k3 s1", VALUES(0, 0, 0, 0, 0), VALUES(256, 1, 1), VALUES(256, 256, 258, 2, 1)); /* 257 is a tie */
    check_backward("max1d bf16 i5 k3 s1", VALUES(0, 0, 9, 0, 0), VALUES(256, 1, 1), VALUES(0, 0, 258, 0, 0));
    check_backward("avg1d bf16 i3 k3", VALUES(0, 0, 0), VALUES(1), VALUES(0x1.56p-2, 0x1.56p-2, 0x1.56p-2));
    /* 1 + 2^-8 lies between two bf16: it is added to 2^-8 before anything is rounded */
    check_accumulated("sum1d bf16 i3 k2 s1", VALUES(0, 0, 0), VALUES(1, 0x1p-8), VALUES(0, 0x1p-8, 0), VALUES(1, 0x1.02p0, 0x1p-8));
    check_accumulated("max1d bf16 i3 k2 s1", VALUES(0, 9, 0), VALUES(1, 0x1p-8), VALUES(0, 0x1p-8, 0), VALUES(0, 0x1.02p0, 0));
}

static void f16_gradients_add_in_f32(void **state)
{
    (void)state;
    check_backward("sum1d f16 i5 k3 s1", VALUES(0, 0, 0, 0, 0), VALUES(2048, 1, 1), VALUES(2048, 2048, 2050, 2, 1)); /* 2049 is a tie */
    check_backward("max1d f16 i5 k3 s1", VALUES(0, 0, 9, 0, 0), VALUES(2048, 1, 1), VALUES(0, 0, 2050, 0, 0));
    check_backward("avg1d f16 i3 k3", VALUES(0, 0, 0), VALUES(1), VALUES(0x1.554p-2, 0x1.554p-2, 0x1.554p-2));
    check_accumulated("sum1d f16 i3 k2 s1", VALUES(0, 0, 0), VALUES(1, 0x1p-11), VALUES(0, 0x1p-11, 0), VALUES(1, 0x1.004p0, 0x1p-11));
    check_accumulated("max1d f16 i3 k2 s1", VALUES(0, 9, 0), VALUES(1, 0x1p-11), VALUES(0, 0x1p-11, 0), VALUES(0, 0x1.004p0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_gradients),           cmocka_unit_test(divisor_is_that_of_forward),
        cmocka_unit_test(divided_before_summing),    cmocka_unit_test(gradients_add_in_the_tree),
        cmocka_unit_test(gradients_by_definition),   cmocka_unit_test(without_a_window_zero),
        cmocka_unit_test(zero_gradient_is_positive), cmocka_unit_test(windows_add_one_after_another),
        cmocka_unit_test(one_winner_takes_all),      cmocka_unit_test(empty_windows_give_nothing),
        cmocka_unit_test(indices_are_followed),      cmocka_unit_test(kinds_of_backward),
        cmocka_unit_test(accumulate_adds_once),      cmocka_unit_test(bf16_gradients_add_in_f32),
        cmocka_unit_test(f16_gradients_add_in_f32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

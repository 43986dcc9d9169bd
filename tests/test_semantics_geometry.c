/* docs/semantics.md §1: output sizes. */
#include "semantics.h"

/* ------------------------------------------------------------------------------------------------ rules */

/* One axis of a sliding case. */
typedef struct axis {
    int64_t input, kernel, stride, dilation, begin, end;
} axis;

static int64_t window_extent(const axis *a) { return a->dilation * (a->kernel - 1) + 1; }
static int64_t padded(const axis *a) { return a->input + a->begin + a->end; }

/* Output number o exists as long as its window ends inside the padded input. */
static bool floor_has(const axis *a, int64_t o) { return o * a->stride + window_extent(a) <= padded(a); }

/* ... as long as the window before it leaves something of the padded input uncovered. */
static bool plain_has(const axis *a, int64_t o) { return (o - 1) * a->stride + window_extent(a) < padded(a); }

/* ... and it begins before the padding at the end. */
static bool torch_has(const axis *a, int64_t o) { return plain_has(a, o) && o * a->stride < a->input + a->begin; }

static int64_t count(const axis *a, bool (*has)(const axis *a, int64_t o))
{
    int64_t o = 0;
    while (has(a, o)) o++;
    return o;
}

/* Caffe's own lines: one window is dropped, and only if there is any padding. */
static int64_t caffe_count(const axis *a)
{
    int64_t size = count(a, plain_has);
    if ((a->begin || a->end) && size > 0 && (size - 1) * a->stride >= a->input + a->begin) size--;
    return size;
}

/* -1: planning says that there is no such size */
static int64_t planned(const axis *a, const char *rule)
{
    char text[160], error[256];
    snprintf(text, sizeof text, "max1d i%lld k%lld s%lld d%lld p%lld:%lld %s", (long long)a->input, (long long)a->kernel,
             (long long)a->stride, (long long)a->dilation, (long long)a->begin, (long long)a->end, rule);
    pp_desc desc = desc_of(text);
    pp_plan *plan;
    pp_status status = pp_plan_create(&plan, &desc, NULL, error, sizeof error);
    if (status == PP_INVALID && strstr(error, "output_size")) return -1;
    if (status != PP_OK) fail_msg("%s: %s", text, error);
    int64_t size = pp_plan_desc(plan)->output_size[0];
    pp_plan_destroy(plan);
    return size;
}

static void each_axis(void (*visit)(const axis *a))
{
    axis a;
    for (a.input = 0; a.input < 8; a.input++)
        for (a.kernel = 1; a.kernel < 5; a.kernel++)
            for (a.stride = 1; a.stride < 5; a.stride++)
                for (a.dilation = 1; a.dilation < 3; a.dilation++)
                    for (a.begin = -2; a.begin < 4; a.begin++)
                        for (a.end = -2; a.end < 7; a.end++) visit(&a);
}

static void expect(const axis *a, const char *rule, int64_t size)
{
    int64_t got = planned(a, rule);
    if (got == size || (got == -1 && size == 0)) return; /* where windows fit by less than nothing the formula may be negative */
    fail_msg("i%lld k%lld s%lld d%lld p%lld:%lld %s: %lld outputs, not %lld", (long long)a->input, (long long)a->kernel,
             (long long)a->stride, (long long)a->dilation, (long long)a->begin, (long long)a->end, rule, (long long)got, (long long)size);
}

static void expect_floor(const axis *a) { expect(a, "floor", count(a, floor_has)); }
static void expect_plain(const axis *a) { expect(a, "ceil=plain", count(a, plain_has)); }
static void expect_torch(const axis *a) { expect(a, "ceil=torch", count(a, torch_has)); }
static void expect_caffe(const axis *a) { expect(a, "ceil=caffe", caffe_count(a)); }

static void floor_rule(void **state)
{
    (void)state;
    each_axis(expect_floor);
}

static void ceil_plain_rule(void **state)
{
    (void)state;
    each_axis(expect_plain);
}

static void ceil_torch_rule(void **state)
{
    (void)state;
    each_axis(expect_torch);
}

static void ceil_caffe_rule(void **state)
{
    (void)state;
    each_axis(expect_caffe);
}

static void ceil_rules_differ(void **state)
{
    (void)state;
    static const struct {
        const char *axis;
        int64_t torch, caffe, plain;
    } rows[] = {
        {"i5 k1 s3", 2, 3, 3},
        {"i7 k2 s3 p1", 3, 3, 4},
        {"i3 k2 s2 p1", 2, 2, 3},
        {"i4 k3 s3", 2, 2, 2},
        /* an end padding above the kernel: the closed form drops four windows, Caffe one */
        {"i4 k2 s1 p0:5", 4, 7, 8},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[96];
        const struct {
            const char *rule;
            int64_t size;
        } sizes[] = {{"torch", rows[i].torch}, {"caffe", rows[i].caffe}, {"plain", rows[i].plain}};
        for (size_t r = 0; r < COUNT(sizes); r++) {
            snprintf(text, sizeof text, "max1d %s ceil=%s", rows[i].axis, sizes[r].rule);
            check_size(text, NUMBERS(sizes[r].size));
        }
    }
}

static void caffe_looks_at_the_pads_of_all_axes(void **state)
{
    (void)state;
    check_size("max2d i5x5 k1 s3 ceil=caffe", NUMBERS(3, 3));
    check_size("max2d i5x5 k1 s3 p0x1 ceil=caffe", NUMBERS(2, 2));
    check_size("max2d i5x5 k1 s3 p1x0 ceil=caffe", NUMBERS(2, 2));
    check_size("max2d i5x5 k1 s3 p0:0x1 ceil=caffe", NUMBERS(2, 2));
}

static void known_shapes(void **state)
{
    (void)state;
    check_size("max1d i100 k4 s2", NUMBERS(49));
    check_size("max2d n32c64 i28x28 k2", NUMBERS(14, 14));
    check_size("avg2d n32c64 i28x28 k2", NUMBERS(14, 14));
    check_size("adaptive_avg2d n32c64 i28x28 o7", NUMBERS(7, 7));
    check_size("max3d n2c16 i8x28x28 k2", NUMBERS(4, 14, 14));
    check_size("max2d i112x112 k3 s2 p1", NUMBERS(56, 56));
    pp_plan *plan = plan_of("max3d n2c16 i8x28x28 k2");
    int64_t shape[5];
    assert_int_equal(pp_plan_shape(plan, PP_OUTPUT, shape), 5);
    assert_memory_equal(shape, ((int64_t[]){2, 16, 4, 14, 14}), sizeof shape);
    pp_plan_destroy(plan);
}

static void no_output_is_legal_less_is_not(void **state)
{
    (void)state;
    check_size("max1d i2 k4 s2", NUMBERS(0));
    check_size("max1d i0 k1", NUMBERS(0));
    check_refused("max1d i2 k5 s2", PP_INVALID, "output_size[0] = -1");
    check_refused("max2d i9x1 k3 s1", PP_INVALID, "output_size[1] = -1");
}

static void size_given(void **state)
{
    (void)state;
    check_size("max1d i5 k3 s2 out=2", NUMBERS(2));
    check_size("max1d i5 k3 s2 out=1", NUMBERS(1));
    check_size("max1d i5 k3 s2 out=7", NUMBERS(7));
    check_size("max1d i5 k3 s2 out=0", NUMBERS(0));
    check_refused("max1d i5 k3 s2 out=-1", PP_INVALID, "output_size[0] = -1");
}

/* ------------------------------------------------------------------------------------------------ VALID, SAME */

static void expect_pads(const char *text, int64_t size, int64_t begin, int64_t end)
{
    pp_plan *plan = plan_of(text);
    const pp_desc *desc = pp_plan_desc(plan);
    if (desc->output_size[0] != size || desc->pad_begin[0] != begin || desc->pad_end[0] != end) {
        fail_msg("%s: %lld outputs, pads %lld, %lld; not %lld, %lld, %lld", text, (long long)desc->output_size[0],
                 (long long)desc->pad_begin[0], (long long)desc->pad_end[0], (long long)size, (long long)begin, (long long)end);
    }
    pp_plan_destroy(plan);
}

static void valid_size(void **state)
{
    (void)state;
    expect_pads("max1d i7 k3 s2 valid", 3, 0, 0);
    expect_pads("max1d i8 k3 s2 valid", 3, 0, 0);
    expect_pads("max1d i9 k3 s2 d2 valid", 3, 0, 0);
    expect_pads("max1d i2 k3 s1 valid", 0, 0, 0);
    expect_pads("max1d i2 k30 s1 valid", 0, 0, 0);
}

static void same_size_and_pads(void **state)
{
    (void)state;
    expect_pads("max1d i5 k3 s2 same", 3, 1, 1);
    expect_pads("max1d i5 k3 s2 same_lower", 3, 1, 1);
    expect_pads("max1d i4 k3 s2 same", 2, 0, 1);
    expect_pads("max1d i4 k3 s2 same_lower", 2, 1, 0);
    expect_pads("max1d i6 k3 s1 d2 same", 6, 2, 2); /* the effective kernel, 5 */
    expect_pads("max1d i6 k4 s1 same", 6, 1, 2);
    expect_pads("max1d i6 k4 s1 same_lower", 6, 2, 1);
    expect_pads("max1d i10 k1 s5 same", 2, 0, 0); /* never negative */
    expect_pads("max1d i0 k3 s2 same", 0, 1, 2);
    check_window("max1d i10 k1 s5 same", 1, (pp_window){5, 1, 0, 1, 1});
}

static void same_and_valid_ignore_pads_and_rule(void **state)
{
    (void)state;
    static const char *const texts[] = {"max1d i5 k2 s2 p1:1 ceil=plain", "max1d i5 k2 s2"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        static const struct {
            pp_padding padding;
            int64_t size, end;
        } rows[] = {{PP_PAD_VALID, 2, 0}, {PP_PAD_SAME_UPPER, 3, 1}};
        for (size_t r = 0; r < COUNT(rows); r++) {
            pp_desc desc = desc_of(texts[i]);
            pp_plan *plan;
            desc.padding = rows[r].padding;
            assert_int_equal(pp_plan_create(&plan, &desc, NULL, NULL, 0), PP_OK);
            assert_int_equal(pp_plan_desc(plan)->output_size[0], rows[r].size);
            assert_int_equal(pp_plan_desc(plan)->pad_begin[0], 0);
            assert_int_equal(pp_plan_desc(plan)->pad_end[0], rows[r].end);
            pp_plan_destroy(plan);
        }
    }
}

static void given_size_goes_with_same_and_valid(void **state)
{
    (void)state;
    expect_pads("max1d i5 k3 s2 same out=3", 3, 1, 1);
    expect_pads("max1d i5 k3 s2 same out=4", 4, 2, 2); /* (4 - 1) * 2 + 3 - 5 */
    expect_pads("max1d i5 k3 s2 valid out=1", 1, 0, 0);
}

/* ------------------------------------------------------------------------------------------------ adaptive, global */

static void adaptive_and_global_sizes(void **state)
{
    (void)state;
    check_size("adaptive_avg2d i10x3 o3x5", NUMBERS(3, 5));
    check_size("adaptive_avg2d i10x3 o-x5", NUMBERS(10, 5));
    check_size("adaptive_max3d i4x5x6 o2", NUMBERS(2, 2, 2));
    check_size("adaptive_max1d i4", NUMBERS(4));
    check_size("adaptive_max1d i4 o0", NUMBERS(0));
    check_size("global_max2d i7x9", NUMBERS(1, 1));
    check_size("global_avg3d i7x9x2", NUMBERS(1, 1, 1));
    check_refused("adaptive_max1d i4 o-3", PP_INVALID, "output_size[0] = -3");
}

/* ------------------------------------------------------------------------------------------------ large numbers */

static void sizes_are_exact(void **state)
{
    (void)state;
    /* (I - 2) / 2 needs one digit more than a float, a double has */
    check_size("max1d u8 i16777219 k2 s2 floor", NUMBERS(8388609));
    check_size("max1d u8 i16777219 k2 s2 ceil=torch", NUMBERS(8388610));
    check_size("max1d u8 i16777219 k2 s2 ceil=caffe", NUMBERS(8388610));
    check_size("max1d u8 i16777219 k2 s2 same", NUMBERS(8388610));
    check_size("max2d u8 i9007199254740995x1 k2x1 s2 floor", NUMBERS(4503599627370497, 1));
    check_size("max2d u8 i9007199254740995x1 k2x1 s2 ceil=plain", NUMBERS(4503599627370498, 1));
    check_size("max2d u8 i9007199254740995x1 k2x1 s2 valid", NUMBERS(4503599627370497, 1));
    check_size("max2d u8 i9007199254740995x1 k2x1 s2 same", NUMBERS(4503599627370498, 1));
}

static void sizes_near_the_limit(void **state)
{
    (void)state;
    check_size("max1d i5 k9223372036854775807 s1 same", NUMBERS(5));
    check_size("max1d i5 k9223372036854775807 s1 valid", NUMBERS(0));
    check_size("max1d i5 k9223372036854775807 s9223372036854775807 out=1", NUMBERS(1));
    check_size("max1d i5 k1 s9223372036854775807", NUMBERS(1));
    check_size("max1d i1 k1 s1 p4611686018427387902 out=3", NUMBERS(3));
    check_refused("max1d i5 k9223372036854775807 d2 out=1", PP_OVERFLOW, "kernel[0]");
    check_refused("max1d i5 k3 d9223372036854775807 out=1", PP_OVERFLOW, "dilation[0]");
    check_refused("max1d i5 k3 s1 p9223372036854775807", PP_OVERFLOW, "pad_begin[0]");
    check_refused("max1d i5 k3 s1 p-4611686018427387904", PP_INVALID, "output_size[0]");
    check_refused("max1d i5 k3 s1 p-9223372036854775807", PP_OVERFLOW, "pad_begin[0]");
    check_refused("max1d i5 k3 s4611686018427387904 out=4", PP_OVERFLOW, "stride[0]");
}

static void numbers_without_meaning(void **state)
{
    (void)state;
    check_refused("max1d i5 k0", PP_INVALID, "kernel[0] = 0");
    check_refused("max1d i5 k-2", PP_INVALID, "kernel[0] = -2");
    check_refused("max1d i5", PP_INVALID, "kernel[0] is not set");
    check_refused("max1d i5 k2 s0", PP_INVALID, "stride[0] = 0");
    check_refused("max2d i5x5 k2 s1 d1x0", PP_INVALID, "dilation[1] = 0");
    check_refused("max1d i-1 k2", PP_INVALID, "input_size[0] = -1");
    check_refused("max1d k2", PP_INVALID, "input_size[0] is not set");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floor_rule),
        cmocka_unit_test(ceil_plain_rule),
        cmocka_unit_test(ceil_torch_rule),
        cmocka_unit_test(ceil_caffe_rule),
        cmocka_unit_test(ceil_rules_differ),
        cmocka_unit_test(caffe_looks_at_the_pads_of_all_axes),
        cmocka_unit_test(known_shapes),
        cmocka_unit_test(no_output_is_legal_less_is_not),
        cmocka_unit_test(size_given),
        cmocka_unit_test(valid_size),
        cmocka_unit_test(same_size_and_pads),
        cmocka_unit_test(same_and_valid_ignore_pads_and_rule),
        cmocka_unit_test(given_size_goes_with_same_and_valid),
        cmocka_unit_test(adaptive_and_global_sizes),
        cmocka_unit_test(sizes_are_exact),
        cmocka_unit_test(sizes_near_the_limit),
        cmocka_unit_test(numbers_without_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

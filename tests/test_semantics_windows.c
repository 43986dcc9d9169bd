/* docs/semantics.md §2: windows, divisors, ranges of what is read. */
#include "semantics.h"

/* One axis of a sliding case; the size is the one that planning gives. */
typedef struct axis {
    int64_t input, kernel, stride, dilation, begin, end;
} axis;

static int64_t position(const axis *a, int64_t o, int64_t t) { return o * a->stride - a->begin + t * a->dilation; }

/* The input with its crops: positions that exist. */
static bool exists(const axis *a, int64_t at)
{
    int64_t first = a->begin < 0 ? -a->begin : 0, end = a->end < 0 ? a->input + a->end : a->input;
    return at >= first && at < end;
}

/* The padded input. */
static bool is_padded(const axis *a, int64_t at) { return at >= -a->begin && at < a->input + a->end; }

static void axis_text(char text[192], const axis *a, const char *words)
{
    snprintf(text, 192, "avg1d i%lld k%lld s%lld d%lld p%lld:%lld %s", (long long)a->input, (long long)a->kernel, (long long)a->stride,
             (long long)a->dilation, (long long)a->begin, (long long)a->end, words);
}

static void each_plan(const char *words, void (*visit)(const pp_plan *plan, const axis *a, const char *text))
{
    axis a;
    char text[192], error[256];
    for (a.input = 0; a.input < 8; a.input++)
        for (a.kernel = 1; a.kernel < 5; a.kernel++)
            for (a.stride = 1; a.stride < 4; a.stride++)
                for (a.dilation = 1; a.dilation < 4; a.dilation++)
                    for (a.begin = -2; a.begin < 4; a.begin++)
                        for (a.end = -2; a.end < 5; a.end++) {
                            axis_text(text, &a, words);
                            pp_desc desc = desc_of(text);
                            pp_plan *plan;
                            pp_status status = pp_plan_create(&plan, &desc, NULL, error, sizeof error);
                            if (status == PP_INVALID && strstr(error, "output_size")) continue;
                            if (status != PP_OK) fail_msg("%s: %s", text, error);
                            visit(plan, &a, text);
                            pp_plan_destroy(plan);
                        }
}

static int64_t outputs_of(const pp_plan *plan) { return pp_plan_desc(plan)->output_size[0]; }

static void expect_window(const pp_plan *plan, const axis *a, const char *text)
{
    for (int64_t o = 0; o < outputs_of(plan); o++) {
        int64_t begin = 0, end = 0, clamped = 0;
        for (int64_t t = 0; t < a->kernel; t++) {
            int64_t at = position(a, o, t);
            clamped += is_padded(a, at);
            if (!exists(a, at)) continue;
            if (begin == end) begin = t;
            end = t + 1;
        }
        pp_divisor divisor = pp_plan_desc(plan)->divisor;
        int64_t extent = divisor == PP_DIVISOR_FULL ? a->kernel : divisor == PP_DIVISOR_CLAMPED ? clamped : end - begin;
        pp_window w;
        assert_int_equal(pp_plan_window(plan, 0, o, &w), PP_OK);
        bool same = w.first == position(a, o, 0) && w.length == a->kernel && w.end - w.begin == end - begin &&
                    (begin == end || w.begin == begin) && w.extent == extent;
        if (!same)
            fail_msg("%s, output %lld: taps %lld to %lld, extent %lld; should be %lld to %lld, %lld", text, (long long)o,
                     (long long)w.begin, (long long)w.end, (long long)w.extent, (long long)begin, (long long)end, (long long)extent);
    }
    pp_window w;
    assert_int_equal(pp_plan_window(plan, 0, outputs_of(plan), &w), PP_INVALID);
    assert_int_equal(pp_plan_window(plan, 0, -1, &w), PP_INVALID);
}

static void sliding_windows(void **state)
{
    (void)state;
    each_plan("floor", expect_window);
    each_plan("ceil=plain", expect_window);
    each_plan("ceil=torch", expect_window);
    each_plan("out=6", expect_window);
}

static void divisor_clamped(void **state)
{
    (void)state;
    each_plan("div=clamped", expect_window);
    each_plan("div=clamped ceil=plain", expect_window);
}

static void divisor_full(void **state)
{
    (void)state;
    each_plan("div=full ceil=plain", expect_window);
}

static void cropped_input_does_not_exist(void **state)
{
    (void)state;
    values x = VALUES(1, 2, 4, 8, 16);
    check_forward("sum1d i5 k2 s1 p-1", x, VALUES(6, 12));
    check_forward("sum1d i5 k2 s1 p0:-2 out=4", x, VALUES(3, 6, 4, 0));
    check_forward("sum1d i5 k2 s2 p-1:-1 ceil=plain", x, VALUES(6, 8));
    check_winners("max1d i5 k2 s1 p0:-2 out=4", x, VALUES(2, 4, 4, -INFINITY), NUMBERS(1, 2, 2, -1));
    check_forward("sum1d i5 k2 s1 p0:-7 out=2", x, VALUES(0, 0));
    check_backward("avg1d i5 k2 s1 p-1", x, VALUES(2, 4), VALUES(0, 1, 3, 2, 0));
    check_backward("sum1d i5 k2 s1 p0:-2 out=4", x, VALUES(1, 2, 4, 8), VALUES(1, 3, 6, 0, 0));
}

static void kernels_of_any_size(void **state)
{
    (void)state;
    int64_t big = INT64_MAX;
    check_window("sum1d i5 k9223372036854775807 s1 out=1", 0, (pp_window){0, big, 0, 5, 5});
    check_window("avg1d i5 k9223372036854775807 s1 out=1 div=full", 0, (pp_window){0, big, 0, 5, big});
    check_window("avg1d i5 k9223372036854775807 s1 same", 0, (pp_window){-(big / 2), big, big / 2, big / 2 + 5, 5});
    check_window("avg1d i5 k2 d9223372036854775806 s1 p1:0 out=2", 1, (pp_window){0, 2, 0, 1, 1});
    check_forward("sum1d i5 k9223372036854775807 s1 out=1", VALUES(1, 2, 3, 4, 5), VALUES(15));
    check_winners("max1d i5 k9223372036854775807 s1 same", VALUES(1, 2, 9, 4, 5), VALUES(9, 9, 9, 9, 9), NUMBERS(2, 2, 2, 2, 2));
    check_forward("avg1d i2 k9223372036854775807 s1 out=1 div=full", VALUES(0x1p60, 0x1p60), VALUES(0.25));
}

/* ------------------------------------------------------------------------------------------------ adaptive, global */

__extension__ typedef __int128 wide;

static void expect_adaptive(int64_t input, int64_t output)
{
    char text[96];
    snprintf(text, sizeof text, "adaptive_avg2d u8 i%lldx1 o%lldx1", (long long)input, (long long)output);
    pp_plan *plan = plan_of(text);
    for (int64_t o = 0; o < output; o++) {
        int64_t first = (int64_t)((wide)o * input / output), end = (int64_t)(((wide)(o + 1) * input + output - 1) / output);
        pp_window w;
        assert_int_equal(pp_plan_window(plan, 0, o, &w), PP_OK);
        bool same = w.first == first && w.length == end - first && w.begin == 0 && w.end == w.length && w.extent == w.length;
        if (!same)
            fail_msg("%s, output %lld: %lld, %lld taps, not %lld, %lld", text, (long long)o, (long long)w.first, (long long)w.length,
                     (long long)first, (long long)(end - first));
    }
    pp_plan_destroy(plan);
}

static void adaptive_windows(void **state)
{
    (void)state;
    for (int64_t input = 1; input < 20; input++)
        for (int64_t output = 1; output < 40; output++) expect_adaptive(input, output);
    expect_adaptive(16777219, 5);         /* more digits than a float */
    expect_adaptive(9007199254740995, 7); /* than a double */
    rng r = {1};
    for (int64_t output = 2; output < 60; output++) { /* o * I: than 64 bits */
        expect_adaptive(INT64_MAX - random_below(&r, 1000), output);
        expect_adaptive(INT64_MAX / 2 + random_below(&r, 1000) * 3, output);
    }
    check_window("adaptive_avg1d i10 o3 div=full", 1, (pp_window){3, 4, 0, 4, 4});
    check_window("adaptive_avg1d i10 o3 div=clamped", 2, (pp_window){6, 4, 0, 4, 4});
    check_window("adaptive_avg1d i10 o5 div=full", 2, (pp_window){4, 2, 0, 2, 2});
    check_forward("adaptive_avg1d i10 o3", VALUES(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), VALUES(1.5, 4.5, 7.5));
    check_forward("adaptive_avg1d i3 o5", VALUES(0, 1, 2), VALUES(0, 0.5, 1, 1.5, 2));
    check_winners("adaptive_max1d i7 o3", VALUES(0, 1, 2, 3, 4, 5, 6), VALUES(2, 4, 6), NUMBERS(2, 4, 6));
    check_forward("adaptive_avg1d i3", VALUES(5, 1, 2), VALUES(5, 1, 2));
}

static void global_window(void **state)
{
    (void)state;
    check_window("global_avg1d i7", 0, (pp_window){0, 7, 0, 7, 7});
    check_window("global_avg1d i7 div=full", 0, (pp_window){0, 7, 0, 7, 7});
    check_window("global_avg1d i7 div=clamped", 0, (pp_window){0, 7, 0, 7, 7});
    check_forward("global_avg2d i2x3", VALUES(1, 2, 3, 4, 5, 6), VALUES(3.5));
    check_winners("global_max3d i2x1x3", VALUES(1, 2, 9, 4, 5, 6), VALUES(9), NUMBERS(2));
    check_forward("global_max2d i0x3 empty=zero", (values){0, NULL}, VALUES(0));
}

/* ------------------------------------------------------------------------------------------------ empty windows */

static void empty_windows(void **state)
{
    (void)state;
    pp_window w = window_of("max1d i4 k2 s2 p4", 0);
    assert_true(w.begin == w.end && w.first == -4);
    w = window_of("max1d i4 k2 d5 s1 p1 out=1", 0); /* taps -1 and 4: on either side of the input */
    assert_true(w.begin == w.end && w.extent == 0);
    w = window_of("max1d i5 k1 s3 ceil=plain", 2); /* begins at 6 */
    assert_true(w.begin == w.end);
}

/* ------------------------------------------------------------------------------------------------ ranges */

typedef struct range {
    int64_t begin, end;
} range;

static void grow(range *r, int64_t at)
{
    if (r->begin == r->end) *r = (range){at, at + 1};
    if (at < r->begin) r->begin = at;
    if (at >= r->end) r->end = at + 1;
}

static void expect_range(const char *text, const char *what, range asked, range whole, int64_t limit, range got)
{
    range want = {whole.begin > 0 ? whole.begin : 0, whole.end < limit ? whole.end : limit};
    bool none = want.begin >= want.end;
    if (none ? got.begin == got.end : got.begin == want.begin && got.end == want.end) return;
    fail_msg("%s: %s of %lld to %lld: %lld to %lld, not %lld to %lld", text, what, (long long)asked.begin, (long long)asked.end,
             (long long)got.begin, (long long)got.end, (long long)want.begin, (long long)want.end);
}

/* From the first tap of any window to the last one, as far as the input goes. */
static void expect_input_ranges(const pp_plan *plan, const axis *a, const char *text)
{
    int64_t outputs = outputs_of(plan), limit = a->input + (a->end < 0 ? a->end : 0);
    for (int64_t from = 0; from <= outputs; from++)
        for (int64_t to = from; to <= outputs; to++) {
            range taps = {0, 0}, got;
            for (int64_t o = from; o < to; o++)
                for (int64_t t = 0; t < a->kernel; t++) grow(&taps, position(a, o, t));
            assert_int_equal(pp_plan_input_range(plan, 0, from, to, &got.begin, &got.end), PP_OK);
            expect_range(text, "inputs", (range){from, to}, taps, limit, got);
        }
}

/* From the first window that nominally - were there windows before the first and behind the last - covers any of the inputs to
 * the last one, as far as there are windows. */
static void expect_output_ranges(const pp_plan *plan, const axis *a, const char *text)
{
    for (int64_t from = 0; from <= a->input; from++)
        for (int64_t to = from; to <= a->input; to++) {
            range covers = {0, 0}, got;
            for (int64_t o = -40; o < 40; o++)
                for (int64_t t = 0; t < a->kernel; t++) {
                    int64_t at = position(a, o, t);
                    bool cropped = a->end < 0 && at >= a->input + a->end;
                    if (at >= from && at < to && !cropped) grow(&covers, o);
                }
            assert_int_equal(pp_plan_output_range(plan, 0, from, to, &got.begin, &got.end), PP_OK);
            expect_range(text, "outputs", (range){from, to}, covers, outputs_of(plan), got);
        }
}

static void ranges_of_sliding_windows(void **state)
{
    (void)state;
    each_plan("floor", expect_input_ranges);
    each_plan("ceil=plain", expect_input_ranges);
    each_plan("floor", expect_output_ranges);
    each_plan("ceil=plain", expect_output_ranges);
}

static void ranges_of_adaptive_windows(void **state)
{
    (void)state;
    pp_plan *plan = plan_of("adaptive_avg1d i10 o3");
    int64_t begin, end;
    assert_int_equal(pp_plan_input_range(plan, 0, 1, 3, &begin, &end), PP_OK);
    assert_true(begin == 3 && end == 10);
    assert_int_equal(pp_plan_output_range(plan, 0, 3, 4, &begin, &end), PP_OK); /* [0, 4) and [3, 7) */
    assert_true(begin == 0 && end == 2);
    assert_int_equal(pp_plan_output_range(plan, 0, 4, 6, &begin, &end), PP_OK);
    assert_true(begin == 1 && end == 2);
    assert_int_equal(pp_plan_output_range(plan, 0, 4, 4, &begin, &end), PP_OK);
    assert_true(begin == end);
    pp_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sliding_windows),
        cmocka_unit_test(divisor_clamped),
        cmocka_unit_test(divisor_full),
        cmocka_unit_test(cropped_input_does_not_exist),
        cmocka_unit_test(kernels_of_any_size),
        cmocka_unit_test(adaptive_windows),
        cmocka_unit_test(global_window),
        cmocka_unit_test(empty_windows),
        cmocka_unit_test(ranges_of_sliding_windows),
        cmocka_unit_test(ranges_of_adaptive_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* docs/semantics.md §3.2: average and sum; the order of addition is in test_semantics_tree.c. */
#include "semantics.h"

#define INF ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)

/* ------------------------------------------------------------------------------------------------ known answers */

static void known_averages(void **state)
{
    (void)state;
    check_forward("avg2d i4x4 k2 s2", VALUES(1, 3, 2, 4, 5, 6, 1, 2, 3, 2, 8, 7, 1, 4, 6, 9), VALUES(3.75, 2.25, 2.5, 7.5));
    check_forward("avg2d i4x4 k2 s2", VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), VALUES(3.5, 5.5, 11.5, 13.5));
    check_forward("avg1d f64 i3 k3", VALUES(1, 2, 5), VALUES(8.0 / 3));
    check_forward("avg3d i2x2x2 k2", VALUES(1, 2, 3, 4, 5, 6, 7, 8), VALUES(4.5));
    check_forward("avg1d i6 k2 s1 d3", VALUES(1, 2, 4, 8, 16, 32), VALUES(4.5, 9, 18));
}

static void known_sums(void **state)
{
    (void)state;
    check_forward("sum2d i2x2 k2 s1 p1", VALUES(1, 2, 3, 4), VALUES(1, 3, 2, 4, 10, 6, 3, 7, 4));
    check_forward("sum1d i5 k3 s2", VALUES(1, 2, 4, 8, 16), VALUES(7, 28));
    /* a sum has no divisor, whatever the description says */
    check_forward("sum1d i3 k2 s1 p1 div=full", VALUES(1, 2, 4), VALUES(1, 3, 6, 4));
    check_forward("sum1d i3 k2 s1 div=7", VALUES(1, 2, 4), VALUES(3, 6));
    check_forward("global_sum2d i2x2", VALUES(1, 2, 3, 4), VALUES(10));
    check_forward("adaptive_sum1d i4 o3", VALUES(1, 2, 4, 8), VALUES(3, 6, 12));
}

/* ------------------------------------------------------------------------------------------------ divisors */

static void divisors_at_borders(void **state)
{
    (void)state;
    values ones = VALUES(1, 1, 1, 1, 1, 1), four = VALUES(1, 2, 3, 4);
    check_forward("avg2d i2x2 k2 s1 p1 div=clamped", four, VALUES(.25, .75, .5, 1, 2.5, 1.5, .75, 1.75, 1));
    check_forward("avg2d i2x2 k2 s1 p1 div=valid", four, VALUES(1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4));
    check_forward("avg1d i6 k3 s2 p1 ceil=torch div=clamped", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 2));
    check_forward("avg1d i6 k3 s2 p1 ceil=torch div=full", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 3));
    check_forward("avg1d i6 k3 s2 p1 ceil=torch div=valid", ones, VALUES(1, 1, 1, 1));
    check_forward("avg1d i5 k3 s2 p1 ceil=torch div=clamped", VALUES(1, 1, 1, 1, 1), VALUES(2.0 / 3, 1, 2.0 / 3));
    check_forward("avg1d i5 k3 s2 p1 ceil=torch div=valid", VALUES(1, 1, 1, 1, 1), VALUES(1, 1, 1));
    check_forward("avg1d i4 k3 s3 ceil=torch div=clamped", four, VALUES(2, 4));
    check_forward("avg1d i4 k3 s3 ceil=torch div=full", four, VALUES(2, 4.0 / 3));
    check_forward("avg2d i3x3 k3 s2 p1 div=clamped", VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1), VALUES(4.0 / 9, 4.0 / 9, 4.0 / 9, 4.0 / 9));
    check_forward("avg2d i3x3 k3 s2 p1 div=valid", VALUES(1, 1, 1, 1, 1, 1, 1, 1, 1), VALUES(1, 1, 1, 1));
    check_forward("avg1d i4 k3 s1 d2 p2 div=clamped", four, VALUES(4.0 / 3, 6.0 / 3, 4.0 / 3, 6.0 / 3));
}

static void divisor_override(void **state)
{
    (void)state;
    values four = VALUES(1, 2, 3, 4);
    check_forward("avg2d i2x2 k2 div=5", four, VALUES(2));
    check_forward("avg2d i2x2 k2 div=-4", four, VALUES(-2.5));
    check_forward("avg2d i2x2 k2 s1 p1 div=2", four, VALUES(.5, 1.5, 1, 2, 5, 3, 1.5, 3.5, 2));
    check_forward("avg1d f64 i2 k2 div=0.1", VALUES(1, 2), VALUES(3 / 0.1));
    check_forward("global_avg1d i4 div=5", four, VALUES(2));
    check_forward("adaptive_avg1d i4 o2 div=1", four, VALUES(3, 7));
    check_refused("avg1d i5 k2 div=0", PP_INVALID, "divisor_override = 0");
    check_refused("avg1d i5 k2 div=inf", PP_INVALID, "divisor_override = inf");
    check_refused("avg1d i5 k2 div=nan", PP_INVALID, "divisor_override = ");
    /* the nearest float is 1: it is that which divides */
    assert_true(round_f32(15 / 1.00000005) != 15);
    check_forward("avg1d i1 k1 div=1.00000005", VALUES(15), VALUES(15));
    check_forward("avg1d f64 i1 k1 div=1.00000005", VALUES(15), VALUES(15 / 1.00000005));
}

static void divisor_is_one_exact_integer(void **state)
{
    (void)state;
    /* 4097 * 4097 * 3 = 50356227: float(4097 * 4097) * 3 would be 50356224, the product rounded once is 50356228 */
    check_forward("avg3d i1x1x1 k4097x4097x3 s1 out=1 div=full", VALUES(50356228), VALUES(1));
    check_forward("avg3d f64 i1x1x1 k4097x4097x3 s1 out=1 div=full", VALUES(50356227), VALUES(1));
    check_refused("avg2d i1x1 k4294967296 s1 out=1 div=full", PP_OVERFLOW, "divisor");
    check_accepted("avg2d i1x1 k4294967296 s1 out=1 div=valid");
    int differ = 0;
    for (int x = 1; x < 64; x++) { /* one division by 15, not one by 3 and one by 5 */
        double once = round_f32(x / 15.0), twice = round_f32(round_f32(x / 3.0) / 5);
        values input = VALUES(x, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        differ += once != twice;
        check_forward("avg2d i3x5 k3x5", input, VALUES(once));
        check_forward("adaptive_avg2d i3x5 o1", input, VALUES(once));
        check_forward("global_avg2d i3x5", input, VALUES(once));
    }
    assert_true(differ > 0);
}

static void sum_before_division(void **state)
{
    (void)state;
    int differ = 0;
    for (int x = 1; x < 64; x++) {
        double whole = round_f32((x + 1) / 3.0), parts = round_f32(round_f32(x / 3.0) + round_f32(1 / 3.0));
        differ += whole != parts;
        check_forward("avg1d i3 k3", VALUES(x, 1, 0), VALUES(whole));
    }
    assert_true(differ > 0);
}

/* ------------------------------------------------------------------------------------------------ zeros, NaN, infinities */

static void zero_is_positive(void **state)
{
    (void)state;
    static const char *const types[] = {"f32", "f64", "bf16"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char text[64];
        snprintf(text, sizeof text, "avg1d %s i3 k2 s1", types[i]);
        check_forward(text, VALUES(-0.0, -0.0, 0.0), VALUES(0.0, 0.0));
        snprintf(text, sizeof text, "sum1d %s i3 k2 s1 p1", types[i]);
        check_forward(text, VALUES(-0.0, -0.0, -0.0), VALUES(0.0, 0.0, 0.0, 0.0));
        snprintf(text, sizeof text, "sum1d %s i1 k1", types[i]);
        check_forward(text, VALUES(-0.0), VALUES(0.0));
        snprintf(text, sizeof text, "avg1d %s i3 k2 s1 div=-2", types[i]);
        check_forward(text, VALUES(1, -1, 1), VALUES(0.0, 0.0));
    }
    check_forward("avg1d i4 k4", VALUES(-0x1p-149, 0, 0, 0), VALUES(0.0)); /* below the smallest float */
}

static void nan_and_infinity_propagate(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_forward("avg1d i5 k2 s1", VALUES(1, nan, 2, 3, 4), VALUES(nan, nan, 2.5, 3.5));
    check_forward("avg1d i5 k2 s1 nan=ignore", VALUES(1, nan, 2, 3, 4), VALUES(nan, nan, 2.5, 3.5));
    check_forward("sum1d f64 i4 k2 s1", VALUES(INF, 1, -INF, -INF), VALUES(INF, -INF, -INF));
    check_forward("avg1d i2 k2", VALUES(INF, -INF), VALUES(nan));
    check_forward("avg1d bf16 i3 k2 s1", VALUES(INF, 1, nan), VALUES(INF, nan));
    check_forward("avg1d i2 k2", VALUES(0x1.fffffep127, 0x1.fffffep127), VALUES(INF)); /* the sum overflows */
    check_forward("avg1d i2 k2", VALUES(-0x1.fffffep127, -0x1.fffffep127), VALUES(-INF));
    check_forward("avg1d f64 i2 k2", VALUES(0x1.fffffep127, 0x1.fffffep127), VALUES(0x1.fffffep127));
}

static void nan_stays_in_its_windows(void **state)
{
    (void)state;
    enum { INPUT = 64 };
    static const int64_t kernels[] = {2, 3, 7, 8, 13, 31};
    double input[INPUT], output[INPUT];
    for (size_t i = 0; i < COUNT(kernels); i++) {
        int64_t k = kernels[i], outputs = INPUT - k + 1;
        char text[64];
        for (int at = 0; at < INPUT; at++) input[at] = at == 20 ? NOT_A_NUMBER : at == 50 ? INF : 1;
        for (int64_t o = 0; o < outputs; o++) output[o] = o <= 20 && o + k > 20 ? NOT_A_NUMBER : o <= 50 && o + k > 50 ? INF : 1;
        snprintf(text, sizeof text, "avg1d i%d k%lld s1", INPUT, (long long)k);
        check_forward(text, (values){INPUT, input}, (values){(size_t)outputs, output});
    }
}

/* ------------------------------------------------------------------------------------------------ empty windows */

static void empty_averages(void **state)
{
    (void)state;
    static const char *const words[] = {"identity", "zero", "nan"};
    static const char *const types[] = {"f32", "f64", "bf16"};
    for (size_t i = 0; i < 9; i++) { /* windows (-3, -2), (-1, 0), (1, 2), (3, 4) */
        double empty = i % 3 == 2 ? NOT_A_NUMBER : 0;
        char text[96];
        snprintf(text, sizeof text, "avg1d %s i2 k2 s2 p3 empty=%s", types[i / 3], words[i % 3]);
        check_forward(text, VALUES(1, 2), VALUES(empty, 1, 2, empty));
        snprintf(text, sizeof text, "avg1d %s i2 k2 s2 p3 empty=%s div=full", types[i / 3], words[i % 3]);
        check_forward(text, VALUES(1, 2), VALUES(empty, 0.5, 1, empty));
        snprintf(text, sizeof text, "avg1d %s i2 k2 s2 p3 empty=%s div=4", types[i / 3], words[i % 3]);
        check_forward(text, VALUES(1, 2), VALUES(empty, 0.25, 0.5, empty));
        snprintf(text, sizeof text, "sum1d %s i2 k2 s2 p3 empty=%s", types[i / 3], words[i % 3]);
        check_forward(text, VALUES(1, 2), VALUES(empty, 1, 2, empty));
    }
    check_forward("avg1d u8 i2 k2 s2 p3", VALUES(1, 2), VALUES(0, 1, 2, 0));
    check_forward("avg2d i1x2 k1x2 s2 p0x3 empty=nan", VALUES(1, 2), VALUES(NOT_A_NUMBER, 1, 2, NOT_A_NUMBER));
    check_forward("global_avg2d i0x3", (values){0, NULL}, VALUES(0));
    check_refused("avg1d i2 k2 empty=lowest", PP_INVALID, "empty = lowest");
    check_refused("sum1d i2 k2 empty=lowest", PP_INVALID, "empty = lowest");
    check_refused("avg1d u8 i2 k2 empty=nan", PP_INVALID, "empty = nan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_averages),
        cmocka_unit_test(known_sums),
        cmocka_unit_test(divisors_at_borders),
        cmocka_unit_test(divisor_override),
        cmocka_unit_test(divisor_is_one_exact_integer),
        cmocka_unit_test(sum_before_division),
        cmocka_unit_test(zero_is_positive),
        cmocka_unit_test(nan_and_infinity_propagate),
        cmocka_unit_test(nan_stays_in_its_windows),
        cmocka_unit_test(empty_averages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

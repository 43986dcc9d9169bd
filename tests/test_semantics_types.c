/* docs/semantics.md §3.2: how the averages and sums of bytes and 16-bit floats become such elements. */
#include "half.h"
#include "semantics.h"

/* ------------------------------------------------------------------------------------------------ bytes */

static void u8_rounding(void **state)
{
    (void)state;
    static const struct {
        int a, b, half_even, half_away, truncate;
    } rows[] = {{1, 2, 2, 2, 1},           {0, 1, 0, 1, 0},           {2, 3, 2, 3, 2}, {3, 4, 4, 4, 3},
                {254, 255, 254, 255, 254}, {255, 255, 255, 255, 255}, {7, 9, 8, 8, 8}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        values pair = VALUES(rows[i].a, rows[i].b);
        check_forward("avg1d u8 i2 k2 round=half_even", pair, VALUES(rows[i].half_even));
        check_forward("avg1d u8 i2 k2 round=half_away", pair, VALUES(rows[i].half_away));
        check_forward("avg1d u8 i2 k2 round=truncate", pair, VALUES(rows[i].truncate));
    }
    check_forward("avg1d u8 i3 k3 round=half_even", VALUES(1, 1, 0), VALUES(1));
    check_forward("avg1d u8 i3 k3 round=truncate", VALUES(1, 1, 0), VALUES(0));
    check_forward("avg1d u8 i1 k3 s1 p1 div=clamped", VALUES(5), VALUES(2));
}

static void int8_rounding(void **state)
{
    (void)state;
    static const struct {
        int a, b, half_even, half_away, truncate;
    } rows[] = {
        {-1, -2, -2, -2, -1},           {0, -1, 0, -1, 0},         {-2, -3, -2, -3, -2},           {-3, -4, -4, -4, -3}, {1, 2, 2, 2, 1},
        {-127, -128, -128, -128, -127}, {126, 127, 126, 127, 126}, {-128, -128, -128, -128, -128}, {-128, 127, 0, -1, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        values pair = VALUES(rows[i].a, rows[i].b);
        check_forward("avg1d int8 i2 k2 round=half_even", pair, VALUES(rows[i].half_even));
        check_forward("avg1d int8 i2 k2 round=half_away", pair, VALUES(rows[i].half_away));
        check_forward("avg1d int8 i2 k2 round=truncate", pair, VALUES(rows[i].truncate));
    }
    check_forward("avg1d int8 i3 k3 round=half_even", VALUES(-1, -1, 0), VALUES(-1));
    check_forward("avg1d int8 i3 k3 round=truncate", VALUES(-1, -1, 0), VALUES(0));
    check_forward("avg1d int8 i1 k3 s1 p1 div=clamped", VALUES(-5), VALUES(-2));
}

/* |sum| / count rounded down, and one more where the rest is above half, or is half and the rule says up. */
static int rounded(int sum, int count, pp_rounding rounding)
{
    if (sum < 0) return -rounded(-sum, count, rounding);
    int whole = sum / count, twice = sum % count * 2;
    bool up = twice > count || (twice == count && (rounding == PP_ROUND_HALF_AWAY || whole % 2));
    return whole + (rounding != PP_ROUND_TRUNCATE && up);
}

static void check_averages(const char *type, int lowest)
{
    enum { OUTPUTS = 64 };
    static const char *const words[] = {"half_even", "half_away", "truncate"};
    double input[OUTPUTS * 17], output[OUTPUTS];
    rng r = {6};
    for (int k = 1; k <= 17; k++) {
        for (int rounding = 0; rounding < 3; rounding++) {
            for (int o = 0; o < OUTPUTS; o++) {
                int sum = 0;
                for (int t = 0; t < k; t++) {
                    int x = (int)random_below(&r, o % 4 ? 256 : 3) + (o % 4 ? lowest : lowest / 128);
                    input[o * k + t] = x;
                    sum += x;
                }
                output[o] = rounded(sum, k, (pp_rounding)rounding);
            }
            char text[96];
            snprintf(text, sizeof text, "avg1d %s i%d k%d round=%s", type, OUTPUTS * k, k, words[rounding]);
            check_forward(text, (values){(size_t)(OUTPUTS * k), input}, (values){OUTPUTS, output});
        }
    }
}

static void averages_of_bytes_are_exact(void **state)
{
    (void)state;
    check_averages("u8", 0);
    check_averages("int8", -128);
}

/* Quotients as near to a tie as they come: (n + 1/2) count and its neighbours, for counts up to and beyond what f32 divides. */
static void averages_near_ties(void **state)
{
    (void)state;
    static const int counts[] = {3, 255, 256, 257, 4095, 16383, 16384, 16385};
    static const char *const words[] = {"half_even", "half_away", "truncate"};
    for (size_t c = 0; c < COUNT(counts); c++) {
        for (int n = -128; n < 127; n += 63) {
            for (int off = -1; off <= 1; off++) {
                int count = counts[c], sum = n * count + count / 2 + off; /* as many elements of n and n + 1 as give it */
                double *input = malloc((size_t)count * sizeof *input);
                assert_non_null(input);
                for (int i = 0; i < count; i++) input[i] = n + (i < sum - n * count);
                for (int rounding = 0; rounding < 3; rounding++) {
                    char text[96];
                    snprintf(text, sizeof text, "global_avg1d int8 i%d round=%s", count, words[rounding]);
                    check_forward(text, (values){(size_t)count, input}, VALUES(rounded(sum, count, (pp_rounding)rounding)));
                }
                free(input);
            }
        }
    }
}

static void bytes_saturate(void **state)
{
    (void)state;
    check_forward("sum1d u8 i4 k2", VALUES(200, 55, 200, 100), VALUES(255, 255));
    check_forward("sum1d u8 i2 k2", VALUES(100, 54), VALUES(154));
    check_forward("avg1d u8 i2 k2 div=0.5", VALUES(200, 100), VALUES(255));
    check_forward("avg1d u8 i2 k2 div=0.5", VALUES(20, 10), VALUES(60));
    check_forward("avg1d u8 i3 k3 div=2", VALUES(255, 255, 1), VALUES(255)); /* 255.5 */
    check_forward("avg1d u8 i2 k2 div=-2", VALUES(20, 10), VALUES(0));
    check_forward("avg1d u8 i2 k2 div=1e-300", VALUES(200, 100), VALUES(255));
    check_forward("sum1d int8 i6 k2", VALUES(100, 27, 100, 28, -100, -29), VALUES(127, 127, -128));
    check_forward("avg1d int8 i2 k2 div=0.5", VALUES(-20, -10), VALUES(-60));
    check_forward("avg1d int8 i2 k2 div=-2", VALUES(20, 9), VALUES(-14)); /* -14.5, to even */
    check_forward("avg1d int8 i2 k2 div=-1", VALUES(-128, -128), VALUES(127));
}

static void expect_u8(const pp_plan *plan, void *ctx)
{
    uint8_t got = 1;
    const uint8_t *plane = ctx, want = plane[0];
    pp_args args = {.struct_size = sizeof args, .input = plane + 1, .output = &got};
    char how[160];
    pp_plan_describe(plan, how, sizeof how);
    assert_int_equal(pp_forward(plan, &args), PP_OK);
    if (got != want) fail_msg("%d, not %d (%s)", got, want, how);
}

static void u8_sums_do_not_overflow(void **state)
{
    (void)state;
    size_t count = (size_t)4160 * 4096; /* 255 times as many is beyond 2^32 */
    uint8_t *plane = malloc(1 + count); /* the expected answer, then the elements */
    assert_non_null(plane);
    memset(plane, 255, 1 + count);
    pp_desc desc = desc_of("global_avg2d u8 i4160x4096");
    plane[count] = 254; /* 255 - 2^-24 */
    pp_plan *plan = plan_of("global_avg2d u8 i4160x4096");
    expect_u8(plan, plane);
    pp_plan_destroy(plan);
    plane[0] = 254;
    desc.rounding = PP_ROUND_TRUNCATE;
    each_way(&desc, expect_u8, plane);
    free(plane);
}

/* ------------------------------------------------------------------------------------------------ bf16 */

static void bf16_adds_in_f32(void **state)
{
    (void)state;
    check_forward("sum1d bf16 i3 k3", VALUES(256, 1, 1), VALUES(258)); /* bf16 alone: 256 + 1 = 256 */
    check_forward("avg1d bf16 i4 k4", VALUES(256, 1, 1, -256), VALUES(0.5));
    double tenth[17 * 17];
    for (int i = 0; i < 17 * 17; i++) tenth[i] = 0x1.9ap-4; /* 0.1; sum and count kept in bf16 give 0.125 */
    check_forward("avg2d bf16 i17x17 k17", (values){17 * 17, tenth}, VALUES(0x1.9ap-4));
}

static void bf16_rounds_once_half_to_even(void **state)
{
    (void)state;
    check_forward("avg1d bf16 i2 k2", VALUES(0x1p0, 0x1.02p0), VALUES(0x1p0));       /* 0x1.01p0 */
    check_forward("avg1d bf16 i2 k2", VALUES(0x1.02p0, 0x1.04p0), VALUES(0x1.04p0)); /* 0x1.03p0 */
    check_forward("avg1d bf16 i2 k2", VALUES(-0x1.02p0, -0x1.04p0), VALUES(-0x1.04p0));
    check_forward("sum1d bf16 i2 k2", VALUES(0x1p0, 0x1.04p-8), VALUES(0x1.02p0)); /* just above the half */
    check_forward("sum1d bf16 i2 k2", VALUES(0x1.fep127, 0x1p118), VALUES(0x1.fep127));
    check_forward("sum1d bf16 i2 k2", VALUES(0x1.fep127, 0x1p119), VALUES(INFINITY)); /* a tie: up */
    check_forward("avg1d bf16 i2 k2", VALUES(0x1p-133, 0x1.8p-132), VALUES(0x1p-132));
}

static void bf16_division_is_in_f32(void **state)
{
    (void)state;
    int differ = 0;
    for (int x = 129; x < 256; x++) { /* x + x/256 has 16 digits: f32 holds it, bf16 does not */
        double exact = round_bf16(round_f32((x + x / 256.0) / 3)), early = round_bf16(round_f32(round_bf16(x + x / 256.0) / 3));
        differ += exact != early;
        check_forward("avg1d bf16 i3 k3", VALUES(x, x / 256.0, 0), VALUES(exact));
    }
    assert_true(differ > 0);
}

static void bf16_keeps_nan_and_zero(void **state)
{
    (void)state;
    double nan = (double)NAN;
    check_forward("avg1d bf16 i3 k2 s1", VALUES(nan, 1, -1), VALUES(nan, 0.0));
    check_forward("sum1d bf16 i2 k2", VALUES(INFINITY, -INFINITY), VALUES(nan));
    /* +0 is made before the last rounding: what only then becomes zero keeps its sign */
    check_forward("avg1d bf16 i4 k4", VALUES(-0x1p-133, 0, 0, 0), VALUES(-0.0));
}

/* ------------------------------------------------------------------------------------------------ f16 */

static void f16_adds_in_f32(void **state)
{
    (void)state;
    check_forward("sum1d f16 i3 k3", VALUES(2048, 1, 1), VALUES(2050));               /* f16 alone: 2048 + 1 = 2048 */
    check_forward("avg1d f16 i4 k4", VALUES(65504, 65504, 1, -65504), VALUES(16376)); /* and 131008 would be infinite */
    double tenth[46 * 46];
    for (int i = 0; i < 46 * 46; i++) tenth[i] = 0x1.998p-4; /* 0.1; sum and count kept in f16 give 0.1194 */
    check_forward("avg2d f16 i46x46 k46", (values){46 * 46, tenth}, VALUES(0x1.998p-4));
    static double ones[64 * 64];
    for (int i = 0; i < 64 * 64; i++) ones[i] = 1;
    check_forward("global_avg2d f16 i64x64", (values){64 * 64, ones}, VALUES(1));
}

static void f16_rounds_once_half_to_even(void **state)
{
    (void)state;
    check_forward("avg1d f16 i2 k2", VALUES(0x1p0, 0x1.004p0), VALUES(0x1p0));         /* 0x1.002p0 */
    check_forward("avg1d f16 i2 k2", VALUES(0x1.004p0, 0x1.008p0), VALUES(0x1.008p0)); /* 0x1.006p0 */
    check_forward("avg1d f16 i2 k2", VALUES(-0x1.004p0, -0x1.008p0), VALUES(-0x1.008p0));
    check_forward("sum1d f16 i2 k2", VALUES(0x1p0, 0x1.004p-11), VALUES(0x1.004p0)); /* just above the half */
    check_forward("sum1d f16 i2 k2", VALUES(65504, 15.9921875), VALUES(65504));
    check_forward("sum1d f16 i2 k2", VALUES(65504, 16), VALUES(INFINITY)); /* a tie: up */
    check_forward("sum1d f16 i2 k2", VALUES(-65504, -16), VALUES(-INFINITY));
    check_forward("avg1d f16 i2 k2", VALUES(0x1p-24, 0x1p-23), VALUES(0x1p-23));     /* subnormal: 1.5 of them */
    check_forward("avg1d f16 i2 k2", VALUES(0x1p-14, 0x1.ff8p-15), VALUES(0x1p-14)); /* from the largest subnormal up */
}

static void f16_division_is_in_f32(void **state)
{
    (void)state;
    int differ = 0;
    for (int x = 1025; x < 2048; x += 9) { /* x + x/2048 has 22 digits: f32 holds it, f16 does not */
        double exact = round_half(round_f32((x + x / 2048.0) / 3)), early = round_half(round_f32(round_half(x + x / 2048.0) / 3));
        differ += exact != early;
        check_forward("avg1d f16 i3 k3", VALUES(x, x / 2048.0, 0), VALUES(exact));
    }
    assert_true(differ > 0);
}

static void f16_keeps_nan_and_zero(void **state)
{
    (void)state;
    double nan = (double)NAN;
    check_forward("avg1d f16 i3 k2 s1", VALUES(nan, 1, -1), VALUES(nan, 0.0));
    check_forward("sum1d f16 i2 k2", VALUES(INFINITY, -INFINITY), VALUES(nan));
    check_forward("avg1d f16 i4 k4", VALUES(-0x1p-24, 0, 0, 0), VALUES(-0.0)); /* as in bf16 */
}

/* Every half is a sum of one. */
static void every_f16_is_itself(void **state)
{
    (void)state;
    static double all[65536];
    for (int i = 0; i < 65536; i++) {
        all[i] = half_to_double((uint16_t)i);
        if (all[i] == 0) all[i] = 0; /* a zero sum is +0 */
    }
    check_forward("sum1d f16 i65536 k1", (values){65536, all}, (values){65536, all});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(u8_rounding),
        cmocka_unit_test(int8_rounding),
        cmocka_unit_test(averages_of_bytes_are_exact),
        cmocka_unit_test(averages_near_ties),
        cmocka_unit_test(bytes_saturate),
        cmocka_unit_test(u8_sums_do_not_overflow),
        cmocka_unit_test(bf16_adds_in_f32),
        cmocka_unit_test(bf16_rounds_once_half_to_even),
        cmocka_unit_test(bf16_division_is_in_f32),
        cmocka_unit_test(bf16_keeps_nan_and_zero),
        cmocka_unit_test(f16_adds_in_f32),
        cmocka_unit_test(f16_rounds_once_half_to_even),
        cmocka_unit_test(f16_division_is_in_f32),
        cmocka_unit_test(f16_keeps_nan_and_zero),
        cmocka_unit_test(every_f16_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

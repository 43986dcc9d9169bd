/* Averages divided by integers (vec: over, which multiplies where that gives the same bits): floats of all kinds by many divisors. */
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_OF_FLOATS = 1 << 18 };

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void check(const char *isa, int divisor, const float *input, float *output)
{
    char text[96], error[256];
    pp_desc desc;
    pp_plan *plan;
    pp_options options = {.struct_size = sizeof options, .isa = isa};
    snprintf(text, sizeof text, "avg1d ncw f32 n1c1 i%d k1 div=%d", COUNT_OF_FLOATS, divisor);
    assert_int_equal(pp_desc_parse(&desc, text, error, sizeof error), PP_OK);
    assert_int_equal(pp_plan_create(&plan, &desc, &options, error, sizeof error), PP_OK);
    pp_args args = {.struct_size = sizeof args, .input = input, .output = output};
    assert_int_equal(pp_forward(plan, &args), PP_OK);
    for (int i = 0; i < COUNT_OF_FLOATS; i++) {
        float expected = input[i] / (float)divisor + 0.0f; /* a zero average is +0 */
        if (bits_of(output[i]) == bits_of(expected) || (isnan(output[i]) && isnan(expected))) continue;
        complain("%s on %s: %a gives %a, not %a", text, isa, (double)input[i], (double)output[i], (double)expected);
    }
    pp_plan_destroy(plan);
}

static void divisors(void **state)
{
    (void)state;
    static const int list[] = {1,  2,  3,   5,   6,   7,   9,   10,  11,   12,    15,      25,      27,
                               49, 81, 121, 125, 169, 225, 343, 961, 3969, 65535, 1048573, 1048575, 1048577};
    float *input = malloc(COUNT_OF_FLOATS * sizeof *input), *output = malloc(COUNT_OF_FLOATS * sizeof *output);
    assert_non_null(input);
    assert_non_null(output);
    rng r = {41};
    for (int d = 0; d < COUNT(list); d++) {
        for (int i = 0; i < COUNT_OF_FLOATS; i++) {
            uint32_t bits = (uint32_t)rng_next(&r);
            if (i % 8 == 0) bits &= 0x81ffffff;      /* small, many subnormal */
            else if (i % 8 == 1) bits |= 0x7f000000; /* large, infinite, NaN */
            else if (i % 8 < 5) bits = bits_of((float)(int32_t)(bits >> 8) * (float)list[d]) + (uint32_t)(i % 3) - 1; /* near multiples */
            input[i] = float_of(bits);
        }
        for (int i = 0; pp_name(PP_NAME_ISA, i); i++) check(pp_name(PP_NAME_ISA, i), list[d], input, output);
    }
    free(input);
    free(output);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(divisors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

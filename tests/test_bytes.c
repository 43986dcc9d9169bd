/* Averages of bytes in registers (algorithms pick and inner) divide by a multiplication: every sum of windows of up to 15x15 taps - for
 * inner of up to 256 - by every rounding, with and without a sign. */
#include "unit.h"

#include <stdlib.h>

enum { LONGEST = 15, MOST = 256, ALWAYS = 181 };

/* sum / count, as the description says. */
static int rounded(int sum, int count, pp_rounding rounding)
{
    if (sum < 0) return -rounded(-sum, count, rounding);
    int whole = sum / count, twice = sum % count * 2;
    bool up = twice > count || (twice == count && (rounding == PP_ROUND_HALF_AWAY || whole % 2));
    return whole + (rounding != PP_ROUND_TRUNCATE && up);
}

/* Windows side by side, or of channels ("last"), the sums 0, 1, 2, ... of bytes from 0 on; less "lowest" for each. */
static void fill_sums(uint8_t *input, int height, int width, int sums, int lowest, bool last)
{
    for (int s = 0; s < sums; s++) {
        for (int t = 0; t < height * width; t++) {
            int value = s - 255 * t < 0 ? 0 : s - 255 * t > 255 ? 255 : s - 255 * t;
            int64_t at = last ? (int64_t)t * sums + s : ((int64_t)(t / width) * sums + s) * width + t % width;
            input[at] = (uint8_t)(value + lowest);
        }
    }
}

static void check(const char *isa, bool is_signed, int height, int width, const uint8_t *input, uint8_t *output, bool last)
{
    static const char *const roundings[] = {"half_even", "half_away", "truncate"};
    int taps = height * width, sums = 255 * taps + 1, lowest = is_signed ? -128 : 0;
    for (int rounding = 0; rounding < COUNT(roundings); rounding++) {
        if (is_signed && rounding == PP_ROUND_TRUNCATE) continue; /* the algorithm leaves these to others */
        char text[128], error[256];
        pp_desc desc;
        pp_plan *plan;
        pp_options options = {.struct_size = sizeof options, .isa = isa, .algorithm = last ? "inner" : "pick"};
        snprintf(text, sizeof text, "avg2d %s %s n1c%d i%dx%d k%dx%d round=%s", last ? "nhwc" : "nchw", is_signed ? "int8" : "u8",
                 last ? sums : 1, height, last ? width : width * sums, height, width, roundings[rounding]);
        assert_int_equal(pp_desc_parse(&desc, text, error, sizeof error), PP_OK);
        if (pp_plan_create(&plan, &desc, &options, error, sizeof error) != PP_OK) { /* some of more taps have no such inverse */
            if (last || taps <= ALWAYS) complain("%s on %s: %s", text, isa, error);
            continue;
        }
        pp_args args = {.struct_size = sizeof args, .input = input, .output = output};
        assert_int_equal(pp_forward(plan, &args), PP_OK);
        for (int s = 0; s < sums; s++) {
            int expected = rounded(s + lowest * taps, taps, (pp_rounding)rounding), found = is_signed ? (int8_t)output[s] : output[s];
            if (found != expected) complain("%s on %s: sum %d gives %d, not %d", text, isa, s + lowest * taps, found, expected);
        }
        pp_plan_destroy(plan);
    }
}

/* On every instruction set, with and without a sign. */
static void check_all(int height, int width, bool last, uint8_t *input, uint8_t *output)
{
    for (int is_signed = 0; is_signed < 2; is_signed++) {
        fill_sums(input, height, width, 255 * height * width + 1, is_signed ? -128 : 0, last);
        for (int i = 0; pp_name(PP_NAME_ISA, i); i++) {
            const char *isa = pp_name(PP_NAME_ISA, i);
            if (pp_isa_available(i) && strcmp(isa, "scalar") != 0) check(isa, is_signed, height, width, input, output, last);
        }
    }
}

static void every_sum(void **state)
{
    (void)state;
    bool done[LONGEST * LONGEST + 1] = {false};
    uint8_t *input = malloc((size_t)MOST * (255 * MOST + 1)), *output = malloc(255 * MOST + 1);
    assert_non_null(input);
    assert_non_null(output);
    for (int width = 1; width <= LONGEST; width++) {
        for (int height = 1; height <= LONGEST; height++) {
            if (!done[height * width]) check_all(height, width, false, input, output);
            done[height * width] = true;
        }
    }
    for (int taps = 1; taps <= MOST; taps++) check_all(1, taps, true, input, output);
    free(input);
    free(output);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sum)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

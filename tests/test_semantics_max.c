/* docs/semantics.md §3.1: maximum and minimum. */
#include "semantics.h"

#define INF ((double)INFINITY)
#define NOT_A_NUMBER ((double)NAN)

/* ------------------------------------------------------------------------------------------------ known answers */

static void known_maxima(void **state)
{
    (void)state;
    check_forward("max2d i4x4 k2 s2", VALUES(1, 3, 2, 4, 5, 6, 1, 2, 3, 2, 8, 7, 1, 4, 6, 9), VALUES(6, 4, 4, 9));
    check_forward("max2d i4x4 k2 s2", VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), VALUES(6, 8, 14, 16));
    check_forward("max2d nhwc i4x4 k2 s2", VALUES(1, 3, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), VALUES(6, 8, 14, 16));
    check_forward("min2d i4x4 k2 s2", VALUES(1, 3, 2, 4, 5, 6, 1, 2, 3, 2, 8, 7, 1, 4, 6, 9), VALUES(1, 1, 1, 6));
    check_winners("max2d i2x2 k2 s1 p1", VALUES(1, 2, 3, 4), VALUES(1, 2, 2, 3, 4, 4, 3, 4, 4), NUMBERS(0, 1, 1, 2, 3, 3, 2, 3, 3));
    check_winners("max1d i6 k2 s1 d3", VALUES(5, 1, 2, 3, 4, 2), VALUES(5, 4, 2), NUMBERS(0, 4, 2));
    check_winners("max1d f64 i3 k2 s1", VALUES(0.1, 0.2, 0.15), VALUES(0.2, 0.2), NUMBERS(1, 1));
    check_winners("max1d u8 i4 k3 s1", VALUES(0, 255, 128, 127), VALUES(255, 255), NUMBERS(1, 1));
    check_winners("min1d u8 i4 k3 s1", VALUES(0, 255, 128, 127), VALUES(0, 127), NUMBERS(0, 3));
    check_winners("max1d int8 i4 k3 s1", VALUES(0, -1, 127, -128), VALUES(127, 127), NUMBERS(2, 2));
    check_winners("min1d int8 i4 k3 s1", VALUES(0, -1, 127, -128), VALUES(-1, -128), NUMBERS(1, 3));
    check_winners("max1d f16 i3 k2 s1", VALUES(-1.5, -1.75, 0x1.004p-14), VALUES(-1.5, 0x1.004p-14), NUMBERS(0, 2));
    check_winners("max1d bf16 i3 k2 s1", VALUES(-1.5, -1.75, 0x1.02p-126), VALUES(-1.5, 0x1.02p-126), NUMBERS(0, 2));
}

static void winners_are_input_elements(void **state)
{
    (void)state;
    check_forward("max1d i4 k2 s1", VALUES(0x1p-149, -0x1p-149, -0x1.fffffep127, 0x1p-126), VALUES(0x1p-149, -0x1p-149, 0x1p-126));
    check_forward("min1d i3 k2 s1", VALUES(0x1p-149, -0x1p-149, 0x1.fffffep127), VALUES(-0x1p-149, -0x1p-149));
    check_forward("max1d f64 i2 k2", VALUES(0x1.0000000000001p0, 1), VALUES(0x1.0000000000001p0));
    check_forward("max1d f64 i2 k2", VALUES(0x1p-1074, -1), VALUES(0x1p-1074));
    check_forward("max1d bf16 i2 k2", VALUES(0x1p-133, -0x1p-133), VALUES(0x1p-133));
    check_forward("max1d f16 i2 k2", VALUES(0x1p-24, -0x1p-24), VALUES(0x1p-24));
}

/* ------------------------------------------------------------------------------------------------ order, ties, NaN */

static void order_is_row_major(void **state)
{
    (void)state;
    values square = VALUES(0, 5, 5, 0), cube = VALUES(0, 5, 0, 5, 5, 0, 5, 0);
    check_winners("max2d i2x2 k2", square, VALUES(5), NUMBERS(1));
    check_winners("max2d i2x2 k2 ties=last", square, VALUES(5), NUMBERS(2));
    check_winners("max3d i2x2x2 k2", cube, VALUES(5), NUMBERS(1));
    check_winners("max3d i2x2x2 k2 ties=last", cube, VALUES(5), NUMBERS(6));
    check_winners("max3d i2x2x2 k2", VALUES(0, 0, 0, 5, 5, 0, 0, 0), VALUES(5), NUMBERS(3));
    check_winners("min2d i2x2 k2", square, VALUES(0), NUMBERS(0));
    check_winners("min2d i2x2 k2 ties=last", square, VALUES(0), NUMBERS(3));
}

static void zeros_tie(void **state)
{
    (void)state;
    check_winners("max1d i2 k2", VALUES(-0.0, 0.0), VALUES(0), NUMBERS(0));
    check_winners("max1d i2 k2", VALUES(0.0, -0.0), VALUES(0), NUMBERS(0));
    check_winners("max1d i2 k2 ties=last", VALUES(0.0, -0.0), VALUES(0), NUMBERS(1));
    check_winners("min1d i2 k2", VALUES(0.0, -0.0), VALUES(0), NUMBERS(0));
    check_winners("min1d f64 i2 k2", VALUES(0.0, -0.0), VALUES(0), NUMBERS(0));
    check_winners("min1d bf16 i2 k2 ties=last", VALUES(-0.0, 0.0), VALUES(0), NUMBERS(1));
    check_winners("min1d f16 i2 k2", VALUES(0.0, -0.0), VALUES(0), NUMBERS(0));
}

static void nan_last(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_winners("max1d i4 k4 nan=last", VALUES(1, nan, 2, nan), VALUES(nan), NUMBERS(3));
    check_winners("max1d i4 k4 nan=last", VALUES(1, nan, INF, 2), VALUES(nan), NUMBERS(1));
    check_winners("min1d i4 k4 nan=last", VALUES(1, nan, 2, nan), VALUES(nan), NUMBERS(3));
    check_winners("max1d i3 k2 s1 nan=last", VALUES(1, nan, 2), VALUES(nan, nan), NUMBERS(1, 1));
    check_winners("max2d f64 i2x2 k2 nan=last", VALUES(1, nan, nan, 3), VALUES(nan), NUMBERS(2));
    check_winners("max1d bf16 i4 k4 nan=last", VALUES(nan, 1, nan, 2), VALUES(nan), NUMBERS(2));
    check_winners("min1d f16 i4 k4 nan=last", VALUES(nan, 1, nan, -INFINITY), VALUES(nan), NUMBERS(2));
}

static void nan_first(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_winners("max1d i4 k4 nan=first", VALUES(1, nan, 2, nan), VALUES(nan), NUMBERS(1));
    check_winners("max1d i4 k4 nan=first ties=last", VALUES(1, nan, 2, nan), VALUES(nan), NUMBERS(1));
    check_winners("min1d i4 k4 nan=first", VALUES(-INF, 2, nan, nan), VALUES(nan), NUMBERS(2));
}

static void nan_ignored(void **state)
{
    (void)state;
    double nan = NOT_A_NUMBER;
    check_winners("max1d i4 k4 nan=ignore", VALUES(1, nan, 2, nan), VALUES(2), NUMBERS(2));
    check_winners("max1d i2 k2 nan=ignore", VALUES(nan, 1), VALUES(1), NUMBERS(1));
    check_winners("max1d i2 k2 nan=ignore", VALUES(nan, -INF), VALUES(-INF), NUMBERS(1));
    check_winners("min1d i2 k2 nan=ignore", VALUES(INF, nan), VALUES(INF), NUMBERS(0));
    check_winners("max1d i2 k2 nan=ignore", VALUES(nan, nan), VALUES(-INF), NUMBERS(-1));
    check_winners("max1d i2 k2 nan=ignore empty=lowest", VALUES(nan, nan), VALUES(-0x1.fffffep127), NUMBERS(-1));
    check_winners("min1d i2 k2 nan=ignore empty=zero", VALUES(nan, nan), VALUES(0), NUMBERS(-1));
    check_winners("max1d i2 k2 nan=ignore empty=nan", VALUES(nan, nan), VALUES(nan), NUMBERS(-1));
    check_winners("max1d i2 k2 nan=ignore empty=error", VALUES(nan, nan), VALUES(-INF), NUMBERS(-1)); /* planning cannot know */
}

static void infinities_are_values(void **state)
{
    (void)state;
    check_winners("max1d i4 k3 s1", VALUES(-INF, -INF, -INF, 1), VALUES(-INF, 1), NUMBERS(0, 3));
    check_winners("max1d i3 k3 s1 p1", VALUES(-INF, -INF, -INF), VALUES(-INF, -INF, -INF), NUMBERS(0, 0, 1));
    check_winners("min1d i3 k3", VALUES(INF, INF, INF), VALUES(INF), NUMBERS(0));
}

/* ------------------------------------------------------------------------------------------------ by definition */

typedef struct element {
    double value;
    int64_t index;
} element;

/* The window's elements in row-major order. */
static size_t window_elements(const pp_plan *plan, const double *input, const int64_t out[3], element *list)
{
    const pp_desc *desc = pp_plan_desc(plan);
    pp_window w[3] = {{0, 1, 0, 1, 1}, {0, 1, 0, 1, 1}, {0, 1, 0, 1, 1}};
    int64_t size[3] = {1, 1, 1}, step[3] = {1, 1, 1};
    for (int s = 0, a = 3 - desc->rank; s < desc->rank; s++, a++) {
        assert_int_equal(pp_plan_window(plan, s, out[a], &w[a]), PP_OK);
        size[a] = desc->input_size[s];
        step[a] = desc->dilation[s];
    }
    size_t count = 0;
    for (int64_t d = w[0].begin; d < w[0].end; d++)
        for (int64_t h = w[1].begin; h < w[1].end; h++)
            for (int64_t x = w[2].begin; x < w[2].end; x++) {
                int64_t index = ((w[0].first + d * step[0]) * size[1] + w[1].first + h * step[1]) * size[2] + w[2].first + x * step[2];
                list[count++] = (element){input[index], index};
            }
    return count;
}

static element winner(const pp_desc *desc, const element *list, size_t count)
{
    element best = {desc->op == PP_OP_MAX ? -INF : INF, -1};
    double extreme = best.value;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(list[i].value) || desc->nan == PP_NAN_IGNORE) continue;
        if (best.index < 0 || desc->nan == PP_NAN_LAST) best = list[i];
    }
    if (best.index >= 0) return best;
    for (size_t i = 0; i < count; i++) {
        if (desc->op == PP_OP_MAX ? list[i].value > extreme : list[i].value < extreme) extreme = list[i].value;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].value == extreme && (best.index < 0 || desc->ties == PP_TIES_LAST)) best = list[i];
    }
    return best;
}

static void expect_winners(const char *text, rng *r)
{
    static const double pool[] = {0, -0.0, 1, 1, 2, 2, 3, -1, -2, -3, INFINITY, -INFINITY};
    static double input[1024], output[1024];
    static int64_t indices[1024];
    static element list[1024];
    pp_plan *plan = plan_of(text);
    const pp_desc *desc = pp_plan_desc(plan);
    size_t inputs = elements_of(plan, PP_INPUT), outputs = 0;
    assert_true(inputs <= COUNT(input) && elements_of(plan, PP_OUTPUT) <= COUNT(output));
    for (size_t e = 0; e < inputs; e++) input[e] = random_below(r, 6) ? pool[random_below(r, COUNT(pool))] : NOT_A_NUMBER;
    int64_t out[3], size[3] = {1, 1, 1};
    for (int s = 0; s < desc->rank; s++) size[3 - desc->rank + s] = desc->output_size[s];
    for (out[0] = 0; out[0] < size[0]; out[0]++)
        for (out[1] = 0; out[1] < size[1]; out[1]++)
            for (out[2] = 0; out[2] < size[2]; out[2]++) {
                element best = winner(desc, list, window_elements(plan, input, out, list));
                output[outputs] = best.value;
                indices[outputs++] = best.index;
            }
    check_winners(text, (values){inputs, input}, (values){outputs, output}, (numbers){outputs, indices});
    pp_plan_destroy(plan);
}

static void winners_by_definition(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "%s1d i19 k3 s1 p1",
        "%s1d i40 k9 s2 p6:1",
        "%s1d i33 k5 s3 d3 p7",
        "%s2d i7x9 k3 s2 p1",
        "%s2d f64 i9x8 k2x5 s1 d2x1 p1x4",
        "%s2d i12x13 k6x7 s1 p3",
        "%s3d i4x5x6 k3 s1 p1",
        "%s3d bf16 i5x4x6 k2x3x4 s2",
        "%s1d i40 k33 s1 p9",
        "%s2d i17x16 k8x9 s4 p4 ceil",
        "adaptive_%s2d i7x9 o3x4",
        "adaptive_%s1d i5 o13",
        "global_%s2d i9x11",
        "%s2d i9x8 k3 s1 p-1:2",
    };
    static const char *const policies[] = {"nan=last", "nan=first", "nan=ignore"};
    rng r = {11};
    for (int i = 0; i < 12 * (int)COUNT(cases); i++) {
        char head[64], text[128];
        snprintf(head, sizeof head, cases[i / 12], i % 2 ? "min" : "max");
        snprintf(text, sizeof text, "%s %s %s", head, policies[i % 3], i % 4 < 2 ? "ties=first" : "ties=last");
        expect_winners(text, &r);
    }
}

/* ------------------------------------------------------------------------------------------------ empty windows */

static void empty_values(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        double max[4], min[4]; /* identity, lowest, zero, nan */
    } rows[] = {
        {"f32", {-INFINITY, -0x1.fffffep127, 0, NAN}, {INFINITY, 0x1.fffffep127, 0, NAN}},
        {"f64", {-INFINITY, -0x1.fffffffffffffp1023, 0, NAN}, {INFINITY, 0x1.fffffffffffffp1023, 0, NAN}},
        {"bf16", {-INFINITY, -0x1.fep127, 0, NAN}, {INFINITY, 0x1.fep127, 0, NAN}},
        {"f16", {-INFINITY, -65504, 0, NAN}, {INFINITY, 65504, 0, NAN}},
        {"u8", {0, 0, 0, 0}, {255, 255, 0, 0}},
        {"int8", {-128, -128, 0, 0}, {127, 127, 0, 0}},
    };
    static const char *const words[] = {"identity", "lowest", "zero", "nan"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (int e = 0; e < 4; e++) {
            char text[96];
            if (e == 3 && (!strcmp(rows[i].type, "u8") || !strcmp(rows[i].type, "int8"))) continue;
            snprintf(text, sizeof text, "max1d %s i5 k1 s3 ceil=plain empty=%s", rows[i].type, words[e]);
            check_winners(text, VALUES(1, 2, 3, 4, 5), VALUES(1, 4, rows[i].max[e]), NUMBERS(0, 3, -1));
            snprintf(text, sizeof text, "min1d %s i5 k1 s3 ceil=plain empty=%s", rows[i].type, words[e]);
            check_winners(text, VALUES(1, 2, 3, 4, 5), VALUES(1, 4, rows[i].min[e]), NUMBERS(0, 3, -1));
        }
    }
    check_refused("max1d u8 i5 k1 s3 empty=nan", PP_INVALID, "empty = nan");
    check_refused("max1d int8 i5 k1 s3 empty=nan", PP_INVALID, "empty = nan");
}

static void window_wholly_in_padding(void **state)
{
    (void)state;
    /* the case of a framework that gave index 6 in a plane of 4 elements */
    check_winners("max2d i2x2 k2 s1 p1 d3", VALUES(1, 2, 3, 4), VALUES(-INF), NUMBERS(-1));
    check_winners("max1d i2 k2 s2 p3", VALUES(1, 2), VALUES(-INF, 1, 2, -INF), NUMBERS(-1, 0, 1, -1));
    check_winners("max2d i1x2 k1x2 s1x2 p0x3", VALUES(1, 2), VALUES(-INF, 1, 2, -INF), NUMBERS(-1, 0, 1, -1));
}

static void empty_error_refuses_to_plan(void **state)
{
    (void)state;
    check_refused("max1d i5 k1 s3 ceil=plain empty=error", PP_EMPTY_WINDOW, "output 2 on spatial axis 0");
    check_refused("avg2d i5x5 k2 s1 p0x2 empty=error", PP_EMPTY_WINDOW, "output 0 on spatial axis 1");
    check_refused("max1d i4 k2 d5 s1 p1 out=1 empty=error", PP_EMPTY_WINDOW, "output 0");
    check_refused("max1d i5 k2 d6 s1 p3 empty=error", PP_EMPTY_WINDOW, "output 2"); /* taps -1 and 5; its neighbours see one element */
    check_refused("sum1d i0 k1 p1 empty=error", PP_EMPTY_WINDOW, "output 0");
    check_accepted("max1d i5 k2 s1 p1 empty=error");
    check_accepted("max1d n0 i5 k1 s3 ceil=plain empty=error"); /* there is no output */
}

/* ------------------------------------------------------------------------------------------------ indices */

static void index_conventions(void **state)
{
    (void)state;
    /* planes 0 ... 5 of (n, c); in each another element is largest */
    values first = VALUES(9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 9, 0, 0, 0, 0, 9, 0, 9, 0, 0, 0, 0, 9, 0);
    values last = VALUES(9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9, 9, 0, 0);
    values nines = VALUES(9, 9, 9, 9, 9, 9);
    check_winners("max2d n2c3 i2x2 k2 idx=plane", first, nines, NUMBERS(0, 1, 2, 3, 1, 2));
    check_winners("max2d n2c3 i2x2 k2 idx=tensor", first, nines, NUMBERS(0, 5, 10, 15, 17, 22));
    check_winners("max2d nhwc n2c3 i2x2 k2 idx=plane", last, nines, NUMBERS(0, 1, 2, 3, 1, 2));
    check_winners("max2d nhwc n2c3 i2x2 k2 idx=tensor", last, nines, NUMBERS(0, 5, 10, 15, 17, 22));
    check_winners("max3d n1c2 i1x2x2 k1x2x2 idx=tensor", VALUES(0, 0, 9, 0, 0, 0, 0, 9), VALUES(9, 9), NUMBERS(2, 7));
    check_winners("max1d c2 i2 k1 s3 p3 out=2 idx=tensor", VALUES(7, 0, 8, 0), VALUES(-INF, 7, -INF, 8), NUMBERS(-1, 0, -1, 2));
}

/* Taps are counted in the window as it stands, padding and all; dilation does not count. */
static void indices_in_windows(void **state)
{
    (void)state;
    values plane = VALUES(1, 2, 3, 4, 9, 5, 6, 7, 8);
    check_winners("max2d i3x3 k2 s1 idx=window", plane, VALUES(9, 9, 9, 9), NUMBERS(3, 2, 1, 0));
    check_winners("max2d i3x3 k3 s2 p1 idx=window", plane, VALUES(9, 9, 9, 9), NUMBERS(8, 6, 2, 0));
    check_winners("max2d i3x3 k2 d2 s1 p1 idx=window", plane, VALUES(9, 5, 9, 7, 8, 7, 9, 5, 9), NUMBERS(3, 3, 2, 3, 3, 2, 1, 1, 0));
    check_winners("max3d i1x1x4 k1x1x2 idx=window", VALUES(1, 2, 4, 3), VALUES(2, 4), NUMBERS(1, 0));
    check_winners("max1d c2 i2 k1 s3 p3 out=2 idx=window", VALUES(7, 0, 8, 0), VALUES(-INF, 7, -INF, 8), NUMBERS(-1, 0, -1, 0));
    check_winners("adaptive_max2d i3x3 o2x2 idx=window", plane, VALUES(9, 9, 9, 9), NUMBERS(3, 2, 1, 0));
    check_winners("global_max2d i3x3 idx=window", plane, VALUES(9), NUMBERS(4));
}

static void compact_indices_must_fit(void **state)
{
    (void)state;
    check_accepted("max2d i99x99 k15x17 idx8"); /* taps 0 to 254; 255 is none */
    check_refused("max2d i99x99 k16 idx8", PP_OVERFLOW, "u8");
    check_accepted("max2d i999x999 k255x257 idx16");
    check_refused("max2d i999x999 k256 idx16", PP_OVERFLOW, "u16");
    check_accepted("max2d i5x51 k2 idx8=plane");
    check_refused("max2d i16x16 k2 idx8=plane", PP_OVERFLOW, "u8");
    check_refused("max2d n2 i5x51 k2 idx8=tensor", PP_OVERFLOW, "u8");
    check_refused("max3d i1 k4194304x2097152x1048576 out=1 idx=window", PP_OVERFLOW, "2^63");
}

static void i32_indices_must_fit(void **state)
{
    (void)state;
    check_accepted("max2d u8 n3 i65536x32768 k2 idx32=plane"); /* the largest index is 2^31 - 1 */
    check_refused("max2d u8 i65536x32769 k2 idx32=plane", PP_OVERFLOW, "i32");
    check_accepted("max2d u8 n2 i32768x32768 k2 idx32=tensor");
    check_refused("max2d u8 n3 i32768x32768 k2 idx32=tensor", PP_OVERFLOW, "i32");
    check_accepted("max2d u8 n3 i32768x32768 k2 idx=tensor");
    check_refused("avg1d i5 k2 idx", PP_INVALID, "indices");
}

static void indices_convert(void **state)
{
    (void)state;
    pp_plan *plan = plan_of("max1d n2c2 nwc i3 k1 s1 out=1 idx");
    const int32_t plane[4] = {2, -1, 0, 1}; /* (n, c) = (0, 0), (0, 1), (1, 0), (1, 1) */
    int64_t tensor[4], wrong = 12;
    int32_t back[4];
    assert_int_equal(pp_convert_indices(plan, plane, PP_INDEX_I32, PP_INDEX_PLANE, tensor, PP_INDEX_I64, PP_INDEX_TENSOR, NULL, 0), PP_OK);
    assert_memory_equal(tensor, ((int64_t[]){2, -1, 6, 10}), sizeof tensor);
    assert_int_equal(pp_convert_indices(plan, tensor, PP_INDEX_I64, PP_INDEX_TENSOR, back, PP_INDEX_I32, PP_INDEX_PLANE, NULL, 0), PP_OK);
    assert_memory_equal(back, plane, sizeof plane);
    for (size_t i = 0; i < 4; i++) { /* an index of the next plane; less than -1 */
        int64_t good = tensor[i];
        tensor[i] = i % 2 ? wrong : -2;
        assert_int_equal(pp_convert_indices(plan, tensor, PP_INDEX_I64, PP_INDEX_TENSOR, back, PP_INDEX_I32, PP_INDEX_PLANE, NULL, 0),
                         PP_BAD_INDEX);
        tensor[i] = good;
    }
    pp_plan_destroy(plan);

    uint8_t taps[4];
    int64_t planes[4];
    plan = plan_of("max2d n1c1 i4x4 k3 s2 p1 idx");
    const int64_t corner[4] = {5, 7, -1, 15};
    assert_int_equal(pp_convert_indices(plan, corner, PP_INDEX_I64, PP_INDEX_PLANE, taps, PP_INDEX_U8, PP_INDEX_WINDOW, NULL, 0), PP_OK);
    assert_memory_equal(taps, ((uint8_t[]){8, 8, 255, 8}), 4);
    assert_int_equal(pp_convert_indices(plan, taps, PP_INDEX_U8, PP_INDEX_WINDOW, planes, PP_INDEX_I64, PP_INDEX_PLANE, NULL, 0), PP_OK);
    assert_memory_equal(planes, corner, sizeof planes);
    const uint8_t wrong_taps[] = {0, 9}; /* in the padding; past the window */
    for (int i = 0; i < 2; i++) {
        taps[0] = wrong_taps[i];
        assert_int_equal(pp_convert_indices(plan, taps, PP_INDEX_U8, PP_INDEX_WINDOW, planes, PP_INDEX_I64, PP_INDEX_PLANE, NULL, 0),
                         PP_BAD_INDEX);
    }
    const int64_t elsewhere[4] = {10, 7, -1, 15}; /* in the plane, in another window */
    assert_int_equal(pp_convert_indices(plan, elsewhere, PP_INDEX_I64, PP_INDEX_PLANE, taps, PP_INDEX_U8, PP_INDEX_WINDOW, NULL, 0),
                     PP_BAD_INDEX);
    pp_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_maxima),
        cmocka_unit_test(winners_are_input_elements),
        cmocka_unit_test(order_is_row_major),
        cmocka_unit_test(zeros_tie),
        cmocka_unit_test(nan_last),
        cmocka_unit_test(nan_first),
        cmocka_unit_test(nan_ignored),
        cmocka_unit_test(infinities_are_values),
        cmocka_unit_test(winners_by_definition),
        cmocka_unit_test(empty_values),
        cmocka_unit_test(window_wholly_in_padding),
        cmocka_unit_test(empty_error_refuses_to_plan),
        cmocka_unit_test(index_conventions),
        cmocka_unit_test(indices_in_windows),
        cmocka_unit_test(compact_indices_must_fit),
        cmocka_unit_test(i32_indices_must_fit),
        cmocka_unit_test(indices_convert),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

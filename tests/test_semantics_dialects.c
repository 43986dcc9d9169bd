/* docs/semantics.md §4: what each framework means, and what it refuses. */
#include "semantics.h"

static void defaults(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool stride_is_kernel;
        pp_size_rule size_rule;
        pp_divisor divisor;
        pp_nan nan;
        pp_empty empty_max, empty_average;
        pp_rounding rounding;
        pp_index_convention convention;
    } rows[] = {
        {"plain", true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_LAST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
         PP_INDEX_PLANE},
        {"torch", true, PP_SIZE_FLOOR, PP_DIVISOR_CLAMPED, PP_NAN_LAST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_TRUNCATE,
         PP_INDEX_PLANE},
        {"onnx", false, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_LAST, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN, PP_INDEX_TENSOR},
        {"keras", true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
         PP_INDEX_PLANE},
        {"tf", true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
         PP_INDEX_PLANE},
        {"tflite", true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ERROR, PP_ROUND_HALF_AWAY,
         PP_INDEX_PLANE},
        {"caffe", false, PP_SIZE_CEIL_CAFFE, PP_DIVISOR_CLAMPED, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN,
         PP_INDEX_PLANE},
        {"onednn", false, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN,
         PP_INDEX_PLANE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pp_desc max, average;
        assert_string_equal(pp_name(PP_NAME_DIALECT, (int)i), rows[i].name);
        assert_int_equal(pp_desc_init(&max, (pp_dialect)i, 0, PP_OP_MAX, 2), PP_OK);
        assert_int_equal(pp_desc_init(&average, (pp_dialect)i, 0, PP_OP_AVERAGE, 2), PP_OK);
        assert_true(max.stride[0] == (rows[i].stride_is_kernel ? PP_AUTO : 1) && max.stride[1] == max.stride[0]);
        assert_int_equal(max.size_rule, rows[i].size_rule);
        assert_int_equal(average.divisor, rows[i].divisor);
        assert_int_equal(max.nan, rows[i].nan);
        assert_int_equal(max.ties, PP_TIES_FIRST);
        assert_int_equal(max.empty, rows[i].empty_max);
        assert_int_equal(average.empty, rows[i].empty_average);
        assert_int_equal(average.rounding, rows[i].rounding);
        assert_int_equal(max.index_convention, rows[i].convention);
        assert_true(max.padding == PP_PAD_EXPLICIT && max.pad_begin[0] == 0 && max.pad_end[1] == 0 && max.dilation[0] == 1);
        assert_true(max.mode == PP_MODE_SLIDING && max.dtype == PP_F32 && max.layout == PP_CHANNELS_FIRST && !max.unbatched);
        assert_true(max.indices == PP_INDEX_NONE && max.backward == PP_BACKWARD_NONE);
    }
    assert_null(pp_name(PP_NAME_DIALECT, (int)COUNT(rows)));
    check_size("max1d i6 k2 dialect=torch", NUMBERS(3));
    check_size("max1d i6 k2 dialect=onnx", NUMBERS(5));
}

static void words_of_the_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *dialect;
        pp_size_rule ceil; /* FLOOR: there is none */
        pp_divisor incpad;
    } rows[] = {{"plain", PP_SIZE_CEIL_TORCH, PP_DIVISOR_CLAMPED}, {"torch", PP_SIZE_CEIL_TORCH, PP_DIVISOR_CLAMPED},
                {"onnx", PP_SIZE_CEIL_TORCH, PP_DIVISOR_CLAMPED},  {"keras", PP_SIZE_FLOOR, PP_DIVISOR_VALID},
                {"tf", PP_SIZE_FLOOR, PP_DIVISOR_VALID},           {"tflite", PP_SIZE_FLOOR, PP_DIVISOR_VALID},
                {"caffe", PP_SIZE_CEIL_CAFFE, PP_DIVISOR_CLAMPED}, {"onednn", PP_SIZE_FLOOR, PP_DIVISOR_FULL}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[96];
        pp_desc desc;
        snprintf(text, sizeof text, "avg1d k2 ceil dialect=%s", rows[i].dialect);
        pp_status status = pp_desc_parse(&desc, text, NULL, 0);
        assert_int_equal(status, rows[i].ceil == PP_SIZE_FLOOR ? PP_INVALID : PP_OK);
        if (status == PP_OK) assert_int_equal(desc.size_rule, rows[i].ceil);
        snprintf(text, sizeof text, "avg1d k2 incpad dialect=%s", rows[i].dialect);
        assert_int_equal(desc_of(text).divisor, rows[i].incpad);
        snprintf(text, sizeof text, "avg1d k2 excpad dialect=%s", rows[i].dialect);
        assert_int_equal(desc_of(text).divisor, PP_DIVISOR_VALID);
    }
}

/* What a dialect refuses, and beside it what it takes; "words" stand in the sentence. */
typedef struct limit {
    const char *refused, *words, *accepted;
} limit;

static void check_limits(const char *dialect, const limit *limits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char text[160];
        snprintf(text, sizeof text, "%s dialect=%s", limits[i].refused, dialect);
        check_refused(text, PP_REFUSED, limits[i].words);
        snprintf(text, sizeof text, "%s dialect=%s", limits[i].accepted, dialect);
        check_accepted(text);
    }
}

static void plain_limits(void **state)
{
    (void)state;
    static const char *const texts[] = {"max1d i5 k2 s1 p7:-1",
                                        "avg1d i5 k2 d3 same",
                                        "max2d c0 i4x4 k2",
                                        "max1d i0 k2 s2",
                                        "avg3d i2x2x2 k3 s1 p1",
                                        "max1d i4 k3 valid",
                                        "avg1d i5 k9 s1 p9 div=full ceil=plain"};
    for (size_t i = 0; i < COUNT(texts); i++) check_accepted(texts[i]);
}

static void torch_limits(void **state)
{
    (void)state;
    static const limit limits[] = {
        {"max1d i5 k3 p-1", "pad_begin[0] = -1", "max1d i5 k3 p0"},
        {"max1d i5 k3 p1:0", "both sides alike", "max1d i5 k3 p1:1"},
        {"max1d i5 k3 p2", "half", "max1d i5 k4 p2"},
        {"max2d i5x5 k3x2 p1x2", "pad_begin[1] = 2", "max2d i5x5 k3x2 p1x1"},
        {"max1d i5 k3 same", "explicit pads only", "max1d i5 k3"},
        {"max1d i5 k3 valid", "explicit pads only", "max1d i5 k3 explicit"},
        {"max1d i2 k3", "output_size[0] = 0", "max1d i3 k3"},
        {"max1d c0 i5 k3", "channels = 0", "max1d n0 i5 k3"},
        {"max2d i0x5 k1", "input_size[0] = 0", "max2d i1x5 k1"},
        {"adaptive_max1d i4 o0 bwd", "output_size[0] = 0", "adaptive_max1d i4 o0"},
        {"avg3d i2x5x5 k3 s1 p1", "unpadded input", "avg3d i3x5x5 k3 s1 p1"},
        {"avg1d i9 k3 d2", "no dilated pooling of averages", "max1d i9 k3 d2"},
    };
    check_limits("torch", limits, COUNT(limits));
    check_accepted("max3d i2x5x5 k3 s1 p1 dialect=torch");
    check_accepted("avg2d i2x5 k3 s1 p1 dialect=torch");
    /* half of the window with its dilation since 2.8, of the kernel before */
    check_accepted("max1d i9 k3 d2 p2 dialect=torch");
    check_accepted("max1d i9 k3 d2 p2 dialect=torch@20800");
    check_refused("max1d i9 k3 d2 p2 dialect=torch@20700", PP_REFUSED, "half");
    check_refused("max1d i9 k3 d2 p3 dialect=torch", PP_REFUSED, "half");
}

static void onnx_limits(void **state)
{
    (void)state;
    static const limit limits[] = {
        {"max1d i5 k3 p-1", "pads are not negative", "max1d i5 k3 p7:0"},
        {"max1d i5 k3 p0:-1", "pad_end[0] = -1", "max1d i5 k3 same_lower"},
    };
    check_limits("onnx", limits, COUNT(limits));
}

static void onnx_opsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int since;
    } rows[] = {
        {"max1d i5 k2 idx", 8}, {"max1d i5 k2 ceil", 10}, {"avg1d i5 k2 ceil", 10}, {"avg1d i5 k2 incpad", 7}, {"max1d i5 k2 d2", 10},
        {"avg1d i5 k2 d2", 19}, {"max1d u8 i5 k2", 12},   {"max1d int8 i5 k2", 12}, {"max1d bf16 i5 k2", 22},  {"avg1d bf16 i5 k2", 22},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[96], since[32];
        snprintf(text, sizeof text, "%s dialect=onnx@%d", rows[i].text, rows[i].since - 1);
        snprintf(since, sizeof since, "since opset %d", rows[i].since);
        check_refused(text, PP_REFUSED, since);
        snprintf(text, sizeof text, "%s dialect=onnx@%d", rows[i].text, rows[i].since);
        check_accepted(text);
        snprintf(text, sizeof text, "%s dialect=onnx", rows[i].text);
        check_accepted(text);
    }
    check_accepted("max1d i5 k2 p1 dialect=onnx@1");
}

static void keras_and_tflite_limits(void **state)
{
    (void)state;
    static const char *const dialects[] = {"keras", "tflite"};
    static const limit limits[] = {
        {"max1d i5 k3 p1", "SAME or VALID only", "max1d i5 k3 same"},
        {"max1d i5 k3 ceil=torch", "no ceil mode", "max1d i5 k3 valid"},
        {"max1d i5 k3 d2", "no dilated pooling", "max1d i5 k3 d1"},
        {"max1d i5 k6", "larger than its input", "max1d i5 k6 same"},
        {"max1d i5 k6 valid", "larger than its input", "max1d i5 k5 valid"},
        {"max1d i5 k2147483648 s1 same", "32-bit", "max1d i5 k2147483647 s1 same"},
        {"max1d i5 k2 s2147483648 same", "32-bit", "max1d i5 k2 s2147483647 same"},
        {"avg1d i5 k2 same div=clamped", "never counts padding", "avg1d i5 k2 same div=valid"},
        {"avg1d i5 k2 div=4", "never counts padding", "avg1d i5 k2"},
        {"max1d i5 k2 same_lower", "more at the end", "max1d i5 k2 same"},
    };
    for (size_t i = 0; i < COUNT(dialects); i++) check_limits(dialects[i], limits, COUNT(limits));
}

static void tf_limits(void **state)
{
    (void)state;
    static const limit limits[] = {
        {"max1d i5 k3 p-1", "not negative", "max1d i5 k3 p1:2"},
        {"max1d i5 k3 p3", "smaller than the kernel", "max1d i5 k3 p2"},
        {"max1d i5 k3 ceil=plain", "no ceil mode", "max1d i5 k3"},
        {"max1d i9 k3 s2 d2", "only one of them above 1", "max1d i9 k3 s1 d2"},
        {"max1d i20 k21 s1 valid", "larger than its input", "max1d i20 k20 s1 valid"},
        {"max1d i5 k3 s1 d3 p0:1", "larger than its input of 6", "max1d i5 k3 s1 d3 p1"},
        {"max1d i5 k2147483648 s1 same", "32-bit", "max1d i5 k2147483647 s1 same"},
        {"avg1d i5 k2 same div=full", "never counts padding", "avg1d i5 k2 same"},
        {"max1d i5 k2 same_lower", "more at the end", "max1d i5 k2 same"},
    };
    check_limits("tf", limits, COUNT(limits));
}

static void caffe_limits(void **state)
{
    (void)state;
    static const limit limits[] = {
        {"max1d i5 k3 p-1", "not negative", "max1d i5 k3 p0"},           {"max1d i5 k3 p1:2", "both sides alike", "max1d i5 k3 p1"},
        {"max1d i5 k3 p3", "smaller than the kernel", "max1d i5 k3 p2"}, {"max1d i5 k3 same", "explicit pads only", "max1d i5 k3 floor"},
        {"max1d i5 k3 d2", "no dilated pooling", "max1d i5 k3 d1"},
    };
    check_limits("caffe", limits, COUNT(limits));
}

static void onednn_limits(void **state)
{
    (void)state;
    static const limit limits[] = {
        {"max1d i5 k3 same", "explicit pads only", "max1d i5 k3 p4:1"},
        {"max1d i5 k3 valid", "explicit pads only", "max1d i5 k3 p0:-1"},
        {"max1d i5 k3 ceil=plain", "no ceil mode", "max1d i5 k3 s2 p0:1 out=2"},
    };
    check_limits("onednn", limits, COUNT(limits));
}

/* ------------------------------------------------------------------------------------------------ the same case, said by each */

static void dialects_disagree(void **state)
{
    (void)state;
    double nan = (double)NAN, inf = (double)INFINITY;
    values ones = VALUES(1, 1, 1, 1, 1, 1), nans = VALUES(1, nan, 2, nan);
    check_forward("avg1d i6 k3 s2 p1 ceil dialect=torch", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 2));
    check_forward("avg1d i6 k3 s2 p1 ceil excpad dialect=torch", ones, VALUES(1, 1, 1, 1));
    check_forward("avg1d i6 k3 s2 p1 ceil dialect=onnx", ones, VALUES(1, 1, 1, 1));
    check_forward("avg1d i6 k3 s2 p1 ceil incpad dialect=onnx", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 2));
    check_forward("avg1d i6 k3 s2 p1 dialect=caffe", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 2));
    check_forward("avg1d i6 k3 s2 p1:2 incpad dialect=onednn", ones, VALUES(2.0 / 3, 1, 1, 1.0 / 3));
    check_forward("avg1d i6 k3 s2 same dialect=keras", ones, VALUES(1, 1, 1));
    check_size("max1d i5 k1 s3 ceil dialect=torch", NUMBERS(2));
    check_size("max1d i5 k1 s3 ceil dialect=onnx@10", NUMBERS(2));
    check_size("max1d i5 k1 s3 dialect=caffe", NUMBERS(3));
    check_winners("max1d i4 k4 dialect=torch", nans, VALUES(nan), NUMBERS(3));
    check_winners("max1d i4 k4 dialect=tf", nans, VALUES(nan), NUMBERS(1));
    check_winners("max1d i4 k4 dialect=caffe", nans, VALUES(2), NUMBERS(2));
    check_winners("max2d i2x2 k2 s1 p1 d3 dialect=torch", VALUES(1, 2, 3, 4), VALUES(-inf), NUMBERS(-1));
    check_winners("max1d i2 k2 s2 p3 dialect=onnx", VALUES(1, 2), VALUES(-0x1.fffffep127, 1, 2, -0x1.fffffep127), NUMBERS(-1, 0, 1, -1));
    check_forward("avg1d u8 i2 k2 dialect=torch", VALUES(1, 2), VALUES(1));
    check_forward("avg1d int8 i2 k2 dialect=torch", VALUES(-1, -2), VALUES(-1));
    check_forward("avg1d int8 i2 k2 dialect=tflite", VALUES(0, -1), VALUES(-1));
    check_forward("avg1d int8 i2 k2 dialect=onednn", VALUES(0, -1), VALUES(0));
    check_forward("avg1d u8 i2 k2 dialect=tflite", VALUES(0, 1), VALUES(1));
    check_forward("avg1d u8 i2 k2 dialect=onednn", VALUES(0, 1), VALUES(0));
    check_winners("max1d c2 i2 k2 dialect=onnx", VALUES(1, 2, 4, 3), VALUES(2, 4), NUMBERS(1, 2));
    check_winners("max1d c2 i2 k2 dialect=torch", VALUES(1, 2, 4, 3), VALUES(2, 4), NUMBERS(1, 0));
}

static void addition_has_one_order(void **state)
{
    (void)state;
    static const char *const padded[] = {"torch", "onnx", "tf", "caffe", "onednn"}, *const same[] = {"onnx", "keras", "tf", "tflite"};
    double big = 16777216; /* 2^24; (0 + big) + (1 + 1), (big + 1) + (1 + 0), (1 + 1) + (0 + 0) */
    for (size_t i = 0; i < COUNT(padded); i++) {
        char text[96];
        snprintf(text, sizeof text, "sum1d i3 k4 s1 p1 dialect=%s", padded[i]);
        check_forward(text, VALUES(big, 1, 1), VALUES(big + 2, big));
    }
    for (size_t i = 0; i < COUNT(same); i++) {
        char text[96];
        snprintf(text, sizeof text, "sum1d i3 k4 s1 same dialect=%s", same[i]);
        check_forward(text, VALUES(big, 1, 1), VALUES(big + 2, big, 2));
    }
}

/* What no limit of a dialect speaks of, it takes. */
static void nothing_else_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *dialects;
    } rows[] = {
        {"max1d i9 k3 s2 d2", "plain torch onnx onednn"},
        {"avg1d i9 k3 s2 d2", "plain onnx onednn"},
        {"max1d i9 k3 s2 same_lower", "plain onnx"},
        {"max1d i9 k3 d4 p4", "plain torch onnx onednn"},
        {"max1d i1 k1 s3000000000", "plain torch onnx caffe onednn"},
        {"max1d i5 k3 s3 p1:2", "plain onnx tf onednn"},
        {"max1d i5 k3 p5", "plain onnx onednn"},
        {"max1d i2 k3 s3 floor", "plain onnx caffe onednn"},
        {"max2d i0x4 k1 floor", "plain onnx caffe onednn"},
        {"max2d i0x4 k3 same", "plain onnx keras tf tflite"},
        {"max1d c0 i5 k2", "plain onnx keras tf tflite caffe onednn"},
        {"max1d n0 i5 k2", "plain torch onnx keras tf tflite caffe onednn"},
        {"avg3d i2x5x5 k3 s1 p1", "plain onnx tf caffe onednn"},
        {"avg3d i2x5x5 k3 s1 same", "plain onnx keras tf tflite"},
        {"avg1d i5 k2 div=4", "plain torch onnx caffe onednn"},
        {"max1d i5 k2 out=2", "plain torch onnx keras tf tflite caffe onednn"},
        {"adaptive_avg1d i5 o0 bwd", "plain onnx keras tf tflite caffe onednn"},
        {"max1d i5 k2 s1 floor nan=ignore ties=last empty=zero idx=tensor", "plain torch onnx keras tf tflite caffe onednn"},
        {"max1d i5 k2", "keras@1 tf@1 tflite@1 caffe@1 onednn@1 plain@1"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char list[96], text[96];
        snprintf(list, sizeof list, "%s", rows[i].dialects);
        for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
            snprintf(text, sizeof text, "%s dialect=%s", rows[i].text, name);
            check_accepted(text);
        }
    }
}

static void limits_are_for_sliding_windows(void **state)
{
    (void)state;
    static const char *const dialects[] = {"torch", "onnx", "keras", "tf", "tflite", "caffe", "onednn"};
    static const char *const cases[] = {"global_avg2d i7x9 div=5", "adaptive_avg2d i7x9 o3 div=5", "global_max2d i7x9 p-1", "min2d i7x9 k3",
                                        "sum2d i7x9 k3"};
    for (size_t d = 0; d < COUNT(dialects); d++) {
        for (size_t i = 0; i < COUNT(cases); i++) {
            char text[96];
            snprintf(text, sizeof text, "%s dialect=%s", cases[i], dialects[d]);
            check_accepted(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(words_of_the_dialect),
        cmocka_unit_test(plain_limits),
        cmocka_unit_test(torch_limits),
        cmocka_unit_test(onnx_limits),
        cmocka_unit_test(onnx_opsets),
        cmocka_unit_test(keras_and_tflite_limits),
        cmocka_unit_test(tf_limits),
        cmocka_unit_test(caffe_limits),
        cmocka_unit_test(onednn_limits),
        cmocka_unit_test(dialects_disagree),
        cmocka_unit_test(addition_has_one_order),
        cmocka_unit_test(nothing_else_is_refused),
        cmocka_unit_test(limits_are_for_sliding_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The notation: every word sets its field, text and description say the same, every refusal quotes the word. */
#include "generator.h"
#include "unit.h"

#include <locale.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ words */

enum { NONE = -1 };

typedef struct word {
    const char *text; /* a 2-D case */
    size_t at;        /* an int field of pp_desc, or sizes of two axes */
    int64_t value, second;
} word;

#define FIELD(name) offsetof(pp_desc, name)

static const word ints[] = {
    {"max2d", FIELD(op), PP_OP_MAX, 0},
    {"min2d", FIELD(op), PP_OP_MIN, 0},
    {"avg2d", FIELD(op), PP_OP_AVERAGE, 0},
    {"sum2d", FIELD(op), PP_OP_SUM, 0},
    {"max1d", FIELD(rank), 1, 0},
    {"max3d", FIELD(rank), 3, 0},
    {"max2d", FIELD(mode), PP_MODE_SLIDING, 0},
    {"adaptive_max2d", FIELD(mode), PP_MODE_ADAPTIVE, 0},
    {"global_sum2d", FIELD(mode), PP_MODE_GLOBAL, 0},
    {"max2d nchw", FIELD(layout), PP_CHANNELS_FIRST, 0},
    {"max2d nhwc", FIELD(layout), PP_CHANNELS_LAST, 0},
    {"max1d nwc", FIELD(layout), PP_CHANNELS_LAST, 0},
    {"max3d dhwc", FIELD(layout), PP_CHANNELS_LAST, 0},
    {"max3d ndhwc", FIELD(unbatched), 0, 0},
    {"max3d cdhw", FIELD(unbatched), 1, 0},
    {"max2d hwc", FIELD(unbatched), 1, 0},
    {"max1d cw", FIELD(unbatched), 1, 0},
    {"max1d wc", FIELD(unbatched), 1, 0},
    {"max2d f32", FIELD(dtype), PP_F32, 0},
    {"max2d f64", FIELD(dtype), PP_F64, 0},
    {"max2d u8", FIELD(dtype), PP_U8, 0},
    {"max2d bf16", FIELD(dtype), PP_BF16, 0},
    {"max2d same", FIELD(padding), PP_PAD_SAME_UPPER, 0},
    {"max2d same_lower", FIELD(padding), PP_PAD_SAME_LOWER, 0},
    {"max2d valid", FIELD(padding), PP_PAD_VALID, 0},
    {"max2d explicit", FIELD(padding), PP_PAD_EXPLICIT, 0},
    {"max2d dialect=caffe floor", FIELD(size_rule), PP_SIZE_FLOOR, 0},
    {"max2d ceil", FIELD(size_rule), PP_SIZE_CEIL_TORCH, 0},
    {"max2d dialect=torch ceil", FIELD(size_rule), PP_SIZE_CEIL_TORCH, 0},
    {"max2d ceil dialect=caffe", FIELD(size_rule), PP_SIZE_CEIL_CAFFE, 0},
    {"max2d ceil=torch", FIELD(size_rule), PP_SIZE_CEIL_TORCH, 0},
    {"max2d ceil=caffe", FIELD(size_rule), PP_SIZE_CEIL_CAFFE, 0},
    {"max2d ceil=plain", FIELD(size_rule), PP_SIZE_CEIL_PLAIN, 0},
    {"max2d out=3", FIELD(size_rule), PP_SIZE_GIVEN, 0},
    {"avg2d incpad", FIELD(divisor), PP_DIVISOR_CLAMPED, 0},
    {"avg2d incpad dialect=onednn", FIELD(divisor), PP_DIVISOR_FULL, 0},
    {"avg2d excpad dialect=torch", FIELD(divisor), PP_DIVISOR_VALID, 0},
    {"avg2d dialect=torch", FIELD(divisor), PP_DIVISOR_CLAMPED, 0},
    {"avg2d div=valid", FIELD(divisor), PP_DIVISOR_VALID, 0},
    {"avg2d div=clamped", FIELD(divisor), PP_DIVISOR_CLAMPED, 0},
    {"avg2d div=full", FIELD(divisor), PP_DIVISOR_FULL, 0},
    {"avg2d div=-2.5e1", FIELD(divisor), PP_DIVISOR_OVERRIDE, 0},
    {"max2d nan=last", FIELD(nan), PP_NAN_LAST, 0},
    {"max2d nan=first", FIELD(nan), PP_NAN_FIRST, 0},
    {"max2d nan=ignore", FIELD(nan), PP_NAN_IGNORE, 0},
    {"max2d ties=first", FIELD(ties), PP_TIES_FIRST, 0},
    {"max2d ties=last", FIELD(ties), PP_TIES_LAST, 0},
    {"max2d empty=identity", FIELD(empty), PP_EMPTY_IDENTITY, 0},
    {"max2d empty=lowest", FIELD(empty), PP_EMPTY_LOWEST, 0},
    {"max2d empty=zero", FIELD(empty), PP_EMPTY_ZERO, 0},
    {"max2d empty=nan", FIELD(empty), PP_EMPTY_NAN, 0},
    {"max2d empty=error", FIELD(empty), PP_EMPTY_ERROR, 0},
    {"avg2d round=half_even", FIELD(rounding), PP_ROUND_HALF_EVEN, 0},
    {"avg2d round=half_away", FIELD(rounding), PP_ROUND_HALF_AWAY, 0},
    {"avg2d round=truncate", FIELD(rounding), PP_ROUND_TRUNCATE, 0},
    {"max2d idx", FIELD(indices), PP_INDEX_I64, 0},
    {"max2d idx32", FIELD(indices), PP_INDEX_I32, 0},
    {"max2d idx=tensor", FIELD(indices), PP_INDEX_I64, 0},
    {"max2d idx32=plane", FIELD(indices), PP_INDEX_I32, 0},
    {"max2d idx", FIELD(index_convention), PP_INDEX_PLANE, 0},
    {"max2d idx dialect=onnx", FIELD(index_convention), PP_INDEX_TENSOR, 0},
    {"max2d idx=plane dialect=onnx", FIELD(index_convention), PP_INDEX_PLANE, 0},
    {"max2d idx=tensor", FIELD(index_convention), PP_INDEX_TENSOR, 0},
    {"max2d idx32=tensor", FIELD(index_convention), PP_INDEX_TENSOR, 0},
    {"max2d idx=window", FIELD(index_convention), PP_INDEX_WINDOW, 0},
    {"max2d idx8", FIELD(indices), PP_INDEX_U8, 0},
    {"max2d idx8", FIELD(index_convention), PP_INDEX_WINDOW, 0},
    {"max2d idx16=plane", FIELD(index_convention), PP_INDEX_PLANE, 0},
    {"max2d idx16", FIELD(indices), PP_INDEX_U16, 0},
    {"max2d bwd", FIELD(backward), PP_BACKWARD_AUTO, 0},
    {"max2d bwd=indices", FIELD(backward), PP_BACKWARD_INDICES, 0},
    {"max2d bwd=recompute", FIELD(backward), PP_BACKWARD_RECOMPUTE, 0},
    {"max2d dialect=plain", FIELD(dialect), PP_DIALECT_PLAIN, 0},
    {"max2d dialect=torch@11300", FIELD(dialect), PP_DIALECT_TORCH, 0},
    {"max2d dialect=onnx", FIELD(dialect), PP_DIALECT_ONNX, 0},
    {"max2d dialect=keras", FIELD(dialect), PP_DIALECT_KERAS, 0},
    {"max2d dialect=tf", FIELD(dialect), PP_DIALECT_TF, 0},
    {"max2d dialect=tflite", FIELD(dialect), PP_DIALECT_TFLITE, 0},
    {"max2d dialect=caffe", FIELD(dialect), PP_DIALECT_CAFFE, 0},
    {"max2d dialect=onednn", FIELD(dialect), PP_DIALECT_ONEDNN, 0},
    {"max2d dialect=onnx@11", FIELD(dialect_version), 11, 0},
    {"max2d dialect=torch@11300", FIELD(dialect_version), 11300, 0},
    {"max2d", FIELD(dialect_version), 0, 0},
};

static const word sizes[] = {
    {"max2d n8", FIELD(batch), 8, NONE},
    {"max2d n0c64", FIELD(batch), 0, NONE},
    {"max2d n8c64", FIELD(channels), 64, NONE},
    {"max2d c64", FIELD(channels), 64, NONE},
    {"max2d chw", FIELD(batch), 1, NONE},
    {"max2d i112", FIELD(input_size), 112, 112},
    {"max2d i112x7", FIELD(input_size), 112, 7},
    {"max2d k3", FIELD(kernel), 3, 3},
    {"max2d k3x2", FIELD(kernel), 3, 2},
    {"max2d s4", FIELD(stride), 4, 4},
    {"max2d s4x1", FIELD(stride), 4, 1},
    {"max2d", FIELD(stride), PP_AUTO, PP_AUTO},
    {"max2d dialect=onnx", FIELD(stride), 1, 1},
    {"max2d d2", FIELD(dilation), 2, 2},
    {"max2d d2x9223372036854775807", FIELD(dilation), 2, INT64_MAX},
    {"max2d p1", FIELD(pad_begin), 1, 1},
    {"max2d p1", FIELD(pad_end), 1, 1},
    {"max2d p1x2:0x-3", FIELD(pad_begin), 1, 2},
    {"max2d p1x2:0x-3", FIELD(pad_end), 0, -3},
    {"max2d p-1:2", FIELD(pad_begin), -1, -1},
    {"max2d p-1:2", FIELD(pad_end), 2, 2},
    {"max2d out=56x7", FIELD(output_size), 56, 7},
    {"adaptive_max2d o7x-", FIELD(output_size), 7, PP_AUTO},
    {"adaptive_max2d o-", FIELD(output_size), PP_AUTO, PP_AUTO},
    {"max2d view=5,4,3,2:1", FIELD(view[PP_INPUT].strides[0]), 5, 4},
    {"max2d view=5,4,3,2:1", FIELD(view[PP_INPUT].strides[2]), 3, 2},
    {"max2d view=5,4,3,2:1", FIELD(view[PP_INPUT].offset), 1, NONE},
    {"max2d view=:-16", FIELD(view[PP_INPUT].offset), -16, NONE},
    {"max2d view=:16", FIELD(view[PP_INPUT].strides[0]), PP_AUTO, NONE},
    {"max2d view.output=5,-4,3,2:1", FIELD(view[PP_OUTPUT].strides[0]), 5, -4},
    {"max2d view.indices=5,4,3,2:1", FIELD(view[PP_INDICES].strides[0]), 5, 4},
    {"max2d view.grad_output=5,4,3,2:1", FIELD(view[PP_GRAD_OUTPUT].strides[0]), 5, 4},
    {"max2d view.grad_input=5,4,3,2:9", FIELD(view[PP_GRAD_INPUT].offset), 9, NONE},
};

static void words(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(ints); i++) {
        pp_desc desc = case_desc(ints[i].text);
        int value;
        memcpy(&value, (const char *)&desc + ints[i].at, sizeof value);
        if (value != ints[i].value) complain("%s: %d, not %d", ints[i].text, value, (int)ints[i].value);
    }
    for (int i = 0; i < COUNT(sizes); i++) {
        pp_desc desc = case_desc(sizes[i].text);
        int64_t value[2] = {0, 0};
        memcpy(value, (const char *)&desc + sizes[i].at, sizes[i].second == NONE ? sizeof *value : sizeof value);
        bool good = value[0] == sizes[i].value && (sizes[i].second == NONE || value[1] == sizes[i].second);
        if (!good) complain("%s: %lld, %lld", sizes[i].text, (long long)value[0], (long long)value[1]);
    }
    assert_true(case_desc("avg2d div=-2.5e1").divisor_override == -25);
    assert_true(case_desc("avg2d div=0.1").divisor_override == 0.1);
    settle();
}

/* ------------------------------------------------------------------------------------------------ there and back */

static void format(const pp_desc *desc, char text[CASE_TEXT])
{
    size_t length = pp_desc_format(desc, text, CASE_TEXT);
    assert_true(length > 0 && length < CASE_TEXT);
    assert_int_equal(length, strlen(text));
}

/* The text of a description is read as that description, field by field. */
static void round_trip(const pp_desc *desc, const char *about)
{
    char text[CASE_TEXT], again[CASE_TEXT], error[256];
    pp_desc back;
    format(desc, text);
    if (pp_desc_parse(&back, text, error, sizeof error) != PP_OK) {
        complain("%s: '%s' is refused: %s", about, text, error);
        return;
    }
    if (memcmp(&back, desc, sizeof back)) complain("%s: '%s' is read as another description", about, text);
    format(&back, again);
    if (strcmp(text, again)) complain("%s: '%s', then '%s'", about, text, again);
}

static void listed_cases(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(ints) + COUNT(sizes); i++) {
        const char *text = i < COUNT(ints) ? ints[i].text : sizes[i - COUNT(ints)].text;
        pp_desc desc = case_desc(text);
        round_trip(&desc, text);
    }
    static const char *const list[] = {
        "max2d nchw f32 n16c64 i112x112 k3x3 s2x2 p1x1",
        "avg3d ndhwc f64 n1c5 i6x6x6 k3 s2 p1:0 ceil=torch incpad bwd",
        "adaptive_avg2d o7x- dialect=torch",
        "global_max2d nhwc u8",
        "max2d same p1",
        "max2d p1 same",
        "avg1d div=1e-300",
        "avg1d div=0.30000000000000004",
        "avg1d div=-0",
        "avg1d div=inf",
        "max3d k1x2x3 s4x5x6 d7x8x9 p1x2x3:4x5x6 dialect=plain@3",
        "  max2d\t k2 \n s1\r",
    };
    for (int i = 0; i < COUNT(list); i++) {
        pp_desc desc = case_desc(list[i]);
        round_trip(&desc, list[i]);
    }
    settle();
}

static void random_cases(void **state)
{
    (void)state;
    rng r = {31};
    char text[CASE_TEXT];
    for (int i = 0; i < 5000; i++) {
        random_case(&r, text);
        if (i % 3 == 0) random_views(&r, text);
        pp_desc desc = case_desc(text);
        round_trip(&desc, text);
    }
    settle();
}

/* Any value of every field, one field at a time independent of the others. */
static void random_descs(void **state)
{
    (void)state;
    rng r = {32};
    for (int i = 0; i < 20000; i++) {
        pp_desc d;
        pp_desc_init(&d, (pp_dialect)rng_below(&r, 8), rng_below(&r, 3) ? 0 : (int)rng_below(&r, 30000), (pp_op)rng_below(&r, 4),
                     1 + (int)rng_below(&r, 3));
        d.mode = (pp_mode)rng_below(&r, 3);
        d.dtype = (pp_dtype)rng_below(&r, 4);
        d.layout = (pp_layout)rng_below(&r, 2);
        d.unbatched = (int)rng_below(&r, 2);
        d.batch = d.unbatched ? 1 : rng_below(&r, 2) ? PP_AUTO : rng_below(&r, 50);
        d.channels = rng_below(&r, 2) ? PP_AUTO : (int64_t)(rng_next(&r) >> 1);
        d.padding = (pp_padding)rng_below(&r, 4);
        d.size_rule = (pp_size_rule)rng_below(&r, 5);
        d.divisor = (pp_divisor)rng_below(&r, 4);
        if (d.divisor == PP_DIVISOR_OVERRIDE) d.divisor_override = (double)(int64_t)rng_next(&r) * 0x1p-40;
        d.nan = (pp_nan)rng_below(&r, 3);
        d.ties = (pp_ties)rng_below(&r, 2);
        d.empty = (pp_empty)rng_below(&r, 5);
        d.rounding = (pp_rounding)rng_below(&r, 3);
        d.indices = (pp_index_type)rng_below(&r, 5);
        if (d.indices != PP_INDEX_NONE) d.index_convention = (pp_index_convention)rng_below(&r, 3);
        d.backward = (pp_backward_kind)rng_below(&r, 4);
        int64_t *const lists[] = {d.input_size, d.kernel, d.stride, d.dilation, d.pad_begin, d.pad_end, d.output_size};
        for (int l = 0; l < COUNT(lists); l++) {
            if (rng_below(&r, 2) && lists[l] != d.output_size) continue;
            for (int a = 0; a < d.rank; a++) lists[l][a] = rng_below(&r, 4) ? rng_below(&r, 100) : (int64_t)rng_next(&r) | 1;
        }
        for (int t = 0; t < PP_TENSOR_COUNT; t++) {
            for (int a = 0; t == rng_below(&r, 9) && a < 2 + d.rank; a++) d.view[t].strides[a] = rng_below(&r, 2000) - 1000;
            d.view[t].offset = rng_below(&r, 3) ? 0 : (int64_t)rng_next(&r) | 1;
        }
        round_trip(&d, "random description");
    }
    settle();
}

/* A size may be known on one axis only, a stride be the default on one axis only. */
static void half_set(void **state)
{
    (void)state;
    pp_desc d = case_desc("max2d k3 s2");
    d.stride[1] = PP_AUTO;
    round_trip(&d, "stride");
    d = case_desc("max2d k3 dialect=onnx");
    d.stride[0] = d.stride[1] = PP_AUTO; /* its default is 1 */
    round_trip(&d, "stride");
    d = case_desc("max2d i8");
    d.input_size[0] = PP_AUTO;
    round_trip(&d, "input_size");
    d = case_desc("max2d k8");
    d.kernel[1] = PP_AUTO;
    round_trip(&d, "kernel");
    settle();
}

/* pp_desc_format is as snprintf: the length of the whole, as much text as there is room for, a NUL. */
static void truncation(void **state)
{
    (void)state;
    pp_desc desc = case_desc("avg3d ndhwc f64 n1c5 i6x6x6 k3 s2 p1:0 ceil=torch div=0.1 bwd view=1,2,3,4,5:6 dialect=torch@11300");
    char whole[CASE_TEXT];
    format(&desc, whole);
    size_t length = strlen(whole);
    assert_int_equal(pp_desc_format(&desc, NULL, 0), length);
    assert_int_equal(pp_desc_format(&desc, NULL, 1000), length);
    for (size_t size = 0; size <= length + 1; size++) {
        tensor text = tensor_block(size, true, 0);
        assert_int_equal(pp_desc_format(&desc, text.base, size), length);
        if (size) {
            assert_memory_equal(text.base, whole, size - 1);
            assert_int_equal(text.base[size - 1], '\0');
        }
        tensor_free(&text);
    }
}

/* A decimal point is a point wherever the program runs. */
static void locales(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8", "fr_FR", "ru_RU.UTF-8"};
    bool found = false;
    for (int i = 0; i < COUNT(names) && !found; i++) found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found) skip();
    pp_desc desc;
    char error[256], text[CASE_TEXT];
    pp_status status = pp_desc_parse(&desc, "avg2d div=2.5", error, sizeof error);
    if (status == PP_OK) format(&desc, text);
    setlocale(LC_ALL, "C");
    assert_status(status, PP_OK, error, "in another locale");
    assert_true(desc.divisor_override == 2.5);
    check_says(text, "div=2.5", "in another locale");
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),    cmocka_unit_test(listed_cases), cmocka_unit_test(random_cases), cmocka_unit_test(random_descs),
        cmocka_unit_test(half_set), cmocka_unit_test(truncation),   cmocka_unit_test(locales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The functions around a run: names, defaults, shapes, memory, instruction sets, one-call helpers, indices. */
#define _GNU_SOURCE
#include "unit.h"

#include <limits.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ names */

static void version(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", PP_VERSION_MAJOR, PP_VERSION_MINOR, PP_VERSION_PATCH);
    assert_string_equal(pp_version(), text);
}

static void names(void **state)
{
    (void)state;
    static const struct {
        pp_names list;
        const char *words[10];
    } lists[] = {
        {PP_NAME_STATUS, {"ok", "invalid", "refused", "unsupported", "overflow", "no_memory", "bad_index", "empty_window"}},
        {PP_NAME_OP, {"max", "min", "avg", "sum"}},
        {PP_NAME_MODE, {"sliding", "adaptive", "global"}},
        {PP_NAME_DTYPE, {"f32", "f64", "u8", "bf16", "f16", "int8"}},
        {PP_NAME_DIALECT, {"plain", "torch", "onnx", "keras", "tf", "tflite", "caffe", "onednn"}},
        {PP_NAME_SIZE_RULE, {"floor", "torch", "caffe", "plain", "given"}},
        {PP_NAME_PADDING, {"explicit", "valid", "same", "same_lower"}},
        {PP_NAME_DIVISOR, {"valid", "clamped", "full", "override"}},
        {PP_NAME_NAN, {"last", "first", "ignore"}},
        {PP_NAME_TIES, {"first", "last"}},
        {PP_NAME_EMPTY, {"identity", "lowest", "zero", "nan", "error"}},
        {PP_NAME_ROUNDING, {"half_even", "half_away", "truncate"}},
        {PP_NAME_INDEX_TYPE, {"none", "i32", "i64", "u8", "u16"}},
        {PP_NAME_INDEX_CONVENTION, {"plane", "tensor", "window"}},
        {PP_NAME_BACKWARD, {"none", "auto", "indices", "recompute"}},
    };
    for (int l = 0; l < COUNT(lists); l++) {
        int count = 0;
        for (; lists[l].words[count]; count++) assert_string_equal(pp_name(lists[l].list, count), lists[l].words[count]);
        const int past[] = {count, count + 1, 100000, INT_MAX, -1, INT_MIN};
        for (int i = 0; i < COUNT(past); i++) assert_null(pp_name(lists[l].list, past[i]));
    }
    assert_null(pp_name((pp_names)-1, 0));
    assert_null(pp_name((pp_names)(PP_NAME_ISA + 1), 0));
    assert_null(pp_name((pp_names)INT_MAX, 0));

    int algorithms = 0, isas = 0;
    while (pp_name(PP_NAME_ALGORITHM, algorithms)) algorithms++;
    while (pp_name(PP_NAME_ISA, isas)) isas++;
    assert_true(algorithms >= 2 && isas >= 1);
    assert_string_equal(pp_name(PP_NAME_ALGORITHM, algorithms - 1), "reference");
    assert_string_equal(pp_name(PP_NAME_ISA, 0), "scalar");
    assert_true(pp_isa_available(0));
    const int none[] = {-1, isas, INT_MAX, INT_MIN};
    for (int i = 0; i < COUNT(none); i++) {
        assert_null(pp_name(PP_NAME_ALGORITHM, none[i] == isas ? algorithms : none[i]));
        assert_null(pp_name(PP_NAME_ISA, none[i]));
        assert_false(pp_isa_available(none[i]));
    }
    static const size_t sizes[] = {4, 8, 1, 2, 2, 1, 0, 0};
    for (int i = 0; i < COUNT(sizes); i++) assert_int_equal(pp_dtype_size((pp_dtype)i), sizes[i]);
    assert_int_equal(pp_dtype_size((pp_dtype)-1), 0);
}

/* ------------------------------------------------------------------------------------------------ defaults */

typedef struct dialect {
    bool stride_is_kernel;
    pp_size_rule size_rule;
    pp_divisor divisor;
    pp_nan nan;
    pp_empty empty_max, empty_average;
    pp_rounding rounding;
    pp_index_convention convention;
} dialect;

static const dialect dialects[] = {
    [PP_DIALECT_PLAIN] = {true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_LAST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
                          PP_INDEX_PLANE},
    [PP_DIALECT_TORCH] = {true, PP_SIZE_FLOOR, PP_DIVISOR_CLAMPED, PP_NAN_LAST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_TRUNCATE,
                          PP_INDEX_PLANE},
    [PP_DIALECT_ONNX] = {false, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_LAST, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN,
                         PP_INDEX_TENSOR},
    [PP_DIALECT_KERAS] = {true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
                          PP_INDEX_PLANE},
    [PP_DIALECT_TF] = {true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN,
                       PP_INDEX_PLANE},
    [PP_DIALECT_TFLITE] = {true, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ERROR, PP_ROUND_HALF_AWAY,
                           PP_INDEX_PLANE},
    [PP_DIALECT_CAFFE] = {false, PP_SIZE_CEIL_CAFFE, PP_DIVISOR_CLAMPED, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN,
                          PP_INDEX_PLANE},
    [PP_DIALECT_ONEDNN] = {false, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_NAN_IGNORE, PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN,
                           PP_INDEX_PLANE},
};

static void check_defaults(pp_dialect d, int number, pp_op op, int rank)
{
    pp_desc desc;
    memset(&desc, 0xA5, sizeof desc);
    assert_int_equal(pp_desc_init(&desc, d, number, op, rank), PP_OK);
    const dialect *want = &dialects[d];
    bool max = op == PP_OP_MAX || op == PP_OP_MIN;
    assert_int_equal(desc.struct_size, sizeof desc);
    assert_true(desc.dialect == d && desc.dialect_version == number && desc.op == op && desc.rank == rank);
    assert_true(desc.mode == PP_MODE_SLIDING && desc.dtype == PP_F32 && desc.layout == PP_CHANNELS_FIRST && !desc.unbatched);
    assert_true(desc.batch == PP_AUTO && desc.channels == PP_AUTO && desc.padding == PP_PAD_EXPLICIT);
    for (int a = 0; a < rank; a++) {
        assert_true(desc.input_size[a] == PP_AUTO && desc.kernel[a] == PP_AUTO && desc.output_size[a] == PP_AUTO);
        assert_true(desc.stride[a] == (want->stride_is_kernel ? PP_AUTO : 1) && desc.dilation[a] == 1);
        assert_true(desc.pad_begin[a] == 0 && desc.pad_end[a] == 0);
    }
    assert_int_equal(desc.size_rule, want->size_rule);
    assert_int_equal(desc.divisor, want->divisor);
    assert_int_equal(desc.nan, want->nan);
    assert_int_equal(desc.empty, max ? want->empty_max : want->empty_average);
    assert_int_equal(desc.rounding, want->rounding);
    assert_int_equal(desc.index_convention, want->convention);
    assert_true(desc.ties == PP_TIES_FIRST && desc.indices == PP_INDEX_NONE && desc.backward == PP_BACKWARD_NONE);
    for (int t = 0; t < PP_TENSOR_COUNT; t++) assert_true(desc.view[t].strides[0] == PP_AUTO && desc.view[t].offset == 0);
}

static void desc_init(void **state)
{
    (void)state;
    for (int d = 0; d < COUNT(dialects); d++)
        for (int op = PP_OP_MAX; op <= PP_OP_SUM; op++)
            for (int rank = 1; rank <= PP_MAX_RANK; rank++) check_defaults((pp_dialect)d, d == PP_DIALECT_ONNX ? 11 : 0, (pp_op)op, rank);
}

static void set_shape(void **state)
{
    (void)state;
    static const int64_t shape[] = {3, 5, 7, 11, 13};
    for (int rank = 1; rank <= 3; rank++) {
        for (int form = 0; form < 4; form++) {
            pp_desc desc;
            char error[64] = "old";
            bool last = form % 2, unbatched = form / 2;
            assert_int_equal(pp_desc_init(&desc, PP_DIALECT_PLAIN, 0, PP_OP_MAX, rank), PP_OK);
            desc.layout = last ? PP_CHANNELS_LAST : PP_CHANNELS_FIRST;
            desc.unbatched = !unbatched; /* whatever it was */
            assert_int_equal(pp_desc_set_shape(&desc, rank + 2 - unbatched, shape, error, sizeof error), PP_OK);
            assert_string_equal(error, "");
            const int64_t *rest = shape + !unbatched;
            assert_true(desc.batch == (unbatched ? 1 : 3) && (desc.unbatched != 0) == unbatched);
            assert_true(desc.channels == (last ? rest[rank] : rest[0]));
            for (int a = 0; a < rank; a++) assert_true(desc.input_size[a] == rest[a + !last]);
            for (int a = 0; a < rank; a++) desc.kernel[a] = 2;
            pp_plan *plan = desc_plan(&desc, NULL, "set_shape");
            int64_t back[5];
            assert_int_equal(pp_plan_shape(plan, PP_INPUT, back), rank + 2 - unbatched);
            assert_memory_equal(back, shape, (size_t)(rank + 2 - unbatched) * sizeof *back);
            pp_plan_destroy(plan);
        }
    }
}

static void plan_shape(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int count;
        int64_t input[5], output[5];
    } list[] = {
        {"max1d ncw n2c3 i9 k2", 3, {2, 3, 9}, {2, 3, 4}},
        {"max2d nhwc n2c3 i9x8 k2x3", 4, {2, 9, 8, 3}, {2, 4, 2, 3}},
        {"avg3d ncdhw n2c3 i4x5x6 k2 s1", 5, {2, 3, 4, 5, 6}, {2, 3, 3, 4, 5}},
        {"avg3d dhwc c3 i4x5x6 k2 s1", 4, {4, 5, 6, 3}, {3, 4, 5, 3}},
        {"global_sum2d chw c3 i9x8", 3, {3, 9, 8}, {3, 1, 1}},
        {"adaptive_max2d nchw n0c3 i9x8 o4x-", 4, {0, 3, 9, 8}, {0, 3, 4, 8}},
    };
    for (int i = 0; i < COUNT(list); i++) {
        pp_plan *plan = case_plan(list[i].text, NULL);
        for (int t = 0; t < PP_TENSOR_COUNT; t++) {
            int64_t shape[5];
            bool input = t == PP_INPUT || t == PP_GRAD_INPUT;
            assert_int_equal(pp_plan_shape(plan, (pp_tensor)t, shape), list[i].count);
            assert_memory_equal(shape, input ? list[i].input : list[i].output, (size_t)list[i].count * sizeof *shape);
        }
        pp_plan_destroy(plan);
    }
}

static void plan_desc(void **state)
{
    (void)state;
    pp_plan *plan = case_plan("avg2d n1c1 i9x8 k3x2 same s2x1 bwd", NULL);
    const pp_desc *desc = pp_plan_desc(plan);
    assert_true(desc->pad_begin[0] == 1 && desc->pad_end[0] == 1 && desc->pad_begin[1] == 0 && desc->pad_end[1] == 1);
    assert_true(desc->output_size[0] == 5 && desc->output_size[1] == 8 && desc->backward == PP_BACKWARD_AUTO);
    pp_plan_destroy(plan);
    plan = case_plan("max2d n1c1 i9x8 k3x2 idx bwd", NULL);
    desc = pp_plan_desc(plan);
    assert_true(desc->stride[0] == 3 && desc->stride[1] == 2 && desc->backward == PP_BACKWARD_INDICES);
    pp_plan_destroy(plan);
    plan = case_plan("adaptive_max2d n1c1 i9x8 o-x3 bwd", NULL);
    desc = pp_plan_desc(plan);
    assert_true(desc->output_size[0] == 9 && desc->output_size[1] == 3 && desc->backward == PP_BACKWARD_RECOMPUTE);
    pp_plan_destroy(plan);
}

/* ------------------------------------------------------------------------------------------------ instruction sets */

/* The plan's description names instruction set "want". */
static void check_isa(const char *option, const char *want)
{
    pp_options options = {.struct_size = sizeof options, .isa = option};
    char text[512], says[64];
    pp_plan *plan = case_plan("max2d nchw n1c2 i20x20 k3 s2", &options);
    pp_plan_describe(plan, text, sizeof text);
    snprintf(says, sizeof says, " on %s", want);
    check_says(text, says, option ? option : "environment");
    pp_plan_destroy(plan);
}

static void isa_caps(void **state)
{
    (void)state;
    const char *before = getenv("POOLPACK_ISA"), *best = "scalar";
    char *kept = before ? strdup(before) : NULL, error[256];
    unsetenv("POOLPACK_ISA");
    for (int i = 0; pp_name(PP_NAME_ISA, i); i++) {
        if (pp_isa_available(i)) best = pp_name(PP_NAME_ISA, i);
        check_isa(pp_name(PP_NAME_ISA, i), best); /* a cap: the best available up to it */
        setenv("POOLPACK_ISA", pp_name(PP_NAME_ISA, i), 1);
        check_isa(NULL, best);
        check_isa("scalar", "scalar"); /* the option goes before the environment */
        unsetenv("POOLPACK_ISA");
    }
    check_isa(NULL, best);
    setenv("POOLPACK_ISA", "", 1);
    check_isa(NULL, best);
    setenv("POOLPACK_ISA", "avx3", 1);
    pp_desc desc = case_desc("max2d nchw n1c2 i20x20 k3 s2");
    pp_plan *plan;
    assert_int_equal(pp_plan_create(&plan, &desc, NULL, error, sizeof error), PP_INVALID);
    check_says(error, "isa = avx3|instruction set", "environment");
    check_isa(best, best);
    if (kept) setenv("POOLPACK_ISA", kept, 1);
    else unsetenv("POOLPACK_ISA");
    free(kept);
    settle();
}

static void describe(void **state)
{
    (void)state;
    pp_options options = {.struct_size = sizeof options, .algorithm = "row"};
    pp_plan *plan = case_plan("avg2d nchw n1c2 i20x20 k3 s2 bwd", &options);
    char whole[512];
    size_t length = pp_plan_describe(plan, whole, sizeof whole);
    assert_int_equal(length, strlen(whole));
    assert_null(strchr(whole, '\n'));
    check_says(whole, "forward: row (|backward: cover (", "describe");
    assert_int_equal(pp_plan_describe(plan, NULL, 0), length);
    assert_int_equal(pp_plan_describe(plan, NULL, 99), length);
    for (size_t size = 0; size <= length + 1; size++) { /* as snprintf */
        tensor text = tensor_block(size, true, 0);
        assert_int_equal(pp_plan_describe(plan, text.base, size), length);
        if (size) {
            assert_memory_equal(text.base, whole, size - 1);
            assert_int_equal(text.base[size - 1], '\0');
        }
        tensor_free(&text);
    }
    pp_plan_destroy(plan);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version),    cmocka_unit_test(names),     cmocka_unit_test(desc_init), cmocka_unit_test(set_shape),
        cmocka_unit_test(plan_shape), cmocka_unit_test(plan_desc), cmocka_unit_test(isa_caps),  cmocka_unit_test(describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

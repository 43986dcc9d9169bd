/* Every wrong description has its status, and a sentence that names the field, its value and the rule. */
#include "unit.h"

#include <limits.h>
#include <math.h>

#define MAX63 "9223372036854775807"
#define TWO62 "4611686018427387904"

typedef struct wrong {
    const char *text;
    pp_status status;
    const char *says;
} wrong;

/* Planning fails so, leaves *plan NULL, and pp_plan_size and pp_plan_init agree. */
static void check_wrong(const pp_desc *desc, const char *about, pp_status want, const char *says)
{
    char error[512] = "old", again[512] = "old";
    pp_plan *plan = (pp_plan *)error;
    pp_status status = pp_plan_create(&plan, desc, NULL, error, sizeof error);
    check_status(status, want, error, about);
    if (status == PP_OK) {
        pp_plan_destroy(plan);
        return;
    }
    assert_null(plan);
    check_says(error, says, about);
    size_t size = 77;
    status = pp_plan_size(&size, desc, again, sizeof again);
    if (status == PP_OK) { /* the size is known, what is wrong comes after */
        void *memory = test_malloc(size);
        plan = memory;
        status = pp_plan_init(&plan, memory, size, desc, NULL, again, sizeof again);
        test_free(memory);
        assert_null(plan);
    } else {
        assert_int_equal(size, 0);
    }
    check_status(status, want, again, about);
    assert_string_equal(again, error);
}

static void check_list(const wrong *list, int count)
{
    for (int i = 0; i < count; i++) {
        pp_desc desc = case_desc(list[i].text);
        check_wrong(&desc, list[i].text, list[i].status, list[i].says);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ sizes */

static void wrong_sizes(void **state)
{
    (void)state;
    static const wrong list[] = {
        {"max2d n1c1 i4x4 k0", PP_INVALID, "kernel[0] = 0|at least 1"},
        {"max2d n1c1 i4x4 k2x-3", PP_INVALID, "kernel[1] = -3|at least 1"},
        {"max2d n1c1 i4x4 k-" MAX63, PP_INVALID, "kernel[0] = -" MAX63 "|at least 1"},
        {"max2d n1c1 i4x4", PP_INVALID, "kernel[0] is not set"},
        {"max1d n1c1 i-4 k2", PP_INVALID, "input_size[0] = -4|negative"},
        {"max2d n1c1 i4x-" MAX63 " k2", PP_INVALID, "input_size[1] = -" MAX63 "|negative"},
        {"max1d n1c1 k2", PP_INVALID, "input_size[0] is not set"},
        {"global_max3d n1c1", PP_INVALID, "input_size[0] is not set"},
        {"adaptive_max1d n1c1 o2", PP_INVALID, "input_size[0] is not set"},
        {"max1d c1 i4 k2", PP_INVALID, "batch is not set"},
        {"max1d n1 i4 k2", PP_INVALID, "channels is not set"},
        {"max1d cw n2c1 i4 k2", PP_INVALID, "batch = 2|must be 1|unbatched"},
        {"max1d cw n0c1 i4 k2", PP_INVALID, "batch = 0|must be 1|unbatched"},
        {"max2d n1c1 i4x4 k2 s0", PP_INVALID, "stride[0] = 0|at least 1"},
        {"max2d n1c1 i4x4 k2 s1x-2", PP_INVALID, "stride[1] = -2|at least 1"},
        {"max2d n1c1 i4x4 k2 d0", PP_INVALID, "dilation[0] = 0|at least 1"},
        {"max3d n1c1 i4 k2 d1x1x-" MAX63, PP_INVALID, "dilation[2] = -" MAX63 "|at least 1"},
        {"max2d n1c1 i4x4 k2 out=-1x2", PP_INVALID, "output_size[0] = -1|negative"},
        {"adaptive_avg2d n1c1 i4x4 o2x-3", PP_INVALID, "output_size[1] = -3|negative"},
        {"max1d n1c1 i4 k2 p-9", PP_INVALID, "output_size[0] = -7|window of 2|padded input of 4"},
        {"max1d n1c1 i4 k9 s1", PP_INVALID, "output_size[0] = -4|window of 9|padded input of 4"},
        {"max1d n1c1 i4 k" MAX63 " s1", PP_INVALID, "output_size[0] = -|window of " MAX63},
        {"max2d n1c1 i4x4 k3x2147483649 s1", PP_INVALID, "output_size[1] = -2147483644|window of 2147483649"},
        {"max1d n1c1 i4 k2 s1 d2147483648", PP_INVALID, "output_size[0] = -2147483644|window of 2147483649"},
        {"max1d n1c1 i0 k2 s1", PP_INVALID, "output_size[0] = -1|window of 2|padded input of 0"},
        {"max1d n1c1 i9 k5 s1 ceil=torch p-4", PP_INVALID, "output_size[0] = -3|window of 5"},
        {"max1d n1c1 i9 k5 s1 ceil=caffe p-4", PP_INVALID, "output_size[0] = -|window of 5"},
    };
    check_list(list, COUNT(list));
}

/* ------------------------------------------------------------------------------------------------ overflow */

static void overflow(void **state)
{
    (void)state;
    static const wrong list[] = {
        {"max1d n1c1 i4 k" MAX63 " d2", PP_OVERFLOW, "kernel[0] = " MAX63 "|dilation[0] = 2|2^63"},
        {"max1d n1c1 i4 k4611686018427387905 d2", PP_OVERFLOW, "kernel[0] = 4611686018427387905|dilation[0] = 2|2^63"},
        {"max2d n1c1 i4 k2x3 d1x" MAX63, PP_OVERFLOW, "kernel[1] = 3|dilation[1] = " MAX63},
        {"max1d n1c1 i4 k4294967297 d4294967296", PP_OVERFLOW, "kernel[0] = 4294967297|dilation[0] = 4294967296"},
        {"max1d n1c1 i" MAX63 " k1 s1 p1", PP_OVERFLOW, "pad_begin[0] = 1|pad_end[0] = 1|2^63"},
        {"max1d n1c1 i4 k2 s1 p" MAX63, PP_OVERFLOW, "pad_begin[0] = " MAX63 "|2^63"},
        {"max1d n1c1 i4 k2 s1 p0:" MAX63, PP_OVERFLOW, "pad_end[0] = " MAX63 "|2^63"},
        {"max1d n1c1 i4 k2 s1 p-" MAX63, PP_OVERFLOW, "pad_begin[0] = -" MAX63},
        {"max1d n1c1 i4 k2 s1 p" TWO62, PP_OVERFLOW, "pad_begin[0] = " TWO62 "|pad_end[0] = " TWO62},
        {"max1d n1c1 i4 k2 s" MAX63 " out=3", PP_OVERFLOW, "output_size[0] = 3|stride[0] = " MAX63},
        {"max1d n1c1 i4 k2 s3 same out=5000000000000000000", PP_OVERFLOW, "stride[0] = 3|SAME"},
        {"max1d n1c1 i3 k" MAX63 " s" TWO62 " same out=2", PP_OVERFLOW, "kernel[0] = " MAX63 "|stride[0] = " TWO62 "|SAME"},
        {"max1d n1c1 i" MAX63 " k2", PP_OVERFLOW, "input|address space"},
        {"max2d n1c1 i4294967296x4294967296 k2", PP_OVERFLOW, "input|address space"},
        {"max2d n1c1 i4294967296x2147483648 k2", PP_OVERFLOW, "input|address space"},
        {"max1d n" TWO62 "c4 i1 k1", PP_OVERFLOW, "input|address space"},
        {"max1d nwc n4c" TWO62 " i1 k1", PP_OVERFLOW, "input|address space"},
        {"max1d u8 n" MAX63 "c2 i1 k1", PP_OVERFLOW, "input|address space"},
        {"max1d n1c1 i4 k2 s1 out=" MAX63, PP_OVERFLOW, "output"},
        {"max1d n1c1 i4 k2 view=1,1," MAX63 ":0", PP_OVERFLOW, "input|address space"},
        {"max1d n1c1 i4 k2 view=4,4,1:" MAX63, PP_OVERFLOW, "input|address space"},
        {"max1d n1c1 i4 k2 view=4,4,1:-" MAX63, PP_OVERFLOW, "input|address space"},
        {"max1d n1c1 i4 k2 view.output=1,1,-" TWO62 ":0", PP_OVERFLOW, "output|address space"},
        {"max1d n2c1 i4 k2 idx view.indices=" TWO62 ",1,1:0", PP_OVERFLOW, "indices|address space"},
        {"max1d n1c1 i4 k2 idx bwd view.grad_output=1,1," TWO62 ":0", PP_OVERFLOW, "grad_output|address space"},
        {"max1d n1c1 i4 k2 idx bwd view.grad_input=1,1," TWO62 ":0", PP_OVERFLOW, "grad_input|address space"},
        {"avg3d n1c1 i4 k4294967296 s1 same div=full", PP_OVERFLOW, "kernel|divisor|2^63"},
        {"avg2d n1c1 i4 k3037000500 s1 same div=clamped", PP_OVERFLOW, "kernel|divisor|2^63"},
        {"avg2d n1c1 i4 k" MAX63 "x2 s1 same div=full", PP_OVERFLOW, "kernel|divisor|2^63"},
        {"adaptive_max1d n1c1 i3 o" MAX63, PP_OVERFLOW, "output_size[0] = " MAX63 "|table"},
        {"adaptive_max1d n1c1 i3 o" TWO62, PP_OVERFLOW, "output_size[0] = " TWO62 "|table"},
        {"max2d n1c1 i65536x65536 k2 idx32", PP_OVERFLOW, "indices = i32|4294967295|i64"},
        {"max1d n1c1 i2147483649 k2 idx32", PP_OVERFLOW, "indices = i32|2147483648|i64"},
        {"max1d n2c1 i1073741825 k2 idx32=tensor", PP_OVERFLOW, "indices = i32|2147483649|i64"},
    };
    check_list(list, COUNT(list));
}

/* Next to the limits, but within. */
static void large_but_legal(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max1d n1c1 i4 k" TWO62 " d2 s1 same",
        "max1d n1c1 i2147483648 k2 idx32",
        "max1d n2c1 i1073741824 k2 idx32=tensor",
        "max1d n2c1 i1073741825 k2 idx32",
        "max1d n0c1 i" TWO62 " k2",
        "avg2d n1c1 i4 k3037000499 s1 same div=full",
        "avg2d n1c1 i4 k3037000500 s1 same div=valid",
        "max3d n1c1 i4 k4294967296 s1 same div=full", /* a maximum divides by nothing */
        "sum3d n1c1 i4 k4294967296 s1 same div=full",
        "max3d n1c1 i4 k4294967296 s1 p2147483648 dialect=torch",
        "avg3d n1c1 i4 k4294967296 s1 same div=3", /* the override does */
        "max1d n1152921504606846976c1 i1 k1",      /* there are no indices whose bytes could overflow */
        "max1d n1c1 i4 k1 s" MAX63,
        "max1d n1c1 i" MAX63 " k" MAX63 " view=0,0,0:0", /* one element, seen everywhere */
    };
    for (int i = 0; i < COUNT(list); i++) {
        pp_desc desc = case_desc(list[i]);
        char error[512];
        pp_plan *plan;
        check_status(pp_plan_create(&plan, &desc, NULL, error, sizeof error), PP_OK, error, list[i]);
        pp_plan_destroy(plan);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ choices */

static void wrong_choices(void **state)
{
    (void)state;
    static const wrong list[] = {
        {"avg1d n1c1 i4 k2 idx", PP_INVALID, "indices|avg|max and min"},
        {"sum1d n1c1 i4 k2 idx32", PP_INVALID, "indices|sum|max and min"},
        {"avg1d n1c1 i4 k2 empty=lowest", PP_INVALID, "empty = lowest|avg"},
        {"sum1d n1c1 i4 k2 empty=lowest", PP_INVALID, "empty = lowest|sum"},
        {"max1d u8 n1c1 i4 k2 empty=nan", PP_INVALID, "empty = nan|u8"},
        {"max1d u8 n1c1 i4 k2 bwd", PP_UNSUPPORTED, "backward|floating|u8"},
        {"avg1d u8 n1c1 i4 k2 bwd", PP_UNSUPPORTED, "backward|floating|u8"},
        {"max1d n1c1 i4 k2 bwd=indices", PP_INVALID, "backward = indices|none"},
        {"avg1d n1c1 i4 k2 bwd=indices", PP_INVALID, "backward = indices"},
        {"avg1d n1c1 i4 k2 bwd=recompute", PP_INVALID, "backward = recompute|avg"},
        {"avg1d n1c1 i4 k2 div=0", PP_INVALID, "divisor_override = 0|finite and not 0"},
        {"avg1d n1c1 i4 k2 div=-0", PP_INVALID, "divisor_override = -0|finite and not 0"},
        {"avg1d n1c1 i4 k2 div=inf", PP_INVALID, "divisor_override = inf|finite"},
        {"avg1d n1c1 i4 k2 div=nan", PP_INVALID, "divisor_override|nan|finite"},
        {"avg1d u8 n1c1 i4 k2 div=1e999", PP_INVALID, "divisor_override = inf|finite"},
        {"max1d n1c1 i4 k2 p5 empty=error", PP_EMPTY_WINDOW, "output 0|axis 0|empty = error"},
        {"avg2d n1c1 i4 k2 p0:0x5 empty=error", PP_EMPTY_WINDOW, "output 3|axis 1|empty = error"},
        {"max1d n1c1 i4 k2 d5 p1 s1 empty=error", PP_EMPTY_WINDOW, "output 0|axis 0|empty = error"},
        {"max1d n1c1 i4 k2 d5 p5 s1 empty=error", PP_EMPTY_WINDOW, "output 4|axis 0|empty = error"},
        {"global_max1d n1c1 i0 empty=error", PP_EMPTY_WINDOW, "output 0|axis 0|empty = error"},
        {"avg3d n1c1 i4 k2 p0x0x3 empty=error", PP_EMPTY_WINDOW, "output 0|axis 2|empty = error"},
    };
    check_list(list, COUNT(list));
    pp_plan_destroy(case_plan("global_max1d n0c1 i0 empty=error", NULL)); /* no output, no empty window */
}

/* ------------------------------------------------------------------------------------------------ dialects */

static void refusals(void **state)
{
    (void)state;
    static const wrong list[] = {
        {"max1d n1c1 i4 k2 p-1 dialect=torch", PP_REFUSED, "pad_begin[0] = -1|torch|negative"},
        {"max1d n1c1 i4 k2 p1:0 dialect=torch", PP_REFUSED, "pad_begin[0] = 1|pad_end[0] = 0|torch"},
        {"max1d n1c1 i4 k3 p2 dialect=torch", PP_REFUSED, "pad_begin[0] = 2|torch|half|3|1"},
        {"max1d n1c1 i4 k2 same dialect=torch", PP_REFUSED, "padding = same|torch"},
        {"max1d n1c0 i4 k2 dialect=torch", PP_REFUSED, "channels = 0|torch"},
        {"max1d n1c1 i1 k2 dialect=torch", PP_REFUSED, "output_size[0] = 0|torch"},
        {"adaptive_avg1d n1c1 i4 o0 bwd dialect=torch", PP_REFUSED, "output_size[0] = 0|torch|backward"},
        {"global_max1d n1c1 i0 dialect=torch", PP_REFUSED, "input_size[0] = 0|torch"},
        {"avg3d n1c1 i4x4x2 k3 p1 dialect=torch", PP_REFUSED, "kernel[2] = 3|torch|2"},
        {"max1d n1c1 i4 k2 p-1 dialect=onnx", PP_REFUSED, "pad_begin[0] = -1|onnx|negative"},
        {"max1d n1c1 i4 k2 ceil dialect=onnx@9", PP_REFUSED, "ceil_mode|onnx|MaxPool|10|9"},
        {"avg1d n1c1 i4 k2 d2 dialect=onnx@18", PP_REFUSED, "dilations|onnx|AveragePool|19|18"},
        {"max1d n1c1 i4 k2 idx dialect=onnx@7", PP_REFUSED, "indices|onnx|8|7"},
        {"max1d n1c1 i4 k2 p1 dialect=keras", PP_REFUSED, "pad_begin[0] = 1|keras|SAME or VALID"},
        {"max1d n1c1 i4 k2 d2 dialect=keras", PP_REFUSED, "dilation[0] = 2|keras"},
        {"max1d n1c1 i4 k2 ceil=torch dialect=keras", PP_REFUSED, "size_rule = torch|keras|ceil"},
        {"avg1d n1c1 i4 k2 div=full dialect=keras", PP_REFUSED, "divisor = full|keras|padding"},
        {"max1d n1c1 i4 k5 valid dialect=keras", PP_REFUSED, "kernel[0] = 5|keras|4"},
        {"max1d n1c1 i4 k2147483648 same dialect=keras", PP_REFUSED, "kernel[0] = 2147483648|keras|32-bit"},
        {"max1d n1c1 i4 k2 s2147483648 same dialect=tflite", PP_REFUSED, "stride[0] = 2147483648|tflite|32-bit"},
        {"max1d n1c1 i9 k2 s2 d2 dialect=tf", PP_REFUSED, "stride[0] = 2|dilation[0] = 2|tf"},
        {"max1d n1c1 i9 k2 p2 dialect=tf", PP_REFUSED, "pad_begin[0] = 2|tf|smaller than the kernel"},
        {"max1d n1c1 i9 k2 d2 dialect=caffe", PP_REFUSED, "dilation[0] = 2|caffe"},
        {"max1d n1c1 i9 k2 p2 dialect=caffe", PP_REFUSED, "pad_begin[0] = 2|caffe|smaller than the kernel"},
        {"max1d n1c1 i9 k2 same dialect=onednn", PP_REFUSED, "padding = same|onednn"},
        {"max1d n1c1 i9 k2 ceil=plain dialect=onednn", PP_REFUSED, "size_rule = plain|onednn"},
    };
    check_list(list, COUNT(list));
}

/* ------------------------------------------------------------------------------------------------ fields */

static void unknown_values(void **state)
{
    (void)state;
#define FIELD(name, count)                                                                                                                 \
    {                                                                                                                                      \
#name, offsetof(pp_desc, name), count                                                                                              \
    }
    static const struct {
        const char *name;
        size_t at;
        int count; /* values from here on do not exist */
    } fields[] = {
        FIELD(dialect, PP_DIALECT_ONEDNN + 1),
        FIELD(op, PP_OP_SUM + 1),
        FIELD(mode, PP_MODE_GLOBAL + 1),
        FIELD(dtype, PP_INT8 + 1),
        FIELD(layout, PP_CHANNELS_LAST + 1),
        FIELD(padding, PP_PAD_SAME_LOWER + 1),
        FIELD(size_rule, PP_SIZE_GIVEN + 1),
        FIELD(divisor, PP_DIVISOR_OVERRIDE + 1),
        FIELD(nan, PP_NAN_IGNORE + 1),
        FIELD(ties, PP_TIES_LAST + 1),
        FIELD(empty, PP_EMPTY_ERROR + 1),
        FIELD(rounding, PP_ROUND_TRUNCATE + 1),
        FIELD(indices, PP_INDEX_U16 + 1),
        FIELD(index_convention, PP_INDEX_WINDOW + 1),
        FIELD(backward, PP_BACKWARD_RECOMPUTE + 1),
        FIELD(rank, PP_MAX_RANK + 1),
    };
#undef FIELD
    const int others[] = {-1, INT_MIN, INT_MAX, 1000};
    for (int f = 0; f < COUNT(fields); f++) {
        for (int i = -1; i < COUNT(others); i++) {
            int value = i < 0 ? fields[f].count : others[i];
            pp_desc desc = case_desc("max2d n1c1 i4x4 k2");
            char says[80];
            memcpy((char *)&desc + fields[f].at, &value, sizeof value);
            snprintf(says, sizeof says, "%s = %d", fields[f].name, value);
            check_wrong(&desc, says, PP_INVALID, says);
        }
    }
    pp_desc desc = case_desc("max2d n1c1 i4x4 k2");
    desc.rank = 0;
    check_wrong(&desc, "rank 0", PP_INVALID, "rank = 0|1, 2 or 3");
    desc = case_desc("max2d n1c1 i4x4 k2 dialect=onnx");
    desc.dialect_version = -3;
    check_wrong(&desc, "version", PP_INVALID, "dialect_version = -3|negative");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.dialect_version = INT_MIN;
    check_wrong(&desc, "version", PP_INVALID, "dialect_version = -2147483648|negative");
    settle();
}

/* What the notation cannot say. */
static void unsayable_values(void **state)
{
    (void)state;
    pp_desc desc = case_desc("max2d n1c1 i4x4 k2");
    desc.batch = -1;
    check_wrong(&desc, "batch", PP_INVALID, "batch = -1|negative");
    desc.batch = -INT64_MAX;
    check_wrong(&desc, "batch", PP_INVALID, "batch = -" MAX63 "|negative");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.channels = -7;
    check_wrong(&desc, "channels", PP_INVALID, "channels = -7|negative");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.pad_begin[1] = PP_AUTO;
    check_wrong(&desc, "pads", PP_INVALID, "pad_begin[1]|numbers");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.pad_end[0] = PP_AUTO;
    check_wrong(&desc, "pads", PP_INVALID, "pad_end[0]|numbers");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.dilation[0] = PP_AUTO;
    check_wrong(&desc, "dilation", PP_INVALID, "dilation[0]|at least 1");
    desc = case_desc("max2d n1c1 i4x4 k2");
    desc.size_rule = PP_SIZE_GIVEN;
    check_wrong(&desc, "given", PP_INVALID, "output_size[0]|given");
    desc = case_desc("max2d n2c2 i4x4 k2");
    desc.view[PP_INPUT].strides[0] = 16;
    desc.view[PP_INPUT].strides[1] = PP_AUTO; /* only strides[0] says "dense" */
    check_wrong(&desc, "view", PP_OVERFLOW, "input|address space");
    desc = case_desc("avg2d n1c1 i4x4 k2 div=3");
    desc.divisor_override = -(double)NAN;
    check_wrong(&desc, "divisor", PP_INVALID, "divisor_override|finite");
    settle();
}

static void uninitialised(void **state)
{
    (void)state;
    pp_desc desc;
    memset(&desc, 0, sizeof desc);
    check_wrong(&desc, "zero", PP_INVALID, "never initialised|pp_desc_init");
    desc = case_desc("max2d n1c1 i4x4 k2");
    const size_t sizes[] = {0, 1, sizeof desc - 1, sizeof desc + 1, SIZE_MAX};
    for (int i = 0; i < COUNT(sizes); i++) {
        desc.struct_size = sizes[i];
        check_wrong(&desc, "struct_size", PP_INVALID, "never initialised|pp_desc_init");
    }
    memset(&desc, 0xA5, sizeof desc);
    check_wrong(&desc, "garbage", PP_INVALID, "never initialised|pp_desc_init");
    check_wrong(NULL, "NULL", PP_INVALID, "desc is NULL");
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_sizes),      cmocka_unit_test(overflow),      cmocka_unit_test(large_but_legal),
        cmocka_unit_test(wrong_choices),    cmocka_unit_test(refusals),      cmocka_unit_test(unknown_values),
        cmocka_unit_test(unsayable_values), cmocka_unit_test(uninitialised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

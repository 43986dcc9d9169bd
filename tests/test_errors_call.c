/* Wrong arguments of every function that is not a run: status, sentence, and nothing changed; error buffers of every size. */
#include "unit.h"

#include <limits.h>
#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ descriptions */

static void desc_init(void **state)
{
    (void)state;
    static const struct {
        int dialect, version, op, rank;
    } wrong[] = {
        {-1, 0, PP_OP_MAX, 2},
        {PP_DIALECT_ONEDNN + 1, 0, PP_OP_MAX, 2},
        {INT_MAX, 0, PP_OP_MAX, 2},
        {PP_DIALECT_PLAIN, -1, PP_OP_MAX, 2},
        {PP_DIALECT_ONNX, INT_MIN, PP_OP_MAX, 2},
        {PP_DIALECT_PLAIN, 0, -1, 2},
        {PP_DIALECT_PLAIN, 0, PP_OP_SUM + 1, 2},
        {PP_DIALECT_PLAIN, 0, PP_OP_MAX, 0},
        {PP_DIALECT_PLAIN, 0, PP_OP_MAX, 4},
        {PP_DIALECT_PLAIN, 0, PP_OP_MAX, INT_MIN},
    };
    pp_desc zero;
    memset(&zero, 0, sizeof zero);
    for (int i = 0; i < COUNT(wrong); i++) {
        pp_desc desc;
        memset(&desc, 0xA5, sizeof desc);
        assert_int_equal(pp_desc_init(&desc, (pp_dialect)wrong[i].dialect, wrong[i].version, (pp_op)wrong[i].op, wrong[i].rank),
                         PP_INVALID);
        assert_memory_equal(&desc, &zero, sizeof desc);
    }
    assert_int_equal(pp_desc_init(NULL, PP_DIALECT_PLAIN, 0, PP_OP_MAX, 2), PP_INVALID);
}

static void set_shape(void **state)
{
    (void)state;
    static const struct {
        int axes;
        int64_t shape[5];
        const char *says;
    } wrong[] = {
        {0, {1}, "0 axes|2-D|4|3"},
        {-1, {1}, "-1 axes|2-D"},
        {2, {4, 4}, "2 axes|2-D|4|3|batch"},
        {5, {1, 1, 4, 4, 4}, "5 axes|2-D|4"},
        {INT_MAX, {1}, "2147483647 axes"},
        {4, {-1, 1, 4, 4}, "shape[0] = -1|negative"},
        {4, {1, 1, 4, INT64_MIN}, "shape[3] = -9223372036854775808|negative"},
        {3, {1, -7, 4}, "shape[1] = -7|negative"},
    };
    char error[256];
    pp_desc desc = case_desc("max2d nhwc k2"), before = desc;
    for (int i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(pp_desc_set_shape(&desc, wrong[i].axes, wrong[i].shape, error, sizeof error), PP_INVALID);
        check_says(error, wrong[i].says, "set_shape");
        assert_memory_equal(&desc, &before, sizeof desc);
    }
    assert_int_equal(pp_desc_set_shape(&desc, 4, NULL, error, sizeof error), PP_INVALID);
    check_says(error, "shape is NULL", "set_shape");
    assert_memory_equal(&desc, &before, sizeof desc);
    assert_int_equal(pp_desc_set_shape(NULL, 4, wrong[0].shape, error, sizeof error), PP_INVALID);
    check_says(error, "desc", "set_shape");
    memset(&desc, 0, sizeof desc);
    assert_int_equal(pp_desc_set_shape(&desc, 4, wrong[0].shape, error, sizeof error), PP_INVALID);
    check_says(error, "never initialised", "set_shape");
    desc = before;
    desc.rank = 9;
    assert_int_equal(pp_desc_set_shape(&desc, 11, wrong[0].shape, error, sizeof error), PP_INVALID);
    settle();
}

static void parse_and_format(void **state)
{
    (void)state;
    char text[256] = "old", error[256];
    pp_desc desc = case_desc("max2d k2"), zero;
    memset(&zero, 0, sizeof zero);
    assert_int_equal(pp_desc_parse(NULL, "max2d", error, sizeof error), PP_INVALID);
    check_says(error, "desc is NULL", "parse");
    assert_int_equal(pp_desc_parse(&desc, NULL, error, sizeof error), PP_INVALID);
    check_says(error, "text is NULL", "parse");
    assert_int_equal(pp_desc_format(&zero, text, sizeof text), 0);
    assert_string_equal(text, "");
    assert_int_equal(pp_desc_format(NULL, text, sizeof text), 0);
    desc.rank = 7;
    assert_int_equal(pp_desc_format(&desc, text, sizeof text), 0);
    settle();
}

/* ------------------------------------------------------------------------------------------------ plans */

static void plan_arguments(void **state)
{
    (void)state;
    char error[256];
    size_t size = 5;
    pp_desc desc = case_desc("adaptive_avg2d n1c1 i14x13 o4x5 bwd");
    pp_plan *plan = (pp_plan *)error;
    assert_int_equal(pp_plan_create(NULL, &desc, NULL, error, sizeof error), PP_INVALID);
    check_says(error, "plan is NULL", "create");
    assert_int_equal(pp_plan_size(NULL, &desc, error, sizeof error), PP_INVALID);
    check_says(error, "size is NULL", "size");
    assert_int_equal(pp_plan_size(&size, &desc, error, sizeof error), PP_OK);
    tensor memory = tensor_block(size + 64, false, 0);
    assert_int_equal(pp_plan_init(NULL, memory.base, size, &desc, NULL, error, sizeof error), PP_INVALID);
    check_says(error, "plan is NULL", "init");
    assert_int_equal(pp_plan_init(&plan, NULL, size, &desc, NULL, error, sizeof error), PP_NO_MEMORY);
    check_says(error, "memory|needs", "init");
    assert_null(plan);
    plan = (pp_plan *)error;
    assert_int_equal(pp_plan_init(&plan, memory.base, size - 1, &desc, NULL, error, sizeof error), PP_NO_MEMORY);
    char says[128];
    snprintf(says, sizeof says, "memory|needs %zu bytes|%zu were given", size, size - 1);
    check_says(error, says, "init");
    assert_null(plan);
    for (size_t shift = 1; shift < 8; shift++) {
        plan = (pp_plan *)error;
        assert_int_equal(pp_plan_init(&plan, memory.base + shift, size, &desc, NULL, error, sizeof error), PP_INVALID);
        check_says(error, "memory|aligned", "init");
        assert_null(plan);
    }
    assert_true(untouched(&memory));
    tensor_free(&memory);
    pp_plan_destroy(NULL);
    settle();
}

static void *never(void *ctx, size_t size)
{
    (void)ctx, (void)size;
    fail_msg("the allocator was called");
    return NULL;
}

static void never_released(void *ctx, void *memory)
{
    (void)ctx, (void)memory;
    fail_msg("the allocator was called");
}

static void inline_for(void *pool, int64_t count, pp_task task, void *ctx)
{
    (void)pool;
    for (int64_t i = 0; i < count; i++) task(ctx, i);
}

/* Makes a plan with these options by both ways: the same refusal. */
static void refuse(const char *text, const pp_options *options, pp_status want, const char *says)
{
    char error[256];
    size_t size;
    pp_desc desc = case_desc(text);
    pp_plan *plan = (pp_plan *)error;
    check_status(pp_plan_create(&plan, &desc, options, error, sizeof error), want, error, says);
    assert_null(plan);
    check_says(error, says, text);
    assert_int_equal(pp_plan_size(&size, &desc, NULL, 0), PP_OK);
    void *memory = test_malloc(size);
    plan = (pp_plan *)error;
    check_status(pp_plan_init(&plan, memory, size, &desc, options, error, sizeof error), want, error, says);
    assert_null(plan);
    check_says(error, says, text);
    test_free(memory);
}

static void wrong_options(void **state)
{
    (void)state;
    static const char text[] = "max2d nchw n1c1 i9x9 k3";
    const size_t sizes[] = {0, 1, sizeof(pp_options) + 8};
    const pp_options good = {.struct_size = sizeof good};
    pp_options o;
    for (int i = 0; i < COUNT(sizes); i++) {
        o = good;
        o.struct_size = sizes[i];
        refuse(text, &o, PP_INVALID, "options.struct_size|sizeof(pp_options)");
    }
    o = good, o.allocate = never;
    refuse(text, &o, PP_INVALID, "allocate|release");
    o = good, o.release = never_released;
    refuse(text, &o, PP_INVALID, "allocate|release");
    o = good, o.threads = -1;
    refuse(text, &o, PP_INVALID, "options.threads = -1|negative");
    o = good, o.threads = INT_MIN, o.parallel_for = inline_for;
    refuse(text, &o, PP_INVALID, "options.threads = -2147483648|negative");
    o = good, o.stores = (pp_stores)3;
    refuse(text, &o, PP_INVALID, "options.stores = 3|pp_stores");
    o = good, o.threads = 2;
    refuse(text, &o, PP_INVALID, "options.threads = 2|parallel_for");
    const char *const isas[] = {"avx1024",
                                "AVX2",
                                "scalar ",
                                "avx",
                                "avx2,avx512",
                                "\xff\xfe",
                                "a word that is much longer than the name of any instruction set could be"};
    for (int i = 0; i < COUNT(isas); i++) {
        char says[64];
        snprintf(says, sizeof says, "isa = %.40s|instruction set", isas[i]);
        o = good, o.isa = isas[i];
        refuse(text, &o, PP_INVALID, says);
    }
    o = good, o.algorithm = "fastest";
    refuse(text, &o, PP_INVALID, "algorithm = fastest|no such");
    o = good, o.algorithm = "";
    refuse(text, &o, PP_INVALID, "algorithm = |no such");
    o = good, o.algorithm = "inner"; /* needs channels side by side */
    refuse(text, &o, PP_UNSUPPORTED, "algorithm = inner|does not apply");
    o = good, o.algorithm = "scatter"; /* backward only */
    refuse(text, &o, PP_UNSUPPORTED, "algorithm = scatter|does not apply");
    /* whatever is wrong, nothing was allocated */
    o = good, o.allocate = never, o.release = never_released, o.threads = -1;
    refuse(text, &o, PP_INVALID, "threads");
    settle();
}

/* ------------------------------------------------------------------------------------------------ queries */

static void queries(void **state)
{
    (void)state;
    pp_plan *plan = case_plan("max2d n1c1 i9x7 k3x2 s2", NULL); /* outputs 4 x 3 */
    pp_window w, before;
    memset(&w, 0xA5, sizeof w);
    before = w;
    const struct {
        int axis;
        int64_t output;
    } windows[] = {{-1, 0}, {2, 0}, {INT_MAX, 0}, {0, -1}, {0, 4}, {1, 3}, {1, INT64_MAX}, {0, INT64_MIN}};
    for (int i = 0; i < COUNT(windows); i++) assert_int_equal(pp_plan_window(plan, windows[i].axis, windows[i].output, &w), PP_INVALID);
    assert_int_equal(pp_plan_window(NULL, 0, 0, &w), PP_INVALID);
    assert_int_equal(pp_plan_window(plan, 0, 0, NULL), PP_INVALID);
    assert_memory_equal(&w, &before, sizeof w);
    int64_t begin = 77, end = 78;
    const struct {
        int axis;
        int64_t from, to;
    } ranges[] = {{-1, 0, 1}, {2, 0, 1}, {0, -1, 1}, {0, 2, 1}, {0, 0, 10}, {0, INT64_MIN, INT64_MAX}, {1, 8, 8}};
    for (int i = 0; i < COUNT(ranges); i++) {
        assert_int_equal(pp_plan_input_range(plan, ranges[i].axis, ranges[i].from, ranges[i].to, &begin, &end), PP_INVALID);
        assert_int_equal(pp_plan_output_range(plan, ranges[i].axis, ranges[i].from, ranges[i].to, &begin, &end), PP_INVALID);
    }
    assert_int_equal(pp_plan_input_range(plan, 0, 0, 5, &begin, &end), PP_INVALID);
    assert_int_equal(pp_plan_input_range(NULL, 0, 0, 1, &begin, &end), PP_INVALID);
    assert_int_equal(pp_plan_input_range(plan, 0, 0, 1, NULL, &end), PP_INVALID);
    assert_int_equal(pp_plan_output_range(plan, 0, 0, 1, &begin, NULL), PP_INVALID);
    assert_int_equal(pp_plan_output_range(NULL, 0, 0, 1, &begin, &end), PP_INVALID);
    assert_true(begin == 77 && end == 78);
    int64_t shape[5] = {77};
    assert_int_equal(pp_plan_shape(NULL, PP_INPUT, shape), 0);
    assert_int_equal(pp_plan_shape(plan, (pp_tensor)-1, shape), 0);
    assert_int_equal(pp_plan_shape(plan, PP_TENSOR_COUNT, shape), 0);
    assert_int_equal(pp_plan_shape(plan, PP_INPUT, NULL), 0);
    assert_true(shape[0] == 77);
    assert_null(pp_plan_desc(NULL));
    assert_int_equal(pp_plan_scratch_size(NULL), 0);
    char text[8] = "old";
    assert_int_equal(pp_plan_describe(NULL, text, sizeof text), 0);
    assert_string_equal(text, "");
    pp_plan_destroy(plan);
}

/* ------------------------------------------------------------------------------------------------ converting indices */

/* One conversion of four indices fails so; what is written lies inside "to". */
static void convert_wrong(pp_plan *plan, const int64_t from[4], pp_index_convention in, pp_index_type type, pp_index_convention out,
                          pp_status want, const char *says)
{
    char error[256];
    tensor to = tensor_block(4 * pp_index_size(type), true, 0);
    pp_status status = pp_convert_indices(plan, from, PP_INDEX_I64, in, to.base, type, out, error, sizeof error);
    check_status(status, want, error, says);
    if (status != PP_OK) check_says(error, says, "convert");
    tensor_free(&to);
}

static void convert_values(void **state)
{
    (void)state;
    pp_plan *plan = case_plan("max1d n2c1 i4 k2 idx", NULL); /* planes of 4; the second starts at 4 */
    const int64_t below[] = {0, 2, -2, 1}, beyond[] = {0, 4, 0, 0}, lowest[] = {0, 0, 0, INT64_MIN}, huge[] = {INT64_MAX, 0, 0, 0};
    const int64_t other[] = {0, 2, 3, 4};
    convert_wrong(plan, below, PP_INDEX_PLANE, PP_INDEX_I64, PP_INDEX_TENSOR, PP_BAD_INDEX, "index -2|plane of 4");
    convert_wrong(plan, beyond, PP_INDEX_PLANE, PP_INDEX_I32, PP_INDEX_TENSOR, PP_BAD_INDEX, "index 4|plane of 4");
    convert_wrong(plan, lowest, PP_INDEX_PLANE, PP_INDEX_I64, PP_INDEX_PLANE, PP_BAD_INDEX, "index -9223372036854775808");
    convert_wrong(plan, lowest, PP_INDEX_TENSOR, PP_INDEX_I64, PP_INDEX_PLANE, PP_BAD_INDEX, "index ");
    convert_wrong(plan, huge, PP_INDEX_TENSOR, PP_INDEX_I64, PP_INDEX_PLANE, PP_BAD_INDEX, "index 9223372036854775807");
    convert_wrong(plan, other, PP_INDEX_TENSOR, PP_INDEX_I64, PP_INDEX_PLANE, PP_BAD_INDEX, "index 3|plane of 4");
    pp_plan_destroy(plan);

    plan = case_plan("max1d u8 n2c1 i2147483648 k1073741824 s1073741824 idx view=0,0,0:0", NULL);
    const int64_t last[] = {0, INT32_MAX, 0, (int64_t)INT32_MAX}, tensor_wide[] = {0, INT32_MAX, (int64_t)INT32_MAX + 1, -1};
    convert_wrong(plan, last, PP_INDEX_PLANE, PP_INDEX_I32, PP_INDEX_PLANE, PP_OK, "");
    convert_wrong(plan, last, PP_INDEX_PLANE, PP_INDEX_I32, PP_INDEX_TENSOR, PP_OVERFLOW, "index 2147483648|i32");
    convert_wrong(plan, tensor_wide, PP_INDEX_TENSOR, PP_INDEX_I32, PP_INDEX_TENSOR, PP_OVERFLOW, "index 2147483648|i32");
    convert_wrong(plan, tensor_wide, PP_INDEX_TENSOR, PP_INDEX_I32, PP_INDEX_PLANE, PP_OK, "");
    pp_plan_destroy(plan);
    settle();
}

static void convert_arguments(void **state)
{
    (void)state;
    pp_plan *plan = case_plan("max1d n2c1 i4 k2 idx", NULL);
    char error[256];
    int64_t a[8] = {0, 1, 2, 3, 0, 0, 0, 0}, b[8] = {7, 7, 7, 7, 7, 7, 7, 7};
    const struct {
        const void *from;
        int from_type, from_convention;
        void *to;
        int to_type, to_convention;
        const char *says;
    } wrong[] = {
        {NULL, PP_INDEX_I64, 0, b, PP_INDEX_I64, 0, "from is NULL"},
        {a, PP_INDEX_I64, 0, NULL, PP_INDEX_I64, 0, "to is NULL"},
        {a, PP_INDEX_NONE, 0, b, PP_INDEX_I64, 0, "from_type|i32, i64, u8 or u16"},
        {a, PP_INDEX_I64, 0, b, PP_INDEX_NONE, 0, "to_type|i32, i64, u8 or u16"},
        {a, PP_INDEX_U16 + 1, 0, b, PP_INDEX_I64, 0, "from_type|i32, i64, u8 or u16"},
        {a, PP_INDEX_I64, 0, b, -1, 0, "to_type|i32, i64, u8 or u16"},
        {a, PP_INDEX_I64, 3, b, PP_INDEX_I64, 0, "from_convention"},
        {a, PP_INDEX_I64, 0, b, PP_INDEX_I64, -1, "to_convention"},
        {(char *)a + 4, PP_INDEX_I64, 0, b, PP_INDEX_I64, 0, "from|aligned"},
        {a, PP_INDEX_I64, 0, (char *)b + 2, PP_INDEX_I32, 0, "to|aligned"},
        {a, PP_INDEX_I64, 0, a + 1, PP_INDEX_I64, 0, "from overlaps to"},
        {a + 3, PP_INDEX_I64, 0, a, PP_INDEX_I64, 1, "from overlaps to"},
        {a, PP_INDEX_I64, 0, a, PP_INDEX_I32, 0, "from overlaps to"},
        {a, PP_INDEX_I32, 0, a, PP_INDEX_I64, 0, "from overlaps to"},
    };
    int64_t a_before[8], b_before[8];
    memcpy(a_before, a, sizeof a), memcpy(b_before, b, sizeof b);
    for (int i = 0; i < COUNT(wrong); i++) {
        pp_status status = pp_convert_indices(plan, wrong[i].from, (pp_index_type)wrong[i].from_type,
                                              (pp_index_convention)wrong[i].from_convention, wrong[i].to, (pp_index_type)wrong[i].to_type,
                                              (pp_index_convention)wrong[i].to_convention, error, sizeof error);
        check_status(status, PP_INVALID, error, wrong[i].says);
        check_says(error, wrong[i].says, "convert");
    }
    assert_int_equal(pp_convert_indices(NULL, a, PP_INDEX_I64, 0, b, PP_INDEX_I64, 0, error, sizeof error), PP_INVALID);
    check_says(error, "plan is NULL", "convert");
    assert_memory_equal(a, a_before, sizeof a);
    assert_memory_equal(b, b_before, sizeof b);
    assert_int_equal(pp_convert_indices(plan, a, PP_INDEX_I64, 0, a + 4, PP_INDEX_I64, 0, error, sizeof error), PP_OK); /* side by side */
    pp_plan_destroy(plan);
    settle();
}

/* ------------------------------------------------------------------------------------------------ error buffers */

static void error_buffers(void **state)
{
    (void)state;
    pp_desc desc = case_desc("max2d n1c1 i4x4 k2x-3");
    pp_plan *plan;
    char whole[256];
    assert_int_equal(pp_plan_create(&plan, &desc, NULL, whole, sizeof whole), PP_INVALID);
    assert_int_equal(pp_plan_create(&plan, &desc, NULL, NULL, 0), PP_INVALID);
    assert_int_equal(pp_plan_create(&plan, &desc, NULL, NULL, 100), PP_INVALID);
    size_t length = strlen(whole);
    for (size_t size = 0; size <= length + 2; size++) {
        tensor buffer = tensor_block(size, true, 0);
        assert_int_equal(pp_plan_create(&plan, &desc, NULL, buffer.base, size), PP_INVALID);
        size_t kept = size > length ? length : size ? size - 1 : 0;
        if (size) {
            assert_memory_equal(buffer.base, whole, kept);
            assert_int_equal(buffer.base[kept], '\0');
        }
        for (size_t i = kept + 1; i < size; i++) assert_int_equal((unsigned char)buffer.base[i], 0xA5);
        tensor_free(&buffer);
    }
    desc = case_desc("max2d n1c1 i4x4 k2");
    memset(whole, 'x', sizeof whole);
    assert_int_equal(pp_plan_create(&plan, &desc, NULL, whole, sizeof whole), PP_OK);
    assert_string_equal(whole, "");
    pp_plan_destroy(plan);
    memset(whole, 'x', sizeof whole);
    assert_int_equal(pp_desc_parse(&desc, "max2d", whole, 1), PP_OK);
    assert_true(whole[0] == '\0' && whole[1] == 'x');
    memset(whole, 'x', sizeof whole);
    assert_int_equal(pp_desc_parse(&desc, "mox2d", whole, 0), PP_INVALID);
    assert_true(whole[0] == 'x');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(desc_init),      cmocka_unit_test(set_shape),         cmocka_unit_test(parse_and_format),
        cmocka_unit_test(plan_arguments), cmocka_unit_test(wrong_options),     cmocka_unit_test(queries),
        cmocka_unit_test(convert_values), cmocka_unit_test(convert_arguments), cmocka_unit_test(error_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

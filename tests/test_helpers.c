/* The one-call helpers, and the conversion of indices. */
#include "unit.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------ plan, run, destroy */

static void one_call(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max2d nchw f32 n2c3 i9x8 k3 s2 p1 idx",  "max2d nhwc bf16 n2c9 i9x8 k3 s2 p1", "avg3d f64 n1c2 i5 k2",
        "adaptive_avg2d nhwc f32 n1c3 i9x8 o4x3", "global_sum1d cw f32 c3 i9",          "min1d u8 n1c2 i9 k2 idx32=tensor",
        "max1d f32 n1c2 i9 k2 idx bwd=recompute", "avg2d f32 n1c1 i5x5 k2 bwd",
    };
    for (int i = 0; i < COUNT(list); i++) {
        pp_desc desc = case_desc(list[i]), before = desc, full = desc;
        if (full.backward == PP_BACKWARD_NONE && !is_bytes(full.dtype)) full.backward = PP_BACKWARD_AUTO;
        problem planned, called;
        problem_open(&planned, desc_plan(&full, NULL, list[i]), FILL_RANDN, 4);
        problem_open(&called, desc_plan(&full, NULL, list[i]), FILL_RANDN, 4);
        problem_run(&planned, false, list[i]);
        check_status(pp_pool_forward(&desc, &called.args), PP_OK, called.error, list[i]);
        if (!is_bytes(desc.dtype)) { /* the helper adds backward to a description without */
            problem_run(&planned, true, list[i]);
            check_status(pp_pool_backward(&desc, &called.args), PP_OK, called.error, list[i]);
        }
        for (int t = 0; t < PP_TENSOR_COUNT; t++) assert_memory_equal(planned.tensor[t].low, called.tensor[t].low, planned.tensor[t].bytes);
        assert_memory_equal(&desc, &before, sizeof desc);
        problem_close(&planned);
        problem_close(&called);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ indices */

/* The number of the first element of the plane of output i. */
static int64_t plane_base(const pp_desc *d, int64_t i, pp_index_convention convention)
{
    int64_t outputs = 1, plane = 1;
    for (int a = 0; a < d->rank; a++) outputs *= d->output_size[a], plane *= d->input_size[a];
    return convention == PP_INDEX_TENSOR ? i / outputs * plane : 0;
}

/* Between all types and conventions, there and back. */
static void convert_case(const char *text)
{
    char error[256];
    problem p;
    problem_case(&p, text, FILL_RANDN);
    problem_run(&p, false, text);
    tensor *own = &p.tensor[PP_INDICES];
    for (int way = 0; way < 8; way++) {
        pp_index_type type = way & 1 ? PP_INDEX_I32 : PP_INDEX_I64;
        pp_index_convention from = way & 2 ? PP_INDEX_TENSOR : PP_INDEX_PLANE, to = way & 4 ? PP_INDEX_TENSOR : PP_INDEX_PLANE;
        pp_desc other = case_desc(text);
        other.indices = type;
        pp_plan *plan = desc_plan(&other, NULL, text);
        tensor first = tensor_make(plan, PP_INDICES, true, 0), second = tensor_make(p.plan, PP_INDICES, false, 0);
        pp_index_convention native = p.desc->index_convention;
        /* own -> (type, from) -> in place to (type, to) -> back to own */
        pp_status status = pp_convert_indices(p.plan, own->base, p.desc->indices, native, first.base, type, from, error, sizeof error);
        check_status(status, PP_OK, error, text);
        for (int64_t i = 0; i < tensor_count(own); i++) {
            int64_t have = index_at(own, i);
            int64_t want = have < 0 ? -1 : have - plane_base(p.desc, i, native) + plane_base(p.desc, i, from);
            if (index_at(&first, i) != want) complain("%s: way %d: index %lld", text, way, (long long)i);
        }
        if (!tensor_gaps_intact(&first)) complain("%s: a write outside the view", text);
        status = pp_convert_indices(plan, first.base, type, from, first.base, type, to, error, sizeof error);
        check_status(status, PP_OK, error, text);
        status = pp_convert_indices(plan, first.base, type, to, second.base, p.desc->indices, native, error, sizeof error);
        check_status(status, PP_OK, error, text);
        if (memcmp(own->low, second.low, own->bytes)) complain("%s: way %d: not the same after the way back", text, way);
        tensor_free(&first);
        tensor_free(&second);
        pp_plan_destroy(plan);
    }
    problem_close(&p);
}

/* To tap numbers and back. */
static void convert_to_windows(const char *text)
{
    char error[256];
    problem p;
    problem_case(&p, text, FILL_RANDN);
    problem_run(&p, false, text);
    tensor *own = &p.tensor[PP_INDICES];
    static const pp_index_type types[] = {PP_INDEX_U8, PP_INDEX_U16, PP_INDEX_I32, PP_INDEX_I64};
    for (int i = 0; i < COUNT(types); i++) {
        pp_desc other = case_desc(text);
        other.indices = types[i], other.index_convention = PP_INDEX_WINDOW;
        pp_plan *plan = desc_plan(&other, NULL, text);
        problem q;
        problem_open(&q, plan, FILL_RANDN, 1);
        problem_run(&q, false, text);
        tensor taps = tensor_make(plan, PP_INDICES, true, 0), back = tensor_make(p.plan, PP_INDICES, false, 0);
        pp_status status = pp_convert_indices(p.plan, own->base, p.desc->indices, p.desc->index_convention, taps.base, types[i],
                                              PP_INDEX_WINDOW, error, sizeof error);
        check_status(status, PP_OK, error, text);
        for (int64_t k = 0; k < tensor_count(own); k++) {
            if (index_at(&taps, k) != index_at(&q.tensor[PP_INDICES], k)) complain("%s: type %d: tap %lld", text, i, (long long)k);
        }
        status = pp_convert_indices(plan, taps.base, types[i], PP_INDEX_WINDOW, back.base, p.desc->indices, p.desc->index_convention, error,
                                    sizeof error);
        check_status(status, PP_OK, error, text);
        if (memcmp(own->low, back.low, own->bytes)) complain("%s: type %d: not the same after the way back", text, i);
        tensor_free(&taps);
        tensor_free(&back);
        problem_close(&q);
    }
    problem_close(&p);
}

static void convert(void **state)
{
    (void)state;
    static const char *const list[] = {
        "max2d nchw f32 n2c3 i9x8 k3 s2 p1 idx",
        "max2d nhwc f32 n2c3 i9x8 k3 s2 p1 idx=tensor",
        "min1d nwc u8 n3c2 i9 k2 p3 empty=zero idx32", /* windows that see nothing: -1 */
        "max3d ncdhw f64 n2c2 i5x4x3 k2 idx32=tensor",
        "max2d chw f32 c4 i6x6 k2 idx view.indices=1,2,24,8:3",
        "max2d nhwc f32 n2c3 i4x4 k2 idx=tensor view.indices=-40,2,16,6:70",
        "adaptive_max2d nhwc f32 n1c3 i7x5 o4x3 idx",
        "global_max3d dhwc f32 c3 i3 idx",
        "max1d n0c2 i4 k2 idx",
    };
    for (int i = 0; i < COUNT(list); i++) convert_case(list[i]), convert_to_windows(list[i]);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_call), cmocka_unit_test(convert)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Buffers that share memory: refused where an element is both written and anything else, accepted where slices of one array
 * only interleave. */
#include "unit.h"

#include <stdlib.h>

/* One array that all tensors of a call are slices of.  Offsets are in bytes from its middle. */
typedef struct shared {
    pp_plan *plan;
    const pp_desc *desc;
    tensor memory;
    pp_args args;
    char error[256];
} shared;

enum { SHARED = 1 << 14 };

static void open_shared(shared *s, const char *text)
{
    memset(s, 0, sizeof *s);
    s->plan = case_plan(text, NULL);
    s->desc = pp_plan_desc(s->plan);
    s->memory = tensor_block(SHARED, true, 0);
    s->args.struct_size = sizeof s->args;
    s->args.error = s->error;
    s->args.error_size = sizeof s->error;
}

static void close_shared(shared *s)
{
    tensor_free(&s->memory);
    pp_plan_destroy(s->plan);
}

static void place(shared *s, const int at[PP_TENSOR_COUNT])
{
    char *middle = s->memory.base + SHARED / 2;
    s->args.input = middle + at[PP_INPUT];
    s->args.output = middle + at[PP_OUTPUT];
    s->args.indices = middle + at[PP_INDICES];
    s->args.grad_output = middle + at[PP_GRAD_OUTPUT];
    s->args.grad_input = middle + at[PP_GRAD_INPUT];
}

/* Runs with the tensors at these bytes; says: the refusal, NULL: legal. */
static void try_at(shared *s, const char *about, bool backward, const int at[PP_TENSOR_COUNT], const char *says)
{
    place(s, at);
    tensor_poison(&s->memory);
    if (!says && s->desc->backward == PP_BACKWARD_INDICES) memset(s->args.indices, 0, 256);
    pp_status status = backward ? pp_backward(s->plan, &s->args) : pp_forward(s->plan, &s->args);
    check_status(status, says ? PP_INVALID : PP_OK, s->error, about);
    if (!says) return;
    check_says(s->error, says, about);
    if (!untouched(&s->memory)) complain("%s: written although refused", about);
}

/* ------------------------------------------------------------------------------------------------ dense tensors */

static void forward_overlaps(void **state)
{
    (void)state;
    static const char text[] = "max2d nchw f32 n1c2 i6x6 k2 idx"; /* input 288 bytes, output 72, indices 144 */
    static const struct {
        int at[PP_TENSOR_COUNT];
        const char *says;
    } list[] = {
        {{0, 0, 288}, "output overlaps input"},
        {{0, 72, 288}, "output overlaps input"},
        {{0, 284, 1024}, "output overlaps input"},
        {{0, -68, 288}, "output overlaps input"},
        {{0, 288, 360}, NULL},
        {{0, -72, 288}, NULL},
        {{0, 512, 512}, "output overlaps indices"},
        {{0, 512, 580 - 4}, "output overlaps indices"},
        {{0, 512, 584}, NULL},
        {{0, 512, 512 - 144}, NULL},
        {{0, 512, 512 - 136}, "output overlaps indices"},
        {{0, 1024, 280}, "indices overlaps input"},
        {{0, 1024, 0}, "indices overlaps input"},
        {{0, 1024, -144}, NULL},
        {{0, 1024, -136}, "indices overlaps input"},
        {{0, 1024, 288}, NULL},
    };
    shared s;
    open_shared(&s, text);
    for (int i = 0; i < COUNT(list); i++) try_at(&s, text, false, list[i].at, list[i].says);
    close_shared(&s);

    static const char bytes[] = "max1d u8 n1c1 i8 k2"; /* 8 bytes, 4 bytes */
    open_shared(&s, bytes);
    try_at(&s, bytes, false, (const int[PP_TENSOR_COUNT]){0, 7}, "output overlaps input");
    try_at(&s, bytes, false, (const int[PP_TENSOR_COUNT]){0, 8}, NULL);
    try_at(&s, bytes, false, (const int[PP_TENSOR_COUNT]){0, -3}, "output overlaps input");
    try_at(&s, bytes, false, (const int[PP_TENSOR_COUNT]){0, -4}, NULL);
    close_shared(&s);
    settle();
}

static void backward_overlaps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int at[PP_TENSOR_COUNT];
        const char *says;
    } list[] = {
        {"avg1d f64 n1c1 i8 k2 bwd", {0, 0, 0, 512, 512}, "grad_input overlaps grad_output"},
        {"avg1d f64 n1c1 i8 k2 bwd", {0, 0, 0, 512, 512 - 56}, "grad_input overlaps grad_output"},
        {"avg1d f64 n1c1 i8 k2 bwd", {0, 0, 0, 512, 512 - 64}, NULL},
        {"avg1d f64 n1c1 i8 k2 bwd", {0, 0, 0, 512, 512 + 24}, "grad_input overlaps grad_output"},
        {"avg1d f64 n1c1 i8 k2 bwd", {0, 0, 0, 512, 512 + 32}, NULL},
        {"avg1d f64 n1c1 i8 k2 bwd", {512, 512, 512, 0, 512}, NULL}, /* what it does not need does not count */
        {"max1d f32 n1c1 i8 k2 idx bwd", {0, 0, 512, 0, 512 + 28}, "grad_input overlaps indices"},
        {"max1d f32 n1c1 i8 k2 idx bwd", {0, 0, 512, 0, 512 + 32}, NULL},
        {"max1d f32 n1c1 i8 k2 idx bwd", {0, 0, 512, 512 - 32, 1024}, NULL}, /* only read */
        {"max1d f32 n1c1 i8 k2 idx bwd", {512, 0, 1024, 0, 512}, NULL},
        {"max1d f32 n1c1 i8 k2 bwd", {512, 0, 0, 512, 0}, NULL}, /* input and grad_output are only read */
        {"max1d f32 n1c1 i8 k2 bwd", {512, 0, 0, 0, 512}, "grad_input overlaps input"},
        {"max1d f32 n1c1 i8 k2 bwd", {512, 0, 0, 0, 512 - 28}, "grad_input overlaps input"},
    };
    for (int i = 0; i < COUNT(list); i++) {
        shared s;
        open_shared(&s, list[i].text);
        try_at(&s, list[i].text, true, list[i].at, list[i].says);
        close_shared(&s);
    }
    settle();
}

/* A part of the result may lie where only other parts are read. */
static void ranges_overlap_less(void **state)
{
    (void)state;
    static const char text[] = "max1d f32 n1c1 i64 k2"; /* 256 bytes, 128 bytes */
    shared s;
    open_shared(&s, text);
    s.args.range_begin[0] = 0, s.args.range_end[0] = 8; /* reads bytes 0 to 64, writes 32 */
    try_at(&s, text, false, (const int[PP_TENSOR_COUNT]){0, 64, 0, 0, 0}, NULL);
    try_at(&s, text, false, (const int[PP_TENSOR_COUNT]){0, 60, 0, 0, 0}, "output overlaps input");
    s.args.range_begin[0] = 8, s.args.range_end[0] = 16; /* reads 64 to 128, writes 32 to 64 of the output */
    try_at(&s, text, false, (const int[PP_TENSOR_COUNT]){0, 0, 0, 0, 0}, NULL);
    try_at(&s, text, false, (const int[PP_TENSOR_COUNT]){0, 4, 0, 0, 0}, "output overlaps input");
    close_shared(&s);
    settle();
}

/* ------------------------------------------------------------------------------------------------ interleaved slices */

/* Input and output (or more) as slices of one array: the result equals that of separate buffers. */
static void interleave(const char *dense_text, const char *views, bool legal)
{
    char text[512];
    snprintf(text, sizeof text, "%s %s", dense_text, views);
    shared s;
    open_shared(&s, text);
    problem p;
    problem_case(&p, dense_text, FILL_RANDN);
    bool backward = p.desc->backward != PP_BACKWARD_NONE;
    static const int middle[PP_TENSOR_COUNT] = {0};
    place(&s, middle);
    tensor slice[PP_TENSOR_COUNT];
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        slice[t] = tensor_make(s.plan, (pp_tensor)t, true, 0); /* only for its strides */
        tensor_free(&slice[t]);
        slice[t].base = s.memory.base + SHARED / 2;
    }
    int source = backward ? PP_GRAD_OUTPUT : PP_INPUT, result = backward ? PP_GRAD_INPUT : PP_OUTPUT;
    for (int64_t i = 0; i < tensor_count(&slice[source]); i++) {
        set_value(&slice[source], p.desc->dtype, i, value_at(&p.tensor[source], p.desc->dtype, i));
    }
    pp_status status = backward ? pp_backward(s.plan, &s.args) : pp_forward(s.plan, &s.args);
    check_status(status, legal ? PP_OK : PP_INVALID, s.error, text);
    if (legal && status == PP_OK) {
        problem_run(&p, backward, dense_text);
        if (tensor_differs(&p.tensor[result], &slice[result], p.desc->dtype, false, true) >= 0) complain("%s: wrong result", text);
    }
    problem_close(&p);
    close_shared(&s);
}

static void interleaved(void **state)
{
    (void)state;
    /* channels of one channels-last array: 4 read, 4 written */
    interleave("max2d nhwc f32 n2c4 i5x5 k3 s1 p1", "view=200,1,40,8:0 view.output=200,1,40,8:4", true);
    interleave("max2d nhwc f32 n2c4 i5x5 k3 s1 p1", "view=200,1,40,8:4 view.output=200,1,40,8:0", true);
    interleave("max2d nhwc f32 n2c4 i5x5 k3 s1 p1", "view=200,1,40,8:0 view.output=200,1,40,8:3", false);
    interleave("max2d nhwc f32 n2c4 i5x5 k3 s1 p1", "view=200,1,40,8:0 view.output=200,1,40,8:-3", false);
    interleave("max2d nhwc f32 n2c4 i5x5 k3 s1 p1", "view=200,1,40,8:0 view.output=200,1,40,8:5", false);
    interleave("avg2d nhwc f32 n2c4 i5x5 k3 s1 p1 bwd", "view.grad_output=200,1,40,8:0 view.grad_input=200,1,40,8:4", true);
    interleave("avg2d nhwc f64 n1c3 i8x8 k2", "view=512,1,64,8:0 view.output=512,1,64,8:5", true);
    interleave("avg2d nhwc f64 n1c3 i8x8 k2", "view=512,1,64,8:0 view.output=512,1,64,8:6", false);
    /* every other column, row and plane */
    interleave("max1d ncw f32 n1c2 i9 k3 s1 p1", "view=36,18,2:0 view.output=36,18,2:1", true);
    interleave("max1d ncw f32 n1c2 i9 k3 s1 p1", "view=36,18,2:0 view.output=36,18,2:2", false);
    interleave("max2d nchw f32 n1c2 i4x6 k3 s1 p1", "view=96,48,12,1:0 view.output=96,48,12,1:6", true);
    interleave("max2d nchw f32 n1c2 i4x6 k3 s1 p1", "view=96,48,12,1:0 view.output=96,48,12,1:5", false);
    interleave("sum2d nchw f32 n2c2 i4x4 k3 s1 p1", "view=64,32,4,1:0 view.output=64,32,4,1:16", true);
    interleave("sum2d nchw f32 n2c2 i4x4 k3 s1 p1", "view=64,32,4,1:16 view.output=64,32,4,1:0", true);
    interleave("sum2d nchw f32 n2c2 i4x4 k3 s1 p1", "view=64,32,4,1:0 view.output=64,32,4,1:15", false);
    /* backwards through memory */
    interleave("max1d ncw f32 n1c1 i9 k3 s1 p1", "view=18,18,-2:0 view.output=18,18,-2:1", true);
    interleave("max1d ncw f32 n1c1 i9 k3 s1 p1", "view=18,18,-2:0 view.output=18,18,2:1", true);
    /* one pixel of the array is written */
    interleave("global_max2d nhwc f32 n1c4 i5x5", "view=200,1,40,8:0 view.output=200,1,40,8:4", true);
    interleave("global_max2d nhwc f32 n1c4 i5x5", "view=200,1,40,8:0 view.output=200,1,40,8:3", false);
    /* axes of one element have any stride, also one that cannot be multiplied */
    interleave("max1d ncw f32 n1c1 i9 k3 s1 p1",
               "view=9223372036854775807,-9223372036854775807,2:0 view.output=9223372036854775807,-9223372036854775807,2:1", true);
    settle();
}

/* ------------------------------------------------------------------------------------------------ one element, one address */

static void self_overlap(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says; /* NULL: legal */
        bool backward;
    } list[] = {
        {"max2d n1c2 i4x4 k2 view.output=0,0,2,1:0", "output|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 view.output=8,4,1,1:0", "output|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 view.output=8,3,2,1:0", "output|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 view.output=8,4,0,1:0", "output|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 view.output=8,4,-1,1:0", "output|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 view.output=0,4,2,1:0", NULL, false}, /* a batch of one */
        {"max2d n1c2 i4x4 k2 view.output=8,4,-2,1:2", NULL, false},
        {"max2d n1c2 i4x4 k2 view.output=8,1,4,2:0", NULL, false},
        {"max2d n1c2 i4x4 k2 idx view.indices=8,4,2,0:0", "indices|two elements at one address", false},
        {"max2d n1c2 i4x4 k2 idx32 view.indices=8,4,2,2:0", "indices|two elements at one address", false},
        {"avg2d n1c2 i4x4 k2 bwd view.grad_input=32,16,4,0:0", "grad_input|two elements at one address", true},
        {"avg2d n1c2 i4x4 k2 bwd view.grad_input=32,15,4,1:0", "grad_input|two elements at one address", true},
        {"avg2d n1c2 i4x4 k2 bwd view.grad_output=0,0,0,0:0", NULL, true}, /* read: any strides */
        {"max2d n1c2 i4x4 k2 view=0,0,0,0:0", NULL, false},
        {"max2d n1c2 i4x4 k2 view=16,16,-4,-1:15", NULL, false},
        {"max2d n1c2 i4x4 k2 idx bwd view.indices=8,4,2,1:0", NULL, true},
        {"max2d n1c1 i4x4 k4 view.output=-9223372036854775807,9223372036854775807,0,0:0", NULL, false},
    };
    static const int apart[PP_TENSOR_COUNT] = {0, 1024, 2048, 3072, 4096};
    for (int i = 0; i < COUNT(list); i++) {
        shared s;
        open_shared(&s, list[i].text);
        try_at(&s, list[i].text, list[i].backward, apart, list[i].says);
        close_shared(&s);
    }
    settle();
}

/* strides[0] = INT64_MIN is PP_AUTO; elsewhere it is a stride, of an axis of one element. */
static void lowest_stride(void **state)
{
    (void)state;
    pp_desc desc = case_desc("max2d n1c1 i4x4 k4 idx bwd view=16,16,4,1:0 view.output=1,1,1,1:0 view.grad_input=16,16,4,1:0");
    desc.view[PP_INPUT].strides[1] = desc.view[PP_OUTPUT].strides[1] = desc.view[PP_GRAD_INPUT].strides[1] = INT64_MIN;
    desc.view[PP_OUTPUT].strides[3] = INT64_MIN;
    problem p;
    problem_open(&p, desc_plan(&desc, NULL, "lowest stride"), FILL_INTS, 1);
    problem_run(&p, false, "lowest stride");
    problem_run(&p, true, "lowest stride");
    problem_close(&p);
}

/* ------------------------------------------------------------------------------------------------ any views */

enum { ELEMENTS = SHARED / 4 };

/* Marks the elements that a view has; false when one is marked twice. */
static bool mark(const pp_view *view, const int64_t extent[4], unsigned char *touched, unsigned char bit)
{
    bool once = true;
    for (int64_t i = 0; i < extent[0] * extent[1] * extent[2] * extent[3]; i++) {
        int64_t at = ELEMENTS / 2 + view->offset, rest = i;
        for (int a = 3; a >= 0; a--) {
            at += rest % extent[a] * view->strides[a];
            rest /= extent[a];
        }
        assert_in_range(at, 0, ELEMENTS - 1);
        once = once && !(touched[at] & bit);
        touched[at] |= bit;
    }
    return once;
}

static void random_view(rng *r, pp_view *view)
{
    for (int a = 0; a < 4; a++) view->strides[a] = rng_below(r, 3) ? rng_below(r, 30) - 8 : (int64_t)1 << rng_below(r, 6);
    view->offset = rng_below(r, 24) - 12;
}

/* Whatever the strides: what a run accepts shares nothing.  (The reverse need not hold: it may refuse when in doubt.) */
static void random_views_share_nothing(void **state)
{
    (void)state;
    rng r = {7};
    int accepted = 0, interleaving = 0;
    static const int middle[PP_TENSOR_COUNT] = {0};
    for (int round = 0; round < 6000; round++) {
        pp_desc desc = case_desc(round % 2 ? "max2d nhwc f32 k1" : "max2d nchw f32 k1");
        int64_t extent[4];
        for (int a = 0; a < 4; a++) extent[a] = 1 + rng_below(&r, 4);
        desc.batch = extent[0], desc.channels = extent[1], desc.input_size[0] = extent[2], desc.input_size[1] = extent[3];
        random_view(&r, &desc.view[PP_INPUT]);
        random_view(&r, &desc.view[PP_OUTPUT]);
        if (round % 3) { /* alike, as slices are */
            memcpy(desc.view[PP_INPUT].strides, desc.view[PP_OUTPUT].strides, sizeof desc.view[PP_INPUT].strides);
        }
        unsigned char *touched = test_calloc(ELEMENTS, 1);
        bool once = mark(&desc.view[PP_OUTPUT], extent, touched, 1), apart = true;
        mark(&desc.view[PP_INPUT], extent, touched, 2);
        int changes = 0, before = 0;
        for (int i = 0; i < ELEMENTS; i++) {
            apart = apart && touched[i] != 3;
            if (!touched[i]) continue;
            changes += before && touched[i] != before;
            before = touched[i];
        }
        test_free(touched);
        shared s;
        memset(&s, 0, sizeof s);
        s.plan = desc_plan(&desc, NULL, "random views");
        s.memory = tensor_block(SHARED, true, 0);
        s.args = (pp_args){.struct_size = sizeof s.args};
        place(&s, middle);
        pp_status status = pp_forward(s.plan, &s.args);
        assert_true(status == PP_OK || status == PP_INVALID);
        if (status == PP_OK && !(once && apart)) complain("round %d: accepted, but elements are shared", round);
        accepted += status == PP_OK;
        interleaving += status == PP_OK && changes > 1;
        close_shared(&s);
    }
    assert_true(accepted > 100);
    assert_true(interleaving > 10);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_overlaps),
        cmocka_unit_test(backward_overlaps),
        cmocka_unit_test(ranges_overlap_less),
        cmocka_unit_test(interleaved),
        cmocka_unit_test(self_overlap),
        cmocka_unit_test(lowest_stride),
        cmocka_unit_test(random_views_share_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

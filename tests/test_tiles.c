/* A plan run tile by tile, on buffers that hold no more than pp_plan_input_range and pp_plan_output_range say, gives the bits
 * of the whole run. */
#include "unit.h"

#include <stdlib.h>

typedef struct box {
    int64_t begin[PP_MAX_RANK], end[PP_MAX_RANK];
} box;

/* The buffer of one tensor: N and C whole, a box of the spatial axes; its strides fit the largest box. */
typedef struct tile {
    int64_t stride[2 + PP_MAX_RANK], most[PP_MAX_RANK];
    tensor memory;
    box held;
} tile;

typedef struct tiling {
    const char *text;
    problem whole; /* its run is the truth */
    pp_plan *plan; /* the same problem, with views of tiles */
    bool backward;
    int64_t size[PP_MAX_RANK]; /* of a tile of the result */
    tile tile[PP_TENSOR_COUNT];
} tiling;

static const int64_t *extent_of(const pp_desc *d, int tensor_number)
{
    return tensor_number == PP_INPUT || tensor_number == PP_GRAD_INPUT ? d->input_size : d->output_size;
}

static bool is_used(const tiling *t, int tensor_number)
{
    const pp_desc *d = t->whole.desc;
    if (!t->backward) return tensor_number <= PP_OUTPUT || (tensor_number == PP_INDICES && d->indices != PP_INDEX_NONE);
    if (tensor_number == PP_INPUT) return d->backward == PP_BACKWARD_RECOMPUTE;
    if (tensor_number == PP_INDICES) return d->backward == PP_BACKWARD_INDICES;
    return tensor_number >= PP_GRAD_OUTPUT;
}

/* What each tensor must hold for a box of the result. */
static void needs(const tiling *t, const box *result, box need[PP_TENSOR_COUNT])
{
    const pp_plan *plan = t->whole.plan;
    for (int a = 0; a < t->whole.desc->rank; a++) {
        int64_t from = result->begin[a], to = result->end[a];
        if (t->backward) {
            assert_int_equal(pp_plan_output_range(plan, a, from, to, &need[PP_GRAD_OUTPUT].begin[a], &need[PP_GRAD_OUTPUT].end[a]), PP_OK);
            need[PP_GRAD_INPUT].begin[a] = from, need[PP_GRAD_INPUT].end[a] = to;
            from = need[PP_INDICES].begin[a] = need[PP_GRAD_OUTPUT].begin[a];
            to = need[PP_INDICES].end[a] = need[PP_GRAD_OUTPUT].end[a];
        } else {
            need[PP_OUTPUT].begin[a] = need[PP_INDICES].begin[a] = from;
            need[PP_OUTPUT].end[a] = need[PP_INDICES].end[a] = to;
        }
        assert_int_equal(pp_plan_input_range(plan, a, from, to, &need[PP_INPUT].begin[a], &need[PP_INPUT].end[a]), PP_OK);
    }
}

/* Calls visit for every tile of the result. */
static void each_tile(tiling *t, void (*visit)(tiling *t, const box *result))
{
    const pp_desc *d = t->whole.desc;
    const int64_t *extent = extent_of(d, t->backward ? PP_GRAD_INPUT : PP_OUTPUT);
    int64_t at[PP_MAX_RANK] = {0};
    for (;;) {
        box result = {{0}, {0}};
        for (int a = 0; a < d->rank; a++) {
            result.begin[a] = at[a];
            result.end[a] = at[a] + t->size[a] < extent[a] ? at[a] + t->size[a] : extent[a];
        }
        visit(t, &result);
        int a = d->rank - 1;
        while (a >= 0 && (at[a] += t->size[a]) >= extent[a]) at[a--] = 0;
        if (a < 0) return;
    }
}

static void measure(tiling *t, const box *result)
{
    box need[PP_TENSOR_COUNT];
    memset(need, 0, sizeof need);
    needs(t, result, need);
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        for (int a = 0; a < t->whole.desc->rank; a++) {
            int64_t size = need[i].end[a] - need[i].begin[a];
            if (size > t->tile[i].most[a]) t->tile[i].most[a] = size;
        }
    }
}

/* Dense strides of the largest box, in the layout's order, and memory for it between guard pages. */
static void make_buffer(tiling *t, int number, pp_view *view)
{
    const pp_desc *d = t->whole.desc;
    tile *b = &t->tile[number];
    int64_t step = 1;
    if (d->layout == PP_CHANNELS_LAST) b->stride[1] = step, step *= d->channels;
    for (int a = d->rank - 1; a >= 0; a--) b->stride[2 + a] = step, step *= b->most[a] ? b->most[a] : 1;
    if (d->layout == PP_CHANNELS_FIRST) b->stride[1] = step, step *= d->channels;
    b->stride[0] = step;
    b->memory = tensor_block((size_t)(step * d->batch) * t->whole.tensor[number].element, number % 2, 0);
    memcpy(view->strides, b->stride, sizeof view->strides);
}

/* Element i of a box, in the order N, C, spatial: its place in the whole tensor and in the tile. */
static void *in_tile(const tiling *t, int number, int64_t i, const void **whole)
{
    const pp_desc *d = t->whole.desc;
    const tile *b = &t->tile[number];
    const int64_t *extent = extent_of(d, number);
    int64_t coordinate[2 + PP_MAX_RANK], offset = 0, at = 0;
    for (int a = d->rank - 1; a >= 0; a--) {
        int64_t size = b->held.end[a] - b->held.begin[a];
        coordinate[2 + a] = i % size;
        i /= size;
    }
    coordinate[1] = i % d->channels;
    coordinate[0] = i / d->channels;
    for (int a = 0; a < 2 + d->rank; a++) offset += coordinate[a] * b->stride[a];
    at = coordinate[0] * d->channels + coordinate[1];
    for (int a = 0; a < d->rank; a++) at = at * extent[a] + b->held.begin[a] + coordinate[2 + a];
    *whole = tensor_at(&t->whole.tensor[number], at);
    return b->memory.base + offset * (int64_t)t->whole.tensor[number].element;
}

static int64_t count_of(const tiling *t, int number)
{
    int64_t count = t->whole.desc->batch * t->whole.desc->channels;
    for (int a = 0; a < t->whole.desc->rank; a++) count *= t->tile[number].held.end[a] - t->tile[number].held.begin[a];
    return count;
}

static void run_tile(tiling *t, const box *result)
{
    const pp_desc *d = t->whole.desc;
    char error[256] = "";
    pp_args args = {.struct_size = sizeof args, .error = error, .error_size = sizeof error};
    void *base[PP_TENSOR_COUNT] = {NULL};
    const void *whole;
    box need[PP_TENSOR_COUNT];
    memset(need, 0, sizeof need);
    needs(t, result, need);
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        if (!is_used(t, i)) continue;
        t->tile[i].held = need[i];
        tensor_poison(&t->tile[i].memory);
        bool made = t->backward ? i == PP_GRAD_INPUT : i == PP_OUTPUT || i == PP_INDICES;
        for (int64_t k = 0; !made && k < count_of(t, i); k++) {
            void *to = in_tile(t, i, k, &whole);
            memcpy(to, whole, t->whole.tensor[i].element);
        }
        base[i] = count_of(t, i) ? t->tile[i].memory.base : NULL;
    }
    args.input = base[PP_INPUT], args.output = base[PP_OUTPUT], args.indices = base[PP_INDICES];
    args.grad_output = base[PP_GRAD_OUTPUT], args.grad_input = base[PP_GRAD_INPUT];
    bool two = t->backward && d->backward == PP_BACKWARD_RECOMPUTE; /* input and grad_input have one origin: the input's */
    uintptr_t grad_input = (uintptr_t)args.grad_input;
    for (int a = 0; a < d->rank; a++) {
        args.range_begin[a] = result->begin[a], args.range_end[a] = result->end[a];
        args.input_origin[a] = need[two || !t->backward ? PP_INPUT : PP_GRAD_INPUT].begin[a];
        args.output_origin[a] = need[PP_INDICES].begin[a];
        int64_t before = (result->begin[a] - args.input_origin[a]) * t->tile[PP_GRAD_INPUT].stride[2 + a];
        if (two) grad_input -= (uintptr_t)(before * (int64_t)t->whole.tensor[PP_GRAD_INPUT].element);
    }
    if (two) args.grad_input = (void *)grad_input; /* where its element at that origin would lie */
    pp_status status = t->backward ? pp_backward(t->plan, &args) : pp_forward(t->plan, &args);
    check_status(status, PP_OK, error, t->text);
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        if (!is_used(t, i)) continue;
        for (int64_t k = 0; k < count_of(t, i); k++) {
            const void *got = in_tile(t, i, k, &whole);
            if (!memcmp(got, whole, t->whole.tensor[i].element)) continue;
            complain("%s: tile at %lld,%lld: tensor %d differs at element %lld", t->text, (long long)result->begin[0],
                     (long long)result->begin[1], i, (long long)k);
            break;
        }
    }
}

static void check_tiling(const char *text, bool backward, int64_t tile_size)
{
    tiling t;
    memset(&t, 0, sizeof t);
    t.text = text;
    t.backward = backward;
    problem_case(&t.whole, text, FILL_RANDN);
    for (int a = 0; a < PP_MAX_RANK; a++) t.size[a] = tile_size + a;
    problem_run(&t.whole, false, text);
    if (backward) problem_run(&t.whole, true, text);
    each_tile(&t, measure);
    pp_desc desc = *t.whole.desc;
    for (int i = 0; i < PP_TENSOR_COUNT; i++) make_buffer(&t, i, &desc.view[i]);
    pp_options options = {.struct_size = sizeof options};
    t.plan = desc_plan(&desc, &options, text);
    each_tile(&t, run_tile);
    for (int i = 0; i < PP_TENSOR_COUNT; i++) tensor_free(&t.tile[i].memory);
    pp_plan_destroy(t.plan);
    problem_close(&t.whole);
}

static const char *const forward_cases[] = {
    "max2d nchw f32 n2c3 i17x19 k3 s2 p1 idx",
    "max2d nhwc f32 n2c5 i17x19 k3 s2 p1 idx32=tensor",
    "min2d nchw f64 n1c2 i12x15 k3x2 s1 d2x4 p2x3:1x0 idx",
    "max2d nchw u8 n1c2 i20x21 k5 s3 p-2:-1 ceil=torch",
    "avg2d nhwc bf16 n1c4 i13x18 k4x3 s2x5 p3x1 ceil=caffe div=clamped",
    "avg2d nchw f32 n1c3 i40x45 k31 s1 p15 div=full",
    "sum1d ncw f32 n2c2 i70 k7 s3 p6",
    "avg1d nwc f64 n1c9 i33 k2 s5 d3 p4",
    "adaptive_avg2d nchw f32 n1c2 i14x13 o4x5",
    "adaptive_max2d nhwc f32 n1c5 i3x7 o5x7 idx",
    "global_sum2d nchw f32 n2c3 i9x8",
    "max3d ncdhw f32 n1c2 i7x8x9 k3x2x3 s2x1x2 p1x0x1 idx",
    "avg3d ndhwc f32 n1c3 i6x7x5 k2x3x2 s1x2x1 d1x2x2 p1 div=clamped",
    "max2d nchw f32 n1c1 i9x9 k2 d5 s1 p4 empty=zero idx", /* windows that see nothing */
    "max1d ncw f32 n1c1 i600 k2 s2 p-20:-30",              /* elements that nobody sees */
    "avg1d ncw u8 n1c1 i70 k3 s3 p-20:-1",
};

static const char *const backward_cases[] = {
    "max2d nchw f32 n2c3 i17x19 k3 s2 p1 idx bwd",
    "max2d nhwc f32 n2c5 i17x19 k3 s2 p1 idx32=tensor bwd",
    "min2d nchw f64 n1c2 i12x15 k3x2 s1 d2x4 p2x3:1x0 bwd=recompute",
    "max2d nhwc bf16 n1c3 i11x12 k3 s4 p1 bwd=recompute",
    "avg2d nhwc bf16 n1c4 i13x18 k4x3 s2x5 p3x1 ceil=caffe div=clamped bwd",
    "avg2d nchw f32 n1c3 i40x45 k31 s1 p15 div=full bwd",
    "avg2d nchw f32 n1c2 i20x21 k5 s3 p-2:-1 bwd",
    "sum1d ncw f32 n2c2 i70 k7 s3 p6 bwd",
    "avg1d nwc f64 n1c9 i33 k2 s5 d3 p4 bwd",
    "adaptive_avg2d nchw f32 n1c2 i14x13 o4x5 bwd",
    "adaptive_max2d nhwc f32 n1c5 i3x7 o5x7 idx bwd",
    "global_avg2d nchw f32 n2c3 i9x8 bwd",
    "max3d ncdhw f32 n1c2 i7x8x9 k3x2x3 s2x1x2 p1x0x1 bwd",
    "avg3d ndhwc f32 n1c3 i6x7x5 k2x3x2 s1x2x1 d1x2x2 p1 div=clamped bwd",
};

static void forward(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(forward_cases); i++)
        for (int64_t size = 1; size < 8; size += 2) check_tiling(forward_cases[i], false, size);
    for (int i = 0; i < COUNT(forward_cases); i++) check_tiling(forward_cases[i], false, 1000); /* one tile */
    settle();
}

static void backward(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT(backward_cases); i++)
        for (int64_t size = 1; size < 8; size += 2) check_tiling(backward_cases[i], true, size);
    for (int i = 0; i < COUNT(backward_cases); i++) check_tiling(backward_cases[i], true, 1000); /* one tile */
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forward), cmocka_unit_test(backward)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* docs/semantics.md §3.4 and §3.5: ranges and origins; layouts, views, tensors without elements. */
#include "semantics.h"

enum { MOST = 512 };

static const float sentinel = -77;

/* A case with one batch and channel, its data, and the whole run's result. */
typedef struct whole {
    float input[MOST], output[MOST], grad_output[MOST], grad_input[MOST];
    int64_t indices[MOST];
    int64_t in[3], out[3]; /* D H W */
    int rank;
} whole;

static void fill(float *array, size_t count, float value)
{
    for (size_t i = 0; i < count; i++) array[i] = value;
}

static void run_whole(const pp_plan *plan, whole *w, bool accumulate)
{
    const pp_desc *desc = pp_plan_desc(plan);
    rng r = {8};
    memset(w, 0, sizeof *w);
    w->rank = desc->rank;
    for (int a = 0; a < 3; a++) {
        int s = a - 3 + desc->rank;
        w->in[a] = s < 0 ? 1 : desc->input_size[s];
        w->out[a] = s < 0 ? 1 : desc->output_size[s];
    }
    assert_true(elements_of(plan, PP_INPUT) <= MOST && elements_of(plan, PP_OUTPUT) <= MOST);
    for (int i = 0; i < MOST; i++) w->input[i] = (float)random_below(&r, 9), w->grad_output[i] = (float)random_float(&r);
    fill(w->grad_input, MOST, 3);
    pp_args args = {
        .struct_size = sizeof args, .input = w->input, .output = w->output, .grad_output = w->grad_output, .grad_input = w->grad_input};
    if (desc->indices != PP_INDEX_NONE) args.indices = w->indices;
    args.accumulate = accumulate;
    assert_int_equal(pp_forward(plan, &args), PP_OK);
    assert_int_equal(pp_backward(plan, &args), PP_OK);
}

static int64_t place(const int64_t size[3], int64_t d, int64_t h, int64_t w) { return (d * size[1] + h) * size[2] + w; }

/* A box of a plane. */
typedef struct box {
    int64_t begin[3], end[3];
} box;

static bool in_box(const box *b, int64_t d, int64_t h, int64_t w)
{
    return d >= b->begin[0] && d < b->end[0] && h >= b->begin[1] && h < b->end[1] && w >= b->begin[2] && w < b->end[2];
}

static box random_box(const int64_t size[3], rng *r)
{
    box b;
    for (int a = 0; a < 3; a++) {
        b.begin[a] = random_below(r, size[a]);
        b.end[a] = b.begin[a] + 1 + random_below(r, size[a] - b.begin[a]);
    }
    return b;
}

static void set_range(pp_args *args, const box *b, int rank)
{
    for (int s = 0; s < rank; s++) args->range_begin[s] = b->begin[3 - rank + s], args->range_end[s] = b->end[3 - rank + s];
}

static void expect_box(const int64_t size[3], const box *b, const float *got, const float *inside, float outside)
{
    for (int64_t d = 0; d < size[0]; d++)
        for (int64_t h = 0; h < size[1]; h++)
            for (int64_t w = 0; w < size[2]; w++) {
                int64_t at = place(size, d, h, w);
                float want = in_box(b, d, h, w) ? inside[at] : outside;
                if (memcmp(&got[at], &want, sizeof want))
                    fail_msg("element %lld %lld %lld is %.9g, not %.9g", (long long)d, (long long)h, (long long)w, (double)got[at],
                             (double)want);
            }
}

static const char *const cases[] = {
    "max2d i9x11 k3x4 s2x1 p1x2 idx bwd", "max2d i9x11 k3 s1 p1 bwd=recompute",
    "min1d i40 k5 s3 d2 p4 idx bwd",      "avg2d i9x11 k4x3 s1 p2x1 bwd",
    "sum3d i4x5x6 k2x3x4 s1 p0x1x2 bwd",  "adaptive_avg2d i9x11 o4x13 bwd",
    "adaptive_max2d i9x11 o4x5 idx bwd",  "global_avg2d i7x9 bwd",
    "avg1d i40 k5 s4 d6 p9 bwd",          "max1d i20 k4 s4 p8 bwd",
};

static void forward_range(const pp_plan *plan, void *ctx)
{
    whole w;
    rng r = {9};
    (void)ctx;
    run_whole(plan, &w, false);
    for (int i = 0; i < 12; i++) {
        box b = random_box(w.out, &r);
        float output[MOST];
        int64_t indices[MOST];
        fill(output, MOST, sentinel);
        memset(indices, 0x7E, sizeof indices);
        pp_args args = {.struct_size = sizeof args, .input = w.input, .output = output};
        if (pp_plan_desc(plan)->indices != PP_INDEX_NONE) args.indices = indices;
        set_range(&args, &b, w.rank);
        assert_int_equal(pp_forward(plan, &args), PP_OK);
        expect_box(w.out, &b, output, w.output, sentinel);
        for (int64_t d = 0; d < w.out[0] && args.indices; d++)
            for (int64_t h = 0; h < w.out[1]; h++)
                for (int64_t x = 0; x < w.out[2]; x++) {
                    int64_t at = place(w.out, d, h, x);
                    assert_int_equal(indices[at], in_box(&b, d, h, x) ? w.indices[at] : 0x7E7E7E7E7E7E7E7E);
                }
    }
}

static void range_of_forward(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        pp_desc desc = desc_of(cases[i]);
        each_way(&desc, forward_range, NULL);
    }
}

static void backward_range(const pp_plan *plan, void *ctx)
{
    whole w;
    rng r = {10};
    bool accumulate = *(const bool *)ctx;
    run_whole(plan, &w, accumulate);
    for (int i = 0; i < 12; i++) {
        box b = random_box(w.in, &r);
        float grad_input[MOST];
        fill(grad_input, MOST, 3);
        pp_args args = {
            .struct_size = sizeof args, .input = w.input, .indices = w.indices, .grad_output = w.grad_output, .grad_input = grad_input};
        args.accumulate = accumulate;
        set_range(&args, &b, w.rank);
        assert_int_equal(pp_backward(plan, &args), PP_OK);
        expect_box(w.in, &b, grad_input, w.grad_input, 3);
    }
}

static void range_of_backward(void **state)
{
    (void)state;
    bool accumulate[] = {false, true};
    for (size_t i = 0; i < 2 * COUNT(cases); i++) {
        pp_desc desc = desc_of(cases[i / 2]);
        each_way(&desc, backward_range, &accumulate[i % 2]);
    }
}

static void what_a_range_may_be(void **state)
{
    (void)state;
    pp_plan *plan = plan_of("max2d i4x4 k2");
    float input[16] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, output[4];
    static const struct {
        int64_t begin[3], end[3];
        pp_status status;
        float output[4];
    } rows[] = {
        {{0, 0}, {0, 0}, PP_OK, {6, 8, 14, 16}}, /* all zero: everything */
        {{0, 0}, {2, 2}, PP_OK, {6, 8, 14, 16}},
        {{0, 0}, {2, 0}, PP_OK, {-77, -77, -77, -77}}, /* empty */
        {{1, 1}, {1, 2}, PP_OK, {-77, -77, -77, -77}},
        {{1, 0}, {2, 1}, PP_OK, {-77, -77, 14, -77}},
        {{0, 0}, {3, 2}, PP_INVALID, {-77, -77, -77, -77}},
        {{2, 0}, {1, 2}, PP_INVALID, {-77, -77, -77, -77}},
        {{-1, 0}, {2, 2}, PP_INVALID, {-77, -77, -77, -77}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char error[160];
        pp_args args = {.struct_size = sizeof args, .input = input, .output = output, .error = error, .error_size = sizeof error};
        fill(output, 4, sentinel);
        for (int a = 0; a < 3; a++) args.range_begin[a] = rows[i].begin[a], args.range_end[a] = rows[i].end[a];
        assert_int_equal(pp_forward(plan, &args), rows[i].status);
        assert_true((rows[i].status == PP_OK) == (error[0] == '\0'));
        assert_memory_equal(output, rows[i].output, sizeof output);
    }
    pp_plan_destroy(plan);
}

/* ------------------------------------------------------------------------------------------------ origins */

/* Buffers that hold only what the query functions say a range needs. */
static void tile(const pp_plan *plan, void *ctx)
{
    whole w;
    (void)ctx;
    run_whole(plan, &w, false);
    for (int64_t from = 0; from < w.out[2]; from += 3) {
        int64_t to = from + 3 < w.out[2] ? from + 3 : w.out[2], begin, end;
        float output[3] = {sentinel, sentinel, sentinel}, *input;
        int64_t indices[3] = {-5, -5, -5};
        assert_int_equal(pp_plan_input_range(plan, 0, from, to, &begin, &end), PP_OK);
        input = malloc((size_t)(end - begin) * sizeof *input + 1); /* no more: sanitizers see what is read beyond */
        memcpy(input, w.input + begin, (size_t)(end - begin) * sizeof *input);
        pp_args args = {.struct_size = sizeof args,
                        .input = input,
                        .output = output,
                        .range_begin = {from},
                        .range_end = {to},
                        .input_origin = {begin},
                        .output_origin = {from}};
        if (pp_plan_desc(plan)->indices != PP_INDEX_NONE) args.indices = indices;
        assert_int_equal(pp_forward(plan, &args), PP_OK);
        assert_memory_equal(output, w.output + from, (size_t)(to - from) * sizeof *output);
        if (args.indices) assert_memory_equal(indices, w.indices + from, (size_t)(to - from) * sizeof *indices);
        free(input);
    }
}

static void tile_backward(const pp_plan *plan, void *ctx)
{
    whole w;
    (void)ctx;
    run_whole(plan, &w, false);
    for (int64_t from = 0; from < w.in[2]; from += 7) {
        int64_t to = from + 7 < w.in[2] ? from + 7 : w.in[2], begin, end;
        float grad_input[7], *grad_output;
        int64_t *indices;
        assert_int_equal(pp_plan_output_range(plan, 0, from, to, &begin, &end), PP_OK);
        grad_output = malloc((size_t)(end - begin) * sizeof *grad_output + 1);
        indices = malloc((size_t)(end - begin) * sizeof *indices + 1);
        memcpy(grad_output, w.grad_output + begin, (size_t)(end - begin) * sizeof *grad_output);
        memcpy(indices, w.indices + begin, (size_t)(end - begin) * sizeof *indices);
        pp_args args = {.struct_size = sizeof args,
                        .indices = indices,
                        .grad_output = grad_output,
                        .grad_input = grad_input,
                        .range_begin = {from},
                        .range_end = {to}};
        args.input_origin[0] = from;
        args.output_origin[0] = begin;
        assert_int_equal(pp_backward(plan, &args), PP_OK);
        assert_memory_equal(grad_input, w.grad_input + from, (size_t)(to - from) * sizeof *grad_input);
        free(grad_output);
        free(indices);
    }
}

static void origins(void **state)
{
    (void)state;
    static const char *const lines[] = {"max1d i40 k3 s1 p1 idx bwd", "avg1d i40 k5 s3 d2 p4 div=clamped bwd", "adaptive_avg1d i40 o13 bwd",
                                        "min1d i40 k4 s4 p8 idx bwd", "sum1d i40 k9 s2 bwd"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        pp_desc desc = desc_of(lines[i]);
        each_way(&desc, tile, NULL);
        each_way(&desc, tile_backward, NULL);
    }
}

/* ------------------------------------------------------------------------------------------------ layouts, views */

static void without_elements(void **state)
{
    (void)state;
    static const char *const texts[] = {"max2d n0 i4x4 k2 idx bwd", "avg2d c0 i4x4 k2 bwd", "adaptive_max2d i4x4 o0 idx bwd",
                                        "global_avg2d n0 i4x4 bwd", "sum1d nwc n0c3 i5 k2 bwd"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        pp_plan *plan = plan_of(texts[i]);
        float grad_input[16];
        pp_args args = {.struct_size = sizeof args, .input = grad_input};
        assert_int_equal(elements_of(plan, PP_OUTPUT), 0);
        if (elements_of(plan, PP_INPUT)) args.grad_input = grad_input;
        assert_int_equal(pp_forward(plan, &args), PP_OK);
        args.input = NULL;
        assert_int_equal(pp_backward(plan, &args), PP_OK);
        pp_plan_destroy(plan);
    }
    check_forward("avg1d i0 k2 s1 p1", (values){0, NULL}, VALUES(0));
    check_winners("max1d i0 k2 s1 p1", (values){0, NULL}, VALUES(-INFINITY), NUMBERS(-1));
}

static void layouts_agree(void **state)
{
    (void)state;
    /* (n, c, w) = 2, 2, 3 both ways */
    values first = VALUES(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), last = VALUES(1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12);
    check_forward("avg1d ncw n2c2 i3 k2 s1", first, VALUES(1.5, 2.5, 4.5, 5.5, 7.5, 8.5, 10.5, 11.5));
    check_forward("avg1d nwc n2c2 i3 k2 s1", last, VALUES(1.5, 4.5, 2.5, 5.5, 7.5, 10.5, 8.5, 11.5));
    check_winners("max1d ncw n2c2 i3 k2 s1", first, VALUES(2, 3, 5, 6, 8, 9, 11, 12), NUMBERS(1, 2, 1, 2, 1, 2, 1, 2));
    check_winners("max1d nwc n2c2 i3 k2 s1", last, VALUES(2, 5, 3, 6, 8, 11, 9, 12), NUMBERS(1, 1, 2, 2, 1, 1, 2, 2));
    check_backward("max1d nwc n2c2 i3 k2 s1", last, VALUES(1, 2, 3, 4, 5, 6, 7, 8), VALUES(0, 0, 1, 2, 3, 4, 0, 0, 5, 6, 7, 8));
    /* without N */
    check_forward("avg1d cw c2 i3 k2 s1", VALUES(1, 2, 3, 4, 5, 6), VALUES(1.5, 2.5, 4.5, 5.5));
    check_forward("avg1d wc c2 i3 k2 s1", VALUES(1, 4, 2, 5, 3, 6), VALUES(1.5, 4.5, 2.5, 5.5));
    check_refused("avg1d cw n2c2 i3 k2", PP_INVALID, "batch = 2");
}

static void ranks_agree(void **state)
{
    (void)state;
    values x = VALUES(16777216, 1, 1, 0, 3, 1, 7), sums = VALUES(16777216, 16777218, 16777216, 5, 5, 11, 11, 8);
    check_forward("sum1d i7 k4 s1 p2", x, sums);
    check_forward("sum2d i1x7 k1x4 s1 p0x2", x, sums);
    check_forward("sum2d i7x1 k4x1 s1 p2x0", x, sums);
    check_forward("sum3d i7x1x1 k4x1x1 s1 p2x0x0", x, sums);
}

static void views(void **state)
{
    (void)state;
    float memory[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, output[12];
    static const struct {
        const char *text;
        float output[12];
    } rows[] = {
        {"max1d i4 k2 view=0,0,2:1", {3, 7, -77, -77, -77, -77, -77, -77, -77, -77, -77, -77}},       /* 1 3 5 7 */
        {"sum1d i4 k2 s1 view=0,0,-1:11", {21, 19, 17, -77, -77, -77, -77, -77, -77, -77, -77, -77}}, /* 11 10 9 8 */
        {"sum1d i5 k2 view=0,0,0:3", {6, 6, -77, -77, -77, -77, -77, -77, -77, -77, -77, -77}},
        {"sum2d i2x3 k2x1 view=0,0,1,2:0", {1, 5, 9, -77, -77, -77, -77, -77, -77, -77, -77, -77}}, /* a transposed matrix */
        {"max1d c2 i4 k2 view.output=0,1,5:1", {-77, 1, 5, -77, -77, -77, 3, 7, -77, -77, -77, -77}},
        {"avg1d i4 k2 view.output=0,0,-3:9", {-77, -77, -77, -77, -77, -77, 2.5f, -77, -77, 0.5f, -77, -77}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pp_desc desc = desc_of(rows[i].text);
        for (int a = 0; pp_name(PP_NAME_ALGORITHM, a); a++) {
            pp_options options = {.struct_size = sizeof options, .algorithm = pp_name(PP_NAME_ALGORITHM, a)};
            pp_args args = {.struct_size = sizeof args, .input = memory, .output = output};
            pp_plan *plan;
            if (pp_plan_create(&plan, &desc, &options, NULL, 0) == PP_UNSUPPORTED) continue;
            fill(output, 12, sentinel);
            assert_int_equal(pp_forward(plan, &args), PP_OK);
            if (memcmp(output, rows[i].output, sizeof output)) fail_msg("%s", rows[i].text);
            pp_plan_destroy(plan);
        }
    }
    pp_plan *plan = plan_of("max1d i4 k2 view.output=0,0,0:0"); /* two results at one address */
    pp_args args = {.struct_size = sizeof args, .input = memory, .output = output};
    fill(output, 12, sentinel);
    assert_int_equal(pp_forward(plan, &args), PP_INVALID);
    assert_true(output[0] == sentinel);
    pp_plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(range_of_forward),    cmocka_unit_test(range_of_backward),
        cmocka_unit_test(what_a_range_may_be), cmocka_unit_test(origins),
        cmocka_unit_test(without_elements),    cmocka_unit_test(layouts_agree),
        cmocka_unit_test(ranks_agree),         cmocka_unit_test(views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

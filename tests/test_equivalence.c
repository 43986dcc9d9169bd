/* The same problem said in two ways gives the same bits: layouts, views, ranks, batches, planes in another order, slices. */
#include "generator.h"
#include "unit.h"

#include <stdlib.h>

/* Two problems; the second has the first's data, element by element in the order N, C, spatial. */
typedef struct pair {
    const char *text;
    problem a, b;
} pair;

static void copy_elements(const tensor *from, const tensor *to)
{
    assert_int_equal(tensor_count(from), tensor_count(to));
    for (int64_t i = 0; i < tensor_count(from); i++) memcpy((void *)(uintptr_t)tensor_at(to, i), tensor_at(from, i), from->element);
}

static bool open_pair(pair *p, const char *text, const pp_desc *a, const pp_desc *b, fill kind, uint64_t seed)
{
    pp_plan *plan;
    if (pp_plan_create(&plan, a, NULL, NULL, 0) != PP_OK) return false;
    p->text = text;
    problem_open(&p->a, plan, kind, seed);
    problem_open(&p->b, desc_plan(b, NULL, text), kind, seed);
    copy_elements(&p->a.tensor[PP_INPUT], &p->b.tensor[PP_INPUT]);
    copy_elements(&p->a.tensor[PP_GRAD_OUTPUT], &p->b.tensor[PP_GRAD_OUTPUT]);
    return true;
}

static void same_tensor(const pair *p, int t, const char *about)
{
    const pp_desc *d = p->a.desc;
    bool max = (d->op == PP_OP_MAX || d->op == PP_OP_MIN) && t == PP_OUTPUT;
    int64_t at = tensor_differs(&p->a.tensor[t], &p->b.tensor[t], d->dtype, t == PP_INDICES, max);
    if (at >= 0) complain("%s: %s: tensor %d differs first at element %lld", p->text, about, t, (long long)at);
    if (!tensor_gaps_intact(&p->b.tensor[t])) complain("%s: %s: a write outside the view", p->text, about);
}

static void close_pair(pair *p)
{
    problem_close(&p->a);
    problem_close(&p->b);
}

/* Runs both, compares all results. */
static void same_results(const char *text, const pp_desc *a, const pp_desc *b, uint64_t seed, const char *about)
{
    pair p;
    fill kind = is_bytes(a->dtype) ? FILL_INTS : (fill)(seed % FILL_COUNT);
    if (!open_pair(&p, text, a, b, kind, seed)) return;
    problem_run(&p.a, false, text);
    problem_run(&p.b, false, text);
    same_tensor(&p, PP_OUTPUT, about);
    if (p.a.desc->indices != PP_INDEX_NONE) same_tensor(&p, PP_INDICES, about);
    if (p.a.desc->backward != PP_BACKWARD_NONE) {
        problem_run(&p.a, true, text);
        problem_run(&p.b, true, text);
        same_tensor(&p, PP_GRAD_INPUT, about);
    }
    close_pair(&p);
}

enum { ROUNDS = 700 };

static void layouts(void **state)
{
    (void)state;
    rng r = {71};
    for (int i = 0; i < ROUNDS; i++) {
        char text[CASE_TEXT];
        random_case(&r, text);
        pp_desc a = case_desc(text), b = a;
        b.layout = a.layout == PP_CHANNELS_FIRST ? PP_CHANNELS_LAST : PP_CHANNELS_FIRST;
        same_results(text, &a, &b, (uint64_t)i, "the other layout");
    }
    settle();
}

static void views(void **state)
{
    (void)state;
    rng r = {72};
    for (int i = 0; i < ROUNDS; i++) {
        char text[CASE_TEXT];
        random_case(&r, text);
        pp_desc a = case_desc(text);
        random_views(&r, text);
        pp_desc b = case_desc(text);
        same_results(text, &a, &b, (uint64_t)i, "views");
    }
    settle();
}

static void unbatched(void **state)
{
    (void)state;
    rng r = {73};
    for (int i = 0; i < ROUNDS; i++) {
        char text[CASE_TEXT];
        random_case(&r, text);
        pp_desc a = case_desc(text), b;
        a.batch = 1;
        a.unbatched = 0;
        b = a;
        b.unbatched = 1;
        same_results(text, &a, &b, (uint64_t)i, "without the batch axis");
    }
    settle();
}

/* One more axis in front, on which nothing happens. */
static pp_desc one_rank_more(const pp_desc *d)
{
    pp_desc more = *d;
    more.rank++;
    int64_t *const lists[] = {more.input_size, more.kernel, more.stride, more.dilation, more.pad_begin, more.pad_end, more.output_size};
    static const int64_t unit[] = {1, 1, 1, 1, 0, 0, 1};
    for (int l = 0; l < COUNT(lists); l++) {
        memmove(lists[l] + 1, lists[l], (PP_MAX_RANK - 1) * sizeof **lists);
        lists[l][0] = unit[l];
    }
    return more;
}

static void ranks(void **state)
{
    (void)state;
    rng r = {74};
    for (int i = 0; i < 2 * ROUNDS; i++) {
        char text[CASE_TEXT];
        random_case(&r, text);
        pp_desc a = case_desc(text), b, c;
        if (a.rank == 3) continue;
        b = one_rank_more(&a);
        same_results(text, &a, &b, (uint64_t)i, "one rank more");
        if (b.rank == 3) continue;
        c = one_rank_more(&b);
        same_results(text, &a, &c, (uint64_t)i, "two ranks more");
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ planes */

/* Plane k of a tensor becomes plane order[k] of another, or is compared with it. */
static bool planes(const tensor *from, const tensor *to, const int64_t *order, int64_t count, bool compare)
{
    int64_t size = count ? tensor_count(from) / count : 0;
    for (int64_t k = 0; k < count; k++) {
        for (int64_t i = 0; i < size; i++) {
            void *other = (void *)(uintptr_t)tensor_at(to, order[k] * size + i);
            const void *own = tensor_at(from, k * size + i);
            if (!compare) memcpy(other, own, from->element);
            else if (memcmp(other, own, from->element)) return false;
        }
    }
    return true;
}

static void permutation(void **state)
{
    (void)state;
    rng r = {75};
    for (int i = 0; i < ROUNDS; i++) {
        char text[CASE_TEXT];
        int64_t order[256];
        random_case(&r, text);
        pp_desc desc = case_desc(text);
        int64_t count = desc.batch * desc.channels;
        pair p;
        desc.index_convention = PP_INDEX_PLANE;
        if (!open_pair(&p, text, &desc, &desc, FILL_INTS, (uint64_t)i)) continue;
        assert_in_range(count, 0, COUNT(order));
        for (int64_t k = 0; k < count; k++) { /* shuffled as it grows */
            int64_t other = rng_below(&r, k + 1);
            order[k] = order[other];
            order[other] = k;
        }
        planes(&p.a.tensor[PP_INPUT], &p.b.tensor[PP_INPUT], order, count, false);
        planes(&p.a.tensor[PP_GRAD_OUTPUT], &p.b.tensor[PP_GRAD_OUTPUT], order, count, false);
        problem_run(&p.a, false, text);
        problem_run(&p.b, false, text);
        bool good = planes(&p.a.tensor[PP_OUTPUT], &p.b.tensor[PP_OUTPUT], order, count, true);
        if (desc.indices != PP_INDEX_NONE) good = good && planes(&p.a.tensor[PP_INDICES], &p.b.tensor[PP_INDICES], order, count, true);
        if (desc.backward != PP_BACKWARD_NONE) {
            problem_run(&p.a, true, text);
            problem_run(&p.b, true, text);
            good = good && planes(&p.a.tensor[PP_GRAD_INPUT], &p.b.tensor[PP_GRAD_INPUT], order, count, true);
        }
        if (!good) complain("%s: planes in another order give other results", text);
        close_pair(&p);
    }
    settle();
}

/* ------------------------------------------------------------------------------------------------ windows of one element */

static void identity(void **state)
{
    (void)state;
    static const char *const ops[] = {"max", "min", "avg", "sum"}, *const dtypes[] = {"f32", "f64", "u8", "bf16", "f16", "int8"};
    static const char *const forms[] = {"1d ncw n2c3 i40",    "1d nwc n2c3 i40",      "2d nchw n1c2 i5x9",
                                        "2d nhwc n1c20 i5x9", "3d ncdhw n1c2 i3x4x5", "3d dhwc c5 i3x4x5"};
    for (int op = 0; op < 4; op++)
        for (int dtype = 0; dtype < COUNT(dtypes); dtype++)
            for (int form = 0; form < COUNT(forms); form++)
                for (fill kind = 0; kind < FILL_COUNT; kind++) {
                    char text[CASE_TEXT];
                    bool bytes = dtype == PP_U8 || dtype == PP_INT8;
                    snprintf(text, sizeof text, "%s%s %s k1 s1%s", ops[op], forms[form], dtypes[dtype], bytes ? "" : " bwd");
                    if (bytes && (kind == FILL_NAN || kind == FILL_INF)) continue;
                    problem p;
                    problem_case(&p, text, kind);
                    problem_run(&p, false, text);
                    if (tensor_differs(&p.tensor[PP_INPUT], &p.tensor[PP_OUTPUT], p.desc->dtype, false, true) >= 0)
                        complain("%s is not the identity", text);
                    if (!bytes) {
                        problem_run(&p, true, text);
                        if (tensor_differs(&p.tensor[PP_GRAD_OUTPUT], &p.tensor[PP_GRAD_INPUT], p.desc->dtype, false, true) >= 0)
                            complain("%s: its gradient neither", text);
                    }
                    problem_close(&p);
                }
    settle();
}

/* ------------------------------------------------------------------------------------------------ slices */

/* Dilation d with stride d pools every d-th element: a view of them, without dilation, gives the same. */
static void check_slices(const char *form, int d0, int d1, int k, int pad, int64_t height, int64_t width)
{
    char text[CASE_TEXT], slices[CASE_TEXT];
    snprintf(text, sizeof text, "%s n2c3 i%dx%d k%d s%dx%d d%dx%d p%dx%d", form, (int)height, (int)width, k, d0, d1, d0, d1, pad * d0,
             pad * d1);
    snprintf(slices, sizeof slices, "%s n2c3 i%dx%d k%d s1 p%d", form, (int)(height + d0 - 1) / d0, (int)(width + d1 - 1) / d1, k, pad);
    problem p, q;
    problem_case(&p, text, FILL_RANDN);
    pp_desc desc = case_desc(slices);
    const tensor *x = &p.tensor[PP_INPUT];
    for (int t = PP_INPUT; t <= PP_GRAD_INPUT; t += PP_GRAD_INPUT) {
        int64_t *stride = desc.view[t].strides;
        memcpy(stride, x->stride, 4 * sizeof *stride);
        stride[2] *= d0, stride[3] *= d1;
    }
    problem_open(&q, desc_plan(&desc, NULL, text), FILL_RANDN, 1);
    for (int64_t i = 0; i < tensor_count(&q.tensor[PP_INPUT]); i++) {
        int64_t w = i % desc.input_size[1], h = i / desc.input_size[1] % desc.input_size[0],
                plane = i / desc.input_size[1] / desc.input_size[0];
        set_value(&q.tensor[PP_INPUT], desc.dtype, i, value_at(x, desc.dtype, (plane * height + h * d0) * width + w * d1));
    }
    copy_elements(&p.tensor[PP_GRAD_OUTPUT], &q.tensor[PP_GRAD_OUTPUT]);
    problem_run(&p, false, text), problem_run(&q, false, text);
    problem_run(&p, true, text), problem_run(&q, true, text);
    if (tensor_differs(&p.tensor[PP_OUTPUT], &q.tensor[PP_OUTPUT], desc.dtype, false, true) >= 0)
        complain("%s: not the pooling of its slices", text);
    for (int64_t i = 0; i < tensor_count(x); i++) {
        int64_t w = i % width, h = i / width % height, plane = i / width / height;
        int64_t other = (plane * desc.input_size[0] + h / d0) * desc.input_size[1] + w / d1;
        double want = h % d0 || w % d1 ? 0 : value_at(&q.tensor[PP_GRAD_INPUT], desc.dtype, other);
        if (value_at(&p.tensor[PP_GRAD_INPUT], desc.dtype, i) != want) complain("%s: gradient %lld", text, (long long)i);
    }
    for (int64_t i = 0; p.desc->indices != PP_INDEX_NONE && i < tensor_count(&p.tensor[PP_INDICES]); i++) {
        int64_t dense = index_at(&p.tensor[PP_INDICES], i), slice = index_at(&q.tensor[PP_INDICES], i);
        int64_t want = slice < 0 ? -1 : slice / desc.input_size[1] * d0 * width + slice % desc.input_size[1] * d1;
        if (dense != want) complain("%s: index %lld", text, (long long)i);
    }
    if (!tensor_gaps_intact(&q.tensor[PP_GRAD_INPUT])) complain("%s: a write outside the view", text);
    problem_close(&p);
    problem_close(&q);
}

static void dilated(void **state)
{
    (void)state;
    static const char *const forms[] = {"max2d nchw f32 idx bwd", "min2d nhwc f64 bwd", "avg2d nchw f32 div=clamped bwd",
                                        "sum2d nhwc bf16 bwd", "avg2d nhwc f32 div=full bwd"};
    for (int f = 0; f < COUNT(forms); f++)
        for (int d = 2; d <= 5; d++)
            for (int k = 1; k <= 3; k++)
                for (int pad = 0; pad < 3; pad++) check_slices(forms[f], d, 7 - d, k, pad, 13, 20 + d);
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts),     cmocka_unit_test(views),    cmocka_unit_test(unbatched), cmocka_unit_test(ranks),
        cmocka_unit_test(permutation), cmocka_unit_test(identity), cmocka_unit_test(dilated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

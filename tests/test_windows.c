/* pp_plan_window, pp_plan_input_range, pp_plan_output_range against counting tap by tap. */
#include "generator.h"
#include "unit.h"

#include <stdlib.h>

/* One axis of a planned problem, as the header defines it. */
typedef struct axis {
    const char *text;
    const pp_plan *plan;
    const pp_desc *desc;
    int number;
    int64_t input, output, dilation;
} axis;

static axis axis_of(const char *text, const pp_plan *plan, int number)
{
    const pp_desc *d = pp_plan_desc(plan);
    int64_t dilation = d->mode == PP_MODE_SLIDING ? d->dilation[number] : 1;
    return (axis){text, plan, d, number, d->input_size[number], d->output_size[number], dilation};
}

/* Whether input position "at" exists for a window: it does, unless a negative end pad crops it.  (A negative begin pad moves
 * the windows, so that none begins before it.) */
static bool visible(const axis *x, int64_t at)
{
    int64_t crop = x->desc->mode == PP_MODE_SLIDING && x->desc->pad_end[x->number] < 0 ? -x->desc->pad_end[x->number] : 0;
    return at >= 0 && at < x->input - crop;
}

static pp_window expected(const axis *x, int64_t o)
{
    const pp_desc *d = x->desc;
    pp_window w = {0, 0, 0, 0, 0};
    if (d->mode == PP_MODE_SLIDING) {
        w.first = o * d->stride[x->number] - d->pad_begin[x->number];
        w.length = d->kernel[x->number];
    } else if (d->mode == PP_MODE_GLOBAL) {
        w.length = x->input;
    } else {
        w.first = o * x->input / x->output;
        w.length = ((o + 1) * x->input + x->output - 1) / x->output - w.first;
    }
    int64_t padded = 0;
    for (int64_t t = 0; t < w.length; t++) {
        int64_t at = w.first + t * x->dilation;
        padded += d->mode == PP_MODE_SLIDING && at < x->input + d->pad_end[x->number];
        if (!visible(x, at)) continue;
        if (w.begin == w.end) w.begin = t;
        w.end = t + 1;
    }
    w.extent = w.end - w.begin;
    if (d->mode == PP_MODE_SLIDING && d->divisor == PP_DIVISOR_FULL) w.extent = w.length;
    if (d->mode == PP_MODE_SLIDING && d->divisor == PP_DIVISOR_CLAMPED) w.extent = padded;
    return w;
}

static pp_window window_of(const axis *x, int64_t o)
{
    pp_window w;
    assert_int_equal(pp_plan_window(x->plan, x->number, o, &w), PP_OK);
    return w;
}

static void check_windows(const axis *x)
{
    for (int64_t o = 0; o < x->output; o++) {
        pp_window got = window_of(x, o), want = expected(x, o);
        bool same = got.length == want.length && got.end - got.begin == want.end - want.begin && got.extent == want.extent;
        if (want.length) same = same && got.first == want.first;
        if (want.begin < want.end) same = same && got.begin == want.begin;
        if (!same) {
            complain("%s: axis %d, output %lld: first %lld, length %lld, taps %lld to %lld, extent %lld", x->text, x->number, (long long)o,
                     (long long)got.first, (long long)got.length, (long long)got.begin, (long long)got.end, (long long)got.extent);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ ranges */

typedef struct range {
    int64_t begin, end;
} range;

static void widen(range *r, int64_t from, int64_t to)
{
    if (from >= to) return;
    if (r->begin == r->end) *r = (range){from, to};
    if (from < r->begin) r->begin = from;
    if (to > r->end) r->end = to;
}

static bool within(range inner, range outer) { return inner.begin == inner.end || (inner.begin >= outer.begin && inner.end <= outer.end); }

static void check_input_range(const axis *x, int64_t from, int64_t to)
{
    range got, reads = {0, 0};
    bool ends_see = from < to;
    assert_int_equal(pp_plan_input_range(x->plan, x->number, from, to, &got.begin, &got.end), PP_OK);
    for (int64_t o = from; o < to; o++) {
        pp_window w = window_of(x, o);
        if (w.begin < w.end) widen(&reads, w.first + w.begin * x->dilation, w.first + (w.end - 1) * x->dilation + 1);
        else if (o == from || o == to - 1) ends_see = false;
    }
    bool good = got.begin >= 0 && got.begin <= got.end && got.end <= x->input && within(reads, got);
    if (x->dilation == 1 && ends_see) good = good && got.begin == reads.begin && got.end == reads.end; /* not a byte more */
    if (from == to) good = good && got.begin == got.end;
    if (!good) {
        complain("%s: axis %d, outputs %lld to %lld read %lld to %lld, not %lld to %lld", x->text, x->number, (long long)from,
                 (long long)to, (long long)reads.begin, (long long)reads.end, (long long)got.begin, (long long)got.end);
    }
}

static void check_output_range(const axis *x, int64_t from, int64_t to)
{
    range got, cover = {0, 0}, between = {0, 0};
    assert_int_equal(pp_plan_output_range(x->plan, x->number, from, to, &got.begin, &got.end), PP_OK);
    for (int64_t o = 0; o < x->output; o++) {
        pp_window w = window_of(x, o);
        for (int64_t t = w.begin; t < w.end; t++) {
            int64_t at = w.first + t * x->dilation;
            if (at >= from && at < to) widen(&cover, o, o + 1);
        }
        /* those whose span, with the gaps between taps, meets the inputs */
        int64_t last = w.first + (w.length - 1) * x->dilation;
        if (from < to && w.length && w.first < to && last >= from) widen(&between, o, o + 1);
    }
    bool good = got.begin >= 0 && got.begin <= got.end && got.end <= x->output && within(cover, got);
    good = good && within(got, between);
    if (from == to) good = good && got.begin == got.end;
    if (!good) {
        complain("%s: axis %d, inputs %lld to %lld are covered by %lld to %lld, not %lld to %lld", x->text, x->number, (long long)from,
                 (long long)to, (long long)cover.begin, (long long)cover.end, (long long)got.begin, (long long)got.end);
    }
}

static void check_case(const char *text, rng *r, bool all)
{
    pp_desc desc = case_desc(text);
    pp_plan *plan;
    if (pp_plan_create(&plan, &desc, NULL, NULL, 0) != PP_OK) return;
    for (int a = 0; a < desc.rank; a++) {
        axis x = axis_of(text, plan, a);
        check_windows(&x);
        check_input_range(&x, 0, x.output);
        check_output_range(&x, 0, x.input);
        for (int64_t from = 0; all && from <= x.output; from++)
            for (int64_t to = from; to <= x.output; to++) check_input_range(&x, from, to);
        for (int64_t from = 0; all && from <= x.input; from++)
            for (int64_t to = from; to <= x.input; to++) check_output_range(&x, from, to);
        for (int i = 0; i < 8 && !all; i++) {
            int64_t a1 = rng_below(r, x.output + 1), a2 = rng_below(r, x.output + 1), b1 = rng_below(r, x.input + 1),
                    b2 = rng_below(r, x.input + 1);
            check_input_range(&x, a1 < a2 ? a1 : a2, a1 < a2 ? a2 : a1);
            check_output_range(&x, b1 < b2 ? b1 : b2, b1 < b2 ? b2 : b1);
        }
    }
    pp_plan_destroy(plan);
}

/* ------------------------------------------------------------------------------------------------ tests */

static void random_problems(void **state)
{
    (void)state;
    rng r = {21};
    char text[CASE_TEXT];
    for (int i = 0; i < 3000; i++) {
        random_case(&r, text);
        check_case(text, &r, false);
    }
    settle();
}

/* Every kernel, stride, dilation and pad of a small axis, every range of it. */
static void small_axes(void **state)
{
    (void)state;
    rng r = {1};
    char text[CASE_TEXT];
    for (int k = 1; k <= 4; k++)
        for (int s = 1; s <= 5; s++)
            for (int d = 1; d <= 4; d++)
                for (int p = -2; p <= 4; p++)
                    for (int q = -2; q <= 4; q += 3) {
                        snprintf(text, sizeof text, "avg1d n1c1 i7 k%d s%d d%d p%d:%d ceil=plain div=%s", k, s, d, p, q,
                                 k % 2 ? "full" : "clamped");
                        check_case(text, &r, true);
                    }
    for (int i = 0; i <= 9; i++)
        for (int o = 0; o <= 12; o++) {
            snprintf(text, sizeof text, "adaptive_avg1d n1c1 i%d o%d", i, o);
            check_case(text, &r, true);
        }
    settle();
}

static void check_one(const char *text, int number, int64_t o, pp_window want)
{
    pp_plan *plan = case_plan(text, NULL);
    pp_window got;
    assert_int_equal(pp_plan_window(plan, number, o, &got), PP_OK);
    if (memcmp(&got, &want, sizeof got)) {
        complain("%s: output %lld: %lld + %lld, %lld to %lld, %lld", text, (long long)o, (long long)got.first, (long long)got.length,
                 (long long)got.begin, (long long)got.end, (long long)got.extent);
    }
    pp_plan_destroy(plan);
}

/* Windows that nobody can count tap by tap. */
static void huge_windows(void **state)
{
    (void)state;
    const int64_t last = INT64_MAX, half = last / 2;
    check_one("avg1d n1c1 i5 k9223372036854775807 same", 0, 0, (pp_window){-(half - 2), last, half - 2, half + 3, 5});
    check_one("avg1d n1c1 i5 k9223372036854775807 same div=full", 0, 0, (pp_window){-(half - 2), last, half - 2, half + 3, last});
    check_one("avg1d n1c1 i5 k9223372036854775807 same_lower div=clamped", 0, 0, (pp_window){-(half - 2), last, half - 2, half + 3, last});
    check_one("max1d n1c1 i5 k2 d9223372036854775806 s1 p9223372036854775802:0", 0, 0, (pp_window){-(last - 5), 2, 1, 2, 1});
    const int64_t quarter = half / 2 + 1; /* five windows, the first from an odd position on: it sees 1 and 3 */
    check_one("max1d n1c1 i5 k4611686018427387904 d2 s1 same", 0, 0, (pp_window){-half, half + 1, quarter, quarter + 2, 2});
    check_one("avg1d n1c1 i5 k1 s9223372036854775807", 0, 0, (pp_window){0, 1, 0, 1, 1});
    check_one("adaptive_max1d n0c1 i9223372036854775807 o7", 0, 6,
              (pp_window){7905747460161236406, 1317624576693539401, 0, 1317624576693539401, 1317624576693539401});
    check_one("adaptive_max1d n0c1 i9223372036854775806 o4", 0, 1,
              (pp_window){2305843009213693951, 2305843009213693952, 0, 2305843009213693952, 2305843009213693952});
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_problems), cmocka_unit_test(small_axes), cmocka_unit_test(huge_windows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

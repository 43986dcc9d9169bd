/* What must hold of any pooling, whoever computes it: random problems, values that are exact. */
#include "generator.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>

/* A random problem that can be planned, as the caller wants it changed. */
static void random_desc(rng *r, pp_desc *desc, char text[CASE_TEXT], void (*change)(pp_desc *desc))
{
    for (;;) {
        pp_plan *plan;
        random_case(r, text);
        if (rng_below(r, 4) == 0) random_views(r, text);
        *desc = case_desc(text);
        change(desc);
        if (pp_plan_create(&plan, desc, NULL, NULL, 0) != PP_OK) continue;
        pp_plan_destroy(plan);
        pp_desc_format(desc, text, CASE_TEXT);
        return;
    }
}

static void fill_with(tensor *t, pp_dtype dtype, rng *r, double step)
{
    for (int64_t i = 0; i < tensor_count(t); i++) set_value(t, dtype, i, step * (double)(rng_below(r, 7) - 3));
}

static double product(const tensor *a, const tensor *b, pp_dtype dtype)
{
    double sum = 0; /* of integers below 2^53 */
    for (int64_t i = 0; i < tensor_count(a); i++) sum += value_at(a, dtype, i) * value_at(b, dtype, i);
    return sum;
}

/* The windows of output i, per axis. */
static void windows_of(const problem *p, int64_t i, pp_window w[PP_MAX_RANK])
{
    for (int a = p->desc->rank - 1; a >= 0; a--) {
        assert_int_equal(pp_plan_window(p->plan, a, i % p->desc->output_size[a], &w[a]), PP_OK);
        i /= p->desc->output_size[a];
    }
}

static bool sees(const problem *p, int64_t i)
{
    pp_window w[PP_MAX_RANK];
    bool all = true;
    windows_of(p, i, w);
    for (int a = 0; a < p->desc->rank; a++) all = all && w[a].begin < w[a].end;
    return all;
}

/* ------------------------------------------------------------------------------------------------ averages and sums */

static double divisor_of(const problem *p, int64_t i)
{
    pp_window w[PP_MAX_RANK];
    double divisor = 1;
    if (p->desc->op == PP_OP_SUM) return 1;
    if (p->desc->divisor == PP_DIVISOR_OVERRIDE) return p->desc->divisor_override;
    windows_of(p, i, w);
    for (int a = 0; a < p->desc->rank; a++) divisor *= (double)w[a].extent;
    return divisor;
}

/* A number that all divisors divide; 0: too large to be exact. */
static double common_multiple(const problem *p)
{
    int64_t multiple = 1, outputs = tensor_count(&p->tensor[PP_OUTPUT]);
    for (int64_t i = 0; i < outputs; i++) {
        if (!sees(p, i)) continue;
        int64_t divisor = (int64_t)fabs(divisor_of(p, i)), a = multiple, b = divisor;
        while (b) {
            int64_t rest = a % b;
            a = b, b = rest;
        }
        multiple = multiple / a * divisor;
        if (multiple > 1000000) return 0;
    }
    return (double)multiple;
}

static void make_average(pp_desc *d)
{
    d->op = d->op == PP_OP_MAX || d->op == PP_OP_AVERAGE ? PP_OP_AVERAGE : PP_OP_SUM;
    d->dtype = PP_F64;
    d->empty = PP_EMPTY_ZERO;
    d->indices = PP_INDEX_NONE;
    d->backward = PP_BACKWARD_AUTO;
    if (d->divisor == PP_DIVISOR_OVERRIDE) d->divisor_override = d->divisor_override > 0 ? 4 : -6;
}

/* <avg(x), g> = <x, avgT(g)>, and sum(x) = avg(x) * divisor. */
static void adjoint(void **state)
{
    (void)state;
    rng r = {61};
    int exact = 0;
    for (int i = 0; i < 1500; i++) {
        char text[CASE_TEXT];
        pp_desc desc;
        random_desc(&r, &desc, text, make_average);
        problem p;
        problem_open(&p, desc_plan(&desc, NULL, text), FILL_EQUAL, 1);
        double step = common_multiple(&p);
        if (step != 0) {
            exact++;
            fill_with(&p.tensor[PP_INPUT], PP_F64, &r, step);
            fill_with(&p.tensor[PP_GRAD_OUTPUT], PP_F64, &r, step);
            problem_run(&p, false, text);
            problem_run(&p, true, text);
            double one = product(&p.tensor[PP_OUTPUT], &p.tensor[PP_GRAD_OUTPUT], PP_F64);
            double two = product(&p.tensor[PP_INPUT], &p.tensor[PP_GRAD_INPUT], PP_F64);
            if (one != two) complain("%s: <pool(x), g> = %.17g, <x, poolT(g)> = %.17g", text, one, two);

            pp_desc sum_desc = desc;
            sum_desc.op = PP_OP_SUM;
            problem sum;
            problem_open(&sum, desc_plan(&sum_desc, NULL, text), FILL_EQUAL, 1);
            tensor_copy(&sum.tensor[PP_INPUT], &p.tensor[PP_INPUT]);
            problem_run(&sum, false, text);
            for (int64_t k = 0; k < tensor_count(&p.tensor[PP_OUTPUT]); k++) {
                double average = value_at(&p.tensor[PP_OUTPUT], PP_F64, k), total = value_at(&sum.tensor[PP_OUTPUT], PP_F64, k);
                if (sees(&p, k) && average * divisor_of(&p, k) != total)
                    complain("%s: output %lld: %g * %g is not %g", text, (long long)k, average, divisor_of(&p, k), total);
            }
            problem_close(&sum);
        }
        problem_close(&p);
    }
    assert_true(exact > 500);
    settle();
}

/* ------------------------------------------------------------------------------------------------ maxima and minima */

static void make_max(pp_desc *d)
{
    static int round; /* alternates the ways back */
    d->op = d->op == PP_OP_MAX || d->op == PP_OP_AVERAGE ? PP_OP_MAX : PP_OP_MIN;
    if (d->dtype != PP_F64) d->dtype = PP_F32;
    if (d->empty == PP_EMPTY_NAN) d->empty = PP_EMPTY_IDENTITY;
    d->indices = PP_INDEX_I64;
    d->index_convention = d->index_convention == PP_INDEX_TENSOR ? PP_INDEX_TENSOR : PP_INDEX_PLANE;
    d->backward = round++ % 2 ? PP_BACKWARD_INDICES : PP_BACKWARD_RECOMPUTE;
}

/* The gradient of every window that sees something arrives, once. */
static void conservation(void **state)
{
    (void)state;
    rng r = {62};
    for (int i = 0; i < 1500; i++) {
        char text[CASE_TEXT];
        pp_desc desc;
        random_desc(&r, &desc, text, make_max);
        problem p;
        problem_open(&p, desc_plan(&desc, NULL, text), FILL_INTS, (uint64_t)i);
        problem_run(&p, false, text);
        problem_run(&p, true, text);
        double sent = 0, arrived = 0;
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_GRAD_OUTPUT]); k++)
            sent += sees(&p, k) ? value_at(&p.tensor[PP_GRAD_OUTPUT], desc.dtype, k) : 0;
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_GRAD_INPUT]); k++) arrived += value_at(&p.tensor[PP_GRAD_INPUT], desc.dtype, k);
        if (sent != arrived) complain("%s: %g sent, %g arrived", text, sent, arrived);
        problem_close(&p);
    }
    settle();
}

/* The value stands in its window, at its index, and nothing there is larger (smaller). */
static void check_winner(problem *p, int64_t output, const char *text)
{
    const pp_desc *d = p->desc;
    pp_window w[PP_MAX_RANK];
    windows_of(p, output, w);
    int64_t outputs = 1, plane = 1, index = index_at(&p->tensor[PP_INDICES], output), place[PP_MAX_RANK], rest;
    for (int a = 0; a < d->rank; a++) outputs *= d->output_size[a], plane *= d->input_size[a];
    int64_t base = output / outputs * plane;
    if (d->index_convention == PP_INDEX_TENSOR && index >= 0) index -= base;
    if (!sees(p, output)) {
        if (index != -1) complain("%s: output %lld sees nothing and has index %lld", text, (long long)output, (long long)index);
        return;
    }
    double value = value_at(&p->tensor[PP_OUTPUT], d->dtype, output), sign = d->op == PP_OP_MAX ? 1 : -1;
    bool good = index >= 0 && index < plane && value == value_at(&p->tensor[PP_INPUT], d->dtype, base + index);
    for (int64_t a = d->rank - 1, at = index; a >= 0 && good; a--) { /* is it a tap? */
        int64_t step = d->mode == PP_MODE_SLIDING ? d->dilation[a] : 1, from = at % d->input_size[a] - w[a].first;
        good = from % step == 0 && from / step >= w[a].begin && from / step < w[a].end;
        at /= d->input_size[a];
    }
    int64_t taps = 1;
    for (int a = 0; a < d->rank; a++) taps *= w[a].end - w[a].begin;
    for (int64_t t = 0; t < taps && good; t++) {
        int64_t at = 0;
        rest = t;
        for (int a = d->rank - 1; a >= 0; a--) {
            place[a] = w[a].first + (w[a].begin + rest % (w[a].end - w[a].begin)) * (d->mode == PP_MODE_SLIDING ? d->dilation[a] : 1);
            rest /= w[a].end - w[a].begin;
        }
        for (int a = 0; a < d->rank; a++) at = at * d->input_size[a] + place[a];
        double x = value_at(&p->tensor[PP_INPUT], d->dtype, base + at);
        good = sign * x <= sign * value;
        if (x == value && (d->ties == PP_TIES_LAST ? at > index : at < index)) good = false;
    }
    if (!good) complain("%s: output %lld: %g at index %lld is not the winner", text, (long long)output, value, (long long)index);
}

static void winners(void **state)
{
    (void)state;
    rng r = {63};
    for (int i = 0; i < 800; i++) {
        char text[CASE_TEXT];
        pp_desc desc;
        random_desc(&r, &desc, text, make_max);
        problem p;
        problem_open(&p, desc_plan(&desc, NULL, text), i % 2 ? FILL_INTS : FILL_TIES, (uint64_t)i);
        problem_run(&p, false, text);
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_OUTPUT]); k++) check_winner(&p, k, text);
        problem_close(&p);
    }
    settle();
}

/* max(x + c) = max(x) + c, with the same indices. */
static void shift(void **state)
{
    (void)state;
    rng r = {64};
    for (int i = 0; i < 800; i++) {
        char text[CASE_TEXT];
        pp_desc desc;
        random_desc(&r, &desc, text, make_max);
        problem p, q;
        problem_open(&p, desc_plan(&desc, NULL, text), FILL_INTS, (uint64_t)i);
        problem_open(&q, desc_plan(&desc, NULL, text), FILL_INTS, (uint64_t)i);
        double c = (double)(rng_below(&r, 2001) - 1000);
        for (int64_t k = 0; k < tensor_count(&q.tensor[PP_INPUT]); k++) {
            set_value(&q.tensor[PP_INPUT], desc.dtype, k, value_at(&q.tensor[PP_INPUT], desc.dtype, k) + c);
        }
        problem_run(&p, false, text);
        problem_run(&q, false, text);
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_OUTPUT]); k++) {
            double a = value_at(&p.tensor[PP_OUTPUT], desc.dtype, k), b = value_at(&q.tensor[PP_OUTPUT], desc.dtype, k);
            if (sees(&p, k) && a + c != b) complain("%s: output %lld: %g + %g is not %g", text, (long long)k, a, c, b);
        }
        assert_memory_equal(p.tensor[PP_INDICES].low, q.tensor[PP_INDICES].low, p.tensor[PP_INDICES].bytes);
        problem_close(&p);
        problem_close(&q);
    }
    settle();
}

static void keep_max(pp_desc *d)
{
    d->op = PP_OP_MAX;
    if (d->divisor == PP_DIVISOR_OVERRIDE) d->divisor = PP_DIVISOR_VALID;
    d->indices = d->indices == PP_INDEX_NONE && d->channels % 2 ? PP_INDEX_I64 : d->indices;
    if (is_bytes(d->dtype) && d->empty != PP_EMPTY_LOWEST) d->empty = PP_EMPTY_IDENTITY;
    d->backward = PP_BACKWARD_NONE;
}

/* min(x) = -max(-x), NaN and infinities included; bytes: 255 - max(255 - x), or -1 - max(-1 - x). */
static void mirror(void **state)
{
    (void)state;
    rng r = {65};
    for (int i = 0; i < 1200; i++) {
        char text[CASE_TEXT];
        pp_desc desc;
        random_desc(&r, &desc, text, keep_max);
        pp_desc min_desc = desc;
        min_desc.op = PP_OP_MIN;
        problem p, q;
        fill kind = is_bytes(desc.dtype) ? FILL_INTS : (fill)(i % FILL_COUNT);
        problem_open(&p, desc_plan(&desc, NULL, text), kind, (uint64_t)i);
        problem_open(&q, desc_plan(&min_desc, NULL, text), kind, (uint64_t)i);
        bool bytes = is_bytes(desc.dtype);
        double turn = desc.dtype == PP_U8 ? 255 : -1;
        for (int64_t k = 0; k < tensor_count(&q.tensor[PP_INPUT]); k++) {
            double x = value_at(&p.tensor[PP_INPUT], desc.dtype, k);
            set_value(&q.tensor[PP_INPUT], desc.dtype, k, bytes ? turn - x : -x);
        }
        problem_run(&p, false, text);
        problem_run(&q, false, text);
        for (int64_t k = 0; k < tensor_count(&p.tensor[PP_OUTPUT]); k++) {
            double a = value_at(&p.tensor[PP_OUTPUT], desc.dtype, k), b = value_at(&q.tensor[PP_OUTPUT], desc.dtype, k);
            bool same = bytes ? b == turn - a : b == -a || (isnan(a) && isnan(b));
            if (!same) complain("%s: output %lld: max %g, mirrored min %g", text, (long long)k, a, b);
        }
        if (desc.indices != PP_INDEX_NONE && memcmp(p.tensor[PP_INDICES].low, q.tensor[PP_INDICES].low, p.tensor[PP_INDICES].bytes))
            complain("%s: other indices", text);
        problem_close(&p);
        problem_close(&q);
    }
    settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjoint), cmocka_unit_test(conservation), cmocka_unit_test(winners),
        cmocka_unit_test(shift),   cmocka_unit_test(mirror),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

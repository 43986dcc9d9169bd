/* Sizes, windows and divisors: the formulas of docs/semantics.md §1 and §2. */
#include "geometry.h"

void pp_axis_sliding(pp_axis *axis, int64_t input, int64_t output, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_begin,
                     int64_t pad_end, pp_divisor divisor)
{
    if (kernel <= 1) dilation = 1; /* a single tap has no distance */
    axis->kind = PP_AXIS_SLIDING;
    axis->divisor = divisor;
    axis->input = input;
    axis->output = axis->live = output;
    axis->step = axis->dilation = dilation;
    axis->period = 1;
    axis->advance = axis->stride = stride;
    axis->longest = axis->kernel = kernel;
    axis->pad_begin = pad_begin;
    axis->visible = pp_max(input + pp_min(pad_end, 0), 0);
    if (!pp_add_ok(input, pad_end, &axis->padded)) axis->padded = INT64_MAX; /* then every tap lies before it */
    axis->inverse = 0;
    axis->table = NULL;
}

void pp_axis_plain(pp_axis *axis, int64_t input, int64_t output, int64_t kernel, int64_t stride)
{
    pp_axis_sliding(axis, input, output, kernel, stride, 1, 0, 0, PP_DIVISOR_VALID);
}

/* floor(a * b / c) and the remainder, for 0 <= a, b and 0 < c, when the product may need 128 bits: long division bit by bit. */
static int64_t mul_div(int64_t a, int64_t b, int64_t c, bool *exact)
{
    int64_t product;
    if (pp_mul_ok(a, b, &product)) {
        *exact = product % c == 0;
        return product / c;
    }
    uint64_t quotient = 0, rest = 0, divisor = (uint64_t)c;
    for (int bit = 62; bit >= 0; bit--) {
        quotient <<= 1;
        rest <<= 1; /* rest < divisor < 2^63 */
        if (rest >= divisor) rest -= divisor, quotient++;
        if ((uint64_t)a >> bit & 1) {
            quotient += (uint64_t)b / divisor;
            rest += (uint64_t)b % divisor;
            if (rest >= divisor) rest -= divisor, quotient++;
        }
    }
    *exact = rest == 0;
    return (int64_t)quotient;
}

pp_window pp_adaptive_window(int64_t input, int64_t output, int64_t o)
{
    bool exact;
    int64_t first = mul_div(o, input, output, &exact);
    int64_t end = mul_div(o + 1, input, output, &exact);
    if (!exact) end++;
    return (pp_window){first, end - first, 0, end - first, end - first};
}

bool pp_adaptive_divides(int64_t input, int64_t output) { return output == 0 || (input > 0 && input % output == 0); }

int64_t pp_gcd(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void pp_axis_adaptive(pp_axis *axis, int64_t input, int64_t output, pp_window *table)
{
    bool divides = pp_adaptive_divides(input, output);
    int64_t kernel = divides && output ? input / output : 1;
    pp_axis_plain(axis, input, output, kernel, kernel);
    if (divides) return;
    int64_t common = pp_gcd(input, output);
    axis->kind = PP_AXIS_TABLE;
    axis->period = output / common;
    axis->advance = pp_max(input / common, 1); /* of an empty input all windows are empty */
    axis->longest = 0;
    axis->table = table;
    for (int64_t o = 0; o < output; o++) {
        table[o] = pp_adaptive_window(input, output, o);
        axis->longest = pp_max(axis->longest, table[o].length);
    }
}

/* The inverse of a modulo m (coprime), for stepping through the windows that cover an element of a dilated axis. */
static int64_t inverse_of(int64_t a, int64_t m)
{
    int64_t r0 = m, r1 = a % m, s0 = 0, s1 = 1;
    while (r1) {
        int64_t q = r0 / r1, t = r0 - q * r1;
        r0 = r1, r1 = t;
        t = s0 - q * s1;
        s0 = s1, s1 = t;
    }
    return s0 < 0 ? s0 + m : s0;
}

void pp_axis_cover(pp_axis *cover, const pp_axis *axis, pp_window *table)
{
    /* The windows that see element i of an adaptive axis are [floor(i*O/I), ceil((i+1)*O/I)): the same with I and O swapped. */
    if (axis->kind == PP_AXIS_TABLE) {
        pp_axis_adaptive(cover, axis->output, axis->input, table);
        return;
    }
    int64_t gcd = pp_gcd(axis->stride, axis->dilation), apart = axis->stride / gcd;
    *cover = *axis;
    cover->kind = PP_AXIS_COVER;
    cover->input = axis->output;
    cover->output = axis->input;
    cover->step = axis->dilation / gcd;
    cover->inverse = inverse_of(apart, cover->step);
    cover->period = axis->stride;
    cover->advance = 1;
    cover->live = axis->kernel ? axis->visible : 0;
    cover->longest = axis->kernel ? (axis->kernel - 1) / apart + 1 : 0;
}

/* Taps t of [0, length) with 0 <= first + t*step < bound, as [*begin, *end). */
PP_INLINE void taps_inside(int64_t first, int64_t length, int64_t step, int64_t bound, int64_t *begin, int64_t *end)
{
    *begin = first < 0 ? pp_ceil_div(-first, step) : 0;
    *end = first < bound ? pp_quotient(bound - 1 - first, step) + 1 : 0;
    *end = pp_min(*end, length);
    if (*begin >= *end) *begin = *end = 0;
}

/* The remainder in [0, m). */
static int64_t modulo(int64_t a, int64_t m)
{
    int64_t rest = a % m;
    return rest < 0 ? rest + m : rest;
}

/* The windows o with o*stride + t*dilation = p for a tap t of [0, kernel), p the padded position of input i: an arithmetic
 * progression of step dilation/gcd, from the one that sees i last to the one that sees it first. */
static pp_window cover_window(const pp_axis *axis, int64_t i)
{
    pp_window w = {0, 0, 0, 0, 1};
    int64_t p = i + axis->pad_begin, gcd = pp_quotient(axis->dilation, axis->step);
    if (i >= axis->live || p % gcd) return w;
    /* o must be congruent to p/gcd * inverse modulo step */
    int64_t residue = modulo(pp_floor_div(p, gcd), axis->step);
    int64_t product;
    if (!pp_mul_ok(residue, axis->inverse, &product)) { /* its remainder is what counts */
        bool exact;
        int64_t quotient = mul_div(residue, axis->inverse, axis->step, &exact);
        product = (int64_t)((uint64_t)residue * (uint64_t)axis->inverse - (uint64_t)quotient * (uint64_t)axis->step);
    }
    residue = product % axis->step;
    int64_t last = pp_floor_div(p, axis->stride);
    last -= modulo(modulo(last, axis->step) - residue, axis->step);
    int64_t first = pp_ceil_div(p - (axis->kernel - 1) * axis->dilation, axis->stride);
    first += modulo(residue - modulo(first, axis->step), axis->step);
    if (first > last) return w;
    w.first = first;
    w.length = (last - first) / axis->step + 1;
    taps_inside(w.first, w.length, axis->step, axis->input, &w.begin, &w.end);
    return w;
}

bool pp_axis_is_near(const pp_axis *axis)
{
    const int64_t numbers[] = {axis->longest, axis->step, axis->advance, axis->stride, axis->pad_begin};
    for (int i = 0; i < PP_COUNT(numbers); i++) {
        if (numbers[i] > INT32_MAX || numbers[i] < -INT32_MAX) return false;
    }
    return true;
}

pp_window pp_axis_window(const pp_axis *axis, int64_t o)
{
    if (axis->kind == PP_AXIS_TABLE) return axis->table[o];
    if (axis->kind == PP_AXIS_COVER) return cover_window(axis, o);
    int64_t first = o * axis->stride - axis->pad_begin, begin, end, extent = axis->kernel;
    taps_inside(first, axis->kernel, axis->dilation, axis->visible, &begin, &end);
    if (axis->divisor == PP_DIVISOR_CLAMPED) {
        /* taps before the end of the padded input; those before its beginning do not exist */
        int64_t room;
        if (!pp_add_ok(axis->padded - 1, -first, &room)) room = INT64_MAX;
        extent = room < 0 ? 0 : pp_min(pp_quotient(room, axis->dilation), axis->kernel - 1) + 1;
    } else if (axis->divisor != PP_DIVISOR_FULL) {
        extent = end - begin;
    }
    return (pp_window){first, axis->kernel, begin, end, extent};
}

void pp_axis_within(const pp_axis *axis, int64_t *begin, int64_t *end)
{
    int64_t after;
    *begin = *end = 0;
    if (axis->kind == PP_AXIS_COVER && axis->dilation == 1 && axis->kernel >= axis->stride && pp_mul_ok(axis->input, axis->stride, &after)) {
        *begin = pp_max(axis->kernel - axis->stride - axis->pad_begin, 0);
        *end = pp_min(after - axis->pad_begin, axis->live);
    }
    if (axis->kind != PP_AXIS_SLIDING || axis->longest == 0) return;
    *begin = pp_max(pp_ceil_div(axis->pad_begin, axis->stride), 0);
    *end = pp_min(pp_floor_div(axis->visible - 1 - (axis->kernel - 1) * axis->dilation + axis->pad_begin, axis->stride) + 1, axis->output);
}

void pp_axis_inside(const pp_axis *axis, int64_t *begin, int64_t *end)
{
    pp_axis_within(axis, begin, end);
    if (axis->kind != PP_AXIS_SLIDING) *begin = *end = 0;
}

void pp_axis_span(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    *begin = INT64_MAX;
    *end = INT64_MIN;
    to = pp_min(to, axis->live);
    if (axis->kind == PP_AXIS_SLIDING && from < to && axis->longest > 0) {
        *begin = from * axis->stride - axis->pad_begin;
        *end = (to - 1) * axis->stride - axis->pad_begin + (axis->longest - 1) * axis->step + 1;
    } else if (axis->kind == PP_AXIS_COVER && pp_min(to - from, axis->period) > 4096) { /* a little more, but at once */
        *begin = pp_ceil_div(from + axis->pad_begin - (axis->kernel - 1) * axis->dilation, axis->stride);
        *end = pp_floor_div(to - 1 + axis->pad_begin, axis->stride) + 1;
    } else {
        for (int64_t o = from; o < to && o - from < axis->period; o++) {
            int64_t last = o + pp_quotient(to - 1 - o, axis->period) * axis->period;
            pp_window w = pp_axis_window(axis, o), v = pp_axis_window(axis, last);
            if (!w.length) continue;
            *begin = pp_min(*begin, w.first);
            *end = pp_max(*end, v.first + (v.length - 1) * axis->step + 1);
        }
    }
    if (*begin > *end) *begin = *end = 0;
}

int64_t pp_axis_most(const pp_axis *axis, int64_t outputs)
{
    int64_t reach = pp_max(axis->longest - 1, 0) * axis->step + 1, within = axis->period > 1 ? axis->advance + axis->step : 0;
    return (outputs - 1) / axis->period * axis->advance + within + reach;
}

void pp_axis_reach(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    pp_axis_span(axis, from, to, begin, end);
    *begin = pp_max(*begin, 0);
    *end = pp_min(*end, axis->kind == PP_AXIS_SLIDING ? axis->visible : axis->input);
    if (*begin >= *end) *begin = *end = 0;
}

void pp_axis_seen_by(const pp_axis *axis, int64_t from, int64_t to, int64_t *begin, int64_t *end)
{
    if (axis->kind != PP_AXIS_TABLE) {
        pp_axis cover;
        pp_axis_cover(&cover, axis, NULL);
        pp_axis_reach(&cover, from, to, begin, end);
    } else if (from >= to) {
        *begin = *end = 0;
    } else { /* an adaptive axis: its reverse is adaptive */
        pp_window last = pp_adaptive_window(axis->output, axis->input, to - 1);
        *begin = pp_adaptive_window(axis->output, axis->input, from).first;
        *end = last.first + last.length;
    }
}

int64_t pp_output_size(pp_size_rule rule, int64_t input, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_begin,
                       int64_t pad_end, bool any_pad)
{
    /* In this order nothing overflows when the caller has checked kernel and pads one by one. */
    int64_t room = input - ((kernel - 1) * dilation + 1) + pad_begin + pad_end;
    if (rule == PP_SIZE_FLOOR) return pp_floor_div(room, stride) + 1;
    int64_t size = pp_ceil_div(room, stride) + 1;
    if (rule == PP_SIZE_CEIL_TORCH) return pp_min(size, pp_ceil_div(input + pad_begin, stride));
    if (rule == PP_SIZE_CEIL_CAFFE && any_pad && size - 1 >= pp_ceil_div(input + pad_begin, stride)) size--; /* it starts in the padding */
    return size;
}

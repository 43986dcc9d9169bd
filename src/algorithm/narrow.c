/* What averages of bytes are divided by, channels last. */
#include "narrow.h"
#include "algorithm.h"
#include "pick_plan.h"

#include <string.h>

enum { TAPS = 256 /* of bytes whose sum is one of 16 bits */ };

bool pp_narrow_applies(const pp_problem *p)
{
    const pp_desc *desc = &p->desc;
    bool cut = pp_dtypes[desc->dtype].mask && desc->rounding == PP_ROUND_TRUNCATE;
    if (!p->kernels->sum_windows || desc->op != PP_OP_AVERAGE || cut || pp_lanes_of(p) != PP_F32) return false;
    return desc->divisor != PP_DIVISOR_OVERRIDE || desc->divisor_override >= (double)(p->axis[0].longest * p->axis[1].longest * p->axis[2].longest);
}

bool pp_narrow_joins(const pp_problem *p)
{
    const pp_axis *w = &p->axis[2];
    return pp_is_byte_sum(p) && p->inner <= 4 && p->kernels->vector_bytes < 64 && w->kind == PP_AXIS_SLIDING && w->stride == 1 &&
           w->output >= 1024 / p->inner && pp_rows_are_plain(p) && pp_narrow_applies(p);
}

/* Windows of many taps, or with a large divisor: sums of some, added as floats, which hold them exactly. */
static void sum_in_parts(const pp_windows *w)
{
    const pp_finish *f = w->finish;
    const pp_kernels *k = f->problem->kernels;
    pp_finish none = {.order = f->order};
    uint16_t part[PP_ALIGN];
    pp_windows windows = *w;
    windows.finish = &none;
    windows.target = part;
    windows.blocks = 1;
    for (int64_t i = 0; i < w->blocks; i++, windows.source = (const char *)windows.source + w->step) {
        float sums[PP_ALIGN] = {0};
        for (int64_t t = 0; t < w->count; t += TAPS) {
            windows.taps = w->taps + t;
            windows.count = pp_min(TAPS, w->count - t);
            k->sum_windows(&windows);
            for (int64_t l = 0; l < w->lanes; l++) sums[l] += part[l % 2 * k->vector_bytes / 2 + l / 2];
        }
        for (int64_t l = 0; l < w->lanes; l++) sums[l] = (sums[l] - (float)(f->order.mask * w->count)) / (float)f->divisor;
        k->lines->narrow(part, sums, PP_ALIGN, f->order.mask, f->problem->desc.rounding);
        memcpy((char *)w->target + i * w->target_step, part, (size_t)w->lanes);
    }
}

pp_windows_fn pp_narrow_prepare(const pp_problem *p, int64_t taps, pp_finish *f)
{
    int divisor = (int)f->divisor, mask = f->order.mask;
    bool even = p->desc.rounding == PP_ROUND_HALF_EVEN, truncates = p->desc.rounding == PP_ROUND_TRUNCATE;
    pp_byte_division *d = &f->bytes;
    f->problem = p;
    d->divisor = (uint16_t)divisor;
    d->shift = pp_log2(pp_max(divisor - 1, 1));
    d->inverse = pp_pick_inverse(divisor, d->shift);
    d->more = divisor == 1 || !d->inverse; /* where rounding up the inverse adds too much, rounding down takes less than this gives */
    if (!d->inverse) d->inverse = (uint16_t)(((int64_t)1 << (16 + d->shift)) / divisor);
    if (taps > TAPS || divisor > TAPS) return sum_in_parts;
    d->up = (uint16_t)((truncates ? 0 : divisor / 2) + mask * (divisor - taps));
    d->ties = divisor % 2 == 0 && (even || (mask && !truncates));
    d->above = even ? 0 : 129, d->bit = even ? 0 : 15; /* what is odd; what is not above zero */
    return p->kernels->sum_windows;
}

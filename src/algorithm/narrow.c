/* What averages of bytes are divided by, channels last. */
#include "narrow.h"
#include "algorithm.h"
#include "pick_plan.h"

#include <string.h>

enum { TAPS = 256 /* of bytes whose sum is one of 16 bits */, NEAR = 32 /* that are taken at once */ };

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
           pp_rows_are_plain(p) && w->output * p->inner >= 1024 && pp_narrow_applies(p);
}

/* Windows of many taps, or with a large divisor: sums of some, all channels of few taps after the other, so that memory is read nearly as it
 * lies; added as integers. */
static void sum_in_parts(const pp_windows *w)
{
    const pp_finish *f = w->finish;
    const pp_kernels *k = f->problem->kernels;
    const int64_t vector = k->vector_bytes, last = (w->lanes - 1) & -vector, all = last + vector;
    const int64_t one = pp_min(vector, w->lanes), rest = w->lanes - one; /* the last vector begins before the one before it ends */
    pp_finish none = {.order = f->order};
    pp_windows windows = {.finish = &none, .lanes = one, .blocks = 1};
    const float divisor = (float)f->divisor;
    const char *source = w->source;
    for (int64_t i = 0; i < w->blocks; i++, source += w->step) {
        int32_t sums[PP_NARROW_LANES];
        float averages[PP_NARROW_LANES];
        uint16_t part[PP_NARROW_LANES];
        for (int64_t l = 0; l < all; l++) sums[l] = -f->order.mask * (int32_t)w->count;
        for (int64_t t = 0; t < w->count;) {
            memset(part, 0, (size_t)all * sizeof *part);
            for (int64_t end = pp_min(t + TAPS, w->count); t < end; t += windows.count) {
                windows.taps = w->taps + t;
                windows.count = pp_min(NEAR, end - t);
                for (int64_t l = 0; l <= last; l += vector) {
                    windows.source = source + (l < last ? l : rest), windows.target = part + l;
                    k->sum_windows(&windows);
                }
            }
            for (int64_t l = 0; l < all; l++) sums[l] += part[l];
        }
        for (int64_t l = 0; l < all; l++) { /* of each vector even lanes, then odd ones */
            int64_t at = l & (vector - 1);
            averages[l] = (float)sums[l - at + (at >> 1) + (at & 1) * (vector >> 1)] / divisor;
        }
        k->lines->narrow(part, averages, all, f->order.mask, f->problem->desc.rounding);
        char *target = (char *)w->target + i * w->target_step;
        memcpy(target, part, (size_t)last);
        memcpy(target + rest, (char *)part + last, (size_t)one);
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

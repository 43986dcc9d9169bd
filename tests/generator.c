#include "generator.h"

#include <stdio.h>
#include <string.h>

#define PICK(r, list) ((list)[rng_below(r, (int64_t)(sizeof(list) / sizeof *(list)))])

/* " k3x2": one letter's values; big: now and then large ones. */
static char *put_sizes(rng *r, char *p, char letter, int rank)
{
    bool big = rng_below(r, 4) == 0;
    p += sprintf(p, " %c", letter);
    for (int a = 0; a < rank; a++) {
        int least = letter == 'p' ? -(rng_below(r, 8) == 0) : 1;
        p += sprintf(p, "%s%d", a ? "x" : "", (int)rng_below(r, big ? 17 : 4) + least);
    }
    if (letter == 'p' && rng_below(r, 2)) {
        p += sprintf(p, ":");
        for (int a = 0; a < rank; a++) p += sprintf(p, "%s%d", a ? "x" : "", (int)rng_below(r, 6) - 1);
    }
    return p;
}

/* What a sliding window has and the others have not. */
static char *put_window(rng *r, char *p, int rank)
{
    static const char *const sizes[] = {"", "", "", " same", " same_lower", " valid", " ceil=torch", " ceil=caffe", " ceil=plain"};
    p = put_sizes(r, p, 'k', rank);
    p = put_sizes(r, p, 's', rank);
    if (rng_below(r, 3) == 0) p = put_sizes(r, p, 'd', rank);
    int64_t size = rng_below(r, (int64_t)(sizeof sizes / sizeof *sizes));
    bool pads = size < 3 || size > 5; /* same and valid bring their own */
    if (pads && rng_below(r, 4)) p = put_sizes(r, p, 'p', rank);
    return p + sprintf(p, "%s", sizes[size]);
}

/* NaN, ties, divisor, empty, rounding, indices, backward. */
static void put_choices(rng *r, char *p, bool max, bool bytes)
{
    static const char *const divisors[] = {"", " div=valid", " div=clamped", " div=full", " div=2.5", " div=-3"};
    static const char *const nans[] = {"", " nan=first", " nan=ignore"}, *const ties[] = {"", " ties=last"};
    static const char *const rounds[] = {"", " round=half_away", " round=truncate"};
    static const char *const empties[] = {"", "", " empty=zero", " empty=lowest", " empty=nan"};
    static const char *const indices[] = {"", " idx", " idx32", " idx=tensor", " idx32=tensor", " idx16", " idx=window"};
    p += sprintf(p, "%s", max ? PICK(r, nans) : PICK(r, divisors));
    p += sprintf(p, "%s", max ? PICK(r, ties) : PICK(r, rounds));
    int e = (int)rng_below(r, 5);
    if ((e != 3 || max) && (e != 4 || !bytes)) p += sprintf(p, "%s", empties[e]);
    p += sprintf(p, "%s", max ? PICK(r, indices) : "");
    if (!bytes && rng_below(r, 2)) sprintf(p, " bwd%s", max && rng_below(r, 2) ? "=recompute" : "");
}

void random_case(rng *r, char text[CASE_TEXT])
{
    static const char *const ops[] = {"max", "min", "avg", "sum"}, *const dtypes[] = {"f32", "f64", "u8", "bf16", "f16", "int8"};
    static const char *const layouts[3][4] = {
        {"ncw", "nwc", "cw", "wc"}, {"nchw", "nhwc", "chw", "hwc"}, {"ncdhw", "ndhwc", "cdhw", "dhwc"}};
    int rank = 1 + (int)rng_below(r, 3), op = (int)rng_below(r, 4), mode = (int)rng_below(r, 8), dtype = (int)rng_below(r, 6);
    int form = (int)rng_below(r, 4), limit = rank == 1 ? 90 : rank == 2 ? 40 : 9;
    const char *kind = mode == 0 ? "global_" : mode == 1 ? "adaptive_" : "";
    char *p = text;
    p += sprintf(p, "%s%s%dd %s %s ", kind, ops[op], rank, layouts[rank - 1][form], dtypes[dtype]);
    if (form < 2) p += sprintf(p, "n%d", (int)rng_below(r, 3) + (rng_below(r, 10) > 0));
    p += sprintf(p, "c%d i", 1 + (int)rng_below(r, form % 2 && rng_below(r, 3) == 0 ? 70 : 6));
    for (int a = 0; a < rank; a++) p += sprintf(p, "%s%d", a ? "x" : "", (rng_below(r, 40) > 0) + (int)rng_below(r, limit));
    if (mode == 1) {
        p += sprintf(p, " o");
        for (int a = 0; a < rank; a++) p += sprintf(p, "%s%d", a ? "x" : "", (int)rng_below(r, 12));
    } else if (mode > 1) {
        p = put_window(r, p, rank);
    }
    put_choices(r, p, op < 2, dtype == 2 || dtype == 5);
}

/* Appends one view: strides for the axes in random order, with gaps. */
static void put_view(rng *r, char *p, const char *name, const int64_t *extent, int axes)
{
    int64_t stride[2 + PP_MAX_RANK], step = 1, low = 0;
    for (int left = (1 << axes) - 1; left;) {
        int a = (int)rng_below(r, axes);
        if (!(left >> a & 1)) continue;
        left &= ~(1 << a);
        stride[a] = step * (rng_below(r, 5) ? 1 : -1);
        if (stride[a] < 0) low += (extent[a] > 0 ? extent[a] - 1 : 0) * step;
        step = step * (extent[a] > 0 ? extent[a] : 1) + rng_below(r, 3);
    }
    p += sprintf(p, " view%s=", name);
    for (int a = 0; a < axes; a++) p += sprintf(p, "%s%lld", a ? "," : "", (long long)stride[a]);
    sprintf(p, ":%lld", (long long)(low + rng_below(r, 3)));
}

void random_views(rng *r, char text[CASE_TEXT])
{
    static const char *const names[] = {"", ".output", ".indices", ".grad_output", ".grad_input"};
    pp_desc desc;
    pp_plan *plan;
    if (pp_desc_parse(&desc, text, NULL, 0) != PP_OK || pp_plan_create(&plan, &desc, NULL, NULL, 0) != PP_OK) return;
    const pp_desc *full = pp_plan_desc(plan);
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (rng_below(r, 3)) continue;
        int64_t extent[2 + PP_MAX_RANK] = {full->batch, full->channels};
        bool input = t == PP_INPUT || t == PP_GRAD_INPUT;
        for (int a = 0; a < full->rank; a++) extent[2 + a] = input ? full->input_size[a] : full->output_size[a];
        put_view(r, text + strlen(text), names[t], extent, 2 + full->rank);
    }
    pp_plan_destroy(plan);
}

void random_range(rng *r, const int64_t *size, int rank, int64_t *begin, int64_t *end)
{
    for (int a = 0; a < rank; a++) {
        begin[a] = size[a] ? rng_below(r, size[a]) : 0;
        end[a] = size[a] ? begin[a] + 1 + rng_below(r, size[a] - begin[a]) : 0;
    }
}

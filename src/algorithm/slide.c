/* The row "slide" of the algorithm table: windows that move by one position along long rows, or by more.  The rows under them are combined
 * to a line, and the line with itself, moved: both by the kernel of windows (kernels/windows.inc), whose lanes are those of a row; but where
 * windows move by more, along the line it takes one after another. */
#include "../sweep/lines.h"
#include "algorithm.h"

#include <math.h>

enum { SLIDE_BYTES = 32 * 1024 /* of a line, which should stay in the first cache */ };

typedef struct slide {
    pp_windows windows;
    const pp_kernels *kernels;
    const char *source; /* of the lanes at hand */
    char *target;
    int64_t size; /* of an element */
    int64_t step, target_step; /* from window to window, where they move by more than one position */
    pp_windows_fn fours, ones;
} slide;

/* Of so many positions of a row, or more than a line may have. */
PP_NOINLINE static int64_t bytes_of(const pp_problem *p, int64_t positions)
{
    enum { MOST = SLIDE_BYTES + 1 };
    return p->outputs ? pp_min(positions, MOST) * pp_min(p->inner, MOST) * (int64_t)pp_dtypes[p->desc.dtype].size : 0;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const pp_axis *axis = p->axis, *w = &axis[2];
    (void)direction;
    if (!(p->is_max ? p->kernels->max_windows : pp_is_wide(p) ? p->kernels->sum_windows : NULL) || !pp_rows_are_plain(p)) return false;
    if (axis[0].longest * axis[1].longest > PP_PICK_TAPS || w->kind != PP_AXIS_SLIDING || w->step != 1) return false;
    if (p->array[PP_INPUT].stride[PP_W] != p->inner) return false; /* the line's taps are listed by it */
    if (w->stride != 1 && p->inner > 4) return false;
    int64_t inside[2], last = (w->output - 1) * w->stride; /* one divisor serves a row of sums */
    pp_axis_inside(w, &inside[0], &inside[1]);
    if (!p->is_max && (inside[0] > 0 || inside[1] < w->output)) return false;
    needs->scratch = (size_t)bytes_of(p, last + w->longest + 1);
    return needs->scratch <= SLIDE_BYTES && w->pad_begin < w->longest && w->visible > 0 && last - w->pad_begin < w->visible; /* all see something */
}

/* Of narrow elements any row will do; but of few channels, where "pick" would do, rows must be longer the better that is (with vectors of
 * 64 bytes a permutation is one step).  Of wide elements more than three are to be seen, but not many. */
static bool pays(const pp_problem *p)
{
    int64_t taps = p->axis[2].longest, vector = p->kernels->vector_bytes, size = (int64_t)pp_dtypes[p->desc.dtype].size;
    bool few = p->inner <= 4, steps = vector < 64, wide = size > 2, many = !wide && taps > (size > 1 ? 5 : 9); /* for "pick" */
    int64_t most = wide ? 8 : size > 1 ? 16 : PP_PICK_TAPS, least = !few && !wide ? 0 : many ? 4 : few && !steps ? 24 : wide ? 16 : 8;
    if (taps < 2 || taps > most || bytes_of(p, p->axis[2].output) < least * vector) return false;
    if ((!p->is_max || p->axis[2].stride > 1) && !(steps && wide && few && taps * p->inner * size > 2 * vector)) return false;
    return !wide || (taps > 3 ? few || steps : few && steps);
}

static void run_kernel(slide *s, pp_windows_fn kernel, int64_t lane, int64_t blocks)
{
    s->windows.source = s->source + lane * s->size;
    s->windows.target = s->target + lane * s->size;
    s->windows.blocks = blocks;
    kernel(&s->windows);
}

/* target[j] = source[taps[t].offset + j], combined, for "lanes" lanes; the same for each of "windows", if there are more than one. */
static void combine(slide *s, const pp_tap *taps, int64_t count, int64_t lanes, int64_t windows)
{
    pp_windows *w = &s->windows;
    int64_t block = 4 * w->unit, one = s->kernels->lines->vector_bytes / s->size;
    w->taps = taps;
    w->count = count;
    if (lanes >= block) {
        w->step = w->target_step = block;
        run_kernel(s, s->fours, 0, lanes / block);
        w->stream = false;
        if (lanes % block) run_kernel(s, s->fours, lanes - block, 1); /* over the one before */
        return;
    }
    w->stream = false;
    w->step = s->step, w->target_step = s->target_step;
    for (int64_t j = 0; j < lanes; j += one) {
        w->lanes = pp_min(one, lanes - j);
        run_kernel(s, s->ones, j, windows);
    }
}

static pp_status run_slide(const pp_run *run, int64_t begin, int64_t end, char *line)
{
    const pp_problem *p = run->problem;
    const pp_axis *axis = run->group.axis;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    pp_finish finish = {.order = pp_order_of(p)};
    const pp_kernels *k = run->kernels;
    int64_t outputs = run->end[2] - run->begin[2], longest = axis[2].longest, stride = axis[2].stride, read[2], at[PP_AXES] = {0};
    slide s = {.kernels = k, .size = (int64_t)info->size, .step = stride * p->inner, .target_step = p->inner, .windows = {.finish = &finish}};
    s.fours = p->is_max ? k->max_windows : k->sum_windows;
    s.ones = p->is_max ? k->lines->max_window : k->lines->sum_window;
    s.windows.unit = s.windows.target_unit = k->vector_bytes / s.size;
    s.windows.half = s.windows.target_half = 2 * s.windows.unit;
    pp_tap taps[2 * (PP_PICK_TAPS + 1)], *moved = taps + PP_PICK_TAPS + 1;
    pp_axis_reach(&axis[2], run->begin[2], run->end[2], &read[0], &read[1]);
    int64_t before = (read[0] - run->begin[2] * stride + axis[2].pad_begin) * p->inner, lanes = (read[1] - read[0]) * p->inner;
    char least[sizeof(double)], *first = line + before * s.size;
    bool min = p->desc.op == PP_OP_MIN;
    info->store(least, 0, info->floating ? (min ? INFINITY : -INFINITY) : min ? info->highest : info->lowest);
    pp_fill(line, before, 1, least, info->size);
    pp_fill(first + lanes * s.size, ((outputs - 1) * stride + longest) * p->inner - before - lanes, 1, least, info->size);
    const pp_window one = {.end = 1, .length = 1, .extent = longest}, whole = {.end = longest, .length = longest};
    int64_t moves = pp_list_taps(p, axis, (pp_window[3]){one, one, whole}, moved);
    int64_t listed = 0, count = 0; /* taps of windows like these, none of whose numbers exceeds PP_PICK_TAPS */
    for (; begin < end; begin++) {
        pp_at_row(run, begin, at);
        pp_place place = pp_place_at(run, at, outputs, p->inner);
        pp_window w[3] = {pp_axis_window(&axis[0], at[PP_D]), pp_axis_window(&axis[1], at[PP_H]), one};
        int64_t like = 0;
        for (int a = 0; a < 2; a++) like = ((like * 128 + w[a].begin) * 128 + w[a].end) * 128 + w[a].length;
        if (w[0].begin >= w[0].end || w[1].begin >= w[1].end) {
            pp_place_empty(run, &place);
            continue;
        }
        for (int a = 0; a < 2; a++) at[PP_D + a] = w[a].first + w[a].begin * axis[a].step;
        at[PP_W] = read[0];
        s.source = run->base[PP_INPUT] + pp_offset(&p->array[PP_INPUT], at) * s.size;
        s.target = first;
        if (like != listed) count = pp_list_taps(p, axis, w, taps), listed = like;
        finish.divisor = 1;
        combine(&s, taps, count, lanes, 1);
        s.source = line;
        s.target = place.values;
        finish.divisor = pp_divisor_of(p, w);
        s.windows.stream = p->stream && (uintptr_t)place.values % (uintptr_t)k->vector_bytes == 0;
        combine(&s, moved, moves, stride > 1 ? p->inner : outputs * p->inner, stride > 1 ? outputs : 1);
    }
    if (p->stream) run->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_slide = {
    .name = "slide",
    .what = "rows to a line, and that moved along itself",
    .uses_kernels = true,
    .pass = {{pays, plan, pp_rows_of, run_slide}},
};

/* The row "slide" of the algorithm table: maxima of windows that move by one position along long rows.  The rows under them are combined
 * to a line, and the line with itself, moved: both by the kernel of windows (kernels/windows.inc), whose lanes are those of a row. */
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
    if (!p->is_max || !p->kernels->max_windows || !pp_rows_are_plain(p)) return false;
    if (axis[0].longest * axis[1].longest > PP_PICK_TAPS || w->kind != PP_AXIS_SLIDING || w->stride != 1 || w->step != 1) return false;
    needs->scratch = (size_t)bytes_of(p, w->output + w->longest);
    return needs->scratch <= SLIDE_BYTES && w->pad_begin < w->longest && w->visible > 0 && w->output - w->pad_begin <= w->visible; /* all see something */
}

/* Of few channels, where "pick" would do, rows must be longer the better that is (with vectors of 64 bytes a permutation is one step); of
 * wide elements more than three are to be seen, but not many. */
static bool pays(const pp_problem *p)
{
    int64_t taps = p->axis[2].longest, vector = p->kernels->vector_bytes, size = (int64_t)pp_dtypes[p->desc.dtype].size;
    bool few = p->inner <= 4, steps = vector < 64, wide = size > 2, many = !wide && taps > (size > 1 ? 5 : 9); /* for "pick" */
    int64_t most = wide ? 8 : size > 1 ? 16 : PP_PICK_TAPS, least = many ? 4 : few && !steps ? 24 : wide ? 16 : 8;
    if (taps < 2 || taps > most || bytes_of(p, p->axis[2].output) < least * vector) return false;
    return !wide || (taps > 3 ? few || steps : few && steps);
}

static void run_kernel(slide *s, pp_windows_fn kernel, int64_t lane, int64_t blocks)
{
    s->windows.source = s->source + lane * s->size;
    s->windows.target = s->target + lane * s->size;
    s->windows.blocks = blocks;
    kernel(&s->windows);
}

/* target[j] = the largest of source[taps[t].offset + j], for "lanes" lanes. */
static void combine(slide *s, pp_tap *taps, int64_t count, int64_t lanes)
{
    const pp_kernels *k = s->kernels;
    int64_t block = s->windows.step, one = k->lines->vector_bytes / s->size;
    if (count % 2 == 0) taps[count] = taps[count - 1], count++;
    s->windows.taps = taps;
    s->windows.count = count;
    if (lanes >= block) run_kernel(s, k->max_windows, 0, lanes / block);
    s->windows.stream = false;
    if (lanes >= block && lanes % block) run_kernel(s, k->max_windows, lanes - block, 1); /* over the one before */
    for (int64_t j = 0; j < lanes && lanes < block; j += one) {
        s->windows.lanes = pp_min(one, lanes - j);
        run_kernel(s, k->lines->max_window, j, 1);
    }
}

static pp_status run_slide(const pp_run *run, int64_t task, int64_t tasks, char *line)
{
    const pp_problem *p = run->problem;
    const pp_axis *axis = run->group.axis;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    pp_finish finish = {.order = pp_order_of(p)};
    slide s = {.kernels = run->kernels, .size = (int64_t)info->size, .windows = {.finish = &finish}};
    s.windows.unit = s.windows.target_unit = s.kernels->vector_bytes / s.size;
    s.windows.half = s.windows.target_half = 2 * s.windows.unit;
    s.windows.step = s.windows.target_step = 4 * s.windows.unit;
    pp_tap taps[2 * (PP_PICK_TAPS + 1)] = {{0}}, *moved = taps + PP_PICK_TAPS + 1;
    int64_t begin, end, outputs = run->end[2] - run->begin[2], read[2], at[PP_AXES] = {0};
    pp_axis_reach(&axis[2], run->begin[2], run->end[2], &read[0], &read[1]);
    char least[sizeof(double)], *first = line + (read[0] - run->begin[2] + axis[2].pad_begin) * p->inner * s.size;
    bool min = p->desc.op == PP_OP_MIN;
    info->store(least, 0, info->floating ? (min ? INFINITY : -INFINITY) : min ? info->highest : info->lowest);
    pp_fill(line, (outputs + axis[2].longest - 1) * p->inner, 1, least, info->size);
    for (int64_t t = 0; t < axis[2].longest; t++) moved[t].offset = t * p->inner;
    pp_share(pp_rows_of(run), task, tasks, &begin, &end);
    for (int64_t count; begin < end; begin++) {
        pp_at_row(run, begin, at);
        pp_window d = pp_axis_window(&axis[0], at[PP_D]), h = pp_axis_window(&axis[1], at[PP_H]);
        pp_place place = pp_place_at(run, at, outputs, p->inner);
        count = 0;
        at[PP_W] = read[0];
        for (int64_t i = d.begin; i < d.end; i++) {
            for (int64_t j = h.begin; j < h.end; j++) {
                at[PP_D] = d.first + i * axis[0].step;
                at[PP_H] = h.first + j * axis[1].step;
                taps[count++].offset = pp_offset(&p->array[PP_INPUT], at);
            }
        }
        if (count == 0) {
            pp_place_empty(run, &place);
            continue;
        }
        s.source = run->base[PP_INPUT];
        s.target = first;
        combine(&s, taps, count, (read[1] - read[0]) * p->inner);
        s.source = line;
        s.target = place.values;
        s.windows.stream = p->stream && (uintptr_t)place.values % (uintptr_t)s.kernels->vector_bytes == 0;
        combine(&s, moved, axis[2].longest, outputs * p->inner);
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

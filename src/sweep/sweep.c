/* Preparing a sweep: what is read, how it is laid out in scratch, and whether it can and should be done. */
#include "sweep.h"

#include <math.h>
#include <string.h>

enum { SEGMENT_LANES = 32 * 1024 }; /* of a line: longer rows are done in parts */

/* ------------------------------------------------------------------------------------------------ stretches */

/* Cuts outputs [from, to) into stretches of equal divisor; returns their number. */
static int64_t find_stretches(const pp_axis *axis, int64_t from, int64_t to, bool divides, pp_stretch *list)
{
    int64_t count = 0, inside_begin, inside_end;
    pp_axis_within(axis, &inside_begin, &inside_end);
    for (int64_t o = from; o < to;) {
        pp_window w = pp_axis_window(axis, o);
        int64_t next = o >= inside_begin && o < inside_end ? pp_min(inside_end, to) : o + 1;
        bool empty = w.begin == w.end;
        pp_stretch *last = count ? &list[count - 1] : NULL;
        bool was_empty = last && last->window.begin == last->window.end;
        if (last && empty == was_empty && (empty || !divides || w.extent == last->window.extent)) last->end = next;
        else list[count++] = (pp_stretch){o, next, w};
        o = next;
    }
    return count;
}

/* At least as many as find_stretches finds on any "outputs" neighbouring outputs. */
static int64_t stretch_bound(const pp_axis *axis, int64_t outputs)
{
    if (axis->kind != PP_AXIS_SLIDING) return outputs;
    int64_t cut = ((axis->longest - 1) * axis->step + 1) / axis->stride + 2; /* windows that one border cuts */
    return pp_min(outputs, 2 * cut + 3);
}

/* ------------------------------------------------------------------------------------------------ layout */

void *pp_sweep_take(pp_sweep *s, size_t size)
{
    void *piece = s->scratch ? s->scratch + s->used : NULL;
    s->used += pp_aligned(size);
    return piece;
}

/* Lines of lanes. */
static void take_lines(pp_sweep *s, size_t row)
{
    const pp_axis *w = &s->axis[2];
    s->column = pp_sweep_take(s, (size_t)(s->band * s->line) * s->lane);
    if (s->levels) {
        pp_levels_scratch(s);
    } else {
        int64_t phases = pp_ceil_div(s->line / s->inner, w->advance) * w->advance;
        if (s->split) s->phases = pp_sweep_take(s, (size_t)(phases * s->inner) * s->lane);
        if (w->period > 1) s->lane_class = pp_sweep_take(s, row * s->lane);
    }
    s->result = pp_sweep_take(s, row * s->lane);
}

static void lay_out(pp_sweep *s, bool winners)
{
    const pp_axis *axis = s->axis;
    int64_t outputs = s->end[2] - s->begin[2], row = outputs * s->inner, read = (s->read_end - s->read_begin) * s->inner;
    int64_t d_taps = pp_min(axis[0].longest, axis[0].input), h_taps = pp_min(axis[1].longest, axis[1].input);
    int64_t rows = d_taps * (s->levels ? 1 : h_taps), w_taps = s->levels ? 0 : axis[2].longest;
    s->taps = pp_sweep_take(s, (size_t)pp_max(pp_max(rows, w_taps), 1) * sizeof *s->taps);

    s->stretches = pp_sweep_take(s, (size_t)stretch_bound(&axis[2], outputs) * sizeof *s->stretches);
    if (s->scratch) s->stretch_count = find_stretches(&axis[2], s->begin[2], s->end[2], s->problem->desc.op == PP_OP_AVERAGE, s->stretches);
    for (int64_t i = 0; i < s->stretch_count; i++) s->gaps |= s->stretches[i].window.begin == s->stretches[i].window.end;

    if (s->prepared) s->rows = pp_sweep_take(s, (size_t)(rows * read) * s->prepared);
    take_lines(s, (size_t)row);
    s->out = pp_sweep_take(s, (size_t)(pp_max(row, s->gathered ? read : 0)) * s->element);
    if (winners) s->indices = pp_sweep_take(s, (size_t)row * sizeof(int64_t));
}

/* Lanes before and after the part of the line that exists change nothing. */
static void fill_margins(pp_sweep *s)
{
    int64_t before = (s->read_begin - s->span_begin) * s->inner, after = (s->span_end - s->read_end) * s->inner;
    double least = s->combined->desc.nan == PP_NAN_IGNORE ? (double)NAN : -(double)INFINITY;
    char lane[sizeof(double)];
    if (s->levels && s->across && s->problem->is_max) return; /* nothing looks at them */
    if (!s->problem->is_max) least = 0;
    else if (s->levels && s->combined->desc.dtype == PP_F32) least = -0.0; /* the least key */
    pp_dtypes[s->combined->desc.dtype].store(lane, 0, least);
    for (int64_t row = 0; row < s->band; row++) {
        char *line = s->column + (size_t)(row * s->line) * s->lane;
        pp_fill(line, before, 1, lane, s->lane);
        pp_fill(line + (size_t)((s->read_end - s->span_begin) * s->inner) * s->lane, after, 1, lane, s->lane);
    }
}

static void measure_line(pp_sweep *s, bool planning)
{
    const pp_axis *w = &s->axis[2];
    if (planning) { /* as much as any part of the row of this many outputs takes */
        s->span_end = s->read_end = pp_axis_most(w, pp_max(s->end[2] - s->begin[2], 1));
    } else {
        pp_axis_span(w, s->begin[2], s->end[2], &s->span_begin, &s->span_end);
        pp_axis_reach(w, s->begin[2], s->end[2], &s->read_begin, &s->read_end);
        if (s->read_begin == s->read_end) s->read_begin = s->read_end = s->span_begin;
    }
    if (s->levels && s->inner == 1) { /* what is read starts at a multiple of PP_ALIGN */
        int64_t unit = PP_ALIGN / (int64_t)s->lane;
        s->span_begin -= planning ? unit : unit - (s->read_begin - s->span_begin) % unit;
    }
    if (s->levels && s->across && s->problem->is_max) s->span_begin = s->read_begin, s->span_end = s->read_end; /* needs no padding */
    s->line = (s->span_end - s->span_begin) * s->inner;
    if (s->levels) s->line = (int64_t)(pp_aligned((size_t)s->line * s->lane) / s->lane);
    int64_t live = pp_min(s->end[2], w->live) - s->begin[2];
    s->split = w->advance > 1 && live > w->period;
}

int64_t pp_sweep_segment(const pp_problem *p, bool levels)
{
    const pp_axis *w = &p->axis[2];
    int64_t reach = pp_max(w->longest - 1, 0) * w->step + 1, lanes = pp_max(SEGMENT_LANES, 4 * reach * p->inner);
    if (levels) {
        lanes = pp_min(lanes, pp_levels_line(p));
        int64_t all = pp_max(w->output / w->period, 1), most = pp_max(lanes / p->inner / w->advance, 1); /* equal parts */
        lanes = pp_ceil_div(all, pp_ceil_div(all, most)) * w->advance * p->inner;
    }
    int64_t segment, periods = pp_max(lanes / p->inner / w->advance, 1);
    return pp_mul_ok(periods, w->period, &segment) ? segment : INT64_MAX;
}

size_t pp_sweep_init(pp_sweep *s, const pp_run *run, bool winners, bool levels, char *scratch)
{
    const pp_problem *p = run->problem;
    *s = (pp_sweep){.run = run, .problem = p, .combined = p, .scratch = scratch, .packs = winners && pp_sweep_packs(p)};
    if (s->packs) {
        s->wide = *p;
        s->wide.kernels = p->kernels->lines->wide;
        s->wide.desc.dtype = PP_F64;
        s->wide.desc.op = PP_OP_MAX;
        s->wide.desc.nan = PP_NAN_FIRST;
        s->combined = &s->wide;
    }
    s->axis = run->group.axis;
    memcpy(s->begin, run->begin, sizeof s->begin);
    memcpy(s->end, run->end, sizeof s->end);
    if (run->direction == PP_BACKWARD) pp_outputs_of_range(run, s->begin, s->end);
    s->levels = levels;
    s->element = pp_dtypes[p->desc.dtype].size;
    s->lane = pp_dtypes[s->combined->desc.dtype].size;
    s->inner = p->inner;
    s->across = levels && pp_levels_across(s);
    measure_line(s, !scratch);
    const int64_t *stride = p->array[PP_INPUT].stride;
    s->gathered = !((s->inner == 1 || stride[PP_INNER] == 1) && (stride[PP_W] == s->inner || s->axis[2].input == 1));
    s->prepared = s->packs ? s->lane : s->gathered ? s->element : 0;
    s->band = 1;
    if (levels) {
        s->order = pp_order_of(s->combined);
        s->lane_order.ignore_nan = s->order.ignore_nan;
        s->made = !p->is_max || !s->order.ignore_nan;
        s->made_order = s->made ? s->order : s->lane_order;
        s->band = pp_levels_band(s, pp_axis_most(&s->axis[2], pp_max(pp_min(s->axis[2].output, pp_sweep_segment(p, true)), 1)) *
                                        s->inner * (int64_t)s->lane);
    }
    s->band_begin = s->band_end = -1;
    lay_out(s, winners);
    if (scratch) fill_margins(s);
    return s->used;
}

/* ------------------------------------------------------------------------------------------------ when */

bool pp_sweep_applies(const pp_problem *p, bool winners)
{
    const pp_axis *axis = p->axis;
    int64_t taps[3], span = 0;
    if (p->inner == 0 || !pp_is_wide(p)) return false; /* nothing to do; no kernels */
    for (int a = 0; a < 3; a++) {
        taps[a] = pp_max(1, pp_min(axis[a].longest, axis[a].input));
        if (taps[a] > PP_MAX_TAPS) return false;
        if (axis[a].input > INT32_MAX || axis[a].output > INT32_MAX) return false; /* so that no size in scratch overflows */
        if (axis[a].longest > PP_MAX_TAPS || axis[a].advance > INT32_MAX || axis[a].period > INT32_MAX || axis[a].step > INT32_MAX)
            return false;
        /* lines have room for the padding, and for windows that reach far: not for any */
        span = pp_axis_most(&axis[a], pp_max(axis[a].output, 1));
        if (span / 4 > axis[a].input + 1024) return false;
    }
    if (p->inner > ((int64_t)1 << 36) / (span + 1)) return false;
    if (taps[0] * taps[1] > PP_MAX_TAPS) return false; /* one list; W has its own */
    return !winners || p->plane <= INT32_MAX; /* packed lanes hold indices of a plane only so far */
}

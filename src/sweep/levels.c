/* Long windows (kernels/levels.inc).
 *
 *   H    windows slide over rows; a band of rows of the target comes out as column lines
 *   W    wide positions (many channels) are such rows, one after another; narrow ones are lanes of a line, whose levels are lines of
 *        their own: level l holds, at each position, the sum (maximum) of 2^l neighbours - the very blocks of the tree of sums - and
 *        a window joins the few levels of its length's binary form; a maximum joins a few that overlap
 */
#include "sweep.h"

#include <string.h>

enum {
    NEAR_BYTES = 16 * 1024, /* of column lines that had better stay in the first-level cache ... */
    BAND_BYTES = 512 * 1024, /* ... in the second */
    BAND_ROWS = 64,
    JOINED = 4, /* blocks that a maximum joins, at most */
    FAR_BYTES = 1 << 20, /* tensors of more are called ahead */
    ACROSS_BYTES = 64    /* of positions that slide on W, at least */
};

static const pp_level_kernels *kernels_of(const pp_problem *p) { return p->is_max ? p->kernels->max_levels : p->kernels->sum_levels; }

bool pp_levels_across(const pp_sweep *s) { return s->inner * (int64_t)s->lane >= ACROSS_BYTES; }

/* Rows of the target that share what they see: windows of one block of maxima; sums begin anew with each band. */
static int64_t block_of(const pp_axis *axis, bool sums)
{
    int64_t block = pp_ceil_div(axis->longest, axis->advance);
    return sums ? pp_max(4 * block, BAND_ROWS) : block;
}

/* Rows of a band.  They follow from the whole problem, then shrink with the range: so no part of it takes more scratch than the
 * whole. */
int64_t pp_levels_band(const pp_sweep *s, int64_t row_bytes)
{
    bool sums = !s->problem->is_max;
    int64_t block = block_of(&s->axis[1], sums), most = pp_max(BAND_BYTES / row_bytes, 1);
    int64_t near = s->axis[0].longest > 1 ? BAND_BYTES / 4 : NEAR_BYTES; /* the next band needs some of the rows that were reduced */
    if (!sums) block *= pp_max(near / (row_bytes * block), 1);
    return pp_max(pp_min(pp_min(block, most), s->end[1] - s->begin[1]), 1);
}

/* Lanes of a line at most: so that a band of enough rows stays near. */
int64_t pp_levels_line(const pp_problem *p)
{
    int64_t lane = (int64_t)(pp_reducing_of(p) == PP_WINNERS ? sizeof(int64_t) : pp_dtypes[p->desc.dtype].size);
    return pp_max(BAND_BYTES / (block_of(&p->axis[1], !p->is_max) * lane), 3 * p->axis[2].longest * p->inner);
}

void pp_levels_scratch(pp_sweep *s)
{
    const pp_axis *h = &s->axis[1], *w = &s->axis[2];
    int64_t lane = (int64_t)s->lane, read = (s->read_end - s->read_begin) * s->inner, top = pp_max(pp_log2(w->longest), 1);
    s->apart = (s->line * lane + 2 * PP_LINE_PAD) / 64 * 64 / lane;
    pp_sweep_take(s, PP_LINE_PAD); /* of the column lines */
    s->slide = pp_sweep_take(s, (size_t)pp_slide_rows(pp_max(h->longest, s->across ? w->longest : 1)) * PP_SLIDE_BYTES);
    if (s->prepared || s->axis[0].longest > 1)
        s->fed = pp_sweep_take(s, (size_t)(pp_min(s->band * h->advance + h->longest, h->input) * read * lane));
    if (!s->across) s->level_lines = pp_sweep_take(s, (size_t)(top * s->apart * lane));
    if (!s->problem->is_max) s->divisors = pp_sweep_take(s, (size_t)((s->end[2] - s->begin[2]) * s->inner * lane) + PP_LINE_PAD);
    s->outer = -1;
}

/* ------------------------------------------------------------------------------------------------ H */

/* Source rows [begin, end), reduced on D, as lanes side by side; those that the band before had are still there. */
static const char *feed(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, int64_t begin, int64_t end)
{
    size_t row = (size_t)((s->read_end - s->read_begin) * s->inner) * s->lane;
    int64_t kept = begin >= s->fed_begin ? pp_max(s->fed_end - begin, 0) : 0;
    if (kept) memmove(s->fed, s->fed + (size_t)(begin - s->fed_begin) * row, (size_t)kept * row);
    for (int64_t h = begin + kept; h < end; h++) {
        pp_window one = {h, 1, 0, 1, 1};
        pp_sweep_reduce_rows(s, at, wd, &one, s->fed + (size_t)(h - begin) * row);
    }
    s->fed_begin = begin, s->fed_end = pp_max(end, begin + kept);
    return s->fed;
}

void pp_levels_fill_band(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, bool goes_on)
{
    const pp_axis *axis = &s->axis[1];
    if (!goes_on) s->fed_begin = s->fed_end = 0;
    int64_t depth = wd->first + wd->begin * s->axis[0].step;
    int64_t count = pp_min(s->band_end, axis->live) - s->band_begin, first = pp_axis_window(axis, s->band_begin).first;
    pp_slide k = {.lanes = (s->read_end - s->read_begin) * s->inner, .first = first, .count = count, .advance = axis->advance};
    k.length = axis->longest;
    k.begin = pp_max(first, 0);
    k.end = pp_min(first + (count - 1) * axis->advance + axis->longest, axis->visible);
    if (count <= 0 || !k.lanes || k.begin >= k.end) return;
    bool direct = !s->prepared && wd->end - wd->begin == 1;
    k.source = direct ? pp_sweep_source(s, at, depth, k.begin) : feed(s, at, wd, k.begin, k.end);
    k.step = direct ? s->problem->array[PP_INPUT].stride[PP_H] : k.lanes;
    k.target = s->column + (size_t)((s->read_begin - s->span_begin) * s->inner) * s->lane;
    k.pitch = s->line;
    k.scratch = s->slide;
    k.order = direct ? s->order : s->lane_order;
    k.from_elements = s->problem->is_max;
    bool far = (s->problem->inputs + s->problem->outputs) * (int64_t)s->element > FAR_BYTES;
    s->ahead = direct && far ? (uintptr_t)pp_sweep_source(s, at, depth, k.end - s->band_begin) : 0;
    kernels_of(s->combined)->slide(&k);
}

/* ------------------------------------------------------------------------------------------------ W */

/* What the lanes of this row are divided by; NULL: nothing. */
static const char *divisors_of(pp_sweep *s)
{
    pp_window w[3] = {s->row_window[0], s->row_window[1]};
    if (s->problem->is_max) return NULL;
    if (s->outer == w[0].extent * w[1].extent) return s->divisors;
    s->outer = w[0].extent * w[1].extent;
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        int64_t from = (stretch->begin - s->begin[2]) * s->inner, to = (stretch->end - s->begin[2]) * s->inner;
        w[2] = stretch->window;
        double divisor = pp_divisor_of(s->problem, w);
        for (int64_t j = from; j < to; j++) {
            if (s->lane == sizeof(float)) ((float *)(void *)s->divisors)[j] = (float)divisor;
            else ((double *)(void *)s->divisors)[j] = divisor;
        }
    }
    return s->divisors;
}

static void slide_across(pp_sweep *s, const char *column, int64_t first, int64_t count, char *result)
{
    const pp_axis *axis = &s->axis[2];
    pp_slide k = {.step = s->inner, .lanes = s->inner, .begin = s->read_begin, .end = s->read_end, .first = first, .count = count};
    k.source = column + (size_t)((s->read_begin - s->span_begin) * s->inner) * s->lane;
    k.advance = axis->advance;
    k.length = axis->longest;
    k.target = result;
    k.pitch = s->inner;
    k.scratch = s->slide;
    k.to_elements = s->problem->is_max;
    k.order = s->made_order;
    k.divisors = divisors_of(s);
    kernels_of(s->combined)->slide(&k);
}

/* Where level l of a line lies, in lanes from "column". */
static int64_t level_line(const pp_sweep *s, const char *column, int level)
{
    return level ? (s->level_lines - column) / (int64_t)s->lane + (level - 1) * s->apart : 0;
}

static void join(pp_sweep *s, const char *column, const int64_t *offset, int count, int64_t lanes, char *target, bool last)
{
    pp_join j = {.source = column, .offset = offset, .count = count, .lanes = lanes, .target = target};
    j.to_elements = last && s->problem->is_max;
    j.divisors = last ? divisors_of(s) : NULL;
    j.order = s->made_order;
    kernels_of(s->combined)->join(&j);
}

/* Makes the levels of a line that its windows join, and those below them; returns the highest. */
static int raise_line(pp_sweep *s, const char *column)
{
    bool sums = !s->problem->is_max;
    int64_t length = s->axis[2].longest, apart = s->inner;
    int top = pp_log2(length), level = 0;
    while (sums ? level < top : length > (int64_t)JOINED << level) {
        int64_t below = level_line(s, column, level), shift = apart << level;
        int64_t offset[4] = {below, below + shift, below + 2 * shift, below + 3 * shift};
        int steps = sums ? 1 : 2;
        level += steps;
        int64_t lanes = s->line - (((int64_t)1 << level) - 1) * apart;
        join(s, column, offset, 1 << steps, lanes, s->level_lines + (size_t)((level - 1) * s->apart) * s->lane, false);
    }
    return level;
}

/* Inline: compilers take functions that only prefetch for idle, and drop them. */
PP_INLINE void call(uintptr_t row, int64_t bytes)
{
#if defined(__GNUC__)
    for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch((const void *)(row + (uintptr_t)i), 1, 2);
#endif
}

/* Calls for the source rows that the next band will read when this one is at row h, and for a row of the target that will be written
 * soon: while they are far, there is much to do. */
PP_INLINE void call_ahead(const pp_sweep *s, int64_t h, const char *result)
{
    enum { AHEAD = 4 };
    const int64_t element = (int64_t)s->element, row = s->problem->array[PP_INPUT].stride[PP_H] * element;
    if (s->ahead) call(s->ahead + (uintptr_t)(h * row), (s->read_end - s->read_begin) * s->inner * element);
    if (!s->ahead || result == s->result) return;
    call((uintptr_t)result + (uintptr_t)(AHEAD * s->problem->array[PP_OUTPUT].stride[PP_H] * element), (s->end[2] - s->begin[2]) * s->inner * element);
}

void pp_levels_along(pp_sweep *s, const char *column, int64_t h, char *result)
{
    const pp_axis *axis = &s->axis[2];
    bool sums = !s->problem->is_max;
    int64_t count = pp_min(s->end[2], axis->live) - s->begin[2], first = pp_axis_window(axis, s->begin[2]).first, length = axis->longest;
    call_ahead(s, h, result);
    if (count <= 0) return;
    if (s->across) {
        slide_across(s, column, first, count, result);
        return;
    }
    int level = raise_line(s, column), blocks = 0;
    int64_t offset[PP_LEVELS], at = (first - s->span_begin) * s->inner;
    for (int64_t begin = 0; begin < length; blocks++) { /* from left to right */
        if (sums) level = pp_log2(length - begin);
        int64_t block = (int64_t)1 << level, from = sums ? begin : pp_min(begin, length - block);
        offset[blocks] = level_line(s, column, level) + at + from * s->inner;
        begin += block;
    }
    join(s, column, offset, blocks, count * s->inner, result, true);
}

/* ------------------------------------------------------------------------------------------------ when */

bool pp_levels_apply(const pp_problem *p, bool winners)
{
    const pp_axis *axis = p->axis;
    bool ignored = p->desc.dtype == PP_F64 && p->is_max && p->desc.nan == PP_NAN_IGNORE; /* their lanes are no keys */
    if (ignored || !kernels_of(p) || !pp_sweep_applies(p, winners)) return false;
    for (int a = 1; a < 3; a++) { /* windows of one length follow one another */
        if (axis[a].step != 1 || axis[a].period != 1 || axis[a].longest < 1 || axis[a].kind != PP_AXIS_SLIDING) return false;
        if (axis[a].longest >= 1 << 15) return false;
    }
    /* lanes of a line are next to each other */
    return axis[2].advance == 1 || p->inner * (int64_t)pp_dtypes[p->desc.dtype].size >= ACROSS_BYTES;
}

/* Whether they cost less than taps, in vector operations per output. */
bool pp_levels_pay(const pp_problem *p)
{
    const pp_axis *axis = p->axis, *h = &axis[1], *w = &axis[2];
    double down = (double)h->advance, along = (double)w->advance;
    if (h->output == 1) down = (double)h->input; /* a single window */
    if (w->output == 1) along = (double)w->input;
    double levels = (double)(pp_log2(pp_max(h->longest, 1)) + pp_log2(pp_max(w->longest, 1)));
    double depth = (double)axis[0].longest, rows = (double)h->longest, taps = (double)w->longest;
    double deep = depth > 1 ? 2 * depth + 4 : 1, mine = along * down * (deep + 3 + 2 * levels) + along * 4 + 4;
    if (p->is_max) { /* for any length; it is less when memory has to be waited for */
        bool far = ((double)p->inputs + (double)p->outputs) * (double)pp_dtypes[p->desc.dtype].size > 2 * FAR_BYTES;
        mine = (along * down * (deep + 3) + along * 7 + 4) * (far ? 1.3 : 1);
    }
    /* all taps of channels-last windows, or those on D and H, then those on W: the one in registers, the other not */
    bool at_once = p->inner >= 16 / (int64_t)pp_dtypes[p->desc.dtype].size;
    double direct = at_once ? 0.65 * depth * rows * taps : 2 * (along * depth * rows + taps);
    return mine < direct;
}

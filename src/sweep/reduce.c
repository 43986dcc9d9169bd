/* From source rows to the lanes of a target row. */
#include "sweep.h"

#include <string.h>

/* ------------------------------------------------------------------------------------------------ source rows */

/* Element (n, c, d, h, read_begin, 0) of the source. */
static const char *row_address(const pp_sweep *s, const int64_t at[PP_AXES], int64_t d, int64_t h)
{
    const int64_t *stride = s->source->stride;
    int64_t offset = at[PP_N] * stride[PP_N] + at[PP_C] * stride[PP_C] + d * stride[PP_D] + h * stride[PP_H] + s->read_begin * stride[PP_W];
    return s->source_base + offset * (int64_t)s->element;
}

/* Makes row (d, h) contiguous, and divides it where the sweep scales. */
static void prepare_row(pp_sweep *s, const int64_t at[PP_AXES], int64_t d, int64_t h, char *to)
{
    const char *from = row_address(s, at, d, h);
    if (s->packed) {
        char *gathered = s->scale ? s->out : to;
        pp_strides dense = {s->inner, 1}, strided = {s->source->stride[PP_W], s->source->stride[PP_INNER]};
        pp_copy(gathered, dense, from, strided, s->read_end - s->read_begin, s->inner, s->element);
        from = gathered;
    }
    if (!s->scale) return;
    pp_window w[3] = {pp_axis_window(&s->run->group.axis[0], d), pp_axis_window(&s->run->group.axis[1], h)};
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const pp_stretch *stretch = &s->stretches[i];
        int64_t first = (stretch->begin - s->read_begin) * s->inner;
        w[2] = stretch->window;
        pp_finish f = {.source = from + (size_t)first * s->element, .target = to + (size_t)first * s->lane};
        f.lanes = (stretch->end - stretch->begin) * s->inner;
        f.divisor = pp_divisor_of(s->problem, w);
        s->run->kernels->scale(&f);
    }
}

/* Reduces the rows under windows wd, wh, from lane "from" on, to "lanes" lanes. */
static void reduce_rows(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, const pp_window *wh, int64_t from, int64_t lanes,
                        char *target)
{
    bool prepared = s->packed || s->scale;
    int64_t count = 0, read = (s->read_end - s->read_begin) * s->inner;
    for (int64_t th = wh->begin; th < wh->end; th++) {
        int64_t h = wh->first + th * s->axis[1].step;
        for (int64_t td = wd->begin; td < wd->end; td++, count++) {
            int64_t d = wd->first + td * s->axis[0].step;
            pp_tap *tap = &s->taps[count];
            if (prepared) prepare_row(s, at, d, h, s->rows + (size_t)(count * read) * (s->scale ? s->lane : s->element));
            tap->offset = from + (prepared ? count * read : d * s->source->stride[PP_D] + h * s->source->stride[PP_H]);
            tap->index = (d * s->problem->axis[1].input + h) * s->problem->axis[2].input;
            tap->merges = pp_merges(td, wd->begin, wd->end, wd->length);
        }
        s->taps[count - 1].merges += pp_merges(th, wh->begin, wh->end, wh->length);
    }
    pp_reduce r = pp_reduce_for(s->problem, !s->scale);
    r.source = prepared ? s->rows : row_address(s, at, 0, 0);
    r.taps = s->taps;
    r.count = count;
    r.lanes = lanes;
    r.target = target;
    r.target_index = target + s->mirror;
    (s->scale ? s->from_lanes : s->from_elements)(&r);
}

/* ------------------------------------------------------------------------------------------------ D and H */

/* Combines lanes at "source" with those "apart" lanes further on. */
static void combine(pp_sweep *s, const char *source, int64_t apart, int64_t lanes, char *target)
{
    pp_tap taps[2] = {{0, 0, 0}, {apart, 0, 1}};
    pp_reduce r = pp_reduce_for(s->problem, false);
    r.source = source;
    r.source_index = source + s->mirror;
    r.taps = taps;
    r.count = 2;
    r.lanes = lanes;
    r.target = target;
    r.target_index = target + s->mirror;
    s->from_lanes(&r);
}

/* The taps of a window of "length" positions that join levels: offset is a position, index a level. */
static int64_t level_taps(pp_tap *taps, int64_t length, int64_t first, int64_t step)
{
    int64_t count = 0;
    for (int level = 62; level >= 0; level--) {
        if (!(length >> level & 1)) continue;
        taps[count] = (pp_tap){first, level, count > 0};
        first += step << level;
        count++;
    }
    return count;
}

/* Fills the band by levels: strip by strip of its lanes, a tower of 1, 2, 4, ... rows from each row on. */
static void fill_band(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd)
{
    const pp_axis *axis = &s->axis[1];
    int64_t first, last, read = (s->read_end - s->read_begin) * s->inner;
    int64_t visible = axis->kind == PP_AXIS_SLIDING ? axis->visible : axis->input;
    pp_axis_span(axis, s->band_begin, s->band_end, &first, &last);
    for (int64_t from = 0; from < read; from += s->strip) {
        int64_t lanes = pp_min(s->strip, read - from), level = (last - first) * lanes;
        for (int64_t h = first; h < last; h++) {
            char *row = s->tower + (size_t)((h - first) * lanes) * s->lane;
            pp_window one = {h, 1, 0, 1, 1};
            if (h < 0 || h >= visible) pp_fill_identity(row, lanes, s->problem, s->reducing);
            else reduce_rows(s, at, wd, &one, from, lanes, row);
        }
        for (int l = 1; l < s->h_levels; l++) {
            int64_t apart = ((int64_t)1 << (l - 1)) * axis->step, rows = last - first - (2 * apart - axis->step);
            char *below = s->tower + (size_t)((l - 1) * level) * s->lane;
            if (rows > 0) combine(s, below, apart * lanes, rows * lanes, below + (size_t)level * s->lane);
        }
        for (int64_t o = s->band_begin; o < s->band_end; o++) {
            pp_window w = pp_axis_window(axis, o);
            if (w.begin == w.end) continue;
            pp_reduce r = pp_reduce_for(s->problem, false);
            r.source = s->tower;
            r.source_index = s->tower + s->mirror;
            r.taps = s->taps;
            r.count = level_taps(s->taps, w.length, w.first - first, axis->step);
            for (int64_t t = 0; t < r.count; t++) s->taps[t].offset = s->taps[t].index * level + s->taps[t].offset * lanes;
            r.lanes = lanes;
            r.target = s->column + (size_t)((o - s->band_begin) * s->line + (s->read_begin - s->span_begin) * s->inner + from) * s->lane;
            r.target_index = (char *)r.target + s->mirror;
            s->from_lanes(&r);
        }
    }
}

/* Indices count rows so far; each lane adds its place in the row. */
static void add_positions(pp_sweep *s, char *line)
{
    char *index = line + s->mirror;
    int64_t j = (s->read_begin - s->span_begin) * s->inner;
    for (int64_t x = s->read_begin; x < s->read_end; x++) {
        for (int64_t i = 0; i < s->inner; i++, j++) {
            if (s->lane == 8) ((uint64_t *)index)[j] += (uint64_t)x; /* unsigned: lanes that see nothing hold anything */
            else ((uint32_t *)index)[j] += (uint32_t)x;
        }
    }
}

/* The line under target row "at": everything reduced on D and H.  NULL when its windows there see nothing. */
static char *find_column(pp_sweep *s, const int64_t at[PP_AXES])
{
    pp_window wd = pp_axis_window(&s->axis[0], at[PP_D]), wh = pp_axis_window(&s->axis[1], at[PP_H]);
    if (wd.begin == wd.end || wh.begin == wh.end) return NULL;
    int64_t h = at[PP_H];
    bool there = h >= s->band_begin && h < s->band_end && at[PP_N] == s->band_n && at[PP_C] == s->band_c && at[PP_D] == s->band_d;
    if (!there) {
        s->band_n = at[PP_N], s->band_c = at[PP_C], s->band_d = at[PP_D];
        s->band_begin = h;
        s->band_end = pp_min(h + s->band, s->end[1]);
        if (s->levels[0]) {
            fill_band(s, at, &wd);
        } else if (s->read_end > s->read_begin) {
            int64_t margin = (s->read_begin - s->span_begin) * s->inner;
            reduce_rows(s, at, &wd, &wh, 0, (s->read_end - s->read_begin) * s->inner, s->column + (size_t)margin * s->lane);
        }
        for (int64_t row = 0; s->reducing == PP_WINNERS && row < s->band_end - h; row++) {
            add_positions(s, s->column + (size_t)(row * s->line) * s->lane);
        }
    }
    return s->column + (size_t)((h - s->band_begin) * s->line) * s->lane;
}

/* ------------------------------------------------------------------------------------------------ W */

/* Cuts "line" into phases: positions p, p + advance, p + 2 advance, ... side by side, for p = 0, 1, ... */
static void split_line(const pp_sweep *s, const char *line, char *to)
{
    int64_t advance = s->axis[2].advance, positions = s->span_end - s->span_begin, each = (positions + advance - 1) / advance;
    pp_strides dense = {s->inner, 1}, spread = {advance * s->inner, 1};
    for (int64_t p = 0; p < pp_min(advance, positions); p++) {
        int64_t count = (positions - p + advance - 1) / advance;
        char *phase = to + (size_t)(p * each * s->inner) * s->lane;
        const char *from = line + (size_t)(p * s->inner) * s->lane;
        pp_copy(phase, dense, from, spread, count, s->inner, s->lane);
        if (s->reducing == PP_WINNERS) pp_copy(phase + s->mirror, dense, from + s->mirror, spread, count, s->inner, s->lane);
    }
}

/* The outputs o, o + period, ... of a row, as lanes side by side at "target". */
static void reduce_class(pp_sweep *s, const char *column, const pp_window *w, int64_t outputs, char *target)
{
    const pp_axis *axis = &s->axis[2];
    int64_t positions = s->span_end - s->span_begin, each = (positions + axis->advance - 1) / axis->advance;
    int64_t buffer = s->split ? each * axis->advance * s->inner : s->line, count;
    int64_t first = w->first - s->span_begin;
    if (s->levels[1]) {
        count = level_taps(s->taps, w->length, first, axis->step);
    } else {
        count = w->length;
        for (int64_t t = 0; t < count; t++) s->taps[t] = (pp_tap){first + t * axis->step, 0, pp_merges(t, 0, count, count)};
    }
    int64_t above = s->climb ? (s->climb - column) / (int64_t)s->lane - s->line : 0; /* level 1 lies in "climb" */
    for (int64_t t = 0; t < count; t++) {
        int64_t position = s->taps[t].offset, level = s->taps[t].index;
        if (s->split) s->taps[t].offset = level * buffer + ((position % axis->advance) * each + position / axis->advance) * s->inner;
        else s->taps[t].offset = position * s->inner + (level ? above + level * buffer : 0);
    }
    pp_reduce r = pp_reduce_for(s->problem, false);
    r.source = s->split ? s->phases : column;
    r.source_index = (const char *)r.source + s->mirror;
    r.taps = s->taps;
    r.count = count;
    r.lanes = outputs * s->inner;
    r.target = target;
    r.target_index = target + s->mirror;
    s->from_lanes(&r);
}

/* Builds what reduce_class reads: levels, phases. */
static void prepare_line(pp_sweep *s, const char *column)
{
    const pp_axis *axis = &s->axis[2];
    int64_t positions = s->span_end - s->span_begin;
    const char *below = column;
    int buffers = s->levels[1] ? s->w_levels : 1;
    int64_t phase_buffer = (positions + axis->advance - 1) / axis->advance * axis->advance * s->inner;
    for (int l = 0; l < buffers; l++) {
        if (l > 0) {
            int64_t apart = ((int64_t)1 << (l - 1)) * axis->step, lanes = (positions - (2 * apart - axis->step)) * s->inner;
            char *level = s->climb + (size_t)((l - 1) * s->line) * s->lane;
            if (lanes > 0) combine(s, below, apart * s->inner, lanes, level);
            below = level;
        }
        if (s->split) split_line(s, below, s->phases + (size_t)(l * phase_buffer) * s->lane);
    }
}

char *pp_sweep_reduce_row(pp_sweep *s, const int64_t at[PP_AXES], char *into)
{
    const pp_axis *axis = &s->axis[2];
    char *result = into ? into : s->result;
    const char *column = find_column(s, at);
    if (!column) return NULL;
    int64_t outputs = s->end[2] - s->begin[2], live = pp_min(s->end[2], axis->live) - s->begin[2];
    if (s->holes) memset(result, 0, (size_t)(outputs * s->inner) * s->lane);
    prepare_line(s, column);
    for (int64_t first = 0; first < pp_min(axis->period, live); first++) {
        pp_window w = pp_axis_window(axis, s->begin[2] + first);
        int64_t count = pp_ceil_div(live - first, axis->period);
        if (w.length == 0) continue;
        if (axis->period == 1) {
            reduce_class(s, column, &w, count, result);
            continue;
        }
        reduce_class(s, column, &w, count, s->lane_class);
        pp_strides dense = {s->inner, 1}, spread = {axis->period * s->inner, 1};
        size_t start = (size_t)(first * s->inner) * s->lane;
        pp_copy(result + start, spread, s->lane_class, dense, count, s->inner, s->lane);
        if (s->reducing == PP_WINNERS)
            pp_copy(result + start + s->mirror, spread, s->lane_class + s->mirror, dense, count, s->inner, s->lane);
    }
    return result;
}

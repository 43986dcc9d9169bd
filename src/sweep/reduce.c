/* From source rows to the lanes of a target row. */
#include "sweep.h"

/* ------------------------------------------------------------------------------------------------ source rows */

const char *pp_sweep_source(const pp_sweep *s, const int64_t at[PP_AXES], int64_t d, int64_t h)
{
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    int64_t offset = at[PP_N] * stride[PP_N] + at[PP_C] * stride[PP_C] + d * stride[PP_D] + h * stride[PP_H] + s->read_begin * stride[PP_W];
    return s->run->base[PP_INPUT] + offset * (int64_t)s->element;
}

/* Makes row (d, h) contiguous, or packs it. */
static void prepare_row(pp_sweep *s, const int64_t at[PP_AXES], int64_t d, int64_t h, char *to)
{
    const char *from = pp_sweep_source(s, at, d, h);
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    if (s->gathered) {
        char *gathered = s->packs ? s->out : to;
        pp_strides dense = {s->inner, 1}, strided = {stride[PP_W], stride[PP_INNER]};
        pp_copy(gathered, dense, from, strided, s->read_end - s->read_begin, s->inner, s->element);
        from = gathered;
    }
    if (s->packs) pp_sweep_pack_row(s, d, h, from, to);
}

void pp_sweep_reduce_rows(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, const pp_window *wh, char *target)
{
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    int64_t count = 0, read = (s->read_end - s->read_begin) * s->inner;
    bool single = s->packs && (wd->end - wd->begin) * (wh->end - wh->begin) == 1; /* packed where it belongs */
    for (int64_t th = wh->begin; th < wh->end; th++) {
        int64_t h = wh->first + th * s->axis[1].step;
        for (int64_t td = wd->begin; td < wd->end; td++, count++) {
            int64_t d = wd->first + td * s->axis[0].step;
            pp_tap *tap = &s->taps[count];
            if (s->prepared) prepare_row(s, at, d, h, single ? target : s->rows + (size_t)(count * read) * s->prepared);
            tap->offset = s->prepared ? count * read : d * stride[PP_D] + h * stride[PP_H];
            tap->merges = pp_merges(td, wd->begin, wd->end, wd->length);
        }
        s->taps[count - 1].merges += pp_merges(th, wh->begin, wh->end, wh->length);
    }
    if (single) return;
    pp_reduce r = {.source = s->prepared ? s->rows : pp_sweep_source(s, at, 0, 0), .taps = s->taps, .count = count, .lanes = read};
    r.target = target;
    r.order = pp_order_of(s->combined);
    pp_from_elements(s->combined)(&r);
}

/* ------------------------------------------------------------------------------------------------ D and H */

/* The line under target row "at": everything reduced on D and H.  NULL when its windows there see nothing. */
static char *find_column(pp_sweep *s, const int64_t at[PP_AXES])
{
    int64_t h = at[PP_H];
    pp_window *w = s->row_window;
    bool same = at[PP_N] == s->band_n && at[PP_C] == s->band_c && at[PP_D] == s->band_d;
    if (!same || h < s->band_begin || h >= s->band_end) {
        bool goes_on = same && h == s->band_end;
        w[0] = pp_axis_window(&s->axis[0], at[PP_D]);
        w[1] = pp_axis_window(&s->axis[1], h);
        s->band_n = at[PP_N], s->band_c = at[PP_C], s->band_d = at[PP_D];
        s->band_begin = h;
        s->band_end = pp_min(h + s->band, s->end[1]);
        if (w[0].begin == w[0].end) return NULL;
        if (s->levels) {
            pp_levels_fill_band(s, at, &w[0], goes_on);
        } else if (s->read_end > s->read_begin && w[1].begin < w[1].end) {
            int64_t margin = (s->read_begin - s->span_begin) * s->inner;
            pp_sweep_reduce_rows(s, at, &w[0], &w[1], s->column + (size_t)margin * s->lane);
        }
    }
    if (w[0].begin == w[0].end) return NULL;
    if (s->levels) w[1] = pp_axis_window(&s->axis[1], h);
    if (w[1].begin == w[1].end) return NULL;
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
    }
}

/* The outputs o, o + period, ... of a row, as lanes side by side at "target". */
static void reduce_class(pp_sweep *s, const char *column, const pp_window *w, int64_t outputs, char *target)
{
    const pp_axis *axis = &s->axis[2];
    int64_t positions = s->span_end - s->span_begin, each = (positions + axis->advance - 1) / axis->advance;
    for (int64_t t = 0; t < w->length; t++) {
        int64_t position = w->first - s->span_begin + t * axis->step;
        if (s->split) position = (position % axis->advance) * each + position / axis->advance;
        s->taps[t] = (pp_tap){.offset = position * s->inner, .merges = pp_merges(t, 0, w->length, w->length)};
    }
    pp_reduce r = {.source = s->split ? s->phases : column, .taps = s->taps, .count = w->length, .target = target};
    r.lanes = outputs * s->inner;
    pp_from_elements(s->combined)(&r);
}

char *pp_sweep_reduce_row(pp_sweep *s, const int64_t at[PP_AXES], char *into)
{
    const pp_axis *axis = &s->axis[2];
    char *result = into ? into : s->result;
    const char *column = find_column(s, at);
    if (!column) return NULL;
    int64_t live = pp_min(s->end[2], axis->live) - s->begin[2];
    if (s->levels) {
        pp_levels_along(s, column, at[PP_H], result);
        return result;
    }
    if (s->split) split_line(s, column, s->phases);
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
    }
    return result;
}

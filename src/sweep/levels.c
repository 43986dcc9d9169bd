/* Long windows by doubling: level l holds, at each position, the sum (maximum) of 2^l neighbours - the very blocks of the tree
 * of sums - and a window joins the few levels of its length's binary form; a maximum joins two that overlap.
 *
 *   H    rows climb through rings, strip by strip of their lanes; a band of rows of the target comes out as column lines
 *   W    wide positions (many channels) climb in the same way, one after another; narrow ones are lanes of a line, whose levels
 *        are lines of their own
 */
#include "sweep.h"

#include <string.h>

enum {
    STRIP_BYTES = 16 * 1024, /* of the rings of a strip: they should stay in the first-level cache */
    FEW_BYTES = 512,         /* of a row of a strip, at least */
    WIDE_BYTES = 256,        /* of a position that climbs */
    FEED_BYTES = 16 * 1024,  /* of source rows that are prepared at once */
    PAD = 512                /* bytes past a line that kernels may touch */
};

/* Emissions for outputs [from, to) of an axis, "pitch" lanes apart; returns their number.  extent: the outputs' extents, -1: they see
 * nothing; or NULL.  A maximum needs no padding. */
static int64_t list_emissions(const pp_sweep *s, const pp_axis *axis, int64_t from, int64_t to, int64_t pitch, pp_emission *list,
                              int64_t *extent)
{
    int64_t count = 0;
    for (int64_t o = from; o < to; o++) {
        pp_window w = pp_axis_window(axis, o);
        if (extent) extent[o - from] = w.begin == w.end ? -1 : w.extent;
        if (w.begin == w.end) continue;
        if (s->reducing == PP_SUMS) w.begin = 0, w.end = w.length;
        list[count++] = (pp_emission){w.first + w.end - 1, w.end - w.begin, (o - from) * pitch};
    }
    return count;
}

static int64_t ring_rows(const pp_axis *axis) { return ((int64_t)2 << pp_log2(pp_max(axis->longest, 1))) - 1; }

/* Lanes of a row of a ring: no power of two, so that rows do not lie multiples of 4 KiB apart. */
static int64_t ring_width(const pp_sweep *s, int axis) { return s->strip[axis - 1] + PP_ALIGN / (int64_t)s->lane; }

/* Of a strip. */
static size_t ring_size(const pp_sweep *s, int axis) { return (size_t)(ring_rows(&s->axis[axis]) * ring_width(s, axis)) * s->lane; }

/* Lanes of a strip of rows with "lanes" lanes: whole blocks of vectors. */
static int64_t strip_of(const pp_axis *axis, int64_t lanes, int64_t lane)
{
    int64_t strip = pp_max(STRIP_BYTES / (ring_rows(axis) * lane), FEW_BYTES / lane) / 64 * 64;
    return pp_min(pp_max(strip, 64), (lanes + 63) / 64 * 64);
}

bool pp_levels_across(const pp_sweep *s) { return s->inner * (int64_t)s->lane >= WIDE_BYTES; }

void pp_levels_measure(pp_sweep *s)
{
    const pp_axis *h = &s->axis[1], *w = &s->axis[2];
    int64_t lane = (int64_t)s->lane, read = pp_max((s->read_end - s->read_begin) * s->inner, 1);
    s->kernel = s->problem->is_max ? s->problem->kernels->max_levels : s->problem->kernels->sum_levels;
    s->strip[0] = strip_of(h, read, lane);
    s->strip[1] = s->across ? strip_of(w, s->inner, lane) : 0;
    s->feed = pp_max(FEED_BYTES / (read * lane), 1);
    s->apart = (s->line * lane + 2 * PAD) / 64 * 64 / lane;
}

/* Rows of a band.  They follow from the whole problem, then shrink with the range: so no part of it takes more scratch than the
 * whole. */
int64_t pp_levels_band(const pp_sweep *s, int64_t row_bytes)
{
    enum { BAND_BYTES = 256 * 1024, WHOLE_BYTES = 1024 * 1024, MOST = 64 };
    int64_t band = pp_min(pp_max(BAND_BYTES / row_bytes, 1), MOST), all = s->axis[1].output;
    if (all <= MOST && all * row_bytes <= WHOLE_BYTES) band = all; /* then rings are needed no more */
    return pp_max(pp_min(band, s->end[1] - s->begin[1]), 1);
}

size_t pp_levels_scratch(pp_sweep *s, char *scratch, size_t used, int64_t outputs)
{
    const pp_axis *w = &s->axis[2];
    int64_t read = (s->read_end - s->read_begin) * s->inner, top = pp_log2(pp_max(w->longest, 1));
    int64_t strips = pp_max(pp_ceil_div(read, s->strip[0]), 1);
    size_t sizes[] = {
        PAD, /* of the column lines */
        (size_t)strips * ring_size(s, 1),
        (size_t)s->band * sizeof(pp_emission),
        (size_t)s->band * sizeof *s->extent,
        (size_t)pp_max(FEED_BYTES, read * (int64_t)s->lane),
        (size_t)s->strip[0] * s->lane,
        s->across ? ring_size(s, 2) : (size_t)(pp_max(top, 1) * s->apart) * s->lane,
        s->across ? (size_t)outputs * sizeof(pp_emission) : 0,
        w->period > 1 || w->advance > 1 ? (size_t)s->line * s->lane + PAD : 0,
    };
    char *pieces[PP_COUNT(sizes)];
    for (int i = 0; i < PP_COUNT(sizes); i++) {
        pieces[i] = scratch ? scratch + used : NULL;
        used += pp_aligned(sizes[i]);
    }
    if (!scratch) return used;
    s->ring[0] = pieces[1];
    s->emission[0] = (pp_emission *)(void *)pieces[2];
    s->extent = (int64_t *)(void *)pieces[3];
    s->fed = pieces[4];
    s->nothing = memset(pieces[5], 0, sizes[5]);
    s->ring[1] = s->level_lines = pieces[6];
    s->emission[1] = (pp_emission *)(void *)pieces[7];
    s->lane_class = pieces[8];
    if (s->across) s->w_emissions = list_emissions(s, w, s->begin[2], s->end[2], s->inner, s->emission[1], NULL);
    else s->first = pp_axis_window(w, s->begin[2]);
    return used;
}

int pp_ring_blocks(int64_t length, bool overlap, int64_t row, int64_t width, int64_t offset[PP_LEVELS])
{
    int count = 0, level = pp_log2(length);
    for (int64_t left = length; left > 0;) {
        if (!overlap) level = pp_log2(left);
        left = pp_max(left - ((int64_t)1 << level), 0);
        offset[count++] = pp_ring_row(level, row - left) * width;
    }
    return count;
}

/* ------------------------------------------------------------------------------------------------ H */

/* Climbs "rows" more rows of a part, and takes their emissions off it. */
static void climb(const pp_sweep *s, pp_climb *part, int64_t rows)
{
    const pp_emission *emission = part->emission;
    int64_t all = part->emissions, emissions = 0;
    while (emissions < all && emission[emissions].row < part->now + rows) emissions++;
    part->rows = rows;
    part->emissions = emissions;
    if (rows > 0) s->kernel->climb(part);
    part->now += rows;
    part->emission = emission + emissions;
    part->emissions = all - emissions;
}

/* Pushes source rows [now, now + rows), "step" lanes apart, through the rings of all strips, then "zeros" rows of zeros.  fresh:
 * no strip has seen a row of this plane; again: the rings are needed for its next rows. */
static void push(pp_sweep *s, pp_climb *c, const char *source, int64_t step, int64_t rows, int64_t zeros, bool fresh, bool again)
{
    int64_t read = (s->read_end - s->read_begin) * s->inner;
    char *column = s->column + (size_t)((s->read_begin - s->span_begin) * s->inner) * s->lane;
    pp_climb part;
    c->width = ring_width(s, 1);
    c->levels = pp_log2(pp_max(s->axis[1].longest, 1));
    for (int64_t from = 0; from < read; from += s->strip[0]) {
        part = *c;
        part.source = source + (size_t)from * s->lane;
        part.step = step;
        part.lanes = pp_min(s->strip[0], read - from);
        part.ring = s->ring[0] + (fresh && !again ? 0 : (size_t)(from / s->strip[0]) * ring_size(s, 1)); /* the same for all: it stays near */
        part.target = column + (size_t)from * s->lane;
        if (fresh && s->reducing == PP_SUMS) memset(part.ring, 0, ring_size(s, 1)); /* padding */
        climb(s, &part, rows);
        part.source = s->nothing;
        part.step = 0;
        climb(s, &part, zeros);
    }
    c->now = part.now;
    c->emission = part.emission;
    c->emissions = part.emissions;
}

void pp_levels_fill_band(pp_sweep *s, const int64_t at[PP_AXES], const pp_window *wd, bool goes_on)
{
    const pp_axis *axis = &s->axis[1];
    int64_t visible = axis->kind == PP_AXIS_SLIDING ? axis->visible : axis->input, read = (s->read_end - s->read_begin) * s->inner;
    int64_t count = list_emissions(s, axis, s->band_begin, s->band_end, s->line, s->emission[0], s->extent);
    const pp_emission *e = s->emission[0];
    if (!count || !read) return;
    int64_t first = e->row - e->length + 1, end = e[count - 1].row + 1, depth = wd->first + wd->begin * s->axis[0].step;
    bool fresh = !goes_on || e->row < s->pushed, again = s->band_end < s->end[1]; /* or windows that need rows that are gone */
    if (fresh) s->pushed = 0;
    pp_climb c = {.now = pp_max(s->pushed, first), .emission = e, .emissions = count, .from_elements = s->reducing == PP_MAXIMA};
    bool direct = !s->packed && !s->scale && s->lane == s->element && wd->end - wd->begin == 1;
    if (direct && s->reducing == PP_MAXIMA) c.order = pp_order_of(s->problem);
    c.order.ignore_nan = s->problem->desc.nan == PP_NAN_IGNORE;
    s->pushed = end;
    s->ahead = direct ? (uintptr_t)pp_sweep_source(s, at, depth, end - s->band_begin) : 0;
    int64_t inside = pp_max(pp_min(end, visible), c.now), zeros = end - inside;
    if (direct) {
        push(s, &c, pp_sweep_source(s, at, depth, c.now), s->source->stride[PP_H], inside - c.now, zeros, fresh, again);
        return;
    }
    do {
        int64_t rows = pp_min(inside - c.now, s->feed);
        for (int64_t r = 0; r < rows; r++) {
            pp_window one = {c.now + r, 1, 0, 1, 1};
            pp_sweep_reduce_rows(s, at, wd, &one, s->fed + (size_t)(r * read) * s->lane);
        }
        bool last = c.now + rows == inside;
        push(s, &c, s->fed, read, rows, last ? zeros : 0, fresh, again || !last || !fresh);
        fresh = false;
    } while (c.now < inside);
}

/* ------------------------------------------------------------------------------------------------ W */

static void climb_across(pp_sweep *s, const char *column, char *result, bool to_elements)
{
    const pp_axis *axis = &s->axis[2];
    bool sums = s->reducing == PP_SUMS;
    int64_t begin = sums ? s->span_begin : s->read_begin, end = sums ? s->span_end : s->read_end;
    pp_climb c = {.step = s->inner, .now = begin, .rows = end - begin, .ring = s->ring[1], .width = ring_width(s, 2)};
    c.emission = s->emission[1];
    c.emissions = s->w_emissions;
    c.levels = pp_log2(pp_max(axis->longest, 1));
    c.to_elements = to_elements;
    for (int64_t from = 0; from < s->inner; from += s->strip[1]) {
        c.source = column + (size_t)((begin - s->span_begin) * s->inner + from) * s->lane;
        c.target = result + (size_t)from * s->lane;
        c.lanes = pp_min(s->strip[1], s->inner - from);
        s->kernel->climb(&c);
    }
}

/* Where level l of a line lies, in lanes from "column". */
static int64_t level_line(const pp_sweep *s, const char *column, int level)
{
    return level ? (s->level_lines - column) / (int64_t)s->lane + (level - 1) * s->apart : 0;
}

static void join(const pp_sweep *s, const char *column, const int64_t *offset, int count, int64_t lanes, char *target, bool to_elements)
{
    pp_join j = {.source = column, .offset = offset, .count = count, .lanes = lanes, .target = target, .to_elements = to_elements};
    if (lanes > 0) s->kernel->join(&j);
}

/* Makes the levels of a line that the windows of this axis join, and those below them. */
static void raise_line(const pp_sweep *s, const char *column)
{
    const pp_axis *axis = &s->axis[2];
    int top = pp_log2(pp_max(axis->longest, 1)), level = 0;
    bool sums = s->reducing == PP_SUMS;
    int64_t apart = axis->step * s->inner;
    uint64_t keep = (uint64_t)(axis->period > 1 ? -1 : sums ? axis->longest : (int64_t)1 << top);
    if (apart == 1 && top > 0 && s->kernel->rise) {
        pp_rise r = {.source = column, .target = s->level_lines, .lanes = s->line, .apart = s->apart};
        level = r.levels = top < s->kernel->vector_level ? top : s->kernel->vector_level;
        r.keep = keep >> 1 | (uint64_t)1 << (level - 1);
        s->kernel->rise(&r);
    }
    while (level < top) {
        int64_t below = level_line(s, column, level), shift = apart << level;
        int64_t offset[4] = {below, below + shift, below + 2 * shift, below + 3 * shift};
        int steps = !sums && level + 2 <= top && !(keep >> (level + 1) & 1) ? 2 : 1;
        level += steps;
        int64_t lanes = s->line - (((int64_t)1 << level) - 1) * apart;
        join(s, column, offset, 1 << steps, lanes, s->level_lines + (size_t)((level - 1) * s->apart) * s->lane, false);
    }
}

/* Calls for the source row that the next band will push when this one is at row h: while it is far, there is much to do. */
static void call_ahead(const pp_sweep *s, int64_t h)
{
#if defined(__GNUC__)
    size_t bytes = (size_t)((s->read_end - s->read_begin) * s->inner) * s->element;
    uintptr_t row = s->ahead + (uintptr_t)(h * s->source->stride[PP_H]) * s->element;
    for (size_t i = 0; i < bytes; i += 64) __builtin_prefetch((const void *)(row + i), 0, 2);
#endif
}

void pp_levels_along(pp_sweep *s, const char *column, int64_t h, char *result)
{
    const pp_axis *axis = &s->axis[2];
    bool keys = s->reducing == PP_MAXIMA;
    if (s->ahead) call_ahead(s, h);
    if (s->across) {
        climb_across(s, column, result, keys);
        return;
    }
    raise_line(s, column);
    int64_t live = pp_min(s->end[2], axis->live) - s->begin[2], apart = axis->step * s->inner;
    for (int64_t first = 0; first < pp_min(axis->period, live); first++) {
        pp_window w = first ? pp_axis_window(axis, s->begin[2] + first) : s->first;
        if (w.length == 0) continue;
        int64_t offset[PP_LEVELS], outputs = pp_ceil_div(live - first, axis->period), at = (w.first - s->span_begin) * s->inner;
        int count = 0, level = pp_log2(w.length);
        for (int64_t left = w.length; left > 0; count++) { /* blocks from left to right */
            if (!keys) level = pp_log2(left);
            int64_t begin = keys && count ? w.length - ((int64_t)1 << level) : w.length - left;
            offset[count] = level_line(s, column, level) + at + begin * apart;
            left -= (int64_t)1 << level;
        }
        if (axis->period == 1 && axis->advance == 1) {
            join(s, column, offset, count, outputs * s->inner, result, keys);
            continue;
        }
        join(s, column, offset, count, ((outputs - 1) * axis->advance + 1) * s->inner, s->lane_class, keys);
        pp_strides from = {axis->advance * s->inner, 1}, to = {axis->period * s->inner, 1};
        pp_copy(result + (size_t)(first * s->inner) * s->lane, to, s->lane_class, from, outputs, s->inner, s->lane);
    }
}

/* ------------------------------------------------------------------------------------------------ when */

bool pp_levels_apply(const pp_problem *p, pp_direction direction, pp_reducing reducing)
{
    const pp_axis *axis = direction == PP_FORWARD ? p->axis : p->cover;
    if (reducing == PP_WINNERS || !pp_sweep_applies(p, direction, reducing)) return false;
    if (!(p->is_max ? p->kernels->max_levels : p->kernels->sum_levels)) return false;
    for (int a = 1; a < 3; a++) {
        if (axis[a].step != 1) return false; /* then windows follow one another */
    }
    return ring_rows(&axis[1]) < 1 << 16;
}

/* Whether they cost less than taps, in vector operations per output. */
bool pp_levels_pay(const pp_problem *p, pp_direction direction)
{
    const pp_axis *axis = direction == PP_FORWARD ? p->axis : p->cover, *h = &axis[1], *w = &axis[2];
    double down = (double)h->advance / (double)h->period, along = (double)w->advance / (double)w->period;
    if (h->output == 1) down = (double)h->input; /* a single window */
    if (w->output == 1) along = (double)w->input;
    double levels = (double)(pp_log2(pp_max(h->longest, 1)) + pp_log2(pp_max(w->longest, 1)));
    double depth = (double)axis[0].longest, rows = (double)h->longest, taps = (double)w->longest;
    if (h->kind == PP_AXIS_TABLE || w->kind == PP_AXIS_TABLE) return false;
    double deep = depth > 1 ? 2 * depth + 4 : 1, mine = along * down * (deep + 3 + 2 * levels) + along * 4 + 4;
    /* all taps of channels-last windows, or those on D and H, then those on W: the one in registers, the other not */
    bool at_once = p->inner >= 16 / (int64_t)pp_dtypes[p->desc.dtype].size && direction == PP_FORWARD;
    double direct = at_once ? 0.65 * depth * rows * taps : 2 * (along * depth * rows + taps);
    return mine < direct;
}

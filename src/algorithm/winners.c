/* Tells the winner kernel what to do: lists of taps, rows and positions whose windows are alike. */
#include "../sweep/lines.h"
#include "algorithm.h"
#include "winners.h"

#include <math.h>
#include <string.h>

enum {
    MOST_TAPS = 64,
    LINE_BYTES = 64 * 1024,        /* of rows between margins, better */
    MOST_LINE_BYTES = 1024 * 1024, /* at most */
    MOST_VECTORS = 16              /* of a row that is copied only for them */
};

static bool has_channels(const pp_problem *p) { return p->inner > 1; }

static int64_t vector_lanes(const pp_problem *p) { return p->kernels->vector_bytes / (int64_t)pp_dtypes[p->desc.dtype].size; }

static int64_t most_taps(const pp_problem *p)
{
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) taps *= pp_max(1, pp_min(p->axis[a].longest, MOST_TAPS + 1));
    return taps;
}

/* Outputs of a sliding axis whose windows lie wholly inside. */
static void find_inside(const pp_axis *axis, int64_t inside[2])
{
    inside[0] = inside[1] = 0;
    if (axis->kind != PP_AXIS_SLIDING) return;
    int64_t last = axis->visible - 1 - (axis->kernel - 1) * axis->dilation + axis->pad_begin;
    inside[0] = pp_max(pp_ceil_div(axis->pad_begin, axis->stride), 0);
    inside[1] = pp_max(pp_min(pp_floor_div(last, axis->stride) + 1, axis->output), inside[0]);
}

/* Rows whose outputs are more than two apart, and those that begin or end in the padding and are not long, are copied between margins, as
 * one line per phase of the stride.  How many at once; 0: they are not copied; -1: too large. */
static int64_t lines_of(const pp_problem *p, pp_winners *lines)
{
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    int64_t lanes = vector_lanes(p), most = INT32_MAX / 64, span = (w->longest - 1) * w->step + 1, pad = pp_max(w->pad_begin, 0);
    if (has_channels(p)) return 0;
    if (span > most || pad > most || w->stride > most || w->output > most || w->input > most || h->step > most || h->longest > most)
        return -1;
    bool apart = w->stride > 2 && w->output > 1;
    if (!apart && (p->axis[0].longest > 1 || w->output > MOST_VECTORS * lanes)) return 0;
    if (!apart && pad == 0 && (w->output - 1) * w->stride + span <= w->input) return 0;
    int64_t unit = lanes * w->stride, reach = pp_max((w->output - 1) * w->stride + span, w->input);
    lines->phases = apart ? w->stride : 1;
    lines->margin = pp_ceil_div(pad, unit) * unit;
    lines->row = lines->margin + (pp_ceil_div(reach, unit) + 3) * unit;
    lines->phase = lines->row / lines->phases;
    int64_t least = p->axis[0].longest * pp_min((h->longest - 1) * h->step + 1, h->input);
    int64_t rows = pp_max(pp_min(LINE_BYTES / (lines->row * (int64_t)sizeof(float)), p->axis[0].longest * h->input), least);
    return rows > MOST_LINE_BYTES / (lines->row * (int64_t)sizeof(float)) ? -1 : rows;
}

bool pp_winners_apply(const pp_problem *p)
{
    const int64_t *in = p->array[PP_INPUT].stride;
    if (!p->kernels->winner || p->plane > INT32_MAX || p->inner > INT32_MAX || p->inputs == 0) return false;
    if (most_taps(p) > MOST_TAPS || p->axis[2].longest > MOST_TAPS) return false;
    if (has_channels(p) && in[PP_INNER] != 1) return false;
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->longest == 0 || axis->input > INT32_MAX || axis->output > INT32_MAX || axis->step > INT32_MAX ||
            axis->advance > INT32_MAX)
            return false;
    }
    if (has_channels(p)) return p->inner >= vector_lanes(p) / 2;
    bool contiguous = in[PP_W] == 1 || p->axis[2].input == 1;
    pp_winners lines;
    return contiguous && p->axis[2].kind == PP_AXIS_SLIDING && p->axis[2].longest <= PP_WINNER_STEPS && lines_of(p, &lines) >= 0;
}

/* Lanes of indices that the kernel writes before they are narrowed: a row, or a position's channels, or some of them. */
static int64_t narrowed(const pp_problem *p)
{
    enum { SOME = 2048 };
    return p->desc.indices >= PP_INDEX_U8 ? pp_max(p->inner > 1 ? p->inner : p->axis[2].output, SOME) : 0;
}

size_t pp_winners_size(const pp_problem *p)
{
    pp_winners lines;
    int64_t rows = lines_of(p, &lines);
    return pp_aligned((size_t)narrowed(p) * sizeof(int32_t)) + pp_aligned((size_t)most_taps(p) * sizeof(pp_tap)) +
           (rows > 0 ? pp_aligned((size_t)(rows * lines.row) * sizeof(float)) : 0);
}

void pp_winners_init(pp_winners *w, const pp_run *run, int64_t from, int64_t to, char *scratch)
{
    *w = (pp_winners){.run = run, .from = from, .to = to, .narrow_lanes = narrowed(run->problem)};
    w->narrow = (int32_t *)(void *)scratch;
    scratch += pp_aligned((size_t)w->narrow_lanes * sizeof(int32_t));
    w->taps = (pp_tap *)(void *)scratch;
    for (int a = 0; a < 3; a++) find_inside(&run->group.axis[a], w->inside[a]);
    w->room = lines_of(run->problem, w);
    if (!w->room) return;
    w->lines = scratch + pp_aligned((size_t)most_taps(run->problem) * sizeof(pp_tap));
    float least = run->problem->desc.op == PP_OP_MIN ? INFINITY : -INFINITY, *lines = (float *)(void *)w->lines;
    int64_t begin, end, phases = w->phases;
    pp_axis_reach(&run->group.axis[2], from, to, &begin, &end);
    for (int64_t row = 0; row < w->room * phases; row++, lines += w->phase) { /* what copies will not fill, and a little more */
        for (int64_t i = 0; i < pp_ceil_div(w->margin + begin, phases); i++) lines[i] = least;
        for (int64_t i = (w->margin + end) / phases; i < w->phase; i++) lines[i] = least;
    }
}

/* Rows that the windows from "window" on see in the lines; rows: of each slice. */
static void copy_lines(pp_winners *w, pp_winner *k, int64_t source, int64_t slices, int64_t rows)
{
    const pp_problem *p = w->run->problem;
    const int64_t *stride = p->array[PP_INPUT].stride, apart = w->phases;
    float *lines = (float *)(void *)w->lines;
    for (int64_t d = 0; d < slices; d++) {
        const float *from = (const float *)(const void *)w->run->base[PP_INPUT] + source + d * p->axis[0].step * stride[PP_D];
        for (int64_t i = 0; i < apart && k->begin + i < k->end; i++) { /* each phase from its first column on */
            int64_t column = k->begin + i, place = w->margin + column;
            pp_rows c = {.source = from + column, .rows = rows, .source_step = stride[PP_H], .target_step = w->row, .apart = apart};
            c.target = lines + place % apart * w->phase + place / apart;
            c.lanes = (k->end - column + apart - 1) / apart;
            w->run->kernels->rows(&c);
        }
        lines += w->room / p->axis[0].longest * w->row;
    }
    k->source = w->lines;
    k->source_step = p->axis[1].advance * w->row;
    k->padded = true;
    if (apart > 1) k->jump = 1;
}

/* Where column c of the first output's window lies in a line. */
static int64_t column_of(const pp_winners *w, int64_t c)
{
    const pp_axis *axis = &w->run->group.axis[2];
    int64_t at = w->from * axis->stride - axis->pad_begin + c * axis->step;
    if (!w->lines) return at;
    return (at + w->margin) % w->phases * w->phase + (at + w->margin) / w->phases;
}

static bool same_shape(const pp_window *a, const pp_window *b) { return a->begin == b->begin && a->end == b->end; }

/* Lists the taps of windows in the order in which they win ties, relative to the first; with one channel those of all columns. */
static void list_taps(pp_winners *w, const pp_window window[3])
{
    const pp_problem *p = w->run->problem;
    const int64_t *stride = p->array[PP_INPUT].stride;
    const pp_axis *axis = w->run->group.axis;
    bool last = p->desc.ties == PP_TIES_LAST;
    int64_t columns = has_channels(p) ? window[2].end - window[2].begin : axis[2].longest;
    if (w->count && same_shape(&w->window[0], &window[0]) && same_shape(&w->window[1], &window[1]) &&
        (!has_channels(p) || same_shape(&w->window[2], &window[2])))
        return;
    memcpy(w->window, window, sizeof w->window);
    /* what an index counts by: elements of the plane, or taps */
    int64_t width = axis[2].input, slice = axis[1].input * width, step[3] = {axis[0].step, axis[1].step, axis[2].step};
    if (w->numbers) {
        width = has_channels(p) ? window[2].length : axis[2].longest;
        slice = window[1].length * width;
        step[0] = step[1] = step[2] = 1;
    }
    w->count = (window[0].end - window[0].begin) * (window[1].end - window[1].begin) * columns;
    pp_tap *tap = last ? w->taps + w->count - 1 : w->taps;
    for (int64_t d = 0; d < window[0].end - window[0].begin; d++) {
        for (int64_t h = 0; h < window[1].end - window[1].begin; h++) {
            for (int64_t c = 0; c < columns; c++) {
                tap->index = d * step[0] * slice + h * step[1] * width + c * step[2];
                tap->offset = d * axis[0].step * stride[PP_D] + h * axis[1].step * stride[PP_H];
                if (w->lines) tap->offset = d * (w->room / axis[0].longest) * w->row + h * axis[1].step * w->row;
                tap->offset += has_channels(p) ? c * axis[2].step * stride[PP_W] : column_of(w, c);
                tap->merges = has_channels(p) ? 0 : (int)c;
                tap += last ? -1 : 1;
            }
        }
    }
}

static bool is_empty(const pp_window *w) { return w->begin == w->end; }

/* How many outputs from o on, of at most "most", have windows that only move. */
static int64_t alike(const pp_winners *w, int a, int64_t o, int64_t most)
{
    return o >= w->inside[a][0] && o < w->inside[a][1] ? pp_min(most, w->inside[a][1] - o) : 1;
}

/* Where a forward run writes the outputs of row h from position x on. */
static void aim(const pp_winners *w, const int64_t at[PP_AXES], int64_t h, int64_t x, pp_winner *k)
{
    const pp_problem *p = w->run->problem;
    const int64_t *out = p->array[PP_OUTPUT].stride, *index = p->array[PP_INDICES].stride;
    const int64_t first[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], h, x, 0};
    int64_t value = 0, place = 0;
    for (int i = 0; i < PP_AXES; i++) value += first[i] * out[i], place += first[i] * index[i];
    k->wide = p->desc.indices == PP_INDEX_I64;
    k->target = w->run->base[PP_OUTPUT] + value * (int64_t)sizeof(float);
    k->target_index = w->run->base[PP_INDICES] + place * (int64_t)pp_index_size(p->desc.indices);
    k->value_step = out[has_channels(p) ? PP_W : PP_H];
    k->target_step = index[has_channels(p) ? PP_W : PP_H];
    if (w->narrow_lanes) k->target_index = w->narrow, k->target_step = k->lanes;
    k->empty = &w->empty;
    if (p->desc.index_convention == PP_INDEX_TENSOR) k->offset = (at[PP_N] * p->desc.channels + at[PP_C]) * p->plane;
    if (!k->wide) k->base += k->offset;
}

/* Indices from where the kernel wrote them to where they belong. */
static void narrow(const pp_winners *w, const int64_t at[PP_AXES], int64_t h, int64_t x, const pp_winner *k)
{
    const pp_problem *p = w->run->problem;
    const int64_t *index = p->array[PP_INDICES].stride, first[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], h, x, 0};
    int64_t place = 0;
    for (int i = 0; i < PP_AXES; i++) place += first[i] * index[i];
    for (int64_t r = 0; r < k->repeat; r++, place += index[has_channels(p) ? PP_W : PP_H]) {
        const int32_t *from = w->narrow + r * k->lanes;
        uint8_t *bytes = (uint8_t *)w->run->base[PP_INDICES] + place;
        uint16_t *words = (uint16_t *)(void *)w->run->base[PP_INDICES] + place;
        if (p->desc.indices == PP_INDEX_U8) {
            for (int64_t j = 0; j < k->lanes; j++) bytes[j] = (uint8_t)from[j];
        } else {
            for (int64_t j = 0; j < k->lanes; j++) words[j] = (uint16_t)from[j];
        }
    }
}

/* Runs the kernel for "repeat" rows from h on, or positions of it from x on with channels, whose first window is "window". */
static void find(pp_winners *w, const int64_t at[PP_AXES], const pp_window window[3], int64_t h, int64_t x, int64_t repeat,
                 int32_t *indices, int64_t step)
{
    const pp_problem *p = w->run->problem;
    const int64_t *stride = p->array[PP_INPUT].stride;
    const pp_axis *axis = w->run->group.axis;
    bool channels = has_channels(p), empty = false;
    int64_t outputs = channels ? p->inner : w->to - w->from, source = at[PP_N] * stride[PP_N] + at[PP_C] * stride[PP_C];
    pp_winner k = {.target_index = indices,
                   .repeat = repeat,
                   .target_step = step,
                   .lanes = outputs,
                   .steps = 1,
                   .stride = 1,
                   .jump = 1,
                   .end = outputs};
    for (int a = 0; a < 3; a++) {
        if (a == 2 && !channels) continue;
        empty |= is_empty(&window[a]);
        int64_t tap = window[a].first + window[a].begin * axis[a].step;
        source += tap * stride[PP_D + a];
        k.base = k.base * axis[a].input + tap;
    }
    if (empty) { /* only for gradients */
        for (int64_t r = 0; r < repeat; r++) memset(indices + r * step, -1, (size_t)outputs * sizeof *indices);
        return;
    }
    list_taps(w, window);
    if (channels) {
        k.source_step = axis[2].advance * stride[PP_W];
        k.index_step = axis[2].advance;
    } else {
        k.source_step = axis[1].advance * stride[PP_H];
        k.index_step = axis[1].advance * axis[2].input;
        k.steps = axis[2].longest;
        k.first = w->from * axis[2].stride - axis[2].pad_begin;
        k.base = k.base * axis[2].input + k.first;
        k.apart = k.stride = axis[2].stride;
        k.jump = axis[2].stride == 2 ? 2 : 1;
        k.step = axis[2].step;
        k.down = true;
        pp_axis_reach(&axis[2], w->from, w->to, &k.begin, &k.end); /* beyond, a part of the input may not be there */
    }
    if (w->tags) {
        k.base = 0;
        for (int a = 0; a < (channels ? 3 : 2); a++) k.base = k.base * axis[a].input + window[a].begin * axis[a].step;
        if (!channels) k.base *= axis[2].input;
        k.index_step = k.apart = 0;
    }
    if (w->numbers) {
        k.base = 0;
        for (int a = 0; a < (channels ? 3 : 2); a++) k.base = k.base * window[a].length + window[a].begin;
        if (!channels) k.base *= axis[2].longest;
        k.index_step = k.apart = 0;
    }
    if (!indices) aim(w, at, h, x, &k);
    k.source = w->run->base[PP_INPUT] + source * (int64_t)pp_dtypes[p->desc.dtype].size;
    int64_t tall = (window[1].end - window[1].begin - 1) * axis[1].step + 1;
    if (w->lines) copy_lines(w, &k, source, window[0].end - window[0].begin, (repeat - 1) * axis[1].advance + tall);
    k.taps = w->taps;
    k.count = w->count;
    k.order = pp_order_of(p);
    k.later_nan = (p->desc.nan == PP_NAN_LAST) != (p->desc.ties == PP_TIES_LAST);
    w->run->kernels->winner(&k);
    if (!indices && w->narrow_lanes) narrow(w, at, h, x, &k);
}

void pp_winners_find(pp_winners *w, const int64_t at[PP_AXES], int64_t rows, int32_t *indices, int64_t pitch)
{
    const pp_axis *axis = w->run->group.axis;
    int64_t end = at[PP_H] + rows, same, inner = w->run->problem->inner;
    pp_window window[3] = {pp_axis_window(&axis[0], at[PP_D])};
    for (int64_t h = at[PP_H]; h < end; h += same) {
        int32_t *to = indices ? indices + (h - at[PP_H]) * pitch : NULL;
        window[1] = pp_axis_window(&axis[1], h);
        same = inner == 1 ? alike(w, 1, h, end - h) : 1;
        if (w->lines)
            same =
                pp_min(same, (w->room / axis[0].longest - (window[1].end - window[1].begin - 1) * axis[1].step - 1) / axis[1].advance + 1);
        if (!indices && w->narrow_lanes && inner == 1) same = pp_min(same, w->narrow_lanes / (w->to - w->from));
        if (inner == 1) find(w, at, window, h, w->from, same, to, pitch);
        for (int64_t x = w->from, count; inner > 1 && x < w->to; x += count) {
            count = alike(w, 2, x, w->to - x);
            if (!indices && w->narrow_lanes) count = pp_min(count, w->narrow_lanes / inner);
            window[2] = pp_axis_window(&axis[2], x);
            find(w, at, window, h, x, count, to, inner);
            if (to) to += count * inner;
        }
    }
}

/* ------------------------------------------------------------------------------------------------ forward */

enum { DIRECT_TAPS = 25 }; /* with more of them levels are better */

static bool sees_all(const pp_axis *axis)
{
    pp_window first = pp_axis_window(axis, 0), last = pp_axis_window(axis, axis->output - 1);
    bool between = axis->kind == PP_AXIS_SLIDING && axis->kernel > 1 && axis->visible < axis->step; /* the input, two taps */
    return !is_empty(&first) && !is_empty(&last) && !between;
}

static bool applies(const pp_problem *p)
{
    const int64_t *out = p->array[PP_OUTPUT].stride, *index = p->array[PP_INDICES].stride;
    if (!p->is_max || p->desc.indices == PP_INDEX_NONE || p->outputs == 0 || !pp_winners_apply(p)) return false;
    for (int a = 0; a < 3; a++) {
        if (!sees_all(&p->axis[a])) return false;
    }
    if (has_channels(p)) return out[PP_INNER] == 1 && index[PP_INNER] == 1 && p->desc.index_convention != PP_INDEX_TENSOR;
    return p->axis[2].output == 1 || (out[PP_W] == 1 && index[PP_W] == 1);
}

/* Rows that do not fill a vector are better side by side ("lanes"). */
static bool pays(const pp_problem *p)
{
    if (has_channels(p)) return most_taps(p) <= DIRECT_TAPS;
    return most_taps(p) <= DIRECT_TAPS && p->axis[2].output >= vector_lanes(p);
}

static int64_t rows_of(const pp_run *run)
{
    return (run->group.last - run->group.first) * (run->end[0] - run->begin[0]) * (run->end[1] - run->begin[1]);
}

static pp_status run_winners(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    int64_t begin, end, rows, at[PP_AXES] = {0}, height = run->end[1] - run->begin[1], depth = run->end[0] - run->begin[0];
    pp_winners w;
    pp_winners_init(&w, run, run->begin[2], run->end[2], scratch);
    w.numbers = run->problem->desc.index_convention == PP_INDEX_WINDOW;
    w.empty = (float)pp_empty_value(run->problem);
    pp_share(rows_of(run), task, tasks, &begin, &end);
    for (; begin < end; begin += rows) { /* rows of one slice follow each other */
        rows = pp_min(height - begin % height, end - begin);
        pp_at_plane(run->problem, run->group.first + begin / height / depth, at);
        at[PP_D] = run->begin[0] + begin / height % depth;
        at[PP_H] = run->begin[1] + begin % height;
        pp_winners_find(&w, at, rows, NULL, 0);
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_winners = {
    .name = "winners",
    .what = "small windows and their indices in registers",
    .uses_kernels = true,
    .pass = {{applies, pays, NULL, pp_winners_size, rows_of, run_winners}, {0}},
};

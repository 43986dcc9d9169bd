/* The row "winners" of the algorithm table, and what finds winners for gradients: tells the winner kernel what to do.  Rows of one channel
 * are copied between margins, in phases, so that their windows are whole and lie side by side; those of channels lie so, and lose the taps
 * that lie outside. */
#include "winners.h"
#include "../reference/reference.h"
#include "../sweep/lines.h"
#include "add.h"
#include "algorithm.h"

#include <math.h>
#include <string.h>

enum {
    MOST_TAPS = 64,
    LANES = PP_ALIGN / sizeof(float), /* of a vector, at most */
    SEGMENT = 2048,                   /* outputs of a row that are done together */
    LINES = 32 * 1024 / sizeof(float),
    MOST_LINES = 1024 * 1024 / sizeof(float),
    NARROWED = 2048,    /* indices, better */
    SOME = 16,          /* taps */
    DIRECT_TAPS = 25,   /* with more of them levels are better, of f32 */
    MOST_KEPT = 1 << 18 /* lanes of a row whose winners are kept */
};

/* A call of the kernel, and its first output. */
typedef struct call {
    pp_winner kernel;
    pp_winners *w;
    int64_t at[PP_AXES];
} call;

static bool has_channels(const pp_problem *p) { return p->inner > 1; }
/* Floats that an element is as large as: the kernel of f64 neither adds gradients nor takes tags, and makes 64-bit indices. */
static int64_t unit_of(const pp_problem *p) { return p->desc.dtype == PP_F64 ? 2 : 1; }
static int64_t vector_lanes(const pp_problem *p) { return p->kernels->vector_bytes / (int64_t)sizeof(float) / unit_of(p); }

static int64_t most_taps(const pp_problem *p)
{
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) taps *= pp_min(p->axis[a].longest, MOST_TAPS + 1);
    return taps;
}

/* Whether gradients are added tap by tap: to as many sums as the window has taps, whichever won. */
bool pp_winners_add(const pp_problem *p)
{
    return has_channels(p) && unit_of(p) == 1 && p->array[PP_GRAD_OUTPUT].stride[PP_INNER] == 1 && most_taps(p) <= SOME;
}

/* Whether the winners of rows are kept: of many taps, in two dimensions. */
static bool keeps(const pp_problem *p)
{
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    if (p->desc.backward != PP_BACKWARD_RECOMPUTE || !has_channels(p) || unit_of(p) > 1) return false;
    if (p->axis[0].longest > 1 || most_taps(p) <= SOME || h->step > 1) return false;
    return h->longest + w->longest <= p->kernels->vector_bytes / 2 && w->output * p->inner <= MOST_KEPT;
}

/* Sizes of the lines; false: too large. */
static bool measure(const pp_problem *p, pp_winners *w)
{
    enum { MOST = 1 << 24 };
    int64_t span[3];
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->kind != PP_AXIS_SLIDING || axis->step > MOST || axis->stride > MOST) return false;
        span[a] = (axis->longest - 1) * axis->step + 1;
    }
    w->segment = pp_min(p->axis[2].output, SEGMENT);
    w->phases = p->axis[2].output > 1 ? p->axis[2].stride : 1;
    w->phase = pp_ceil_div(pp_max(w->segment, LANES) + (span[2] - 1) / w->phases, LANES) * LANES;
    w->row = w->phases * w->phase;
    int64_t slice = MOST_LINES / w->row / p->axis[0].longest, some = LINES / w->row / p->axis[0].longest;
    w->room = pp_max(pp_min(some, (p->axis[1].output - 1) * p->axis[1].stride + span[1]), span[1]);
    return w->room <= slice;
}

bool pp_winners_apply(const pp_problem *p)
{
    const int64_t *in = p->array[PP_INPUT].stride;
    pp_winners w;
    if (!p->kernels->winner || p->plane > INT32_MAX || p->inner > INT32_MAX || p->inputs == 0 || p->outputs == 0) return false;
    for (int a = 0; a < 3; a++) {
        if (p->axis[a].longest == 0 || p->axis[a].output > INT32_MAX || !pp_axis_is_near(&p->axis[a])) return false;
    }
    if (most_taps(p) > MOST_TAPS && !keeps(p)) return false;
    if (has_channels(p)) return in[PP_INNER] == 1 && p->inner >= vector_lanes(p);
    return (in[PP_W] == 1 || p->axis[2].input == 1) && measure(p, &w);
}

static int64_t narrowed(const pp_problem *p)
{
    if (p->desc.indices < PP_INDEX_U8 && (unit_of(p) == 1 || p->desc.indices != PP_INDEX_I32)) return 0;
    return pp_max(has_channels(p) ? p->inner : p->axis[2].output, NARROWED);
}

size_t pp_winners_size(const pp_problem *p)
{
    pp_winners w = {.run = NULL};
    if (!has_channels(p)) measure(p, &w);
    int64_t lanes = keeps(p) ? 2 * p->axis[1].longest * p->axis[2].output * p->inner : p->axis[0].longest * w.room * w.row;
    return pp_aligned((size_t)narrowed(p) * sizeof(int64_t)) + MOST_TAPS * sizeof(pp_tap) + (size_t)(lanes * unit_of(p)) * sizeof(float);
}

void pp_winners_init(pp_winners *w, const pp_run *run, char *scratch)
{
    const pp_problem *p = run->problem;
    *w = (pp_winners){.run = run, .narrow = scratch, .unit = unit_of(p), .narrow_lanes = narrowed(p), .from = -1};
    scratch += pp_aligned((size_t)w->narrow_lanes * sizeof(int64_t));
    w->taps = (pp_tap *)(void *)scratch;
    float *lanes = (float *)(void *)(w->taps + MOST_TAPS);
    if (!has_channels(p)) {
        measure(p, w);
        w->lines = lanes;
    } else if (run->direction == PP_BACKWARD && keeps(p)) {
        w->values = lanes;
        w->slots = p->axis[1].longest;
        w->tags = (int32_t *)(void *)(lanes + w->slots * p->axis[2].output * p->inner);
    }
}

/* Outputs that the kernel is to write, one by one. */
static void mend(const pp_winner *k, int64_t r, int64_t from, int64_t to)
{
    const call *c = (const call *)(const void *)k;
    const pp_problem *p = c->w->run->problem;
    for (int64_t j = from; j < to; j++) {
        int64_t at[PP_AXES], place = r * k->target_step + j;
        memcpy(at, c->at, sizeof at);
        at[has_channels(p) ? PP_W : PP_H] += r;
        at[has_channels(p) ? PP_INNER : PP_W] += j;
        pp_reference_best best = pp_reference_winner(c->w->run, at);
        if (k->sums) {
            if (best.index >= 0)
                ((float *)k->sums)[(best.index - k->base) * k->lanes + j] += ((const float *)k->grads)[r * k->grad_step + j];
            continue;
        }
        int64_t index = pp_index_number(p, k->target ? p->desc.index_convention : PP_INDEX_PLANE, at, best.index);
        pp_index_store(k->wide ? PP_INDEX_I64 : PP_INDEX_I32, k->target_index, place, index);
        if (k->target) pp_dtypes[p->desc.dtype].store(k->target, r * k->value_step + j, best.value);
    }
}

/* Of a row that is kept. */
static void note(const pp_winner *k, int64_t r, int64_t from, int64_t to)
{
    pp_winners *w = ((const call *)(const void *)k)->w;
    (void)r, (void)from, (void)to;
    w->bad = w->next;
}

/* Lists the taps of a window in the order in which they win ties; the places of what exists of it, from its first tap on. */
static void list_taps(const pp_winners *w, const pp_window window[3], bool numbers, pp_winner *k)
{
    const pp_problem *p = w->run->problem;
    const pp_axis *axis = w->run->group.axis;
    const int64_t *stride = p->array[PP_INPUT].stride;
    bool last = p->desc.ties == PP_TIES_LAST;
    k->taps = w->taps;
    k->count = (window[0].end - window[0].begin) * (window[1].end - window[1].begin) * (window[2].end - window[2].begin);
    pp_tap *tap = last ? w->taps + k->count - 1 : w->taps;
    for (int64_t i = window[0].begin; i < window[0].end; i++) {
        for (int64_t j = window[1].begin; j < window[1].end; j++) {
            for (int64_t c = window[2].begin; c < window[2].end; c++, tap += last ? -1 : 1) {
                int64_t d = i * axis[0].step, h = j * axis[1].step, x = c * axis[2].step;
                tap->index = numbers ? (i * window[1].length + j) * window[2].length + c : (d * axis[1].input + h) * axis[2].input + x;
                if (w->lines) tap->offset = (i * w->room + h) * w->row + x % w->phases * w->phase + x / w->phases;
                else tap->offset = d * stride[PP_D] + h * stride[PP_H] + x * stride[PP_W];
            }
        }
    }
}

/* Where a forward run writes the outputs of a call. */
static void aim(const pp_winners *w, call *c)
{
    const pp_problem *p = w->run->problem;
    const int64_t *out = p->array[PP_OUTPUT].stride, *index = p->array[PP_INDICES].stride;
    pp_winner *k = &c->kernel;
    int64_t value = pp_offset(&p->array[PP_OUTPUT], c->at), place = pp_offset(&p->array[PP_INDICES], c->at);
    k->wide = p->desc.indices == PP_INDEX_I64 || w->unit > 1;
    k->target = w->run->base[PP_OUTPUT] + value * w->unit * (int64_t)sizeof(float);
    k->target_index = w->run->base[PP_INDICES] + place * (int64_t)pp_index_size(p->desc.indices);
    k->value_step = out[has_channels(p) ? PP_W : PP_H];
    k->target_step = index[has_channels(p) ? PP_W : PP_H];
    if (p->desc.index_convention == PP_INDEX_TENSOR) k->offset = (c->at[PP_N] * p->desc.channels + c->at[PP_C]) * p->plane;
    if (!k->wide) k->base += k->offset;
}

/* Runs the kernel for "repeat" rows from "at" on, or positions of one, whose windows move from this one on; a row has so many outputs. */
static void find(pp_winners *w, const int64_t at[PP_AXES], const pp_window window[3], int64_t repeat, int64_t lanes, void *indices,
                 int64_t pitch)
{
    const pp_problem *p = w->run->problem;
    const pp_axis *axis = w->run->group.axis;
    bool forward = !indices && !w->sums, numbers = forward && p->desc.index_convention == PP_INDEX_WINDOW;
    call c = {.w = w};
    pp_winner *k = &c.kernel;
    memcpy(c.at, at, sizeof c.at);
    k->repeat = repeat, k->lanes = lanes, k->mend = mend, k->order = pp_order_of(p);
    list_taps(w, window, numbers, k);
    int64_t tap[PP_AXES] = {at[PP_N], at[PP_C], window[0].first, window[1].first, window[2].first};
    if (!numbers) k->base = (tap[PP_D] * axis[1].input + tap[PP_H]) * axis[2].input + tap[PP_W];
    if (w->lines) {
        k->source = w->lines;
        k->source_step = axis[1].stride * w->row;
        k->index_step = axis[1].stride * axis[2].input;
        k->apart = axis[2].stride;
    } else {
        /* integer arithmetic: where no window sees anything there may be no input */
        uintptr_t first = (uintptr_t)pp_offset(&p->array[PP_INPUT], tap) * pp_dtypes[p->desc.dtype].size;
        k->source = (const void *)((uintptr_t)w->run->base[PP_INPUT] + first);
        k->source_step = axis[2].stride * p->array[PP_INPUT].stride[PP_W];
        k->index_step = axis[2].stride;
    }
    if (numbers) k->index_step = k->apart = 0;
    k->target_index = indices, k->target_step = k->value_step = pitch;
    k->wide = !w->keeping;
    if (w->keeping) {
        k->mend = note;
        k->target = w->values + ((int32_t *)indices - w->tags);
    }
    if (w->sums) {
        k->sums = w->sums + k->base * lanes;
        k->grads = (const float *)(const void *)w->run->base[PP_GRAD_OUTPUT] + pp_offset(&p->array[PP_GRAD_OUTPUT], at);
        k->grad_step = p->array[PP_GRAD_OUTPUT].stride[PP_W];
    }
    if (forward) aim(w, &c);
    char *place = k->target_index;
    pitch = k->target_step;
    if (forward && w->narrow_lanes) k->target_index = w->narrow, k->target_step = lanes;
    w->run->kernels->winner(k);
    for (int64_t r = 0; r < repeat && k->target_index == w->narrow; r++) {
        const char *from = (const char *)w->narrow + r * lanes * (int64_t)(k->wide ? sizeof(int64_t) : sizeof(int32_t));
        pp_add_store(p->desc.indices, place, r * pitch, from, k->wide, lanes);
    }
}

/* Lanes of lines, from this one on, that never win. */
static void fill(const pp_winners *w, int64_t from, int64_t count)
{
    double least = w->run->problem->desc.op == PP_OP_MIN ? (double)INFINITY : -(double)INFINITY;
    for (int64_t i = from; i < from + count; i++) {
        if (w->unit > 1) ((double *)(void *)w->lines)[i] = least;
        else w->lines[i] = (float)least;
    }
}

/* What "rows" rows of windows see from this one on, of outputs [at[PP_W], to) on W. */
static void copy_lines(pp_winners *w, const int64_t at[PP_AXES], const pp_window window[3], int64_t rows, int64_t to)
{
    const pp_problem *p = w->run->problem;
    const pp_axis *axis = w->run->group.axis;
    int64_t from, end, first = window[1].first, wide = (to - at[PP_W] - 1) * axis[2].stride + (axis[2].longest - 1) * axis[2].step + 1;
    int64_t tall = (rows - 1) * axis[1].stride + (axis[1].longest - 1) * axis[1].step + 1;
    int64_t begin = pp_min(pp_max(-first, 0), tall), after = pp_max(pp_min(axis[1].visible - first, tall), begin);
    pp_axis_reach(&axis[2], at[PP_W], to, &from, &end);
    if (w->from < 0 || (end - from < wide && (w->from != at[PP_W] || w->to != to))) fill(w, 0, axis[0].longest * w->room * w->row);
    w->from = at[PP_W], w->to = to;
    int64_t first_tap[PP_AXES] = {at[PP_N], at[PP_C], 0, first + begin, from};
    pp_rows c = {.rows = after - begin,
                 .lanes = end - from,
                 .source_step = p->array[PP_INPUT].stride[PP_H],
                 .target_step = w->row,
                 .first = from - window[2].first,
                 .phases = w->phases,
                 .phase = w->phase,
                 .wide = w->unit > 1};
    for (int64_t i = 0; i < axis[0].longest; i++) {
        int64_t lines = i * w->room * w->row;
        bool exists = i >= window[0].begin && i < window[0].end && end > from && after > begin;
        first_tap[PP_D] = window[0].first + i * axis[0].step;
        fill(w, lines, (exists ? begin : tall) * w->row);
        if (!exists) continue;
        c.source = (const float *)(const void *)w->run->base[PP_INPUT] + pp_offset(&p->array[PP_INPUT], first_tap) * w->unit;
        c.target = w->lines + (lines + begin * w->row) * w->unit;
        w->run->kernels->rows(&c);
        fill(w, lines + after * w->row, (tall - after) * w->row);
    }
}

/* Of one channel: segment by segment, as many rows at once as the lines hold. */
static void find_rows(pp_winners *w, const int64_t first[PP_AXES], int64_t rows, int64_t to, int64_t *indices)
{
    const pp_axis *axis = w->run->group.axis;
    int64_t at[PP_AXES], width = to - first[PP_W], some, x;
    int64_t most = (w->room - (axis[1].longest - 1) * axis[1].step - 1) / axis[1].stride + 1;
    if (!indices && w->narrow_lanes) most = pp_max(pp_min(most, w->narrow_lanes / width), 1);
    memcpy(at, first, sizeof at);
    for (; at[PP_W] < to; at[PP_W] += x) {
        x = pp_min(to - at[PP_W], w->segment);
        for (int64_t r = 0; r < rows; r += some) {
            some = pp_min(rows - r, most);
            at[PP_H] = first[PP_H] + r;
            pp_window window[3] = {pp_axis_window(&axis[0], at[PP_D]), pp_axis_window(&axis[1], at[PP_H]),
                                   pp_axis_window(&axis[2], at[PP_W])};
            copy_lines(w, at, window, some, at[PP_W] + x);
            for (int a = 0; a < 3; a++) window[a].begin = 0, window[a].end = window[a].length;
            find(w, at, window, some, x, indices ? indices + r * width + at[PP_W] - first[PP_W] : NULL, width);
        }
    }
}

/* Of channels: positions whose windows only move, and see these rows. */
static void find_positions(pp_winners *w, const int64_t first[PP_AXES], const pp_window *rows, int64_t to, void *indices)
{
    const pp_axis *axis = w->run->group.axis;
    int64_t at[PP_AXES], begin, end, some, inner = w->run->problem->inner;
    memcpy(at, first, sizeof at);
    pp_axis_inside(&axis[2], &begin, &end);
    for (; at[PP_W] < to; at[PP_W] += some) {
        some = at[PP_W] >= begin && at[PP_W] < end ? pp_min(to, end) - at[PP_W] : 1;
        if (!indices && !w->sums && w->narrow_lanes) some = pp_min(some, w->narrow_lanes / inner);
        pp_window window[3] = {pp_axis_window(&axis[0], at[PP_D]), *rows, pp_axis_window(&axis[2], at[PP_W])};
        find(w, at, window, some, inner, indices, inner);
        if (indices) indices = (char *)indices + some * inner * (int64_t)(w->keeping ? sizeof(int32_t) : sizeof(int64_t));
    }
}

/* Of channels, row by row.  Winners of input rows that are kept: those of a window's rows compare. */
static void find_over(pp_winners *w, const int64_t first[PP_AXES], int64_t rows, int64_t to, int64_t *indices)
{
    call c = {.w = w};
    pp_winner *k = &c.kernel;
    int64_t inner = w->run->problem->inner, lanes = (to - first[PP_W]) * inner;
    for (memcpy(c.at, first, sizeof c.at); rows > 0; rows--, c.at[PP_H]++) {
        pp_window window = pp_axis_window(&w->run->group.axis[1], c.at[PP_H]), one = {0, 1, 0, 1, 1};
        if (!w->values) {
            find_positions(w, c.at, &window, to, indices);
            if (indices) indices += lanes;
            continue;
        }
        int64_t low = window.first + window.begin, high = window.first + window.end;
        if (low > w->next || low < w->next - w->slots) w->next = low, w->bad = -1;
        for (w->keeping = true; w->next < high; w->next++) {
            one.first = w->next;
            find_positions(w, c.at, &one, to, w->tags + w->next % w->slots * lanes);
        }
        w->keeping = false;
        k->source = w->values;
        k->tags = w->tags;
        k->target_index = indices;
        k->taps = w->taps;
        k->repeat = to - first[PP_W];
        k->lanes = k->source_step = k->target_step = inner;
        k->order = pp_order_of(w->run->problem);
        k->mend = mend, k->wide = true;
        k->count = w->bad < low ? high - low : 0; /* of none, all are mended */
        bool last = w->run->problem->desc.ties == PP_TIES_LAST;
        for (int64_t i = 0; i < k->count; i++, low++) w->taps[last ? k->count - 1 - i : i].offset = low % w->slots * lanes;
        w->run->kernels->winner(k);
        indices += lanes;
    }
}

void pp_winners_find(pp_winners *w, const int64_t at[PP_AXES], int64_t rows, int64_t to, int64_t *indices)
{
    if (w->lines) find_rows(w, at, rows, to, indices);
    else find_over(w, at, rows, to, indices);
}

/* ------------------------------------------------------------------------------------------------ forward */

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    (void)direction;
    const int64_t *out = p->array[PP_OUTPUT].stride, *index = p->array[PP_INDICES].stride;
    if (!p->is_max || p->desc.indices == PP_INDEX_NONE || !pp_winners_apply(p) || most_taps(p) > MOST_TAPS) return false;
    needs->scratch = pp_winners_size(p);
    if (has_channels(p)) return out[PP_INNER] == 1 && index[PP_INNER] == 1 && p->desc.index_convention != PP_INDEX_TENSOR;
    return p->axis[2].output == 1 || (out[PP_W] == 1 && index[PP_W] == 1);
}

/* Rows that do not fill a vector are better side by side ("lanes"). */
static bool pays(const pp_problem *p)
{
    int64_t most = unit_of(p) > 1 ? MOST_TAPS : DIRECT_TAPS;
    return most_taps(p) <= most && (has_channels(p) || p->axis[2].output >= vector_lanes(p));
}

static pp_status run_winners(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    int64_t rows, at[PP_AXES] = {0};
    pp_winners w;
    pp_winners_init(&w, run, scratch);
    for (; begin < end; begin += rows) { /* rows of one slice follow each other */
        pp_at_row(run, begin, at);
        rows = pp_min(run->end[1] - at[PP_H], end - begin);
        pp_winners_find(&w, at, rows, run->end[2], NULL);
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_winners = {
    .name = "winners",
    .what = "small windows and their indices in registers",
    .uses_kernels = true,
    .pass = {{pays, plan, pp_rows_of, run_winners}},
};

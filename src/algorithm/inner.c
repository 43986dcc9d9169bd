/* The row "inner" of the algorithm table: channels-last tensors, lanes across the channels, all taps of a window at once.
 * A row of outputs is cut into stretches of windows that look alike; a list of taps serves a stretch, and the same stretch of
 * the following rows. */
#include "../sweep/sweep.h"
#include "algorithm.h"

#include <string.h>

enum {
    PP_INNER_TAPS = 4096,
    PP_INNER_BYTES = 16,
    LISTED = 512 /* taps that are kept for later rows ... */,
    SHAPES = 4 /* ... of so many shapes */
};
enum { FAR = 4, FAR_BYTES = 8 * 1024 }; /* places that large runs write at by turns, and how much */
enum { SECTION = 8 /* windows whose taps should still be near when their last channels are done */ };

/* Outputs begin, begin + by, ... below end of a row whose windows look alike: "window" is the first one's, each next one "advance"
 * further. */
typedef struct stretch {
    int64_t begin, end, by;
    int64_t advance;
    pp_window window;
} stretch;

typedef struct inner {
    const pp_run *run;
    const pp_problem *problem;
    const pp_axis *axis; /* D, H, W */
    pp_reducing reducing;
    int64_t element;           /* bytes */
    int64_t from, lanes;       /* channels of this task */
    int64_t step, target_step; /* elements from a window to the next */
    stretch *stretches;
    int64_t stretch_count;

    /* Lists of taps: that of stretch i of rows of shape k in slot (k * stretch_count + i) % slots, if it is the slot's owner. */
    int64_t slots, capacity;
    pp_tap *taps;
    int64_t *counts;
    int64_t *owners;           /* by the number of the shape, which no other ever has, and of the stretch */
    int64_t *twigs;            /* distances of taps in twigs */
    pp_window rows[SHAPES][2]; /* shapes on D and H */
    int64_t numbers[SHAPES];   /* 0: none yet */
    int64_t shape, shapes;     /* that of the row at work; numbers so far */

    pp_windows windows;
    pp_finish finish;
    pp_windows_fn ones, fours; /* kernels for one vector of each window (NULL: by way of lanes), for four (NULL: none) */
    int64_t vector, one;       /* lanes of a vector of theirs */
    char empty[sizeof(double)];
    char *result, *out; /* by way of lanes: those of one output, and its elements */
} inner;

/* ------------------------------------------------------------------------------------------------ stretches */

static bool same_shape(const pp_window *a, const pp_window *b)
{
    return a->begin == b->begin && a->end == b->end && a->length == b->length && a->extent == b->extent;
}

/* Cuts outputs [from, to) into stretches; returns their number.  Where windows slide by periods, each output of one begins some. */
static int64_t find_stretches(const pp_axis *axis, int64_t from, int64_t to, stretch *list)
{
    int64_t count = 0, inside_begin, inside_end, by = axis->kind == PP_AXIS_COVER && (to - from) / 2 > axis->period ? axis->period : 1;
    pp_axis_within(axis, &inside_begin, &inside_end);
    for (int64_t phase = 0; phase < by; phase++) {
        stretch *last = NULL;
        for (int64_t o = from + phase; o < to;) {
            pp_window w = pp_axis_window(axis, o);
            bool inside = o >= inside_begin && o < inside_end && by == axis->period;
            int64_t next = o + (inside ? pp_ceil_div(pp_min(inside_end, to) - o, by) * by : by);
            int64_t advance = last ? w.first - last->window.first : 0, gone = last ? (o - last->begin) / by : 0;
            if (last && next == o + by && same_shape(&w, &last->window) && (gone == 1 || advance == last->advance * gone)) {
                if (gone == 1) last->advance = advance;
                last->end = next;
            } else {
                last = &list[count++];
                *last = (stretch){o, next, by, axis->advance, w};
            }
            o = next;
        }
    }
    return count;
}

/* At least as many as find_stretches finds. */
static int64_t stretch_bound(const pp_axis *axis)
{
    if (axis->kind != PP_AXIS_SLIDING || axis->longest > INT32_MAX) return axis->output;
    int64_t cut = ((axis->longest - 1) * axis->step + 1) / axis->stride + 2; /* windows that one border cuts */
    return cut >= axis->output / 2 ? axis->output : pp_min(axis->output, 2 * cut + 3);
}

/* ------------------------------------------------------------------------------------------------ scratch */

static size_t lay_out(inner *s, char *scratch)
{
    const pp_problem *p = s->problem;
    int64_t taps = 1, stretches = stretch_bound(&s->axis[2]);
    for (int a = 0; a < 3; a++) taps *= pp_max(pp_min(s->axis[a].longest, s->axis[a].input), 1);
    s->capacity = taps + 1;
    s->slots = pp_max(1, pp_min(SHAPES * stretches, LISTED / s->capacity));
    size_t width = s->ones ? 0 : (size_t)p->inner, lane = pp_lane_size(p->desc.dtype, s->reducing);
    size_t sizes[] = {(size_t)stretches * sizeof *s->stretches, (size_t)(s->slots * s->capacity) * sizeof *s->taps,
                      (size_t)(3 * s->slots) * sizeof *s->counts, width * lane, width * (size_t)s->element};
    char *pieces[PP_COUNT(sizes)];
    size_t used = 0;
    for (int i = 0; i < PP_COUNT(sizes); i++) {
        pieces[i] = scratch ? scratch + used : NULL;
        used += pp_aligned(sizes[i]);
    }
    if (!scratch) return used;
    s->stretches = (stretch *)(void *)pieces[0];
    s->taps = (pp_tap *)(void *)pieces[1];
    s->counts = (int64_t *)(void *)pieces[2];
    s->owners = s->counts + s->slots;
    s->twigs = s->owners + s->slots;
    memset(s->owners, 0, (size_t)s->slots * sizeof *s->owners);
    s->result = pieces[3];
    s->out = pieces[4];
    return used;
}

/* ------------------------------------------------------------------------------------------------ taps */

/* Lists the taps of windows, relative to the first that exists: sums in the tree's order, W outermost, then H, then D; maxima
 * as they lie in memory, an odd number. */
static int64_t list_taps(const inner *s, const pp_window w[3], pp_tap *taps)
{
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    bool sums = s->reducing == PP_SUMS;
    int order[3] = {sums ? 2 : 0, 1, sums ? 0 : 2}; /* outermost first */
    const pp_window *a = &w[order[0]], *b = &w[order[1]], *c = &w[order[2]];
    int64_t step[3], count = 0;
    for (int i = 0; i < 3; i++) step[i] = s->axis[order[i]].step * stride[PP_D + order[i]];
    for (int64_t i = a->begin; i < a->end; i++) {
        for (int64_t j = b->begin; j < b->end; j++) {
            for (int64_t k = c->begin; k < c->end; k++) {
                int64_t place[3] = {i - a->begin, j - b->begin, k - c->begin};
                pp_tap *tap = &taps[count++];
                tap->offset = place[0] * step[0] + place[1] * step[1] + place[2] * step[2];
                tap->twigs = 1;
                tap->merges = sums ? pp_merges(k, c->begin, c->end, c->length) : 0;
            }
            if (sums) taps[count - 1].merges += pp_merges(j, b->begin, b->end, b->length);
        }
        if (sums) taps[count - 1].merges += pp_merges(i, a->begin, a->end, a->length);
    }
    if (s->reducing == PP_MAXIMA && count % 2 == 0) taps[count] = taps[count - 1], count++;
    return count;
}

/* Joins taps that are "twig" apart and make a twig of the tree; returns the number of those that are left. */
static int64_t join_twigs(pp_tap *taps, int64_t count, int64_t twig)
{
    static const int merges[5][4] = {{0}, {0}, {0, 1}, {0, 1, 1}, {0, 1, 0, 2}}; /* of the last: so many at least */
    int64_t left = 0;
    for (int64_t i = 0, n; i < count; i += n) {
        for (n = pp_min(4, count - i); n > 1; n--) {
            bool fits = taps[i + n - 1].merges >= merges[n][n - 1];
            for (int64_t t = 0; t < n && fits; t++) {
                fits = taps[i + t].offset == taps[i].offset + t * twig && (t == n - 1 || taps[i + t].merges == merges[n][t]);
            }
            if (fits) break;
        }
        pp_tap joined = taps[i];
        joined.merges = taps[i + n - 1].merges - merges[n][n - 1];
        joined.twigs = (int)n;
        taps[left++] = joined;
    }
    return left;
}

/* The list for stretch i of the row whose windows on D and H are w. */
static void use_taps(inner *s, int64_t i, const pp_window w[3])
{
    int64_t slot = (s->shape * s->stretch_count + i) % s->slots, owner = s->numbers[s->shape] * s->stretch_count + i;
    int64_t *count = &s->counts[slot];
    pp_tap *taps = s->taps + slot * s->capacity;
    if (s->owners[slot] != owner) {
        *count = list_taps(s, w, taps);
        s->owners[slot] = owner;
        int64_t twig = s->twigs[slot] = *count > 1 ? taps[1].offset - taps[0].offset : 0;
        if (s->ones && s->reducing == PP_SUMS && pp_dtypes[s->problem->desc.dtype].floating) *count = join_twigs(taps, *count, twig);
    }
    s->windows.twig = s->twigs[slot];
    s->windows.taps = taps;
    s->windows.count = *count;
}

/* ------------------------------------------------------------------------------------------------ rows */

/* Output "at", whose first tap lies at "source", by way of lanes. */
static void pool_output(inner *s, const int64_t at[PP_AXES], const char *source, double divisor)
{
    pp_place place = pp_place_at(s->run, at, 1, s->lanes);
    pp_reduce r = {.source = source, .taps = s->windows.taps, .count = s->windows.count, .lanes = s->lanes, .target = s->result};
    r.order = pp_order_of(s->problem);
    pp_from_elements(s->problem)(&r);
    pp_place_lanes(s->run, &place, s->result, divisor, s->out);
}

/* Blocks of four vectors, or of one with so many lanes, from lane j of the first window on. */
static void run_kernel(const inner *s, pp_windows_fn kernel, int64_t window, int64_t j, int64_t lanes, int64_t blocks)
{
    pp_windows w = s->windows;
    w.source = (const char *)w.source + (window * s->step + j) * s->element;
    w.target = (char *)w.target + (window * s->target_step + j) * s->element;
    w.lanes = lanes;
    w.blocks = blocks;
    if (s->problem->stream) {
        int64_t all = (w.target_unit | w.target_half | w.target_step) * s->element | (int64_t)(uintptr_t)w.target;
        w.stream = all % s->problem->kernels->vector_bytes == 0;
    }
    kernel(&w);
}

/* Channels from j on, of "count" neighbouring windows: fewer than four vectors. */
static void pool_tails(inner *s, int64_t first, int64_t count, int64_t j)
{
    pp_windows *w = &s->windows;
    if (s->fours && s->lanes - j >= 2 * s->vector && count >= 2) { /* two vectors of two windows */
        w->unit = w->target_unit = s->vector;
        w->half = s->step, w->target_half = s->target_step;
        w->step = 2 * s->step, w->target_step = 2 * s->target_step;
        run_kernel(s, s->fours, first, j, s->vector, count / 2);
        if (count % 2 == 0) j += 2 * s->vector;
    }
    for (int64_t lanes; j < s->lanes; j += lanes) {
        int64_t done = 0;
        lanes = pp_min(s->lanes - j, s->vector);
        if (s->fours && lanes == s->vector && count >= 4) { /* one vector of four windows */
            w->unit = s->step, w->target_unit = s->target_step;
            w->half = 2 * s->step, w->target_half = 2 * s->target_step;
            w->step = 4 * s->step, w->target_step = 4 * s->target_step;
            done = count / 4 * 4;
            run_kernel(s, s->fours, first, j, s->vector, count / 4);
        }
        w->step = s->step, w->target_step = s->target_step;
        for (int64_t i = 0; i < lanes && done < count; i += s->one) {
            run_kernel(s, s->ones, first + done, j + i, pp_min(lanes - i, s->one), count - done);
        }
    }
}

/* "count" windows from windows.source on, "step" elements apart. */
static void pool_windows(inner *s, int64_t count)
{
    pp_windows *w = &s->windows;
    int64_t fours = s->fours ? s->lanes / (4 * s->vector) : 0, whole = fours * 4 * s->vector;
    int64_t section = whole == s->lanes || s->lanes <= s->vector ? count : SECTION;
    for (int64_t first = 0; first < count; first += section) {
        int64_t windows = pp_min(section, count - first);
        w->unit = w->target_unit = s->vector;
        w->half = w->target_half = 2 * s->vector;
        if (fours == 1) {
            w->step = s->step, w->target_step = s->target_step;
            run_kernel(s, s->fours, first, 0, s->vector, windows);
        } else if (fours) {
            w->step = w->target_step = 4 * s->vector;
            for (int64_t i = 0; i < windows; i++) run_kernel(s, s->fours, first + i, 0, s->vector, fours);
        }
        pool_tails(s, first, windows, whole);
    }
}

/* "count" outputs of the row "at" from "from" on, which stretch i has; w: the row's windows on D and H. */
static void pool_stretch(inner *s, int64_t i, const int64_t at[PP_AXES], int64_t from, int64_t count, pp_window w[3])
{
    const stretch *part = &s->stretches[i];
    const pp_array *in = &s->problem->array[PP_INPUT], *out = &s->problem->array[PP_OUTPUT];
    int64_t output[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], at[PP_H], from, s->from};
    w[2] = part->window;
    if (w[0].begin == w[0].end || w[1].begin == w[1].end || w[2].begin == w[2].end) {
        for (int64_t k = 0; k < count; k++, output[PP_W] += part->by) {
            pp_place place = pp_place_at(s->run, output, 1, s->lanes);
            pp_place_empty(s->run, &place);
        }
        return;
    }
    use_taps(s, i, w);
    int64_t source = at[PP_N] * in->stride[PP_N] + s->from, target = s->from;
    for (int a = 0; a < 3; a++) { /* the first element that is seen */
        int64_t tap = w[a].first + w[a].begin * s->axis[a].step + (a == 2 ? (from - part->begin) / part->by * part->advance : 0);
        source += tap * in->stride[PP_D + a];
    }
    const char *first = s->run->base[PP_INPUT] + source * s->element;
    double divisor = pp_divisor_of(s->problem, w);
    if (!s->ones) {
        for (; count > 0; count--, output[PP_W] += part->by) {
            pool_output(s, output, first, divisor);
            first += part->advance * in->stride[PP_W] * s->element;
        }
        return;
    }
    for (int a = PP_N; a <= PP_W; a++) target += output[a] * out->stride[a];
    s->finish.divisor = divisor;
    s->windows.source = first;
    s->windows.target = s->run->base[PP_OUTPUT] + target * s->element;
    s->step = part->advance * in->stride[PP_W];
    s->target_step = part->by * out->stride[PP_W];
    pool_windows(s, count);
}

/* Outputs [from, to) of row "at". */
static void pool_row(inner *s, const int64_t at[PP_AXES], int64_t from, int64_t to)
{
    pp_window w[3] = {pp_axis_window(&s->axis[0], at[PP_D]), pp_axis_window(&s->axis[1], at[PP_H])};
    int k = 0;
    while (k < SHAPES && !(s->numbers[k] && same_shape(&w[0], &s->rows[k][0]) && same_shape(&w[1], &s->rows[k][1]))) k++;
    if (k == SHAPES) { /* a new shape, in place of the oldest */
        k = (int)(s->shapes++ % SHAPES);
        s->numbers[k] = s->shapes;
        memcpy(s->rows[k], w, sizeof s->rows[k]);
    }
    s->shape = k;
    for (int64_t i = 0; i < s->stretch_count; i++) {
        const stretch *part = &s->stretches[i];
        int64_t begin = part->begin + pp_ceil_div(pp_max(from - part->begin, 0), part->by) * part->by, end = pp_min(to, part->end);
        if (begin < end) pool_stretch(s, i, at, begin, pp_ceil_div(end - begin, part->by), w);
    }
}

/* ------------------------------------------------------------------------------------------------ the pass */

/* Whether kernels go from elements to elements. */
static bool finishes(const pp_problem *p, pp_reducing reducing)
{
    if (p->array[PP_OUTPUT].stride[PP_INNER] != 1) return false;
    return reducing == PP_SUMS || p->desc.nan != PP_NAN_IGNORE || !pp_dtypes[p->desc.dtype].floating;
}

static bool applies(const pp_problem *p)
{
    int64_t taps = 1;
    if (!pp_is_wide(p) && !(p->is_max && p->kernels->lines->max_window && finishes(p, PP_MAXIMA))) return false;
    for (int a = 0; a < 3; a++) {
        taps *= pp_max(1, pp_min(pp_min(p->axis[a].longest, p->axis[a].input), PP_INNER_TAPS + 1));
        if (p->axis[a].step > INT32_MAX || p->axis[a].advance > INT32_MAX) return false; /* so that no distance overflows */
        bool each = p->axis[a].kind == PP_AXIS_TABLE || p->axis[a].longest > INT32_MAX;  /* may be a stretch of its own */
        if (each && p->axis[a].output > INT32_MAX) return false;
    }
    return pp_reducing_of(p) != PP_WINNERS && p->inner > 1 && p->array[PP_INPUT].stride[PP_INNER] == 1 && taps <= PP_INNER_TAPS;
}

/* With few channels lanes stay empty; then rows are better.  Narrow elements have no levels of their own. */
static bool pays(const pp_problem *p)
{
    return p->inner >= PP_INNER_BYTES / (int64_t)pp_dtypes[p->desc.dtype].size && (pp_is_wide(p) || !pp_levels_pay(p));
}

static inner inner_of(const pp_problem *p)
{
    const pp_kernels *k = p->kernels;
    inner s = {.problem = p, .axis = p->axis, .reducing = pp_reducing_of(p), .element = (int64_t)pp_dtypes[p->desc.dtype].size};
    if (finishes(p, s.reducing)) {
        s.ones = s.reducing == PP_SUMS ? k->lines->sum_window : k->lines->max_window;
        s.fours = s.reducing == PP_SUMS ? k->sum_windows : k->max_windows;
    }
    s.vector = pp_max(1, k->vector_bytes / (int64_t)pp_lane_size(p->desc.dtype, s.reducing));
    s.one = pp_max(1, k->lines->vector_bytes / (int64_t)pp_lane_size(p->desc.dtype, s.reducing));
    return s;
}

static size_t scratch_size(const pp_problem *p)
{
    inner s = inner_of(p);
    return lay_out(&s, NULL);
}

static int64_t positions_of(const pp_run *run)
{
    int64_t count = run->group.last - run->group.first; /* c = 1 */
    for (int a = 0; a < 3; a++) count *= run->end[a] - run->begin[a];
    return count;
}

/* Few outputs with many channels are split by channels. */
static int64_t tasks_of(const pp_run *run)
{
    int64_t positions = positions_of(run);
    return positions > 4 ? positions : pp_max(positions, run->problem->inner / 64);
}

static void prepare_finish(inner *s)
{
    const pp_problem *p = s->problem;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    info->store(s->empty, 0, p->empty);
    s->finish.order = pp_order_of(p);
    s->finish.empty = s->empty;
    s->windows.finish = &s->finish;
}

/* Outputs [begin, end), counted row by row through the range. */
static void pool_positions(inner *s, int64_t begin, int64_t end)
{
    const pp_run *run = s->run;
    int64_t size[3], at[PP_AXES] = {0};
    for (int a = 0; a < 3; a++) size[a] = run->end[a] - run->begin[a];
    while (begin < end) {
        int64_t row = begin / size[2], first = begin - row * size[2], count = pp_min(size[2] - first, end - begin);
        at[PP_H] = run->begin[1] + row % size[1];
        at[PP_D] = run->begin[0] + row / size[1] % size[0];
        pp_at_plane(run->problem, run->group.first + row / size[1] / size[0], at);
        pool_row(s, at, run->begin[2] + first, run->begin[2] + first + count);
        begin += count;
    }
}

static pp_status run_inner(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    inner s = inner_of(run->problem);
    s.run = run;
    s.axis = run->group.axis;
    s.lanes = run->problem->inner;
    lay_out(&s, scratch);
    int64_t positions = positions_of(run), begin = 0, end = positions, to;
    if (tasks <= positions) {
        pp_share(positions, task, tasks, &begin, &end);
    } else {
        pp_share(s.lanes, task, tasks, &s.from, &to);
        s.lanes = to - s.from;
    }
    prepare_finish(&s);
    s.stretch_count = find_stretches(&s.axis[2], run->begin[2], run->end[2], s.stretches);
    if (!run->problem->stream) {
        pool_positions(&s, begin, end);
        return PP_OK;
    }
    /* Memory gives more to several streams far apart. */
    int64_t part = (end - begin + FAR - 1) / FAR, turn = pp_max(1, FAR_BYTES / (s.lanes * s.element));
    for (int64_t i = 0; i < part; i += turn) {
        for (int64_t far = 0; far < FAR; far++) {
            int64_t first = begin + far * part;
            pool_positions(&s, first + i, pp_min(pp_min(first + part, end), first + i + turn));
        }
    }
    run->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_inner = {
    .name = "inner",
    .what = "all taps of an output at once, across channels",
    .uses_kernels = true,
    .pass = {{applies, pays, NULL, scratch_size, tasks_of, run_inner}},
};

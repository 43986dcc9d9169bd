/* The row "inner" of the algorithm table: channels-last tensors, lanes across the channels, all taps of a window at once.
 * A row of outputs is cut into stretches of windows that look alike; a list of taps serves a stretch, and the same stretch of
 * the following rows. */
#include "../sweep/sweep.h"
#include "algorithm.h"
#include "narrow.h"

#include <string.h>

enum { PP_INNER_TAPS = 4096, PP_INNER_BYTES = 16, LISTED = 512 /* taps that are kept for later rows ... */, ROWS = 4 /* ... of so many heights */ };
enum { FAR = 4, FAR_BYTES = 8 * 1024 }; /* places that large runs write at by turns, and how much */
enum { CHANNELS = 64 /* of such a part, at least */ };
enum { SECTION = 8 /* windows whose taps should still be near when their last channels are done */ };

/* Outputs begin, begin + by, ... below end of a row whose windows look alike: "window" is the first one's, each next one "advance"
 * further. */
typedef struct stretch {
    int64_t begin, end, by;
    int64_t advance;
    pp_window window;
} stretch;

/* The taps of the windows of a stretch, and those on D and H, for which they were listed. */
typedef struct tap_list {
    const stretch *part; /* NULL: none yet */
    pp_window rows[2];
    int64_t count, twig; /* twig: distance of taps in twigs */
} tap_list;

typedef struct inner {
    const pp_run *run;
    const pp_problem *problem;
    const pp_axis *axis;       /* D, H, W */
    int64_t element;           /* bytes */
    int64_t from, lanes;       /* channels of this task */
    const char *source;        /* of the first window at hand ... */
    char *target;
    int64_t step, target_step; /* ... and elements to the next */
    stretch *stretches;
    int64_t stretch_count;
    int64_t slots, capacity; /* of the lists; of taps in each */
    tap_list *lists;
    pp_tap *taps;
    pp_windows windows;
    pp_finish finish;
    pp_windows_fn ones, fours; /* kernels for one vector of each window, for four (NULL: none) */
    int64_t vector, one;       /* lanes of a vector of theirs */
    bool joined;               /* neighbours on a row are lanes too */
} inner;

/* ------------------------------------------------------------------------------------------------ stretches */

static bool same_shape(const pp_window *a, const pp_window *b)
{
    return a->begin == b->begin && a->end == b->end && a->length == b->length && (a->extent == b->extent || a->begin == a->end);
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
    int64_t taps = 1, stretches = stretch_bound(&s->axis[2]);
    for (int a = 0; a < 3; a++) taps *= pp_max(pp_min(s->axis[a].longest, s->axis[a].input), 1);
    s->capacity = taps + 1;
    s->slots = pp_max(1, pp_min(ROWS * stretches, LISTED / s->capacity));
    size_t lists = pp_aligned((size_t)stretches * sizeof *s->stretches), at = lists + pp_aligned((size_t)s->slots * sizeof *s->lists);
    if (scratch) {
        s->stretches = (stretch *)(void *)scratch;
        s->lists = memset(scratch + lists, 0, (size_t)s->slots * sizeof *s->lists);
        s->taps = (pp_tap *)(void *)(scratch + at);
    }
    return at + (size_t)(s->slots * s->capacity) * sizeof *s->taps;
}

/* ------------------------------------------------------------------------------------------------ taps */

int64_t pp_list_taps(const pp_problem *p, const pp_axis axis[3], const pp_window w[3], pp_tap *taps)
{
    const int64_t *stride = p->array[PP_INPUT].stride;
    bool sums = !p->is_max;
    int order[3] = {sums ? 2 : 0, 1, sums ? 0 : 2}; /* outermost first */
    const pp_window *a = &w[order[0]], *b = &w[order[1]], *c = &w[order[2]];
    int64_t step[3], count = 0;
    for (int i = 0; i < 3; i++) step[i] = axis[order[i]].step * stride[PP_D + order[i]];
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
    if (!sums && count % 2 == 0) taps[count] = taps[count - 1], count++;
    return count;
}

/* Joins taps that are "twig" apart and make a twig of the tree; returns the number of those that are left. */
static int64_t join_twigs(pp_tap *taps, int64_t count, int64_t twig)
{
    static const int merges[4][3] = {{0}, {0}, {0, 1}, {0, 1, 1}}; /* of the last: so many at least */
    int64_t left = 0;
    for (int64_t i = 0, n; i < count; i += n) {
        for (n = pp_min(3, count - i); n > 1; n--) {
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

/* Has the taps of windows w of a stretch listed. */
static void use_taps(inner *s, const stretch *part, const pp_window w[3])
{
    int64_t rows = w[0].end - w[0].begin + w[1].end - w[1].begin, slot = (rows % ROWS * s->stretch_count + (part - s->stretches)) % s->slots;
    tap_list *l = &s->lists[slot];
    pp_tap *taps = s->taps + slot * s->capacity;
    if (l->part != part || !same_shape(&l->rows[0], &w[0]) || !same_shape(&l->rows[1], &w[1])) {
        *l = (tap_list){part, {w[0], w[1]}, pp_list_taps(s->problem, s->axis, w, taps), 0};
        if (l->count > 1) l->twig = taps[1].offset - taps[0].offset;
        if (!s->problem->is_max && pp_is_wide(s->problem)) l->count = join_twigs(taps, l->count, l->twig);
    }
    s->windows.twig = l->twig;
    s->windows.taps = taps;
    s->windows.count = l->count;
}

/* ------------------------------------------------------------------------------------------------ rows */

/* Blocks of four vectors, or of one with so many lanes, from lane j of window "first" on; each block "windows" further. */
static void run_kernel(inner *s, pp_windows_fn kernel, int64_t first, int64_t windows, int64_t j, int64_t lanes, int64_t blocks)
{
    pp_windows *w = &s->windows; /* what does not change stays */
    w->source = s->source + (first * s->step + j) * s->element;
    w->target = s->target + (first * s->target_step + j) * s->element;
    w->step = windows ? windows * s->step : 4 * s->vector;
    w->target_step = windows ? windows * s->target_step : 4 * s->vector;
    w->lanes = lanes;
    w->blocks = blocks;
    if (s->problem->stream) {
        int64_t all = (w->target_unit | w->target_half | w->target_step) * s->element | (int64_t)(uintptr_t)w->target;
        w->stream = all % s->problem->kernels->vector_bytes == 0;
    }
    kernel(w);
}

/* The same lanes of some windows, one vector at a time: the last one may begin before the one before it ends. */
static void pool_ones(inner *s, int64_t first, int64_t count, int64_t j, int64_t lanes)
{
    int64_t one = pp_min(s->one, s->lanes);
    for (int64_t i = 0; i < lanes && count > 0; i += one) run_kernel(s, s->ones, first, 1, j + pp_min(i, lanes - one), one, count);
}

/* "count" windows from "first" on: four vectors of one, then two of two, then one of four. */
static void pool_section(inner *s, int64_t first, int64_t count)
{
    pp_windows *w = &s->windows;
    int64_t j = 0;
    for (int64_t wide = 4; wide * s->vector >= s->one && s->fours; wide /= 2) {
        int64_t windows = 4 / wide, done = count / windows * windows, lanes = wide * s->vector, fours = s->lanes / lanes;
        w->unit = wide > 1 ? s->vector : s->step, w->target_unit = wide > 1 ? s->vector : s->target_step;
        w->half = wide > 2 ? 2 * s->vector : windows / 2 * s->step, w->target_half = wide > 2 ? 2 * s->vector : windows / 2 * s->target_step;
        if (wide == 4 && fours > 1) {
            for (int64_t i = 0; i < count; i++) run_kernel(s, s->fours, first + i, 0, 0, s->vector, fours);
            j = fours * lanes;
        }
        for (; s->lanes - j >= lanes && done > 0; j += lanes) {
            run_kernel(s, s->fours, first, windows, j, s->vector, count / windows);
            pool_ones(s, first + done, count - done, j, lanes);
        }
    }
    pool_ones(s, first, count, j, s->lanes - j);
}

/* "count" windows from the first one at hand on. */
static void pool_windows(inner *s, int64_t count)
{
    bool tails = s->lanes > s->vector && s->lanes % (4 * s->vector) > 0;
    int64_t section = tails && s->fours ? SECTION : count;
    for (int64_t first = 0; first < count; first += section) pool_section(s, first, pp_min(section, count - first));
}

/* "count" outputs of the row "at" from "from" on, of a stretch; w: the row's windows on D and H. */
static void pool_stretch(inner *s, const stretch *part, const int64_t at[PP_AXES], int64_t from, int64_t count, pp_window w[3])
{
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
    use_taps(s, part, w);
    int64_t source = at[PP_N] * in->stride[PP_N] + at[PP_C] * in->stride[PP_C] + s->from, target = s->from;
    for (int a = 0; a < 3; a++) { /* the first element that is seen */
        int64_t tap = w[a].first + w[a].begin * s->axis[a].step + (a == 2 ? (from - part->begin) / part->by * part->advance : 0);
        source += tap * in->stride[PP_D + a];
    }
    for (int a = PP_N; a <= PP_W; a++) target += output[a] * out->stride[a];
    s->finish.divisor = pp_divisor_of(s->problem, w);
    if (pp_is_byte_sum(s->problem)) {
        s->ones = pp_narrow_prepare(s->problem, s->windows.count, &s->finish);
        s->one = s->ones == s->problem->kernels->sum_windows ? s->vector : PP_NARROW_LANES;
    }
    s->source = s->run->base[PP_INPUT] + source * s->element;
    s->target = s->run->base[PP_OUTPUT] + target * s->element;
    s->step = part->advance * in->stride[PP_W];
    s->target_step = part->by * out->stride[PP_W];
    if (!s->joined) {
        pool_windows(s, count);
        return;
    }
    int64_t lanes = count * s->lanes;
    count = (lanes - 1) / s->one; /* and some are left */
    s->step = s->target_step = s->one;
    run_kernel(s, s->ones, 0, 1, 0, s->one, count);
    run_kernel(s, s->ones, count, 1, 0, lanes - count * s->one, 1);
}

/* Outputs [from, to) of row "at". */
static void pool_row(inner *s, const int64_t at[PP_AXES], int64_t from, int64_t to)
{
    pp_window w[3] = {pp_axis_window(&s->axis[0], at[PP_D]), pp_axis_window(&s->axis[1], at[PP_H])};
    for (const stretch *part = s->stretches; part < s->stretches + s->stretch_count; part++) {
        int64_t begin = part->begin + pp_ceil_div(pp_max(from - part->begin, 0), part->by) * part->by, end = pp_min(to, part->end);
        if (begin < end) pool_stretch(s, part, at, begin, pp_ceil_div(end - begin, part->by), w);
    }
}

/* ------------------------------------------------------------------------------------------------ the pass */

static pp_windows_fn ones_of(const pp_problem *p)
{
    if (pp_is_narrow_sum(p)) return p->kernels->sum_windows;
    return p->is_max ? p->kernels->lines->max_window : p->kernels->lines->sum_window;
}

/* Elements are lanes, and kernels go from the ones to the others. */
static bool applies(const pp_problem *p)
{
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) {
        taps *= pp_max(1, pp_min(pp_min(p->axis[a].longest, p->axis[a].input), PP_INNER_TAPS + 1));
        if (p->axis[a].step > INT32_MAX || p->axis[a].advance > INT32_MAX) return false; /* so that no distance overflows */
        bool each = p->axis[a].kind == PP_AXIS_TABLE || p->axis[a].longest > INT32_MAX;  /* may be a stretch of its own */
        if (each && p->axis[a].output > INT32_MAX) return false;
    }
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype];
    if (p->is_max ? p->desc.indices != PP_INDEX_NONE || (p->desc.nan == PP_NAN_IGNORE && info->floating) : pp_is_byte_sum(p) && !pp_narrow_applies(p))
        return false;
    bool dense = p->array[PP_INPUT].stride[PP_INNER] == 1 && p->array[PP_OUTPUT].stride[PP_INNER] == 1;
    return (p->inner > 1 ? dense : pp_narrow_joins(p)) && ones_of(p) && taps <= PP_INNER_TAPS;
}

/* With few channels lanes stay empty; then rows are better.  Narrow elements have no levels of their own. */
static bool pays(const pp_problem *p)
{
    int64_t bytes = pp_is_byte_sum(p) ? 2 * PP_INNER_BYTES : PP_INNER_BYTES; /* parts of vectors can take long */
    return pp_narrow_joins(p) || (p->inner >= bytes / (int64_t)pp_dtypes[p->desc.dtype].size && (pp_is_wide(p) || !pp_levels_pay(p)));
}

static inner inner_of(const pp_problem *p)
{
    const pp_kernels *k = p->kernels;
    inner s = {.problem = p, .axis = p->axis, .element = (int64_t)pp_dtypes[p->desc.dtype].size, .ones = ones_of(p)};
    s.fours = p->is_max ? k->max_windows : k->sum_windows;
    s.vector = k->vector_bytes / s.element;
    s.one = k->lines->vector_bytes / s.element;
    if (pp_is_narrow_sum(p)) {
        s.one = s.vector;
        if (pp_is_byte_sum(p)) s.fours = NULL;
        else s.vector /= 2; /* of lanes; two are one of elements */
    }
    return s;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    (void)direction;
    inner s = inner_of(p);
    if (!applies(p) || (s.ones == s.fours && p->inner < s.one)) return false; /* a kernel for whole vectors only */
    needs->scratch = lay_out(&s, NULL);
    return true;
}

static int64_t positions_of(const pp_run *run)
{
    return pp_rows_of(run) * (run->end[2] - run->begin[2]);
}

/* Outputs, or if they are few, parts of their channels. */
static int64_t pieces_of(const pp_run *run)
{
    int64_t positions = positions_of(run);
    return positions > 4 || run->tasks <= positions ? positions : pp_max(positions, run->problem->inner / CHANNELS);
}

/* Outputs [begin, end), counted row by row through the range. */
static void pool_positions(inner *s, int64_t begin, int64_t end)
{
    const pp_run *run = s->run;
    int64_t width = run->end[2] - run->begin[2], at[PP_AXES] = {0};
    while (begin < end) {
        int64_t row = begin / width, first = begin - row * width, count = pp_min(width - first, end - begin);
        pp_at_row(run, row, at);
        pool_row(s, at, run->begin[2] + first, run->begin[2] + first + count);
        begin += count;
    }
}

static pp_status run_inner(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    inner s = inner_of(run->problem);
    s.run = run;
    s.axis = run->group.axis;
    s.joined = pp_narrow_joins(run->problem);
    s.lanes = run->problem->inner;
    lay_out(&s, scratch);
    int64_t positions = positions_of(run), pieces = pieces_of(run);
    if (pieces > positions) {
        s.from = begin * CHANNELS;
        s.lanes = (end < pieces ? end * CHANNELS : s.lanes) - s.from;
        begin = 0, end = positions;
    }
    s.finish.order = pp_order_of(run->problem);
    s.windows.finish = &s.finish;
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
    .pass = {{pays, plan, pieces_of, run_inner}},
};

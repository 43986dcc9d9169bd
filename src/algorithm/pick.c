/* The row "pick" of the algorithm table: forward, rows of contiguous lanes with few of them per output.  For two vectors of lanes
 * at a time the rows under the windows are combined in registers, and each tap of the windows is one permutation of these two
 * (kernels/pick.inc).  What the kernel is told is prepared with the plan: here. */
#include "../sweep/lines.h"
#include "algorithm.h"

#include <string.h>

enum {
    PICK_TAPS = 64,    /* rows under a window, at most; taps on W */
    PICK_RUNS = 16,    /* runs of output rows of one depth */
    PICK_CHANNELS = 4, /* lanes of an output, when it pays */
    PICK_WIDTH = 16    /* taps on an axis, when it pays */
};

/* Outputs [begin, end) on D whose windows are alike. */
typedef struct depth_run {
    int64_t begin, end, runs; /* the first of its runs of rows */
} depth_run;

/* What a plan holds. */
typedef struct prepared {
    pp_pick pick; /* of whole planes that are not deep */
    int64_t depth_runs;
    const depth_run *depths;
    const pp_pick_run *runs; /* for each depth run those of all rows */
    int64_t run_count;
} prepared;

/* ------------------------------------------------------------------------------------------------ preparing */

typedef struct builder {
    const pp_problem *problem;
    char *memory; /* NULL: only counts */
    size_t used;
    int lanes;   /* of a vector */
    size_t lane; /* bytes */
} builder;

/* The next "size" bytes, aligned for "align". */
static void *take(builder *b, size_t size, size_t align)
{
    b->used += (align - (size_t)((uintptr_t)b->memory + b->used) % align) % align;
    void *piece = b->memory ? b->memory + b->used : NULL;
    b->used += size;
    return piece;
}

/* Outputs after o, o included, whose windows are that of o moved regularly; at least one. */
static int64_t alike(const pp_axis *axis, int64_t o)
{
    pp_window w = pp_axis_window(axis, o);
    if (axis->kind != PP_AXIS_SLIDING || w.end - w.begin < w.length || w.length == 0) return 1;
    int64_t room = axis->visible - 1 - (w.first + (w.length - 1) * axis->step);
    return pp_min(room / axis->stride + 1, axis->output - o);
}

static bool seen(pp_window w) { return w.begin < w.end; }

/* Runs of outputs on an axis that see the same taps, as [begin, end); their number, or -1 when they are too many or see
 * nothing. */
static int64_t find_runs(const pp_axis *axis, int64_t begin[PICK_RUNS], int64_t end[PICK_RUNS])
{
    int64_t count = 0;
    for (int64_t o = 0; o < axis->output; o = end[count++]) {
        pp_window w = pp_axis_window(axis, o);
        if (count == PICK_RUNS || !seen(w) || w.end - w.begin > PICK_TAPS) return -1;
        begin[count] = o;
        end[count] = o + alike(axis, o);
    }
    return count;
}

/* The product of the divisor's parts on D and H, or of what stands for them. */
static void set_divisor(const pp_problem *p, pp_pick_run *run, const pp_window *d, const pp_window *h, const pp_window *uniform)
{
    pp_window w[3] = {*d, *h, {0, 0, 0, 0, 1}};
    run->divisor = pp_divisor_of(p, w);
    if (uniform) w[2] = *uniform;
    double divisor = pp_divisor_of(p, w), inverse = 1 / divisor;
    bool exact = inverse * divisor == 1 && inverse * 2 * (divisor / 2) == 1; /* of powers of two, ... */
    union {
        double value;
        uint64_t bits;
    } x = {divisor};
    exact &= !(x.bits << 12);
    run->scale = (uniform || p->desc.divisor == PP_DIVISOR_OVERRIDE || p->desc.op != PP_OP_AVERAGE) && exact ? inverse : 0;
}

/* Runs of rows for the windows wd on D of a run of outputs. */
static bool make_runs(builder *b, const pp_window *wd, int64_t count, const int64_t *begin, const int64_t *end, const pp_window *uniform,
                      pp_pick_run *runs)
{
    const pp_problem *p = b->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    for (int64_t r = 0; r < count; r++) {
        pp_window wh = pp_axis_window(&p->axis[1], begin[r]);
        int64_t taps = (wd->end - wd->begin) * (wh.end - wh.begin), t = 0;
        if (taps > PICK_TAPS) return false;
        pp_tap *tap = take(b, (size_t)taps * sizeof *tap, sizeof(int64_t));
        if (!b->memory) continue;
        pp_pick_run *run = &runs[r];
        *run = (pp_pick_run){.taps = tap, .count = taps, .rows = end[r] - begin[r], .source = wh.first * in[PP_H]};
        run->source_step = (end[r] - begin[r] > 1 ? p->axis[1].advance : 0) * in[PP_H];
        run->target = begin[r] * out[PP_H];
        run->target_step = out[PP_H];
        for (int64_t h = wh.begin; h < wh.end; h++) {
            for (int64_t d = wd->begin; d < wd->end; d++, t++) {
                tap[t].offset = d * p->axis[0].step * in[PP_D] + h * p->axis[1].step * in[PP_H];
                tap[t].merges = pp_merges(d, wd->begin, wd->end, wd->length);
            }
            tap[t - 1].merges += pp_merges(h, wh.begin, wh.end, wh.length);
        }
        set_divisor(p, run, wd, &wh, uniform);
    }
    return true;
}

/* ---- along the row */

/* Outputs whose taps fit into a pair of vectors, from output o on. */
static int64_t outputs_of_pair(const builder *b, int64_t o)
{
    const pp_axis *w = &b->problem->axis[2];
    int64_t positions = 2 * b->lanes / b->problem->inner, count = 0;
    if (w->kind == PP_AXIS_SLIDING) {
        int64_t room = positions - 1 - (w->longest - 1) * w->step;
        return room < 0 ? 0 : room / w->stride + 1;
    }
    int64_t first = pp_axis_window(w, o).first;
    for (; o < w->output && count < positions; o++, count++) { /* one lane is left: it stands for taps that a shorter window lacks */
        pp_window v = pp_axis_window(w, o);
        if (v.first + v.length - first > positions - 1) break;
    }
    return count;
}

/* How many of these are taken: one whole vector, or clearly more. */
static int64_t pair_outputs(const builder *b, int64_t o)
{
    int64_t count = outputs_of_pair(b, o), whole = b->lanes / b->problem->inner;
    return count > whole && 2 * count < 3 * whole ? whole : count;
}

static void put_index(const builder *b, char *vector, int64_t j, int64_t lane)
{
    uint64_t top = lane >= b->lanes ? (uint64_t)1 << (8 * b->lane - 1) : 0, value = (uint64_t)lane | top;
    if (b->lane == 8) memcpy(vector + j * 8, &value, 8);
    else if (b->lane == 4) memcpy(vector + j * 4, &(uint32_t){(uint32_t)value}, 4);
    else if (b->lane == 2) memcpy(vector + j * 2, &(uint16_t){(uint16_t)value}, 2);
    else vector[j] = (char)value;
}

/* Where the taps of "count" outputs from o on lie in their pair, whose first lane is that of o's first tap. */
static void make_index(const builder *b, char *index, int64_t o, int64_t count)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, first = pp_axis_window(axis, o).first, bytes = (int64_t)b->lane * b->lanes;
    memset(index, 0, (size_t)(2 * bytes * axis->longest));
    for (int64_t j = 0; j < count * inner; j++) {
        bool sliding = axis->kind == PP_AXIS_SLIDING;
        pp_window w = sliding ? (pp_window){first + j / inner * axis->stride, axis->longest, 0, 0, 0} : pp_axis_window(axis, o + j / inner);
        for (int64_t t = 0; t < axis->longest; t++) {
            int64_t lane = t < w.length ? (w.first - first + t * axis->step) * inner + j % inner : 2 * b->lanes - 1;
            put_index(b, index + (j / b->lanes * axis->longest + t) * bytes, j % b->lanes, lane);
        }
    }
}

static void put_extent(const builder *b, char *extents, int64_t j, int64_t extent)
{
    if (b->lane == 8) memcpy(extents + j * 8, &(double){(double)extent}, 8);
    else if (b->lane == 4) memcpy(extents + j * 4, &(float){(float)extent}, 4);
}

/* Divisors of the outputs of a pair. */
static void make_extents(const builder *b, char *extents, int64_t o, int64_t count)
{
    const pp_axis *axis = &b->problem->axis[2];
    bool fixed = b->problem->desc.divisor == PP_DIVISOR_OVERRIDE;
    for (int64_t j = 0; j < 2 * b->lanes; j++) {
        int64_t at = o + j / b->problem->inner;
        put_extent(b, extents, j, j < count * b->problem->inner && at < axis->output && !fixed ? pp_axis_window(axis, at).extent : 1);
    }
}

/* Windows that are shorter than the longest must be summed in the same order: their trees may differ by missing taps only. */
static bool trees_agree(const pp_axis *axis)
{
    for (int64_t o = 0; axis->kind != PP_AXIS_SLIDING && o < axis->output; o++) {
        int64_t length = pp_axis_window(axis, o).length;
        for (int64_t t = 0; t < length; t++) {
            if (pp_merges(t, 0, length, axis->longest) != pp_merges(t, 0, length, length)) return false;
        }
    }
    return true;
}

/* The divisor's share of W where it is the same everywhere; else NULL. */
static const pp_window *uniform_window(const pp_axis *axis, pp_window *w)
{
    *w = pp_axis_window(axis, 0);
    for (int64_t o = 0; o < axis->output; o += alike(axis, o)) {
        if (pp_axis_window(axis, o).extent != w->extent) return NULL;
    }
    return w;
}

/* Tables of a sliding axis: all pairs lie alike, but divisors change near the ends. */
static bool make_regular(builder *b, pp_pick *k, bool divides)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, outputs = pair_outputs(b, 0), bytes = (int64_t)b->lane * b->lanes;
    if (outputs == 0) return false;
    k->pairs = pp_ceil_div(axis->output, outputs);
    k->lanes = outputs * inner;
    k->lane = -axis->pad_begin * inner;
    k->advance = outputs * axis->stride * inner;
    char *index = take(b, (size_t)(2 * bytes * axis->longest), PP_ALIGN);
    if (b->memory) make_index(b, index, 0, outputs);
    k->index = k->extent = index;
    k->head = k->tail = 0;
    if (!divides) {
        k->tail = INT64_MAX;
        return true;
    }
    int64_t begin = pp_max(pp_ceil_div(axis->pad_begin, axis->stride), 0);
    int64_t end = begin < axis->output ? begin + alike(axis, begin) : begin;
    k->head = pp_min(pp_ceil_div(begin, outputs), k->pairs);
    k->tail = pp_max(end / outputs, k->head);
    int64_t sets = k->head + 1 + k->pairs - k->tail;
    if (sets > PP_PREPARED / bytes) return false;
    char *extents = take(b, (size_t)(sets * 2 * bytes), PP_ALIGN);
    k->extent = extents;
    for (int64_t s = 0; b->memory && s < sets; s++) {
        int64_t pair = s <= k->head ? s : k->tail + s - k->head - 1;
        if (s < sets || pair < k->pairs) make_extents(b, extents + s * 2 * bytes, pair * outputs, outputs);
    }
    return true;
}

/* Tables of windows that are listed: each pair has its own. */
static bool make_listed(builder *b, pp_pick *k, bool divides)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, bytes = (int64_t)b->lane * b->lanes;
    for (int64_t o = 0; o < axis->output; k->pairs++) {
        int64_t outputs = pair_outputs(b, o);
        if (outputs == 0 || k->pairs == PICK_RUNS) return false;
        o += outputs;
    }
    k->index_set = 2 * bytes * axis->longest;
    k->head = k->pairs;
    pp_pick_pair *pairs = take(b, (size_t)(k->pairs + 1) * sizeof *pairs, sizeof(int64_t));
    char *index = take(b, (size_t)(k->pairs * k->index_set), PP_ALIGN);
    char *extents = divides ? take(b, (size_t)(k->pairs * 2 * bytes), PP_ALIGN) : index;
    k->listed = pairs;
    k->index = index;
    k->extent = extents;
    if (!b->memory) return true;
    if (!divides) k->head = 0, k->tail = INT64_MAX;
    int64_t o = 0;
    for (int64_t i = 0; i < k->pairs; i++) {
        int64_t outputs = pair_outputs(b, o);
        pairs[i] = (pp_pick_pair){pp_axis_window(axis, o).first * inner, 2 * b->lanes - 1, o * inner};
        make_index(b, index + i * k->index_set, o, outputs);
        if (divides) make_extents(b, extents + i * 2 * bytes, o, outputs);
        o += outputs;
    }
    pairs[k->pairs].output = o * inner;
    return true;
}

static bool make_row(builder *b, pp_pick *k, bool divides)
{
    const pp_problem *p = b->problem;
    const pp_axis *axis = &p->axis[2];
    if (!(axis->kind == PP_AXIS_SLIDING ? make_regular : make_listed)(b, k, divides)) return false;
    unsigned char *merges = take(b, (size_t)axis->longest, 1);
    for (int64_t t = 0; b->memory && t < axis->longest; t++) merges[t] = (unsigned char)pp_merges(t, 0, axis->longest, axis->longest);
    k->merges = merges;
    k->taps = axis->longest;
    k->read_end = axis->input;
    pp_axis_reach(axis, 0, axis->output, &k->read_begin, &k->read_end);
    k->read_begin *= p->inner;
    k->read_end *= p->inner;
    k->write_end = axis->output * p->inner;
    if (p->is_max) k->order = pp_order_of(p);
    return true;
}

/* Fills "memory" (NULL: only counts); the bytes, or 0 when the problem is not of this kind. */
static size_t build(const pp_problem *p, void *memory)
{
    builder b = {.problem = p, .memory = memory};
    const pp_axis *axis = p->axis;
    int64_t begin[2][PICK_RUNS], end[2][PICK_RUNS], count[2];
    b.lane = pp_lane_size(p->desc.dtype, pp_reducing_of(p));
    b.lanes = p->kernels->vector_bytes / (int)b.lane;
    for (int a = 0; a < 2; a++) {
        count[a] = find_runs(&axis[a], begin[a], end[a]);
        if (count[a] <= 0) return 0;
    }
    prepared scratch, *s = take(&b, sizeof *s, sizeof(int64_t));
    if (!s) s = &scratch;
    memset(s, 0, sizeof *s);
    pp_window at;
    const pp_window *uniform = uniform_window(&axis[2], &at);
    depth_run *depths = take(&b, (size_t)count[0] * sizeof *depths, sizeof(int64_t));
    pp_pick_run *runs = take(&b, (size_t)(count[0] * count[1]) * sizeof *runs, sizeof(int64_t));
    for (int64_t r = 0; r < count[0]; r++) {
        pp_window wd = pp_axis_window(&axis[0], begin[0][r]);
        if (memory) depths[r] = (depth_run){begin[0][r], end[0][r], r * count[1]};
        if (!make_runs(&b, &wd, count[1], begin[1], end[1], uniform, memory ? runs + r * count[1] : NULL)) return 0;
    }
    s->depths = depths;
    s->depth_runs = count[0];
    s->runs = s->pick.runs = runs;
    s->run_count = s->pick.run_count = count[1];
    bool divides = p->desc.op == PP_OP_AVERAGE;
    return make_row(&b, &s->pick, divides) ? b.used + PP_ALIGN : 0; /* alignment costs up to that much more elsewhere */
}

static bool applies(const pp_problem *p)
{
    const pp_axis *axis = p->axis;
    const pp_desc *desc = &p->desc;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    if (!(p->is_max ? p->kernels->pick_max : p->kernels->pick_sum)) return false;
    if (p->inputs == 0 || p->outputs == 0 || desc->indices != PP_INDEX_NONE) return false;
    if (p->is_max && desc->nan == PP_NAN_IGNORE && pp_dtypes[desc->dtype].floating) return false;
    if (p->inner > 1 && (in[PP_INNER] != 1 || out[PP_INNER] != 1)) return false;
    if (axis[2].input > 1 && in[PP_W] != p->inner) return false;
    if (axis[2].output > 1 && out[PP_W] != p->inner) return false;
    double extents = 1;
    for (int a = 0; a < 3; a++) {
        if (axis[a].input > INT32_MAX || axis[a].output > INT32_MAX || axis[a].longest > PICK_TAPS || axis[a].step > INT32_MAX ||
            axis[a].advance > INT32_MAX || axis[a].pad_begin > INT32_MAX || axis[a].pad_begin < -INT32_MAX)
            return false;
        extents *= (double)axis[a].longest;
    }
    if (p->inner > INT32_MAX || extents > 1 << 20) return false; /* divisors are exact in any type */
    if (!p->is_max && !trees_agree(&axis[2])) return false;
    for (int64_t o = 0; o < axis[2].output; o += alike(&axis[2], o)) {
        if (!seen(pp_axis_window(&axis[2], o))) return false;
        if (o > PICK_TAPS * PICK_TAPS && alike(&axis[2], o) == 1 && axis[2].output - o > PICK_TAPS) return false;
    }
    return build(p, NULL) > 0;
}

/* Long windows that overlap are for levels. */
static bool pays(const pp_problem *p)
{
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->longest > PICK_WIDTH || (axis->longest > 5 && axis->longest * axis->period > 2 * axis->advance)) return false;
    }
    return p->inner <= PICK_CHANNELS;
}

static size_t scratch_size(const pp_problem *p)
{
    (void)p;
    return 0;
}

/* ------------------------------------------------------------------------------------------------ running */

static int64_t rows_of(const pp_run *run)
{
    return (run->group.last - run->group.first) * (run->end[0] - run->begin[0]) * (run->end[1] - run->begin[1]);
}

/* The part [begin, end) on H of runs; their number. */
static int64_t clip(const pp_pick_run *runs, int64_t count, int64_t begin, int64_t end, pp_pick_run *to)
{
    int64_t row = 0, kept = 0;
    for (int64_t r = 0; r < count; row += runs[r++].rows) {
        int64_t from = pp_max(begin - row, 0), until = pp_min(end - row, runs[r].rows);
        if (from >= until) continue;
        to[kept] = runs[r];
        to[kept].rows = until - from;
        to[kept].source += from * runs[r].source_step;
        to[kept++].target += from * runs[r].target_step;
    }
    return kept;
}

/* Output rows [begin, end) on H of "planes" planes from "plane" on, at depth d. */
static void pick_rows(const pp_run *run, const prepared *s, pp_pick *k, int64_t plane, int64_t planes, int64_t d, int64_t begin,
                      int64_t end)
{
    const pp_problem *p = run->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t size = (int64_t)pp_dtypes[p->desc.dtype].size, at[PP_AXES];
    const depth_run *depth = s->depths;
    while (d >= depth->end) depth++;
    pp_pick_run clipped[PICK_RUNS];
    k->runs = s->runs + depth->runs;
    k->run_count = s->run_count;
    if (begin > 0 || end < p->axis[1].output) {
        k->run_count = clip(k->runs, s->run_count, begin, end, clipped);
        k->runs = clipped;
    }
    pp_at_plane(p, plane, at);
    int64_t first = pp_axis_window(&p->axis[0], d).first;
    k->source = run->base[PP_INPUT] + (at[PP_N] * in[PP_N] + at[PP_C] * in[PP_C] + first * in[PP_D]) * size;
    k->target = run->base[PP_OUTPUT] + (at[PP_N] * out[PP_N] + at[PP_C] * out[PP_C] + d * out[PP_D]) * size;
    k->planes = planes;
    (p->is_max ? p->kernels->pick_max : p->kernels->pick_sum)(k);
}

static pp_status run_pick(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    const prepared *s = run->prepared;
    pp_pick k = s->pick;
    int64_t begin, end, height = run->end[1] - run->begin[1], depth = run->end[0] - run->begin[0];
    (void)scratch;
    pp_share(rows_of(run), task, tasks, &begin, &end);
    k.source_plane = p->array[PP_INPUT].stride[p->c > 1 ? PP_C : PP_N];
    k.target_plane = p->array[PP_OUTPUT].stride[p->c > 1 ? PP_C : PP_N];
    if (run->begin[2] > 0 || run->end[2] < p->axis[2].output) {
        pp_axis_reach(&p->axis[2], run->begin[2], run->end[2], &k.read_begin, &k.read_end);
        k.read_begin *= p->inner;
        k.read_end *= p->inner;
        k.write_begin = run->begin[2] * p->inner;
        k.write_end = run->end[2] * p->inner;
    }
    while (begin < end) {
        int64_t slice = begin / height, row = begin % height, rows = pp_min(height - row, end - begin), planes = 1;
        int64_t plane = run->group.first + slice / depth, d = run->begin[0] + slice % depth;
        if (depth == 1 && rows == height) { /* as many planes as follow each other regularly */
            planes = pp_min((end - begin) / height, p->c > 1 ? p->c - plane % p->c : p->n - plane);
        }
        pick_rows(run, s, &k, plane, planes, d, run->begin[1] + row, run->begin[1] + row + rows);
        begin += planes * rows;
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_pick = {
    .name = "pick",
    .what = "rows in registers, each tap a permutation",
    .uses_kernels = true,
    .pass = {{applies, pays, build, scratch_size, rows_of, run_pick}},
};

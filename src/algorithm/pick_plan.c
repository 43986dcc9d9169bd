/* Preparing the algorithm "pick": which rows and lanes each output sees, as the kernel reads it. */
#include "pick_plan.h"
#include "../sweep/lines.h"

#include <string.h>

enum {
    BAND_BYTES = 16 * 1024, /* of input, to go down its rows pair by pair: it should stay in the first-level cache */
    FAR_BYTES = 1 << 23,    /* of an input of which little is still in a cache */
};

typedef struct builder {
    const pp_problem *problem;
    char *memory;
    size_t used, room;
    int64_t lanes, size; /* of a vector of outputs, whose windows two such vectors of the input hold; bytes of such a lane */
    bool bytes;          /* are added: as 16 bits, and two vectors of the input are one */
    bool sliding;        /* along the row */
} builder;

/* The next "size" bytes; NULL when they do not fit. */
static void *take(builder *b, int64_t size, size_t align)
{
    b->used += -((uintptr_t)b->memory + b->used) % align;
    size_t at = b->used;
    b->used += (size_t)size;
    return b->used <= b->room ? b->memory + at : NULL;
}

/* ---- rows */

/* Runs of outputs on an axis that see the same taps begin at begin[0], [1], ...; their number, or 0 when they are too many or see
 * nothing. */
static int64_t find_runs(const pp_axis *axis, int64_t begin[PP_PICK_RUNS + 1])
{
    int64_t count = 0, inside[2];
    pp_axis_inside(axis, &inside[0], &inside[1]);
    for (int64_t o = 0; o < axis->output;) {
        pp_window w = pp_axis_window(axis, o);
        if (count == PP_PICK_RUNS || w.begin >= w.end || w.end - w.begin > PP_PICK_TAPS) return 0;
        begin[count++] = o;
        o = o >= inside[0] && o < inside[1] ? inside[1] : o + 1;
    }
    begin[count] = axis->output;
    return count;
}

/* How many taps are combined one after another without a loop: not where they are many, a tree, or to be ordered first (kernels/pick.inc:
 * floating ones that often are not). */
static int64_t few_of(const builder *b, const unsigned char *merges, int64_t count)
{
    const pp_problem *p = b->problem;
    bool few = count <= 3;
    if (p->is_max) few &= b->size <= 2 || !pp_order_of(p).mask;
    for (int64_t t = 1; t < count && !p->is_max; t++) few &= merges[t] == 1;
    return few ? count : 0;
}

/* The windows wd on D and wh on H: rows, and the divisor's part. */
static bool make_run(builder *b, const pp_window *wd, const pp_window *wh, pp_pick_run *run)
{
    const pp_problem *p = b->problem;
    const int64_t *in = p->array[PP_INPUT].stride;
    pp_window divisor[3] = {*wd, *wh, {0, 0, 0, 0, 1}};
    unsigned char *merges;
    run->count = (wd->end - wd->begin) * (wh->end - wh->begin);
    run->divisor = pp_divisor_of(p, divisor);
    run->ties = false;
    run->source_step = p->axis[1].advance * in[PP_H];
    run->first = wh->first * in[PP_H];
    int64_t *row = take(b, pp_max(run->count, 3) * (int64_t)sizeof *row, sizeof *row), t = 0;
    run->row = row;
    run->merges = merges = take(b, run->count, 1);
    if (!merges || run->count > PP_PICK_TAPS) return false;
    row[1] = row[2] = 0;
    run->low = INT64_MAX;
    run->high = INT64_MIN;
    for (int64_t h = wh->begin; h < wh->end; h++) {
        for (int64_t d = wd->begin; d < wd->end; d++, t++) {
            row[t] = d * p->axis[0].step * in[PP_D] + h * p->axis[1].step * in[PP_H];
            run->low = pp_min(run->low, row[t]);
            run->high = pp_max(run->high, row[t]);
            merges[t] = (unsigned char)pp_merges(d, wd->begin, wd->end, wd->length);
        }
        merges[t - 1] += (unsigned char)pp_merges(h, wh->begin, wh->end, wh->length);
    }
    run->few = few_of(b, merges, run->count);
    return true;
}

static bool make_runs(builder *b, pp_picked *s)
{
    const pp_axis *axis = b->problem->axis;
    int64_t begin[2][PP_PICK_RUNS + 1], count[2] = {find_runs(&axis[0], begin[0]), find_runs(&axis[1], begin[1])};
    int64_t all = count[0] * count[1];
    pp_pick_run *run = take(b, all * (int64_t)sizeof *run, sizeof(int64_t));
    if (!run || all == 0) return false;
    s->runs = run;
    for (int64_t i = 0; i < all; i++, run++) {
        const int64_t *at[2] = {begin[0] + i / count[1], begin[1] + i % count[1]};
        pp_window w[2];
        for (int a = 0; a < 2; a++) {
            run->begin[a] = at[a][0];
            run->end[a] = at[a][1];
            w[a] = pp_axis_window(&axis[a], at[a][0]);
        }
        if (!make_run(b, &w[0], &w[1], run)) return false;
    }
    s->runs_end = run;
    return true;
}

/* ---- along the row */

/* How many outputs from o on have their taps in the pair of vectors that begins with o's first tap: one whole vector, or clearly more.
 * 0: none, or one sees nothing.  Where windows differ one lane is left: it stands for taps that a shorter one lacks. */
static int64_t outputs_of_pair(const builder *b, int64_t o)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, positions = (2 * b->lanes - !b->sliding) / inner, whole = b->lanes / inner, count = 0;
    int64_t first = pp_axis_window(axis, o).first;
    for (; count < positions && (b->sliding || o < axis->output); o++, count++) {
        pp_window v = pp_axis_window(axis, o);
        if (o < axis->output && v.begin >= v.end) return 0;
        if (v.first < first || v.first + (v.length - 1) * axis->step - first >= positions) break;
    }
    return count > whole && 2 * count < 3 * whole ? whole : count;
}

/* Where the taps of "count" outputs from o on lie in their pair.  (Machines with vectors have the lowest byte first.) */
static const char *make_index(builder *b, int64_t o, int64_t count, int64_t halves)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, first = pp_axis_window(axis, o).first, bytes = b->size * b->lanes;
    bool pairs = b->bytes && axis->longest <= 2; /* of bytes: see kernels/pick_bytes.inc */
    int64_t vectors = pairs ? 1 : axis->longest;
    char *index = take(b, halves * vectors * bytes, PP_ALIGN);
    if (!index) return NULL;
    memset(index, 0, (size_t)(halves * vectors * bytes));
    for (int64_t j = 0; j < count * inner; j++) {
        pp_window w = pp_axis_window(axis, o + j / inner);
        char *half = index + j / b->lanes * vectors * bytes, *to;
        for (int64_t t = 0; t < axis->longest; t++) {
            int64_t lane = t < w.length ? (w.first - first + t * axis->step) * inner + j % inner : 2 * b->lanes - 1;
            if (pairs) {
                half[j % b->lanes * 2 + t] = (char)lane;
                continue;
            }
            if (b->bytes) lane = lane / 2 + lane % 2 * b->lanes;
            to = half + t * bytes + j % b->lanes * b->size;
            memcpy(to, &lane, (size_t)b->size);
            if (lane >= b->lanes) to[b->size - 1] |= (char)0x80;
        }
    }
    return index;
}

/* Divisors of the outputs of a pair; what lies beyond divides like the last.  They are often those of the strip before. */
static bool make_extents(builder *b, int64_t o, int64_t count, const pp_pick_strip *before, pp_pick_strip *s)
{
    const pp_axis *axis = &b->problem->axis[2];
    char table[2 * PP_PICK_VECTOR];
    int64_t bytes = 2 * b->size * b->lanes;
    bool fixed = b->problem->desc.op != PP_OP_AVERAGE || b->problem->desc.divisor == PP_DIVISOR_OVERRIDE;
    for (int64_t j = 0; j < 2 * b->lanes; j++) {
        int64_t at = pp_min(o + pp_min(j / b->problem->inner, count - 1), axis->output - 1);
        int64_t extent = fixed ? 1 : pp_axis_window(axis, at).extent;
        if (b->bytes) memcpy(table + j * 2, &(uint16_t){(uint16_t)pp_min(extent, UINT16_MAX)}, 2);
        else memcpy(table + j * 4, &(float){(float)extent}, 4);
    }
    if (before && !memcmp(before->extent, table, (size_t)bytes)) {
        s->extent = before->extent;
        s->set = before->set;
        return true;
    }
    char *extent = take(b, bytes, PP_ALIGN);
    s->set = before ? before->set + 1 : 0;
    s->extent = extent;
    return extent && memcpy(extent, table, (size_t)bytes);
}

static bool make_strips(builder *b, pp_picked *picked, int64_t begin, int64_t end)
{
    const pp_problem *p = b->problem;
    const pp_axis *axis = &p->axis[2];
    enum { MOST = PP_PICK_STRIPS + 40 }; /* a part of a row may need some more */
    pp_pick_strip strips[MOST], *s = strips, *all;
    int64_t inner = p->inner, read[2];
    pp_axis_reach(axis, begin, end, &read[0], &read[1]);
    for (int64_t o = begin, outputs; o < end; o += outputs * s++->pairs) {
        int64_t lane = pp_axis_window(axis, o).first * inner, left = read[1] * inner - lane, room = (end - o) * inner;
        outputs = outputs_of_pair(b, o);
        if (outputs == 0 || s == strips + (end - begin < axis->output ? MOST : PP_PICK_STRIPS)) return false;
        *s = (pp_pick_strip){.lane = lane, .output = o * inner, .pairs = 1, .target_step = outputs * inner};
        s->source_step = outputs * axis->stride * inner;
        s->from = pp_max(read[0] * inner - lane, 0);
        s->to = pp_min(left, 2 * b->lanes - !b->sliding);
        for (int64_t v = 0; v < 2; v++) {
            s->part[v].from = (unsigned char)pp_min(pp_max(s->from - v * b->lanes, 0), b->lanes);
            s->part[v].to = (unsigned char)pp_min(pp_max(s->to - v * b->lanes, 0), b->lanes);
        }
        int64_t halves = s->target_step > b->lanes ? 2 : 1, stored = halves * b->lanes;
        s->outputs = stored <= room ? stored : pp_min(s->target_step, room);
        s->second = s->to > b->lanes ? b->lanes : 0;
        if (b->sliding && s->from == 0 && s->to == 2 * b->lanes && stored <= room) {
            s->pairs += pp_min((left - s->to) / s->source_step, (room - stored) / s->target_step);
        }
        s->index = b->sliding && s > strips ? strips->index : make_index(b, o, outputs, halves);
        if (!s->index || (!p->is_max && !make_extents(b, o, outputs, s > strips ? s - 1 : NULL, s))) return false;
    }
    size_t size = (size_t)((char *)s - (char *)strips);
    all = take(b, (int64_t)size, sizeof(int64_t));
    if (!all) return false;
    memcpy(all, strips, size);
    picked->strips = all;
    picked->strips_end = all + (s - strips);
    return true;
}

uint16_t pp_pick_inverse(int64_t divisor, int shift)
{
    if (divisor == 1) return shift ? 0 : UINT16_MAX;
    int64_t one = (int64_t)1 << (16 + shift), inverse = pp_ceil_div(one, divisor);
    if (inverse > UINT16_MAX || (inverse * divisor - one) * (255 * divisor + divisor / 2) >= one) return 0;
    return (uint16_t)inverse;
}

/* The inverses of a run's divisors; false when no shift suits all. */
static bool make_inverses(const builder *b, const pp_picked *s, pp_pick_run *run, uint16_t *inverse)
{
    run->inverse = inverse;
    for (run->shift = 0; run->shift <= 8; run->shift++) {
        bool all = true;
        for (const pp_pick_strip *y = s->strips; y < s->strips_end; y++) {
            for (int64_t j = 0; j < 2 * b->lanes; j++) {
                uint16_t extent;
                memcpy(&extent, y->extent + 2 * j, 2);
                int64_t divisor = extent * (int64_t)run->divisor;
                if (divisor > PP_PICK_DIVISOR) return false;
                run->ties |= divisor % 2 == 0 && b->problem->desc.rounding != PP_ROUND_TRUNCATE;
                inverse[2 * b->lanes * y->set + j] = pp_pick_inverse(divisor, run->shift);
                all &= inverse[2 * b->lanes * y->set + j] > 0;
            }
        }
        if (all) return true;
    }
    return false;
}

/* Of averages of bytes: whether sums and divisors fit into 16 bits and 8. */
static bool make_bytes(builder *b, pp_picked *s)
{
    const pp_problem *p = b->problem;
    bool fixed = p->desc.divisor == PP_DIVISOR_OVERRIDE, is_signed = pp_dtypes[p->desc.dtype].lowest < 0;
    if (p->desc.op != PP_OP_AVERAGE || (is_signed && p->desc.rounding == PP_ROUND_TRUNCATE)) return false;
    for (pp_pick_run *run = s->runs; run < s->runs_end; run++) {
        if (!(run->divisor >= 1 && run->divisor <= PP_PICK_DIVISOR) || run->divisor != (int)run->divisor) return false;
        if (fixed && run->divisor < (double)(run->count * p->axis[2].longest)) return false;
        uint16_t *inverse = take(b, (s->strips_end[-1].set + 1) * 4 * b->lanes, PP_ALIGN);
        if (!inverse || !make_inverses(b, s, run, inverse)) return false;
    }
    return true;
}

/* ---- the whole */

/* What else is the same everywhere. */
static bool make_pick(builder *b, pp_picked *s)
{
    const pp_problem *p = b->problem;
    const pp_axis *axis = p->axis;
    const pp_array *in = &p->array[PP_INPUT], *out = &p->array[PP_OUTPUT];
    unsigned char *merges = take(b, axis[2].longest, 1);
    pp_pick *k = &s->pick;
    int64_t *vectors = take(b, axis[2].longest * (int64_t)sizeof *vectors, sizeof *vectors);
    if (!vectors) return false;
    for (int64_t t = 0; t < axis[2].longest; t++) {
        merges[t] = (unsigned char)pp_merges(t, 0, axis[2].longest, axis[2].longest);
        vectors[t] = t * b->lanes;
    }
    s->size = (int64_t)pp_dtypes[p->desc.dtype].size;
    k->merges = merges;
    k->few = axis[2].longest > 3 ? 0 : axis[2].longest;
    k->vectors = vectors;
    k->taps = axis[2].longest;
    k->whole = p->desc.divisor != PP_DIVISOR_OVERRIDE;
    k->truncates = p->desc.rounding == PP_ROUND_TRUNCATE;
    k->away = p->desc.rounding == PP_ROUND_HALF_AWAY;
    k->order = pp_order_of(p);
    k->sign = b->bytes ? k->order.mask : 0;
    k->far = p->inputs * s->size > FAR_BYTES;
    s->kernel = p->is_max ? p->kernels->pick_max : p->kernels->pick_sum;
    s->lanes = 2 * b->lanes;
    s->load = b->bytes ? s->lanes : b->lanes;
    int64_t extent[PP_AXES], places = 0, read[2]; /* places: distances of what is written */
    for (int a = PP_N; a < PP_W; a++) places |= out->stride[a] * s->size;
    for (const pp_pick_strip *y = s->strips; y < s->strips_end; y++) places |= (y->output | (y->pairs > 1 ? y->target_step : 0)) * s->size;
    s->stream = p->stream && places % PP_ALIGN == 0;
    pp_axis_reach(&axis[2], 0, axis[2].output, &read[0], &read[1]);
    int64_t row = (read[1] - read[0]) * p->inner * s->size * axis[1].advance / axis[1].period;
    s->band = pp_max(BAND_BYTES / pp_max(row, 1), 1);
    s->planes = pp_max(BAND_BYTES / pp_max(row * axis[1].output, 1), 1);
    s->source_plane = in->stride[p->c > 1 ? PP_C : PP_N];
    s->target_plane = out->stride[p->c > 1 ? PP_C : PP_N];
    pp_problem_extents(p, PP_INPUT, extent);
    if (in->high - in->low + 1 == p->inputs && !pp_array_overlaps_itself(in, extent)) {
        s->low = (in->low - in->offset) * s->size;
        s->high = (in->high - in->offset + 1) * s->size;
    }
    return true;
}

/* One plane that is one box of one strip, and tiny: everything is known but the addresses. */
static void make_single(const pp_problem *p, pp_picked *s)
{
    const pp_pick_strip *strip = s->strips;
    const pp_pick_run *run = s->runs;
    if (p->n * p->c * p->axis[0].output != 1 || strip + 1 != s->strips_end || run + 1 != s->runs_end || s->low == s->high) return;
    if (s->high - s->low > PP_PICK_TINY || p->axis[1].output > s->band) return;
    s->single = true;
    s->single_source = (pp_axis_window(&p->axis[0], 0).first * p->array[PP_INPUT].stride[PP_D] + run->first + strip->lane) * s->size;
    s->single_source += 2 * PP_PICK_VECTOR - s->low;
    s->single_target = strip->output * s->size;
    s->pick.run = run;
    s->pick.strip = strip;
    s->pick.count[1] = p->axis[1].output;
    s->pick.source_step[1] = run->source_step;
    s->pick.target_step[1] = p->array[PP_OUTPUT].stride[PP_H];
    s->pick.count[0] = strip->pairs;
    s->pick.source_step[0] = strip->source_step;
    s->pick.target_step[0] = strip->target_step;
}

PP_COLD bool pp_pick_prepare(const pp_problem *p, int64_t begin, int64_t end, void *memory, size_t room)
{
    builder b = {.problem = p, .memory = memory, .room = room};
    b.bytes = !p->is_max && !pp_dtypes[p->desc.dtype].floating;
    b.size = b.bytes ? 2 : (int64_t)pp_dtypes[p->desc.dtype].size;
    b.lanes = p->kernels->vector_bytes / b.size;
    b.sliding = p->axis[2].kind == PP_AXIS_SLIDING;
    pp_picked *s = take(&b, sizeof *s, sizeof(int64_t));
    if (!s) return false;
    memset(s, 0, sizeof *s);
    if (!make_runs(&b, s) || !make_strips(&b, s, begin, end) || !make_pick(&b, s) || (b.bytes && !make_bytes(&b, s))) return false;
    make_single(p, s);
    return true;
}

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
    int64_t inside[2];   /* outputs of a row whose windows lie inside, of one that slides */
    int64_t read[2];     /* positions that are read on it */
    pp_order order;
} builder;

/* The windows of the outputs of a pair: the first lane, from that of the first; length; extent. */
typedef struct windows {
    int64_t first[2 * PP_PICK_VECTOR], length[2 * PP_PICK_VECTOR], extent[2 * PP_PICK_VECTOR];
} windows;

/* The next "size" bytes; NULL when they do not fit. */
static void *take(builder *b, int64_t size, size_t align)
{
    b->used += -((uintptr_t)b->memory + b->used) & (align - 1);
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

/* The windows wd on D and wh on H: rows, and the divisor's part. */
static bool make_run(builder *b, const pp_window *wd, const pp_window *wh, pp_pick_run *run)
{
    const pp_problem *p = b->problem;
    const int64_t *in = p->array[PP_INPUT].stride;
    static const unsigned char tree[] = {0, 1, 0, 2}; /* merges of four */
    pp_window divisor[3];                             /* of extents */
    unsigned char *merges;
    divisor[0].extent = wd->extent;
    divisor[1].extent = wh->extent;
    divisor[2].extent = 1;
    run->count = (wd->end - wd->begin) * (wh->end - wh->begin);
    run->divisor = pp_divisor_of(p, divisor);
    run->ties = false;
    run->source_step = p->axis[1].advance * in[PP_H];
    run->first = wh->first * in[PP_H];
    int64_t *row = take(b, pp_max(run->count, 4) * (int64_t)sizeof *row, sizeof *row), t = 0;
    run->row = row;
    run->merges = merges = take(b, run->count, 1);
    if (!merges || run->count > PP_PICK_TAPS) return false;
    row[1] = row[2] = row[3] = 0;
    run->low = INT64_MAX;
    run->high = INT64_MIN;
    for (int64_t h = wh->begin; h < wh->end; h++) {
        for (int64_t d = wd->begin; d < wd->end; d++, t++) {
            row[t] = d * p->axis[0].step * in[PP_D] + h * p->axis[1].step * in[PP_H];
            run->low = pp_min(run->low, row[t]);
            run->high = pp_max(run->high, row[t]);
            if (!p->is_max) merges[t] = (unsigned char)pp_merges(d, wd->begin, wd->end, wd->length);
        }
        if (!p->is_max) merges[t - 1] += (unsigned char)pp_merges(h, wh->begin, wh->end, wh->length);
    }
    bool few =
        run->count <= 4 && (!p->is_max || b->size <= 2 || !b->order.mask); /* not floating ones that are ordered first: kernels/pick.inc */
    for (t = 1; few && !p->is_max && t < run->count; t++) few = merges[t] == (run->count < 4 ? 1 : tree[t]);
    run->few = few ? run->count : 0;
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
        pp_window wd = pp_axis_window(&axis[0], at[0][0]), wh = pp_axis_window(&axis[1], at[1][0]);
        for (int a = 0; a < 2; a++) {
            run->begin[a] = at[a][0];
            run->end[a] = at[a][1];
        }
        if (!make_run(b, &wd, &wh, run)) return false;
    }
    s->runs_end = run;
    return true;
}

/* ---- along the row */

/* Whether all outputs of a row that slides see something: the first and the last tell, where a window cannot have the input between
 * two of its taps. */
static bool all_see(const pp_axis *axis)
{
    pp_window first = pp_axis_window(axis, 0), last = pp_axis_window(axis, axis->output - 1);
    return first.begin < first.end && last.begin < last.end && (axis->longest == 1 || axis->visible >= axis->step);
}

/* How many outputs from o on have their taps in the pair of vectors that begins with o's first tap: one whole vector, or clearly more.
 * 0: none, or one sees nothing.  Where windows differ one lane is left: it stands for taps that a shorter one lacks. */
static int64_t outputs_of_pair(const builder *b, int64_t o)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t inner = b->problem->inner, positions = (2 * b->lanes - !b->sliding) / inner, whole = b->lanes / inner, count = 0;
    if (b->sliding) {
        int64_t left = positions - 1 - (axis->longest - 1) * axis->step;
        count = left < 0 ? 0 : left / axis->stride + 1;
    } else {
        for (int64_t first = pp_axis_window(axis, o).first; count < positions && o < axis->output; o++, count++) {
            pp_window v = pp_axis_window(axis, o);
            if (v.begin >= v.end) return 0;
            if (v.first < first || v.first + (v.length - 1) * axis->step - first >= positions) break;
        }
    }
    return count > whole && 2 * count < 3 * whole ? whole : count;
}

/* Those of "count" outputs from o on, for so many lanes; what lies beyond sees what the last does. */
static void list_windows(const builder *b, int64_t o, int64_t count, int64_t lanes, windows *list)
{
    const pp_axis *axis = &b->problem->axis[2];
    bool fixed = b->problem->desc.op != PP_OP_AVERAGE || b->problem->desc.divisor == PP_DIVISOR_OVERRIDE;
    int64_t last = pp_min(o + count, axis->output) - 1, first = 0;
    for (int64_t j = 0, lane = 0; lane < lanes; j++, lane += b->problem->inner) {
        pp_window w;
        int64_t at = pp_min(o + j, last);
        if (at >= b->inside[0] && at < b->inside[1]) {
            w.first = at * axis->stride - axis->pad_begin;
            w.length = w.extent = axis->longest;
        } else {
            w = pp_axis_window(axis, at);
        }
        if (j == 0) first = w.first;
        list->first[j] = (w.first - first) * b->problem->inner;
        list->length[j] = w.length;
        list->extent[j] = fixed ? 1 : w.extent;
    }
}

/* Where the taps of these windows lie in their pair.  (Machines with vectors have the lowest byte first: an entry is written as eight
 * bytes, and what comes after it later.) */
static const char *make_index(builder *b, const windows *list, int64_t halves)
{
    const pp_axis *axis = &b->problem->axis[2];
    bool pairs = b->bytes && axis->longest <= 2, apart = b->bytes && !pairs; /* see kernels/pick_bytes.inc; even and odd ones */
    int64_t lanes = b->lanes, inner = b->problem->inner, vectors = pairs ? 1 : axis->longest, step = axis->step * inner;
    char *index = take(b, halves * vectors * lanes * b->size + (int64_t)sizeof(int64_t), PP_ALIGN), *to = index;
    for (int64_t v = 0; index && v < halves * vectors; v++) {
        int64_t half = v < vectors ? 0 : lanes, tap = half ? v - vectors : v, j = pp_quotient(half, inner),
                channel = pp_remainder(half, inner), shift = tap * step;
        for (char *end = to + lanes * b->size; to < end; to += b->size) {
            uint64_t lane = (uint64_t)(tap < list->length[j] ? list->first[j] + shift + channel : 2 * lanes - 1);
            if (pairs) lane |= (uint64_t)(list->length[j] > 1 ? list->first[j] + step + channel : 2 * lanes - 1) << 8;
            else if (apart) lane = lane / 2 + lane % 2 * (uint64_t)lanes;
            if (lane >= (uint64_t)lanes && !pairs) lane |= (uint64_t)1 << (8 * b->size - 1);
            memcpy(to, &lane, sizeof lane);
            if (++channel == inner) channel = 0, j++;
        }
    }
    return index;
}

/* Divisors of the outputs of a pair.  They are often those of the strip before. */
static bool make_extents(builder *b, const int64_t *extent, const pp_pick_strip *before, pp_pick_strip *s)
{
    size_t used = b->used;
    int64_t bytes = 2 * b->size * b->lanes, channel = 0;
    char *table = take(b, bytes, PP_ALIGN);
    if (!table) return false;
    for (int64_t j = 0; j < 2 * b->lanes; j++) {
        if (b->bytes) memcpy(table + j * 2, &(uint16_t){(uint16_t)pp_min(*extent, UINT16_MAX)}, 2);
        else memcpy(table + j * 4, &(float){(float)*extent}, 4);
        if (++channel == b->problem->inner) channel = 0, extent++;
    }
    s->set = before ? before->set + 1 : 0;
    s->extent = table;
    if (before && !memcmp(before->extent, table, (size_t)bytes)) {
        s->extent = before->extent;
        s->set--;
        b->used = used;
    }
    return true;
}

static bool make_strips(builder *b, pp_picked *picked, int64_t begin, int64_t end)
{
    const pp_problem *p = b->problem;
    const pp_axis *axis = &p->axis[2];
    enum { MOST = PP_PICK_STRIPS + 40 }; /* a part of a row may need some more */
    pp_pick_strip strips[MOST], *s = strips, *all;
    windows list;
    int64_t inner = p->inner, *read = b->read;
    pp_axis_inside(axis, &b->inside[0], &b->inside[1]);
    if (b->sliding && (b->inside[0] > 0 || b->inside[1] < axis->output) && !all_see(axis)) return false;
    pp_axis_reach(axis, begin, end, &read[0], &read[1]);
    for (int64_t o = begin, outputs; o < end; o += outputs * s++->pairs) {
        int64_t lane = pp_axis_window(axis, o).first * inner, left = read[1] * inner - lane, room = (end - o) * inner;
        outputs = outputs_of_pair(b, o);
        if (outputs == 0 || s == strips + (end - begin < axis->output ? MOST : PP_PICK_STRIPS)) return false;
        s->lane = lane; /* no initialiser: that takes its time */
        s->output = o * inner;
        s->pairs = 1;
        s->target_step = outputs * inner;
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
        bool kept = b->sliding && s > strips;
        if (!kept || !p->is_max) list_windows(b, o, outputs, p->is_max ? stored : 2 * b->lanes, &list);
        s->index = kept ? strips->index : make_index(b, &list, halves);
        if (!s->index || (!p->is_max && !make_extents(b, list.extent, s > strips ? s - 1 : NULL, s))) return false;
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
        int64_t last = 0;
        uint16_t found = 0;
        for (const pp_pick_strip *y = s->strips; y < s->strips_end; y++) {
            for (int64_t j = 0; j < 2 * b->lanes; j++) {
                uint16_t extent;
                memcpy(&extent, y->extent + 2 * j, 2);
                int64_t divisor = extent * (int64_t)run->divisor;
                if (divisor > PP_PICK_DIVISOR) return false;
                run->ties |= divisor % 2 == 0 && b->problem->desc.rounding != PP_ROUND_TRUNCATE;
                if (divisor != last) found = pp_pick_inverse(last = divisor, run->shift);
                inverse[2 * b->lanes * y->set + j] = found;
                all &= found > 0;
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
        if (!p->is_max) merges[t] = (unsigned char)pp_merges(t, 0, axis[2].longest, axis[2].longest);
        vectors[t] = t * b->lanes;
    }
    s->size = (int64_t)pp_dtypes[p->desc.dtype].size;
    k->merges = merges;
    k->few = axis[2].longest > 4 ? 0 : axis[2].longest;
    k->vectors = vectors;
    k->taps = axis[2].longest;
    k->whole = p->desc.divisor != PP_DIVISOR_OVERRIDE;
    k->truncates = p->desc.rounding == PP_ROUND_TRUNCATE;
    k->away = p->desc.rounding == PP_ROUND_HALF_AWAY;
    k->order = b->order;
    k->sign = b->bytes ? k->order.mask : 0;
    k->far = p->inputs > FAR_BYTES / s->size;
    k->stream = false;
    s->kernel = p->is_max ? p->kernels->pick_max : p->kernels->pick_sum;
    s->lanes = 2 * b->lanes;
    s->load = b->bytes ? s->lanes : b->lanes;
    int64_t extent[PP_AXES], places = 0; /* places: distances of what is written */
    for (int a = PP_N; a < PP_W; a++) places |= out->stride[a] * s->size;
    for (const pp_pick_strip *y = s->strips; y < s->strips_end; y++) places |= (y->output | (y->pairs > 1 ? y->target_step : 0)) * s->size;
    s->stream = p->stream && places % PP_ALIGN == 0;
    int64_t row = pp_min((b->read[1] - b->read[0]) * p->inner * s->size, BAND_BYTES) * pp_min(axis[1].advance / axis[1].period, BAND_BYTES);
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
    s->single = p->axis[1].output;
    s->parts = p->kernels->pick_parts;
    s->single_source = (pp_axis_window(&p->axis[0], 0).first * p->array[PP_INPUT].stride[PP_D] + run->first + strip->lane) * s->size;
    if (!s->parts) s->single_source += 2 * PP_PICK_VECTOR - s->low;
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
    builder b;
    b.problem = p;
    b.memory = memory;
    b.used = 0;
    b.room = room;
    b.bytes = !p->is_max && !pp_dtypes[p->desc.dtype].floating;
    b.size = b.bytes ? 2 : (int64_t)pp_dtypes[p->desc.dtype].size;
    b.lanes = p->kernels->vector_bytes / b.size;
    b.sliding = p->axis[2].kind == PP_AXIS_SLIDING;
    b.order = pp_order_of(p);
    pp_picked *s = take(&b, sizeof *s, sizeof(int64_t));
    if (!s) return false;
    s->single = s->low = s->high = 0;
    s->parts = false;
    if (!make_runs(&b, s) || !make_strips(&b, s, begin, end) || !make_pick(&b, s) || (b.bytes && !make_bytes(&b, s))) return false;
    make_single(p, s);
    return true;
}

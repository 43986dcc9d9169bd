/* Preparing the algorithm "pick": which rows and lanes each output sees, as the kernel reads it. */
#include "pick_plan.h"
#include "../sweep/lines.h"

#include <string.h>

enum { BAND_BYTES = 16 * 1024 }; /* of input, to go down its rows pair by pair: it should stay in the first-level cache */

typedef struct builder {
    const pp_problem *problem;
    char *memory; /* NULL: only counts */
    size_t used;
    int lanes;                         /* of a vector */
    size_t lane;                       /* bytes */
    bool bytes;                        /* are added: their pairs are even and odd elements */
    bool extents[PP_PICK_DIVISOR + 1]; /* which there are on W, of bytes */
} builder;

/* The next "size" bytes, aligned for "align". */
static void *take(builder *b, size_t size, size_t align)
{
    b->used += (align - (size_t)((uintptr_t)b->memory + b->used) % align) % align;
    size_t at = b->used;
    b->used += size;
    if (b->used > PP_PREPARED) b->memory = NULL; /* from here on it is counted */
    return b->memory ? b->memory + at : NULL;
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
PP_COLD static int64_t find_runs(const pp_axis *axis, int64_t begin[PP_PICK_RUNS], int64_t end[PP_PICK_RUNS])
{
    int64_t count = 0;
    for (int64_t o = 0; o < axis->output; o = end[count++]) {
        pp_window w = pp_axis_window(axis, o);
        if (count == PP_PICK_RUNS || !seen(w) || w.end - w.begin > PP_PICK_TAPS) return -1;
        begin[count] = o;
        end[count] = o + alike(axis, o);
    }
    return count;
}

/* The product of the divisor's parts on D and H, or of what stands for them. */
PP_COLD static void set_divisor(const pp_problem *p, pp_pick_run *run, const pp_window *d, const pp_window *h, const pp_window *uniform)
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
    run->whole = run->divisor > 0 && run->divisor * (double)p->axis[2].longest < 1 << 20 && run->divisor == (double)(int)run->divisor;
    run->scaled = (uniform || p->desc.divisor == PP_DIVISOR_OVERRIDE || p->desc.op != PP_OP_AVERAGE) && exact;
    run->scale = inverse;
}

/* Runs of rows for the windows wd on D of a run of outputs. */
PP_COLD static bool make_runs(builder *b, const pp_window *wd, int64_t count, const int64_t *begin, const int64_t *end,
                              const pp_window *uniform, pp_pick_run *runs)
{
    const pp_problem *p = b->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    for (int64_t r = 0; r < count; r++) {
        pp_window wh = pp_axis_window(&p->axis[1], begin[r]);
        int64_t taps = (wd->end - wd->begin) * (wh.end - wh.begin), t = 0;
        if (taps > PP_PICK_TAPS) return false;
        pp_tap *tap = take(b, (size_t)taps * sizeof *tap, sizeof(int64_t));
        if (!b->memory) continue;
        pp_pick_run *run = &runs[r];
        *run = (pp_pick_run){.taps = tap, .count = taps, .rows = end[r] - begin[r], .source = wh.first * in[PP_H]};
        run->source_step = (end[r] - begin[r] > 1 ? p->axis[1].advance : 0) * in[PP_H];
        run->target = begin[r] * out[PP_H];
        run->target_step = out[PP_H];
        for (int64_t h = wh.begin; h < wh.end; h++) {
            for (int64_t d = wd->begin; d < wd->end; d++, t++) {
                int64_t offset = d * p->axis[0].step * in[PP_D] + h * p->axis[1].step * in[PP_H];
                run->low = t ? pp_min(run->low, offset) : offset;
                run->high = t ? pp_max(run->high, offset) : offset;
                tap[t].offset = offset;
                tap[t].merges = pp_merges(d, wd->begin, wd->end, wd->length);
            }
            tap[t - 1].merges += pp_merges(h, wh.begin, wh.end, wh.length);
        }
        for (t = 1; t < taps; t++) run->tree |= tap[t].merges != 1;
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
PP_COLD static int64_t pair_outputs(const builder *b, int64_t o)
{
    int64_t count = outputs_of_pair(b, o), whole = b->lanes / b->problem->inner;
    return count > whole && 2 * count < 3 * whole ? whole : count;
}

static void put_index(const builder *b, char *vector, int64_t j, int64_t lane)
{
    if (b->bytes) lane = lane / 2 + lane % 2 * b->lanes;
    uint64_t top = lane >= b->lanes ? (uint64_t)1 << (8 * b->lane - 1) : 0, value = (uint64_t)lane | top;
    if (b->lane == 8) memcpy(vector + j * 8, &value, 8);
    else if (b->lane == 4) memcpy(vector + j * 4, &(uint32_t){(uint32_t)value}, 4);
    else if (b->lane == 2) memcpy(vector + j * 2, &(uint16_t){(uint16_t)value}, 2);
    else vector[j] = (char)value;
}

/* Where the taps of "count" outputs from o on lie in their pair, whose first lane is that of o's first tap. */
PP_COLD static void make_index(const builder *b, char *index, int64_t o, int64_t count)
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
    else memcpy(extents + j * 2, &(uint16_t){(uint16_t)extent}, 2);
}

/* Divisors of the outputs of a pair; what lies beyond divides like the last. */
PP_COLD static void make_extents(const builder *b, char *extents, int64_t o, int64_t count)
{
    const pp_axis *axis = &b->problem->axis[2];
    bool fixed = b->problem->desc.divisor == PP_DIVISOR_OVERRIDE;
    for (int64_t j = 0; j < 2 * b->lanes; j++) {
        int64_t at = pp_min(o + pp_min(j / b->problem->inner, count - 1), axis->output - 1);
        put_extent(b, extents, j, fixed ? 1 : pp_axis_window(axis, at).extent);
    }
}

/* Whether every window on W sees something; *uniform: and all divide alike. */
static bool look(builder *b, bool *uniform)
{
    const pp_axis *axis = &b->problem->axis[2];
    bool fixed = b->problem->desc.divisor == PP_DIVISOR_OVERRIDE;
    *uniform = true;
    for (int64_t o = 0, irregular = 0, next; o < axis->output; o = next) {
        pp_window w = pp_axis_window(axis, o);
        next = o + alike(axis, o);
        irregular += next == o + 1;
        if (!seen(w) || irregular > PP_PICK_TAPS * PP_PICK_RUNS) return false;
        *uniform &= fixed || w.extent == pp_axis_window(axis, 0).extent;
        b->extents[fixed ? 1 : pp_min(w.extent, PP_PICK_DIVISOR)] = true;
    }
    return true;
}

/* Tables of a sliding axis: all pairs lie alike, but divisors change near the ends. */
PP_COLD static bool make_regular(builder *b, pp_pick_layout *y, bool divides)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t outputs = pair_outputs(b, 0), bytes = (int64_t)b->lane * b->lanes;
    if (outputs == 0) return false;
    y->pairs = pp_ceil_div(axis->output, outputs);
    y->outputs = outputs * y->inner;
    y->lane = -axis->pad_begin * y->inner;
    y->advance = outputs * axis->stride * y->inner;
    y->limit = 2 * b->lanes;
    char *index = take(b, (size_t)y->index_set, PP_ALIGN);
    if (b->memory) make_index(b, index, 0, outputs);
    y->index = index;
    y->tail = INT64_MAX;
    y->sets = !b->problem->is_max;
    if (divides) {
        int64_t begin = pp_max(pp_ceil_div(axis->pad_begin, axis->stride), 0);
        int64_t end = begin < axis->output ? begin + alike(axis, begin) : begin;
        y->head = pp_min(pp_ceil_div(begin, outputs), y->pairs);
        y->tail = pp_max(end / outputs, y->head);
        y->sets = y->head + 1 + y->pairs - y->tail;
    }
    if (y->sets > PP_PREPARED / bytes) return false;
    char *extents = take(b, (size_t)(y->sets * y->extent_set), PP_ALIGN);
    y->extent = extents;
    for (int64_t s = 0; b->memory && s < y->sets; s++) {
        make_extents(b, extents + s * y->extent_set, (s <= y->head ? s : y->tail + s - y->head - 1) * outputs, outputs);
    }
    return true;
}

/* Tables of windows that are listed: each pair has its own. */
PP_COLD static bool make_listed(builder *b, pp_pick_layout *y, bool divides)
{
    const pp_axis *axis = &b->problem->axis[2];
    int64_t o = 0;
    for (; o < axis->output; y->pairs++) {
        int64_t outputs = pair_outputs(b, o);
        if (outputs == 0 || y->pairs == PP_PICK_STRIPS) return false;
        o += outputs;
    }
    int64_t *listed = take(b, (size_t)(2 * y->pairs + 2) * sizeof *listed, sizeof(int64_t));
    char *index = take(b, (size_t)(y->pairs * y->index_set), PP_ALIGN);
    y->sets = divides ? y->pairs : !b->problem->is_max;
    char *extents = take(b, (size_t)(y->sets * y->extent_set), PP_ALIGN);
    y->limit = 2 * b->lanes - 1;
    y->listed = listed;
    y->index = index;
    y->extent = extents;
    y->head = divides ? y->pairs : 0;
    y->tail = INT64_MAX;
    o = 0;
    for (int64_t i = 0; b->memory && i <= y->pairs; i++) {
        int64_t outputs = i < y->pairs ? pair_outputs(b, o) : 0;
        listed[2 * i + 1] = o * y->inner;
        if (outputs == 0) break;
        listed[2 * i] = pp_axis_window(axis, o).first * y->inner;
        make_index(b, index + i * y->index_set, o, outputs);
        if (i < y->sets) make_extents(b, extents + i * y->extent_set, o, outputs);
        o += outputs;
    }
    return true;
}

/* The lanes [from, to) of one vector that begins at lane "first". */
static pp_pick_part part_at(int64_t from, int64_t to, int64_t first, int64_t lanes)
{
    return (pp_pick_part){(unsigned char)pp_min(pp_max(from - first, 0), lanes), (unsigned char)pp_min(pp_max(to - first, 0), lanes)};
}

PP_COLD int64_t pp_pick_lay(const pp_pick_layout *y, const int64_t read[2], const int64_t write[2], pp_pick_strip *to, int64_t room)
{
    int64_t count = 0, both = 2 * y->vector, step = 1;
    for (int64_t i = y->listed ? 0 : write[0] / y->outputs; i < y->pairs; i += step) {
        pp_pick_strip s = {.lane = y->lane + i * y->advance, .output = i * y->outputs, .count = y->outputs, .pairs = 1};
        if (y->listed) s.lane = y->listed[2 * i], s.output = y->listed[2 * i + 1], s.count = y->listed[2 * i + 3] - s.output;
        step = 1;
        if (s.output + s.count <= write[0]) continue;
        if (s.output >= write[1]) break;
        if (count == room) return -1;
        int64_t stored = pp_ceil_div(s.count, y->vector) * y->vector;
        s.from = pp_max(read[0] - s.lane, 0);
        s.to = pp_min(read[1] - s.lane, y->limit);
        s.halves = s.count > y->vector ? 2 : 1;
        s.second = s.to > y->vector ? (int)y->vector : 0;
        int64_t keep_from = pp_max(write[0] - s.output, 0);
        int64_t keep_to = s.output + stored <= write[1] ? stored : pp_min(s.count, write[1] - s.output);
        for (int h = 0; h < 2; h++) {
            s.exist[h] = y->load > y->vector ? part_at((s.from + !h) / 2, (s.to + !h) / 2, 0, y->vector)
                                             : part_at(s.from, s.to, h * y->vector, y->vector);
            s.keep[h] = part_at(keep_from, keep_to, h * y->vector, y->vector);
            s.whole[h] = s.keep[h].from == 0 && s.keep[h].to == y->vector;
        }
        int64_t set = i < y->head ? i : i < y->tail ? y->head : y->head + 1 + i - y->tail;
        if (!y->listed && s.from == 0 && s.to == both && keep_from == 0 && keep_to == stored && set == y->head) {
            int64_t more = pp_min((read[1] - both - s.lane) / y->advance, (write[1] - stored - s.output) / y->outputs);
            s.pairs = step = pp_min(pp_min(more + 1, y->tail - i), y->pairs - i);
        }
        if (to) {
            s.index = y->index + (y->listed ? i * y->index_set : 0);
            s.set = set * y->extent_set;
            s.extent = y->extent + s.set;
            to[count] = s;
        }
        count++;
    }
    return count;
}

/* How a sum of bytes is divided by this: n * inverse >> (16 + shift), for any n up to half a divisor more than its 255-fold: that is
 * exact where what rounding up the inverse adds stays below 1.  1: (n + 1) * 65535 >> 16.  0: in no such way. */
PP_COLD static int64_t inverse_of(int64_t divisor, int shift)
{
    if (divisor == 1) return shift ? 0 : 65535;
    int64_t one = (int64_t)1 << (16 + shift), inverse = pp_ceil_div(one, divisor);
    return divisor <= PP_PICK_DIVISOR && inverse <= 65535 && (inverse * divisor - one) * (255 * divisor + divisor / 2) < one ? inverse : 0;
}

/* The inverses of a run's divisors. */
PP_COLD static bool make_inverses(builder *b, const pp_pick_layout *y, const pp_window *wd, const pp_window *wh, bool uniform,
                                  pp_pick_run *run)
{
    const pp_problem *p = b->problem;
    pp_window w[3] = {*wd, *wh, {0, 0, 0, 0, 1}};
    double factor = pp_divisor_of(p, w);
    int64_t each = (int64_t)factor, inside = (wd->end - wd->begin) * (wh->end - wh->begin) * p->axis[2].longest;
    bool even = false, fixed = p->desc.divisor == PP_DIVISOR_OVERRIDE, is_signed = pp_dtypes[p->desc.dtype].lowest < 0;
    if (!(factor >= 1 && factor <= PP_PICK_DIVISOR) || (double)each != factor || (fixed && each < inside)) return false;
    if (p->desc.op != PP_OP_AVERAGE || (is_signed && p->desc.rounding == PP_ROUND_TRUNCATE)) return false;
    int shift = 0;
    int64_t most = 0;
    for (int64_t e = 1; e <= PP_PICK_DIVISOR; e++) {
        if (b->extents[e]) most = e * each;
        even |= b->extents[e] && e * each % 2 == 0;
        if (!b->extents[e] || inverse_of(e * each, shift)) continue;
        if (++shift > 8) return false;
        e = 0; /* all over again */
    }
    char *inverse = take(b, (size_t)(y->sets * y->extent_set), 2);
    if (!b->memory) return true;
    for (int64_t i = 0; i < y->sets * y->extent_set; i += 2) {
        uint16_t extent;
        memcpy(&extent, y->extent + i, 2);
        memcpy(inverse + i, &(uint16_t){(uint16_t)inverse_of(extent * each, shift)}, 2);
    }
    run->inverse = inverse;
    run->shift = shift;
    run->ties = p->desc.rounding == PP_ROUND_TRUNCATE                             ? PP_PICK_DOWN
                : !even || (p->desc.rounding == PP_ROUND_HALF_AWAY && !is_signed) ? PP_PICK_UP
                : p->desc.rounding == PP_ROUND_HALF_AWAY                          ? PP_PICK_AWAY
                                                                                  : PP_PICK_EVEN;
    if (run->ties == PP_PICK_EVEN && uniform && !(most & (most - 1))) {
        run->ties = PP_PICK_POWER;
        for (run->shift = 0; 1 << run->shift < most; run->shift++) {}
    }
    return true;
}

static bool make_row(builder *b, pp_picked *picked, bool uniform)
{
    const pp_problem *p = b->problem;
    const pp_axis *axis = &p->axis[2];
    bool divides = p->desc.op == PP_OP_AVERAGE && !uniform;
    pp_pick_layout *y = &picked->layout;
    y->vector = b->lanes;
    y->load = b->bytes ? 2 * b->lanes : b->lanes;
    y->extent_set = 2 * (int64_t)b->lane * b->lanes;
    y->inner = p->inner;
    y->taps = axis->longest;
    y->index_set = 2 * (int64_t)b->lane * b->lanes * axis->longest;
    if (!(axis->kind == PP_AXIS_SLIDING ? make_regular : make_listed)(b, y, divides)) return false;
    unsigned char *merges = take(b, (size_t)axis->longest, 1);
    for (int64_t t = 0; b->memory && t < axis->longest; t++) merges[t] = (unsigned char)pp_merges(t, 0, axis->longest, axis->longest);
    int64_t read[2], write[2] = {0, axis->output * p->inner};
    pp_axis_reach(axis, 0, axis->output, &read[0], &read[1]);
    read[0] *= p->inner;
    read[1] *= p->inner;
    if (axis->kind != PP_AXIS_SLIDING && !b->memory) { /* what to count is not there yet */
        (void)take(b, (size_t)y->pairs * sizeof(pp_pick_strip), sizeof(int64_t));
        return true;
    }
    int64_t count = pp_pick_lay(y, read, write, NULL, PP_PICK_STRIPS);
    if (count < 0) return false;
    pp_pick_strip *strips = take(b, (size_t)count * sizeof *strips, sizeof(int64_t));
    if (b->memory) pp_pick_lay(y, read, write, strips, count);
    pp_pick *k = &picked->pick;
    picked->strips = strips;
    picked->strip_count = count;
    k->merges = merges;
    k->taps = axis->longest;
    if (p->is_max || b->bytes) k->order = pp_order_of(p);
    k->paired = b->bytes && axis->kind == PP_AXIS_SLIDING && axis->longest == 2 && axis->stride == 2 && axis->step == 1 && p->inner == 1;
    k->fetch = pp_ceil_div(p->axis[0].advance, p->axis[0].period) * pp_ceil_div(p->axis[1].advance, p->axis[1].period);
    picked->size = (int64_t)pp_dtypes[p->desc.dtype].size;
    int64_t places = y->outputs * picked->size; /* distances of what is written */
    for (int a = PP_N; a < PP_W; a++) places |= p->array[PP_OUTPUT].stride[a] * picked->size;
    picked->stream = p->stream && places % PP_ALIGN == 0;
    int64_t row = (read[1] - read[0]) * picked->size * p->axis[1].advance / p->axis[1].period;
    picked->band = pp_max(BAND_BYTES / pp_max(row, 1), 1);
    picked->planes = pp_max(BAND_BYTES / pp_max(row * p->axis[1].output, 1), 1);
    return true;
}

/* One plane that is one box of one strip, and tiny: everything is known but the addresses. */
PP_COLD static void make_single(const builder *b, pp_picked *s)
{
    const pp_problem *p = b->problem;
    const pp_pick_strip *strip = s->strips;
    const pp_pick_run *run = s->runs;
    bool many = strip->pairs > 1;
    if (p->n * p->c != 1 || p->axis[0].output != 1 || s->strip_count != 1 || s->low == s->high) return;
    if ((s->high - s->low) * s->size > PP_PICK_TINY || run->rows > s->band) return;
    s->single = true;
    s->single_source = (pp_axis_window(&p->axis[0], 0).first * p->array[PP_INPUT].stride[PP_D] + run->source + strip->lane) * s->size;
    s->single_target = (run->target + strip->output) * s->size;
    s->pick.run = run;
    s->pick.strip = strip;
    s->pick.count[many] = run->rows, s->pick.source_step[many] = run->source_step, s->pick.target_step[many] = run->target_step;
    s->pick.count[!many] = strip->pairs;
    s->pick.source_step[!many] = s->layout.advance, s->pick.target_step[!many] = s->layout.outputs;
}

PP_COLD size_t pp_pick_prepare(const pp_problem *p, void *memory)
{
    builder b = {.problem = p, .memory = memory};
    const pp_axis *axis = p->axis;
    int64_t begin[2][PP_PICK_RUNS], end[2][PP_PICK_RUNS], count[2];
    b.bytes = !p->is_max && !pp_dtypes[p->desc.dtype].floating;
    b.lane = b.bytes ? 2 : pp_lane_size(p->desc.dtype, pp_reducing_of(p));
    b.lanes = p->kernels->vector_bytes / (int)b.lane;
    for (int a = 0; a < 2; a++) {
        count[a] = find_runs(&axis[a], begin[a], end[a]);
        if (count[a] <= 0) return 0;
    }
    pp_picked counted, *s = take(&b, sizeof *s, sizeof(int64_t));
    if (!s) s = &counted;
    memset(s, 0, sizeof *s);
    bool alike_on_w;
    pp_window at = pp_axis_window(&axis[2], 0);
    if (!look(&b, &alike_on_w)) return 0;
    const pp_window *uniform = alike_on_w ? &at : NULL;
    pp_pick_depth *depths = take(&b, (size_t)count[0] * sizeof *depths, sizeof(int64_t));
    pp_pick_run *runs = take(&b, (size_t)(count[0] * count[1]) * sizeof *runs, sizeof(int64_t));
    for (int64_t r = 0; r < count[0]; r++) {
        pp_window wd = pp_axis_window(&axis[0], begin[0][r]);
        if (b.memory) depths[r] = (pp_pick_depth){begin[0][r], end[0][r], r * count[1]};
        if (!make_runs(&b, &wd, count[1], begin[1], end[1], uniform, b.memory ? runs + r * count[1] : NULL)) return 0;
    }
    s->depths = depths;
    s->kernel = p->is_max ? p->kernels->pick_max : p->kernels->pick_sum;
    s->runs = runs;
    s->run_count = count[1];
    const pp_array *in = &p->array[PP_INPUT], *out = &p->array[PP_OUTPUT];
    int64_t extent[PP_AXES];
    pp_problem_extents(p, PP_INPUT, extent);
    if (in->high - in->low + 1 == p->inputs && !pp_array_overlaps_itself(in, extent)) {
        s->low = in->low - in->offset;
        s->high = in->high - in->offset + 1;
    }
    s->source_plane = in->stride[p->c > 1 ? PP_C : PP_N];
    s->target_plane = out->stride[p->c > 1 ? PP_C : PP_N];
    if (!make_row(&b, s, alike_on_w)) return 0;
    for (int64_t r = 0; b.bytes && r < count[0] * count[1]; r++) {
        pp_window wd = pp_axis_window(&axis[0], begin[0][r / count[1]]), wh = pp_axis_window(&axis[1], begin[1][r % count[1]]);
        if (!make_inverses(&b, &s->layout, &wd, &wh, alike_on_w, b.memory ? runs + r : NULL)) return 0;
    }
    if (b.memory && count[1] == 1) make_single(&b, s);
    s->of = b.memory ? p : NULL;
    return b.used + PP_ALIGN; /* alignment costs up to that much more elsewhere */
}

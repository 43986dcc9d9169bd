/* A pass for the tiles of "cover" (cover.c): windows that lie side by side, so that each result is one gradient, divided already.
 * A row of results is a row of gradients spread: a vector of it, a permutation of one (kernels/planes.inc).  Rows that follow
 * each other are one. */
#include "algorithm.h"
#include "cover.h"

enum {
    MOST_WIDE = 1024, /* units of a period: of the windows that fill whole vectors again */
    PIECE = 32,       /* vectors of a piece, at least */
    MOST_INNER = 4    /* units of a position: vectors of few are permutations */
};

/* On one axis: results of one gradient; where the first one's begin. */
static int64_t width_of(const pp_axis *axis) { return axis->kind == PP_AXIS_COVER ? axis->stride : 1; }
static int64_t pad_of(const pp_axis *axis) { return axis->kind == PP_AXIS_COVER ? axis->pad_begin : 0; }

static int64_t units_of(const pp_problem *p) { return p->inner * (int64_t)pp_dtypes[p->desc.dtype].size / 4; }

/* Results whose gradients' rows repeat every so many: all three axes are one when each plane is one gradient. */
static bool is_flat(const pp_problem *p)
{
    const int64_t *out = p->array[PP_OUTPUT].stride;
    int64_t size = p->inner, wide = units_of(p);
    for (int a = 2; a >= 0; a--) {
        if (p->axis[a].input != 1 || (p->axis[a].output > 1 && out[PP_D + a] != size)) return false;
        size *= p->axis[a].output;
        wide *= p->axis[a].output;
        if (wide > MOST_WIDE) return false;
    }
    return true;
}

static bool applies(const pp_problem *p)
{
    const int64_t *out = p->array[PP_OUTPUT].stride;
    if (!p->kernels->planes->spread || units_of(p) > MOST_INNER) return false;
    if ((p->inner > 1 && out[PP_INNER] != 1) || (p->axis[2].output > 1 && out[PP_W] != p->inner)) return false;
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->kind == PP_AXIS_COVER ? axis->dilation != 1 || axis->kernel != axis->stride
                                        : axis->kind != PP_AXIS_SLIDING || axis->kernel != 1)
            return false;
    }
    int64_t row = p->axis[2].output * units_of(p);
    return is_flat(p) || (row >= PP_SPREAD_LANES && row <= INT32_MAX && width_of(&p->axis[2]) <= MOST_WIDE / units_of(p));
}

/* Vectors of a row of "row" units, whose windows are "wide" positions of "each" units. */
typedef struct shape {
    int64_t wide, pad, each, row, period, pieces, tail; /* period, tail: vectors of a piece, after the last one */
} shape;

static shape shape_of(int64_t wide, int64_t pad, int64_t each, int64_t row)
{
    shape s = {.wide = wide, .pad = pad, .each = each, .row = row};
    s.period = wide * each / pp_gcd(wide * each, PP_SPREAD_LANES);
    s.period *= pp_ceil_div(PIECE, s.period);
    if (row / PP_SPREAD_LANES > 2 * s.period) s.pieces = row / (s.period * PP_SPREAD_LANES);
    else s.period = 0;
    s.tail = pp_ceil_div(row - s.pieces * s.period * PP_SPREAD_LANES, PP_SPREAD_LANES);
    return s;
}

static shape shape_for(const pp_problem *p, int64_t planes)
{
    int64_t each = units_of(p), plane = p->axis[0].output * p->axis[1].output * p->axis[2].output;
    if (is_flat(p)) return shape_of(plane, 0, each, plane * each * planes);
    return shape_of(width_of(&p->axis[2]), pad_of(&p->axis[2]), each, p->axis[2].output * each);
}

static size_t scratch_size(const pp_problem *p)
{
    shape s = shape_for(p, p->n * p->c);
    return (size_t)(2 * PIECE + 2 * MOST_WIDE + s.period + s.tail) * sizeof(pp_spread_vector);
}

/* The vector of units from "unit" on, in a row whose units before source "from" and target "to" are done. */
static void make_vector(const shape *s, int64_t unit, int64_t from, int64_t to, pp_spread_vector *v)
{
    int64_t position = unit / s->each + s->pad, channel = unit % s->each, window = position / s->wide, place = position % s->wide;
    int64_t source[PP_SPREAD_LANES], least = INT64_MAX;
    for (int j = 0; j < PP_SPREAD_LANES; j++) {
        source[j] = window * s->each + channel;
        least = pp_min(least, source[j]);
        if (++channel < s->each) continue;
        channel = 0;
        if (++place == s->wide) place = 0, window++;
    }
    v->from = (int32_t)(least - from);
    v->to = (int32_t)(unit - to);
    for (int j = 0; j < PP_SPREAD_LANES; j++) v->index[j] = (int32_t)(source[j] - least);
}

static void make_vectors(const shape *s, pp_spread *k, pp_spread_vector *v)
{
    k->vectors = v;
    k->count = s->period;
    k->tail = s->tail;
    k->pieces = s->pieces;
    k->target_piece = s->period * PP_SPREAD_LANES;
    k->source_piece = k->target_piece / s->wide;
    for (int64_t i = 0; i < s->period; i++) make_vector(s, i * PP_SPREAD_LANES, 0, 0, v++);
    int64_t done = s->pieces * k->target_piece;
    for (int64_t i = 0; i < s->tail; i++, v++) { /* the last vector overlaps the one before */
        int64_t unit = pp_min(done + i * PP_SPREAD_LANES, s->row - PP_SPREAD_LANES);
        make_vector(s, unit, s->pieces * k->source_piece, done, v);
    }
}

/* Results one by one: a part of a row. */
static void spread_part(const pp_run *run, const char *source, char *target)
{
    const pp_problem *p = run->problem;
    const pp_axis *axis = &p->axis[2];
    pp_strides dense = {p->inner, 1};
    size_t size = pp_dtypes[p->desc.dtype].size;
    for (int64_t w = run->begin[2]; w < run->end[2]; w++) {
        int64_t at = (w + pad_of(axis)) / width_of(axis) * p->inner;
        pp_copy(target + w * p->inner * (int64_t)size, dense, source + at * (int64_t)size, dense, 1, p->inner, size);
    }
}

static pp_status run_spread(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    const pp_axis *axis = p->axis;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t size = (int64_t)pp_dtypes[p->desc.dtype].size, planes = run->group.last - run->group.first, units = size / 4;
    bool whole = true;
    (void)task, (void)tasks;
    for (int a = 0; a < 3; a++) whole &= run->begin[a] == 0 && run->end[a] == axis[a].output;
    int plane_axis = p->c > 1 ? PP_C : PP_N;
    bool flat = whole && is_flat(p), one = flat && out[plane_axis] == axis[0].output * axis[1].output * axis[2].output * p->inner;
    shape s =
        flat ? shape_for(p, one ? planes : 1) : shape_of(width_of(&axis[2]), pad_of(&axis[2]), units_of(p), axis[2].output * units_of(p));
    bool row = run->begin[2] == 0 && run->end[2] == axis[2].output && s.row >= PP_SPREAD_LANES;
    pp_spread k = {.copies = 1, .target_copy = out[PP_H] * units};
    if (row) make_vectors(&s, &k, (pp_spread_vector *)(void *)scratch);
    if (row && p->stream) {
        int64_t all = s.row * 4 | (one ? 0 : out[plane_axis] * size) | (flat ? 0 : (out[PP_D] | out[PP_H]) * size);
        k.stream = (all | (int64_t)(uintptr_t)run->base[PP_OUTPUT]) % (4 * PP_SPREAD_LANES) == 0;
    }
    for (int64_t i = 0; i < planes; i++) {
        int64_t plane = run->group.first + i;
        const char *source = run->base[PP_INPUT] + plane * in[plane_axis] * size;
        char *target = run->base[PP_OUTPUT] + plane * out[plane_axis] * size;
        if (flat && row) {
            k.source = source, k.target = target;
            p->kernels->planes->spread(&k);
            if (one) break;
            continue;
        }
        for (int64_t d = run->begin[0]; d < run->end[0]; d++) {
            for (int64_t h = run->begin[1], next; h < run->end[1]; h = next) {
                int64_t gradient = (h + pad_of(&axis[1])) / width_of(&axis[1]),
                        from = (d + pad_of(&axis[0])) / width_of(&axis[0]) * in[PP_D];
                k.source = source + (from + gradient * in[PP_H]) * size;
                k.target = target + (d * out[PP_D] + h * out[PP_H]) * size;
                next = pp_min((gradient + 1) * width_of(&axis[1]) - pad_of(&axis[1]), run->end[1]);
                if (!row) {
                    spread_part(run, k.source, k.target);
                    next = h + 1;
                    continue;
                }
                k.copies = next - h;
                p->kernels->planes->spread(&k);
            }
        }
    }
    return PP_OK;
}

const pp_pass pp_spread_pass = {applies, NULL, NULL, scratch_size, NULL, run_spread};

/* The row "cover" of the algorithm table: the gradient of an average.  An element's gradient is the sum of those of the windows that
 * cover it, each divided by its divisor: a sum pooled forward, over the reverses of the axes.  The result is made tile by tile: the
 * gradients that a tile needs are divided into scratch, and the table is asked who adds them. */
#include "../algorithms.h"
#include "algorithm.h"
#include "cover.h"
#include "inside.h"

#include <string.h>

enum {
    TILE_BYTES = 256 * 1024, /* of divided gradients, and a quarter of those of results: better, as they should stay in the second-level cache */
    LEAST_PLANES = 64,       /* of a tile, which are not cut further so that more threads have one */
    MARGIN = 128,            /* bytes around scratch that a pass may read */
    EXACT = 1 << 24          /* products of extents below this are exact in any type */
};
static const double MOST_BYTES = 1 << 30; /* of a tile that cannot be cut further */

/* How a problem is done: made with the plan. */
typedef struct cover {
    pp_tiles tiles; /* of inputs; their planes lie at equal distances */
    const pp_pass *pass;
    int64_t sources[3];                       /* gradients over a tile, at most */
    size_t lane, extents, old, spare, below; /* bytes of a lane; where scratch has what */
    pp_axis axis[3];                          /* forward: from gradients to inputs */
} cover;

/* ------------------------------------------------------------------------------------------------ planning */

/* The reverse of an axis, in the form that most rows of the table know. */
static pp_axis make_axis(const pp_problem *p, int a)
{
    pp_axis axis = p->axis[a], made;
    int64_t reach = (axis.kernel - 1) * axis.dilation, most = INT32_MAX;
    if (axis.kind != PP_AXIS_SLIDING || axis.visible < axis.input) return p->cover[a];
    if (axis.output == 1 && axis.kernel > 1 && axis.dilation == 1) { /* any stride: then windows lie side by side */
        axis.stride = axis.kernel;
        pp_axis_cover(&made, &axis, NULL);
        return made;
    }
    if (axis.stride > 1 || reach > most || axis.pad_begin > most || axis.pad_begin < -most) return p->cover[a];
    pp_axis_sliding(&made, axis.output, axis.input, axis.kernel, 1, axis.dilation, reach - axis.pad_begin, 0, PP_DIVISOR_FULL);
    return made;
}

static double bytes_of(const int64_t size[3], int64_t each) { return (double)size[0] * (double)size[1] * (double)size[2] * (double)each; }

/* Bytes of scratch that count. */
static double weight_of(const pp_problem *p, const cover *c)
{
    int64_t each = p->inner * (int64_t)c->lane;
    return bytes_of(c->sources, each) + bytes_of(c->tiles.size, each) / 4;
}

/* Cuts tiles until they are small enough. */
static void make_tile(const pp_problem *p, cover *c)
{
    for (int a = 0; a < 3; a++) {
        c->axis[a] = make_axis(p, a);
        c->tiles.size[a] = p->axis[a].input;
        c->sources[a] = p->axis[a].output;
    }
    while (weight_of(p, c) > TILE_BYTES) {
        int best = 0; /* the outermost of more than a window, or of what is left */
        while (best < 2 && c->tiles.size[best] <= pp_max(c->axis[best].longest, 1)) best++;
        if (c->tiles.size[best] <= pp_max(c->axis[best].longest, 1)) best = c->tiles.size[0] > 1 ? 0 : c->tiles.size[1] > 1 ? 1 : 2;
        if (c->tiles.size[best] == 1) break;
        c->tiles.size[best] = pp_ceil_div(p->axis[best].input, pp_ceil_div(p->axis[best].input, (c->tiles.size[best] + 1) / 2)); /* equal ones */
        c->sources[best] = pp_min(pp_axis_most(&c->axis[best], c->tiles.size[best]), p->axis[best].output);
    }
}

static int plane_axis(const pp_problem *p) { return p->c > 1 ? PP_C : PP_N; }

static void make_planes(const pp_problem *p, cover *c)
{
    c->tiles.segment = pp_inside_segment(p, PP_BACKWARD);
    if (p->together) c->tiles.segment = pp_min(c->tiles.segment, p->together);
    c->tiles.planes = 1;
    for (int a = 0; a < 3; a++) {
        if (c->tiles.size[a] != p->axis[a].input) return;
    }
    int64_t most = (int64_t)(TILE_BYTES / weight_of(p, c));
    c->tiles.planes = pp_max(1, pp_min(most, pp_min(c->tiles.segment, pp_max(c->tiles.segment / 4, LEAST_PLANES))));
}

/* The result as a problem: sums, forward.  Of the gradients only those of a tile are there, wherever it lies; what the result held is
 * kept as dense rows. */
static void make_problem(const pp_problem *p, const cover *c, pp_problem *tile)
{
    int64_t planes = c->tiles.planes, all = p->n * p->c;
    *tile = *p;
    tile->desc.op = PP_OP_SUM;
    tile->empty = 0;
    *(p->inner > 1 ? &tile->n : &tile->c) = planes;
    *(p->inner > 1 ? &tile->c : &tile->n) = 1;
    memcpy(tile->axis, c->axis, sizeof tile->axis);
    tile->plane = p->outputs / all / p->inner;
    tile->inputs = p->outputs / all * planes;
    tile->outputs = p->inputs / all * planes;
    pp_array *in = &tile->array[PP_INPUT], *out = &tile->array[PP_OUTPUT];
    pp_inside_dense(in, c->sources, p->inner, c->sources[0] * c->sources[1] * c->sources[2] * p->inner * planes);
    in->stride[PP_N] = in->stride[PP_C];
    for (int a = 0; a < 3; a++) in->high += (p->axis[a].output - c->sources[a]) * in->stride[PP_D + a]; /* as if all were there */
    tile->array[PP_GRAD_OUTPUT] = *in;
    pp_inside_dense(&tile->array[PP_GRAD_INPUT], c->tiles.size, p->inner, 0);
    *out = p->array[PP_GRAD_INPUT];
    out->stride[PP_N] = out->stride[PP_C] = out->stride[plane_axis(p)];
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    pp_needs inside;
    cover *c = pp_inside_room(needs, sizeof *c, &inside);
    (void)direction;
    if (!c || p->is_max || !p->inputs || !p->outputs || !pp_is_wide(p)) return false;
    for (int a = 0; a < 3; a++) { /* so that no size overflows */
        if (!pp_axis_is_near(&p->axis[a]) || !pp_axis_is_near(&p->cover[a])) return false;
    }
    *c = (cover){.lane = pp_dtypes[p->desc.dtype].size};
    make_tile(p, c);
    if (weight_of(p, c) > MOST_BYTES) return false;
    make_planes(p, c);
    size_t each = (size_t)(p->inner * c->tiles.planes) * c->lane;
    c->extents = pp_aligned((size_t)(c->sources[0] * c->sources[1] * c->sources[2]) * each + 2 * MARGIN);
    c->old = c->extents + pp_aligned((size_t)(p->inner == 1 ? c->sources[2] : 1) * c->lane + MARGIN);
    c->spare = c->old + pp_aligned((size_t)(c->tiles.size[0] * c->tiles.size[1] * c->tiles.size[2]) * each);
    c->below = c->spare + pp_aligned((size_t)(c->tiles.size[2] * p->inner) * c->lane);
    pp_problem tile;
    make_problem(p, c, &tile);
    c->pass = pp_spread_pass.plan(&tile, PP_FORWARD, &inside) ? &pp_spread_pass : pp_inside_ask(&tile, PP_FORWARD, SIZE_MAX / 4, &inside);
    needs->scratch = c->below + inside.scratch;
    return c->pass != NULL;
}

/* Rows of phases are slow: better as channels, which then come here again. */
static bool pays(const pp_problem *p)
{
    int64_t memory[PP_PREPARED / sizeof(int64_t)];
    const cover *c = (const cover *)(const void *)memory;
    if (!plan(p, PP_BACKWARD, &(pp_needs){.memory = memory, .room = sizeof memory})) return false;
    return c->pass != &pp_algorithm_row.pass[PP_FORWARD] || c->axis[2].kind != PP_AXIS_COVER ||
           !pp_inside_would(&pp_algorithm_lanes.pass[PP_BACKWARD], p, PP_BACKWARD);
}

/* ------------------------------------------------------------------------------------------------ dividing */

/* One task at work. */
typedef struct task {
    const pp_run *run;
    const pp_problem *problem;
    const cover *c;
    char *scratch;
    int64_t first, count;   /* planes of the tile */
    int64_t from[3], to[3]; /* gradients over it */
    int64_t listed[2];      /* those on W whose extents were looked at ... */
    bool differ;            /* ... and are listed, as lanes */
    bool packed;            /* rows of gradients are not contiguous */
    pp_run tile;
    pp_problem tile_problem;
} task;

/* Outputs after o, o included, below "end", that divide like o. */
static int64_t alike(const pp_problem *p, int a, int64_t o, int64_t end)
{
    const pp_axis *axis = &p->axis[a];
    int64_t inside_begin, inside_end, next = o + 1, extent = pp_axis_window(axis, o).extent;
    if (p->desc.op != PP_OP_AVERAGE || p->desc.divisor == PP_DIVISOR_OVERRIDE) return end - o;
    pp_axis_inside(axis, &inside_begin, &inside_end);
    while (next < end && pp_axis_window(axis, next).extent == extent) {
        next = next >= inside_begin && next < inside_end ? pp_min(inside_end, end) : next + 1;
    }
    return next - o;
}

/* The factor that is as good as dividing by a power of two, or 0. */
static double inverse_of(double divisor)
{
    union {
        double value;
        uint64_t bits;
    } x = {divisor};
    return divisor > 0x1p-60 && divisor < 0x1p60 && !(x.bits << 12) ? 1 / divisor : 0;
}

/* What divisors of a row are multiplied by, where they differ and an output has one lane. */
static void list_extents(task *t)
{
    const pp_problem *p = t->problem;
    int64_t from = t->from[2], to = t->to[2];
    double product = 1;
    if (t->listed[0] == from && t->listed[1] == to) return;
    t->listed[0] = from, t->listed[1] = to;
    for (int a = 0; a < 3; a++) product *= (double)p->axis[a].longest;
    t->differ = p->inner == 1 && product < EXACT && alike(p, 2, from, to) < to - from;
    for (int64_t j = 0; t->differ && j < to - from + PP_COLUMNS; j++) { /* whole vectors */
        double extent = (double)pp_axis_window(&p->axis[2], pp_min(from + j, to - 1)).extent;
        pp_dtypes[p->desc.dtype].store(t->scratch + t->c->extents, j, extent);
    }
}

/* Element "from" of a plane of a caller's tensor. */
static char *element(const task *t, pp_tensor tensor, int64_t plane, const int64_t from[3])
{
    int64_t at[PP_AXES] = {[PP_D] = from[0], from[1], from[2]};
    pp_at_plane(t->problem, plane, at);
    return t->run->base[tensor] + pp_offset(&t->problem->array[tensor], at) * (int64_t)t->c->lane;
}

/* Makes the part of a tensor that belongs to the tile contiguous; or adds it to the result from there. */
static void move(const task *t, pp_tensor tensor, char *to, bool back)
{
    bool result = tensor == PP_GRAD_INPUT;
    const int64_t *begin = result ? t->tile.begin : t->from, *end = result ? t->tile.end : t->to;
    const int64_t *stride = t->problem->array[tensor].stride, *step = t->tile_problem.array[tensor].stride;
    int64_t inner = t->problem->inner, width = end[2] - begin[2], at[PP_AXES] = {[PP_W] = begin[2]};
    for (int64_t i = 0; i < t->count; i++) {
        pp_at_plane(t->problem, t->first + i, at);
        for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++) {
            for (at[PP_H] = begin[1]; at[PP_H] < end[1]; at[PP_H]++) {
                int64_t offset = i * step[PP_C] + (at[PP_D] - begin[0]) * step[PP_D] + (at[PP_H] - begin[1]) * step[PP_H];
                char *row = to + offset * (int64_t)t->c->lane;
                if (back) {
                    pp_place place = pp_place_at(t->run, at, width, inner);
                    pp_place_lanes(t->run, &place, row, 1, t->scratch + t->c->spare);
                    continue;
                }
                pp_copy(row, (pp_strides){inner, 1}, element(t, tensor, t->first + i, at + PP_D),
                        (pp_strides){stride[PP_W], stride[PP_INNER]}, width, inner, t->c->lane);
            }
        }
    }
}

/* Divides "rows" rows of all planes that divide alike, from output (d, h) on, which is where k is. */
static void divide_rows(const task *t, const pp_divide *k, int64_t d, int64_t h, int64_t rows)
{
    const pp_problem *p = t->problem;
    pp_window w[3] = {pp_axis_window(&p->axis[0], d), pp_axis_window(&p->axis[1], h), {0, 0, 0, 0, 1}};
    for (int64_t o = t->from[2], next; o < t->to[2]; o = next) {
        pp_divide one = *k;
        next = t->differ ? t->to[2] : o + alike(p, 2, o, t->to[2]);
        if (!t->differ) w[2] = pp_axis_window(&p->axis[2], o);
        one.source = (const char *)k->source + (o - t->from[2]) * p->inner * (int64_t)t->c->lane;
        one.target = (char *)k->target + (o - t->from[2]) * p->inner * (int64_t)t->c->lane;
        one.lanes = (next - o) * p->inner;
        one.rows = rows;
        one.divisor = pp_divisor_of(p, w);
        one.extent = t->differ ? t->scratch + t->c->extents : NULL;
        if (!t->differ) one.inverse = inverse_of(one.divisor);
        if (!t->differ && one.lanes == one.source_row && one.lanes == one.target_row) one.lanes *= rows, one.rows = 1;
        if (!t->differ && one.rows == 1 && one.lanes == one.source_plane && one.lanes == one.target_plane) {
            one.lanes *= one.planes, one.planes = 1; /* one long row */
        }
        t->run->kernels->lines->divide(&one);
    }
}

/* Divides the gradients over the tile. */
static void divide_tile(task *t)
{
    const pp_problem *p = t->problem;
    const int64_t *out = t->tile_problem.array[PP_INPUT].stride, *in = t->packed ? out : p->array[PP_GRAD_OUTPUT].stride;
    int64_t size = (int64_t)t->c->lane, offset = 0;
    char *target = t->scratch + MARGIN, *source = target;
    bool none = false, cut = false;
    for (int a = 0; a < 3; a++) {
        cut |= t->tile.end[a] - t->tile.begin[a] < p->axis[a].input;
        pp_axis_reach(&t->c->axis[a], t->tile.begin[a], t->tile.end[a], &t->from[a], &t->to[a]);
        offset += t->from[a] * out[PP_D + a];
        none |= t->from[a] == t->to[a];
    }
    t->tile.base[PP_INPUT] = (char *)((uintptr_t)target - (uintptr_t)(offset * size));
    t->tile.whole = cut || offset == 0; /* of a tile far elements are not read, and all that is near is there */
    if (none) return;
    list_extents(t);
    if (t->packed) move(t, PP_GRAD_OUTPUT, target, false); /* made contiguous first, then divided where they lie */
    else source = element(t, PP_GRAD_OUTPUT, t->first, t->from);
    pp_divide k = {.planes = t->count, .source_plane = in[plane_axis(p)], .source_row = in[PP_H], .target_plane = out[PP_C], .target_row = out[PP_H]};
    for (int64_t d = t->from[0]; d < t->to[0]; d++) {
        k.source = source + (d - t->from[0]) * in[PP_D] * size;
        k.target = target + (d - t->from[0]) * out[PP_D] * size;
        for (int64_t h = t->from[1], rows; h < t->to[1]; h += rows) {
            rows = alike(p, 1, h, t->to[1]);
            divide_rows(t, &k, d, h, rows);
            k.source = (const char *)k.source + rows * k.source_row * size;
            k.target = (char *)k.target + rows * k.target_row * size;
        }
    }
}

static pp_status run_tile(task *t)
{
    static const int64_t origin[3];
    t->tile.base[PP_OUTPUT] = element(t, PP_GRAD_INPUT, t->first, origin);
    t->tile.group.last = t->count;
    divide_tile(t);
    char *old = t->scratch + t->c->old; /* what was there is kept meanwhile */
    if (t->run->accumulate) move(t, PP_GRAD_INPUT, old, false);
    pp_status status = t->c->pass->run(&t->tile, 0, t->c->pass->pieces(&t->tile), t->scratch + t->c->below);
    if (t->run->accumulate) move(t, PP_GRAD_INPUT, old, true);
    return status;
}

/* ------------------------------------------------------------------------------------------------ running */

static pp_status run_cover(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const pp_problem *p = run->problem;
    const cover *c = run->prepared;
    const int64_t *stride = p->array[PP_GRAD_OUTPUT].stride;
    task t = {.run = run, .problem = p, .c = c, .scratch = scratch, .listed = {-1}};
    make_problem(p, c, &t.tile_problem);
    t.tile = (pp_run){.problem = &t.tile_problem, .kernels = run->kernels, .prepared = (const char *)run->prepared + sizeof *c};
    t.tile.group.axis = t.tile_problem.axis;
    t.packed = (p->inner > 1 && stride[PP_INNER] != 1) || (p->axis[2].output > 1 && stride[PP_W] != p->inner);
    for (; begin < end; begin++) {
        t.count = pp_tile_at(run, begin, t.tile.begin, t.tile.end, &t.first);
        if (t.count <= 0) continue;
        pp_status status = run_tile(&t);
        if (status != PP_OK) return status;
    }
    if (p->stream) run->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_cover = {
    .name = "cover",
    .what = "gradients divided, then summed as forward",
    .uses_kernels = true,
    .pass = {[PP_BACKWARD] = {pays, plan, pp_tiles_of, run_cover}},
};

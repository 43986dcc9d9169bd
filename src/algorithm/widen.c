/* The row "widen" of the algorithm table: elements narrower than the lanes that are computed with.  What a tile of the result needs is
 * converted into dense arrays of f32 (sums of bytes beyond what that counts exactly: f64), the table is asked who solves the problem
 * there, and the tile is converted back.  Conversion keeps the order of elements and what is no number; sums are defined in f32. */
#include "../isa.h"
#include "../sweep/lines.h"
#include "algorithm.h"
#include "inside.h"
#include "narrow.h"

#include <string.h>

enum {
    TILE_BYTES = 512 * 1024, /* of a tile's arrays, better: they stay in the second-level cache */
    MOST_BYTES = 1 << 28,
    DIMENSIONS = 5 /* of a box of elements */
};

/* How a problem is done: made with the plan. */
typedef struct widened {
    pp_tiles tiles; /* of the result; planes at equal distances in every tensor */
    const pp_pass *pass;
    pp_dtype dtype;                       /* of the lanes */
    int64_t extent[PP_TENSOR_COUNT][3];   /* of the dense arrays */
    int64_t plane[PP_TENSOR_COUNT];       /* their elements for each */
    size_t array[PP_TENSOR_COUNT], below; /* where they lie in scratch; where the pass's scratch begins */
    size_t row;                           /* where a row of elements lies */
} widened;

/* ------------------------------------------------------------------------------------------------ planning */

static bool is_converted(const pp_problem *p, pp_direction direction, pp_tensor tensor)
{
    return tensor != PP_INDICES && pp_inside_uses(p, direction, tensor);
}

/* f32: sums of bytes are exact, and quotients are rounded to the right integers: they are off by less than
 * their distance from a tie, which is no less than half of 1/divisor, and a tie is exact. */
pp_dtype pp_lanes_of(const pp_problem *p)
{
    double taps = 1, divisor = p->desc.divisor_override;
    if (p->is_max || pp_dtypes[p->desc.dtype].floating) return PP_F32;
    for (int a = 0; a < 3; a++) taps *= (double)p->axis[a].longest;
    if (p->desc.op != PP_OP_AVERAGE) divisor = 1;
    else if (p->desc.divisor != PP_DIVISOR_OVERRIDE) divisor = taps;
    bool exact = taps * 255 < 1 << 24 && divisor >= 1 && divisor < PP_FAST_DIVISORS && divisor == (double)(int)divisor;
    return exact ? PP_F32 : PP_F64;
}

/* The axis on which outputs, or elements of grad_input, see what they are made of. */
static const pp_axis *axis_of(const pp_problem *p, pp_direction direction, int a)
{
    return direction == PP_FORWARD || p->is_max ? &p->axis[a] : &p->cover[a];
}

/* Extents of the arrays of a tile, and elements of each per plane; returns the bytes of all. */
static int64_t measure(const pp_problem *p, pp_direction direction, widened *w)
{
    pp_tensor result = direction == PP_FORWARD ? PP_OUTPUT : PP_GRAD_INPUT;
    int64_t elements = 0;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (!is_converted(p, direction, t)) continue;
        w->plane[t] = p->inner;
        for (int a = 0; a < 3; a++) {
            int64_t most = w->tiles.size[a];
            if (pp_is_input(t) != pp_is_input(result))
                most = most < pp_min(pp_inside_extent(p, result, a), INT32_MAX) ? pp_axis_most(axis_of(p, direction, a), most) : INT64_MAX;
            w->extent[t][a] = pp_min(pp_inside_extent(p, t, a), most);
            w->plane[t] *= w->extent[t][a];
        }
        elements += w->plane[t];
    }
    return elements * (int64_t)pp_dtypes[w->dtype].size;
}

/* Cuts tiles of the result until they are small: along the outermost axis where they overlap little. */
static void choose_tile(const pp_problem *p, pp_direction direction, widened *w)
{
    int64_t bytes, segment = pp_inside_segment(p, direction);
    for (int a = 0; a < 3; a++) w->tiles.size[a] = pp_inside_extent(p, direction == PP_FORWARD ? PP_OUTPUT : PP_GRAD_INPUT, a);
    for (int a = 0; (bytes = measure(p, direction, w)) > TILE_BYTES && a < 3;) {
        const pp_axis *axis = axis_of(p, direction, a);
        int64_t half = (w->tiles.size[a] + 1) / 2, some = pp_min(half, INT32_MAX);
        bool cut = half < w->tiles.size[a] && 2 * (double)pp_axis_most(axis, some) * (double)axis->period <= 3 * (double)some * (double)axis->advance;
        if (direction == PP_BACKWARD && p->is_max) cut = false; /* winners may be anywhere in a plane */
        if (cut) w->tiles.size[a] = half;
        else a++;
    }
    w->tiles.planes = pp_max(1, pp_min(segment, TILE_BYTES / bytes));
    w->tiles.segment = segment;
}

/* A tile as a problem of its planes alone; with indices, which tell planes: of the whole, of which only the tile is there. */
static void make_problem(const pp_problem *p, pp_direction direction, const widened *w, pp_problem *tile)
{
    *tile = *p;
    tile->stream = false;
    tile->desc.dtype = w->dtype;
    tile->kernels = pp_isa_sibling(p->kernels, p->desc.dtype, w->dtype);
    tile->together = w->tiles.planes;
    if (!pp_inside_uses(p, direction, PP_INDICES)) {
        tile->n = p->c > 1 ? 1 : w->tiles.planes;
        tile->c = p->c > 1 ? w->tiles.planes : 1;
    }
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (!is_converted(p, direction, t)) continue;
        int64_t elements = w->plane[t] * w->tiles.planes;
        pp_inside_dense(&tile->array[t], w->extent[t], p->inner, elements);
        tile->array[t].stride[PP_C] = w->plane[t];
        tile->array[t].stride[PP_N] = w->plane[t] * tile->c;
        *(pp_is_input(t) ? &tile->inputs : &tile->outputs) = elements;
    }
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const int64_t most = (int64_t)1 << 48;
    int64_t row = p->inner;
    pp_needs inside;
    widened *w = pp_inside_room(needs, sizeof *w, &inside);
    if (!w) return false;
    memset(w, 0, sizeof *w);
    w->dtype = pp_lanes_of(p);
    if (pp_is_wide(p) || !p->inputs || !p->outputs || p->inputs > most || p->outputs > most) return false;
    for (int a = 0; a < 3; a++) { /* so that no size overflows */
        if (!pp_axis_is_near(&p->axis[a])) return false;
    }
    choose_tile(p, direction, w);
    if (measure(p, direction, w) > MOST_BYTES) return false;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        w->array[t] = w->below;
        w->below += pp_aligned((size_t)(w->plane[t] * w->tiles.planes) * pp_dtypes[w->dtype].size);
        row = pp_max(row, w->extent[t][2]);
    }
    w->row = w->below;
    w->below += pp_aligned((size_t)row * pp_dtypes[p->desc.dtype].size);
    pp_problem tile;
    make_problem(p, direction, w, &tile);
    w->pass = pp_inside_ask(&tile, direction, SIZE_MAX / 4, &inside);
    needs->scratch = w->below + inside.scratch;
    return w->pass != NULL;
}

/* ------------------------------------------------------------------------------------------------ converting */

/* One task at work. */
typedef struct task {
    const pp_run *run;
    const widened *w;
    char *scratch;
    pp_problem problem;
    pp_run tile;
    int64_t first; /* plane */
} task;

/* "count" elements to lanes, or back. */
static void convert_row(const task *t, char *elements, char *lanes, int64_t count, bool back)
{
    const pp_problem *p = t->run->problem;
    const pp_dtype_info *info = &pp_dtypes[p->desc.dtype], *wide = &pp_dtypes[t->w->dtype];
    pp_convert_fn fn = back ? p->kernels->lines->narrow : p->kernels->lines->widen;
    if (fn && t->w->dtype == PP_F32 && count >= PP_COLUMNS) {
        fn(elements, (float *)(void *)lanes, count, info->mask, p->desc.rounding);
        return;
    }
    for (int64_t i = 0; i < count; i++) {
        double value = back ? wide->load(lanes, i) : info->load(elements, i);
        if (!back) wide->store(lanes, i, value);
        else info->store(elements, i, info->floating ? value : pp_integer_of(value, p->desc.rounding, (int)info->lowest, (int)info->highest));
    }
}

/* The tile's part of a tensor to lanes, or back. */
static void convert(const task *t, pp_tensor tensor, const int64_t begin[3], const int64_t end[3], bool back)
{
    const pp_problem *p = t->run->problem;
    const int64_t *from = p->array[tensor].stride, *to = t->problem.array[tensor].stride;
    const int64_t size = (int64_t)pp_dtypes[p->desc.dtype].size, lane = (int64_t)pp_dtypes[t->w->dtype].size;
    const int axis[DIMENSIONS] = {PP_INNER, PP_W, PP_H, PP_D, p->c > 1 ? PP_C : PP_N};
    int64_t count[DIMENSIONS] = {p->inner}, at[DIMENSIONS] = {0}, run = 1;
    int64_t source = t->first / p->c * from[PP_N] + t->first % p->c * from[PP_C];
    count[4] = t->tile.group.last - t->tile.group.first;
    for (int a = 0; a < 3; a++) {
        count[3 - a] = end[a] - begin[a];
        source += begin[a] * from[PP_D + a];
        if (count[3 - a] <= 0) return;
    }
    int rest = 0; /* dimensions from here on do not lie side by side */
    for (; rest < DIMENSIONS && (count[rest] == 1 || (from[axis[rest]] == run && to[axis[rest]] == run)); rest++) run *= count[rest];
    bool gathered = run == 1 && rest < 2;
    pp_strides apart = {gathered ? from[axis[rest]] : 0, 1};
    if (gathered) run = count[rest++];
    char *elements = t->run->base[tensor] + source * size, *lanes = t->scratch + t->w->array[tensor], *row = t->scratch + t->w->row;
    for (;;) {
        int64_t offset = 0, dense = 0;
        for (int d = rest; d < DIMENSIONS; d++) offset += at[d] * from[axis[d]], dense += at[d] * to[axis[d]];
        char *place = elements + offset * size;
        if (gathered && !back) pp_copy(row, (pp_strides){1, 1}, place, apart, run, 1, (size_t)size);
        convert_row(t, gathered ? row : place, lanes + dense * lane, run, back);
        if (gathered && back) pp_copy(place, apart, row, (pp_strides){1, 1}, run, 1, (size_t)size);
        int d = rest;
        for (; d < DIMENSIONS && ++at[d] == count[d]; d++) at[d] = 0;
        if (d == DIMENSIONS) return;
    }
}

/* ------------------------------------------------------------------------------------------------ running */

/* Solves the tile. */
static pp_status run_tile(task *t)
{
    const pp_run *run = t->run;
    int64_t begin[PP_TENSOR_COUNT][3], end[PP_TENSOR_COUNT][3];
    t->tile.whole = true;
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        if (!is_converted(run->problem, run->direction, i)) continue;
        int64_t at[PP_AXES] = {0};
        pp_touched(&t->tile, i, begin[i], end[i]);
        pp_at_plane(&t->problem, t->tile.group.first, at);
        memcpy(at + PP_D, begin[i], sizeof begin[i]);
        int64_t offset = pp_offset(&t->problem.array[i], at);
        if (offset) t->tile.whole = false; /* else its arrays are there */
        /* integer arithmetic: coordinates 0 may lie outside of scratch */
        t->tile.base[i] = (char *)((uintptr_t)(t->scratch + t->w->array[i]) - (uintptr_t)offset * pp_dtypes[t->w->dtype].size);
        if (!pp_is_written(i, run->direction) || run->accumulate) convert(t, i, begin[i], end[i], false);
    }
    pp_status status = t->w->pass->run(&t->tile, 0, t->w->pass->pieces(&t->tile), t->scratch + t->w->below);
    pp_tensor result = run->direction == PP_FORWARD ? PP_OUTPUT : PP_GRAD_INPUT;
    if (status == PP_OK) convert(t, result, begin[result], end[result], true);
    return status;
}

static pp_status run_widened(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const widened *w = run->prepared;
    task t = {.run = run, .w = w, .scratch = scratch, .tile = *run};
    make_problem(run->problem, run->direction, w, &t.problem);
    t.tile.problem = &t.problem;
    t.tile.kernels = t.problem.kernels;
    t.tile.prepared = w + 1;
    pp_status status = PP_OK;
    for (; begin < end && status == PP_OK; begin++) {
        int64_t planes = pp_tile_at(run, begin, t.tile.begin, t.tile.end, &t.first);
        if (planes <= 0) continue;
        t.tile.group.first = pp_inside_uses(run->problem, run->direction, PP_INDICES) ? t.first : 0;
        t.tile.group.last = t.tile.group.first + planes;
        status = run_tile(&t);
    }
    return status;
}

const pp_algorithm pp_algorithm_widen = {
    .name = "widen",
    .what = "tiles in wider lanes",
    .uses_kernels = true,
    .pass = {{NULL, plan, pp_tiles_of, run_widened}, {NULL, plan, pp_tiles_of, run_widened}},
};

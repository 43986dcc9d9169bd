/* The row "cover" of the algorithm table: the gradient of an average.  An element's gradient is the sum of those of the windows that
 * cover it, each divided by its divisor: a sum pooled forward, over the reverses of the axes.  Gradients are divided into scratch, a
 * tile at a time, with zeros around them where no window is, and the table is asked who adds them. */
#include "../algorithms.h"
#include "../isa.h"
#include "algorithm.h"
#include "cover.h"

#include <string.h>

enum {
    TILE_BYTES = 256 * 1024,  /* of divided gradients, better: they should stay in the second-level cache ... */
    MOST_BYTES = 1024 * 1024, /* ... at most */
    PART_BYTES = 128 * 1024,  /* of results that do not go straight to where they belong */
    LEAST_PLANES = 64,        /* of a tile, which are not cut further so that more threads have one */
    EXACT = 1 << 24           /* products of extents below this are exact in any type */
};

/* How a problem is done: made with the plan.  Tiles of an axis begin at multiples of their size. */
typedef struct cover {
    const pp_pass *pass;
    pp_axis axis[3];                      /* of a tile, forward: from divided gradients to inputs */
    int64_t size[3], sources[3], unit[3]; /* inputs of a tile, gradients; what the size is a multiple of, or it is all */
    int64_t shift[3];                     /* gradient 0 of the tile at input i is that of output i / unit + shift */
    int64_t part[3];                      /* inputs that are added together, where results do not go straight */
    int64_t planes, segment;              /* of a tile; that lie at equal distances in the result */
    bool near;                            /* results are lanes, not elements */
    size_t lane, rows, results, row, extents, below, size_all; /* bytes of a lane; where scratch has what; all */
} cover;

/* ------------------------------------------------------------------------------------------------ planning */

/* The axis of a tile of "size" inputs: padding is a part of it, so that all tiles are alike. */
static bool make_axis(const pp_problem *p, int a, int64_t size, cover *c)
{
    const pp_axis *axis = &p->axis[a];
    c->size[a] = size;
    if (axis->kind != PP_AXIS_SLIDING) {
        c->axis[a] = p->cover[a];
        c->sources[a] = axis->output;
        c->unit[a] = axis->input;
        c->shift[a] = 0;
        return true;
    }
    int64_t stride = axis->stride, reach = (axis->kernel - 1) * axis->dilation, most = INT64_MAX / 8;
    if (axis->visible < axis->input || axis->pad_begin > most || axis->pad_begin < -most || axis->input > most || reach > most)
        return false;
    if (axis->output == 1) stride = pp_max(axis->input + pp_max(axis->pad_begin, 0), reach + 1); /* which is as good */
    if (stride > most) return false;
    c->shift[a] = pp_ceil_div(axis->pad_begin - reach, stride);
    int64_t pad = axis->pad_begin - c->shift[a] * stride;
    c->sources[a] = pp_floor_div(size - 1 + pad, stride) + 1;
    c->unit[a] = stride;
    if (stride == 1) {
        c->axis[a] = pp_axis_sliding(c->sources[a], size, axis->kernel, 1, axis->dilation, 0, 0, PP_DIVISOR_FULL);
    } else {
        pp_axis forward = pp_axis_sliding(size, c->sources[a], axis->kernel, stride, axis->dilation, pad, 0, PP_DIVISOR_FULL);
        c->axis[a] = pp_axis_cover(&forward, NULL);
    }
    return true;
}

static double bytes_of(const int64_t size[3], int64_t each) { return (double)size[0] * (double)size[1] * (double)size[2] * (double)each; }

/* Half of the axis, in whole units and equal tiles. */
static int64_t half_of(int64_t input, int64_t size, int64_t unit)
{
    int64_t half = pp_ceil_div(size, 2 * unit) * unit;
    return half >= size ? size : pp_ceil_div(pp_ceil_div(input, pp_ceil_div(input, half)), unit) * unit;
}

/* Cuts tiles until they are small enough: where they are longest, rows last. */
static bool make_tile(const pp_problem *p, cover *c)
{
    for (int a = 0; a < 3; a++) {
        if (!make_axis(p, a, p->axis[a].input, c)) return false;
    }
    int64_t each = p->inner * (int64_t)c->lane;
    while (bytes_of(c->sources, each) > TILE_BYTES) {
        int best = -1;
        for (int a = 0; a < 3; a++) {
            if (half_of(p->axis[a].input, c->size[a], c->unit[a]) == c->size[a]) continue;
            if (best < 0 || c->sources[a] > (a == 2 ? 16 : 1) * c->sources[best]) best = a;
        }
        if (best < 0) break;
        make_axis(p, best, half_of(p->axis[best].input, c->size[best], c->unit[best]), c);
    }
    if (bytes_of(c->sources, each) > MOST_BYTES) return false;
    memcpy(c->part, c->size, sizeof c->part);
    for (int a = 0; a < 3; a++) {
        while (bytes_of(c->part, each) > PART_BYTES && c->part[a] > 1) c->part[a] = (c->part[a] + 1) / 2;
    }
    return bytes_of(c->part, each) <= MOST_BYTES;
}

static void make_planes(const pp_problem *p, cover *c)
{
    const int64_t *stride = p->array[PP_GRAD_INPUT].stride;
    int64_t image, planes;
    bool all = pp_mul_ok(p->n, p->c, &planes);
    all = all && (p->n == 1 || p->c == 1 || (pp_mul_ok(p->c, stride[PP_C], &image) && stride[PP_N] == image));
    c->segment = all ? planes : p->c;
    if (p->together) c->segment = pp_min(c->segment, p->together);
    c->planes = 1;
    if (memcmp(c->size, c->part, sizeof c->size)) return;
    for (int a = 0; a < 3; a++) {
        if (c->size[a] != p->axis[a].input) return;
    }
    int64_t each = p->inner * (int64_t)c->lane;
    double most = TILE_BYTES / (bytes_of(c->sources, each) + bytes_of(c->size, each) / (c->near ? 1 : 4));
    c->planes = pp_max(1, pp_min(most < 1 << 20 ? (int64_t)most : 1 << 20, pp_min(c->segment, pp_max(c->segment / 4, LEAST_PLANES))));
}

/* A dense array [planes][extents][inner]. */
static void make_array(const int64_t extent[3], int64_t planes, int64_t inner, pp_array *array)
{
    int64_t size = inner;
    memset(array, 0, sizeof *array);
    array->stride[PP_INNER] = 1;
    for (int a = 2; a >= 0; a--) {
        array->stride[PP_D + a] = size;
        size *= extent[a];
    }
    array->stride[PP_N] = array->stride[PP_C] = size;
    array->high = size * planes - 1;
}

/* A tile as a problem: sums, forward. */
static void make_problem(const pp_problem *p, const cover *c, pp_problem *tile)
{
    *tile = *p;
    tile->prepared = NULL;
    if (c->near) tile->kernels = pp_isa_sibling(p->kernels, p->desc.dtype, PP_F32); /* those of the lanes */
    tile->stream &= !c->near;
    tile->desc.op = PP_OP_SUM;
    tile->desc.dtype = c->lane == sizeof(float) ? PP_F32 : PP_F64;
    tile->desc.backward = PP_BACKWARD_NONE;
    tile->empty = 0;
    tile->n = p->inner > 1 ? c->planes : 1;
    tile->c = p->inner > 1 ? 1 : c->planes;
    tile->desc.batch = tile->n;
    tile->desc.channels = tile->c * tile->inner;
    memcpy(tile->axis, c->axis, sizeof tile->axis);
    tile->plane = c->sources[0] * c->sources[1] * c->sources[2];
    tile->inputs = tile->plane * c->planes * p->inner;
    tile->outputs = c->size[0] * c->size[1] * c->size[2] * c->planes * p->inner;
    make_array(c->sources, c->planes, p->inner, &tile->array[PP_INPUT]);
    if (c->near) {
        make_array(c->size, c->planes, p->inner, &tile->array[PP_OUTPUT]);
    } else {
        pp_array *output = &tile->array[PP_OUTPUT];
        *output = p->array[PP_GRAD_INPUT];
        output->stride[PP_N] = output->stride[PP_C] = output->stride[p->c > 1 ? PP_C : PP_N];
    }
}

/* Lays a tile's scratch out. */
static void lay_out(const pp_problem *p, cover *c)
{
    size_t used = 0, lanes = (size_t)(p->inner * c->planes) * c->lane;
    struct {
        size_t *place, size;
    } pieces[] = {{&c->rows, (size_t)(c->sources[0] * c->sources[1] * c->sources[2]) * lanes},
                  {&c->results, (size_t)(c->part[0] * c->part[1] * c->part[2]) * lanes},
                  {&c->row, (size_t)(pp_max(c->part[2], c->sources[2]) * p->inner) * c->lane},
                  {&c->extents, (size_t)(p->inner == 1 ? c->sources[2] : 1) * c->lane + PP_ALIGN}};
    for (int i = 0; i < PP_COUNT(pieces); i++) {
        *pieces[i].place = used;
        used += pp_aligned(pieces[i].size + PP_ALIGN);
    }
    c->below = used;
}

/* Returns what is needed in the plan; 0: there is no way. */
static size_t make_cover(const pp_problem *p, cover *c, void *prepared)
{
    *c = (cover){.lane = pp_dtypes[p->desc.dtype].sum_size, .near = pp_dtypes[p->desc.dtype].sum_size != pp_dtypes[p->desc.dtype].size};
    if (p->is_max || c->near || !p->inputs || !p->outputs || !make_tile(p, c)) return 0;
    make_planes(p, c);
    lay_out(p, c);
    pp_problem tile;
    make_problem(p, c, &tile);
    for (int i = -1; i < pp_algorithm_count; i++) {
        const pp_algorithm *row = i < 0 ? NULL : pp_algorithm_table[i];
        const pp_pass *pass = row ? &row->pass[PP_FORWARD] : &pp_spread_pass;
        if ((row && !row->uses_kernels) || !pass->applies || !pass->applies(&tile) || (pass->pays && !pass->pays(&tile))) continue;
        if (row == &pp_algorithm_pick && c->axis[2].kind == PP_AXIS_COVER && c->axis[2].step > 1) continue; /* taps not in order */
        size_t scratch = pass->scratch(&tile), room = pass->prepare ? pass->prepare(&tile, NULL) : 0;
        if (scratch > 4 * (size_t)MOST_BYTES || sizeof *c + room > PP_PREPARED) continue;
        c->pass = pass;
        c->size_all = c->below + scratch;
        if (prepared) {
            memcpy(prepared, c, sizeof *c);
            if (room) pass->prepare(&tile, (char *)prepared + sizeof *c);
        }
        return sizeof *c + room;
    }
    return 0;
}

static bool applies(const pp_problem *p)
{
    cover c;
    return make_cover(p, &c, NULL) > 0;
}

/* Sweeps divide by themselves. */
static bool pays(const pp_problem *p)
{
    cover c;
    make_cover(p, &c, NULL);
    return c.pass != &pp_algorithm_row.pass[PP_FORWARD] || c.axis[2].kind != PP_AXIS_COVER;
}

static size_t scratch_size(const pp_problem *p)
{
    cover c;
    make_cover(p, &c, NULL);
    return c.size_all;
}

static size_t prepare(const pp_problem *p, void *memory)
{
    cover c;
    return make_cover(p, &c, memory);
}

/* ------------------------------------------------------------------------------------------------ dividing */

/* One task at work. */
typedef struct task {
    const pp_run *run;
    const pp_problem *problem;
    const cover *c;
    char *scratch;
    pp_problem tile_problem;
    pp_run tile;
    int64_t first, count;                /* planes of the tile */
    int64_t at[3];                       /* its first input */
    int64_t from[3], to[3];              /* gradients of it that exist and are needed */
    int64_t zeros[6];                    /* those for which the others of scratch are zero */
    int64_t extents_from;                /* the first of those whose divisors are known */
    bool packed, dense, spread, uniform; /* rows of gradients are not contiguous; divisors differ along a row */
} task;

/* Outputs after o, o included, below "end", whose windows have the extent of o's. */
static int64_t alike(const pp_axis *axis, int64_t o, int64_t end)
{
    int64_t inside_begin, inside_end, next = o + 1, extent = pp_axis_window(axis, o).extent;
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

/* "rows" rows that are divided alike, from output "at" on; target: lane 0 of the first row of the tile. */
static void divide_rows(task *t, const char *source, char *target, const int64_t at[3], int64_t rows)
{
    const pp_problem *p = t->problem;
    const cover *c = t->c;
    const int64_t *stride = p->array[PP_GRAD_OUTPUT].stride;
    const pp_axis *axis = t->run->group.axis;
    int64_t size = (int64_t)pp_dtypes[p->desc.dtype].size, inner = p->inner;
    pp_window w[3] = {pp_axis_window(&axis[0], at[0]), pp_axis_window(&axis[1], at[1]), {0, 0, 0, 0, 1}};
    pp_divide d = {.rows = rows, .source_step = stride[PP_H], .target_step = c->sources[2] * inner};
    if (t->packed) {
        char *row = t->scratch + c->row;
        pp_copy(row, (pp_strides){inner, 1}, source, (pp_strides){stride[PP_W], stride[PP_INNER]}, t->to[2] - t->from[2], inner,
                (size_t)size);
        source = row;
    }
    target += (size_t)((t->from[2] - at[2]) * inner) * c->lane;
    for (int64_t o = t->from[2], next; o < t->to[2]; o = next) {
        next = t->spread || p->desc.op != PP_OP_AVERAGE ? t->to[2] : o + alike(&axis[2], o, t->to[2]);
        if (!t->spread) w[2] = pp_axis_window(&axis[2], o);
        d.source = source + (o - t->from[2]) * inner * size;
        d.target = target + (size_t)((o - t->from[2]) * inner) * c->lane;
        d.lanes = (next - o) * inner;
        d.divisor = pp_divisor_of(p, w);
        if (t->spread) d.extent = t->scratch + c->extents;
        else d.inverse = inverse_of(d.divisor);
        t->run->kernels->lines->divide(&d);
    }
}

/* What divisors of a row are multiplied by, where they differ and rows are short. */
static void find_extents(task *t)
{
    const pp_axis *axis = t->run->group.axis;
    const cover *c = t->c;
    int64_t lanes = PP_ALIGN / (int64_t)c->lane;
    double product = 1;
    for (int a = 0; a < 3; a++) product *= (double)axis[a].longest;
    t->spread = t->problem->inner == 1 && t->problem->desc.op == PP_OP_AVERAGE && t->problem->desc.divisor != PP_DIVISOR_OVERRIDE &&
                product < EXACT && alike(&axis[2], t->from[2], t->to[2]) < t->to[2] - t->from[2];
    for (int64_t j = 0; t->spread && j < (t->to[2] - t->from[2] + lanes - 1) / lanes * lanes; j++) {
        double extent = t->from[2] + j < t->to[2] ? (double)pp_axis_window(&axis[2], t->from[2] + j).extent : 1;
        if (c->lane == sizeof(float)) ((float *)(void *)(t->scratch + c->extents))[j] = (float)extent;
        else ((double *)(void *)(t->scratch + c->extents))[j] = extent;
    }
}

/* So many gradients, all with the divisor of the first. */
static void divide_lanes(const task *t, const char *source, char *target, int64_t lanes)
{
    pp_window w[3];
    for (int a = 0; a < 3; a++) w[a] = pp_axis_window(&t->run->group.axis[a], 0);
    pp_divide d = {.source = source, .target = target, .lanes = lanes, .rows = 1, .divisor = pp_divisor_of(t->problem, w)};
    d.inverse = inverse_of(d.divisor);
    t->run->kernels->lines->divide(&d);
}

/* Whether all gradients of planes that follow each other lie side by side. */
static bool is_dense(const pp_problem *p)
{
    const int64_t *stride = p->array[PP_GRAD_OUTPUT].stride;
    int64_t size = p->inner;
    if (p->inner > 1 && stride[PP_INNER] != 1) return false;
    for (int a = 2; a >= 0; a--) {
        if (p->axis[a].output > 1 && stride[PP_D + a] != size) return false;
        if (!pp_mul_ok(size, p->axis[a].output, &size)) return false;
    }
    return (p->c == 1 || stride[PP_C] == size) && (p->n == 1 || (pp_mul_ok(size, p->c, &size) && stride[PP_N] == size));
}

/* Whether the tile is all gradients of its planes, and all have one divisor. */
static bool is_uniform(const task *t, const int64_t zeros[6])
{
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &t->run->group.axis[a];
        if (zeros[a] != 0 || zeros[3 + a] != t->c->sources[a] || zeros[3 + a] != axis->output) return false;
        if (t->problem->desc.op == PP_OP_AVERAGE && alike(axis, 0, axis->output) < axis->output) return false;
    }
    return t->dense;
}

/* Divides the gradients of the tile. */
static void divide_tile(task *t)
{
    const pp_problem *p = t->problem;
    const cover *c = t->c;
    const int64_t *stride = p->array[PP_GRAD_OUTPUT].stride, *sources = c->sources;
    int64_t first[3], zeros[6], size = (int64_t)pp_dtypes[p->desc.dtype].size;
    for (int a = 0; a < 3; a++) {
        first[a] = t->at[a] / c->unit[a] + c->shift[a];
        pp_axis_reach(&t->run->group.cover[a], t->at[a] + t->tile.begin[a], t->at[a] + t->tile.end[a], &t->from[a], &t->to[a]);
        zeros[a] = t->from[a] - first[a];
        zeros[3 + a] = t->to[a] - first[a];
        if (zeros[a] == zeros[3 + a]) zeros[a] = zeros[3 + a] = 0;
    }
    char *rows = t->scratch + c->rows;
    if (memcmp(zeros, t->zeros, sizeof zeros)) {
        memcpy(t->zeros, zeros, sizeof zeros);
        memset(rows, 0, (size_t)(sources[0] * sources[1] * sources[2] * p->inner * c->planes) * c->lane);
        t->uniform = is_uniform(t, zeros);
        t->extents_from = -1;
    }
    if (t->uniform) {
        int64_t all = sources[0] * sources[1] * sources[2] * p->inner, begin = t->first * all;
        divide_lanes(t, t->run->base[PP_GRAD_OUTPUT] + begin * size, rows, t->count * all);
        return;
    }
    if (t->from[2] < t->to[2] && t->extents_from != t->from[2]) {
        t->extents_from = t->from[2];
        find_extents(t);
    }
    for (int64_t i = 0; i < t->count && t->from[2] < t->to[2]; i++) {
        int64_t place[PP_AXES], at[3] = {t->from[0], 0, first[2]};
        pp_at_plane(p, t->first + i, place);
        for (; at[0] < t->to[0]; at[0]++) {
            for (int64_t count = 1, h = t->from[1]; h < t->to[1]; h += count) {
                at[1] = h;
                if (!t->packed) count = p->desc.op == PP_OP_AVERAGE ? alike(&t->run->group.axis[1], h, t->to[1]) : t->to[1] - h;
                int64_t offset = place[PP_N] * stride[PP_N] + place[PP_C] * stride[PP_C] + at[0] * stride[PP_D] + h * stride[PP_H];
                int64_t row = ((i * sources[0] + at[0] - first[0]) * sources[1] + h - first[1]) * sources[2];
                divide_rows(t, t->run->base[PP_GRAD_OUTPUT] + (offset + t->from[2] * stride[PP_W]) * size,
                            rows + (size_t)(row * p->inner) * c->lane, at, count);
            }
        }
    }
}

/* ------------------------------------------------------------------------------------------------ adding */

/* Adds the results of a part of the tile's inputs, of one or of all planes, to where they belong; or fetches what was there. */
static void place_part(task *t, const pp_run *part, bool fetch)
{
    const pp_problem *p = t->problem;
    const cover *c = t->c;
    size_t width = (size_t)((part->end[2] - part->begin[2]) * p->inner), element = pp_dtypes[p->desc.dtype].size;
    char *out = t->scratch + c->row;
    for (int64_t i = 0; i < t->count; i++) {
        int64_t at[PP_AXES] = {0};
        pp_at_plane(p, t->first + i, at);
        at[PP_W] = t->at[2] + part->begin[2];
        for (int64_t d = part->begin[0]; d < part->end[0]; d++) {
            for (int64_t h = part->begin[1]; h < part->end[1]; h++) {
                int64_t number = (i * c->size[0] + d - part->begin[0]) * c->size[1] + h - part->begin[1];
                char *row = t->scratch + c->results + (size_t)(number * c->size[2] * p->inner) * c->lane;
                at[PP_D] = t->at[0] + d, at[PP_H] = t->at[1] + h;
                pp_place place = pp_place_at(t->run, at, part->end[2] - part->begin[2], p->inner);
                if (fetch) {
                    pp_copy(row, (pp_strides){p->inner, 1}, place.values, place.value_stride, place.groups, place.inner, element);
                    continue;
                }
                char *values = place.values;
                bool stream = p->stream && place.values_dense && !t->run->accumulate;
                if (stream) place.values = out;
                pp_place_lanes(t->run, &place, row, 1, out);
                if (stream) t->run->kernels->stream(values, out, width * element);
            }
        }
    }
}

/* Sums of a part of the tile. */
static pp_status sum_part(task *t, const pp_run *part)
{
    const cover *c = t->c;
    pp_run run = *part;
    const int64_t *stride = t->tile_problem.array[PP_OUTPUT].stride;
    int64_t offset = 0;
    for (int a = 0; a < 3; a++) offset += run.begin[a] * stride[PP_D + a];
    if (c->near) run.base[PP_OUTPUT] = (char *)((uintptr_t)(t->scratch + c->results) - (uintptr_t)offset * c->lane);
    else if (t->run->accumulate) place_part(t, &run, true);
    pp_status status = c->pass->run(&run, 0, 1, t->scratch + c->below);
    if (c->near || t->run->accumulate) place_part(t, &run, false);
    return status;
}

static pp_status sum_tile(task *t)
{
    const cover *c = t->c;
    const int64_t *stride = t->problem->array[PP_GRAD_INPUT].stride;
    int64_t at[PP_AXES], element = (int64_t)pp_dtypes[t->problem->desc.dtype].size, next[3];
    pp_at_plane(t->problem, t->first, at);
    int64_t offset = at[PP_N] * stride[PP_N] + at[PP_C] * stride[PP_C];
    for (int a = 0; a < 3; a++) offset += t->at[a] * stride[PP_D + a];
    t->tile.base[PP_OUTPUT] = (char *)((uintptr_t)t->run->base[PP_GRAD_INPUT] + (uintptr_t)(offset * element));
    t->tile.group.last = t->count;
    bool whole = !c->near && !t->run->accumulate;
    pp_run part = t->tile;
    for (int64_t d = t->tile.begin[0]; d < t->tile.end[0]; d = next[0]) {
        for (int64_t h = t->tile.begin[1]; h < t->tile.end[1]; h = next[1]) {
            for (int64_t w = t->tile.begin[2]; w < t->tile.end[2]; w = next[2]) {
                int64_t begin[3] = {d, h, w};
                for (int a = 0; a < 3; a++) {
                    next[a] = whole ? t->tile.end[a] : pp_min(begin[a] + c->part[a], t->tile.end[a]);
                    part.begin[a] = begin[a], part.end[a] = next[a];
                }
                pp_status status = sum_part(t, &part);
                if (status != PP_OK) return status;
            }
        }
    }
    return PP_OK;
}

/* ------------------------------------------------------------------------------------------------ running */

static int64_t groups_of_segment(const cover *c) { return pp_ceil_div(c->segment, c->planes); }

/* Tiles that the range touches. */
static int64_t tiles_of(const pp_run *run, int a)
{
    const cover *c = run->prepared;
    return (run->end[a] - 1) / c->size[a] - run->begin[a] / c->size[a] + 1;
}

static int64_t tasks_of(const pp_run *run)
{
    const cover *c = run->prepared;
    int64_t count = pp_ceil_div(run->group.last - run->group.first, c->segment) * groups_of_segment(c);
    for (int a = 0; a < 3; a++) count *= tiles_of(run, a);
    return count;
}

static pp_status run_cover(const pp_run *run, int64_t task_number, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    const cover *c = run->prepared;
    const int64_t *stride = p->array[PP_GRAD_OUTPUT].stride;
    task t = {.run = run, .problem = p, .c = c, .scratch = scratch, .zeros = {-1}};
    make_problem(p, c, &t.tile_problem);
    t.tile = (pp_run){.problem = &t.tile_problem, .kernels = t.tile_problem.kernels, .prepared = (const char *)run->prepared + sizeof *c};
    t.tile.group.axis = t.tile_problem.axis;
    t.tile.whole = true;
    t.tile.base[PP_INPUT] = scratch + c->rows;
    t.dense = is_dense(p);
    t.packed = (p->inner > 1 && stride[PP_INNER] != 1) || (p->axis[2].output > 1 && stride[PP_W] != p->inner);
    int64_t begin, end, each = groups_of_segment(c), tiles[3];
    for (int a = 0; a < 3; a++) tiles[a] = tiles_of(run, a);
    pp_share(tasks_of(run), task_number, tasks, &begin, &end);
    for (int64_t i = begin; i < end; i++) {
        int64_t group = i;
        for (int a = 2; a >= 0; a--) {
            t.at[a] = (run->begin[a] / c->size[a] + group % tiles[a]) * c->size[a];
            group /= tiles[a];
            t.tile.begin[a] = pp_max(run->begin[a] - t.at[a], 0);
            t.tile.end[a] = pp_min(run->end[a] - t.at[a], c->size[a]);
        }
        t.first = run->group.first + group / each * c->segment + group % each * c->planes;
        t.count = pp_min(c->planes, pp_min(run->group.first + (group / each + 1) * c->segment, run->group.last) - t.first);
        if (t.count <= 0) continue; /* the last segment is not whole */
        divide_tile(&t);
        pp_status status = sum_tile(&t);
        if (status != PP_OK) return status;
    }
    if (p->stream) run->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_cover = {
    .name = "cover",
    .what = "gradients divided, then summed as forward",
    .uses_kernels = true,
    .pass = {[PP_BACKWARD] = {applies, pays, prepare, scratch_size, tasks_of, run_cover}},
};

/* The row "lanes" of the algorithm table: small planes of a channels-first tensor, of which one row does not fill a vector.  A
 * layout is a view: a group of planes is transposed into scratch, where it is a channels-last problem whose channels are the
 * planes; the table chooses who runs that, and the result is transposed back. */
#include "algorithm.h"
#include "inside.h"

#include <string.h>

enum {
    NEAR_BYTES = 1024 * 1024, /* smaller tensors lie in a cache that needs no prefetching */
    UNIT_BYTES = 64,          /* lanes are multiples of this ... */
    WIDE_BYTES = 512,         /* ... and better so many: then sweeps take them position by position */
    WIDE = 128,               /* elements of a row, at most */
    MAX_WIDE = 24,            /* ... of gradients of maxima */
    MAX_LANES = 512,          /* planes of a group */
    GROUP_BYTES = 192 * 1024, /* of a group's arrays, better: they stay in the second-level cache with room for others */
    MOST_BYTES = 1536 * 1024, /* at most */
};

/* How a problem is done: made with the plan. */
typedef struct layout {
    pp_tiles tiles;                             /* groups: whole planes, at equal distances in every tensor */
    const pp_pass *pass;                        /* what runs a group */
    size_t array[PP_TENSOR_COUNT], below; /* where they lie in scratch; where the scratch of the pass begins */
    pp_problem problem;                         /* a group */
} layout;

/* ------------------------------------------------------------------------------------------------ planning */

/* Positions of a plane of a tensor; more than a group can hold: MOST_BYTES. */
static int64_t positions_of(const pp_problem *p, pp_tensor tensor)
{
    int64_t positions = 1;
    for (int a = 0; a < 3; a++) positions = pp_min(positions * pp_min(pp_inside_extent(p, tensor, a), MOST_BYTES), MOST_BYTES);
    return positions;
}

/* Of the last group, when "segment" planes are taken so many at a time. */
static int64_t empty_lanes(int64_t segment, int64_t lanes) { return (lanes - segment % lanes) % lanes; }

/* As many planes as the cache holds, but not so many that most lanes stay empty.  0: too large. */
static int64_t choose_lanes(const pp_problem *p, pp_direction direction, int64_t segment)
{
    int64_t unit = 0, each = 0;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (!pp_inside_uses(p, direction, t)) continue;
        each += positions_of(p, t) * (int64_t)pp_inside_size(p, t);
        unit = pp_max(unit, UNIT_BYTES / (int64_t)pp_inside_size(p, t));
    }
    if (each * unit > MOST_BYTES) return 0;
    int64_t wide = pp_min(pp_max(GROUP_BYTES / pp_max(each, 1), WIDE_BYTES / UNIT_BYTES * unit), MOST_BYTES / pp_max(each, 1));
    int64_t most = pp_max(pp_min(pp_min(wide, pp_max(segment / 2, unit)), MAX_LANES) / unit, 1) * unit, best = most;
    for (int64_t lanes = most; 2 * lanes >= most; lanes -= unit) { /* empty lanes of the last group */
        if (empty_lanes(segment, lanes) < empty_lanes(segment, best)) best = lanes;
    }
    return best;
}

/* The group as a problem: one channels-last image. */
static void make_problem(const pp_problem *p, pp_direction direction, layout *l)
{
    pp_problem *group = &l->problem;
    *group = *p;
    group->stream = false;
    group->n = group->c = 1;
    group->inner = l->tiles.planes;
    group->inputs = positions_of(p, PP_INPUT) * l->tiles.planes;
    group->outputs = positions_of(p, PP_OUTPUT) * l->tiles.planes;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (!pp_inside_uses(p, direction, t)) continue;
        int64_t extent[3], size = positions_of(p, t) * l->tiles.planes;
        for (int a = 0; a < 3; a++) extent[a] = pp_inside_extent(p, t, a);
        pp_inside_dense(&group->array[t], extent, l->tiles.planes, size);
        l->array[t] = l->below;
        l->below += pp_aligned((size_t)size * pp_inside_size(p, t));
    }
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    pp_needs inside;
    layout *l = pp_inside_room(needs, sizeof *l, &inside);
    if (!l || p->inner != 1 || !p->inputs || !p->outputs) return false;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        if (pp_inside_uses(p, direction, t) && pp_inside_size(p, t) < sizeof(float)) return false;
    }
    if (pp_inside_uses(p, direction, PP_INDICES) && (direction == PP_BACKWARD || p->desc.index_convention == PP_INDEX_TENSOR)) return false;
    l->below = 0;
    for (int a = 0; a < 3; a++) l->tiles.size[a] = MOST_BYTES; /* all */
    l->tiles.segment = pp_inside_segment(p, direction);
    l->tiles.planes = choose_lanes(p, direction, l->tiles.segment);
    if (!l->tiles.planes) return false;
    make_problem(p, direction, l);
    l->pass = pp_inside_ask(&l->problem, direction, 2 * (size_t)MOST_BYTES, &inside);
    needs->scratch = l->below + inside.scratch;
    return l->pass != NULL;
}

/* ------------------------------------------------------------------------------------------------ transposing */

/* One task at work. */
typedef struct task {
    const pp_run *run;
    const layout *l;
    char *scratch;
    pp_run group;                                               /* the run of the pass */
    int64_t first, count;                                       /* planes of the group */
    int64_t begin[PP_TENSOR_COUNT][3], end[PP_TENSOR_COUNT][3]; /* what is read or written of each tensor, on D, H, W */
} task;

/* Transposes what is read or written of a tensor: rows of its box, or more at once where they follow each other. */
static void transpose(task *s, pp_tensor tensor, bool back)
{
    const pp_problem *p = s->run->problem;
    const int64_t *stride = p->array[tensor].stride, *begin = s->begin[tensor], *end = s->end[tensor];
    int64_t extent[3], run = 1, size = (int64_t)pp_inside_size(p, tensor);
    int axis = 2; /* axes from here on lie side by side */
    for (int a = 0; a < 3; a++) {
        extent[a] = pp_inside_extent(p, tensor, a);
        if (begin[a] >= end[a]) return;
    }
    for (; axis >= 0; axis--) {
        if (end[axis] - begin[axis] > 1 && stride[PP_D + axis] != run) break;
        run *= end[axis] - begin[axis];
        if (end[axis] - begin[axis] < extent[axis]) {
            axis--;
            break;
        }
    }
    int64_t at[3] = {begin[0], begin[1], begin[2]};
    pp_transpose t = {.back = back, .count = s->count, .run = s->l->tiles.planes * size, .positions = run};
    t.stride = (p->c > 1 ? stride[PP_C] : stride[PP_N]) * size;
    if (!back && t.stride == run * size && p->inputs > NEAR_BYTES / size) t.ahead = s->l->tiles.planes * t.stride;
    int64_t plane = s->first / p->c * stride[PP_N] + s->first % p->c * stride[PP_C];
    pp_transpose_fn fn = s->run->kernels->planes->transpose[size == 8];
    for (;;) {
        t.rows = s->run->base[tensor] + (plane + at[0] * stride[PP_D] + at[1] * stride[PP_H] + at[2] * stride[PP_W]) * size;
        t.dense = s->scratch + s->l->array[tensor] + ((at[0] * extent[1] + at[1]) * extent[2] + at[2]) * s->l->tiles.planes * size;
        fn(&t);
        int a = axis;
        for (; a >= 0 && ++at[a] == end[a]; a--) at[a] = begin[a];
        if (a < 0) return;
    }
}

/* ------------------------------------------------------------------------------------------------ running */

static void start(task *s, const pp_run *run, char *scratch)
{
    const layout *l = run->prepared;
    s->run = run;
    s->l = l;
    s->scratch = scratch;
    s->group = *run;
    s->group.problem = &l->problem;
    s->group.prepared = (const char *)run->prepared + sizeof *l;
    s->group.group = (pp_group){0, 1, run->group.axis, run->group.cover};
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        s->group.base[t] = pp_inside_uses(run->problem, run->direction, t) ? scratch + l->array[t] : NULL;
        if (s->group.base[t]) pp_touched(run, t, s->begin[t], s->end[t]);
    }
}

static pp_status run_group(task *s)
{
    const pp_run *run = s->run;
    if (s->count < s->l->tiles.planes) memset(s->scratch, 0, s->l->below); /* lanes that stay empty */
    for (int t = 0; t < PP_TENSOR_COUNT; t++) {
        bool read = run->accumulate && t == PP_GRAD_INPUT;
        if (s->group.base[t] && (read || !pp_is_written(t, run->direction))) transpose(s, t, false);
    }
    pp_status status = s->l->pass->run(&s->group, 0, s->l->pass->pieces(&s->group), s->scratch + s->l->below);
    for (int t = 0; t < PP_TENSOR_COUNT && status == PP_OK; t++) {
        if (s->group.base[t] && pp_is_written(t, run->direction)) transpose(s, t, true);
    }
    return status;
}

static pp_status run_lanes(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    task s;
    start(&s, run, scratch);
    for (; begin < end; begin++) {
        s.count = pp_tile_at(run, begin, s.group.begin, s.group.end, &s.first);
        if (s.count <= 0) continue;
        pp_status status = run_group(&s);
        if (status != PP_OK) return status;
    }
    return PP_OK;
}

/* ------------------------------------------------------------------------------------------------ when */

/* Planes enough to fill most lanes; rows that do not fill many vectors. */
static bool small_planes(const pp_problem *p, int64_t wide)
{
    int64_t planes = pp_whole_group(p).last, unit = UNIT_BYTES / (int64_t)pp_dtypes[p->desc.dtype].size;
    return planes >= unit && p->axis[2].input <= wide;
}

/* Against pick, which knows rows as vectors: very narrow rows, long windows - of five overlapping taps, if rows are narrow or a permutation
 * takes steps. */
static bool forward_pays(const pp_problem *p)
{
    const pp_pass *pick = &pp_algorithm_pick.pass[PP_FORWARD];
    if (!small_planes(p, WIDE)) return false;
    const pp_axis *w = &p->axis[2];
    int64_t window = pp_max(p->axis[1].longest, w->longest);
    bool slow = p->kernels->vector_bytes < 64 || w->input <= 16, overlap = w->kind == PP_AXIS_SLIDING && w->stride < window;
    if (window > (slow && overlap ? 4 : 8) || (w->input <= 8 && !(p->is_max && w->output <= 2))) return true;
    return !pp_inside_would(pick, p, PP_FORWARD);
}

/* Winners of maxima are found faster in rows that fill a vector (winners.c), but those of long windows. */
static bool backward_pays(const pp_problem *p)
{
    bool few = pp_max(p->axis[1].longest, p->axis[2].longest) < 9;
    return small_planes(p, p->is_max && few ? MAX_WIDE : WIDE);
}

const pp_algorithm pp_algorithm_lanes = {
    .name = "lanes",
    .what = "small planes side by side",
    .uses_kernels = true,
    .pass = {{forward_pays, plan, pp_tiles_of, run_lanes}, {backward_pays, plan, pp_tiles_of, run_lanes}},
};

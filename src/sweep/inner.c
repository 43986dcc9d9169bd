/* The row "inner" of the algorithm table: one output position at a time, all its taps at once, lanes across the channels of a
 * channels-last tensor.  Nothing is copied; a list of taps serves all windows of one shape. */
#include "sweep.h"

#include <string.h>

enum { PP_INNER_TAPS = 4096, PP_INNER_BYTES = 16 };

typedef struct inner {
    const pp_run *run;
    const pp_problem *problem;
    pp_reducing reducing;
    pp_window window[3]; /* the shape that the taps are for */
    int64_t count;
    int64_t from, lanes; /* channels of this task */
    pp_tap *taps;
    char *result, *result_index, *out, *out_index;
} inner;

static size_t lay_out(inner *s, char *scratch)
{
    const pp_problem *p = s->problem;
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) taps *= pp_max(pp_min(p->axis[a].longest, p->axis[a].input), 1);
    size_t lane = pp_lane_size(p->desc.dtype, s->reducing), width = (size_t)p->inner;
    size_t sizes[] = {(size_t)taps * sizeof *s->taps, width * lane, width * lane, width * pp_dtypes[p->desc.dtype].size,
                      width * sizeof(int64_t)};
    char *pieces[PP_COUNT(sizes)];
    size_t used = 0;
    for (int i = 0; i < PP_COUNT(sizes); i++) {
        pieces[i] = scratch ? scratch + used : NULL;
        used += pp_aligned(sizes[i]);
    }
    if (!scratch) return used;
    s->taps = (pp_tap *)(void *)pieces[0];
    s->result = pieces[1];
    s->result_index = pieces[2];
    s->out = pieces[3];
    s->out_index = pieces[4];
    return used;
}

static bool applies(const pp_problem *p)
{
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) taps *= pp_max(1, pp_min(pp_min(p->axis[a].longest, p->axis[a].input), PP_INNER_TAPS + 1));
    pp_reducing reducing = pp_reducing_of(p);
    if (reducing == PP_WINNERS && pp_lane_size(p->desc.dtype, reducing) == 4 && p->plane > INT32_MAX) return false;
    return p->inner > 1 && p->array[PP_INPUT].stride[PP_INNER] == 1 && taps <= PP_INNER_TAPS;
}

/* With few channels lanes stay empty; then rows are better. */
static bool pays(const pp_problem *p) { return p->inner * (int64_t)pp_dtypes[p->desc.dtype].size >= PP_INNER_BYTES; }

static size_t scratch_size(const pp_problem *p)
{
    inner s = {.problem = p, .reducing = pp_reducing_of(p)};
    return lay_out(&s, NULL);
}

static int64_t positions_of(const pp_run *run)
{
    int64_t count = run->group.last - run->group.first; /* c = 1 */
    for (int a = 0; a < 3; a++) count *= run->end[a] - run->begin[a];
    return count;
}

/* Few outputs with many channels are split by channels. */
static int64_t tasks_of(const pp_run *run)
{
    int64_t positions = positions_of(run);
    return positions > 4 ? positions : pp_max(positions, run->problem->inner / 64);
}

static bool same_shape(const pp_window *a, const pp_window *b)
{
    return a->begin == b->begin && a->end == b->end && a->length == b->length;
}

/* Lists the taps of the window, relative to the first that exists, in the tree's order: W outermost, then H, then D. */
static void list_taps(inner *s, const pp_window w[3])
{
    if (s->count && same_shape(&s->window[0], &w[0]) && same_shape(&s->window[1], &w[1]) && same_shape(&s->window[2], &w[2])) return;
    const int64_t *stride = s->problem->array[PP_INPUT].stride;
    const pp_axis *axis = s->run->group.axis;
    memcpy(s->window, w, sizeof s->window);
    s->count = 0;
    for (int64_t tw = w[2].begin; tw < w[2].end; tw++) {
        for (int64_t th = w[1].begin; th < w[1].end; th++) {
            for (int64_t td = w[0].begin; td < w[0].end; td++) {
                int64_t d = (td - w[0].begin) * axis[0].step, h = (th - w[1].begin) * axis[1].step, x = (tw - w[2].begin) * axis[2].step;
                pp_tap *tap = &s->taps[s->count++];
                tap->offset = d * stride[PP_D] + h * stride[PP_H] + x * stride[PP_W];
                tap->index = (d * axis[1].input + h) * axis[2].input + x;
                tap->merges = pp_merges(td, w[0].begin, w[0].end, w[0].length);
            }
            s->taps[s->count - 1].merges += pp_merges(th, w[1].begin, w[1].end, w[1].length);
        }
        s->taps[s->count - 1].merges += pp_merges(tw, w[2].begin, w[2].end, w[2].length);
    }
}

static void pool_position(inner *s, const int64_t at[PP_AXES])
{
    const pp_run *run = s->run;
    const pp_problem *p = s->problem;
    const pp_array *in = &p->array[PP_INPUT];
    int64_t first[PP_AXES] = {at[PP_N], at[PP_C], at[PP_D], at[PP_H], at[PP_W], s->from};
    pp_place place = pp_place_at(run, s->reducing, first, 1, s->lanes);
    int64_t source = at[PP_N] * in->stride[PP_N] + s->from, first_index = 0;
    pp_window w[3];
    bool empty = false;
    for (int a = 0; a < 3; a++) {
        w[a] = pp_axis_window(&run->group.axis[a], at[PP_D + a]);
        empty |= w[a].begin == w[a].end;
    }
    if (empty) {
        pp_place_empty(run, &place);
        return;
    }
    for (int a = 0; a < 3; a++) { /* the first element that is seen */
        const pp_axis *axis = &run->group.axis[a];
        int64_t tap = w[a].first + w[a].begin * axis->step;
        source += tap * in->stride[PP_D + a];
        first_index = first_index * axis->input + tap;
    }
    list_taps(s, w);
    bool done = place.values_dense && pp_lanes_are_elements(run, s->reducing);
    pp_reduce r = pp_reduce_for(p, true);
    r.source = run->base[PP_INPUT] + source * (int64_t)pp_dtypes[p->desc.dtype].size;
    r.taps = s->taps;
    r.count = s->count;
    r.lanes = s->lanes;
    r.target = done ? place.values : s->result;
    r.target_index = s->result_index;
    pp_from_elements(run, s->reducing)(&r);
    place.index_base += first_index;
    if (!done) pp_place_lanes(run, s->reducing, &place, s->result, s->result_index, pp_divisor_of(p, w), s->out, s->out_index);
}

static pp_status run_inner(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    inner s = {.run = run, .problem = run->problem, .reducing = pp_reducing_of(run->problem), .lanes = run->problem->inner};
    lay_out(&s, scratch);
    int64_t positions = positions_of(run), begin = 0, end = positions, to;
    if (tasks <= positions) {
        pp_share(positions, task, tasks, &begin, &end);
    } else {
        pp_share(s.lanes, task, tasks, &s.from, &to);
        s.lanes = to - s.from;
    }
    int64_t at[PP_AXES] = {0}, size[3];
    for (int a = 0; a < 3; a++) size[a] = run->end[a] - run->begin[a];
    for (int64_t i = begin; i < end; i++) {
        int64_t rest = i;
        for (int a = 2; a >= 0; a--) {
            at[PP_D + a] = run->begin[a] + rest % size[a];
            rest /= size[a];
        }
        pp_at_plane(run->problem, run->group.first + rest, at);
        pool_position(&s, at);
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_inner = {
    .name = "inner",
    .what = "all taps of an output at once, across channels",
    .uses_kernels = true,
    .pass = {{applies, pays, NULL, scratch_size, tasks_of, run_inner}},
};

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
        pieces[i] = scratch + used;
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

/* Writes the finished channels of one output. */
static void finish(const inner *s, const int64_t at[PP_AXES], const pp_window w[3], int64_t first_index, char *values, char *indices)
{
    const pp_problem *p = s->problem;
    const pp_desc *desc = &p->desc;
    const pp_kernels *k = s->run->kernels;
    size_t element = pp_dtypes[desc->dtype].size, index_size = desc->indices == PP_INDEX_I32 ? 4 : 8;
    pp_strides value_stride = {0, p->array[PP_OUTPUT].stride[PP_INNER]}, index_stride = {0, p->array[PP_INDICES].stride[PP_INNER]},
               dense = {0, 1};
    bool values_dense = value_stride.inner == 1, indices_dense = index_stride.inner == 1;
    pp_finish f = {.source = s->result, .source_index = s->result_index, .lanes = s->lanes, .divisor = 1, .rounding = desc->rounding};
    f.flip = desc->op == PP_OP_MIN;
    f.ignore_nan = desc->nan == PP_NAN_IGNORE;
    f.empty = pp_empty_value(p);
    f.inner = p->inner;
    f.index_type = desc->indices;
    f.index_base = first_index;
    if (desc->index_convention == PP_INDEX_TENSOR) {
        f.index_base += (at[PP_N] * desc->channels + s->from) * p->plane;
        f.index_step = p->plane;
    }
    if (desc->op == PP_OP_AVERAGE) f.divisor = pp_divisor_of(p, w);
    f.target = values_dense ? values : s->out;
    f.target_index = indices_dense ? indices : s->out_index;
    (s->reducing == PP_SUMS ? k->finish_sum : s->reducing == PP_MAXIMA ? k->finish_max : k->finish_index)(&f);
    if (!values_dense) pp_copy(values, value_stride, s->out, dense, 1, s->lanes, element);
    if (indices && !indices_dense) pp_copy(indices, index_stride, s->out_index, dense, 1, s->lanes, index_size);
}

static void pool_position(inner *s, const int64_t at[PP_AXES])
{
    const pp_run *run = s->run;
    const pp_problem *p = s->problem;
    const pp_desc *desc = &p->desc;
    size_t element = pp_dtypes[desc->dtype].size, index_size = desc->indices == PP_INDEX_I32 ? 4 : 8;
    const pp_array *out = &p->array[PP_OUTPUT], *index = &p->array[PP_INDICES], *in = &p->array[PP_INPUT];
    int64_t output = s->from * out->stride[PP_INNER], indices = s->from * index->stride[PP_INNER], source = s->from, first_index = 0;
    pp_window w[3];
    bool empty = false;
    for (int i = 0; i < PP_INNER; i++) output += at[i] * out->stride[i], indices += at[i] * index->stride[i];
    char *values = run->base[PP_OUTPUT] + output * (int64_t)element;
    char *winners = s->reducing == PP_WINNERS ? run->base[PP_INDICES] + indices * (int64_t)index_size : NULL;
    source += at[PP_N] * in->stride[PP_N];
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &run->group.axis[a];
        w[a] = pp_axis_window(axis, at[PP_D + a]);
        empty |= w[a].begin == w[a].end;
        int64_t first = w[a].first + w[a].begin * axis->step;
        source += first * in->stride[PP_D + a];
        first_index = first_index * axis->input + first;
    }
    if (empty) {
        pp_fill_empty(values, s->lanes, out->stride[PP_INNER], p);
        if (winners) pp_fill_no_index(winners, s->lanes, index->stride[PP_INNER], desc->indices);
        return;
    }
    list_taps(s, w);
    pp_reduce r = pp_reduce_for(p, true);
    r.source = run->base[PP_INPUT] + source * (int64_t)element;
    r.taps = s->taps;
    r.count = s->count;
    r.lanes = s->lanes;
    bool done = s->reducing == PP_MAXIMA && desc->op == PP_OP_MAX && desc->nan != PP_NAN_IGNORE && out->stride[PP_INNER] == 1 &&
                pp_lane_size(desc->dtype, s->reducing) == element;
    r.target = done ? values : s->result;
    r.target_index = s->result_index;
    pp_from_elements(run, s->reducing)(&r);
    if (!done) finish(s, at, w, first_index, values, winners);
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
    .pass = {{applies, pays, scratch_size, tasks_of, run_inner}},
};

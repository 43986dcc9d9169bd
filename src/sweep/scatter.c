/* The row "scatter" of the algorithm table: backward of a maximum.  Windows in row-major order add their gradient where their
 * winner lies; the winners are the caller's indices, or found again row by row by a sweep over the input. */
#include "sweep.h"

#include <string.h>

typedef struct scatter {
    const pp_run *run;
    const pp_problem *problem;
    int64_t begin[3], end[3];   /* the part of grad_input that this task makes */
    int64_t from[3], to[3];     /* the outputs to look at */
    int64_t lane_from, lane_to; /* channels of a channels-last tensor */
    bool whole;                 /* the part is the whole plane */
    pp_sweep sweep;             /* finds the winners */
    char *gradient;             /* of a plane, as sum lanes: scratch, or where grad_input has just that form */
    bool in_place;
    char *out; /* a row of grad_input */
} scatter;

static bool recomputes(const pp_problem *p) { return p->desc.backward == PP_BACKWARD_RECOMPUTE; }

static bool applies(const pp_problem *p)
{
    int64_t most = PTRDIFF_MAX / 16 / pp_max(p->inner, 1); /* elements of a plane, of a row */
    if (!p->is_max || p->plane > most || p->axis[2].input > most) return false;
    return !recomputes(p) || pp_sweep_applies(p, PP_FORWARD, PP_WINNERS);
}

static size_t gradient_size(const pp_problem *p) { return pp_aligned((size_t)(p->plane * p->inner) * pp_dtypes[p->desc.dtype].sum_size); }
static size_t row_size(const pp_problem *p) { return pp_aligned((size_t)(p->axis[2].input * p->inner) * pp_dtypes[p->desc.dtype].size); }

static void choose_levels(const pp_problem *p, bool levels[2]) { pp_sweep_levels(p, PP_FORWARD, levels); }

static size_t scratch_size(const pp_problem *p)
{
    size_t own = gradient_size(p) + row_size(p);
    if (!recomputes(p)) return own;
    pp_run run = {.problem = p, .group = pp_whole_group(p), .direction = PP_BACKWARD};
    bool levels[2];
    choose_levels(p, levels);
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].input;
    pp_sweep s;
    return own + pp_sweep_init(&s, &run, PP_FORWARD, PP_WINNERS, levels, NULL);
}

/* Whole planes where there are enough, else rows of each. */
static int64_t tasks_of(const pp_run *run)
{
    int64_t planes = run->group.last - run->group.first;
    return planes > 4 ? planes
                      : pp_max(planes, run->end[0] - run->begin[0] > 1 ? run->end[0] - run->begin[0] : run->end[1] - run->begin[1]);
}

/* Winner g of row "at" as an index in the plane; less than -1: none of the plane's. */
PP_INLINE int64_t winner_at(const pp_problem *p, const char *indices, int64_t offset, int64_t base)
{
    int64_t index = p->desc.indices == PP_INDEX_I32 ? ((const int32_t *)indices)[offset] : ((const int64_t *)indices)[offset];
    if (index == -1) return -1;
    return index < base || index - base >= p->plane ? INT64_MIN : index - base;
}

/* Where winner "index" of lane i adds, in lanes of s->gradient; -1: not in this part. */
PP_INLINE int64_t place(const scatter *s, int64_t index, int64_t i)
{
    int64_t width = s->problem->axis[2].input, height = s->problem->axis[1].input;
    if (!s->whole) {
        int64_t w = index % width, h = index / width % height, d = index / width / height;
        if (w < s->begin[2] || w >= s->end[2] || h < s->begin[1] || h >= s->end[1] || d < s->begin[0] || d >= s->end[0]) return -1;
    }
    return index * s->problem->inner + i;
}

PP_INLINE void add(const scatter *s, int64_t place, const char *grad_output, int64_t offset)
{
    switch (s->problem->desc.dtype) {
    case PP_F64:
        ((double *)s->gradient)[place] += ((const double *)grad_output)[offset];
        break;
    case PP_BF16:
        ((float *)s->gradient)[place] += pp_bf16_to_float(((const uint16_t *)grad_output)[offset]);
        break;
    default:
        ((float *)s->gradient)[place] += ((const float *)grad_output)[offset];
        break;
    }
}

static pp_status add_row(scatter *s, const int64_t at[PP_AXES])
{
    const pp_problem *p = s->problem;
    const pp_array *grad = &p->array[PP_GRAD_OUTPUT], *index = &p->array[PP_INDICES];
    const int64_t *winners = recomputes(p) ? pp_sweep_winners(&s->sweep, at) : NULL;
    const char *grad_output = s->run->base[PP_GRAD_OUTPUT], *indices = s->run->base[PP_INDICES];
    int64_t grad_row = 0, index_row = 0, base = 0, inner = p->inner;
    for (int a = 0; a < PP_W; a++) grad_row += at[a] * grad->stride[a], index_row += at[a] * index->stride[a];
    bool tensor_wide = p->desc.index_convention == PP_INDEX_TENSOR && !winners;
    if (tensor_wide) base = (at[PP_N] * p->desc.channels + at[PP_C]) * p->plane;
    for (int64_t w = s->from[2]; w < s->to[2]; w++) {
        for (int64_t i = s->lane_from; i < s->lane_to; i++) {
            int64_t winner;
            if (winners) winner = winners[(w - s->from[2]) * inner + i];
            else
                winner = winner_at(p, indices, index_row + w * index->stride[PP_W] + i * index->stride[PP_INNER],
                                   base + (tensor_wide ? i * p->plane : 0));
            if (winner < -1) return PP_BAD_INDEX;
            if (winner < 0) continue;
            int64_t to = place(s, winner, i);
            if (to >= 0) add(s, to, grad_output, grad_row + w * grad->stride[PP_W] + i * grad->stride[PP_INNER]);
        }
    }
    return PP_OK;
}

/* Clears the part's rows of s->gradient, or writes them to grad_input. */
static void each_row(scatter *s, int64_t at[PP_AXES], bool write)
{
    const pp_problem *p = s->problem;
    size_t lane = pp_dtypes[p->desc.dtype].sum_size;
    int64_t width = s->end[2] - s->begin[2];
    at[PP_W] = s->begin[2];
    for (at[PP_D] = s->begin[0]; at[PP_D] < s->end[0]; at[PP_D]++) {
        for (at[PP_H] = s->begin[1]; at[PP_H] < s->end[1]; at[PP_H]++) {
            int64_t first = ((at[PP_D] * p->axis[1].input + at[PP_H]) * p->axis[2].input + at[PP_W]) * p->inner;
            char *lanes = s->gradient + (size_t)first * lane;
            if (write) {
                pp_place place = pp_place_at(s->run, PP_SUMS, at, width, p->inner);
                pp_place_lanes(s->run, PP_SUMS, &place, lanes, NULL, 1, s->out, NULL);
            } else {
                memset(lanes, 0, (size_t)(width * p->inner) * lane);
            }
        }
    }
}

/* Whether a plane of grad_input is what s->gradient would be. */
static bool is_gradient(const pp_run *run)
{
    const pp_problem *p = run->problem;
    const pp_array *array = &p->array[PP_GRAD_INPUT];
    int64_t step = p->inner;
    bool dense = p->inner == 1 || array->stride[PP_INNER] == 1;
    for (int a = 2; a >= 0; a--) {
        dense = dense && (p->axis[a].input == 1 || array->stride[PP_D + a] == step);
        step *= p->axis[a].input;
    }
    return dense && !run->accumulate && pp_dtypes[p->desc.dtype].size == pp_dtypes[p->desc.dtype].sum_size;
}

static pp_status do_plane(scatter *s, int64_t plane)
{
    int64_t at[PP_AXES] = {0};
    pp_at_plane(s->problem, plane, at);
    if (s->in_place) {
        const pp_array *array = &s->problem->array[PP_GRAD_INPUT];
        int64_t offset = at[PP_N] * array->stride[PP_N] + at[PP_C] * array->stride[PP_C];
        s->gradient = s->run->base[PP_GRAD_INPUT] + offset * (int64_t)pp_dtypes[s->problem->desc.dtype].size;
    }
    each_row(s, at, false);
    for (at[PP_D] = s->from[0]; at[PP_D] < s->to[0]; at[PP_D]++) {
        for (at[PP_H] = s->from[1]; at[PP_H] < s->to[1]; at[PP_H]++) {
            pp_status status = add_row(s, at);
            if (status != PP_OK) return status;
        }
    }
    if (!s->in_place) each_row(s, at, true);
    return PP_OK;
}

static pp_status run_scatter(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    scatter s = {.run = run,
                 .problem = p,
                 .lane_to = p->inner,
                 .gradient = scratch,
                 .out = scratch + gradient_size(p),
                 .whole = true,
                 .in_place = is_gradient(run)};
    int64_t planes = run->group.last - run->group.first, first = 0, last = planes;
    for (int a = 0; a < 3; a++) s.begin[a] = run->begin[a], s.end[a] = run->end[a];
    if (tasks <= planes) {
        pp_share(planes, task, tasks, &first, &last);
    } else { /* every task reads all winners and keeps those in its rows */
        int a = run->end[0] - run->begin[0] > 1 ? 0 : 1;
        pp_share(run->end[a] - run->begin[a], task, tasks, &s.begin[a], &s.end[a]);
        s.begin[a] += run->begin[a];
        s.end[a] += run->begin[a];
    }
    for (int a = 0; a < 3; a++) s.whole = s.whole && s.begin[a] == 0 && s.end[a] == p->axis[a].input;
    pp_outputs_of_range(run, s.from, s.to);
    if (recomputes(p)) {
        bool levels[2];
        choose_levels(p, levels);
        pp_sweep_init(&s.sweep, run, PP_FORWARD, PP_WINNERS, levels, scratch + gradient_size(p) + row_size(p));
    }
    for (int64_t i = first; i < last; i++) {
        pp_status status = do_plane(&s, run->group.first + i);
        if (status != PP_OK) return status;
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_scatter = {
    .name = "scatter",
    .what = "gradients added where the winners lie",
    .uses_kernels = true,
    .pass = {{0}, {applies, NULL, NULL, scratch_size, tasks_of, run_scatter}},
};

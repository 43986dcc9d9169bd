/* The row "scatter" of the algorithm table: backward of a maximum.  The winners are the caller's indices, or found again in the input:
 * small windows in registers, others row by row by a sweep.  Windows in row-major order add their gradient where their winner lies, in
 * grad_input itself where a plane is a run of sums there, else in scratch.  The caller's indices need not lie in their windows. */
#include "../sweep/sweep.h"
#include "add.h"
#include "algorithm.h"
#include "winners.h"

#include <string.h>

enum {
    FOUND = 2048,       /* winners that are found together, better */
    MOST_NUMBERS = 256, /* taps of a window whose numbers become indices by a table */
    CLEARED = 4096,     /* sums */
    CLOSE = 16 * 1024,  /* bytes of sums that are better made in scratch; of those that go past the caches: */
    NEAR = 512 * 1024
};

typedef struct scatter {
    const pp_run *run;
    const pp_problem *problem;
    int64_t from[3], to[3];     /* the outputs to look at */
    int64_t first_lane, lanes;  /* channels of a channels-last tensor */
    int64_t low, high;          /* the part of a plane that this task makes */
    char *sums;                 /* of it; those below "cleared" have begun */
    int64_t cleared;
    bool dense;                 /* the part lies in grad_input as its sums do */
    char *scratch;              /* of sums */
    char *row;                  /* of gradients: gathered */
    int64_t *indices;           /* of a row, or some */
    size_t size;                /* bytes of a gradient */
    pp_add_fn add;
    bool finds, adds;           /* winners are found by the finder, which adds the gradients too; else by the sweep */
    pp_winners finder;
    pp_sweep sweep;
} scatter;

static bool recomputes(const pp_problem *p) { return p->desc.backward == PP_BACKWARD_RECOMPUTE; }

/* Whether a sweep finds winners by levels. */
static bool levels(const pp_problem *p) { return pp_levels_pay(p) && pp_levels_apply(p, true); }

static bool applies(const pp_problem *p)
{
    int64_t most = PTRDIFF_MAX / 16 / pp_max(p->inner, 1); /* elements of a plane, of a row */
    if (pp_dtypes[p->desc.dtype].size != pp_dtypes[p->desc.dtype].sum_size) return false; /* "widen" */
    if (!p->is_max || p->plane > most || p->axis[2].input > most || p->axis[2].output > most) return false;
    return !recomputes(p) || pp_winners_apply(p) || pp_sweep_applies(p, PP_FORWARD, true);
}

/* Rows of winners that are found together. */
static int64_t group_of(const pp_problem *p) { return pp_max(FOUND / pp_max(p->axis[2].output * p->inner, 1), 1); }

/* Bytes of the sums, a row, the indices. */
static void measure(const pp_problem *p, size_t size[3])
{
    size_t each = pp_dtypes[p->desc.dtype].size;
    size[0] = pp_aligned((size_t)(p->plane * p->inner) * each);
    size[1] = pp_aligned((size_t)(pp_max(p->axis[2].input, p->axis[2].output) * p->inner) * each);
    size[2] = pp_aligned((size_t)(group_of(p) * p->axis[2].output * p->inner) * sizeof(int64_t));
}

static size_t scratch_size(const pp_problem *p)
{
    size_t size[3];
    measure(p, size);
    size_t own = size[0] + size[1] + size[2];
    if (!recomputes(p)) return own;
    if (pp_winners_apply(p)) return own + pp_winners_size(p);
    pp_run run = {.problem = p, .group = pp_whole_group(p), .direction = PP_BACKWARD};
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].input;
    pp_sweep s;
    return own + pp_sweep_init(&s, &run, PP_FORWARD, true, levels(p), NULL);
}

/* ------------------------------------------------------------------------------------------------ a row of windows */

/* Whether "width" positions of an array's row lie side by side, with all channels at hand. */
static bool is_run(const scatter *s, const pp_array *array, int64_t width)
{
    return (s->lanes == 1 || array->stride[PP_INNER] == 1) && (width == 1 || array->stride[PP_W] == s->lanes);
}

/* The gradients of a row of outputs from "at" on, side by side: where they lie, or gathered. */
static const char *gradients_of(const scatter *s, const int64_t at[PP_AXES], int64_t width)
{
    const pp_array *array = &s->problem->array[PP_GRAD_OUTPUT];
    const char *grads = s->run->base[PP_GRAD_OUTPUT] + pp_offset(array, at) * (int64_t)s->size;
    if (is_run(s, array, width)) return grads;
    pp_copy(s->row, (pp_strides){s->lanes, 1}, grads, (pp_strides){array->stride[PP_W], array->stride[PP_INNER]}, width, s->lanes, s->size);
    return s->row;
}

/* Where the taps of the windows over output (at[PP_D], at[PP_H], 0) of a row lie in the plane, by their numbers; those that are outside on D
 * or H nowhere.  How many. */
static int64_t number_taps(const scatter *s, const int64_t at[PP_AXES], int64_t index[MOST_NUMBERS])
{
    const pp_axis *axis = s->run->group.axis;
    int64_t count = 0;
    pp_window d = pp_axis_window(&axis[0], at[PP_D]), h = pp_axis_window(&axis[1], at[PP_H]), w = pp_axis_window(&axis[2], 0);
    if (pp_min(d.length, MOST_NUMBERS) * pp_min(h.length, MOST_NUMBERS) * pp_min(w.length, MOST_NUMBERS) > MOST_NUMBERS) return 0;
    for (int64_t i = 0; i < d.length; i++) {
        for (int64_t j = 0; j < h.length; j++) {
            bool exists = i >= d.begin && i < d.end && j >= h.begin && j < h.end;
            int64_t row = ((d.first + i * axis[0].step) * axis[1].input + h.first + j * axis[1].step) * axis[2].input + w.first;
            for (int64_t k = 0; k < w.length; k++) index[count++] = exists ? row + k * axis[2].step : PP_NO_INDEX / 2;
        }
    }
    return count;
}

/* The caller's indices of a row of outputs from "at" on, as those of the plane, side by side; what is none lies outside. */
static void renumber(const scatter *s, const int64_t first[PP_AXES], int64_t width)
{
    const pp_problem *p = s->problem;
    const pp_axis *axis = &s->run->group.axis[2];
    const pp_array *array = &p->array[PP_INDICES];
    pp_index_convention convention = p->desc.index_convention;
    int64_t at[PP_AXES], table[MOST_NUMBERS], count = 0, begin = 0, end = 0, *to = s->indices;
    memcpy(at, first, sizeof at);
    if (convention == PP_INDEX_WINDOW) pp_axis_inside(axis, &begin, &end);
    if (begin < end) count = number_taps(s, at, table);
    for (; at[PP_W] < first[PP_W] + width; at[PP_W]++) {
        bool inside = at[PP_W] >= begin && at[PP_W] < end;
        int64_t taps = inside ? count : 0, moved = at[PP_W] * axis->stride;
        for (at[PP_INNER] = first[PP_INNER]; at[PP_INNER] < first[PP_INNER] + s->lanes; at[PP_INNER]++) {
            int64_t number = pp_index_load(p->desc.indices, s->run->base[PP_INDICES], pp_offset(array, at));
            *to++ = number >= 0 && number < taps ? table[number] + moved : pp_index_in_plane(p, convention, at, number);
        }
    }
}

/* Sums below "index" begin, and some more. */
static void clear(scatter *s, int64_t index)
{
    if (index <= s->cleared) return;
    int64_t to = pp_min(pp_max(index, s->cleared + pp_ceil_div(CLEARED, s->lanes)), s->high);
    size_t sum = (size_t)s->lanes * s->size;
    memset(s->sums + (size_t)(s->cleared - s->low) * sum, 0, (size_t)(to - s->cleared) * sum);
    s->cleared = to;
}

/* Adds gradients; false: one has no index. */
static bool add_some(scatter *s, pp_add *a)
{
    for (;;) {
        a->live = s->cleared - s->low;
        int64_t done = s->add(a);
        a->count -= done;
        if (a->count == 0) return true;
        a->indices += done;
        a->grads = (const char *)a->grads + done * (int64_t)s->size;
        if (a->inner > 1) a->sums = (char *)a->sums + done * (int64_t)s->size;
        if (*a->indices < s->low || *a->indices >= s->high) return false;
        clear(s, *a->indices + 1);
    }
}

/* Whether the caller's indices are used where they lie. */
static bool is_plain(const scatter *s)
{
    const pp_desc *desc = &s->problem->desc;
    return desc->indices == PP_INDEX_I64 && desc->index_convention == PP_INDEX_PLANE && is_run(s, &s->problem->array[PP_INDICES], s->to[2] - s->from[2]);
}

/* Adds the gradients of a row of outputs from "at" on; found: their winners, "apart" from position to position, or NULL. */
static bool add_row(scatter *s, const int64_t at[PP_AXES], int64_t width, const int64_t *found)
{
    const pp_problem *p = s->problem;
    int64_t apart = p->inner, times = s->lanes == 1 ? 1 : width; /* the row at once, else position by position */
    const char *grads = gradients_of(s, at, width);
    if (!found && recomputes(p)) {
        found = pp_sweep_winners(&s->sweep, at) + s->first_lane;
    } else if (!found && is_plain(s)) {
        found = (const int64_t *)(const void *)s->run->base[PP_INDICES] + pp_offset(&p->array[PP_INDICES], at);
        apart = p->array[PP_INDICES].stride[PP_W];
    } else if (!found) {
        renumber(s, at, width);
        found = s->indices;
        apart = s->lanes;
    }
    for (int64_t w = 0; w < times; w++) {
        pp_add a = {.indices = found + w * apart,
                    .grads = grads + w * s->lanes * (int64_t)s->size,
                    .count = times == 1 ? width * s->lanes : s->lanes,
                    .plane = p->plane,
                    .first = s->low,
                    .part = s->high - s->low,
                    .sums = s->sums,
                    .inner = s->lanes};
        if (!add_some(s, &a)) return false;
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------ planes */

/* Whether rows follow each other like outputs of one row. */
static bool join(const scatter *s, int64_t width)
{
    const pp_array *grads = &s->problem->array[PP_GRAD_OUTPUT], *indices = &s->problem->array[PP_INDICES];
    if (s->lanes > 1 || grads->stride[PP_W] != 1 || grads->stride[PP_H] != width) return false;
    return s->finds || (!recomputes(s->problem) && is_plain(s) && indices->stride[PP_H] == width);
}

/* Finds the winners of a row of windows and adds its gradients at once. */
static void find_and_add(scatter *s, const int64_t at[PP_AXES])
{
    const pp_axis *axis = s->run->group.axis;
    int64_t begin[2], end[2];
    for (int a = 0; a < 2; a++) pp_axis_reach(&axis[a], at[PP_D + a], at[PP_D + a] + 1, &begin[a], &end[a]);
    clear(s, pp_min(((end[0] - 1) * axis[1].input + end[1]) * axis[2].input, s->high));
    s->finder.sums = (float *)(void *)s->sums - s->low * s->lanes;
    pp_winners_find(&s->finder, at, 1, s->to[2], NULL);
}

static bool add_plane(scatter *s, int64_t at[PP_AXES])
{
    int64_t some, width = s->to[2] - s->from[2], group = group_of(s->problem);
    bool joined = join(s, width);
    at[PP_W] = s->from[2];
    at[PP_INNER] = s->first_lane;
    for (at[PP_D] = s->from[0]; at[PP_D] < s->to[0] && width > 0; at[PP_D]++) {
        for (at[PP_H] = s->from[1]; at[PP_H] < s->to[1];) {
            some = pp_min(group, s->to[1] - at[PP_H]);
            if (s->adds) {
                find_and_add(s, at);
                at[PP_H]++;
                continue;
            }
            if (s->finds) pp_winners_find(&s->finder, at, some, s->to[2], s->indices);
            int64_t times = joined ? 1 : some, rows = some / times;
            for (int64_t r = 0; r < times; r++, at[PP_H] += rows) {
                if (!add_row(s, at, rows * width, s->finds ? s->indices + r * width * s->problem->inner : NULL)) return false;
            }
        }
    }
    return true;
}

/* Writes the sums of the part, row by row. */
static void write_rows(const scatter *s, int64_t at[PP_AXES])
{
    const pp_problem *p = s->problem;
    const int64_t *begin = s->run->begin, *end = s->run->end;
    at[PP_W] = begin[2];
    at[PP_INNER] = s->first_lane;
    for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++) {
        for (at[PP_H] = begin[1]; at[PP_H] < end[1]; at[PP_H]++) {
            int64_t sum = (at[PP_D] * p->axis[1].input + at[PP_H]) * p->axis[2].input + at[PP_W] - s->low;
            pp_place place = pp_place_at(s->run, at, end[2] - begin[2], s->lanes);
            pp_place_lanes(s->run, &place, s->sums + (size_t)(sum * s->lanes) * s->size, 1, s->row);
        }
    }
}

static pp_status do_plane(scatter *s, int64_t plane)
{
    const pp_problem *p = s->problem;
    int64_t at[PP_AXES] = {0};
    pp_at_plane(p, plane, at);
    for (int a = 0; a < 3; a++) at[PP_D + a] = s->run->begin[a];
    char *target = s->run->base[PP_GRAD_INPUT] + pp_offset(&p->array[PP_GRAD_INPUT], at) * (int64_t)s->size;
    size_t bytes = (size_t)((s->high - s->low) * s->lanes) * s->size;
    bool direct = s->dense && bytes > (p->stream ? NEAR : CLOSE);
    s->sums = direct ? target : s->scratch;
    s->cleared = s->low;
    if (!add_plane(s, at)) return PP_BAD_INDEX;
    clear(s, s->high);
    if (s->dense && !direct && p->stream) s->run->kernels->stream(target, s->sums, bytes);
    else if (s->dense && !direct) memcpy(target, s->sums, bytes);
    else if (!direct) write_rows(s, at);
    return PP_OK;
}

/* ------------------------------------------------------------------------------------------------ tasks */

/* How a run with fewer planes than tasks is split: by rows where these find their own winners, else by channels, or by rows that
 * look at all winners. */
static bool by_channels(const pp_problem *p) { return !recomputes(p) && p->inner >= 32; }

static int row_axis(const pp_run *run)
{
    int a = 0;
    while (a < 2 && run->end[a] - run->begin[a] == 1) a++;
    return a;
}

static int64_t tasks_of(const pp_run *run)
{
    int64_t planes = run->group.last - run->group.first;
    if (planes > 4) return planes;
    int a = row_axis(run);
    return pp_max(planes, by_channels(run->problem) ? run->problem->inner / 16 : run->end[a] - run->begin[a]);
}

/* Of what part of a plane there are sums - all that its windows see, where these find their winners - and whether grad_input holds it as a run of sums. */
static void find_part(scatter *s)
{
    const pp_problem *p = s->problem;
    const int64_t *stride = p->array[PP_GRAD_INPUT].stride;
    int axis = p->axis[0].input > 1 ? 0 : p->axis[1].input > 1 ? 1 : 2;
    int64_t row = 1; /* positions on the outermost axis on which there is something to do */
    s->dense = !s->run->accumulate && s->lanes == p->inner && (p->inner == 1 || stride[PP_INNER] == 1);
    for (int a = 2; a >= axis; a--) {
        int64_t begin = s->run->begin[a], end = s->run->end[a], from, to;
        if (recomputes(p)) pp_axis_reach(&s->run->group.axis[a], s->from[a], s->to[a], &from, &to);
        else from = begin, to = end;
        if (from == to) from = begin, to = end;
        s->low = pp_min(from, begin) * row;
        s->high = pp_max(to, end) * row;
        bool whole = a == axis ? from >= begin && to <= end : end - begin == p->axis[a].input;
        s->dense = s->dense && (p->axis[a].input == 1 || stride[PP_D + a] == row * p->inner) && whole;
        row *= p->axis[a].input;
    }
}

static pp_status run_scatter(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    pp_run part = *run;
    scatter s = {.run = &part, .problem = p, .lanes = p->inner, .size = pp_dtypes[p->desc.dtype].size};
    int64_t planes = run->group.last - run->group.first, first = 0, last = planes, to;
    if (tasks <= planes) {
        pp_share(planes, task, tasks, &first, &last);
    } else if (by_channels(p)) {
        pp_share(p->inner, task, tasks, &s.first_lane, &to);
        s.lanes = to - s.first_lane;
    } else {
        int a = row_axis(run);
        pp_share(run->end[a] - run->begin[a], task, tasks, &part.begin[a], &part.end[a]);
        part.begin[a] += run->begin[a];
        part.end[a] += run->begin[a];
    }
    pp_outputs_of_range(recomputes(p) ? &part : run, s.from, s.to);
    find_part(&s);
    size_t size[3];
    measure(p, size);
    s.scratch = scratch;
    s.row = scratch + size[0];
    s.indices = (int64_t *)(void *)(s.row + size[1]);
    scratch = (char *)s.indices + size[2];
    s.add = s.size == sizeof(double) ? pp_add_f64 : pp_add_f32;
    s.finds = recomputes(p) && pp_winners_apply(p);
    s.adds = s.finds && pp_winners_add(p);
    if (s.finds) pp_winners_init(&s.finder, &part, scratch);
    else if (recomputes(p)) pp_sweep_init(&s.sweep, &part, PP_FORWARD, true, levels(p), scratch);
    pp_status status = PP_OK;
    for (int64_t i = first; i < last && status == PP_OK; i++) status = do_plane(&s, run->group.first + i);
    if (p->stream) run->kernels->stream(NULL, NULL, 0);
    return status;
}

const pp_algorithm pp_algorithm_scatter = {
    .name = "scatter",
    .what = "gradients added where the winners lie",
    .uses_kernels = true,
    .pass = {{0}, {applies, NULL, NULL, scratch_size, tasks_of, run_scatter}},
};

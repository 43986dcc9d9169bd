/* The row "scatter" of the algorithm table: backward of a maximum.  Windows in row-major order add their gradient where their
 * winner lies; the winners are the caller's indices, or found again in the input: small windows in registers, others row by row by
 * a sweep.
 *
 * The sums of a few rows are kept near, in scratch: rows that no later window covers are written and leave.  The caller's
 * indices need not lie in their windows; a plane where one does not is done again with the sums of all its rows. */
#include "../sweep/sweep.h"
#include "add.h"
#include "algorithm.h"
#include "winners.h"

#include <string.h>

enum {
    NEAR_BYTES = 48 * 1024,  /* of sums kept near, where a few rows take no more */
    FAR_BYTES = 1024 * 1024, /* at most */
    FOUND_OUTPUTS = 4 * 1024 /* whose winners are found before their gradients are added */
};

typedef struct scatter {
    const pp_run *run;
    const pp_problem *problem;
    int axis;                  /* the outermost on which there is something to do; "rows" are positions on it */
    int64_t begin[3], end[3];  /* the part of grad_input that this task makes */
    int64_t from[3], to[3];    /* the outputs to look at */
    int64_t first_lane, lanes; /* channels of a channels-last tensor */
    int64_t row;               /* sums of a row */
    size_t element, lane;      /* bytes */
    pp_sweep sweep;            /* finds the winners ... */
    pp_winners finder;         /* ... or this does, of some rows at once: */
    int32_t *found;            /* NULL: the sweep does */
    const int32_t *found_now;  /* of the row that is added next */
    bool flat;                 /* gradients and winners of several rows lie as if of one */
    char *scratch, *sums;      /* of rows [low, high): in scratch, or where grad_input has just that form */
    int64_t low, high;
    bool all;                   /* they are all rows of the part: other indices are passed over */
    bool dense;                 /* rows of grad_input lie like the sums, side by side */
    bool exact;                 /* ... and are the same: nothing to convert or to add to */
    char *elements, *gradients; /* of a row: gathered, as lanes */
} scatter;

static bool recomputes(const pp_problem *p) { return p->desc.backward == PP_BACKWARD_RECOMPUTE; }

static bool applies(const pp_problem *p)
{
    int64_t most = PTRDIFF_MAX / 16 / pp_max(p->inner, 1); /* elements of a plane, of a row */
    if (!p->is_max || p->plane > most || p->axis[2].input > most || p->axis[2].output > most) return false;
    if (!recomputes(p)) return pp_index_is_plain(&p->desc);
    return pp_winners_apply(p) || pp_sweep_applies(p, PP_FORWARD, PP_WINNERS);
}

static size_t sums_size(const pp_problem *p) { return pp_aligned((size_t)(p->plane * p->inner) * pp_dtypes[p->desc.dtype].sum_size); }

/* Of a row, of the input or the output. */
static size_t row_size(const pp_problem *p, size_t each)
{
    return pp_aligned((size_t)(pp_max(p->axis[2].input, p->axis[2].output) * p->inner) * each);
}

static size_t own_size(const pp_problem *p)
{
    return sums_size(p) + row_size(p, pp_dtypes[p->desc.dtype].size) + row_size(p, pp_dtypes[p->desc.dtype].sum_size);
}

/* Winners of some rows. */
static size_t found_size(const pp_problem *p)
{
    return pp_aligned((size_t)pp_max(p->axis[2].output * p->inner, FOUND_OUTPUTS) * sizeof(int32_t));
}

static size_t scratch_size(const pp_problem *p)
{
    if (!recomputes(p)) return own_size(p);
    if (pp_winners_apply(p)) return own_size(p) + found_size(p) + pp_winners_size(p);
    pp_run run = {.problem = p, .group = pp_whole_group(p), .direction = PP_BACKWARD};
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].input;
    pp_sweep s;
    return own_size(p) + pp_sweep_init(&s, &run, PP_FORWARD, PP_WINNERS, false, NULL);
}

/* ------------------------------------------------------------------------------------------------ adding */

static bool sums_are_double(const scatter *s) { return s->lane == sizeof(double); }

/* The gradients of "count" outputs from "at" on, as lanes: where they lie, or gathered and converted. */
static const char *gradients_of(const scatter *s, const int64_t at[PP_AXES], int64_t count, pp_strides *stride)
{
    const pp_array *array = &s->problem->array[PP_GRAD_OUTPUT];
    int64_t offset = 0;
    for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
    const char *elements = s->run->base[PP_GRAD_OUTPUT] + offset * (int64_t)s->element;
    *stride = (pp_strides){array->stride[PP_W], array->stride[PP_INNER]};
    if (s->element == s->lane) return elements;
    pp_strides dense = {s->lanes, 1};
    pp_copy(s->elements, dense, elements, *stride, count, s->lanes, s->element);
    pp_finish f = {.source = s->elements, .target = s->gradients, .lanes = count * s->lanes, .divisor = 1};
    s->run->kernels->lines->scale(&f);
    *stride = dense;
    return s->gradients;
}

/* Adds the gradients of "count" outputs of a row, from "at" on. */
static pp_added add_row(scatter *s, const int64_t at[PP_AXES], int64_t count)
{
    const pp_problem *p = s->problem;
    pp_strides index, grad;
    bool wide = true;
    const char *grads = gradients_of(s, at, count, &grad), *indices;
    pp_add a = {.plane = p->plane, .first = s->low * (s->row / s->lanes), .live = (s->high - s->low) * (s->row / s->lanes)};
    a.others = s->all;
    a.sums = s->sums;
    a.inner = s->lanes;
    a.lane_step = 1;
    if (s->found) {
        wide = false;
        indices = (const char *)s->found_now;
        index = (pp_strides){p->inner, 1};
    } else if (recomputes(p)) {
        indices = (const char *)(pp_sweep_winners(&s->sweep, at) + (at[PP_W] - s->from[2]) * p->inner + s->first_lane);
        index = (pp_strides){p->inner, 1};
    } else {
        const pp_array *array = &p->array[PP_INDICES];
        int64_t offset = 0;
        for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
        wide = p->desc.indices == PP_INDEX_I64;
        indices = s->run->base[PP_INDICES] + offset * (int64_t)(wide ? sizeof(int64_t) : sizeof(int32_t));
        index = (pp_strides){array->stride[PP_W], array->stride[PP_INNER]};
        if (p->desc.index_convention == PP_INDEX_TENSOR) {
            a.base = (at[PP_N] * p->desc.channels + at[PP_C] + at[PP_INNER]) * p->plane;
            a.base_step = p->inner > 1 ? p->plane : 0;
        }
    }
    bool along = s->lanes == 1; /* the row at once, else position by position */
    int64_t each = along ? count : s->lanes;
    a.count = each;
    a.index_step = along ? index.group : index.inner;
    a.grad_step = along ? grad.group : grad.inner;
    if (along) a.lane_step = a.base_step = 0;
    pp_add_fn add = pp_add_for(wide, sums_are_double(s));
    pp_added added = PP_ADDED;
    for (int64_t w = 0; w < (along ? 1 : count) && added == PP_ADDED; w++) {
        a.indices = indices + w * index.group * (int64_t)(wide ? sizeof(int64_t) : sizeof(int32_t));
        a.grads = grads + w * grad.group * (int64_t)s->lane;
        added = add(&a);
    }
    return added;
}

/* Adds the gradients of outputs [from, to) on the outermost axis. */
static pp_added add_rows(scatter *s, int64_t at[PP_AXES], int64_t from, int64_t to)
{
    int64_t begin[3], end[3];
    for (int a = 0; a < 3; a++) begin[a] = a == s->axis ? from : s->from[a], end[a] = a == s->axis ? to : s->to[a];
    int64_t width = end[2] - begin[2], some = s->found ? pp_max(FOUND_OUTPUTS / pp_max(width * s->problem->inner, 1), 1) : INT64_MAX, rows;
    if (width == 0) return PP_ADDED;
    at[PP_W] = begin[2];
    at[PP_INNER] = s->first_lane;
    for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++) {
        for (at[PP_H] = begin[1]; at[PP_H] < end[1];) {
            int64_t until = at[PP_H] + pp_min(some, end[1] - at[PP_H]);
            if (s->found) pp_winners_find(&s->finder, at, until - at[PP_H], s->found);
            s->found_now = s->found;
            for (; at[PP_H] < until; at[PP_H] += rows) {
                rows = s->flat ? until - at[PP_H] : 1;
                pp_added added = add_row(s, at, rows * width);
                if (added != PP_ADDED) return added;
                if (s->found) s->found_now += rows * width * s->problem->inner;
            }
        }
    }
    return PP_ADDED;
}

/* ------------------------------------------------------------------------------------------------ writing */

/* Address in grad_input of row "row" of a plane. */
static char *target_row(const scatter *s, const int64_t at[PP_AXES], int64_t row)
{
    const pp_array *array = &s->problem->array[PP_GRAD_INPUT];
    int64_t offset = at[PP_N] * array->stride[PP_N] + at[PP_C] * array->stride[PP_C] + row * array->stride[PP_D + s->axis];
    return s->run->base[PP_GRAD_INPUT] + offset * (int64_t)s->element;
}

/* Rows that lie side by side, at once. */
static void write_dense(const scatter *s, const int64_t at[PP_AXES], int64_t from, int64_t to)
{
    pp_finish f = {.source = s->sums + (size_t)((from - s->low) * s->row) * s->lane, .divisor = 1, .accumulate = s->run->accumulate};
    f.target = target_row(s, at, from);
    f.lanes = (to - from) * s->row;
    if (s->exact && s->problem->stream) s->run->kernels->stream(f.target, f.source, (size_t)f.lanes * s->lane);
    else s->run->kernels->lines->finish_sum(&f);
}

/* Writes the sums of rows [from, to), as far as they are of the part. */
static void write_rows(const scatter *s, int64_t at[PP_AXES], int64_t from, int64_t to)
{
    const pp_problem *p = s->problem;
    int64_t begin[3], end[3];
    from = pp_max(from, s->begin[s->axis]);
    to = pp_min(to, s->end[s->axis]);
    if (from >= to) return;
    if (s->dense) {
        write_dense(s, at, from, to);
        return;
    }
    for (int a = 0; a < 3; a++) begin[a] = a == s->axis ? from : s->begin[a], end[a] = a == s->axis ? to : s->end[a];
    at[PP_W] = begin[2];
    at[PP_INNER] = s->first_lane;
    for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++) {
        for (at[PP_H] = begin[1]; at[PP_H] < end[1]; at[PP_H]++) {
            int64_t sum = ((at[PP_D] * p->axis[1].input + at[PP_H]) * p->axis[2].input + at[PP_W]) * s->lanes - s->low * s->row;
            pp_place place = pp_place_at(s->run, PP_SUMS, at, end[2] - begin[2], s->lanes);
            pp_place_lanes(s->run, PP_SUMS, &place, s->sums + (size_t)sum * s->lane, NULL, 1, s->elements, NULL);
        }
    }
}

/* Moves on, so that the sums are those of rows [low, high): what is before them is complete. */
static void move_to(scatter *s, int64_t at[PP_AXES], int64_t low, int64_t high)
{
    size_t row = (size_t)s->row * s->lane;
    if (low > s->high) { /* rows between windows */
        memset(s->sums + (size_t)(s->high - s->low) * row, 0, (size_t)(low - s->high) * row);
        s->high = low;
    }
    write_rows(s, at, s->low, low);
    memmove(s->sums, s->sums + (size_t)(low - s->low) * row, (size_t)(s->high - low) * row);
    s->low = low;
    if (high > s->high) {
        memset(s->sums + (size_t)(s->high - low) * row, 0, (size_t)(high - s->high) * row);
        s->high = high;
    }
}

/* ------------------------------------------------------------------------------------------------ planes */

/* All rows of the part at once. */
static pp_added do_whole(scatter *s, int64_t at[PP_AXES])
{
    s->low = s->begin[s->axis];
    s->high = s->end[s->axis];
    s->all = true;
    bool in_place = s->dense && s->exact;
    s->sums = in_place ? target_row(s, at, s->low) : s->scratch;
    memset(s->sums, 0, (size_t)((s->high - s->low) * s->row) * s->lane);
    pp_added added = add_rows(s, at, s->from[s->axis], s->to[s->axis]);
    if (added == PP_ADDED && !in_place) write_rows(s, at, s->low, s->high);
    return added;
}

/* So many outputs on the outermost axis at once that few sums are kept. */
static pp_added do_near(scatter *s, int64_t at[PP_AXES], int64_t outputs)
{
    const pp_axis *axis = &s->run->group.axis[s->axis];
    s->low = s->high = s->begin[s->axis];
    s->all = false;
    s->sums = s->scratch;
    for (int64_t o = s->from[s->axis]; o < s->to[s->axis]; o += outputs) {
        int64_t to = pp_min(o + outputs, s->to[s->axis]), low, high;
        pp_axis_reach(axis, o, to, &low, &high);
        if (low == high) low = high = s->low; /* windows that see nothing */
        if (o == s->from[s->axis]) s->low = s->high = pp_min(low, s->low);
        move_to(s, at, low, high);
        pp_added added = add_rows(s, at, o, to);
        if (added != PP_ADDED) return added;
    }
    move_to(s, at, pp_max(s->end[s->axis], s->low), 0);
    return PP_ADDED;
}

/* How many outputs do_near takes; 0: do_whole is better. */
static int64_t outputs_near(const scatter *s)
{
    const pp_axis *axis = &s->run->group.axis[s->axis];
    int64_t row = s->row * (int64_t)s->lane, reach = pp_min(pp_max(axis->longest - 1, 0) * axis->step + 1, axis->input);
    if (s->dense && s->exact && (!s->problem->stream || reach * row > FAR_BYTES)) return 0;
    if (s->run->accumulate && !recomputes(s->problem)) return 0;              /* what is added to cannot be done again */
    if (recomputes(s->problem) && s->axis == 2) return s->to[2] - s->from[2]; /* the sweep finds whole rows of winners */
    int64_t periods = pp_max(NEAR_BYTES / row - reach, 0) / axis->advance;
    return pp_min(periods * axis->period + 1, pp_max(axis->output, 1));
}

static pp_status do_plane(scatter *s, int64_t plane)
{
    int64_t at[PP_AXES] = {0}, outputs = outputs_near(s);
    pp_at_plane(s->problem, plane, at);
    pp_added added = outputs ? do_near(s, at, outputs) : PP_ADDED_FOREIGN;
    if (added == PP_ADDED_FOREIGN) added = do_whole(s, at);
    return added == PP_ADDED ? PP_OK : PP_BAD_INDEX;
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

/* Whether rows of grad_input lie as their sums do. */
static bool is_dense(const scatter *s)
{
    const pp_problem *p = s->problem;
    const pp_array *array = &p->array[PP_GRAD_INPUT];
    int64_t step = p->inner;
    bool dense = s->lanes == p->inner && (p->inner == 1 || array->stride[PP_INNER] == 1);
    for (int a = 2; a >= s->axis; a--) {
        bool whole = s->begin[a] == 0 && s->end[a] == p->axis[a].input;
        dense = dense && (p->axis[a].input == 1 || array->stride[PP_D + a] == step) && (whole || a == s->axis);
        step *= p->axis[a].input;
    }
    return dense;
}

/* Whether gradients and winners of several output rows can be taken for one row. */
static bool is_flat(const scatter *s)
{
    const pp_problem *p = s->problem;
    const int64_t *grad = p->array[PP_GRAD_OUTPUT].stride, *index = p->array[PP_INDICES].stride, width = p->axis[2].output;
    if (p->inner > 1 || s->axis == 2 || s->element != s->lane || s->from[2] > 0 || s->to[2] < width) return false;
    if (grad[PP_H] != width * grad[PP_W]) return false;
    return recomputes(p) ? s->found != NULL : index[PP_H] == width * index[PP_W];
}

static void prepare(scatter *s, char *scratch)
{
    const pp_problem *p = s->problem;
    s->axis = p->axis[0].input > 1 ? 0 : p->axis[1].input > 1 ? 1 : 2;
    s->row = s->lanes;
    for (int a = s->axis + 1; a < 3; a++) s->row *= p->axis[a].input;
    s->element = pp_dtypes[p->desc.dtype].size;
    s->lane = pp_dtypes[p->desc.dtype].sum_size;
    s->dense = is_dense(s);
    s->exact = s->element == s->lane && !s->run->accumulate;
    s->scratch = scratch;
    s->elements = scratch + sums_size(p);
    s->gradients = s->elements + row_size(p, s->element);
    s->flat = is_flat(s);
}

static pp_status run_scatter(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    pp_run part = *run;
    scatter s = {.run = &part, .problem = p, .lanes = p->inner};
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
    for (int a = 0; a < 3; a++) s.begin[a] = part.begin[a], s.end[a] = part.end[a];
    pp_outputs_of_range(recomputes(p) ? &part : run, s.from, s.to);
    if (recomputes(p) && pp_winners_apply(p)) {
        s.found = (int32_t *)(void *)(scratch + own_size(p));
        pp_winners_init(&s.finder, &part, s.from[2], s.to[2], scratch + own_size(p) + found_size(p));
    }
    prepare(&s, scratch);
    if (recomputes(p) && !s.found) { pp_sweep_init(&s.sweep, &part, PP_FORWARD, PP_WINNERS, false, scratch + own_size(p)); }
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

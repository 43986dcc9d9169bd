/* The row "scatter" of the algorithm table: backward of a maximum.  The winners are the caller's indices, or found again in the input:
 * small windows in registers, others row by row by a sweep.  Where windows are short, elements gather the gradients of those that
 * they won (gather.c); else windows in row-major order add their gradient where their winner lies, to sums in scratch.  The caller's
 * indices need not lie in their windows; a plane where one does not is added so, too. */
#include "../sweep/sweep.h"
#include "add.h"
#include "algorithm.h"
#include "gather.h"
#include "winners.h"

#include <string.h>

enum { MOST_ROWS = 1024 }; /* of a window, to be looked at in the caller's indices */

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
    bool gathers;              /* else gradients are added one by one */
    bool listed;               /* what makes a plane is known */
    bool direct;               /* gathered sums are written where they belong */
    pp_gathering gather;
    char *scratch, *sums; /* of rows [low, high): in scratch, or where grad_input has just that form */
    int64_t low, high;
    bool dense;                 /* rows of grad_input lie like the sums, side by side */
    bool exact;                 /* ... and are the same: nothing to convert or to add to */
    char *elements, *gradients; /* of a row: gathered, as lanes */
    char *indices;              /* of a row, gathered */
} scatter;

static bool recomputes(const pp_problem *p) { return p->desc.backward == PP_BACKWARD_RECOMPUTE; }

/* Whether a sweep finds winners by levels. */
static bool levels(const pp_problem *p) { return pp_levels_pay(p) && pp_levels_apply(p, true); }

static bool applies(const pp_problem *p)
{
    int64_t most = PTRDIFF_MAX / 16 / pp_max(p->inner, 1); /* elements of a plane, of a row */
    if (!p->is_max || p->plane > most || p->axis[2].input > most || p->axis[2].output > most) return false;
    if (!recomputes(p)) return true;
    return pp_winners_apply(p) || pp_sweep_applies(p, PP_FORWARD, true);
}

static size_t sums_size(const pp_problem *p) { return pp_aligned((size_t)(p->plane * p->inner) * pp_dtypes[p->desc.dtype].sum_size); }

/* Of a row, of the input or the output. */
static size_t row_size(const pp_problem *p, size_t each)
{
    return pp_aligned((size_t)(pp_max(p->axis[2].input, p->axis[2].output) * p->inner) * each);
}

static size_t own_size(const pp_problem *p)
{
    size_t indices = recomputes(p) ? 0 : row_size(p, sizeof(int64_t));
    return sums_size(p) + row_size(p, pp_dtypes[p->desc.dtype].size) + row_size(p, pp_dtypes[p->desc.dtype].sum_size) + indices;
}

/* Winners of a row. */
static size_t found_size(const pp_problem *p) { return pp_aligned((size_t)(p->axis[2].output * p->inner) * sizeof(int32_t)); }

static size_t scratch_size(const pp_problem *p)
{
    size_t own = own_size(p) + pp_gathering_size(p);
    if (!recomputes(p)) return own;
    if (pp_winners_apply(p)) return own + found_size(p) + pp_winners_size(p);
    pp_run run = {.problem = p, .group = pp_whole_group(p), .direction = PP_BACKWARD};
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].input;
    pp_sweep s;
    return own + pp_sweep_init(&s, &run, PP_FORWARD, true, levels(p), NULL);
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

/* The caller's indices of "count" outputs of a row, from "at" on, of other types and numberings: as int64_t in the plane, side by side. */
static const char *renumbered(const scatter *s, const int64_t at[PP_AXES], int64_t count)
{
    const pp_problem *p = s->problem;
    const pp_axis *axis = s->run->group.axis;
    const pp_array *array = &p->array[PP_INDICES];
    pp_window d = pp_axis_window(&axis[0], at[PP_D]), h = pp_axis_window(&axis[1], at[PP_H]);
    int64_t offset = 0, place[PP_AXES], rows[MOST_ROWS], most = 0, *to = (int64_t *)(void *)s->indices;
    memcpy(place, at, sizeof place);
    for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
    if (p->desc.index_convention == PP_INDEX_WINDOW && d.length <= 32 && h.length <= MOST_ROWS / 32) most = d.length * h.length;
    for (int64_t r = 0; r < most; r++) { /* where the rows of a window lie in the plane */
        int64_t z = r / h.length, y = r % h.length;
        bool exists = z >= d.begin && z < d.end && y >= h.begin && y < h.end;
        rows[r] = exists ? ((d.first + z * axis[0].step) * axis[1].input + h.first + y * axis[1].step) * axis[2].input : PP_NO_INDEX;
    }
    for (int64_t w = 0; w < count; w++, offset += array->stride[PP_W]) {
        pp_window x = pp_axis_window(&axis[2], at[PP_W] + w);
        place[PP_W] = at[PP_W] + w;
        for (int64_t i = 0; i < s->lanes; i++, to++) {
            int64_t number = pp_index_load(p->desc.indices, s->run->base[PP_INDICES], offset + i * array->stride[PP_INNER]);
            place[PP_INNER] = at[PP_INNER] + i;
            if (!most || number < 0 || number >= most * x.length) {
                *to = pp_index_in_plane(p, p->desc.index_convention, place, number);
                continue;
            }
            int64_t row = pp_quotient(number, x.length), tap = number - row * x.length;
            *to = tap < x.begin || tap >= x.end || rows[row] < 0 ? PP_NO_INDEX : rows[row] + x.first + tap * axis[2].step;
        }
    }
    return s->indices;
}

/* Adds the gradients of "count" outputs of a row, from "at" on. */
static pp_added add_row(scatter *s, const int64_t at[PP_AXES], int64_t count)
{
    const pp_problem *p = s->problem;
    pp_strides index, grad;
    bool wide = true;
    const char *grads = gradients_of(s, at, count, &grad), *indices;
    pp_add a = {.plane = p->plane, .first = s->low * (s->row / s->lanes), .live = (s->high - s->low) * (s->row / s->lanes)};
    a.sums = s->sums;
    a.inner = s->lanes;
    a.lane_step = 1;
    if (s->found) {
        wide = false;
        indices = (const char *)s->found;
        index = (pp_strides){p->inner, 1};
    } else if (recomputes(p)) {
        indices = (const char *)(pp_sweep_winners(&s->sweep, at) + (at[PP_W] - s->from[2]) * p->inner + s->first_lane);
        index = (pp_strides){p->inner, 1};
    } else if (!pp_index_is_plain(&p->desc)) {
        indices = renumbered(s, at, count);
        index = (pp_strides){s->lanes, 1};
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

/* Adds the gradients of all outputs to look at. */
static pp_added add_all(scatter *s, int64_t at[PP_AXES])
{
    int64_t width = s->to[2] - s->from[2];
    if (width == 0) return PP_ADDED;
    at[PP_W] = s->from[2];
    at[PP_INNER] = s->first_lane;
    for (at[PP_D] = s->from[0]; at[PP_D] < s->to[0]; at[PP_D]++) {
        for (at[PP_H] = s->from[1]; at[PP_H] < s->to[1]; at[PP_H]++) {
            if (s->found) pp_winners_find(&s->finder, at, 1, s->found, width * s->problem->inner);
            pp_added added = add_row(s, at, width);
            if (added != PP_ADDED) return added;
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
            pp_place place = pp_place_at(s->run, at, end[2] - begin[2], s->lanes);
            pp_place_lanes(s->run, &place, s->sums + (size_t)sum * s->lane, 1, s->elements);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ gathering */

/* Indices in the tensor to those in the plane; what lies in no plane stays so. */
static void to_plane(const scatter *s, const int64_t at[PP_AXES], void *indices, int64_t width, bool wide)
{
    const pp_problem *p = s->problem;
    int64_t base = (at[PP_N] * p->desc.channels + at[PP_C] + at[PP_INNER]) * p->plane;
    for (int64_t i = 0; i < width * s->lanes; i++) {
        int64_t index = wide ? ((int64_t *)indices)[i] : ((int32_t *)indices)[i];
        int64_t first = base + (p->inner > 1 ? i % s->lanes * p->plane : 0);
        if (index != -1) index = index >= first && index - first < p->plane ? index - first : -2; /* not -1: that is an index */
        if (wide) ((int64_t *)indices)[i] = index;
        else ((int32_t *)indices)[i] = (int32_t)index;
    }
}

/* How many rows of outputs from "at" on, of at most "rows", see their input alike and have their indices at equal distances. */
static int64_t rows_alike(const scatter *s, const int64_t at[PP_AXES], int64_t rows)
{
    int64_t begin, end;
    const pp_desc *desc = &s->problem->desc;
    if (s->problem->array[PP_INDICES].stride[PP_W] != 1) return 1; /* a row is copied together */
    if (recomputes(s->problem) || s->lanes > 1 || desc->index_convention == PP_INDEX_TENSOR || !pp_index_is_plain(desc)) return 1;
    pp_axis_inside(&s->run->group.axis[1], &begin, &end);
    return at[PP_H] >= begin && at[PP_H] < end ? pp_min(rows, end - at[PP_H]) : 1;
}

/* The caller's indices of rows alike, or those of the sweep, as tags; false: one lies in no window. */
static bool take_rows(const scatter *s, const int64_t at[PP_AXES], int64_t count, int32_t *tags)
{
    const pp_problem *p = s->problem;
    const pp_axis *axis = s->run->group.axis;
    const pp_array *array = &p->array[PP_INDICES];
    int64_t width = s->to[2] - s->from[2];
    int32_t rows[MOST_ROWS];
    pp_window d = pp_axis_window(&axis[0], at[PP_D]), h = pp_axis_window(&axis[1], at[PP_H]);
    bool along = s->lanes == 1;
    bool plain = pp_index_is_plain(&p->desc);
    pp_take t = {.wide = recomputes(p) || p->desc.indices == PP_INDEX_I64 || !plain, .tags = tags, .rows = rows};
    pp_strides stride = {p->inner, 1}, dense = {s->lanes, 1};
    t.positions = along ? count : width;
    t.lanes = along ? width : s->lanes;
    t.tag_step = along ? s->gather.pitch : s->lanes;
    t.first = s->from[2] * axis[2].stride - axis[2].pad_begin;
    t.base = (d.first * axis[1].input + h.first) * axis[2].input + t.first;
    t.apart = along ? axis[2].stride : 0;
    t.first_step = along ? 0 : axis[2].stride;
    t.base_step = along ? axis[1].stride * axis[2].input : axis[2].stride;
    t.input = axis[2].input;
    t.kernel = axis[2].kernel;
    for (int64_t i = d.begin; i < d.end && !recomputes(p); i++) {
        for (int64_t j = h.begin; j < h.end; j++) {
            rows[t.row_count++] = (int32_t)((i * axis[0].step * axis[1].input + j * axis[1].step) * axis[2].input);
        }
    }
    if (recomputes(p)) {
        t.indices = pp_sweep_winners((pp_sweep *)&s->sweep, at) + s->first_lane;
    } else if (!plain) {
        t.indices = renumbered(s, at, width);
        stride = dense;
    } else {
        int64_t offset = 0;
        size_t size = t.wide ? sizeof(int64_t) : sizeof(int32_t);
        for (int i = 0; i < PP_AXES; i++) offset += at[i] * array->stride[i];
        t.indices = s->run->base[PP_INDICES] + offset * (int64_t)size;
        stride = (pp_strides){array->stride[PP_W], array->stride[PP_INNER]};
        bool apart = along ? stride.group != 1 && width > 1 : stride.inner != 1 && s->lanes > 1;
        if (apart || p->desc.index_convention == PP_INDEX_TENSOR) {
            pp_copy(s->indices, dense, t.indices, stride, width, s->lanes, size);
            if (p->desc.index_convention == PP_INDEX_TENSOR) to_plane(s, at, s->indices, width, t.wide);
            t.indices = s->indices;
            stride = dense;
        }
    }
    t.index_step = along ? array->stride[PP_H] : stride.group;
    return s->run->kernels->take(&t) || recomputes(p);
}

/* Brings "rows" rows of outputs from "at" on into the lines. */
static bool fetch_rows(scatter *s, int64_t at[PP_AXES], int64_t rows)
{
    const pp_problem *p = s->problem;
    pp_gathering *g = &s->gather;
    int64_t width = s->to[2] - s->from[2], first = at[PP_H], height = p->array[PP_GRAD_OUTPUT].stride[PP_H], some;
    int64_t row = pp_gathering_row(g, at[PP_D], first) + s->from[2] * s->lanes;
    pp_strides dense = {s->lanes, 1}, stride;
    bool fits = true;
    at[PP_W] = s->from[2];
    at[PP_INNER] = s->first_lane;
    if (s->found) pp_winners_find(&s->finder, at, rows, g->tags + row, g->pitch);
    for (; !s->found && at[PP_H] < first + rows; at[PP_H] += some) {
        some = rows_alike(s, at, first + rows - at[PP_H]);
        fits &= take_rows(s, at, some, g->tags + row + (at[PP_H] - first) * g->pitch);
    }
    at[PP_H] = first;
    char *target = g->grads + (size_t)row * s->lane;
    const char *grads = gradients_of(s, at, width, &stride);
    int64_t words = (int64_t)(s->lane / sizeof(float));
    if (grads != s->gradients && (s->lanes == 1 || stride.inner == 1) && (width == 1 || stride.group == s->lanes)) {
        pp_rows copy = {grads, target, rows, width * s->lanes * words, height * words, g->pitch * words, 1};
        s->run->kernels->rows(&copy);
        return fits;
    }
    for (int64_t i = 0; i < rows; i++, at[PP_H]++, target += (size_t)g->pitch * s->lane) {
        if (i) grads = gradients_of(s, at, width, &stride);
        pp_copy(target, dense, grads, stride, width, s->lanes, s->lane);
    }
    at[PP_H] = first;
    return fits;
}

/* Outputs [from, to) on the outermost axis. */
static bool fetch(scatter *s, int64_t at[PP_AXES], int64_t from, int64_t to)
{
    bool fits = true;
    for (int a = 0; a < 3; a++) { /* elements under no window */
        if (s->to[a] <= s->from[a]) return true;
    }
    at[PP_D] = s->from[0];
    at[PP_H] = s->from[1];
    if (s->axis == 2) return fetch_rows(s, at, 1);
    int64_t step = s->axis == 1 && s->gather.whole ? to - from : 1;
    for (; from < to; from += step) {
        at[PP_D + s->axis] = from;
        fits &= fetch_rows(s, at, s->axis == 1 ? step : s->to[1] - s->from[1]);
    }
    return fits;
}

/* Makes rows [from, to) of the part from what was fetched. */
static void gather_rows(scatter *s, int64_t at[PP_AXES], int64_t from, int64_t to, bool list)
{
    const pp_array *array = &s->problem->array[PP_GRAD_INPUT];
    const pp_axis *axis = s->problem->axis;
    int64_t begin[3], end[3], stride[3] = {axis[1].input * axis[2].input * s->lanes, axis[2].input * s->lanes, s->lanes};
    for (int a = 0; a < 3; a++) {
        begin[a] = a == s->axis ? from : s->begin[a];
        end[a] = a == s->axis ? to : s->end[a];
        if (s->direct) stride[a] = array->stride[PP_D + a];
    }
    if (list) pp_gathering_list(&s->gather, begin, end, stride);
    int64_t offset = begin[0] * stride[0] + begin[1] * stride[1] + begin[2] * stride[2];
    if (s->direct) {
        offset += at[PP_N] * array->stride[PP_N] + at[PP_C] * array->stride[PP_C] + s->first_lane * array->stride[PP_INNER];
        pp_gathering_run(&s->gather, s->run->base[PP_GRAD_INPUT] + offset * (int64_t)s->lane);
        return;
    }
    s->low = from;
    s->high = to;
    s->sums = s->scratch;
    pp_gathering_run(&s->gather, s->sums + (offset - from * s->row) * (int64_t)s->lane);
    write_rows(s, at, from, to);
}

static bool gather_plane(scatter *s, int64_t at[PP_AXES])
{
    pp_gathering *g = &s->gather;
    int64_t done = s->from[s->axis];
    if (g->whole) {
        if (!fetch(s, at, done, s->to[s->axis])) return false;
        gather_rows(s, at, s->begin[s->axis], s->end[s->axis], !s->listed);
        s->listed = true;
        return true;
    }
    for (int64_t i = s->begin[s->axis]; i < s->end[s->axis]; i++) {
        pp_window over = pp_axis_window(&g->cover[s->axis], i);
        if (over.begin < over.end) { /* dilated windows between these are over the rows that follow */
            const pp_axis *axis = &s->problem->axis[s->axis];
            int64_t last = over.first + (over.end - 1) * g->cover[s->axis].step;
            done = pp_max(done, pp_ceil_div(i + axis->pad_begin - (axis->kernel - 1) * axis->dilation, axis->stride));
            if (done <= last && !fetch(s, at, done, last + 1)) return false;
            done = pp_max(done, last + 1);
        }
        gather_rows(s, at, i, i + 1, true);
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------ planes */

/* All rows of the part at once. */
static pp_added do_whole(scatter *s, int64_t at[PP_AXES])
{
    s->low = s->begin[s->axis];
    s->high = s->end[s->axis];
    bool in_place = s->dense && s->exact;
    s->sums = in_place ? target_row(s, at, s->low) : s->scratch;
    memset(s->sums, 0, (size_t)((s->high - s->low) * s->row) * s->lane);
    pp_added added = add_all(s, at);
    if (added == PP_ADDED && !in_place) write_rows(s, at, s->low, s->high);
    return added;
}

static pp_status do_plane(scatter *s, int64_t plane)
{
    int64_t at[PP_AXES] = {0};
    pp_at_plane(s->problem, plane, at);
    if (s->gathers) {
        s->finder.tags = true;
        if (gather_plane(s, at)) return PP_OK;
        s->finder.tags = false;
    }
    return do_whole(s, at) == PP_ADDED ? PP_OK : PP_BAD_INDEX;
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
    s->indices = s->gradients + row_size(p, s->lane);
    const int64_t *stride = p->array[PP_GRAD_INPUT].stride;
    bool side_by_side = p->inner > 1 ? stride[PP_INNER] == 1 : stride[PP_W] == 1 || s->end[2] - s->begin[2] == 1;
    s->direct = s->exact && !p->stream && side_by_side;
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
    prepare(&s, scratch);
    s.gathers = pp_gathering_applies(p) && (recomputes(p) || (tasks <= planes || by_channels(p)));
    if (s.gathers) {
        pp_gathering_init(&s.gather, &part, s.axis, s.from[s.axis], s.to[s.axis], s.lanes, scratch + own_size(p));
        /* what is added to cannot be done again */
        if (!recomputes(p)) s.gathers = (s.gather.whole || !run->accumulate) && p->axis[0].longest * p->axis[1].longest <= MOST_ROWS;
    }
    scratch += own_size(p) + pp_gathering_size(p);
    if (recomputes(p) && pp_winners_apply(p)) {
        s.found = (int32_t *)(void *)scratch;
        pp_winners_init(&s.finder, &part, s.from[2], s.to[2], scratch + found_size(p));
    } else if (recomputes(p)) {
        pp_sweep_init(&s.sweep, &part, PP_FORWARD, true, levels(p), scratch);
    }
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

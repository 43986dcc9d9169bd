/* The row "scatter" of the algorithm table: backward of a maximum.  The winners are the caller's indices, or found again in the input:
 * small windows in registers, others row by row by a sweep.  Windows in row-major order add their gradient where their winner lies, in
 * grad_input itself where a plane is a run of sums there, else in scratch.  The caller's indices need not lie in their windows. */
#include "../sweep/sweep.h"
#include "add.h"
#include "algorithm.h"
#include "winners.h"

#include <string.h>

enum {
    FOUND = 2048,      /* winners that are found together, better */
    NUMBERS = 256,     /* of taps that become indices by a table, at most */
    CLEARED = 4096,    /* sums */
    CLOSE = 16 * 1024, /* bytes of sums that are better made in scratch; of those that go past the caches: */
    NEAR = 512 * 1024
};

typedef struct scatter {
    const pp_run *run;
    const pp_problem *problem;
    int64_t from[3], to[3]; /* the outputs to look at */
    int64_t low, high;      /* the part of a plane that this task makes */
    char *sums;             /* of it; those below "cleared" have begun */
    int64_t cleared;
    bool dense;               /* the part lies in grad_input as its sums do */
    char *scratch;            /* of sums */
    char *row;                /* of gradients: gathered */
    int64_t *indices;         /* of a row, or some */
    size_t size;              /* bytes of a gradient */
    int64_t inside[3][2];     /* outputs whose windows lie wholly inside, where the caller's indices are numbers of taps: ... */
    int64_t numbers, *number; /* what they are in the plane, moved to output 0 */
    pp_add_fn add;
    bool plain, joined; /* the caller's indices are used where they lie; rows follow each other like one */
    bool finds, adds;   /* winners are found by the finder, which adds the gradients too; else by the sweep */
    pp_winners finder;
    pp_sweep sweep;
} scatter;

static bool recomputes(const pp_problem *p) { return p->desc.backward == PP_BACKWARD_RECOMPUTE; }

/* Whether a sweep finds winners by levels. */
static bool levels(const pp_problem *p) { return pp_levels_pay(p) && pp_levels_apply(p, true); }

static bool applies(const pp_problem *p)
{
    int64_t most = PTRDIFF_MAX / 16 / pp_max(p->inner, 1); /* elements of a plane, of a row */
    if (!p->inner || !p->is_max || !pp_is_wide(p) || p->plane > most || p->axis[2].input > most || p->axis[2].output > most) return false;
    return !recomputes(p) || pp_winners_apply(p) || pp_sweep_applies(p, true);
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

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    size_t size[3];
    (void)direction;
    if (!applies(p)) return false;
    measure(p, size);
    needs->scratch = size[0] + size[1] + size[2];
    if (!recomputes(p)) return true;
    pp_run run = {.problem = p, .group = pp_whole_group(p), .direction = PP_BACKWARD};
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].input;
    pp_sweep s;
    needs->scratch += pp_winners_apply(p) ? pp_winners_size(p) : pp_sweep_init(&s, &run, true, levels(p), NULL);
    return true;
}

/* ------------------------------------------------------------------------------------------------ a row of windows */

/* Whether "width" positions of an array's row lie side by side. */
static bool is_run(const pp_problem *p, const pp_array *array, int64_t width)
{
    return (p->inner == 1 || array->stride[PP_INNER] == 1) && (width == 1 || array->stride[PP_W] == p->inner);
}

/* The gradients of a row of outputs from "at" on, side by side: where they lie, or gathered. */
static const char *gradients_of(const scatter *s, const int64_t at[PP_AXES], int64_t width)
{
    const pp_problem *p = s->problem;
    const pp_array *array = &p->array[PP_GRAD_OUTPUT];
    const char *grads = s->run->base[PP_GRAD_OUTPUT] + pp_offset(array, at) * (int64_t)s->size;
    if (s->joined || is_run(p, array, width)) return grads;
    pp_strides dense = {p->inner, 1}, stride = {array->stride[PP_W], array->stride[PP_INNER]};
    pp_copy(s->row, dense, grads, stride, width, p->inner, s->size);
    return s->row;
}

static bool is_inside(const scatter *s, int a, int64_t o) { return o >= s->inside[a][0] && o < s->inside[a][1]; }

/* How far windows that begin so many outputs from another one are from it in the plane. */
static int64_t moved(const scatter *s, int64_t d, int64_t h, int64_t w)
{
    const pp_axis *axis = s->run->group.axis;
    return (d * axis[0].stride * axis[1].input + h * axis[1].stride) * axis[2].input + w * axis[2].stride;
}

/* Makes the table of the numbers of taps, for windows that lie wholly inside. */
static void number_taps(scatter *s)
{
    const pp_axis *axis = s->run->group.axis;
    int64_t at[PP_AXES] = {0}, taps = 1;
    for (int a = 0; a < 3; a++) {
        pp_axis_inside(&axis[a], &s->inside[a][0], &s->inside[a][1]);
        at[PP_D + a] = s->inside[a][0];
        taps *= pp_min(axis[a].longest, NUMBERS + 1);
        if (!is_inside(s, a, at[PP_D + a])) taps = NUMBERS + 1;
    }
    if (taps > NUMBERS) s->inside[2][1] = 0;
    for (int64_t i = 0; i < taps && taps <= NUMBERS; i++) {
        s->number[i] = pp_index_in_plane(s->problem, PP_INDEX_WINDOW, at, i) - moved(s, at[PP_D], at[PP_H], at[PP_W]);
    }
    s->numbers = taps;
}

/* The caller's indices of a row of outputs from "at" on, as those of the plane, side by side; what is none lies outside. */
static void renumber(const scatter *s, const int64_t first[PP_AXES], int64_t width)
{
    const pp_problem *p = s->problem;
    const int64_t *stride = p->array[PP_INDICES].stride;
    pp_index_convention convention = p->desc.index_convention;
    int64_t at[PP_AXES], offset = pp_offset(&p->array[PP_INDICES], first), times = p->inner == 1 ? 1 : width;
    for (int64_t w = 0; w < times; w++, offset += stride[PP_W]) {
        pp_add_load(p->desc.indices, s->run->base[PP_INDICES], offset, stride[p->inner == 1 ? PP_W : PP_INNER], width * p->inner / times,
                    s->indices + w * p->inner);
    }
    if (convention == PP_INDEX_PLANE) return;
    memcpy(at, first, sizeof at);
    bool tensor = convention == PP_INDEX_TENSOR, some = is_inside(s, 0, first[PP_D]) && is_inside(s, 1, first[PP_H]);
    int64_t base = tensor ? pp_index_number(p, convention, first, 0) : 0, from = some ? moved(s, first[PP_D], first[PP_H], first[PP_W]) : 0;
    for (int64_t w = 0, *to = s->indices; w < width; w++) {
        int64_t taps = some && is_inside(s, 2, first[PP_W] + w) ? s->numbers : 0;
        at[PP_W] = first[PP_W] + w;
        for (int64_t i = 0; i < p->inner; i++, to++) {
            at[PP_INNER] = i;
            if (tensor && *to >= base + i * p->plane) *to -= base + i * p->plane;
            else if (!tensor && *to >= 0 && *to < taps) *to = s->number[*to] + from + w * s->run->group.axis[2].stride;
            else *to = pp_index_in_plane(p, convention, at, *to);
        }
    }
}

/* Sums below "index" begin, and some more. */
static void clear(scatter *s, int64_t index)
{
    if (index <= s->cleared) return;
    int64_t to = pp_min(pp_max(index, s->cleared + pp_ceil_div(CLEARED, s->problem->inner)), s->high);
    size_t sum = (size_t)s->problem->inner * s->size;
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

/* Adds the gradients of rows of outputs from "at" on, which follow each other like one row. */
static bool add_rows(scatter *s, const int64_t at[PP_AXES], int64_t rows)
{
    const pp_problem *p = s->problem;
    int64_t width = rows * (s->to[2] - s->from[2]), times = p->inner == 1 ? 1 : width; /* at once, or position by position */
    const char *grads = gradients_of(s, at, width);
    const int64_t *found = s->indices;
    if (s->plain) found = (const int64_t *)(const void *)s->run->base[PP_INDICES] + pp_offset(&p->array[PP_INDICES], at);
    else if (!recomputes(p)) renumber(s, at, width);
    else if (s->finds) pp_winners_find(&s->finder, at, rows, s->to[2], s->indices);
    else found = pp_sweep_winners(&s->sweep, at);
    for (int64_t w = 0; w < times; w++) {
        pp_add a = {.indices = found + w * p->inner,
                    .grads = grads + w * p->inner * (int64_t)s->size,
                    .count = width * p->inner / times,
                    .plane = p->plane,
                    .first = s->low,
                    .part = s->high - s->low,
                    .sums = s->sums,
                    .inner = p->inner};
        if (!add_some(s, &a)) return false;
    }
    return true;
}

/* Finds the winners of a row of windows and adds its gradients at once. */
static void find_and_add(scatter *s, const int64_t at[PP_AXES])
{
    const pp_axis *axis = s->run->group.axis;
    int64_t begin[2], end[2];
    for (int a = 0; a < 2; a++) pp_axis_reach(&axis[a], at[PP_D + a], at[PP_D + a] + 1, &begin[a], &end[a]);
    clear(s, pp_min(((end[0] - 1) * axis[1].input + end[1]) * axis[2].input, s->high));
    s->finder.sums = (float *)(void *)s->sums - s->low * s->problem->inner;
    pp_winners_find(&s->finder, at, 1, s->to[2], NULL);
}

/* ------------------------------------------------------------------------------------------------ planes */

static bool add_plane(scatter *s, int64_t at[PP_AXES])
{
    int64_t rows;
    at[PP_W] = s->from[2];
    for (at[PP_D] = s->from[0]; at[PP_D] < s->to[0] && s->from[2] < s->to[2]; at[PP_D]++) {
        s->finder.next = INT64_MIN / 2; /* rows of another slice */
        for (at[PP_H] = s->from[1]; at[PP_H] < s->to[1]; at[PP_H] += rows) {
            rows = s->joined ? pp_min(group_of(s->problem), s->to[1] - at[PP_H]) : 1;
            if (s->adds) find_and_add(s, at);
            else if (!add_rows(s, at, rows)) return false;
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
    for (at[PP_D] = begin[0]; at[PP_D] < end[0]; at[PP_D]++) {
        for (at[PP_H] = begin[1]; at[PP_H] < end[1]; at[PP_H]++) {
            int64_t sum = (at[PP_D] * p->axis[1].input + at[PP_H]) * p->axis[2].input + at[PP_W] - s->low;
            pp_place place = pp_place_at(s->run, at, end[2] - begin[2], p->inner);
            pp_place_lanes(s->run, &place, s->sums + (size_t)(sum * p->inner) * s->size, 1, s->row);
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
    size_t bytes = (size_t)((s->high - s->low) * p->inner) * s->size;
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

/* A run with fewer planes than tasks is split by rows; those that do not find their own winners look at all. */
static int row_axis(const pp_run *run)
{
    int a = 0;
    while (a < 2 && run->end[a] - run->begin[a] == 1) a++;
    return a;
}

static int64_t pieces_of(const pp_run *run)
{
    int64_t planes = run->group.last - run->group.first;
    if (planes > 4 || run->tasks <= planes) return planes;
    int a = row_axis(run);
    return pp_max(planes, run->end[a] - run->begin[a]);
}

/* Of what part of a plane there are sums: all that windows see that find their winners; and whether grad_input holds it like them. */
static void find_part(scatter *s)
{
    const pp_problem *p = s->problem;
    const pp_run *run = s->run;
    const int64_t *stride = p->array[PP_GRAD_INPUT].stride;
    int64_t row = 1; /* positions on the outermost axis on which there is something to do */
    s->dense = !run->accumulate && (p->inner == 1 || stride[PP_INNER] == 1);
    for (int a = 2, last = p->axis[0].input > 1 ? 0 : p->axis[1].input > 1 ? 1 : 2; a >= last; a--) {
        int64_t from = run->begin[a], to = run->end[a], begin = from, end = to;
        if (recomputes(p)) pp_axis_reach(&run->group.axis[a], s->from[a], s->to[a], &begin, &end);
        if (begin == end) begin = from, end = to;
        s->low = pp_min(from, begin) * row;
        s->high = pp_max(to, end) * row;
        s->dense = s->dense && (p->axis[a].input == 1 || stride[PP_D + a] == row * p->inner);
        s->dense = s->dense && (a == last ? begin >= from && end <= to : to - from == p->axis[a].input);
        row *= p->axis[a].input;
    }
}

/* Whether rows of outputs are used where they lie, and several at once. */
static void find_rows(scatter *s)
{
    const pp_problem *p = s->problem;
    const pp_array *grads = &p->array[PP_GRAD_OUTPUT], *indices = &p->array[PP_INDICES];
    int64_t width = s->to[2] - s->from[2];
    s->plain = !recomputes(p) && p->desc.indices == PP_INDEX_I64 && p->desc.index_convention == PP_INDEX_PLANE && is_run(p, indices, width);
    s->joined = p->inner == 1 && is_run(p, grads, width) && grads->stride[PP_H] == width;
    bool alike = !recomputes(p) && p->desc.index_convention != PP_INDEX_WINDOW;
    alike = alike && indices->stride[PP_H] == width * (s->plain ? 1 : indices->stride[PP_W]);
    s->joined = s->joined && (s->finds || alike);
}

static pp_status run_scatter(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const pp_problem *p = run->problem;
    pp_run part = *run;
    int64_t number[NUMBERS];
    scatter s = {.number = number, .run = &part, .problem = p, .size = pp_dtypes[p->desc.dtype].size};
    int64_t planes = run->group.last - run->group.first;
    if (pieces_of(run) > planes) {
        int a = row_axis(run);
        part.begin[a] = run->begin[a] + begin;
        part.end[a] = run->begin[a] + end;
        begin = 0, end = planes;
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
    if (!recomputes(p) && p->desc.index_convention == PP_INDEX_WINDOW) number_taps(&s);
    s.finds = recomputes(p) && pp_winners_apply(p);
    s.adds = s.finds && pp_winners_add(p);
    if (s.finds) pp_winners_init(&s.finder, &part, scratch);
    else if (recomputes(p)) pp_sweep_init(&s.sweep, &part, true, levels(p), scratch);
    find_rows(&s);
    pp_status status = PP_OK;
    for (; begin < end && status == PP_OK; begin++) status = do_plane(&s, run->group.first + begin);
    if (p->stream) run->kernels->stream(NULL, NULL, 0);
    return status;
}

const pp_algorithm pp_algorithm_scatter = {
    .name = "scatter",
    .what = "gradients added where the winners lie",
    .uses_kernels = true,
    .pass = {[PP_BACKWARD] = {NULL, plan, pieces_of, run_scatter}},
};

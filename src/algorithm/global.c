/* The row "global" of the algorithm table: one window for a whole plane, channels first.  The rows of each plane are combined to a
 * line, where they lie; the lines of a group of planes are transposed, so that along W lanes are planes. */
#include "algorithm.h"

#include "../sweep/lines.h"

enum {
    GROUP = 512,          /* planes that are finished together */
    WIDEST = 1 << 16,     /* elements of a row */
    SIZE = sizeof(float), /* the only type so far */
    VECTOR = 8            /* lanes that a kernel reads at once */
};

static bool has_kernel(const pp_problem *p)
{
    if (p->desc.dtype != PP_F32 || !p->kernels->planes->columns) return false;
    return !p->is_max || (p->desc.op == PP_OP_MAX && p->desc.nan != PP_NAN_IGNORE);
}

/* Whether the only window on an axis is one without padding. */
static bool is_plain(const pp_axis *axis)
{
    if (axis->output != 1) return false;
    pp_window w = pp_axis_window(axis, 0);
    return w.length > 0 && w.begin == 0 && w.end == w.length && (axis->step == 1 || w.length == 1);
}

static int64_t line_of(const pp_problem *p) { return (p->axis[2].longest + PP_COLUMNS - 1) / PP_COLUMNS * PP_COLUMNS; }

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    (void)direction;
    if (p->inner != 1 || !p->inputs || pp_reducing_of(p) == PP_WINNERS || !has_kernel(p)) return false;
    for (int a = 0; a < 3; a++) {
        if (!is_plain(&p->axis[a])) return false;
    }
    const int64_t *stride = p->array[PP_INPUT].stride;
    if (p->axis[0].longest > 1 || p->axis[2].longest > WIDEST || (p->axis[2].longest > 1 && stride[PP_W] != 1)) return false;
    needs->scratch = (2 * GROUP + 2 * PP_COLUMNS * (size_t)line_of(p)) * SIZE; /* a lane of each plane, and its element; the kernel's */
    return true;
}

static int64_t tasks_of(const pp_run *run) { return run->group.last - run->group.first; }

/* Of how many planes a vector from the begin of any row on lies in the input: where all of it is dense. */
static int64_t whole_planes(const pp_run *run, int64_t first, int64_t count, const pp_window w[3])
{
    const pp_problem *p = run->problem;
    const int64_t *stride = p->array[PP_INPUT].stride;
    int64_t plane = p->plane, left = (p->n * p->c - first) * plane - VECTOR;
    bool dense = w[1].length == p->axis[1].input && w[2].length == p->axis[2].input && (w[1].length == 1 || stride[PP_H] == w[2].length) &&
                 (p->c == 1 || stride[PP_C] == plane) && (p->n == 1 || stride[PP_N] == p->c * plane);
    return dense ? pp_max(pp_min(count, left / plane), 0) : 0;
}

/* Planes side by side at distances "plane". */
static void do_planes(const pp_run *run, int64_t first, int64_t count, const pp_window w[3], char *scratch)
{
    const pp_problem *p = run->problem;
    const pp_array *in = &p->array[PP_INPUT], *out = &p->array[PP_OUTPUT];
    int64_t n = first / p->c, c = first % p->c, source = n * in->stride[PP_N] + c * in->stride[PP_C];
    for (int a = 0; a < 3; a++) source += w[a].first * in->stride[PP_D + a];
    pp_columns columns = {.source = run->base[PP_INPUT] + source * SIZE,
                          .planes = count,
                          .plane = p->c > 1 ? in->stride[PP_C] : in->stride[PP_N],
                          .rows = w[1].length,
                          .row = in->stride[PP_H],
                          .width = w[2].length,
                          .whole = whole_planes(run, first, count, w),
                          .target = scratch,
                          .max = p->is_max,
                          .lines = scratch + 2 * GROUP * SIZE,
                          .line = line_of(p)};
    columns.dense = (float *)columns.lines + PP_COLUMNS * columns.line;
    p->kernels->planes->columns(&columns);
    pp_place place = {.groups = count, .inner = 1};
    place.values = run->base[PP_OUTPUT] + (n * out->stride[PP_N] + c * out->stride[PP_C]) * SIZE;
    place.value_stride.group = p->c > 1 ? out->stride[PP_C] : out->stride[PP_N];
    place.values_dense = place.value_stride.group == 1;
    place.sums = !p->is_max;
    pp_place_lanes(run, &place, scratch, pp_divisor_of(p, w), scratch + GROUP * SIZE);
}

static pp_status run_global(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    pp_window w[3];
    int64_t begin, end;
    for (int a = 0; a < 3; a++) w[a] = pp_axis_window(&run->group.axis[a], 0);
    pp_share(tasks_of(run), task, tasks, &begin, &end);
    for (int64_t plane = run->group.first + begin; plane < run->group.first + end;) {
        int64_t image = p->c > 1 ? (plane / p->c + 1) * p->c : INT64_MAX; /* planes at equal distances */
        int64_t count = pp_min(pp_min(GROUP, image - plane), run->group.first + end - plane);
        do_planes(run, plane, count, w, scratch);
        plane += count;
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_global = {
    .name = "global",
    .what = "planes combined to lines, lines to elements",
    .uses_kernels = true,
    .pass = {{NULL, plan, tasks_of, run_global}},
};

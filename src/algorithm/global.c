/* The row "global" of the algorithm table: large windows side by side, above all the only one of a plane, channels first.  A kernel
 * (kernels/planes.inc) takes some at once. */
#include "algorithm.h"

#include "../reference/reference.h"
#include "../sweep/lines.h"

enum {
    MOST = 512,           /* windows that are done at once */
    WIDEST = 1 << 16,     /* elements of a window, or from one to the next */
    SIZE = sizeof(float), /* the only type so far */
    VECTOR = PP_COLUMN
};

/* One task at work. */
typedef struct task {
    const pp_run *run;
    int64_t windows, lines;             /* that are done at once: of a row, rows of them */
    int64_t regular, step, target_step; /* so many rows of windows, from a multiple on, are so far apart: in the input, in the output */
    int64_t missing;                    /* lanes of a vector that a window does not have */
    bool gaps;                          /* these may not exist in any row of windows; else only in the last one */
    double divisor;
    float *sums, *out; /* scratch: a lane of each window, elements */
    pp_pool pool;
} task;

/* What is the same for all rows; scratch NULL: returns its bytes. */
static size_t lay_out(task *t, const pp_problem *p, char *scratch)
{
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    const int64_t lanes = pp_max(w->longest, VECTOR), line = pp_max(lanes + VECTOR, PP_COLUMN_MOST);
    int64_t levels = 1;
    for (int64_t blocks = pp_max(h->longest, lanes) / 8; blocks > 0; blocks /= 2) levels++;
    t->windows = pp_min(MOST, w->output);
    t->lines = MOST / t->windows;
    t->missing = lanes - w->longest;
    if (!scratch) return (size_t)(2 * MOST + (3 * VECTOR + levels) * line) * SIZE;
    float *slots = (float *)(void *)scratch + 2 * MOST + VECTOR, *dense = slots + 2 * VECTOR * line, *open = dense + VECTOR * line;
    t->sums = (float *)(void *)scratch;
    t->out = t->sums + MOST;
    pp_pool *c = &t->pool;
    c->max = p->is_max;
    c->most = lanes == VECTOR ? PP_COLUMN_MOST : VECTOR;
    c->end = pp_max(lanes - VECTOR, c->most - VECTOR);
    c->down = (pp_columns){.step = w->advance, .row = h->step * p->array[PP_INPUT].stride[PP_H], .rows = h->longest};
    c->down.last = lanes - VECTOR, c->down.apart = 2 * VECTOR, c->down.target = slots, c->down.open = open;
    c->across = (pp_columns){.source = dense, .step = VECTOR * VECTOR, .row = VECTOR, .rows = w->longest, .apart = VECTOR, .open = open};
    c->across.windows = c->across.left = c->across.count = c->most / VECTOR;
    c->across.skip = -c->most * VECTOR;
    return 0;
}

/* ------------------------------------------------------------------------------------------------ when */

/* Whether windows on an axis lie wholly inside. */
static bool is_plain(const pp_axis *axis)
{
    int64_t begin, end;
    pp_axis_inside(axis, &begin, &end);
    return begin == 0 && end == axis->output && axis->longest > 0 && axis->longest <= WIDEST && axis->advance <= WIDEST;
}

/* Whether planes follow each other without gaps, not too small: then a vector may be read from the begin of any row of a window on, but for
 * those of the last line of windows. */
static bool is_dense(const pp_problem *p)
{
    const int64_t *stride = p->array[PP_INPUT].stride, width = p->axis[2].input;
    return (p->axis[1].input == 1 || stride[PP_H] == width) && (p->c == 1 || stride[PP_C] == p->plane) &&
           (p->n == 1 || stride[PP_N] == p->c * p->plane) && p->plane + width >= VECTOR;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const pp_axis *axis = p->axis, *w = &axis[2];
    task t;
    (void)direction;
    if (p->inner != 1 || p->desc.dtype != PP_F32 || !p->kernels->planes->pool || !p->inputs || !p->outputs) return false;
    if (p->is_max && (pp_reducing_of(p) == PP_WINNERS || p->desc.op != PP_OP_MAX || p->desc.nan == PP_NAN_IGNORE)) return false;
    if (axis[0].input != 1 || axis[0].longest != 1 || !is_plain(&axis[0]) || !is_plain(&axis[1]) || !is_plain(w)) return false;
    if ((w->longest > 1 || w->output > 1) && (p->array[PP_INPUT].stride[PP_W] != 1 || w->step != 1)) return false;
    if (w->output > 1 && w->advance < w->longest) return false;
    needs->scratch = lay_out(&t, p, NULL);
    /* Vectors may go beyond a window: those of the last one of a line begin before it, where the window before lies, or the plane before. */
    if (!t.missing || w->output > 1) return w->advance + w->longest >= VECTOR;
    return is_dense(p) && axis[1].longest * w->longest == p->plane && (p->n * p->c - 1) * p->plane >= VECTOR;
}

/* Windows alone in their planes; or with others, apart, of more taps than are best taken one by one. */
static bool pays(const pp_problem *p)
{
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    int64_t least = p->is_max && w->output > 4 ? 8 : 5;
    if (h->output == 1 && w->output == 1) return true;
    return h->longest >= least && w->longest >= least && h->advance >= h->longest;
}

/* ------------------------------------------------------------------------------------------------ running */

/* "lines" rows of "windows" windows, the first of which is output "at"; last: there is no input behind them. */
static void pool(task *t, const int64_t at[PP_AXES], int64_t lines, int64_t windows, bool last)
{
    const pp_run *run = t->run;
    const pp_problem *p = run->problem;
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    const int64_t *in = p->array[PP_INPUT].stride;
    int64_t row = at[PP_H] * h->stride - h->pad_begin, place_in_row = at[PP_W] * w->stride - w->pad_begin;
    const char *source = run->base[PP_INPUT] + (at[PP_N] * in[PP_N] + at[PP_C] * in[PP_C] + row * in[PP_H] + place_in_row) * SIZE;
    pp_columns *c = &t->pool.down;
    c->source = (const float *)(const void *)source;
    c->windows = c->left = windows;
    c->skip = t->step - windows * w->advance;
    c->count = 1;
    t->pool.across.target = t->sums;
    t->pool.count = lines * windows;
    t->pool.before = last || t->gaps ? t->missing : 0;
    run->kernels->planes->pool(&t->pool);
    pp_place place = pp_place_at(run, at, lines * windows, 1);
    if (windows == 1 && lines > 1) place.value_stride.group = t->target_step, place.values_dense = t->target_step == 1;
    pp_place_lanes(run, &place, (const char *)t->sums, t->divisor, (char *)t->out);
}

static int64_t pieces_of(const pp_run *run) { return (run->group.last - run->group.first) * (run->end[1] - run->begin[1]); }

/* Finds rows of windows that are equally far apart: those of a plane, of an image, or of all. */
static void find_regular(task *t, int64_t windows, int64_t height)
{
    const pp_problem *p = t->run->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int axis = height > 1 ? PP_H : p->c > 1 ? PP_C : PP_N;
    t->regular = height > 1 ? height : p->c > 1 ? p->c : p->n;
    t->step = in[axis] * (height > 1 ? p->axis[1].advance : 1);
    t->target_step = out[axis];
    if (height > 1 && in[PP_C] == height * t->step && out[PP_C] == height * t->target_step) t->regular *= p->c;
    if (windows > t->windows || (windows > 1 && t->target_step != windows * out[PP_W])) t->regular = 1;
}

static pp_status run_global(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const pp_problem *p = run->problem;
    task t = {.run = run};
    int64_t height = run->end[1] - run->begin[1], windows = run->end[2] - run->begin[2], at[PP_AXES] = {0};
    lay_out(&t, p, scratch);
    if (t.missing && windows == 1 && p->axis[2].output > 1) { /* nothing around it may exist */
        return begin ? PP_OK : pp_algorithm_reference.pass[PP_FORWARD].run(run, 0, 1, scratch);
    }
    pp_window window[3];
    for (int a = 0; a < 3; a++) window[a] = pp_axis_window(&p->axis[a], 0);
    t.divisor = pp_divisor_of(p, window);
    find_regular(&t, windows, height);
    t.gaps = windows > 1 && !(run->whole && is_dense(p));
    begin += run->group.first * height;
    end += run->group.first * height;
    for (int64_t lines; begin < end; begin += lines) {
        int64_t left = p->n * p->c * height - begin;
        lines = pp_min(pp_min(t.lines, t.regular - begin % t.regular), end - begin);
        if (t.missing && lines > 1 && lines == left) lines--; /* the last one alone */
        pp_at_plane(p, begin / height, at);
        at[PP_H] = run->begin[1] + begin % height;
        for (int64_t w = 0, some = pp_min(windows, t.windows); w < windows; w += some) { /* the last ones over others, so that none is short */
            at[PP_W] = run->begin[2] + pp_min(w, windows - some);
            pool(&t, at, lines, some, left == 1);
        }
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_global = {
    .name = "global",
    .what = "planes combined to lines, lines to elements",
    .uses_kernels = true,
    .pass = {{pays, plan, pieces_of, run_global}},
};

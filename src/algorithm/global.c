/* The row "global" of the algorithm table: large windows side by side, above all the only one of a plane, channels first.  The rows under
 * a row of windows are combined to a line, where they lie; windows of some lines are transposed, so that along W lanes are windows. */
#include "algorithm.h"

#include "../reference/reference.h"
#include "../sweep/lines.h"

enum {
    NEAR = 2048,          /* lanes of a line, better, or of all that are made before they are read */
    WIDEST = 1 << 16,     /* elements of a window, or from one to the next */
    ROOM = 8192,          /* lanes of blocks of rows, better */
    LEVELS = 8,           /* of 8 rows each, at most, and one more */
    LEAST = 4,            /* positions that are transposed at once */
    SIZE = sizeof(float), /* the only type so far */
    VECTOR = PP_COLUMN
};

/* One task at work. */
typedef struct task {
    const pp_run *run;
    int64_t pitch;                      /* from window to window of a line */
    int64_t windows, lines;             /* that are done at once: of a row, rows of them */
    int64_t regular, step, target_step; /* so many rows of windows, from a multiple on, are so far apart: in the input, in the output */
    int64_t missing;                    /* lanes of a vector that a line of one window does not have */
    double divisor;
    int64_t part;                       /* lanes of a line of many rows that are done at once */
    float *line, *dense, *sums, *out, *room; /* scratch: lines, their windows transposed, a lane of each window, elements, blocks of rows */
} task;

static int64_t rounded(int64_t lanes) { return (lanes + VECTOR - 1) / VECTOR * VECTOR; }

/* What is the same for all rows; returns the bytes of scratch. */
static size_t lay_out(task *t, const pp_problem *p, char *scratch)
{
    const pp_axis *w = &p->axis[2];
    int64_t all;
    t->pitch = w->output > 1 ? w->advance : rounded(w->longest);
    t->windows = pp_min(pp_max(NEAR / t->pitch, pp_ceil_div(pp_max(VECTOR - w->longest, 0), t->pitch) + 1), w->output);
    t->lines = pp_max(NEAR / (t->windows * t->pitch), 1);
    t->missing = pp_max(VECTOR - ((w->output - 1) * t->pitch + w->longest), 0);
    all = rounded(t->lines * t->windows);
    int64_t blocks = pp_max(p->axis[1].longest, w->longest) / 8;
    t->part = pp_max(ROOM / (blocks + 1), VECTOR) / VECTOR * VECTOR;
    int64_t line = VECTOR + all * t->pitch + VECTOR, dense = all * pp_max(w->longest, LEAST);
    if (scratch) {
        t->line = (float *)(void *)scratch + VECTOR;
        t->dense = (float *)(void *)scratch + line;
        t->sums = t->dense + dense;
        t->out = t->sums + all;
        t->room = t->out + all;
    }
    return (size_t)(line + dense + 2 * all + (blocks + blocks / 7 + LEVELS) * t->part) * SIZE;
}

/* ------------------------------------------------------------------------------------------------ when */

/* Whether windows on an axis lie wholly inside. */
static bool is_plain(const pp_axis *axis)
{
    int64_t begin, end;
    pp_axis_inside(axis, &begin, &end);
    return begin == 0 && end == axis->output && axis->longest > 0 && axis->longest <= WIDEST && axis->advance <= WIDEST;
}

/* Whether windows are planes that follow each other, not too small: then a vector may be read from the begin of a row on; but for the
 * last plane, where there is something before it. */
static bool is_dense(const pp_problem *p)
{
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    const int64_t *stride = p->array[PP_INPUT].stride;
    return h->longest * w->longest == p->plane && (h->input == 1 || stride[PP_H] == w->input) && (p->c == 1 || stride[PP_C] == p->plane) &&
           (p->n == 1 || stride[PP_N] == p->c * p->plane) && p->plane + w->input >= VECTOR && (p->n * p->c - 1) * p->plane >= VECTOR;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const pp_axis *axis = p->axis, *w = &axis[2];
    task t;
    (void)direction;
    if (p->inner != 1 || p->desc.dtype != PP_F32 || !p->kernels->planes->columns[0] || !p->inputs || !p->outputs) return false;
    if (p->is_max && (pp_reducing_of(p) == PP_WINNERS || p->desc.op != PP_OP_MAX || p->desc.nan == PP_NAN_IGNORE)) return false;
    if (axis[0].input != 1 || axis[0].longest != 1 || !is_plain(&axis[0]) || !is_plain(&axis[1]) || !is_plain(w)) return false;
    if ((w->longest > 1 || w->output > 1) && (p->array[PP_INPUT].stride[PP_W] != 1 || w->step != 1)) return false;
    if (w->output > 1 && w->advance < w->longest) return false;
    needs->scratch = lay_out(&t, p, NULL);
    return !t.missing || is_dense(p);
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

/* A line of any number of rows: blocks of 8 become lines in "room", these are rows again, and the last rows come after them. */
static void make_line(pp_columns_fn columns, pp_columns *c, float *room)
{
    const float *source = c->source;
    float *target = c->target;
    int64_t rows = c->rows, row = c->row, blocks = rows / 8, rest = rows % 8, line = c->last + VECTOR;
    c->lines = 1;
    if (rows >= 16) {
        c->lines = blocks, c->source_line = 8 * row, c->target_line = line;
        c->rows = 8;
        c->target = room + line;
        columns(c);
        c->source = room + line;
        c->rows = blocks, c->row = line;
        c->target = rest ? room : target;
        make_line(columns, c, room + (blocks + 1) * line);
        if (!rest) return;
        c->source = source + 8 * blocks * row;
        c->rows = rest, c->row = row;
        c->before = room;
        c->target = target;
    }
    columns(c);
    c->before = NULL;
}

/* Lines of "width" lanes, from one to the next c->source_line and c->target_line. */
static void make_lines(const task *t, pp_columns *c, int64_t lines, int64_t width)
{
    pp_columns_fn columns = t->run->kernels->planes->columns[t->run->problem->is_max];
    const pp_columns given = *c;
    int64_t end = pp_max(width - VECTOR, 0);
    c->lines = lines;
    c->last = end;
    if (c->rows < 16) {
        columns(c);
        return;
    }
    for (int64_t i = 0; i < lines; i++) {
        for (int64_t w = 0; w < width; w += t->part) {
            int64_t from = pp_min(w, end);
            c->rows = given.rows, c->row = given.row;
            c->last = pp_max(pp_min(width - from, t->part) - VECTOR, 0);
            c->source = (const float *)given.source + i * given.source_line + from;
            c->target = (float *)given.target + i * given.target_line + from;
            make_line(columns, c, t->room);
        }
    }
}

/* "lines" rows of "windows" windows, the first of which is output "at"; last: there is no input behind them. */
static void pool(const task *t, const int64_t at[PP_AXES], int64_t lines, int64_t windows, bool last)
{
    const pp_run *run = t->run;
    const pp_problem *p = run->problem;
    const pp_axis *h = &p->axis[1], *w = &p->axis[2];
    const int64_t *in = p->array[PP_INPUT].stride;
    int64_t length = w->longest, all = lines * windows, lanes = rounded(all), before = last ? t->missing : 0;
    int64_t row = at[PP_H] * h->stride - h->pad_begin, place_in_row = at[PP_W] * w->stride - w->pad_begin - before;
    const char *source = run->base[PP_INPUT] + (at[PP_N] * in[PP_N] + at[PP_C] * in[PP_C] + row * in[PP_H] + place_in_row) * SIZE;
    pp_columns c = {.source = source, .source_line = t->step, .rows = h->longest, .row = h->step * in[PP_H], .target = t->line - before};
    c.target_line = windows * t->pitch;
    make_lines(t, &c, lines, c.target_line - t->pitch + length + before);
    pp_transpose turn = {.rows = (char *)t->line, .count = lanes, .stride = t->pitch * SIZE, .dense = (char *)t->dense, .run = lanes * SIZE};
    turn.positions = pp_max(length, LEAST);
    turn.ahead = (int64_t)((uintptr_t)source + (uintptr_t)(lines * t->step * SIZE) - (uintptr_t)turn.rows); /* what is read next */
    run->kernels->planes->transpose[0](&turn);
    c.source = t->dense, c.rows = length, c.row = lanes, c.target = t->sums;
    make_lines(t, &c, 1, lanes);
    pp_place place = pp_place_at(run, at, all, 1);
    if (windows == 1 && lines > 1) place.value_stride.group = t->target_step, place.values_dense = t->target_step == 1;
    pp_place_lanes(run, &place, (const char *)t->sums, t->divisor, (char *)t->out);
}

static int64_t tasks_of(const pp_run *run) { return (run->group.last - run->group.first) * (run->end[1] - run->begin[1]); }

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

static pp_status run_global(const pp_run *run, int64_t task_number, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    task t = {.run = run};
    int64_t height = run->end[1] - run->begin[1], windows = run->end[2] - run->begin[2], begin, end, at[PP_AXES] = {0};
    lay_out(&t, p, scratch);
    if (!t.missing && (windows - 1) * t.pitch + p->axis[2].longest < VECTOR) { /* so few of a row */
        return task_number ? PP_OK : pp_algorithm_reference.pass[PP_FORWARD].run(run, 0, 1, scratch);
    }
    pp_window window[3];
    for (int a = 0; a < 3; a++) window[a] = pp_axis_window(&p->axis[a], 0);
    t.divisor = pp_divisor_of(p, window);
    find_regular(&t, windows, height);
    pp_share(tasks_of(run), task_number, tasks, &begin, &end);
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
    .pass = {{pays, plan, tasks_of, run_global}},
};

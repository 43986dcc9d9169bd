/* What the gather kernel is to do: rows of lines, their margins, lists of the windows over an element. */
#include "gather.h"

#include <string.h>

enum {
    MOST_TAPS = 32,           /* windows over an element; adding one by one is better where there are more */
    WHOLE_BYTES = 256 * 1024, /* of lines that hold a plane */
    MOST_BYTES = 2048 * 1024  /* of lines at all */
};

/* A call of the kernel: rows of grad_input, or positions of one, whose windows only move. */
typedef struct pp_job {
    pp_gather call;
    int64_t target; /* from the first element of the part */
} pp_job;

static int outermost(const pp_problem *p) { return p->axis[0].input > 1 ? 0 : p->axis[1].input > 1 ? 1 : 2; }

static int64_t span_of(const pp_axis *axis) { return (axis->longest - 1) * axis->step + 1; }

/* Outputs of a row that are nominally over its elements: [*low, *high), those that exist among them. */
static void find_row(const pp_axis *cover, int64_t *low, int64_t *high)
{
    int64_t from, to;
    pp_axis_span(cover, 0, cover->output, &from, &to);
    *low = pp_min(from, 0);
    *high = pp_max(to, cover->input);
}

/* Sizes of the lines; 0: too large. */
static size_t measure(pp_gathering *g, const pp_problem *p, int64_t outputs)
{
    size_t each = sizeof(int32_t) + pp_dtypes[p->desc.dtype].sum_size;
    if (g->axis == 2) outputs = 1;
    int64_t low, high, room = MOST_BYTES / (int64_t)each;
    find_row(&g->cover[2], &low, &high);
    if (high - low > room / g->lanes) return 0;
    int64_t whole = PP_ALIGN / (int64_t)sizeof(int32_t);
    g->margin = pp_ceil_div(-low * g->lanes, whole) * whole; /* windows that begin where the element lies are read aligned */
    g->pitch = pp_ceil_div(g->margin + high * g->lanes, whole) * whole;
    g->slot = g->pitch;
    if (g->axis == 0) {
        if (p->axis[1].output > room / g->slot) return 0;
        g->slot *= p->axis[1].output;
    }
    if (outputs > room / g->slot) outputs = room / g->slot + 1;
    g->whole = outputs * g->slot * (int64_t)each <= WHOLE_BYTES || g->axis == 2;
    g->slots = pp_max(g->whole ? outputs : span_of(&p->axis[g->axis]) / p->axis[g->axis].stride + 1, 1);
    return g->slots <= room / g->slot ? (size_t)(g->slots * g->slot + PP_GATHER_AHEAD) * each + 2 * PP_ALIGN : 0;
}

/* Jobs at most: the windows over rows of a class keep their form but at the ends. */
static int64_t most_jobs(const pp_gathering *g)
{
    const pp_axis *cover = g->cover;
    int64_t rows = cover[1].output;
    if (g->problem->inner > 1) rows = cover[1].output * cover[2].period;
    if (g->axis == 1 && !g->whole) rows = cover[2].period;
    return rows * (g->whole ? cover[0].output : 1);
}

static int64_t most_taps(const pp_problem *p, const pp_axis cover[3])
{
    int64_t taps = 1;
    for (int a = 0; a < 3; a++) {
        if (cover[a].longest > MOST_TAPS) return MOST_TAPS + 1;
        taps *= pp_max(a == 2 ? cover[a].longest : pp_min(cover[a].longest, p->axis[a].output), 1); /* a row has margins */
    }
    return taps;
}

static void describe(pp_gathering *g, const pp_problem *p)
{
    *g = (pp_gathering){.problem = p, .axis = outermost(p), .lanes = p->inner};
    for (int a = 0; a < 3; a++) g->cover[a] = pp_axis_cover(&p->axis[a], NULL);
}

static size_t size_of(const pp_gathering *g, size_t lines)
{
    int64_t jobs = most_jobs(g);
    if (!lines || jobs > MOST_BYTES / (int64_t)sizeof(pp_job)) return 0;
    size_t taps = (size_t)(jobs * 2 * most_taps(g->problem, g->cover)) * sizeof(pp_tap);
    return lines + pp_aligned((size_t)jobs * sizeof(pp_job)) + pp_aligned(taps);
}

size_t pp_gathering_size(const pp_problem *p)
{
    pp_gathering g;
    if (!pp_gathering_applies(p)) return 0;
    describe(&g, p);
    return size_of(&g, measure(&g, p, p->axis[g.axis].output));
}

bool pp_gathering_applies(const pp_problem *p)
{
    pp_gathering g;
    if (!p->kernels->gather || p->inputs == 0 || p->outputs == 0 || p->plane > INT32_MAX / 2) return false;
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->kind != PP_AXIS_SLIDING || axis->longest == 0 || axis->longest > INT32_MAX || axis->step > INT32_MAX) return false;
        if (axis->stride > INT32_MAX || axis->pad_begin > INT32_MAX || axis->pad_begin < -INT32_MAX) return false;
        if (span_of(axis) > axis->input) return false; /* tags could mean two places */
        if (a < outermost(p) && axis->output > 1) return false;
        if (axis->output > 1 && axis->stride > INT32_MAX / axis->output) return false;
    }
    if (p->desc.backward == PP_BACKWARD_INDICES && p->axis[2].step > 1) return false; /* as take looks at them */
    if (p->axis[2].visible < p->axis[2].input) return false;
    describe(&g, p);
    if (g.cover[2].period > (p->inner > 1 ? MOST_TAPS : 2) || most_taps(p, g.cover) > MOST_TAPS) return false;
    return size_of(&g, measure(&g, p, p->axis[g.axis].output)) > 0;
}

void pp_gathering_init(pp_gathering *g, const pp_run *run, int axis, int64_t from, int64_t to, int64_t lanes, char *scratch)
{
    const pp_problem *p = run->problem;
    describe(g, p);
    measure(g, p, p->axis[axis].output); /* as for all channels: fewer must not need more scratch */
    g->lanes = lanes;
    g->kernel = run->kernels->gather;
    g->from = from;
    if (g->whole && axis < 2) g->slots = to - from;
    g->jobs = (pp_job *)(void *)scratch;
    g->job_room = most_jobs(g);
    g->taps = (pp_tap *)(void *)(scratch + pp_aligned((size_t)g->job_room * sizeof(pp_job)));
    char *lines = (char *)g->taps + pp_aligned((size_t)(g->job_room * 2 * most_taps(p, g->cover)) * sizeof(pp_tap));
    size_t count = (size_t)(g->slots * g->slot + PP_GATHER_AHEAD);
    g->tags = (int32_t *)(void *)lines;
    g->grads = lines + pp_aligned(count * sizeof(int32_t));
    memset(g->tags, -1, count * sizeof(int32_t));
}

static int64_t slot_of(const pp_gathering *g, int64_t o) { return g->whole ? o - g->from : o % g->slots; }

int64_t pp_gathering_row(const pp_gathering *g, int64_t d, int64_t h)
{
    if (g->axis == 0) return slot_of(g, d) * g->slot + h * g->pitch + g->margin;
    return (g->axis == 1 ? slot_of(g, h) * g->slot : 0) + g->margin;
}

/* The windows over element (at[0], at[1], x), on D and H those of wd, wh that exist. */
static void list_taps(pp_gathering *g, const int64_t at[2], int64_t x, const pp_window *wd, const pp_window *wh, pp_gather *call)
{
    const pp_axis *axis = g->problem->axis;
    pp_window ww = pp_axis_window(&g->cover[2], x);
    pp_tap *tap = g->taps + g->taps_used, *first = tap;
    for (int64_t i = wd->begin; i < wd->end; i++) {
        int64_t od = wd->first + i * g->cover[0].step, d = at[0] - (od * axis[0].stride - axis[0].pad_begin);
        for (int64_t j = wh->begin; j < wh->end; j++) {
            int64_t oh = wh->first + j * g->cover[1].step, h = at[1] - (oh * axis[1].stride - axis[1].pad_begin);
            int64_t row = pp_gathering_row(g, od, oh);
            for (int64_t k = 0; k < ww.length; k++) {
                int64_t ow = ww.first + k * g->cover[2].step, w = x - (ow * axis[2].stride - axis[2].pad_begin);
                *tap++ = (pp_tap){.offset = row + ow * g->lanes, .index = (d * axis[1].input + h) * axis[2].input + w};
            }
        }
    }
    call->taps[call->phases] = first;
    call->count[call->phases++] = tap - first;
    g->taps_used += tap - first;
}

/* Jobs for "rows" rows from (at[0], at[1]) on, a period apart, whose windows on H are wh and its likes. */
static void list_rows(pp_gathering *g, const int64_t at[2], int64_t rows, const pp_window *wd, const pp_window *wh, const int64_t begin[3],
                      const int64_t end[3], const int64_t stride[3])
{
    const pp_problem *p = g->problem;
    int64_t classes = g->cover[2].period, width = end[2] - begin[2];
    int64_t target = (at[0] - begin[0]) * stride[0] + (at[1] - begin[1]) * stride[1];
    bool line = p->inner == 1 || (classes == 1 && (stride[2] == g->lanes || width == 1));
    if (line) {
        pp_job *job = &g->jobs[g->job_count++];
        job->call = (pp_gather){.lanes = width * g->lanes, .repeat = rows, .step = g->pitch};
        job->call.target_step = g->cover[1].period * stride[1];
        job->target = target;
        for (int64_t q = 0; q < classes; q++) list_taps(g, at, begin[2] + pp_min(q, width - 1), wd, wh, &job->call);
        return;
    }
    for (int64_t r = 0; r < rows; r++) {
        int64_t now[2] = {at[0], at[1] + r * g->cover[1].period};
        pp_window over = pp_axis_window(&g->cover[1], now[1]);
        for (int64_t q = 0; q < pp_min(classes, width); q++) {
            pp_job *job = &g->jobs[g->job_count++];
            job->call =
                (pp_gather){.lanes = g->lanes, .repeat = (width - q + classes - 1) / classes, .step = g->lanes * g->cover[2].advance};
            job->call.target_step = classes * stride[2];
            job->target = target + r * g->cover[1].period * stride[1] + q * stride[2];
            list_taps(g, now, begin[2] + q, wd, &over, &job->call);
        }
    }
}

void pp_gathering_list(pp_gathering *g, const int64_t begin[3], const int64_t end[3], const int64_t stride[3])
{
    const pp_axis *h = &g->cover[1];
    g->job_count = g->taps_used = 0;
    for (int64_t at[2] = {begin[0]}; at[0] < end[0]; at[0]++) {
        pp_window wd = pp_axis_window(&g->cover[0], at[0]);
        for (int64_t c = 0; c < h->period && c < end[1] - begin[1]; c++) {
            int64_t rows;
            for (at[1] = begin[1] + c; at[1] < end[1]; at[1] += rows * h->period) {
                pp_window wh = pp_axis_window(h, at[1]);
                int64_t full = h->input - (wh.first + (wh.length - 1) * h->step); /* those that follow have all windows too */
                rows = 1;
                if (wh.length && wh.begin == 0 && wh.end == wh.length) {
                    rows = pp_min(pp_min(full, pp_ceil_div(end[1] - at[1], h->period)), pp_ceil_div(h->live - at[1], h->period));
                }
                list_rows(g, at, rows, &wd, &wh, begin, end, stride);
            }
        }
    }
}

void pp_gathering_run(const pp_gathering *g, char *target)
{
    size_t lane = pp_dtypes[g->problem->desc.dtype].sum_size;
    for (int64_t i = 0; i < g->job_count; i++) {
        pp_gather call = g->jobs[i].call;
        call.tags = g->tags;
        call.grads = g->grads;
        call.target = target + g->jobs[i].target * (int64_t)lane;
        g->kernel(&call);
    }
}

/* The row "pick" of the algorithm table: forward, rows of contiguous lanes with few of them per output.  For two vectors of lanes
 * at a time the rows under the windows are combined in registers, and each tap of the windows is one permutation of these two
 * (kernels/pick.inc).  What the kernel is told is prepared with the plan (pick_plan.c). */
#include "../sweep/lines.h"
#include "algorithm.h"
#include "pick_plan.h"

#include <string.h>

enum {
    PICK_CHANNELS = 4,  /* lanes of an output, when it pays */
    PICK_WIDTH = 16,    /* taps on an axis, when it pays */
    PICK_FAR = 1 << 23, /* bytes of an input of which little is still in a cache */
    PICK_PAGE = 4096,   /* bytes */
};

/* Windows that are shorter than the longest must be summed in the same order: their trees may differ by missing taps only.  Of many
 * windows, more than can be listed, nothing is said. */
PP_COLD static bool trees_agree(const pp_axis *axis)
{
    if (axis->kind == PP_AXIS_SLIDING) return true;
    int64_t different = pp_min(axis->output, axis->period);
    for (int64_t o = 0; o < different; o++) {
        if (o > PP_PREPARED) return false;
        int64_t length = pp_axis_window(axis, o).length;
        for (int64_t t = 0; t < length; t++) {
            if (pp_merges(t, 0, length, axis->longest) != pp_merges(t, 0, length, length)) return false;
        }
    }
    return true;
}

PP_COLD static bool applies(const pp_problem *p)
{
    const pp_axis *axis = p->axis;
    const pp_desc *desc = &p->desc;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    if (!(p->is_max ? p->kernels->pick_max : p->kernels->pick_sum)) return false;
    if (p->inputs == 0 || p->outputs == 0 || desc->indices != PP_INDEX_NONE) return false;
    if (p->is_max && desc->nan == PP_NAN_IGNORE && pp_dtypes[desc->dtype].floating) return false;
    if (p->inner > 1 && (in[PP_INNER] != 1 || out[PP_INNER] != 1)) return false;
    if (axis[2].input > 1 && in[PP_W] != p->inner) return false;
    if (axis[2].output > 1 && out[PP_W] != p->inner) return false;
    double extents = 1;
    for (int a = 0; a < 3; a++) {
        if (axis[a].input > INT32_MAX || axis[a].output > INT32_MAX || axis[a].longest > PP_PICK_TAPS || axis[a].step > INT32_MAX ||
            axis[a].advance > INT32_MAX || axis[a].pad_begin > INT32_MAX || axis[a].pad_begin < -INT32_MAX)
            return false;
        extents *= (double)axis[a].longest;
    }
    if (p->inner > INT32_MAX || extents > 1 << 20) return false; /* divisors are exact in any type */
    if (!p->is_max && !trees_agree(&axis[2])) return false;
    const pp_picked *made = p->prepared; /* "lanes" may have asked before */
    if (made && made->of == p) return true;
    size_t prepared = pp_pick_prepare(p, p->prepared);
    return prepared > 0 && prepared <= PP_PREPARED;
}

/* Long windows that overlap are for levels. */
PP_COLD static bool pays(const pp_problem *p)
{
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->longest > PICK_WIDTH || (axis->longest > 5 && (axis->longest * axis->period + 1) / 2 > axis->advance)) return false;
    }
    return p->inner <= PICK_CHANNELS;
}

/* Where the plan keeps it, it is since "applies" was asked. */
static size_t prepare(const pp_problem *p, void *memory) { return memory && memory == p->prepared ? 0 : pp_pick_prepare(p, memory); }

static size_t scratch_size(const pp_problem *p)
{
    (void)p;
    return 0;
}

/* ------------------------------------------------------------------------------------------------ running */

static int64_t rows_of(const pp_run *run)
{
    return (run->group.last - run->group.first) * (run->end[0] - run->begin[0]) * (run->end[1] - run->begin[1]);
}

/* The part [begin, end) on H of runs; their number. */
PP_COLD static int64_t clip(const pp_pick_run *runs, int64_t count, int64_t begin, int64_t end, pp_pick_run *to)
{
    int64_t row = 0, kept = 0;
    for (int64_t r = 0; r < count; row += runs[r++].rows) {
        int64_t from = pp_max(begin - row, 0), until = pp_min(end - row, runs[r].rows);
        if (from >= until) continue;
        to[kept] = runs[r];
        to[kept].rows = until - from;
        to[kept].source += from * runs[r].source_step;
        to[kept++].target += from * runs[r].target_step;
    }
    return kept;
}

/* One run of a task. */
typedef struct picking {
    const pp_run *run;
    const pp_picked *plan;
    pp_pick pick;
    pp_pick_fn kernel;
    const pp_pick_strip *strips;
    int64_t strip_count;
    const char *input;   /* element at coordinates 0 */
    uintptr_t low, high; /* what may be read */
    int64_t size;        /* of an element */
    bool far;            /* the input comes from memory */
} picking;

/* Whether all that the box at hand loads may be read. */
static bool exists(const picking *s)
{
    const pp_pick *k = &s->pick;
    int64_t load = s->plan->layout.load, low = k->run->low, high = k->run->high + (k->strip->to <= load ? 1 : 2) * load;
    for (int a = 0; a < 2; a++) {
        int64_t reach = (k->count[a] - 1) * k->source_step[a];
        *(reach < 0 ? &low : &high) += reach;
    }
    uintptr_t from = (uintptr_t)k->source + (uintptr_t)(low * s->size), to = (uintptr_t)k->source + (uintptr_t)(high * s->size);
    return from >= s->low && to <= s->high;
}

/* One pair at a time, what exists of those that do not wholly exist copied together. */
PP_COLD static void pick_carefully(picking *s)
{
    const pp_pick box = s->pick;
    const pp_pick_strip *strip = box.strip;
    _Alignas(PP_ALIGN) char rows[PP_PICK_TAPS * 2 * PP_PICK_VECTOR];
    pp_tap taps[PP_PICK_TAPS];
    pp_pick_run run = *box.run;
    pp_pick *k = &s->pick;
    memset(rows, 0, (size_t)(run.count * 2 * PP_PICK_VECTOR));
    for (int64_t t = 0; t < run.count; t++) {
        taps[t] = run.taps[t];
        taps[t].offset = t * 2 * PP_PICK_VECTOR / s->size;
    }
    run.taps = taps;
    k->count[0] = k->count[1] = 1;
    k->ahead = 0;
    for (int64_t i = 0; i < box.count[1] * box.count[0]; i++) {
        int64_t j = i % box.count[0], n = i / box.count[0];
        const char *source = (const char *)box.source + (j * box.source_step[0] + n * box.source_step[1]) * s->size;
        k->target = (char *)box.target + (j * box.target_step[0] + n * box.target_step[1]) * s->size;
        k->source = source;
        k->run = box.run;
        if (!exists(s)) {
            for (int64_t t = 0; t < run.count; t++) {
                memcpy(rows + (taps[t].offset + strip->from) * s->size, source + (box.run->taps[t].offset + strip->from) * s->size,
                       (size_t)((strip->to - strip->from) * s->size));
            }
            k->source = rows;
            k->run = &run;
        }
        s->kernel(k);
    }
    *k = box;
}

/* "rows" rows of a run on "planes" planes, strip by strip. */
static void pick_block(picking *s, const pp_pick_run *run, const char *source, char *target, int64_t rows, int64_t planes)
{
    const pp_picked *plan = s->plan;
    pp_pick *k = &s->pick;
    k->run = run;
    k->ahead = s->far ? pp_max(rows * run->source_step, PICK_PAGE / s->size) : 0;
    for (const pp_pick_strip *strip = s->strips; strip < s->strips + s->strip_count; strip++) {
        bool many = strip->pairs > 1; /* one pair a row: the box is of rows and planes */
        k->strip = strip;
        k->source = source + strip->lane * s->size;
        k->target = target + strip->output * s->size;
        k->count[many] = rows, k->source_step[many] = run->source_step, k->target_step[many] = run->target_step;
        k->count[!many] = many ? strip->pairs : planes;
        k->source_step[!many] = many ? plan->layout.advance : plan->source_plane;
        k->target_step[!many] = many ? plan->layout.outputs : plan->target_plane;
        bool all = strip->from == 0 && strip->to == 2 * plan->layout.vector;
        for (int64_t plane = many ? planes : 1; plane > 0; plane--) {
            if (all || exists(s)) s->kernel(k);
            else pick_carefully(s);
            k->source = (const char *)k->source + plan->source_plane * s->size;
            k->target = (char *)k->target + plan->target_plane * s->size;
        }
    }
}

/* Output rows [begin, end) on H of "planes" planes from "plane" on, at depth d. */
static void pick_planes(picking *s, int64_t plane, int64_t planes, int64_t d, int64_t begin, int64_t end)
{
    const pp_problem *p = s->run->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t at[PP_AXES], count = s->plan->run_count, first = pp_axis_window(&p->axis[0], d).first;
    const pp_pick_depth *depth = s->plan->depths;
    while (d >= depth->end) depth++;
    pp_pick_run clipped[PP_PICK_RUNS];
    const pp_pick_run *runs = s->plan->runs + depth->runs;
    if (begin > 0 || end < p->axis[1].output) {
        count = clip(runs, count, begin, end, clipped);
        runs = clipped;
    }
    pp_at_plane(p, plane, at);
    const char *source = s->input + (at[PP_N] * in[PP_N] + at[PP_C] * in[PP_C] + first * in[PP_D]) * s->size;
    char *target = s->run->base[PP_OUTPUT] + (at[PP_N] * out[PP_N] + at[PP_C] * out[PP_C] + d * out[PP_D]) * s->size;
    for (int64_t plane_count; planes > 0; planes -= plane_count) {
        plane_count = pp_min(planes, s->plan->planes);
        for (const pp_pick_run *r = runs; r < runs + count; r++) {
            for (int64_t row = 0; row < r->rows; row += s->plan->band) {
                pick_block(s, r, source + (r->source + row * r->source_step) * s->size,
                           target + (r->target + row * r->target_step) * s->size, pp_min(s->plan->band, r->rows - row), plane_count);
            }
        }
        source += plane_count * s->plan->source_plane * s->size;
        target += plane_count * s->plan->target_plane * s->size;
    }
}

/* Rows [begin, end) of the run, counted over all planes. */
PP_NOINLINE static void pick_rows(picking *s, int64_t begin, int64_t end)
{
    const pp_run *run = s->run;
    const pp_problem *p = run->problem;
    int64_t height = run->end[1] - run->begin[1], depth = run->end[0] - run->begin[0];
    while (begin < end) {
        int64_t slice = pp_quotient(begin, height), row = pp_remainder(begin, height), rows = pp_min(height - row, end - begin), planes = 1;
        int64_t plane = run->group.first + pp_quotient(slice, depth), d = run->begin[0] + pp_remainder(slice, depth);
        if (depth == 1 && rows == height) { /* as many planes as follow each other regularly */
            planes = pp_min(pp_quotient(end - begin, height), p->c > 1 ? p->c - pp_remainder(plane, p->c) : p->n - plane);
        }
        pick_planes(s, plane, planes, d, run->begin[1] + row, run->begin[1] + row + rows);
        begin += planes * rows;
    }
}

/* The same for a part of the rows, which has two more ends. */
PP_COLD static void pick_part(picking *s, int64_t begin, int64_t end)
{
    const pp_run *run = s->run;
    pp_pick_strip strips[PP_PICK_STRIPS + 8];
    int64_t inner = run->problem->inner, read[2], write[2] = {run->begin[2] * inner, run->end[2] * inner};
    pp_axis_reach(&run->problem->axis[2], run->begin[2], run->end[2], &read[0], &read[1]);
    read[0] *= inner;
    read[1] *= inner;
    s->strip_count = pp_pick_lay(&s->plan->layout, read, write, strips, PP_COUNT(strips));
    s->strips = strips;
    pick_rows(s, begin, end);
}

/* A dense input of so few bytes is copied to where vectors may be read around it; returns element 0 there. */
static const char *copy_tiny(const pp_picked *plan, const char *input, char *tiny)
{
    memcpy(tiny + 2 * PP_PICK_VECTOR, input + plan->low * plan->size, (size_t)((plan->high - plan->low) * plan->size));
    return tiny + 2 * PP_PICK_VECTOR - plan->low * plan->size;
}

static pp_status run_pick(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    const pp_picked *plan = run->prepared;
    _Alignas(PP_ALIGN) char tiny[PP_PICK_TINY + 4 * PP_PICK_VECTOR];
    bool single = plan->single && run->whole && tasks == 1;
    for (int a = 0; a < 3; a++) single &= run->end[a] - run->begin[a] == p->axis[a].output;
    if (single) { /* a call of nanoseconds */
        pp_pick box = plan->pick;
        box.source = copy_tiny(plan, run->base[PP_INPUT], tiny) + plan->single_source;
        box.target = run->base[PP_OUTPUT] + plan->single_target;
        plan->kernel(&box);
        return PP_OK;
    }
    picking s = {.run = run, .plan = plan, .pick = plan->pick, .strips = plan->strips, .strip_count = plan->strip_count};
    int64_t begin, end;
    (void)scratch;
    s.size = plan->size;
    s.kernel = plan->kernel;
    s.input = run->base[PP_INPUT];
    s.far = p->inputs * s.size > PICK_FAR;
    s.pick.stream = plan->stream && (uintptr_t)run->base[PP_OUTPUT] % PP_ALIGN == 0;
    if (run->whole) { /* of a part the rest of the input may not be there */
        size_t bytes = (size_t)((plan->high - plan->low) * s.size);
        s.low = (uintptr_t)s.input + (uintptr_t)(plan->low * s.size);
        s.high = s.low + bytes;
        if (bytes <= PP_PICK_TINY && bytes > 0) {
            s.input = copy_tiny(plan, s.input, tiny);
            s.low = (uintptr_t)tiny;
            s.high = s.low + sizeof tiny;
        }
    }
    pp_share(rows_of(run), task, tasks, &begin, &end);
    if (run->end[2] - run->begin[2] == p->axis[2].output) pick_rows(&s, begin, end);
    else pick_part(&s, begin, end);
    if (s.pick.stream) p->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_pick = {
    .name = "pick",
    .what = "rows in registers, each tap a permutation",
    .uses_kernels = true,
    .pass = {{applies, pays, prepare, scratch_size, rows_of, run_pick}},
};

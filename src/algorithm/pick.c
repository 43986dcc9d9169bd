/* The row "pick" of the algorithm table: forward, rows of contiguous lanes with few of them per output.  For two vectors of lanes
 * at a time the rows under the windows are combined in registers, and each tap of the windows is one permutation of these two
 * (kernels/pick.inc).  What the kernel is told is prepared with the plan (pick_plan.c). */
#include "../sweep/lines.h"
#include "algorithm.h"
#include "narrow.h"
#include "pick_plan.h"

#include <string.h>

enum {
    PICK_CHANNELS = 4, /* lanes of an output, when it pays */
    PICK_WIDTH = 16,   /* taps on an axis, when it pays */
    PICK_PAGE = 4096,  /* bytes */
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

PP_COLD bool pp_rows_are_plain(const pp_problem *p)
{
    const pp_axis *axis = p->axis;
    const pp_desc *desc = &p->desc;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    if (p->inputs == 0 || p->outputs == 0 || desc->indices != PP_INDEX_NONE) return false;
    if (p->is_max && desc->nan == PP_NAN_IGNORE && pp_dtypes[desc->dtype].floating) return false;
    if (p->inner > 1 && (in[PP_INNER] != 1 || out[PP_INNER] != 1)) return false;
    if (axis[2].input > 1 && in[PP_W] != p->inner) return false;
    if (axis[2].output > 1 && out[PP_W] != p->inner) return false;
    for (int a = 0; a < 3; a++) { /* divisors are exact in any type */
        int64_t pad = axis[a].pad_begin < 0 ? ~axis[a].pad_begin : axis[a].pad_begin;
        uint64_t all = (uint64_t)(axis[a].input | axis[a].output | axis[a].step | axis[a].stride | axis[a].advance | pad | p->inner);
        if (all > INT32_MAX || axis[a].longest > PP_PICK_TAPS) return false;
    }
    return true;
}

PP_COLD static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const pp_axis *axis = p->axis;
    if (!(p->is_max ? p->kernels->pick_max : p->kernels->pick_sum) || !pp_rows_are_plain(p)) return false;
    if (!p->is_max && !trees_agree(&axis[2])) return false;
    (void)direction;
    if (needs->only && axis[2].kind == PP_AXIS_SLIDING) { /* tables of such windows fit, nearly always */
        return ((axis[2].longest - 1) * axis[2].step + 1) * p->inner * (int64_t)pp_dtypes[p->desc.dtype].size <=
               2 * p->kernels->vector_bytes;
    }
    return pp_pick_prepare(p, 0, axis[2].output, needs->memory, needs->room);
}

/* Long windows that overlap are for levels. */
PP_COLD static bool pays(const pp_problem *p)
{
    int64_t most = p->is_max && pp_dtypes[p->desc.dtype].size == 1 ? PICK_WIDTH : 5; /* of bytes there are no levels */
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->longest > PICK_WIDTH ||
            (axis->longest > most && (axis->period > INT32_MAX || (axis->longest * axis->period + 1) / 2 > axis->advance)))
            return false;
    }
    return p->inner <= PICK_CHANNELS && !pp_narrow_joins(p);
}

/* ------------------------------------------------------------------------------------------------ running */

/* One run of a task. */
typedef struct picking {
    const pp_run *run;
    const pp_picked *plan;
    uintptr_t low, high; /* what may be read */
    pp_pick pick;
} picking;

/* Whether all that the box at hand loads from "source" may be read. */
static bool exists(const picking *s, const char *source)
{
    const pp_pick *k = &s->pick;
    const pp_picked *plan = s->plan;
    int64_t low = k->run->low, high = k->run->high + (k->strip->to <= plan->load ? plan->load : plan->lanes);
    for (int a = 0; a < 2; a++) {
        int64_t reach = (k->count[a] - 1) * k->source_step[a];
        *(reach < 0 ? &low : &high) += reach;
    }
    return (uintptr_t)source + (uintptr_t)(low * plan->size) >= s->low && (uintptr_t)source + (uintptr_t)(high * plan->size) <= s->high;
}

/* One pair at a time, what exists of those that do not wholly exist copied together. */
PP_COLD static void pick_carefully(picking *s, const char *source, char *target)
{
    const pp_pick box = s->pick;
    const pp_pick_strip *strip = box.strip;
    _Alignas(PP_ALIGN) char rows[PP_PICK_TAPS][2 * PP_PICK_VECTOR] = {{0}};
    int64_t offset[PP_PICK_TAPS] = {0}, size = s->plan->size;
    pp_pick_run run = *box.run;
    run.row = offset;
    for (int64_t t = 0; t < run.count; t++) offset[t] = t * 2 * PP_PICK_VECTOR / size;
    s->pick.count[0] = s->pick.count[1] = 1;
    for (int64_t i = 0; i < box.count[1] * box.count[0]; i++) {
        int64_t j = i % box.count[0], n = i / box.count[0];
        const char *from = source + (j * box.source_step[0] + n * box.source_step[1]) * size;
        bool there = exists(s, from);
        for (int64_t t = 0; t < run.count && !there; t++) {
            memcpy(rows[t] + strip->from * size, from + (box.run->row[t] + strip->from) * size, (size_t)((strip->to - strip->from) * size));
        }
        s->pick.run = there ? box.run : &run;
        s->plan->kernel(&s->pick, there ? from : rows[0], target + (j * box.target_step[0] + n * box.target_step[1]) * size);
        s->pick.run = box.run;
    }
    s->pick = box;
}

/* "rows" rows of a run on "planes" planes, strip by strip. */
PP_NOINLINE static void pick_block(picking *s, const pp_pick_run *run, const char *source, char *target, int64_t rows, int64_t planes)
{
    const pp_picked *plan = s->plan;
    pp_pick *k = &s->pick;
    k->run = run;
    k->ahead = pp_max(rows * run->source_step, PICK_PAGE / plan->size);
    for (const pp_pick_strip *strip = plan->strips; strip < plan->strips_end; strip++) {
        bool many = strip->pairs > 1; /* one pair a row: the box is of rows and planes */
        k->strip = strip;
        k->count[many] = rows, k->source_step[many] = run->source_step,
        k->target_step[many] = s->run->problem->array[PP_OUTPUT].stride[PP_H];
        k->count[!many] = many ? strip->pairs : planes;
        k->source_step[!many] = many ? strip->source_step : plan->source_plane;
        k->target_step[!many] = many ? strip->target_step : plan->target_plane;
        bool all = strip->from == 0 && strip->to == plan->lanes;
        for (int64_t plane = 0; plane < (many ? planes : 1); plane++) {
            const char *from = source + (strip->lane + plane * plan->source_plane) * plan->size;
            char *to = target + (strip->output + plane * plan->target_plane) * plan->size;
            if (all || s->run->kernels->pick_parts || exists(s, from)) plan->kernel(k, from, to);
            else pick_carefully(s, from, to);
        }
    }
}

/* Output rows [begin, end) on H of "planes" planes from "plane" on, at depth d. */
PP_NOINLINE static void pick_planes(picking *s, int64_t plane, int64_t planes, int64_t d, int64_t begin, int64_t end)
{
    const pp_problem *p = s->run->problem;
    const pp_picked *plan = s->plan;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t at[PP_AXES], first = pp_axis_window(&p->axis[0], d).first;
    pp_at_plane(p, plane, at);
    int64_t source = at[PP_N] * in[PP_N] + at[PP_C] * in[PP_C] + first * in[PP_D];
    int64_t target = at[PP_N] * out[PP_N] + at[PP_C] * out[PP_C] + d * out[PP_D];
    for (int64_t next; planes > 0; planes -= next) {
        next = pp_min(planes, plan->planes);
        for (const pp_pick_run *r = plan->runs; r < plan->runs_end; r++) {
            if (d < r->begin[0] || d >= r->end[0]) continue;
            int64_t until = pp_min(end, r->end[1]);
            for (int64_t row = pp_max(begin, r->begin[1]); row < until; row += plan->band) {
                pick_block(s, r, s->run->base[PP_INPUT] + (source + r->first + (row - r->begin[1]) * r->source_step) * plan->size,
                           s->run->base[PP_OUTPUT] + (target + row * out[PP_H]) * plan->size, pp_min(plan->band, until - row), next);
            }
        }
        source += next * plan->source_plane;
        target += next * plan->target_plane;
    }
}

/* Rows [begin, end) of the run, counted over all planes. */
static void pick_rows(picking *s, int64_t begin, int64_t end)
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

/* The same for a part of the rows, as a plan of its own.  It can be made: a part takes at most one strip more than twice those of the
 * row, whose tables fit a quarter of this memory. */
PP_COLD static void pick_part(picking *s, int64_t begin, int64_t end)
{
    const pp_run *run = s->run;
    _Alignas(pp_picked) char memory[4 * PP_PREPARED];
    (void)pp_pick_prepare(run->problem, run->begin[2], run->end[2], memory, sizeof memory);
    s->plan = (const pp_picked *)(const void *)memory;
    s->pick.stream &= s->plan->stream;
    pick_rows(s, begin, end);
}

/* A single box, its input copied to where vectors may be read around it. */
PP_NOINLINE static void pick_copied(const pp_run *run, const pp_picked *plan)
{
    _Alignas(PP_ALIGN) char tiny[PP_PICK_TINY + 4 * PP_PICK_VECTOR];
    memcpy(tiny + 2 * PP_PICK_VECTOR, run->base[PP_INPUT] + plan->low, (size_t)(plan->high - plan->low));
    plan->kernel(&plan->pick, tiny + plan->single_source, run->base[PP_OUTPUT] + plan->single_target);
}

static pp_status run_pick(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const pp_problem *p = run->problem;
    const pp_picked *plan = run->prepared;
    const char *input = run->base[PP_INPUT];
    bool wide = run->end[2] - run->begin[2] == p->axis[2].output;
    (void)scratch;
    if (end - begin == plan->single && run->whole && wide) { /* a call of nanoseconds */
        if (plan->parts) plan->kernel(&plan->pick, input + plan->single_source, run->base[PP_OUTPUT] + plan->single_target);
        else pick_copied(run, plan);
        return PP_OK;
    }
    picking s = {.run = run, .plan = plan, .pick = plan->pick};
    s.pick.stream = plan->stream && (uintptr_t)run->base[PP_OUTPUT] % PP_ALIGN == 0;
    if (run->whole) { /* of a part the rest of the input may not be there */
        s.low = (uintptr_t)input + (uintptr_t)plan->low;
        s.high = (uintptr_t)input + (uintptr_t)plan->high;
    }
    if (wide) pick_rows(&s, begin, end);
    else pick_part(&s, begin, end);
    if (s.pick.stream) p->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

const pp_algorithm pp_algorithm_pick = {
    .name = "pick",
    .what = "rows in registers, each tap a permutation",
    .uses_kernels = true,
    .pass = {{pays, plan, pp_rows_of, run_pick}},
};

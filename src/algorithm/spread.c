/* A pass for the tiles of "cover" (cover.c): windows that lie side by side, so that each result is one gradient, divided already.  A
 * row of gradients is spread (kernels/spread.inc): each becomes some neighbouring results, in some neighbouring rows. */
#include "algorithm.h"
#include "cover.h"

#include <string.h>

enum { WIDEST = 1 << 18 /* results of a gradient on one axis */, SIZE = sizeof(float) };

/* On one axis: results of one gradient; places of result 0 after the first of gradient 0. */
static int64_t width_of(const pp_axis *axis) { return axis->kind == PP_AXIS_COVER ? axis->stride : 1; }
static int64_t shift_of(const pp_axis *axis) { return axis->kind == PP_AXIS_COVER ? axis->pad_begin : -axis->pad_begin; }

/* The part of results [*begin, *end) that has gradients. */
static void clip(const pp_axis *axis, int64_t *begin, int64_t *end)
{
    *begin = pp_max(*begin, -shift_of(axis));
    *end = pp_min(*end, pp_min(axis->live, axis->input * width_of(axis) - shift_of(axis)));
    if (*begin > *end) *begin = *end;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    (void)direction, (void)needs;
    if (!p->kernels->lines->spread || p->inner > 1 || (p->axis[2].output > 1 && p->array[PP_OUTPUT].stride[PP_W] != 1)) return false;
    for (int a = 0; a < 3; a++) {
        const pp_axis *axis = &p->axis[a];
        if (axis->kind == PP_AXIS_COVER ? axis->dilation != 1 || axis->kernel != axis->stride
                                        : axis->kind != PP_AXIS_SLIDING || axis->kernel != 1)
            return false;
        if (axis->stride > WIDEST || axis->input > INT32_MAX || axis->pad_begin > INT32_MAX || axis->pad_begin < -INT32_MAX) return false;
    }
    return true;
}

/* Whether planes are one gradient each and lie side by side: then they are a row. */
static bool is_row(const pp_run *run)
{
    const pp_problem *p = run->problem;
    const int64_t *stride = p->array[PP_OUTPUT].stride;
    int64_t size = 1;
    for (int a = 2; a >= 0; a--) {
        int64_t begin = run->begin[a], end = run->end[a];
        clip(&p->axis[a], &begin, &end);
        if (p->axis[a].input > 1 || end - begin < p->axis[a].output || (p->axis[a].output > 1 && stride[PP_D + a] != size)) return false;
        size *= p->axis[a].output;
    }
    return stride[PP_C] == size && size <= WIDEST;
}

static void spread(const pp_run *run, pp_spread *k)
{
    int64_t vector = run->kernels->lines->vector_bytes, all = (k->lanes | k->step) * SIZE | (int64_t)(uintptr_t)k->target;
    k->stream = run->problem->stream && all % vector == 0 && k->width * SIZE < vector;
    run->kernels->lines->spread(k);
}

/* No gradient, no result. */
static void clear(const pp_run *run)
{
    const int64_t *out = run->problem->array[PP_OUTPUT].stride;
    for (int64_t i = 0; i < run->group.last; i++) {
        for (int64_t d = run->begin[0]; d < run->end[0]; d++) {
            for (int64_t h = run->begin[1]; h < run->end[1]; h++) {
                memset(run->base[PP_OUTPUT] + (i * out[PP_C] + d * out[PP_D] + h * out[PP_H] + run->begin[2]) * SIZE, 0,
                       (size_t)((run->end[2] - run->begin[2]) * SIZE));
            }
        }
    }
}

static pp_status run_spread(const pp_run *run, int64_t task, int64_t tasks, char *scratch)
{
    const pp_problem *p = run->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t begin[3], end[3], width[3], first[3], planes = run->group.last;
    bool all = true;
    (void)task, (void)tasks, (void)scratch;
    for (int a = 0; a < 3; a++) {
        begin[a] = run->begin[a], end[a] = run->end[a];
        width[a] = width_of(&p->axis[a]);
        clip(&p->axis[a], &begin[a], &end[a]);
        first[a] = (begin[a] + shift_of(&p->axis[a])) / width[a];
        all &= end[a] - begin[a] == run->end[a] - run->begin[a];
    }
    pp_spread k = {.source = run->base[PP_INPUT], .target = run->base[PP_OUTPUT], .width = out[PP_C], .lanes = planes * out[PP_C], .copies = 1};
    if (is_row(run)) {
        spread(run, &k);
        return PP_OK;
    }
    if (!all) clear(run);
    k = (pp_spread){.width = width[2], .lanes = end[2] - begin[2], .step = out[PP_H]};
    k.skip = begin[2] + shift_of(&p->axis[2]) - first[2] * width[2];
    for (int64_t i = 0; i < planes && k.lanes > 0; i++) {
        for (int64_t d = begin[0]; d < end[0]; d++) {
            int64_t slice = i * in[PP_C] + (d + shift_of(&p->axis[0])) / width[0] * in[PP_D] + first[2], g = first[1];
            for (int64_t h = begin[1], next; h < end[1]; h = next, g++) {
                next = pp_min((g + 1) * width[1] - shift_of(&p->axis[1]), end[1]);
                k.source = run->base[PP_INPUT] + (slice + g * in[PP_H]) * SIZE;
                k.target = run->base[PP_OUTPUT] + (i * out[PP_C] + d * out[PP_D] + h * out[PP_H] + begin[2]) * SIZE;
                k.copies = next - h;
                spread(run, &k);
            }
        }
    }
    return PP_OK;
}

const pp_pass pp_spread_pass = {NULL, plan, NULL, run_spread};

/* A pass for the tiles of "cover" (cover.c): windows that lie side by side, so that each result is one gradient, divided already.  A
 * row of gradients is spread (kernels/spread.inc): each becomes some neighbouring results, in some neighbouring rows. */
#include "algorithm.h"
#include "cover.h"

#include <string.h>

enum { WIDEST = 1 << 18 /* results of a gradient on one axis */, SIZE = sizeof(float) };

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

static pp_status run_spread(const pp_run *run, int64_t from, int64_t to, char *scratch)
{
    const pp_problem *p = run->problem;
    const int64_t *in = p->array[PP_INPUT].stride, *out = p->array[PP_OUTPUT].stride;
    int64_t begin[3], end[3], width[3], shift[3], planes = run->group.last, size = 1;
    bool all = true, row = true; /* row: planes are one gradient each and lie side by side */
    (void)from, (void)to, (void)scratch; /* all of it */
    for (int a = 2; a >= 0; a--) {
        const pp_axis *axis = &p->axis[a];
        width[a] = axis->kind == PP_AXIS_COVER ? axis->stride : 1;
        shift[a] = axis->kind == PP_AXIS_COVER ? axis->pad_begin : -axis->pad_begin;
        begin[a] = pp_max(run->begin[a], -shift[a]);
        end[a] = pp_max(begin[a], pp_min(run->end[a], pp_min(axis->live, axis->input * width[a] - shift[a])));
        all &= begin[a] == run->begin[a] && end[a] == run->end[a];
        row &= axis->input == 1 && end[a] - begin[a] == axis->output && (axis->output == 1 || out[PP_D + a] == size);
        size *= axis->output;
    }
    if (row && out[PP_C] == size && size <= WIDEST) {
        spread(run, &(pp_spread){.source = run->base[PP_INPUT], .target = run->base[PP_OUTPUT], .width = size, .lanes = planes * size, .copies = 1});
        return PP_OK;
    }
    if (!all) clear(run);
    int64_t first = (begin[2] + shift[2]) / width[2];
    pp_spread k = {.width = width[2], .lanes = end[2] - begin[2], .step = out[PP_H], .skip = begin[2] + shift[2] - first * width[2]};
    for (int64_t i = 0; i < planes && k.lanes > 0; i++) {
        for (int64_t d = begin[0]; d < end[0]; d++) {
            const char *slice = run->base[PP_INPUT] + (i * in[PP_C] + (d + shift[0]) / width[0] * in[PP_D] + first) * SIZE;
            int64_t g = (begin[1] + shift[1]) / width[1];
            for (int64_t h = begin[1]; h < end[1]; h += k.copies, g++) {
                k.source = slice + g * in[PP_H] * SIZE;
                k.target = run->base[PP_OUTPUT] + (i * out[PP_C] + d * out[PP_D] + h * out[PP_H] + begin[2]) * SIZE;
                k.copies = pp_min((g + 1) * width[1] - shift[1], end[1]) - h;
                spread(run, &k);
            }
        }
    }
    return PP_OK;
}

const pp_pass pp_spread_pass = {NULL, plan, pp_rows_of, run_spread};

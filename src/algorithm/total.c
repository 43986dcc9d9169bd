/* The row "total" of the algorithm table: averages of all bytes of a plane, channels first, which follow each other in memory. */
#include "../sweep/lines.h"
#include "algorithm.h"
#include "narrow.h"

/* 0: windows are not whole planes. */
static double divisor_of(const pp_problem *p)
{
    pp_window w[3];
    int64_t seen = 1;
    for (int a = 0; a < 3; a++) {
        w[a] = pp_axis_window(&p->axis[a], 0);
        seen *= w[a].end - w[a].begin;
    }
    return seen == p->plane ? pp_divisor_of(p, w) : 0;
}

static bool plan(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    const pp_lines *k = p->kernels->lines;
    (void)direction;
    (void)needs;
    return k->totals && !p->is_max && p->inner == 1 && p->array[PP_INPUT].dense && p->outputs && p->outputs == p->n * p->c &&
           p->plane >= k->vector_bytes && pp_lanes_of(p) == PP_F32 && divisor_of(p) != 0;
}

static int64_t pieces_of(const pp_run *run) { return run->group.last - run->group.first; }

static pp_status run_total(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    const pp_problem *p = run->problem;
    const pp_array *out = &p->array[PP_OUTPUT];
    pp_totals t = {.count = p->plane, .step = out->stride[PP_C], .sign = pp_dtypes[p->desc.dtype].mask, .rounding = p->desc.rounding};
    int64_t at[PP_AXES] = {0};
    (void)scratch;
    t.divisor = (float)divisor_of(p);
    begin += run->group.first, end += run->group.first;
    for (; begin < end; begin += t.rows) {
        pp_at_plane(p, begin, at);
        t.rows = pp_min(p->c - at[PP_C], end - begin);
        t.source = (const uint8_t *)run->base[PP_INPUT] + begin * p->plane;
        t.target = (uint8_t *)run->base[PP_OUTPUT] + pp_offset(out, at);
        run->kernels->lines->totals(&t);
    }
    return PP_OK;
}

const pp_algorithm pp_algorithm_total = {
    .name = "total",
    .what = "bytes of planes",
    .uses_kernels = true,
    .pass = {{NULL, plan, pieces_of, run_total}},
};

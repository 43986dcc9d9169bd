/* The rows "row" and "separable" of the algorithm table: sweeps that take every tap, or levels where windows are long. */
#include "sweep.h"

static bool winners(const pp_problem *p) { return pp_reducing_of(p) == PP_WINNERS; }

static bool plan(const pp_problem *p, bool levels, pp_needs *needs)
{
    if (winners(p) && !pp_sweep_packs(p)) return false; /* indices by packing only */
    if (levels ? !pp_levels_apply(p, winners(p)) : !pp_sweep_applies(p, winners(p))) return false;
    pp_run run = {.problem = p, .group = pp_whole_group(p)};
    for (int a = 0; a < 3; a++) run.end[a] = p->axis[a].output;
    run.end[2] = pp_min(run.end[2], pp_sweep_segment(p, levels));
    pp_sweep s;
    needs->scratch = pp_sweep_init(&s, &run, winners(p), levels, NULL);
    return true;
}

static bool plan_row(const pp_problem *p, pp_direction direction, pp_needs *needs) { return direction == PP_FORWARD && plan(p, false, needs); }

static bool plan_separable(const pp_problem *p, pp_direction direction, pp_needs *needs)
{
    return direction == PP_FORWARD && plan(p, true, needs);
}

static int64_t pieces_of(const pp_run *run, bool levels)
{
    return pp_rows_of(run) * pp_ceil_div(run->end[2] - run->begin[2], pp_sweep_segment(run->problem, levels));
}

static int64_t row_pieces(const pp_run *run) { return pieces_of(run, false); }
static int64_t separable_pieces(const pp_run *run) { return pieces_of(run, true); }

/* Rows [begin, end) of one part of the width. */
static void sweep_rows(const pp_run *part, bool levels, int64_t begin, int64_t end, char *scratch)
{
    int64_t at[PP_AXES] = {0};
    pp_sweep s;
    pp_sweep_init(&s, part, winners(part->problem), levels, scratch);
    for (int64_t i = begin; i < end; i++) {
        pp_at_row(part, i, at);
        pp_sweep_row(&s, at);
    }
}

static pp_status sweep(const pp_run *run, int64_t begin, int64_t end, char *scratch, bool levels)
{
    int64_t rows = pp_rows_of(run), segment = pp_sweep_segment(run->problem, levels);
    while (begin < end) { /* part by part: rows of one follow each other */
        int64_t first = begin % rows, count = pp_min(end - begin, rows - first);
        pp_run part = *run;
        part.begin[2] = run->begin[2] + begin / rows * segment;
        part.end[2] = pp_min(part.begin[2] + segment, run->end[2]);
        sweep_rows(&part, levels, first, first + count, scratch);
        begin += count;
    }
    if (run->problem->stream) run->kernels->stream(NULL, NULL, 0);
    return PP_OK;
}

static pp_status run_row(const pp_run *run, int64_t begin, int64_t end, char *scratch) { return sweep(run, begin, end, scratch, false); }
static pp_status run_separable(const pp_run *run, int64_t begin, int64_t end, char *scratch)
{
    return sweep(run, begin, end, scratch, true);
}

const pp_algorithm pp_algorithm_row = {
    .name = "row",
    .what = "rows reduced over D and H, then along W",
    .uses_kernels = true,
    .pass = {{NULL, plan_row, row_pieces, run_row}},
};

const pp_algorithm pp_algorithm_separable = {
    .name = "separable",
    .what = "long windows by doubling levels",
    .uses_kernels = true,
    .pass = {{pp_levels_pay, plan_separable, separable_pieces, run_separable}},
};

/* verb_shape.h - the parts of the verb shape. */
#ifndef POOLPACK_CLI_SHAPE_H
#define POOLPACK_CLI_SHAPE_H

#include "job.h"

#define FORMULA_SIZE 512

/* The formula of an axis' output size with its numbers, as the size rule has it: "floor((112 + 2·1 − 3)/2) + 1 = 56".
 * "desc" is the description as it was given, "plan" has the numbers that were inferred. */
void format_formula(char text[FORMULA_SIZE], const pp_desc *desc, const pp_plan *plan, int axis);

/* The output's extent on a spatial axis. */
int64_t output_extent(const pp_plan *plan, int axis);

/* Outputs [begin, end) of an axis, which all see the same number of taps, "step" inputs apart from one to the next.  One
 * output: an ordinary row.  begin == end: a gap, outputs that are not listed. */
struct window_row {
    int64_t begin, end;
    pp_window window; /* of output "begin" */
};

#define MAX_ROWS 24

/* The rows that tell what an axis does: its borders, and what repeats between them. */
int list_windows(const pp_plan *plan, int axis, struct window_row rows[MAX_ROWS]);

/* Prints the listing, or every window. */
void print_windows(const pp_plan *plan, int axis, bool all);
void print_json_windows(const pp_plan *plan, int axis, bool all);

#endif

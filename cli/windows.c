/*
 * windows.c - what the outputs of an axis see, told in a few rows.
 *
 * Sizes may be near 2^63, so nothing here visits all outputs: on a sliding axis windows move by the stride, hence the first
 * output whose window does not begin in the padding, and the first after it that the input's end cuts, are found by bisection.
 */
#include "verb_shape.h"

#include <string.h>

#define EDGE 3 /* rows that are listed one by one before a gap */

static pp_window window_at(const pp_plan *plan, int axis, int64_t output)
{
    pp_window window;
    memset(&window, 0, sizeof window);
    pp_plan_window(plan, axis, output, &window);
    return window;
}

static bool begins_inside(const pp_window *window) { return window->first >= 0; }

static bool is_cut(const pp_window *window) { return window->end - window->begin < window->length; }

/* The first output whose window passes "test", which holds from there on. */
static int64_t bisect(const pp_plan *plan, int axis, int64_t begin, int64_t end, bool (*test)(const pp_window *))
{
    while (begin < end) {
        int64_t middle = begin + (end - begin) / 2;
        pp_window window = window_at(plan, axis, middle);
        if (test(&window)) end = middle;
        else begin = middle + 1;
    }
    return begin;
}

struct listing {
    const pp_plan *plan;
    int axis, count;
    struct window_row *rows;
};

static void add_row(struct listing *listing, int64_t begin, int64_t end)
{
    struct window_row *row = &listing->rows[listing->count++];
    row->begin = begin;
    row->end = end;
    row->window = window_at(listing->plan, listing->axis, begin);
}

/* Outputs one by one; if there are many, the first few and the last few. */
static void add_each(struct listing *listing, int64_t begin, int64_t end)
{
    bool gap = end - begin > 2 * EDGE + 1; /* one hidden row would not be shorter */
    for (int64_t o = begin; o < (gap ? begin + EDGE : end); o++) add_row(listing, o, o + 1);
    if (!gap) return;
    add_row(listing, begin + EDGE, begin + EDGE);
    for (int64_t o = end - EDGE; o < end; o++) add_row(listing, o, o + 1);
}

/* Outputs whose windows differ by their place only. */
static void add_uniform(struct listing *listing, int64_t begin, int64_t end)
{
    if (end - begin > EDGE) add_row(listing, begin, end);
    else add_each(listing, begin, end);
}

int list_windows(const pp_plan *plan, int axis, struct window_row rows[MAX_ROWS])
{
    const pp_desc *desc = pp_plan_desc(plan);
    int64_t outputs = output_extent(plan, axis);
    struct listing listing = {plan, axis, 0, rows};
    if (desc->mode == PP_MODE_SLIDING) {
        int64_t inner = bisect(plan, axis, 0, outputs, begins_inside);
        int64_t outer = bisect(plan, axis, inner, outputs, is_cut);
        add_each(&listing, 0, inner);
        add_uniform(&listing, inner, outer);
        add_each(&listing, outer, outputs);
    } else if (desc->mode == PP_MODE_ADAPTIVE && outputs > 0 && desc->input_size[axis] % outputs == 0) {
        add_uniform(&listing, 0, outputs);
    } else {
        add_each(&listing, 0, outputs);
    }
    return listing.count;
}

/* ------------------------------------------------------------------------------------------------------------ as a table */

#define COLUMNS 4

struct cells {
    char text[COLUMNS][160];
};

/* 2·o − 1 */
static void format_moving(char *text, size_t size, int64_t step, int64_t offset)
{
    char factor[32] = "o";
    if (step != 1) snprintf(factor, sizeof factor, "%lld·o", (long long)step);
    if (offset == 0) snprintf(text, size, "%s", factor);
    else snprintf(text, size, "%s %s %lld", factor, offset < 0 ? "−" : "+", (long long)(offset < 0 ? -offset : offset));
}

static void format_reach(char *text, size_t size, const struct window_row *row, int64_t step, int64_t dilation)
{
    const pp_window *window = &row->window;
    char from[64], to[64];
    if (window->begin >= window->end) {
        snprintf(text, size, "nothing");
        return;
    }
    int64_t first = window->first + window->begin * dilation, last = window->first + (window->end - 1) * dilation, base;
    if (row->end - row->begin > 1 && !__builtin_mul_overflow(step, row->begin, &base)) {
        format_moving(from, sizeof from, step, first - base);
        format_moving(to, sizeof to, step, last - base);
    } else {
        snprintf(from, sizeof from, "%lld", (long long)first);
        snprintf(to, sizeof to, "%lld", (long long)last);
    }
    if (first == last) snprintf(text, size, "%s", from);
    else if (dilation > 1) snprintf(text, size, "%s … %s step %lld", from, to, (long long)dilation);
    else snprintf(text, size, "%s … %s", from, to);
}

/* How far the window moves from one output of a uniform run to the next. */
static int64_t step_of(const pp_plan *plan, int axis)
{
    const pp_desc *desc = pp_plan_desc(plan);
    int64_t outputs = output_extent(plan, axis);
    if (desc->mode == PP_MODE_SLIDING) return desc->stride[axis];
    return outputs > 0 ? desc->input_size[axis] / outputs : 1;
}

static int64_t dilation_of(const pp_plan *plan, int axis)
{
    const pp_desc *desc = pp_plan_desc(plan);
    return desc->mode == PP_MODE_SLIDING ? desc->dilation[axis] : 1;
}

static bool has_divisor(const pp_plan *plan)
{
    const pp_desc *desc = pp_plan_desc(plan);
    return desc->op == PP_OP_AVERAGE && desc->divisor != PP_DIVISOR_OVERRIDE;
}

static void format_row(struct cells *cells, const pp_plan *plan, int axis, const struct window_row *row)
{
    const pp_window *window = &row->window;
    long long inside = window->end - window->begin;
    memset(cells, 0, sizeof *cells);
    if (row->begin == row->end) {
        for (int i = 0; i < 3; i++) strcpy(cells->text[i], "…");
        return;
    }
    if (row->end - row->begin > 1)
        snprintf(cells->text[0], sizeof cells->text[0], "%lld … %lld", (long long)row->begin, (long long)(row->end - 1));
    else snprintf(cells->text[0], sizeof cells->text[0], "%lld", (long long)row->begin);
    format_reach(cells->text[1], sizeof cells->text[1], row, step_of(plan, axis), dilation_of(plan, axis));
    if (inside == window->length) snprintf(cells->text[2], sizeof cells->text[2], "%lld", inside);
    else snprintf(cells->text[2], sizeof cells->text[2], "%lld of %lld", inside, (long long)window->length);
    if (has_divisor(plan)) snprintf(cells->text[3], sizeof cells->text[3], "%lld", (long long)window->extent);
}

/* Columns on the screen: the bytes that do not continue a UTF-8 sequence. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void widen(int widths[COLUMNS], const struct cells *cells)
{
    for (int i = 0; i < COLUMNS; i++) {
        int width = width_of(cells->text[i]);
        widths[i] = width > widths[i] ? width : widths[i];
    }
}

static void print_cells(const int widths[COLUMNS], const struct cells *cells)
{
    int last = COLUMNS - 1;
    while (last > 0 && cells->text[last][0] == '\0') last--;
    fputs("  ", stdout);
    for (int i = 0; i <= last; i++) printf("%s%*s", cells->text[i], i < last ? widths[i] - width_of(cells->text[i]) + 3 : 0, "");
    putchar('\n');
}

void print_windows(const pp_plan *plan, int axis, bool all)
{
    struct window_row rows[MAX_ROWS];
    struct cells head = {{"output o", "sees input", "taps", ""}}, cells;
    int widths[COLUMNS] = {0}, count = list_windows(plan, axis, rows);
    if (count == 0) return;
    if (has_divisor(plan)) strcpy(head.text[3], "divisor");
    widen(widths, &head);
    for (int i = 0; i < count; i++) {
        format_row(&cells, plan, axis, &rows[i]);
        widen(widths, &cells);
    }
    print_cells(widths, &head);
    for (int i = 0; i < count && !all; i++) {
        format_row(&cells, plan, axis, &rows[i]);
        print_cells(widths, &cells);
    }
    for (int64_t o = 0; all && o < output_extent(plan, axis); o++) {
        struct window_row row = {o, o + 1, window_at(plan, axis, o)};
        format_row(&cells, plan, axis, &row);
        print_cells(widths, &cells);
    }
}

/* ---------------------------------------------------------------------------------------------------------------- as JSON */

static void print_json_row(const pp_plan *plan, int axis, const struct window_row *row, bool first)
{
    const pp_window *window = &row->window;
    printf("%s{\"output\": %lld, \"count\": %lld, \"step\": %lld, \"first\": %lld, \"length\": %lld, \"dilation\": %lld, ",
           first ? "" : ", ", (long long)row->begin, (long long)(row->end - row->begin), (long long)step_of(plan, axis),
           (long long)window->first, (long long)window->length, (long long)dilation_of(plan, axis));
    printf("\"begin\": %lld, \"end\": %lld, \"divisor\": %lld}", (long long)window->begin, (long long)window->end,
           (long long)window->extent);
}

void print_json_windows(const pp_plan *plan, int axis, bool all)
{
    struct window_row rows[MAX_ROWS];
    int count = all ? 0 : list_windows(plan, axis, rows);
    bool first = true;
    putchar('[');
    for (int i = 0; i < count; i++) {
        if (rows[i].begin == rows[i].end) continue;
        print_json_row(plan, axis, &rows[i], first);
        first = false;
    }
    for (int64_t o = 0; all && o < output_extent(plan, axis); o++) {
        struct window_row row = {o, o + 1, window_at(plan, axis, o)};
        print_json_row(plan, axis, &row, o == 0);
    }
    putchar(']');
}

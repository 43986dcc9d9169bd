/* formula.c - output sizes as formulas, with the numbers put in.  Nothing is computed here but what the text needs. */
#include "verb_shape.h"

#include <stdarg.h>
#include <string.h>

struct line {
    char *text;
    size_t length;
};

static void add(struct line *line, const char *format, ...) CLI_PRINTF(2, 3);
static void add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = FORMULA_SIZE - line->length;
    int length = vsnprintf(line->text + line->length, room, format, arguments);
    if (length > 0) line->length += (size_t)length < room ? (size_t)length : room - 1;
    va_end(arguments);
}

static void add_signed(struct line *line, const char *factor, int64_t value)
{
    /* -value of INT64_MIN does not exist; the library refuses such pads. */
    add(line, " %s %s%lld", value < 0 ? "−" : "+", factor, (long long)(value < 0 && value != INT64_MIN ? -value : value));
}

/* What one axis has; "d" is the resolved description. */
struct axis {
    const pp_desc *d;
    int i;
    long long input, output, kernel, stride, dilation;
};

/* 112 + 2·1, or 112 + 1 + 0 */
static void add_padded(struct line *line, const struct axis *axis)
{
    int64_t begin = axis->d->pad_begin[axis->i], end = axis->d->pad_end[axis->i];
    add(line, "%lld", axis->input);
    if (begin == end && begin != 0) add_signed(line, "2·", begin);
    if (begin != end) {
        add_signed(line, "", begin);
        add_signed(line, "", end);
    }
}

static void add_kernel(struct line *line, const struct axis *axis)
{
    if (axis->dilation == 1) add(line, "%lld", axis->kernel);
    else add(line, "(%lld·(%lld − 1) + 1)", axis->dilation, axis->kernel);
}

static void add_steps(struct line *line, const struct axis *axis, const char *rounding)
{
    add(line, "%s((", rounding);
    add_padded(line, axis);
    add(line, " − ");
    add_kernel(line, axis);
    add(line, ")/%lld) + 1", axis->stride);
}

static void add_floor(struct line *line, const struct axis *axis)
{
    add_steps(line, axis, "floor");
    add(line, " = %lld", axis->output);
}

static void add_ceil_plain(struct line *line, const struct axis *axis)
{
    add_steps(line, axis, "ceil");
    add(line, " = %lld", axis->output);
}

static void add_ceil_torch(struct line *line, const struct axis *axis)
{
    add(line, "min(");
    add_steps(line, axis, "ceil");
    if (axis->d->pad_begin[axis->i] == 0) {
        add(line, ", ceil(%lld", axis->input);
    } else {
        add(line, ", ceil((%lld", axis->input);
        add_signed(line, "", axis->d->pad_begin[axis->i]);
        add(line, ")");
    }
    add(line, "/%lld)) = %lld", axis->stride, axis->output);
}

/* Caffe's rule drops a last window that begins behind the input.  It did so if one more step would still be inside:
 * P − K > (O − 1)·s. */
static bool was_dropped(const struct axis *axis)
{
    int64_t padded, kernel, begin;
    if (__builtin_add_overflow((int64_t)axis->input, axis->d->pad_begin[axis->i], &padded) ||
        __builtin_add_overflow(padded, axis->d->pad_end[axis->i], &padded) ||
        __builtin_mul_overflow((int64_t)axis->dilation, axis->kernel - 1, &kernel) || __builtin_sub_overflow(padded, kernel, &padded) ||
        __builtin_mul_overflow((int64_t)axis->stride, axis->output - 1, &begin))
        return false;
    return padded - 1 > begin;
}

static void add_ceil_caffe(struct line *line, const struct axis *axis)
{
    add_steps(line, axis, "ceil");
    if (was_dropped(axis)) add(line, " − 1 = %lld (the last window would begin behind the input)", axis->output);
    else add(line, " = %lld", axis->output);
}

static void add_given(struct line *line, const struct axis *axis) { add(line, "%lld, as given", axis->output); }

static void (*const size_rules[])(struct line *, const struct axis *) = {
    [PP_SIZE_FLOOR] = add_floor,           [PP_SIZE_CEIL_TORCH] = add_ceil_torch, [PP_SIZE_CEIL_CAFFE] = add_ceil_caffe,
    [PP_SIZE_CEIL_PLAIN] = add_ceil_plain, [PP_SIZE_GIVEN] = add_given,
};

static void add_same(struct line *line, const struct axis *axis)
{
    long long begin = axis->d->pad_begin[axis->i], end = axis->d->pad_end[axis->i];
    add(line, "ceil(%lld/%lld) = %lld; padding max((%lld − 1)·%lld + ", axis->input, axis->stride, axis->output, axis->output,
        axis->stride);
    add_kernel(line, axis);
    add(line, " − %lld, 0) = %lld: %lld before, %lld after", axis->input, begin + end, begin, end);
}

static void add_valid(struct line *line, const struct axis *axis)
{
    add(line, "ceil((%lld − ", axis->input);
    add_kernel(line, axis);
    add(line, " + 1)/%lld) = %lld", axis->stride, axis->output);
}

static void add_adaptive(struct line *line, const struct axis *axis, bool kept)
{
    if (axis->output == axis->input) add(line, "%lld, %s; output o sees input o", axis->output, kept ? "as the input" : "as given");
    else
        add(line, "%lld, %s; output o sees floor(o·%lld/%lld) … ceil((o + 1)·%lld/%lld) − 1", axis->output,
            kept ? "as the input" : "as given", axis->input, axis->output, axis->input, axis->output);
}

int64_t output_extent(const pp_plan *plan, int axis)
{
    int64_t shape[2 + PP_MAX_RANK];
    const pp_desc *desc = pp_plan_desc(plan);
    int axes = pp_plan_shape(plan, PP_OUTPUT, shape);
    int first = axes - desc->rank - (desc->layout == PP_CHANNELS_LAST ? 1 : 0);
    return shape[first + axis];
}

void format_formula(char text[FORMULA_SIZE], const pp_desc *desc, const pp_plan *plan, int i)
{
    struct line line = {text, 0};
    const pp_desc *d = pp_plan_desc(plan);
    const struct axis axis = {d, i, d->input_size[i], output_extent(plan, i), d->kernel[i], d->stride[i], d->dilation[i]};
    text[0] = '\0';
    if (desc->mode == PP_MODE_GLOBAL) add(&line, "1: the whole axis");
    else if (desc->mode == PP_MODE_ADAPTIVE) add_adaptive(&line, &axis, desc->output_size[i] == PP_AUTO);
    else if (desc->padding == PP_PAD_SAME_UPPER || desc->padding == PP_PAD_SAME_LOWER) add_same(&line, &axis);
    else if (desc->padding == PP_PAD_VALID) add_valid(&line, &axis);
    else size_rules[desc->size_rule](&line, &axis);
}

/* Validation: every refusal of the plain description, with its sentence, and all that a plan needs to know of a problem. */
#include "problem.h"
#include "dialect.h"

#include <math.h>
#include <string.h>

static pp_status bad_size(const pp_error *error, const char *field, int axis, int64_t value, const char *rule)
{
    if (value == PP_AUTO) return pp_fail(error, PP_INVALID, "%s[%d] is not set: %s", field, axis, rule);
    return pp_fail(error, PP_INVALID, "%s[%d] = %lld: %s", field, axis, (long long)value, rule);
}

static pp_status check_enums(const pp_desc *desc, const pp_error *error)
{
    const pp_choice *unknown = pp_choice_unknown(desc);
    if (unknown) return pp_fail(error, PP_INVALID, "%s = %d: no such value", unknown->field, pp_choice_get(desc, unknown));
    if ((int)desc->layout < 0 || desc->layout > PP_CHANNELS_LAST)
        return pp_fail(error, PP_INVALID, "layout = %d: no such value", (int)desc->layout);
    if (desc->dialect_version < 0) return pp_fail(error, PP_INVALID, "dialect_version = %d: must not be negative", desc->dialect_version);
    if (desc->rank < 1 || desc->rank > PP_MAX_RANK) return pp_fail(error, PP_INVALID, "rank = %d: must be 1, 2 or 3", desc->rank);
    return PP_OK;
}

/* Combinations of operator, type and option that mean nothing or cannot be computed. */
static pp_status check_choices(const pp_desc *desc, const pp_error *error)
{
    bool max = desc->op == PP_OP_MAX || desc->op == PP_OP_MIN;
    bool floating = pp_dtypes[desc->dtype].floating;
    const char *op = pp_name(PP_NAME_OP, (int)desc->op);
    if (!max && desc->indices != PP_INDEX_NONE) return pp_fail(error, PP_INVALID, "indices: %s has none, only max and min", op);
    if (!max && desc->empty == PP_EMPTY_LOWEST) return pp_fail(error, PP_INVALID, "empty = lowest: belongs to max and min, not to %s", op);
    if (desc->empty == PP_EMPTY_NAN && !floating) {
        return pp_fail(error, PP_INVALID, "empty = nan: type %s has no NaN", pp_dtypes[desc->dtype].name);
    }
    if (desc->backward != PP_BACKWARD_NONE && !floating) {
        return pp_fail(error, PP_UNSUPPORTED, "backward: gradients need a floating type, not %s", pp_dtypes[desc->dtype].name);
    }
    if (desc->backward == PP_BACKWARD_INDICES && desc->indices == PP_INDEX_NONE) {
        return pp_fail(error, PP_INVALID, "backward = indices: the description has none (set indices)");
    }
    if (desc->backward == PP_BACKWARD_RECOMPUTE && !max) {
        return pp_fail(error, PP_INVALID, "backward = recompute: the gradient of %s does not depend on the input", op);
    }
    double d = desc->divisor_override;
    if (desc->divisor == PP_DIVISOR_OVERRIDE && (!(d - d == 0) || d == 0)) {
        return pp_fail(error, PP_INVALID, "divisor_override = %g: must be finite and not 0", d);
    }
    return PP_OK;
}

static pp_status check_sizes(const pp_desc *desc, const pp_error *error)
{
    if (desc->batch < 0)
        return pp_fail(error, PP_INVALID, desc->batch == PP_AUTO ? "batch is not set" : "batch = %lld: must not be negative",
                       (long long)desc->batch);
    if (desc->channels < 0)
        return pp_fail(error, PP_INVALID, desc->channels == PP_AUTO ? "channels is not set" : "channels = %lld: must not be negative",
                       (long long)desc->channels);
    if (desc->unbatched && desc->batch != 1)
        return pp_fail(error, PP_INVALID, "batch = %lld: must be 1 when unbatched", (long long)desc->batch);
    for (int a = 0; a < desc->rank; a++) {
        if (desc->input_size[a] < 0) return bad_size(error, "input_size", a, desc->input_size[a], "must not be negative");
        if (desc->mode == PP_MODE_ADAPTIVE && desc->output_size[a] < 0 && desc->output_size[a] != PP_AUTO) {
            return bad_size(error, "output_size", a, desc->output_size[a], "must not be negative (PP_AUTO keeps the input's)");
        }
        if (desc->mode != PP_MODE_SLIDING) continue;
        if (desc->kernel[a] < 1) return bad_size(error, "kernel", a, desc->kernel[a], "must be at least 1");
        if (desc->stride[a] < 1 && desc->stride[a] != PP_AUTO) return bad_size(error, "stride", a, desc->stride[a], "must be at least 1");
        if (desc->dilation[a] < 1) return bad_size(error, "dilation", a, desc->dilation[a], "must be at least 1");
        if (desc->padding == PP_PAD_EXPLICIT && (desc->pad_begin[a] == PP_AUTO || desc->pad_end[a] == PP_AUTO)) {
            return pp_fail(error, PP_INVALID, "pad_begin[%d], pad_end[%d]: must be numbers", a, a);
        }
        if (desc->size_rule == PP_SIZE_GIVEN && desc->output_size[a] < 0) {
            return bad_size(error, "output_size", a, desc->output_size[a], "must be given and not negative");
        }
    }
    return PP_OK;
}

/* SAME and VALID become pads; the output size is computed.  After this every tap of every window has a 64-bit position. */
static pp_status resolve_sliding_axis(pp_desc *desc, int a, bool any_pad, const pp_error *error)
{
    int64_t input = desc->input_size[a], kernel = desc->kernel[a], reach, window;
    if (desc->stride[a] == PP_AUTO) desc->stride[a] = kernel;
    int64_t stride = desc->stride[a], dilation = desc->dilation[a];
    if (!pp_mul_ok(kernel - 1, dilation, &reach) || !pp_add_ok(reach, 1, &window)) {
        return pp_fail(error, PP_OVERFLOW, "kernel[%d] = %lld with dilation[%d] = %lld: the window's extent exceeds 2^63 - 1", a,
                       (long long)kernel, a, (long long)dilation);
    }
    bool given = desc->size_rule == PP_SIZE_GIVEN;
    if (desc->padding == PP_PAD_VALID) {
        desc->pad_begin[a] = desc->pad_end[a] = 0;
        if (!given) desc->output_size[a] = input < window ? 0 : (input - window) / stride + 1;
    } else if (desc->padding != PP_PAD_EXPLICIT) {
        int64_t output = given ? desc->output_size[a] : input / stride + (input % stride != 0), span, total;
        if (!pp_mul_ok(pp_max(output - 1, 0), stride, &span) || !pp_add_ok(span, window - input, &total)) {
            return pp_fail(error, PP_OVERFLOW, "kernel[%d] = %lld, stride[%d] = %lld: the SAME padding exceeds 2^63 - 1", a,
                           (long long)kernel, a, (long long)stride);
        }
        total = pp_max(total, 0);
        bool upper = desc->padding == PP_PAD_SAME_UPPER;
        desc->pad_begin[a] = upper ? total / 2 : total - total / 2;
        desc->pad_end[a] = total - desc->pad_begin[a];
        desc->output_size[a] = output;
    }
    int64_t begin = desc->pad_begin[a], end = desc->pad_end[a], room, shifted;
    /* the sums of pp_output_size, checked */
    if (begin < -INT64_MAX || !pp_add_ok(input - window, begin, &room) || !pp_add_ok(room, end, &room) ||
        !pp_add_ok(input, begin, &shifted) || !pp_add_ok(begin, -window, &shifted) || room == INT64_MAX) {
        return pp_fail(error, PP_OVERFLOW, "pad_begin[%d] = %lld, pad_end[%d] = %lld: the padded input exceeds 2^63 - 1", a,
                       (long long)begin, a, (long long)end);
    }
    if (desc->padding == PP_PAD_EXPLICIT && !given) {
        desc->output_size[a] = pp_output_size(desc->size_rule, input, kernel, stride, dilation, begin, end, any_pad);
        if (desc->output_size[a] < 0) {
            return pp_fail(error, PP_INVALID,
                           "output_size[%d] = %lld: the window of %lld is larger than the padded input of %lld + %lld + %lld", a,
                           (long long)desc->output_size[a], (long long)window, (long long)input, (long long)begin, (long long)end);
        }
    }
    /* the last window's first and last tap */
    int64_t last;
    if (desc->output_size[a] > 0 &&
        (!pp_mul_ok(desc->output_size[a] - 1, stride, &last) || !pp_add_ok(last, -begin, &last) || !pp_add_ok(last, window, &last))) {
        return pp_fail(error, PP_OVERFLOW, "output_size[%d] = %lld with stride[%d] = %lld: the last window lies beyond 2^63 - 1", a,
                       (long long)desc->output_size[a], a, (long long)stride);
    }
    return PP_OK;
}

/* Fills every default of *desc (a copy of the caller's). */
static pp_status resolve(pp_desc *desc, const pp_error *error)
{
    pp_status status = check_enums(desc, error);
    if (status == PP_OK) status = check_choices(desc, error);
    if (status == PP_OK) status = check_sizes(desc, error);
    if (status != PP_OK) return status;
    bool any_pad = false;
    for (int a = 0; a < desc->rank; a++) any_pad |= desc->pad_begin[a] != 0 || desc->pad_end[a] != 0;
    for (int a = 0; a < desc->rank && status == PP_OK; a++) {
        if (desc->mode == PP_MODE_SLIDING) {
            status = resolve_sliding_axis(desc, a, any_pad, error);
        } else if (desc->mode == PP_MODE_GLOBAL) {
            desc->output_size[a] = 1;
        } else if (desc->output_size[a] == PP_AUTO) {
            desc->output_size[a] = desc->input_size[a];
        }
    }
    if (status == PP_OK) status = pp_dialect_check(desc, error);
    bool max = desc->op == PP_OP_MAX || desc->op == PP_OP_MIN;
    if (desc->backward == PP_BACKWARD_AUTO && max) {
        desc->backward = desc->indices != PP_INDEX_NONE ? PP_BACKWARD_INDICES : PP_BACKWARD_RECOMPUTE;
    }
    return status;
}

/* Copies a description that pp_desc_init made. */
static pp_status take(pp_desc *copy, const pp_desc *desc, const pp_error *error)
{
    if (!desc) return pp_fail(error, PP_INVALID, "desc is NULL");
    if (desc->struct_size != sizeof *desc) return pp_fail(error, PP_INVALID, "desc was never initialised: call pp_desc_init first");
    *copy = *desc;
    return PP_OK;
}

static int64_t table_size(int64_t input, int64_t output) { return pp_adaptive_divides(input, output) ? 0 : output; }

static bool wants_cover(const pp_desc *desc)
{
    return desc->backward != PP_BACKWARD_NONE && (desc->op == PP_OP_AVERAGE || desc->op == PP_OP_SUM);
}

pp_status pp_problem_tables(const pp_desc *desc, int64_t *tables, const pp_error *error)
{
    pp_desc copy;
    *tables = 0;
    pp_status status = take(&copy, desc, error);
    if (status == PP_OK) status = resolve(&copy, error);
    if (status != PP_OK) return status;
    for (int a = 0; a < copy.rank && copy.mode == PP_MODE_ADAPTIVE; a++) {
        int64_t input = copy.input_size[a], output = copy.output_size[a];
        int64_t cover = wants_cover(&copy) && !pp_adaptive_divides(input, output) ? table_size(output, input) : 0;
        if (!pp_add_ok(*tables, table_size(input, output), tables) || !pp_add_ok(*tables, cover, tables) ||
            *tables > PTRDIFF_MAX / (int64_t)sizeof(pp_window) / 2) {
            return pp_fail(error, PP_OVERFLOW, "output_size[%d] = %lld: the table of windows does not fit memory", a, (long long)output);
        }
    }
    return status;
}

static void make_axes(pp_problem *problem, pp_window *table)
{
    const pp_desc *desc = &problem->desc;
    for (int a = 0; a < 3; a++) {
        int s = a - (3 - desc->rank);
        pp_axis *axis = &problem->axis[a];
        if (s < 0) {
            pp_axis_plain(axis, 1, 1, 1, 1);
        } else if (desc->mode == PP_MODE_SLIDING) {
            pp_axis_sliding(axis, desc->input_size[s], desc->output_size[s], desc->kernel[s], desc->stride[s], desc->dilation[s],
                            desc->pad_begin[s], desc->pad_end[s], desc->divisor);
        } else if (desc->mode == PP_MODE_GLOBAL) {
            pp_axis_plain(axis, desc->input_size[s], 1, desc->input_size[s], 1);
        } else {
            pp_axis_adaptive(axis, desc->input_size[s], desc->output_size[s], table);
            if (axis->kind == PP_AXIS_TABLE) table += axis->output;
        }
        if (!wants_cover(desc)) continue;
        pp_axis *cover = &problem->cover[a];
        pp_axis_cover(cover, axis, table);
        if (cover->kind == PP_AXIS_TABLE) table += cover->output;
    }
}

/* The divisor must be an exact 64-bit integer; extents that count only input elements always give one. */
static pp_status check_divisor(const pp_problem *problem, const pp_error *error)
{
    int64_t product = 1;
    bool counts_padding =
        problem->desc.op == PP_OP_AVERAGE && (problem->desc.divisor == PP_DIVISOR_FULL || problem->desc.divisor == PP_DIVISOR_CLAMPED);
    for (int a = 0; a < 3 && counts_padding; a++) {
        if (!pp_mul_ok(product, pp_max(problem->axis[a].longest, 1), &product)) {
            return pp_fail(error, PP_OVERFLOW, "kernel: the divisor, the product of the kernel's sizes, exceeds 2^63 - 1");
        }
    }
    return PP_OK;
}

/* empty = error: the first and the last window tell, unless the whole input fits between two taps. */
static pp_status check_empty_windows(const pp_problem *problem, const pp_error *error)
{
    for (int a = 0; a < 3 && problem->outputs; a++) {
        const pp_axis *axis = &problem->axis[a];
        bool all = axis->kind == PP_AXIS_SLIDING && axis->kernel > 1 && axis->visible < axis->step;
        if (all && axis->output > 1 << 24) {
            return pp_fail(error, PP_UNSUPPORTED, "empty = error: %lld windows of a dilation above the input are too many to look at",
                           (long long)axis->output);
        }
        for (int64_t o = 0; o < axis->output; o = all || o == axis->output - 1 ? o + 1 : axis->output - 1) {
            pp_window w = pp_axis_window(axis, o);
            if (w.begin < w.end) continue;
            return pp_fail(error, PP_EMPTY_WINDOW, "output %lld on spatial axis %d sees no input: empty = error forbids that", (long long)o,
                           a - (3 - problem->desc.rank));
        }
    }
    return PP_OK;
}

/* The value of a window that sees nothing. */
static double empty_value(const pp_problem *problem)
{
    const pp_desc *desc = &problem->desc;
    if (desc->empty == PP_EMPTY_NAN) return (double)NAN;
    if (desc->empty == PP_EMPTY_ZERO || !problem->is_max) return 0;
    const pp_dtype_info *info = &pp_dtypes[desc->dtype];
    if (info->floating && (desc->empty == PP_EMPTY_IDENTITY || desc->empty == PP_EMPTY_ERROR)) {
        return desc->op == PP_OP_MAX ? -(double)INFINITY : (double)INFINITY;
    }
    return desc->op == PP_OP_MAX ? info->lowest : info->highest;
}

pp_status pp_problem_init(pp_problem *problem, const pp_desc *desc, pp_window *table, const pp_error *error)
{
    pp_status status = take(&problem->desc, desc, error);
    if (status == PP_OK) status = resolve(&problem->desc, error);
    if (status != PP_OK) return status;
    desc = &problem->desc;
    bool last = desc->layout == PP_CHANNELS_LAST;
    problem->is_max = desc->op == PP_OP_MAX || desc->op == PP_OP_MIN;
    problem->empty = empty_value(problem);
    problem->n = desc->batch;
    problem->c = last ? 1 : desc->channels;
    problem->inner = last ? desc->channels : 1;
    make_axes(problem, table);
    for (int t = 0; t < PP_TENSOR_COUNT && status == PP_OK; t++) {
        if (t == PP_INDICES && desc->indices == PP_INDEX_NONE) continue;
        if (t >= PP_GRAD_OUTPUT && desc->backward == PP_BACKWARD_NONE) continue;
        status = pp_array_init(problem, (pp_tensor)t, error);
    }
    if (status != PP_OK) return status;
    problem->plane = 1;
    for (int a = 0; a < 3; a++) {
        if (!pp_mul_ok(problem->plane, problem->axis[a].input, &problem->plane)) {
            return pp_fail(error, PP_OVERFLOW, "input_size: a plane has more than 2^63 - 1 elements");
        }
    }
    if (desc->indices != PP_INDEX_NONE) status = pp_index_check(problem, desc->indices, desc->index_convention, error);
    if (status == PP_OK) status = check_divisor(problem, error);
    return status == PP_OK && desc->empty == PP_EMPTY_ERROR ? check_empty_windows(problem, error) : status;
}

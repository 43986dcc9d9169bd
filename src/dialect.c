/* The dialects: defaults and refusals (docs/semantics.md §4 with the sources). */
#include "dialect.h"
#include "dtype.h"

static const pp_dialect_row rows[] = {
    [PP_DIALECT_PLAIN] = {"plain", true, PP_SIZE_FLOOR, PP_SIZE_CEIL_TORCH, PP_DIVISOR_VALID, PP_DIVISOR_CLAMPED, PP_NAN_LAST,
                          PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN, PP_INDEX_PLANE, 0},
    [PP_DIALECT_TORCH] = {"torch", true, PP_SIZE_FLOOR, PP_SIZE_CEIL_TORCH, PP_DIVISOR_CLAMPED, PP_DIVISOR_CLAMPED, PP_NAN_LAST,
                          PP_EMPTY_IDENTITY, PP_EMPTY_IDENTITY, PP_ROUND_TRUNCATE, PP_INDEX_PLANE,
                          PP_LIMIT_NO_CROP | PP_LIMIT_SYMMETRIC | PP_LIMIT_PAD_HALF | PP_LIMIT_NO_SAME | PP_LIMIT_OUTPUT |
                              PP_LIMIT_NOT_EMPTY | PP_LIMIT_KERNEL_3D | PP_LIMIT_AVERAGE_DILATION},
    [PP_DIALECT_ONNX] = {"onnx", false, PP_SIZE_FLOOR, PP_SIZE_CEIL_TORCH, PP_DIVISOR_VALID, PP_DIVISOR_CLAMPED, PP_NAN_LAST,
                         PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN, PP_INDEX_TENSOR, PP_LIMIT_NO_CROP},
    [PP_DIALECT_KERAS] = {"keras", true, PP_SIZE_FLOOR, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY,
                          PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN, PP_INDEX_PLANE,
                          PP_LIMIT_NO_EXPLICIT | PP_LIMIT_NO_CEIL | PP_LIMIT_NO_DILATION | PP_LIMIT_INT32 | PP_LIMIT_WINDOW_FITS |
                              PP_LIMIT_DIVISOR_VALID | PP_LIMIT_NO_LOWER},
    [PP_DIALECT_TF] = {"tf", true, PP_SIZE_FLOOR, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_DIVISOR_VALID, PP_NAN_FIRST, PP_EMPTY_IDENTITY,
                       PP_EMPTY_IDENTITY, PP_ROUND_HALF_EVEN, PP_INDEX_PLANE,
                       PP_LIMIT_NO_CROP | PP_LIMIT_PAD_LESS | PP_LIMIT_NO_CEIL | PP_LIMIT_DILATION_XOR_STRIDE | PP_LIMIT_INT32 |
                           PP_LIMIT_WINDOW_FITS | PP_LIMIT_DIVISOR_VALID | PP_LIMIT_NO_LOWER},
    [PP_DIALECT_TFLITE] = {"tflite", true, PP_SIZE_FLOOR, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_DIVISOR_VALID, PP_NAN_IGNORE, PP_EMPTY_LOWEST,
                           PP_EMPTY_ERROR, PP_ROUND_HALF_AWAY, PP_INDEX_PLANE,
                           PP_LIMIT_NO_EXPLICIT | PP_LIMIT_NO_CEIL | PP_LIMIT_NO_DILATION | PP_LIMIT_INT32 | PP_LIMIT_WINDOW_FITS |
                               PP_LIMIT_DIVISOR_VALID | PP_LIMIT_NO_LOWER},
    [PP_DIALECT_CAFFE] = {"caffe", false, PP_SIZE_CEIL_CAFFE, PP_SIZE_CEIL_CAFFE, PP_DIVISOR_CLAMPED, PP_DIVISOR_CLAMPED, PP_NAN_IGNORE,
                          PP_EMPTY_LOWEST, PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN, PP_INDEX_PLANE,
                          PP_LIMIT_NO_CROP | PP_LIMIT_SYMMETRIC | PP_LIMIT_PAD_LESS | PP_LIMIT_NO_SAME | PP_LIMIT_NO_DILATION},
    [PP_DIALECT_ONEDNN] = {"onednn", false, PP_SIZE_FLOOR, PP_SIZE_FLOOR, PP_DIVISOR_VALID, PP_DIVISOR_FULL, PP_NAN_IGNORE, PP_EMPTY_LOWEST,
                           PP_EMPTY_ZERO, PP_ROUND_HALF_EVEN, PP_INDEX_PLANE, PP_LIMIT_NO_SAME | PP_LIMIT_NO_CEIL},
};

const pp_dialect_row *pp_dialect_get(pp_dialect dialect)
{
    return (int)dialect >= 0 && (int)dialect < PP_COUNT(rows) ? &rows[dialect] : NULL;
}

/* The window that PyTorch's padding limit is measured against: with its dilation since 2.8, without before. */
static int64_t half_window(const pp_desc *desc, int axis)
{
    bool old = desc->dialect_version && desc->dialect_version < 20800;
    return (old ? desc->kernel[axis] : (desc->kernel[axis] - 1) * desc->dilation[axis] + 1) / 2;
}

static pp_status check_pads(const pp_desc *desc, const pp_dialect_row *row, int axis, const pp_error *error)
{
    unsigned limits = row->limits;
    int64_t kernel = desc->kernel[axis];
    for (int end = 0; end < 2; end++) {
        const char *name = end ? "pad_end" : "pad_begin";
        int64_t pad = end ? desc->pad_end[axis] : desc->pad_begin[axis];
        if (limits & PP_LIMIT_NO_CROP && pad < 0) {
            return pp_fail(error, PP_REFUSED, "%s[%d] = %lld: %s pads are not negative", name, axis, (long long)pad, row->name);
        }
        if (limits & PP_LIMIT_PAD_HALF && pad > half_window(desc, axis)) {
            return pp_fail(error, PP_REFUSED, "%s[%d] = %lld: %s allows at most half the window of %lld (dilation %lld), that is %lld",
                           name, axis, (long long)pad, row->name, (long long)kernel, (long long)desc->dilation[axis],
                           (long long)half_window(desc, axis));
        }
        if (limits & PP_LIMIT_PAD_LESS && pad && pad >= kernel) {
            return pp_fail(error, PP_REFUSED, "%s[%d] = %lld: %s pads are smaller than the kernel, here %lld", name, axis, (long long)pad,
                           row->name, (long long)kernel);
        }
        if (limits & PP_LIMIT_NO_EXPLICIT && pad) {
            return pp_fail(error, PP_REFUSED, "%s[%d] = %lld: %s pads by SAME or VALID only", name, axis, (long long)pad, row->name);
        }
    }
    if (limits & PP_LIMIT_SYMMETRIC && desc->pad_begin[axis] != desc->pad_end[axis]) {
        return pp_fail(error, PP_REFUSED, "pad_begin[%d] = %lld, pad_end[%d] = %lld: %s pads both sides alike", axis,
                       (long long)desc->pad_begin[axis], axis, (long long)desc->pad_end[axis], row->name);
    }
    return PP_OK;
}

static pp_status check_window(const pp_desc *desc, const pp_dialect_row *row, int axis, const pp_error *error)
{
    unsigned limits = row->limits;
    long long kernel = desc->kernel[axis], stride = desc->stride[axis], dilation = desc->dilation[axis];
    if (limits & PP_LIMIT_INT32 && (kernel > INT32_MAX || stride > INT32_MAX)) {
        return pp_fail(error, PP_REFUSED, "kernel[%d] = %lld, stride[%d] = %lld: %s takes 32-bit numbers", axis, kernel, axis, stride,
                       row->name);
    }
    bool average = desc->op == PP_OP_AVERAGE && limits & PP_LIMIT_AVERAGE_DILATION;
    if (dilation > 1 && (average || limits & PP_LIMIT_NO_DILATION)) {
        return pp_fail(error, PP_REFUSED, "dilation[%d] = %lld: %s has no dilated pooling%s", axis, dilation, row->name,
                       average ? " of averages" : "");
    }
    if (limits & PP_LIMIT_DILATION_XOR_STRIDE && dilation > 1 && stride > 1) {
        return pp_fail(error, PP_REFUSED, "stride[%d] = %lld with dilation[%d] = %lld: %s allows only one of them above 1", axis, stride,
                       axis, dilation, row->name);
    }
    if (limits & PP_LIMIT_WINDOW_FITS && desc->padding != PP_PAD_SAME_UPPER && desc->padding != PP_PAD_SAME_LOWER) {
        long long room = desc->input_size[axis] + desc->pad_begin[axis] + desc->pad_end[axis];
        if ((desc->kernel[axis] - 1) * desc->dilation[axis] + 1 > room) {
            return pp_fail(error, PP_REFUSED, "kernel[%d] = %lld: %s refuses a window larger than its input of %lld", axis, kernel,
                           row->name, room);
        }
    }
    if (limits & PP_LIMIT_KERNEL_3D && desc->rank == 3 && desc->op == PP_OP_AVERAGE && kernel > desc->input_size[axis]) {
        return pp_fail(error, PP_REFUSED, "kernel[%d] = %lld: %s avg_pool3d refuses a kernel larger than the unpadded input of %lld", axis,
                       kernel, row->name, (long long)desc->input_size[axis]);
    }
    return PP_OK;
}

/* ONNX operators gained their attributes one opset at a time (onnx/defs/nn/defs.cc, docs/Changelog.md). */
static pp_status check_opset(const pp_desc *desc, const pp_error *error)
{
    static const struct {
        char what[18];
        unsigned char since;
    } uses[] = {{"ceil_mode", 10}, {"indices", 8},    {"count_include_pad", 7}, {"type u8", 12},
                {"type int8", 12}, {"type bf16", 22}, {"dilations", 10},        {"dilations", 19}};
    bool max = desc->op == PP_OP_MAX, sliding = desc->mode == PP_MODE_SLIDING, dilated = false;
    const char *name = max ? "MaxPool" : "AveragePool";
    for (int a = 0; a < desc->rank; a++) dilated |= sliding && desc->dilation[a] > 1;
    const bool used[] = {sliding && desc->size_rule != PP_SIZE_FLOOR && desc->size_rule != PP_SIZE_GIVEN,
                         max && desc->indices != PP_INDEX_NONE,
                         desc->op == PP_OP_AVERAGE && desc->divisor != PP_DIVISOR_VALID,
                         desc->dtype == PP_U8,
                         desc->dtype == PP_INT8,
                         desc->dtype == PP_BF16,
                         max && dilated,
                         !max && dilated};
    if (!max && !pp_dtypes[desc->dtype].floating) {
        return pp_fail(error, PP_REFUSED, "dtype = %s: onnx %s has no such type", pp_dtypes[desc->dtype].name, name);
    }
    for (int i = 0; desc->dialect_version && i < PP_COUNT(uses); i++) {
        if (used[i] && desc->dialect_version < uses[i].since) {
            return pp_fail(error, PP_REFUSED, "%s: onnx %s has it since opset %d, the description says %d", uses[i].what, name,
                           uses[i].since, desc->dialect_version);
        }
    }
    return PP_OK;
}

static pp_status check_sizes(const pp_desc *desc, const pp_dialect_row *row, const pp_error *error)
{
    if (row->limits & PP_LIMIT_NOT_EMPTY && desc->channels == 0) {
        return pp_fail(error, PP_REFUSED, "channels = 0: in %s only the batch may be empty", row->name);
    }
    for (int axis = 0; axis < desc->rank; axis++) {
        if (row->limits & PP_LIMIT_NOT_EMPTY && desc->input_size[axis] == 0) {
            return pp_fail(error, PP_REFUSED, "input_size[%d] = 0: in %s only the batch may be empty", axis, row->name);
        }
        bool wanted = desc->mode == PP_MODE_SLIDING || desc->backward != PP_BACKWARD_NONE;
        if (row->limits & PP_LIMIT_OUTPUT && wanted && desc->output_size[axis] < 1) {
            return pp_fail(error, PP_REFUSED, "output_size[%d] = %lld: %s needs at least one output%s", axis,
                           (long long)desc->output_size[axis], row->name, desc->mode == PP_MODE_SLIDING ? "" : " to run backward");
        }
    }
    return PP_OK;
}

static pp_status check_sliding(const pp_desc *desc, const pp_dialect_row *row, const pp_error *error)
{
    unsigned limits = row->limits;
    bool same = desc->padding == PP_PAD_SAME_UPPER || desc->padding == PP_PAD_SAME_LOWER;
    if (limits & PP_LIMIT_NO_SAME && desc->padding != PP_PAD_EXPLICIT) {
        return pp_fail(error, PP_REFUSED, "padding = %s: %s has explicit pads only", pp_name(PP_NAME_PADDING, (int)desc->padding),
                       row->name);
    }
    if (limits & PP_LIMIT_NO_LOWER && desc->padding == PP_PAD_SAME_LOWER) {
        return pp_fail(error, PP_REFUSED, "padding = same_lower: in %s SAME pads more at the end", row->name);
    }
    if (limits & PP_LIMIT_NO_CEIL && desc->size_rule != PP_SIZE_FLOOR && desc->size_rule != PP_SIZE_GIVEN) {
        return pp_fail(error, PP_REFUSED, "size_rule = %s: %s has no ceil mode", pp_name(PP_NAME_SIZE_RULE, (int)desc->size_rule),
                       row->name);
    }
    if (limits & PP_LIMIT_DIVISOR_VALID && desc->op == PP_OP_AVERAGE && desc->divisor != PP_DIVISOR_VALID) {
        return pp_fail(error, PP_REFUSED, "divisor = %s: %s never counts padding", pp_name(PP_NAME_DIVISOR, (int)desc->divisor), row->name);
    }
    pp_status status = PP_OK;
    for (int axis = 0; axis < desc->rank && status == PP_OK && !same; axis++) status = check_pads(desc, row, axis, error);
    for (int axis = 0; axis < desc->rank && status == PP_OK; axis++) status = check_window(desc, row, axis, error);
    return status;
}

pp_status pp_dialect_check(const pp_desc *desc, const pp_error *error)
{
    const pp_dialect_row *row = pp_dialect_get(desc->dialect);
    pp_status status = desc->dialect == PP_DIALECT_ONNX ? check_opset(desc, error) : PP_OK;
    if (status == PP_OK && desc->mode == PP_MODE_SLIDING) status = check_sliding(desc, row, error);
    return status == PP_OK ? check_sizes(desc, row, error) : status;
}

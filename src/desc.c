/* Descriptions: their defaults and shapes. */
#include "dialect.h"

#include <string.h>

pp_status pp_desc_init(pp_desc *desc, pp_dialect dialect, int version, pp_op op, int rank)
{
    if (!desc) return PP_INVALID;
    memset(desc, 0, sizeof *desc);
    const pp_dialect_row *row = pp_dialect_get(dialect);
    if (!row || !pp_name(PP_NAME_OP, (int)op) || rank < 1 || rank > PP_MAX_RANK || version < 0) return PP_INVALID;

    desc->struct_size = sizeof *desc;
    desc->dialect = dialect;
    desc->dialect_version = version;
    desc->op = op;
    desc->rank = rank;
    desc->batch = desc->channels = PP_AUTO;
    for (int a = 0; a < PP_MAX_RANK; a++) {
        desc->input_size[a] = desc->kernel[a] = desc->output_size[a] = PP_AUTO;
        desc->stride[a] = row->stride_is_kernel ? PP_AUTO : 1;
        desc->dilation[a] = 1;
    }
    desc->size_rule = row->size_rule;
    desc->divisor = row->divisor;
    desc->divisor_override = 1;
    desc->nan = row->nan;
    desc->empty = op == PP_OP_MAX || op == PP_OP_MIN ? row->empty_max : row->empty_average;
    desc->rounding = row->rounding;
    desc->index_convention = row->convention;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) desc->view[t].strides[0] = PP_AUTO;
    return PP_OK;
}

pp_status pp_desc_set_shape(pp_desc *desc, int axes, const int64_t *shape, char *text, size_t size)
{
    pp_error error = pp_error_buffer(text, size);
    if (!desc || desc->struct_size < sizeof *desc || desc->rank < 1 || desc->rank > PP_MAX_RANK) {
        return pp_fail(&error, PP_INVALID, "desc was never initialised: call pp_desc_init first");
    }
    int rank = desc->rank;
    if (axes != rank + 1 && axes != rank + 2) {
        return pp_fail(&error, PP_INVALID, "the shape has %d axes: a %d-D pooling takes %d, or %d without a batch axis", axes, rank,
                       rank + 2, rank + 1);
    }
    if (!shape) return pp_fail(&error, PP_INVALID, "shape is NULL");
    for (int a = 0; a < axes; a++) {
        if (shape[a] < 0) return pp_fail(&error, PP_INVALID, "shape[%d] = %lld: must not be negative", a, (long long)shape[a]);
    }
    bool last = desc->layout == PP_CHANNELS_LAST;
    desc->unbatched = axes == rank + 1;
    desc->batch = desc->unbatched ? 1 : *shape++;
    desc->channels = last ? shape[rank] : *shape++;
    for (int a = 0; a < rank; a++) desc->input_size[a] = shape[a];
    return PP_OK;
}

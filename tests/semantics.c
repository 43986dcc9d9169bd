/* Cases in the notation, run in every way (semantics.h). */
#include "semantics.h"
#include "half.h"

enum { COPIES = 5 }; /* channels of the channels-last twin of a case with one channel */

/* ------------------------------------------------------------------------------------------------ elements */

static double bf16_to_double(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return (double)value;
}

double load(pp_dtype dtype, const void *array, size_t at)
{
    switch (dtype) {
    case PP_F32:
        return (double)((const float *)array)[at];
    case PP_F64:
        return ((const double *)array)[at];
    case PP_U8:
        return ((const uint8_t *)array)[at];
    case PP_BF16:
        return bf16_to_double(((const uint16_t *)array)[at]);
    case PP_F16:
        return half_to_double(((const uint16_t *)array)[at]);
    case PP_INT8:
        return ((const int8_t *)array)[at];
    }
    return 0;
}

void store(pp_dtype dtype, void *array, size_t at, double value)
{
    float narrow = (float)value;
    uint32_t bits;
    memcpy(&bits, &narrow, sizeof bits);
    switch (dtype) {
    case PP_F32:
        ((float *)array)[at] = narrow;
        break;
    case PP_F64:
        ((double *)array)[at] = value;
        break;
    case PP_U8:
        ((uint8_t *)array)[at] = (uint8_t)value;
        break;
    case PP_BF16:
        ((uint16_t *)array)[at] = (uint16_t)(bits >> 16);
        break;
    case PP_F16:
        ((uint16_t *)array)[at] = half_of_double(value);
        break;
    case PP_INT8:
        ((int8_t *)array)[at] = (int8_t)value;
        break;
    }
    if (!same_value(value, load(dtype, array, at), true))
        fail_msg("%.17g is no value of type %s", value, pp_name(PP_NAME_DTYPE, (int)dtype));
}

void *array_of(pp_dtype dtype, values list)
{
    void *array = malloc(list.count * sizeof(double) + 1);
    assert_non_null(array);
    for (size_t i = 0; i < list.count; i++) store(dtype, array, i, list.at[i]);
    return array;
}

bool same_value(double expected, double got, bool zero_signs)
{
    if (isnan(expected) || isnan(got)) return isnan(expected) && isnan(got);
    return expected == got && (!zero_signs || !signbit(expected) == !signbit(got));
}

size_t elements_of(const pp_plan *plan, pp_tensor tensor)
{
    int64_t shape[2 + PP_MAX_RANK], count = 1;
    int axes = pp_plan_shape(plan, tensor, shape);
    for (int i = 0; i < axes; i++) count *= shape[i];
    return (size_t)count;
}

int64_t random_below(rng *r, int64_t n)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (int64_t)((r->state >> 33) % (uint64_t)n);
}

double random_float(rng *r)
{
    double size = ldexp(1 + (double)random_below(r, 1 << 23) * 0x1p-23, (int)random_below(r, 24) - 12);
    return random_below(r, 2) ? size : -size;
}

/* ------------------------------------------------------------------------------------------------ the tree */

double round_f32(double x) { return (double)(float)x; }
double round_f64(double x) { return x; }

double round_bf16(double x)
{
    int exponent;
    if (isnan(x) || isinf(x) || x == 0) return x;
    frexp(x, &exponent); /* |x| lies in [2^(e-1), 2^e): eight digits reach down to 2^(e-8) */
    if (exponent < -125) exponent = -125;
    double rounded = ldexp(rint(ldexp(x, 8 - exponent)), exponent - 8);
    return fabs(rounded) < 0x1p128 ? rounded : copysign((double)INFINITY, x);
}

/* S1(i) = x(i), S2m(i) = Sm(i) + Sm(i + m) */
static double block_sum(const tree *t, int64_t first, int64_t size)
{
    if (first >= t->end || first + size <= t->begin) return 0;
    if (size == 1) return t->tap(t->ctx, first);
    double left = block_sum(t, first, size / 2), right = block_sum(t, first + size / 2, size / 2);
    return t->round(left + right);
}

/* The last block is as long as the lowest binary digit of the length; all before it are a tree of their own. */
double tree_sum(const tree *t, int64_t length)
{
    int64_t last = length & -length;
    if (length == 0) return 0;
    if (last == length) return block_sum(t, 0, length);
    double before = tree_sum(t, length - last);
    return t->round(before + block_sum(t, length - last, last));
}

/* ------------------------------------------------------------------------------------------------ plans */

pp_desc desc_of(const char *text)
{
    pp_desc desc;
    char error[256];
    if (pp_desc_parse(&desc, text, error, sizeof error) != PP_OK) fail_msg("%s: %s", text, error);
    if (desc.batch == PP_AUTO) desc.batch = 1;
    if (desc.channels == PP_AUTO) desc.channels = 1;
    return desc;
}

pp_plan *plan_of(const char *text)
{
    pp_desc desc = desc_of(text);
    pp_plan *plan;
    char error[256];
    if (pp_plan_create(&plan, &desc, NULL, error, sizeof error) != PP_OK) fail_msg("%s: %s", text, error);
    return plan;
}

void check_size(const char *text, numbers size)
{
    pp_plan *plan = plan_of(text);
    const pp_desc *desc = pp_plan_desc(plan);
    assert_int_equal(desc->rank, size.count);
    for (int a = 0; a < desc->rank; a++) {
        if (desc->output_size[a] != size.at[a])
            fail_msg("%s: output_size[%d] = %lld, not %lld", text, a, (long long)desc->output_size[a], (long long)size.at[a]);
    }
    pp_plan_destroy(plan);
}

void check_refused(const char *text, pp_status status, const char *words)
{
    pp_desc desc = desc_of(text);
    pp_plan *plan;
    char error[256];
    pp_status got = pp_plan_create(&plan, &desc, NULL, error, sizeof error);
    if (got != status || plan)
        fail_msg("%s: %s instead of %s; %s", text, pp_name(PP_NAME_STATUS, (int)got), pp_name(PP_NAME_STATUS, (int)status), error);
    if (!strstr(error, words)) fail_msg("%s: the sentence \"%s\" does not hold \"%s\"", text, error, words);
}

void check_accepted(const char *text) { pp_plan_destroy(plan_of(text)); }

pp_window window_of(const char *text, int64_t output)
{
    pp_plan *plan = plan_of(text);
    pp_window window;
    if (pp_plan_window(plan, 0, output, &window) != PP_OK) fail_msg("%s: there is no window %lld", text, (long long)output);
    pp_plan_destroy(plan);
    return window;
}

void check_window(const char *text, int64_t output, pp_window expected)
{
    pp_window got = window_of(text, output);
    bool same = got.first == expected.first && got.length == expected.length && got.begin == expected.begin && got.end == expected.end &&
                got.extent == expected.extent;
    if (!same) {
        fail_msg("%s, output %lld: {%lld, %lld, %lld, %lld, %lld}, not {%lld, %lld, %lld, %lld, %lld}", text, (long long)output,
                 (long long)got.first, (long long)got.length, (long long)got.begin, (long long)got.end, (long long)got.extent,
                 (long long)expected.first, (long long)expected.length, (long long)expected.begin, (long long)expected.end,
                 (long long)expected.extent);
    }
}

void each_way(const pp_desc *desc, void (*visit)(const pp_plan *plan, void *ctx), void *ctx)
{
    char error[256], text[256];
    for (int a = 0; pp_name(PP_NAME_ALGORITHM, a); a++) {
        for (int i = 0; pp_name(PP_NAME_ISA, i); i++) {
            pp_options options = {
                .struct_size = sizeof options, .algorithm = pp_name(PP_NAME_ALGORITHM, a), .isa = pp_name(PP_NAME_ISA, i)};
            pp_plan *plan;
            if (!pp_isa_available(i) || (i > 0 && !pp_name(PP_NAME_ALGORITHM, a + 1))) continue; /* the reference is the same in all */
            pp_status status = pp_plan_create(&plan, desc, &options, error, sizeof error);
            if (status == PP_UNSUPPORTED && strstr(error, "algorithm")) continue;
            pp_desc_format(desc, text, sizeof text);
            if (status != PP_OK) fail_msg("%s: %s", text, error);
            visit(plan, ctx);
            pp_plan_destroy(plan);
        }
    }
}

/* ------------------------------------------------------------------------------------------------ checks */

typedef struct check {
    const char *text;
    values input, output, grad_output, before, grad_input;
    numbers indices;
    size_t copies; /* every element stands this many times in memory: channels of a channels-last tensor */
} check;

static void *copied(const pp_plan *plan, pp_tensor tensor, const check *c, values list)
{
    pp_dtype dtype = pp_plan_desc(plan)->dtype;
    char *array = malloc(list.count * c->copies * sizeof(double) + 1);
    assert_non_null(array);
    if (elements_of(plan, tensor) != list.count * c->copies)
        fail_msg("%s: %zu elements instead of %zu", c->text, list.count * c->copies, elements_of(plan, tensor));
    for (size_t i = 0; i < list.count * c->copies; i++) store(dtype, array, i, list.at[i / c->copies]);
    return array;
}

static void compare(const pp_plan *plan, const check *c, pp_tensor tensor, values expected, const void *array)
{
    const pp_desc *desc = pp_plan_desc(plan);
    bool zero_signs = desc->op == PP_OP_AVERAGE || desc->op == PP_OP_SUM || tensor == PP_GRAD_INPUT;
    char how[256];
    pp_plan_describe(plan, how, sizeof how);
    for (size_t i = 0; i < expected.count * c->copies; i++) {
        double want = expected.at[i / c->copies], got = load(desc->dtype, array, i);
        if (desc->dtype == PP_F32) want = round_f32(want);
        if (same_value(want, got, zero_signs)) continue;
        fail_msg("%s: element %zu is %.17g, not %.17g (%s%s)", c->text, i / c->copies, got, want, how,
                 c->copies > 1 ? "; channels-last" : "");
    }
}

static void compare_indices(const pp_plan *plan, const check *c, const void *array)
{
    const pp_desc *desc = pp_plan_desc(plan);
    char how[256];
    pp_plan_describe(plan, how, sizeof how);
    for (size_t i = 0; i < c->indices.count * c->copies; i++) {
        int64_t want = c->indices.at[i / c->copies],
                got = desc->indices == PP_INDEX_I64   ? ((const int64_t *)array)[i]
                      : desc->indices == PP_INDEX_I32 ? ((const int32_t *)array)[i]
                                                      : ((const uint16_t *)array)[i];
        if (desc->indices == PP_INDEX_U16 && got == UINT16_MAX) got = -1;
        if (want == got) continue;
        fail_msg("%s: index %zu is %lld, not %lld (%s%s)", c->text, i / c->copies, (long long)got, (long long)want, how,
                 c->copies > 1 ? "; channels-last" : "");
    }
}

static void visit_forward(const pp_plan *plan, void *ctx)
{
    const check *c = ctx;
    size_t outputs = elements_of(plan, PP_OUTPUT);
    pp_args args = {.struct_size = sizeof args};
    if (outputs != c->output.count * c->copies) fail_msg("%s: %zu outputs instead of %zu", c->text, outputs, c->output.count * c->copies);
    void *input = copied(plan, PP_INPUT, c, c->input), *output = malloc(outputs * 8 + 1), *indices = malloc(outputs * 8 + 1);
    memset(output, 0xA5, outputs * 8);
    memset(indices, 0xA5, outputs * 8);
    args.input = input;
    args.output = output;
    if (pp_plan_desc(plan)->indices != PP_INDEX_NONE) args.indices = indices;
    assert_int_equal(pp_forward(plan, &args), PP_OK);
    compare(plan, c, PP_OUTPUT, c->output, output);
    if (args.indices) compare_indices(plan, c, indices);
    free(input);
    free(output);
    free(indices);
}

static void visit_backward(const pp_plan *plan, void *ctx)
{
    const check *c = ctx;
    size_t outputs = elements_of(plan, PP_OUTPUT), inputs = elements_of(plan, PP_INPUT);
    void *input = copied(plan, PP_INPUT, c, c->input), *output = malloc(outputs * 8 + 1), *indices = malloc(outputs * 8 + 1);
    void *grad_output = copied(plan, PP_OUTPUT, c, c->grad_output), *grad_input = NULL;
    const pp_desc *desc = pp_plan_desc(plan);
    pp_args args = {.struct_size = sizeof args, .input = input, .output = output, .grad_output = grad_output};
    if (desc->indices != PP_INDEX_NONE) {
        args.indices = indices;
        assert_int_equal(pp_forward(plan, &args), PP_OK);
    }
    if (desc->backward != PP_BACKWARD_RECOMPUTE) args.input = NULL;
    args.output = NULL;
    if (c->before.count) {
        grad_input = copied(plan, PP_INPUT, c, c->before);
        args.accumulate = 1;
    } else {
        grad_input = malloc(inputs * 8 + 1);
        memset(grad_input, 0xA5, inputs * 8);
    }
    args.grad_input = grad_input;
    assert_int_equal(pp_backward(plan, &args), PP_OK);
    compare(plan, c, PP_GRAD_INPUT, c->grad_input, grad_input);
    free(input);
    free(output);
    free(indices);
    free(grad_output);
    free(grad_input);
}

/* As the text says it, and, where that leaves nothing else unchanged, channels-last with several equal channels. */
static void in_both_layouts(const pp_desc *desc, void (*visit)(const pp_plan *plan, void *ctx), check *c)
{
    c->copies = 1;
    each_way(desc, visit, c);
    bool plain = desc->layout == PP_CHANNELS_FIRST && desc->batch == 1 && desc->channels == 1 && !desc->unbatched;
    for (int t = 0; t < PP_TENSOR_COUNT; t++) plain &= desc->view[t].strides[0] == PP_AUTO && !desc->view[t].offset;
    if (!plain || (desc->indices != PP_INDEX_NONE && desc->index_convention != PP_INDEX_PLANE)) return;
    pp_desc twin = *desc;
    twin.layout = PP_CHANNELS_LAST;
    twin.channels = COPIES;
    c->copies = COPIES;
    each_way(&twin, visit, c);
}

void check_forward(const char *text, values input, values output)
{
    pp_desc desc = desc_of(text);
    check c = {.text = text, .input = input, .output = output};
    in_both_layouts(&desc, visit_forward, &c);
}

void check_winners(const char *text, values input, values output, numbers indices)
{
    pp_desc desc = desc_of(text);
    check c = {.text = text, .input = input, .output = output, .indices = indices};
    if (output.count != indices.count) fail_msg("%s: %zu values, %zu indices", text, output.count, indices.count);
    desc.indices = PP_INDEX_I32;
    in_both_layouts(&desc, visit_forward, &c);
    desc.indices = PP_INDEX_I64;
    in_both_layouts(&desc, visit_forward, &c);
    desc.indices = PP_INDEX_U16;
    in_both_layouts(&desc, visit_forward, &c);
    desc.indices = PP_INDEX_NONE;
    in_both_layouts(&desc, visit_forward, &c);
}

void check_accumulated(const char *text, values input, values grad_output, values before, values after)
{
    pp_desc desc = desc_of(text);
    check c = {.text = text, .input = input, .grad_output = grad_output, .before = before, .grad_input = after};
    if (desc.op == PP_OP_MAX || desc.op == PP_OP_MIN) {
        desc.backward = PP_BACKWARD_RECOMPUTE;
        in_both_layouts(&desc, visit_backward, &c);
        desc.backward = PP_BACKWARD_INDICES;
        desc.indices = PP_INDEX_I32;
        in_both_layouts(&desc, visit_backward, &c);
        desc.index_convention = PP_INDEX_WINDOW;
        desc.indices = PP_INDEX_U16;
        in_both_layouts(&desc, visit_backward, &c);
        desc.indices = PP_INDEX_I64;
    } else {
        desc.backward = PP_BACKWARD_AUTO;
    }
    in_both_layouts(&desc, visit_backward, &c);
}

void check_backward(const char *text, values input, values grad_output, values grad_input)
{
    check_accumulated(text, input, grad_output, (values){0, NULL}, grad_input);
}

/* verify_tensor.c - buffers for tensors of any view, and their comparison. */
#include "verify.h"

#include <math.h>
#include <string.h>

#define MARGIN 64 /* elements on each side */

/* The extents in the order of a view's strides: n, c, spatial axes. */
static void extents_of(const pp_plan *plan, pp_tensor which, int64_t extents[2 + PP_MAX_RANK])
{
    const pp_desc *desc = pp_plan_desc(plan);
    int64_t shape[2 + PP_MAX_RANK];
    int axes = pp_plan_shape(plan, which, shape);
    bool last = desc->layout == PP_CHANNELS_LAST;
    int first = axes - desc->rank - 1; /* 0 without a batch axis, else 1 */
    extents[0] = first ? shape[0] : 1;
    extents[1] = shape[last ? axes - 1 : first];
    for (int i = 0; i < desc->rank; i++) extents[2 + i] = shape[first + (last ? 0 : 1) + i];
}

/* The lowest and highest position that a view reaches; false when it does not fit 64 bits. */
static bool reach_of(const pp_view *view, int axes, const int64_t *extents, int64_t *lowest, int64_t *highest)
{
    *lowest = *highest = view->offset;
    for (int i = 0; i < axes; i++) {
        int64_t reach;
        if (extents[i] == 0) return true;
        if (__builtin_mul_overflow(extents[i] - 1, view->strides[i], &reach) ||
            __builtin_add_overflow(reach < 0 ? *lowest : *highest, reach, reach < 0 ? lowest : highest))
            return false;
    }
    return true;
}

static bool dense_reach(int axes, const int64_t *extents, int64_t *highest)
{
    int64_t count = 1;
    for (int i = 0; i < axes; i++)
        if (__builtin_mul_overflow(count, extents[i], &count)) return false;
    *highest = count > 0 ? count - 1 : 0;
    return true;
}

static enum element element_for(const pp_desc *desc, pp_tensor which)
{
    if (which != PP_INDICES) return element_of(desc->dtype);
    return element_of_index(desc->indices);
}

int new_view(const char *name, struct tensor *tensor, const pp_plan *plan, pp_tensor which)
{
    const pp_desc *desc = pp_plan_desc(plan);
    const pp_view *view = &desc->view[which];
    int axes = 2 + desc->rank;
    int64_t extents[2 + PP_MAX_RANK], lowest = 0, highest = 0, count;
    extents_of(plan, which, extents);
    bool dense = view->strides[0] == PP_AUTO;
    bool fits = dense ? dense_reach(axes, extents, &highest) : reach_of(view, axes, extents, &lowest, &highest);
    if (dense && (__builtin_add_overflow(highest, view->offset, &highest) || view->offset < 0)) fits = false;
    lowest = lowest < 0 ? lowest : 0;
    highest = highest > 0 ? highest : 0;
    if (!fits || __builtin_sub_overflow(highest, lowest, &count) || __builtin_add_overflow(count, 1 + 2 * MARGIN, &count))
        return fail(name, "its arrays do not fit into memory");
    tensor->base = MARGIN - lowest;
    return new_array(name, &tensor->buffer, element_for(desc, which), 1, &count);
}

void *pointer_of(const struct tensor *tensor)
{
    if (!tensor->buffer.data) return NULL;
    return (char *)tensor->buffer.data + (size_t)tensor->base * element_types[tensor->buffer.element].size;
}

void taint(struct tensor *tensor)
{
    if (tensor->buffer.data) memset(tensor->buffer.data, 0xA5, (size_t)tensor->buffer.count * element_types[tensor->buffer.element].size);
}

static bool same_element(const struct array *a, const struct array *b, int64_t i, bool loose)
{
    size_t size = element_types[a->element].size;
    if (memcmp((const char *)a->data + (size_t)i * size, (const char *)b->data + (size_t)i * size, size) == 0) return true;
    if (is_bytes(a->element) || a->element >= ELEMENT_U16) return false;
    double x = get_element(a, i), y = get_element(b, i);
    return (isnan(x) && isnan(y)) || (loose && x == 0 && y == 0);
}

static void format_element(char text[80], const struct array *array, int64_t i)
{
    char number[32];
    size_t size = element_types[array->element].size;
    const unsigned char *bytes = (const unsigned char *)array->data + (size_t)i * size;
    format_number(number, get_element(array, i), array->element != ELEMENT_F64 && array->element != ELEMENT_I64);
    int length = snprintf(text, 80, "%s (", number);
    for (size_t at = 0; at < size; at++)
        length += snprintf(text + length, 80 - (size_t)length, "%02x", bytes[host_is_big_endian() ? at : size - 1 - at]);
    snprintf(text + length, 80 - (size_t)length, ")");
}

bool same_bits(const struct tensor *tested, const struct tensor *reference, bool loose, char *sentence, size_t size)
{
    const struct array *a = &tested->buffer, *b = &reference->buffer;
    for (int64_t i = 0; i < a->count; i++) {
        if (same_element(a, b, i, loose)) continue;
        char got[80], wanted[80];
        format_element(got, a, i);
        format_element(wanted, b, i);
        snprintf(sentence, size, "[%lld] is %s, the reference has %s", (long long)(i - tested->base), got, wanted);
        return false;
    }
    return true;
}

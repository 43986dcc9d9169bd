/* ndarray.c - arrays in memory. */
#define _POSIX_C_SOURCE 200809L
#include "ndarray.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct element_type element_types[ELEMENT_COUNT] = {
    [ELEMENT_F32] = {"f32", 'f', 4},   [ELEMENT_F64] = {"f64", 'f', 8}, [ELEMENT_U8] = {"u8", 'u', 1},
    [ELEMENT_BF16] = {"bf16", 'V', 2}, [ELEMENT_F16] = {"f16", 'f', 2}, [ELEMENT_INT8] = {"int8", 'i', 1},
    [ELEMENT_U16] = {"u16", 'u', 2},   [ELEMENT_I32] = {"i32", 'i', 4}, [ELEMENT_I64] = {"i64", 'i', 8},
};

static const pp_dtype dtypes[] = {[ELEMENT_F32] = PP_F32,   [ELEMENT_F64] = PP_F64, [ELEMENT_U8] = PP_U8,
                                  [ELEMENT_BF16] = PP_BF16, [ELEMENT_F16] = PP_F16, [ELEMENT_INT8] = PP_INT8};

bool is_bytes(enum element element) { return element == ELEMENT_U8 || element == ELEMENT_INT8; }

enum element element_of(pp_dtype dtype)
{
    for (int i = 0; i < (int)(sizeof dtypes / sizeof *dtypes); i++)
        if (dtypes[i] == dtype) return (enum element)i;
    return ELEMENT_F32;
}

pp_dtype dtype_of(enum element element) { return dtypes[element]; }

enum element element_of_index(pp_index_type type)
{
    static const enum element elements[] = {
        [PP_INDEX_I32] = ELEMENT_I32, [PP_INDEX_I64] = ELEMENT_I64, [PP_INDEX_U8] = ELEMENT_U8, [PP_INDEX_U16] = ELEMENT_U16};
    return elements[type];
}

bool set_shape(struct array *array, enum element element, int axes, const int64_t *shape)
{
    array->element = element;
    array->axes = axes;
    array->count = 1;
    bool empty = false;
    for (int i = axes - 1; i >= 0; i--) {
        array->shape[i] = shape[i];
        array->strides[i] = array->count;
        if (shape[i] == 0) empty = true; /* any other extent goes with it */
        else if (__builtin_mul_overflow(array->count, shape[i], &array->count)) return false;
    }
    if (empty) array->count = 0;
    int64_t size;
    return !__builtin_mul_overflow(array->count, (int64_t)element_types[element].size, &size) && (uint64_t)size <= SIZE_MAX / 2;
}

void set_fortran_order(struct array *array)
{
    int64_t stride = 1;
    for (int i = 0; i < array->axes; i++) {
        array->strides[i] = stride;
        if (array->shape[i] > 0) stride *= array->shape[i];
    }
}

bool is_c_order(const struct array *array)
{
    int64_t stride = 1;
    for (int i = array->axes - 1; i >= 0; i--) {
        if (array->shape[i] > 1 && array->strides[i] != stride) return false;
        stride *= array->shape[i] > 0 ? array->shape[i] : 1;
    }
    return true;
}

/* Vectors that begin where cache lines do are faster; the benchmark's programs align alike. */
enum { LINE = 64, LARGE = 1 << 21 };

int new_array(const char *name, struct array *array, enum element element, int axes, const int64_t *shape)
{
    array->data = NULL;
    if (!set_shape(array, element, axes, shape)) return fail(name, "too large for this machine");
    size_t size = (size_t)array->count * element_types[element].size;
    if (posix_memalign(&array->data, size < LARGE ? LINE : LARGE, size ? size : 1)) array->data = NULL;
    return array->data ? 0 : fail_memory(name);
}

void free_array(struct array *array)
{
    free(array->data);
    memset(array, 0, sizeof *array);
}

static float bf16_to_float(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t double_to_bf16(double value)
{
    if (isnan(value)) return 0x7FC0;
    /* Rounded to odd first, so that the second rounding decides as if it were the only one. */
    float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    if ((double)single != value && !(bits & 1)) bits = fabs((double)single) < fabs(value) ? bits + 1 : bits - 1;
    return (uint16_t)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
}

static double f16_to_double(uint16_t half)
{
    int exponent = half >> 10 & 31, fraction = half & 0x3FF;
    double size = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31) size = fraction ? (double)NAN : (double)INFINITY;
    return half & 0x8000 ? -size : size;
}

static uint16_t double_to_f16(double value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    int exponent;
    double size = fabs(value);
    if (isnan(value)) return 0x7E00;
    if (size >= 65520) return sign | 0x7C00; /* the largest is 65504: this is half way to the next */
    frexp(size, &exponent);                  /* size lies in [2^(exponent-1), 2^exponent); subnormals count in 2^-24 */
    if (exponent < -13) return sign | (uint16_t)rint(ldexp(size, 24));
    return sign | (uint16_t)(((exponent + 13) << 10) + (int)rint(ldexp(size, 11 - exponent)));
}

double get_element(const struct array *array, int64_t position)
{
    switch (array->element) {
    case ELEMENT_F32:
        return (double)((const float *)array->data)[position];
    case ELEMENT_F64:
        return ((const double *)array->data)[position];
    case ELEMENT_U8:
        return ((const uint8_t *)array->data)[position];
    case ELEMENT_BF16:
        return (double)bf16_to_float(((const uint16_t *)array->data)[position]);
    case ELEMENT_F16:
        return f16_to_double(((const uint16_t *)array->data)[position]);
    case ELEMENT_INT8:
        return ((const int8_t *)array->data)[position];
    case ELEMENT_U16:
        return ((const uint16_t *)array->data)[position];
    case ELEMENT_I32:
        return ((const int32_t *)array->data)[position];
    case ELEMENT_I64:
        return (double)((const int64_t *)array->data)[position];
    case ELEMENT_COUNT:
        break;
    }
    return 0;
}

void put_element(struct array *array, int64_t position, double value)
{
    switch (array->element) {
    case ELEMENT_F32:
        ((float *)array->data)[position] = (float)value;
        break;
    case ELEMENT_F64:
        ((double *)array->data)[position] = value;
        break;
    case ELEMENT_U8:
        ((uint8_t *)array->data)[position] = (uint8_t)value;
        break;
    case ELEMENT_BF16:
        ((uint16_t *)array->data)[position] = double_to_bf16(value);
        break;
    case ELEMENT_F16:
        ((uint16_t *)array->data)[position] = double_to_f16(value);
        break;
    case ELEMENT_INT8:
        ((int8_t *)array->data)[position] = (int8_t)value;
        break;
    case ELEMENT_U16:
        ((uint16_t *)array->data)[position] = (uint16_t)value;
        break;
    case ELEMENT_I32:
        ((int32_t *)array->data)[position] = (int32_t)value;
        break;
    case ELEMENT_I64:
        ((int64_t *)array->data)[position] = (int64_t)value;
        break;
    case ELEMENT_COUNT:
        break;
    }
}

int convert_array(const char *name, struct array *array, enum element element)
{
    if (array->element == element) return 0;
    struct array result = *array;
    result.element = element;
    result.data = NULL;
    size_t size = element_types[element].size;
    int lowest = element == ELEMENT_INT8 ? -128 : 0, highest = lowest + 255; /* of bytes */
    if (array->count > (int64_t)(PTRDIFF_MAX / 8)) return fail(name, "too large for this machine");
    result.data = malloc(array->count ? (size_t)array->count * size : 1);
    if (!result.data) return fail_memory(name);
    for (int64_t i = 0; i < array->count; i++) {
        double value = get_element(array, i);
        if (is_bytes(element) && !(value >= lowest && value <= highest && floor(value) == value)) {
            char text[32];
            format_number(text, value, array->element != ELEMENT_F64);
            free(result.data);
            return fail(name, "the value %s is not one of %s's, %d to %d", text, element_types[element].name, lowest, highest);
        }
        put_element(&result, i, value);
    }
    free(array->data);
    *array = result;
    return 0;
}

static void print_element(FILE *file, const struct array *array, int64_t position, bool json)
{
    if (array->element == ELEMENT_I32 || array->element == ELEMENT_I64) {
        long long value =
            array->element == ELEMENT_I32 ? ((const int32_t *)array->data)[position] : (long long)((const int64_t *)array->data)[position];
        fprintf(file, "%lld", value);
        return;
    }
    char text[32];
    double value = get_element(array, position);
    format_number(text, value, array->element != ELEMENT_F64);
    fprintf(file, json && !isfinite(value) ? "\"%s\"" : "%s", text);
}

static void print_axis(FILE *file, const struct array *array, int axis, int64_t position, bool break_rows, bool json)
{
    if (axis == array->axes) {
        print_element(file, array, position, json);
        return;
    }
    fputc('[', file);
    bool innermost = axis == array->axes - 1;
    for (int64_t i = 0; i < array->shape[axis]; i++) {
        if (i) fputc(',', file);
        if (i && break_rows && !innermost) fprintf(file, "\n%*s", axis + 1, "");
        print_axis(file, array, axis + 1, position + i * array->strides[axis], break_rows, json);
    }
    fputc(']', file);
}

void print_array(FILE *file, const struct array *array, bool break_rows, bool json) { print_axis(file, array, 0, 0, break_rows, json); }

/* Facts about the element types of dtype.def. */
#ifndef PP_DTYPE_H
#define PP_DTYPE_H

#include "common.h"

typedef struct pp_dtype_info {
    char name[6];
    bool floating;
    bool in_float;          /* sums are made in float */
    size_t size;            /* bytes of an element */
    double lowest, highest; /* finite values */
    int mask, infinity;     /* see dtype.def */

    /* Element "at" of an array, and back: floats round half to even, a NaN stays one; integers take values of their range. */
    double (*load)(const char *base, int64_t at);
    void (*store)(char *base, int64_t at, double value);
} pp_dtype_info;

extern const pp_dtype_info pp_dtypes[];
extern const int pp_dtype_count;

PP_INLINE float pp_float_of_bits(uint32_t bits)
{
    union {
        uint32_t u;
        float f;
    } x = {bits};
    return x.f;
}

PP_INLINE uint32_t pp_bits_of_float(float value)
{
    union {
        float f;
        uint32_t u;
    } x = {value};
    return x.u;
}

/* bf16 is the upper half of an f32; the way back rounds half to even and keeps NaN a NaN. */
PP_INLINE float pp_bf16_to_float(uint16_t bits) { return pp_float_of_bits((uint32_t)bits << 16); }

PP_INLINE uint16_t pp_bf16_from_float(float value)
{
    uint32_t u = pp_bits_of_float(value);
    if (value != value) return (uint16_t)(u >> 16 | 0x40);
    return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

/* f16 is IEEE's half: 5 bits of exponent, 10 of fraction; its subnormals are multiples of 2^-24, which is what a float
 * between 1/2 and 1 counts in. */
PP_INLINE float pp_f16_to_float(uint16_t bits)
{
    uint32_t sign = (uint32_t)(bits & 0x8000) << 16, size = bits & 0x7fff;
    if (size > 0x7c00) return pp_float_of_bits(sign | 0x7fc00000 | size << 13);
    if (size == 0x7c00) return pp_float_of_bits(sign | 0x7f800000);
    if (size >= 0x400) return pp_float_of_bits(sign | ((size << 13) + (112u << 23)));
    return pp_float_of_bits(sign | pp_bits_of_float(pp_float_of_bits(0x3f000000 | size) - 0.5f));
}

PP_INLINE uint16_t pp_f16_from_float(float value)
{
    uint32_t u = pp_bits_of_float(value), sign = u >> 16 & 0x8000, size = u & 0x7fffffff;
    if (size > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (size >> 13 & 0x3ff));
    if (size >= 0x477ff000) return (uint16_t)(sign | 0x7c00); /* 65520, half way from the largest to the next power of two */
    if (size < 0x38800000) return (uint16_t)(sign | (pp_bits_of_float(pp_float_of_bits(size) + 0.5f) - 0x3f000000));
    return (uint16_t)(sign | ((size + 0xfff + (size >> 13 & 1) - (112u << 23)) >> 13));
}

/* A quotient as an integer from lowest to highest. */
int pp_integer_of(double value, pp_rounding rounding, int lowest, int highest);

#endif

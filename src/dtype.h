/* Facts about the element types of dtype.def. */
#ifndef PP_DTYPE_H
#define PP_DTYPE_H

#include "common.h"

typedef struct pp_dtype_info {
    const char *name;
    size_t size;                         /* bytes of an element */
    size_t sum_size, max_size, key_size; /* bytes of a lane while computing */
    bool floating;
} pp_dtype_info;

extern const pp_dtype_info pp_dtypes[];
extern const int pp_dtype_count;

/* bf16 is the upper half of an f32; the way back rounds half to even and keeps NaN a NaN. */
PP_INLINE float pp_bf16_to_float(uint16_t bits)
{
    union {
        uint32_t u;
        float f;
    } x = {(uint32_t)bits << 16};
    return x.f;
}

PP_INLINE uint16_t pp_bf16_from_float(float value)
{
    union {
        float f;
        uint32_t u;
    } x = {value};
    if (value != value) return (uint16_t)(x.u >> 16 | 0x40);
    return (uint16_t)((x.u + 0x7fff + (x.u >> 16 & 1)) >> 16);
}

/* value / divisor as an integer of the type's range; value is an exact sum, so that a tie is exactly representable. */
uint8_t pp_u8_average(int64_t sum, double divisor, pp_rounding rounding);

#endif

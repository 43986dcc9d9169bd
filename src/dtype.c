/* The element types. */
#include "dtype.h"

enum { f32_bytes = 4, f64_bytes = 8, i32_bytes = 4, i64_bytes = 8, u8_bytes = 1, bf16_bytes = 2 };

#define PP_DTYPE(id, name, storage, sum, max, key) [id] = {#name, sizeof(storage), sum##_bytes, max##_bytes, key##_bytes, id != PP_U8},
const pp_dtype_info pp_dtypes[] = {
#include "dtype.def"
};
#undef PP_DTYPE

const int pp_dtype_count = PP_COUNT(pp_dtypes);

size_t pp_dtype_size(pp_dtype dtype) { return (int)dtype >= 0 && (int)dtype < pp_dtype_count ? pp_dtypes[dtype].size : 0; }

uint8_t pp_u8_average(int64_t sum, double divisor, pp_rounding rounding)
{
    double value = (double)sum / divisor;
    if (!(value > 0)) return 0; /* negative, by a negative divisor, saturates */
    if (value >= 255) return 255;
    int whole = (int)value;
    double rest = value - whole;
    if (rounding == PP_ROUND_TRUNCATE) return (uint8_t)whole;
    bool up = rest > 0.5 || (rest == 0.5 && (rounding == PP_ROUND_HALF_AWAY || whole % 2));
    return (uint8_t)(whole + up);
}

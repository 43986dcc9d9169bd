/* The element types. */
#include "dtype.h"

/* Facts about lane types. */
enum { f32_floating = 1, f64_floating = 1, i32_floating = 0, f32_float = 1, f64_float = 0, i32_float = 0 };

#define PP_ELEMENT(name, type, to_double, from_double)                                                                                     \
    static double name##_load(const char *base, int64_t at)                                                                                \
    {                                                                                                                                      \
        type x = ((const type *)(const void *)base)[at];                                                                                   \
        return (double)to_double(x);                                                                                                       \
    }                                                                                                                                      \
    static void name##_store(char *base, int64_t at, double value) { ((type *)(void *)base)[at] = (type)from_double(value); }
#define PP_BF16_FROM(x) pp_bf16_from_float((float)(x))
#define PP_F16_FROM(x) pp_f16_from_float((float)(x))
PP_ELEMENT(f32, float, , )
PP_ELEMENT(f64, double, , )
PP_ELEMENT(u8, uint8_t, , )
PP_ELEMENT(int8, int8_t, , )
PP_ELEMENT(bf16, uint16_t, pp_bf16_to_float, PP_BF16_FROM)
PP_ELEMENT(f16, uint16_t, pp_f16_to_float, PP_F16_FROM)

#define PP_DTYPE(id, name, storage, kernels, sum, lowest, highest, mask, infinity)                                                         \
    [id] = {#name, sum##_floating, sum##_float, sizeof(storage), lowest, highest, mask, infinity, name##_load, name##_store},
const pp_dtype_info pp_dtypes[] = {
#include "dtype.def"
};
#undef PP_DTYPE

const int pp_dtype_count = PP_COUNT(pp_dtypes);

size_t pp_dtype_size(pp_dtype dtype) { return (int)dtype >= 0 && (int)dtype < pp_dtype_count ? pp_dtypes[dtype].size : 0; }

int pp_integer_of(double value, pp_rounding rounding, int lowest, int highest)
{
    if (value <= lowest) return lowest; /* saturates */
    if (value >= highest) return highest;
    int whole = (int)value; /* towards zero */
    double rest = value < 0 ? whole - value : value - whole;
    if (rounding == PP_ROUND_TRUNCATE) return whole;
    bool away = rest > 0.5 || (rest == 0.5 && (rounding == PP_ROUND_HALF_AWAY || whole % 2));
    return whole + (away ? (value < 0 ? -1 : 1) : 0);
}

#include "values.h"

#include <math.h>
#include <string.h>

static uint32_t hash(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53u;
    x ^= x >> 33;
    return (uint32_t)x;
}

static uint16_t bf16_from(float value)
{ /* exact for the values here */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (uint16_t)(bits >> 16);
}

static float bf16_to(uint16_t half)
{
    const uint32_t bits = (uint32_t)half << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint16_t f16_from(float value)
{ /* multiples of 1/128 in [-1, 1), and NaN */
    if (isnan(value)) return 0x7e00;
    if (value == 0) return 0;
    int exponent;
    const double fraction = frexp(fabs((double)value), &exponent); /* in [1/2, 1) */
    const unsigned mantissa = (unsigned)(fraction * 2048) & 1023u;
    return (uint16_t)((value < 0 ? 0x8000u : 0u) | (unsigned)(exponent + 14) << 10 | mantissa);
}

static double f16_to(uint16_t half)
{
    const int exponent = half >> 10 & 31, mantissa = half & 1023;
    const double value = exponent == 31  ? (mantissa ? NAN : INFINITY)
                         : exponent == 0 ? ldexp(mantissa, -24)
                                         : ldexp(mantissa + 1024, exponent - 25);
    return half & 0x8000 ? -value : value;
}

static void put(void *memory, int64_t at, case_type type, int byte, int nan)
{
    const float value = nan ? NAN : (float)(byte - 128) / 128;
    switch (type) {
    case CASE_F32:
        ((float *)memory)[at] = value;
        break;
    case CASE_F64:
        ((double *)memory)[at] = value;
        break;
    case CASE_U8:
        ((uint8_t *)memory)[at] = (uint8_t)byte;
        break;
    case CASE_S8:
        ((int8_t *)memory)[at] = (int8_t)(byte - 128);
        break;
    case CASE_BF16:
        ((uint16_t *)memory)[at] = bf16_from(value);
        break;
    case CASE_F16:
        ((uint16_t *)memory)[at] = f16_from(value);
        break;
    }
}

static double get(const void *memory, int64_t at, case_type type)
{
    switch (type) {
    case CASE_F32:
        return (double)((const float *)memory)[at];
    case CASE_F64:
        return ((const double *)memory)[at];
    case CASE_U8:
        return ((const uint8_t *)memory)[at];
    case CASE_S8:
        return ((const int8_t *)memory)[at];
    case CASE_BF16:
        return (double)bf16_to(((const uint16_t *)memory)[at]);
    default:
        return f16_to(((const uint16_t *)memory)[at]);
    }
}

void values_fill(void *memory, const bench_case *c, int64_t spatial, int64_t shift, int with_nan)
{
    static double table[VALUES_PERIOD]; /* room for the widest type */
    const size_t size = case_type_size(c->type);
    for (int64_t i = 0; i < VALUES_PERIOD; i++) {
        const uint32_t h = hash((uint64_t)i);
        put(table, i, c->type, (int)(h & 255), with_nan && (h >> 8) % 100 == 0);
    }
    char *to = (char *)memory;
    for (int64_t n = 0; n < c->batch; n++) {
        for (int64_t outer = 0; outer < (c->channels_last ? spatial : c->channels); outer++) {
            const int64_t first = c->channels_last ? n * c->channels * spatial + outer : (n * c->channels + outer) * spatial;
            const int64_t count = c->channels_last ? c->channels : spatial;
            const int64_t step = (c->channels_last ? spatial : 1) % VALUES_PERIOD;
            int64_t at = (first + shift) % VALUES_PERIOD;
            for (int64_t i = 0; i < count; i++, to += size) {
                memcpy(to, (const char *)table + (size_t)at * size, size);
                at += step;
                if (at >= VALUES_PERIOD) at -= VALUES_PERIOD;
            }
        }
    }
}

values_sums values_check(const void *memory, const bench_case *c, int64_t spatial)
{
    values_sums sums = {0};
    for (int64_t n = 0; n < c->batch; n++) {
        for (int64_t i = 0; i < c->channels * spatial; i++) {
            const int64_t place = n * c->channels * spatial + i;
            const int64_t at = c->channels_last ? (n * spatial + i % spatial) * c->channels + i / spatial : place;
            const double value = get(memory, at, c->type);
            sums.elements++;
            if (isnan(value)) {
                sums.nans++;
                continue;
            }
            sums.sum += value;
            sums.magnitude += fabs(value);
            sums.weighted += value * (double)(place % 1021);
        }
    }
    return sums;
}

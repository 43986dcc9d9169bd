/* IEEE half, by its definition: sign, 5 bits of exponent (15 is 2^0), 10 of fraction. */
#ifndef HALF_H
#define HALF_H

#include <math.h>
#include <stdint.h>

static inline double half_to_double(uint16_t bits)
{
    int exponent = bits >> 10 & 31, fraction = bits & 0x3ff;
    double size = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31) size = fraction ? (double)NAN : (double)INFINITY;
    return bits & 0x8000 ? -size : size;
}

/* Half to even. */
static inline double round_half(double x)
{
    int exponent;
    if (isnan(x) || isinf(x) || x == 0) return x;
    frexp(x, &exponent); /* |x| lies in [2^(e-1), 2^e): eleven digits reach down to 2^(e-11) */
    if (exponent < -13) exponent = -13;
    double rounded = ldexp(rint(ldexp(x, 11 - exponent)), exponent - 11);
    return fabs(rounded) < 0x1p16 ? rounded : copysign((double)INFINITY, x);
}

/* Rounded; a NaN gets a payload that computing does not make. */
static inline uint16_t half_of_double(double x)
{
    uint16_t sign = signbit(x) ? 0x8000 : 0;
    double size = fabs(round_half(x));
    int exponent;
    if (isnan(x)) return sign | 0x7c01;
    if (isinf(size)) return sign | 0x7c00;
    if (size < 0x1p-14) return (uint16_t)(sign | (int)ldexp(size, 24));
    double fraction = frexp(size, &exponent);
    return (uint16_t)(sign | (((exponent + 13) << 10) + (int)ldexp(fraction, 11)));
}

#endif

/* Included first by every .c file of the library: floating-point rules, compiler features, error sentences, checked sizes. */
#ifndef PP_COMMON_H
#define PP_COMMON_H

/* a*b + c must not become one rounding on some machines and two on others (docs/design.md §4). */
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
#if defined(__FAST_MATH__) || defined(__NO_SIGNED_ZEROS__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__)
#error "poolpack promises exact results: build it without -ffast-math and its parts"
#endif
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#error "poolpack promises exact results: build it without -ffinite-math-only"
#endif

#include <float.h>
#if FLT_EVAL_METHOD != 0
#error "poolpack promises exact results: float arithmetic must round to float (on x86: SSE, not x87)"
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "poolpack.h"

#if defined(__GNUC__)
#define PP_INLINE static inline __attribute__((always_inline, unused))
#define PP_NOINLINE __attribute__((noinline, unused))
#define PP_COLD __attribute__((cold, noinline, unused))
#define PP_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define PP_INLINE static inline
#define PP_NOINLINE
#define PP_COLD
#define PP_PRINTF(text, first)
#endif

/* Before a loop of few and constantly many turns, whose arrays shall become registers: gcc does not unroll it by itself in time. */
#if defined(__GNUC__) && !defined(__clang__)
#define PP_UNROLL _Pragma("GCC unroll 16")
#else
#define PP_UNROLL
#endif

/* Before a loop that shall stay one, so that its body is there once. */
#if defined(__clang__)
#define PP_ROLLED _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
#define PP_ROLLED _Pragma("GCC unroll 1")
#else
#define PP_ROLLED
#endif

#define PP_COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* Where the caller wants his sentence. */
typedef struct pp_error {
    char *text;
    size_t size;
} pp_error;

/* Writes the sentence and returns "status", so that checks read: if (bad) return pp_fail(...). */
pp_status pp_fail(const pp_error *error, pp_status status, const char *format, ...) PP_PRINTF(3, 4);

/* An error buffer that holds "" from now on. */
pp_error pp_error_buffer(char *text, size_t size);

PP_INLINE int64_t pp_min(int64_t a, int64_t b) { return a < b ? a : b; }
PP_INLINE int64_t pp_max(int64_t a, int64_t b) { return a > b ? a : b; }

/* Division rounding down, up; divisor > 0. */
static inline int64_t pp_floor_div(int64_t a, int64_t b) { return b == 1 ? a : a / b - (a % b < 0); }
static inline int64_t pp_ceil_div(int64_t a, int64_t b) { return b == 1 ? a : a / b + (a % b > 0); }

/* a / b and a % b for 0 <= a and 0 < b, without the division where it shows: that is a good part of a call with little work. */
static inline int64_t pp_quotient(int64_t a, int64_t b) { return a < b ? 0 : b == 1 ? a : a / b; }
static inline int64_t pp_remainder(int64_t a, int64_t b) { return a < b ? a : b == 1 ? 0 : a % b; }

/* *r = a op b; false when it does not fit. */
PP_INLINE bool pp_add_ok(int64_t a, int64_t b, int64_t *r)
{
#if defined(__GNUC__)
    return !__builtin_add_overflow(a, b, r);
#else
    if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b) return false;
    *r = a + b;
    return true;
#endif
}

PP_INLINE bool pp_mul_ok(int64_t a, int64_t b, int64_t *r)
{
#if defined(__GNUC__)
    return !__builtin_mul_overflow(a, b, r);
#else
    if (a && b && (a > 0 ? (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a) : (b > 0 ? a < INT64_MIN / b : b < INT64_MAX / a))) return false;
    *r = a * b;
    return true;
#endif
}

#endif

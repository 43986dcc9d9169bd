/* The vector layer of one instruction set: lane types, and the way from elements in memory to lanes and back.
 * Included by isa/<isa>.c inside its target region, after the instruction set's own header. */

#define PP_PASTE(lane, operation, isa) lane##_##operation##__##isa
#define PP_PASTE_EXPANDED(lane, operation, isa) PP_PASTE(lane, operation, isa)
#define V(lane, operation) PP_PASTE_EXPANDED(lane, operation, PP_ISA)

/* Copies the first elements of a vector: "bytes" of them, fewer than 64. */
PP_NOINLINE static void V(pp, copy_first)(void *to, const void *from, int64_t bytes)
{
    char *t = to;
    const char *f = from;
    if (bytes & 32) memcpy(t, f, 32), t += 32, f += 32;
    if (bytes & 16) memcpy(t, f, 16), t += 16, f += 16;
    if (bytes & 8) memcpy(t, f, 8), t += 8, f += 8;
    if (bytes & 4) memcpy(t, f, 4), t += 4, f += 4;
    if (bytes & 2) memcpy(t, f, 2), t += 2, f += 2;
    if (bytes & 1) *t = *f;
}

#define PP_LANE f32
#define PP_LANE_TYPE float
#define PP_LANE_BITS int32_t
#define PP_LANE_ORDER o.mask ? -0.0f : 0
#define PP_LANE_OWN PP_OWN_F32
#include "lanes.inc"

#define PP_LANE f64
#define PP_LANE_TYPE double
#define PP_LANE_BITS int64_t
#define PP_LANE_ORDER o.mask ? -0.0 : 0
#define PP_LANE_OWN PP_OWN_F64
#include "lanes.inc"

#define PP_LANE i32
#define PP_LANE_TYPE int32_t
#define PP_LANE_BITS int32_t
#define PP_LANE_OWN PP_OWN_I32
#include "lanes.inc"

#define PP_LANE i64
#define PP_LANE_TYPE int64_t
#define PP_LANE_BITS int64_t
#define PP_LANE_OWN PP_OWN_I64
#include "lanes.inc"

#define PP_LANE u8
#define PP_LANE_TYPE uint8_t
#define PP_LANE_BITS int8_t
#define PP_LANE_ORDER (uint8_t) o.mask
#define PP_LANE_OWN PP_OWN_U8
#include "lanes.inc"

#define PP_LANE u16
#define PP_LANE_TYPE uint16_t
#define PP_LANE_BITS int16_t
#define PP_LANE_OWN PP_OWN_U16
#include "lanes.inc"

#define PP_LANE i16
#define PP_LANE_TYPE int16_t
#define PP_LANE_BITS int16_t
#define PP_LANE_OWN PP_OWN_I16
#include "lanes.inc"

/* 0, 1, 2, ... */
PP_INLINE V(i32, vec) V(i32, ramp)(void)
{
    static const int32_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return V(i32, load)(numbers);
}
PP_INLINE V(i64, vec) V(i64, ramp)(void)
{
    static const int64_t numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
    return V(i64, load)(numbers);
}

/* Floats by the integers that their bits are. */
#define PP_LANE i16
#define PP_LANE_OF i16
#define PP_LANE_TYPE int16_t
#define PP_LANE_UNSIGNED uint16_t
#define PP_LANE_BITS 16
#define PP_LANE_INFINITY o.infinity
#if PP_OWN_FOLD
#define PP_LANE_FOLDED V(i16, folded)
#endif
#include "order.inc"

#define PP_LANE k32
#define PP_LANE_OF i32
#define PP_LANE_TYPE int32_t
#define PP_LANE_UNSIGNED uint32_t
#define PP_LANE_BITS 32
#define PP_LANE_INFINITY 0x7f800000
#include "order.inc"

#if PP_VECTOR_BYTES
#if !PP_OWN_BITS
PP_INLINE V(i16, vec) V(i16, least)(V(i16, vec) a, V(i16, vec) b) { return V(i16, select)((V(i16, mask))(b < a), b, a); }
PP_INLINE V(i16, vec) V(i16, most_bits)(V(i16, vec) a, V(i16, vec) b)
{
    return V(i16, select)((V(i16, mask))((V(u16, vec))b > (V(u16, vec))a), b, a);
}
#endif

/* The largest of 16-bit floats of which the largest and smallest as integers are known, and the largest as unsigned ones: among
 * positive ones it is the largest integer, else the smallest; a negative NaN has more bits than any number. */
PP_INLINE V(i16, vec) V(i16, by_bits)(V(i16, vec) largest, V(i16, vec) least, V(i16, vec) most_bits, V(i16, vec) infinity)
{
    V(i16, vec) x = V(i16, select)((V(i16, mask))(largest < 0), least, largest);
    return V(i16, select)((V(i16, mask))((V(u16, vec))most_bits > (V(u16, vec))(infinity | INT16_MIN)), most_bits, x);
}
#endif

/* ---- widen: elements of a dtype to the lanes it is summed in; narrow: such lanes to elements, rounding half to even */

PP_INLINE V(f32, vec) V(f32, widen)(const float *p) { return V(f32, load)(p); }
PP_INLINE V(f32, vec) V(f32, widen_first)(const float *p, int64_t n) { return V(f32, load_first)(p, n); }
PP_INLINE void V(f32, narrow)(float *p, V(f32, vec) v) { V(f32, store)(p, v); }
PP_INLINE void V(f32, narrow_first)(float *p, V(f32, vec) v, int64_t n) { V(f32, store_first)(p, v, n); }
PP_INLINE V(f64, vec) V(f64, widen)(const double *p) { return V(f64, load)(p); }
PP_INLINE V(f64, vec) V(f64, widen_first)(const double *p, int64_t n) { return V(f64, load_first)(p, n); }
PP_INLINE void V(f64, narrow)(double *p, V(f64, vec) v) { V(f64, store)(p, v); }
PP_INLINE void V(f64, narrow_first)(double *p, V(f64, vec) v, int64_t n) { V(f64, store_first)(p, v, n); }

#if PP_VECTOR_BYTES && !PP_OWN_WIDEN
typedef int32_t V(i64, narrow_vec) __attribute__((vector_size(PP_VECTOR_BYTES / 2)));
PP_INLINE V(i64, vec) V(i64, widen)(const int32_t *p)
{
    V(i64, narrow_vec) v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, V(i64, vec));
}
#endif

#if PP_VECTOR_BYTES
typedef uint32_t V(u32, vec) __attribute__((vector_size(PP_VECTOR_BYTES)));

/* Rounds half to even; NaN are not looked for. */
PP_INLINE V(u32, vec) V(bf16, rounded)(V(f32, vec) v)
{
    V(u32, vec) u = (V(u32, vec))V(f32, bits)(v);
    return u + 0x7fff + (u >> 16 & 1);
}

/* Elements 0, 2, 4, ... as lanes, or the others; and back: sums of such, whose NaN survive rounding as no bits are below an element's. */
PP_INLINE V(f32, vec) V(bf16, widen_by_turns)(const uint16_t *p, int odd)
{
    V(u32, vec) u = (V(u32, vec))V(i32, load)((const int32_t *)(const void *)p);
    return V(f32, from_bits)((V(f32, mask))(odd ? u & 0xffff0000 : u << 16));
}
PP_INLINE void V(bf16, narrow_by_turns)(uint16_t *p, V(f32, vec) even, V(f32, vec) odd)
{
    V(i32, store)((int32_t *)(void *)p, (V(i32, vec))(V(bf16, rounded)(even) >> 16 | (V(bf16, rounded)(odd) & 0xffff0000)));
}
#endif

#if PP_VECTOR_BYTES && !defined(PP_LENDER)
typedef uint16_t V(bf16, vec) __attribute__((vector_size(PP_VECTOR_BYTES / 2)));
typedef uint8_t V(byte, vec) __attribute__((vector_size(PP_VECTOR_BYTES / 4)));

PP_INLINE V(f32, vec) V(bf16, widen)(const uint16_t *p)
{
    V(bf16, vec) v;
    memcpy(&v, p, sizeof v);
    V(u32, vec) u = __builtin_convertvector(v, V(u32, vec)) << 16;
    return V(f32, from_bits)((V(f32, mask))u);
}

/* Rounds half to even; a NaN stays a quiet NaN. */
PP_INLINE void V(bf16, narrow)(uint16_t *p, V(f32, vec) v)
{
    V(u32, vec) u = (V(u32, vec))V(f32, bits)(v);
    V(u32, vec) nan = (V(u32, vec))(v != v);
    u = (nan & (u | 0x400000)) | (~nan & V(bf16, rounded)(v));
#if PP_OWN_WIDEN
    V(bf16, pack)(p, (V(i32, vec))(u >> 16));
#else
    V(bf16, vec) half = __builtin_convertvector(u >> 16, V(bf16, vec));
    memcpy(p, &half, sizeof half);
#endif
}

#if !PP_OWN_WIDEN
/* Bytes without their sign, if they have one: that is flipped and subtracted. */
PP_INLINE V(i32, vec) V(byte, widen)(const uint8_t *p)
{
    V(byte, vec) v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, V(i32, vec));
}

PP_INLINE void V(byte, narrow)(uint8_t *p, V(i32, vec) v)
{
    V(byte, vec) bytes = __builtin_convertvector(v, V(byte, vec));
    memcpy(p, &bytes, sizeof bytes);
}

/* Sums of bytes that are neighbours, in some lanes. */
PP_INLINE V(i32, vec) V(u8, sums)(V(u8, vec) v)
{
    V(u32, vec) x = (V(u32, vec))v, twos = (x & 0xff00ff) + (x >> 8 & 0xff00ff);
    return (V(i32, vec))((twos & 0xffff) + (twos >> 16));
}
#endif

PP_INLINE V(f32, vec) V(i32, to_f32)(V(i32, vec) v) { return __builtin_convertvector(v, V(f32, vec)); }
PP_INLINE V(i32, vec) V(f32, to_i32)(V(f32, vec) v) { return __builtin_convertvector(v, V(i32, vec)); } /* towards zero */

#if !PP_OWN_HALF
PP_INLINE V(f32, vec) V(f16, widen)(const uint16_t *p)
{
    float a[V(f32, lanes)];
    for (int i = 0; i < V(f32, lanes); i++) a[i] = pp_f16_to_float(p[i]);
    return V(f32, load)(a);
}

PP_INLINE void V(f16, narrow)(uint16_t *p, V(f32, vec) v)
{
    float a[V(f32, lanes)];
    V(f32, store)(a, v);
    for (int i = 0; i < V(f32, lanes); i++) p[i] = pp_f16_from_float(a[i]);
}
#endif

/* The nearest integers, from lowest to highest; x is no NaN.  Half to even: a float of some size counts in ones; half away: what is cut
 * off below is one more from the half on. */
PP_INLINE V(i32, vec) V(f32, to_integer)(V(f32, vec) x, V(f32, vec) lowest, V(f32, vec) highest, pp_rounding rounding)
{
    V(f32, vec) counter = V(f32, splat)(rounding == PP_ROUND_HALF_EVEN ? 0x1.8p23f : 0);
    V(f32, vec) half = V(f32, splat)(rounding == PP_ROUND_HALF_AWAY ? 0.5f : 0);
    x = V(f32, select)((V(f32, mask))(x < lowest), lowest, V(f32, select)((V(f32, mask))(x > highest), highest, x));
    x = x + V(f32, from_bits)(V(f32, bits)(half) | (V(f32, bits)(x) & V(f32, bits)(V(f32, splat)(-0.0f))));
    return V(f32, to_i32)((x + counter) - counter);
}
#endif


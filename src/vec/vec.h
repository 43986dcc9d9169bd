/* The vector layer of one instruction set: lane types, and the way from elements in memory to lanes and back.
 * Included by isa/<isa>.c inside its target region, after the instruction set's own header. */

#define PP_PASTE(lane, operation, isa) lane##_##operation##__##isa
#define PP_PASTE_EXPANDED(lane, operation, isa) PP_PASTE(lane, operation, isa)
#define V(lane, operation) PP_PASTE_EXPANDED(lane, operation, PP_ISA)

#define PP_LANE f32
#define PP_LANE_TYPE float
#define PP_LANE_BITS int32_t
#define PP_LANE_ORDER -0.0f
#define PP_LANE_OWN PP_OWN_F32
#include "lanes.inc"

#define PP_LANE f64
#define PP_LANE_TYPE double
#define PP_LANE_BITS int64_t
#define PP_LANE_ORDER -0.0
#define PP_LANE_OWN PP_OWN_F64
#include "lanes.inc"

#define PP_LANE i32
#define PP_LANE_TYPE int32_t
#define PP_LANE_BITS int32_t
#define PP_LANE_ORDER 255 /* holds widened bytes */
#define PP_LANE_OWN PP_OWN_I32
#include "lanes.inc"

#define PP_LANE i64
#define PP_LANE_TYPE int64_t
#define PP_LANE_BITS int64_t
#define PP_LANE_ORDER 0
#define PP_LANE_OWN PP_OWN_I64
#include "lanes.inc"

#define PP_LANE u8
#define PP_LANE_TYPE uint8_t
#define PP_LANE_BITS int8_t
#define PP_LANE_ORDER 255
#define PP_LANE_OWN PP_OWN_U8
#include "lanes.inc"

/* ---- widen: elements of a dtype to the lanes it is summed in */

PP_INLINE V(f32, vec) V(f32, widen)(const float *p) { return V(f32, load)(p); }
PP_INLINE V(f32, vec) V(f32, widen_first)(const float *p, int64_t n) { return V(f32, load_first)(p, n); }
PP_INLINE V(f64, vec) V(f64, widen)(const double *p) { return V(f64, load)(p); }
PP_INLINE V(f64, vec) V(f64, widen_first)(const double *p, int64_t n) { return V(f64, load_first)(p, n); }

#if PP_VECTOR_BYTES
typedef uint16_t V(bf16, vec) __attribute__((vector_size(PP_VECTOR_BYTES / 2)));
typedef uint8_t V(u8, quarter) __attribute__((vector_size(PP_VECTOR_BYTES / 4)));
typedef uint32_t V(u32, vec) __attribute__((vector_size(PP_VECTOR_BYTES)));

PP_INLINE V(f32, vec) V(bf16, widen)(const uint16_t *p)
{
    V(bf16, vec) v;
    memcpy(&v, p, sizeof v);
    V(u32, vec) u = __builtin_convertvector(v, V(u32, vec)) << 16;
    return V(f32, from_bits)((V(f32, mask))u);
}

PP_INLINE V(i32, vec) V(u8, widen)(const uint8_t *p)
{
    V(u8, quarter) v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, V(i32, vec));
}

/* Rounds half to even; a NaN stays a quiet NaN. */
PP_INLINE void V(bf16, narrow)(uint16_t *p, V(f32, vec) v)
{
    V(u32, vec) u = (V(u32, vec))V(f32, bits)(v);
    V(u32, vec) nan = (V(u32, vec))(v != v);
    u = (nan & (u | 0x400000)) | (~nan & (u + 0x7fff + (u >> 16 & 1)));
    V(bf16, vec) half = __builtin_convertvector(u >> 16, V(bf16, vec));
    memcpy(p, &half, sizeof half);
}
#else
PP_INLINE float V(bf16, widen)(const uint16_t *p) { return pp_bf16_to_float(*p); }
PP_INLINE int32_t V(u8, widen)(const uint8_t *p) { return *p; }
PP_INLINE void V(bf16, narrow)(uint16_t *p, float v) { *p = pp_bf16_from_float(v); }
#endif

#if !(PP_OWN_NARROW & PP_OWN_PARTIAL)
PP_INLINE V(f32, vec) V(bf16, widen_first)(const uint16_t *p, int64_t n)
{
    uint16_t a[V(f32, lanes)] = {0};
    for (int64_t i = 0; i < n && i < V(f32, lanes); i++) a[i] = p[i];
    return V(bf16, widen)(a);
}

PP_INLINE V(i32, vec) V(u8, widen_first)(const uint8_t *p, int64_t n)
{
    uint8_t a[V(i32, lanes)] = {0};
    for (int64_t i = 0; i < n && i < V(i32, lanes); i++) a[i] = p[i];
    return V(u8, widen)(a);
}
#endif

PP_INLINE void V(bf16, narrow_first)(uint16_t *p, V(f32, vec) v, int64_t n)
{
    uint16_t a[V(f32, lanes)];
    V(bf16, narrow)(a, v);
    for (int64_t i = 0; i < n && i < V(f32, lanes); i++) p[i] = a[i];
}

PP_INLINE void V(f32, narrow)(float *p, V(f32, vec) v) { V(f32, store)(p, v); }
PP_INLINE void V(f32, narrow_first)(float *p, V(f32, vec) v, int64_t n) { V(f32, store_first)(p, v, n); }
PP_INLINE void V(f64, narrow)(double *p, V(f64, vec) v) { V(f64, store)(p, v); }
PP_INLINE void V(f64, narrow_first)(double *p, V(f64, vec) v, int64_t n) { V(f64, store_first)(p, v, n); }

/* ---- keys: integers in the order of the values, NaN above all (or below all, below -infinity too), so that comparing a
 * value and an index together is integer arithmetic.  -0 has the key of +0. */

PP_INLINE V(i32, vec) V(f32, key)(V(f32, vec) v, bool ignore_nan)
{
    V(f32, mask) b = V(f32, bits)(V(f32, add)(v, V(f32, splat)(0.0f)));
#if PP_VECTOR_BYTES
    V(f32, mask) nan = (V(f32, mask))(v != v);
#else
    int32_t nan = -(v != v);
#endif
    V(f32, mask) key = b ^ ((b >> 31) & INT32_MAX);
    return (V(i32, vec))((nan & V(i32, splat)(ignore_nan ? INT32_MIN : INT32_MAX)) | (~nan & key));
}

PP_INLINE V(i64, vec) V(f64, key)(V(f64, vec) v, bool ignore_nan)
{
    V(f64, mask) b = V(f64, bits)(V(f64, add)(v, V(f64, splat)(0.0)));
#if PP_VECTOR_BYTES
    V(f64, mask) nan = (V(f64, mask))(v != v);
#else
    int64_t nan = -(v != v);
#endif
    V(f64, mask) key = b ^ ((b >> 63) & INT64_MAX);
    return (V(i64, vec))((nan & V(i64, splat)(ignore_nan ? INT64_MIN : INT64_MAX)) | (~nan & key));
}

PP_INLINE V(i32, vec) V(i32, key)(V(i32, vec) v, bool ignore_nan)
{
    (void)ignore_nan;
    return v;
}

/* AVX-512 (the Ice Lake set): masked partial loads and stores of every width, maxima with mask compares, halves. */
#define PP_OWN_F32 (PP_OWN_OVER | PP_OWN_WHERE | PP_OWN_PARTIAL | PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK | PP_OWN_NANS)
#define PP_OWN_F64 0 /* its kernels are lent */
#define PP_OWN_I32 (PP_OWN_WHERE | PP_OWN_PARTIAL | PP_OWN_MAX)
#define PP_OWN_I64 PP_OWN_PARTIAL
#define PP_OWN_U8 (PP_OWN_PARTIAL | PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK | PP_OWN_STREAM)
#define PP_OWN_U16 PP_OWN_PICK
#define PP_OWN_I16 (PP_OWN_PARTIAL | PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK)
#define PP_OWN_WIDEN 1

typedef __m512i pp_any__avx512;
typedef float f32_own__avx512 __attribute__((vector_size(64)));
typedef int32_t i32_own__avx512 __attribute__((vector_size(64)));
typedef int64_t i64_own__avx512 __attribute__((vector_size(64)));
typedef uint8_t u8_own__avx512 __attribute__((vector_size(64)));
typedef int16_t i16_own__avx512 __attribute__((vector_size(64)));

PP_INLINE void u8_stream__avx512(uint8_t *p, u8_own__avx512 v) { _mm512_stream_si512((__m512i *)p, (__m512i)v); }
PP_INLINE void u8_stream_end__avx512(void) { _mm_sfence(); }

/* Partial vectors. */
PP_INLINE uint64_t first__avx512(int64_t n) { return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1; }
PP_INLINE __m512i pp_load_first__avx512(const void *p, int64_t n, size_t lane)
{
    uint64_t m = first__avx512(n);
    return lane == 1   ? _mm512_maskz_loadu_epi8(m, p)
           : lane == 2 ? _mm512_maskz_loadu_epi16((__mmask32)m, p)
           : lane == 4 ? _mm512_maskz_loadu_epi32((__mmask16)m, p)
                       : _mm512_maskz_loadu_epi64((__mmask8)m, p);
}
PP_INLINE void pp_store_first__avx512(void *p, __m512i v, int64_t n, size_t lane)
{
    uint64_t m = first__avx512(n);
    if (lane == 1) _mm512_mask_storeu_epi8(p, m, v);
    else if (lane == 2) _mm512_mask_storeu_epi16(p, (__mmask32)m, v);
    else if (lane == 4) _mm512_mask_storeu_epi32(p, (__mmask16)m, v);
    else _mm512_mask_storeu_epi64(p, (__mmask8)m, v);
}

typedef uint64_t pp_part__avx512;
/* not inline: clang 14 gives up on a mask of 64 lanes that it keeps in too many places */
PP_NOINLINE static uint64_t bytes_within__avx512(int64_t from, int64_t to) { return first__avx512(to) & ~first__avx512(from); }
PP_INLINE uint64_t pp_part_within__avx512(int64_t from, int64_t to, size_t lane)
{
    return lane == 1 ? bytes_within__avx512(from, to) : ((uint64_t)1 << to) - ((uint64_t)1 << from);
}
PP_INLINE __m512i pp_only__avx512(__m512i v, uint64_t part, __m512i other, size_t lane)
{
    return lane == 1   ? _mm512_mask_mov_epi8(other, part, v)
           : lane == 2 ? _mm512_mask_mov_epi16(other, (__mmask32)part, v)
                       : (__m512i)_mm512_mask_mov_ps((__m512)other, (__mmask16)part, (__m512)v);
}
#define PP_CHEAP_PART 1 /* loading one costs what loading all lanes does */
PP_INLINE __m512i pp_load_part__avx512(const void *p, uint64_t part, size_t lane)
{
    return lane == 1   ? _mm512_maskz_loadu_epi8(part, p)
           : lane == 2 ? _mm512_maskz_loadu_epi16((__mmask32)part, p)
                       : (__m512i)_mm512_maskz_loadu_ps((__mmask16)part, p);
}

PP_INLINE __m512i pp_pick__avx512(__m512i a, __m512i b, const void *index, size_t lane)
{
    __m512i at = _mm512_loadu_si512(index);
    return lane == 1   ? _mm512_permutex2var_epi8(a, at, b)
           : lane == 2 ? _mm512_permutex2var_epi16(a, at, b)
                       : (__m512i)_mm512_permutex2var_ps((__m512)a, at, (__m512)b);
}

/* vmaxps gives its second operand when either is NaN: correct for a NaN there, so it is applied where the first is a number. */
PP_INLINE f32_own__avx512 f32_max_nan__avx512(f32_own__avx512 a, f32_own__avx512 b)
{
    __m512 x = (__m512)a;
    return (f32_own__avx512)_mm512_mask_max_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x, (__m512)b);
}

/* With q near a / b, what remains, a - q * b, is exact, a small multiple of q's last place; and so is the sum with remains / b once
 * rounded: a quotient by such b is no tie and lies further from one than the inverse is off.  Not so for infinities, and for results
 * that are subnormal: these (and NaN) are divided. */
PP_INLINE f32_own__avx512 f32_over__avx512(f32_own__avx512 a, f32_own__avx512 b, f32_own__avx512 c)
{
    __m512 x = (__m512)a, y = (__m512)c, q = _mm512_mul_ps(x, y);
    if (__builtin_expect(_mm512_fpclass_ps_mask(q, 0x01 | 0x08 | 0x10 | 0x20 | 0x80) != 0, 0)) return a / b;
    return (f32_own__avx512)_mm512_fmadd_ps(_mm512_fnmadd_ps(q, (__m512)b, x), y, q);
}

/* Sums of bytes. */
typedef uint16_t u16_own__avx512 __attribute__((vector_size(64)));
PP_INLINE u16_own__avx512 u8_pick_pairs__avx512(u8_own__avx512 v, u8_own__avx512 index, u8_own__avx512 weights) /* of two picked lanes */
{
    return (u16_own__avx512)_mm512_maddubs_epi16(_mm512_permutexvar_epi8((__m512i)index, (__m512i)v), (__m512i)weights);
}
PP_INLINE u16_own__avx512 u16_high__avx512(u16_own__avx512 a, u16_own__avx512 b)
{
    return (u16_own__avx512)_mm512_mulhi_epu16((__m512i)a, (__m512i)b);
}
PP_INLINE void u16_narrow__avx512(uint8_t *p, u16_own__avx512 v)
{
    _mm256_storeu_si256((__m256i *)(void *)p, _mm512_cvtepi16_epi8((__m512i)v));
}
PP_INLINE void u16_narrow_first__avx512(uint8_t *p, u16_own__avx512 v, int64_t n)
{
    _mm256_mask_storeu_epi8(p, (__mmask32)first__avx512(n), _mm512_cvtepi16_epi8((__m512i)v));
}

PP_INLINE u8_own__avx512 u8_max_nan__avx512(u8_own__avx512 a, u8_own__avx512 b)
{
    return (u8_own__avx512)_mm512_max_epu8((__m512i)a, (__m512i)b);
}
PP_INLINE i16_own__avx512 i16_max_nan__avx512(i16_own__avx512 a, i16_own__avx512 b)
{
    return (i16_own__avx512)_mm512_max_epi16((__m512i)a, (__m512i)b);
}
/* Shifts and maxima of 16 bits have one port, this none of it.  Without a fold the one lane below the bound stays what it is. */
#define PP_OWN_FOLD 1
#define PP_OWN_BITS 1
PP_INLINE i16_own__avx512 i16_least__avx512(i16_own__avx512 a, i16_own__avx512 b)
{
    return (i16_own__avx512)_mm512_min_epi16((__m512i)a, (__m512i)b);
}
PP_INLINE i16_own__avx512 i16_most_bits__avx512(i16_own__avx512 a, i16_own__avx512 b)
{
    return (i16_own__avx512)_mm512_max_epu16((__m512i)a, (__m512i)b);
}
PP_INLINE i16_own__avx512 i16_folded__avx512(i16_own__avx512 v, i16_own__avx512 fold)
{
    __m512i bound = _mm512_xor_si512(_mm512_sub_epi16((__m512i)fold, _mm512_set1_epi16(-1)), _mm512_set1_epi16(INT16_MIN));
    return (i16_own__avx512)_mm512_mask_sub_epi16((__m512i)v, _mm512_cmplt_epi16_mask((__m512i)v, bound), (__m512i)fold, (__m512i)v);
}

PP_INLINE i32_own__avx512 i32_max_nan__avx512(i32_own__avx512 a, i32_own__avx512 b)
{
    return (i32_own__avx512)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

/* Lanes that saw no NaN: a compare can keep this in one instruction for two vectors. */
typedef __mmask16 f32_nans__avx512;
PP_INLINE f32_nans__avx512 f32_no_nans__avx512(void) { return 0xffff; }
PP_INLINE f32_nans__avx512 f32_note_nans__avx512(f32_nans__avx512 numbers, f32_own__avx512 a, f32_own__avx512 b)
{
    return _mm512_mask_cmp_ps_mask(numbers, (__m512)a, (__m512)b, _CMP_ORD_Q);
}
PP_INLINE bool f32_any_nans__avx512(f32_nans__avx512 numbers) { return numbers != 0xffff; }
PP_INLINE f32_own__avx512 f32_larger__avx512(f32_own__avx512 a, f32_own__avx512 b)
{
    return (f32_own__avx512)_mm512_max_ps((__m512)a, (__m512)b);
}
PP_INLINE f32_own__avx512 f32_with_nans__avx512(f32_own__avx512 v, f32_nans__avx512 numbers)
{
    return (f32_own__avx512)_mm512_mask_blend_ps(numbers, _mm512_castsi512_ps(_mm512_set1_epi32(-1)), (__m512)v);
}

PP_INLINE i64_own__avx512 i64_widen__avx512(const int32_t *p)
{
    return (i64_own__avx512)_mm512_cvtepi32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)p));
}
/* Where: a mask register. */
typedef __mmask16 f32_where__avx512;
PP_INLINE __mmask16 f32_above__avx512(f32_own__avx512 a, f32_own__avx512 b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ); }
PP_INLINE f32_own__avx512 f32_add_where__avx512(f32_own__avx512 sum, __mmask16 m, f32_own__avx512 v)
{
    return (f32_own__avx512)_mm512_mask_add_ps((__m512)sum, m, (__m512)sum, (__m512)v);
}

typedef __mmask16 i32_where__avx512;
PP_INLINE __mmask16 i32_above__avx512(i32_own__avx512 a, i32_own__avx512 b) { return _mm512_cmpgt_epi32_mask((__m512i)a, (__m512i)b); }
PP_INLINE __mmask16 i32_equal__avx512(i32_own__avx512 a, i32_own__avx512 b) { return _mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b); }
PP_INLINE i32_own__avx512 i32_choose__avx512(__mmask16 m, i32_own__avx512 a, i32_own__avx512 b)
{
    return (i32_own__avx512)_mm512_mask_mov_epi32((__m512i)b, m, (__m512i)a);
}
PP_INLINE bool i32_any_first__avx512(__mmask16 m, int64_t n) { return m & first__avx512(n); }

/* What AVX2 does better than the generic vector code: partial loads and stores of 32- and 64-bit lanes, maxima, halves. */
#define PP_OWN_F32 (PP_OWN_TURNS | PP_OWN_PARTIAL | PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK | PP_OWN_NANS)
#define PP_OWN_F64 (PP_OWN_PARTIAL | PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK | PP_OWN_NANS)
#define PP_OWN_I32 (PP_OWN_ANY | PP_OWN_PARTIAL | PP_OWN_MAX)
#define PP_OWN_I64 (PP_OWN_ANY | PP_OWN_PARTIAL)
#define PP_OWN_U8 (PP_OWN_MAX | PP_OWN_STREAM | PP_OWN_PART | PP_OWN_PICK)
#define PP_OWN_U16 PP_OWN_PICK
#define PP_OWN_I16 (PP_OWN_MAX | PP_OWN_PART | PP_OWN_PICK)
#define PP_OWN_ZIP 1
#define PP_OWN_WIDEN 1
#define PP_OWN_HALF 1

typedef __m256i pp_any__avx2;
typedef float f32_own__avx2 __attribute__((vector_size(32)));
typedef double f64_own__avx2 __attribute__((vector_size(32)));
typedef int32_t i32_own__avx2 __attribute__((vector_size(32)));
typedef uint8_t u8_own__avx2 __attribute__((vector_size(32)));
typedef int16_t i16_own__avx2 __attribute__((vector_size(32)));

PP_INLINE void u8_stream__avx2(uint8_t *p, u8_own__avx2 v) { _mm256_stream_si256((__m256i *)p, (__m256i)v); }
PP_INLINE void u8_stream_end__avx2(void) { _mm_sfence(); }

/* Partial vectors, of lanes as wide as 32 bits or wider. */
PP_INLINE __m256i first__avx2(int64_t n, size_t lane)
{
    return lane == 8 ? _mm256_cmpgt_epi64(_mm256_set1_epi64x((long long)n), _mm256_setr_epi64x(0, 1, 2, 3))
                     : _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
PP_INLINE __m256i pp_load_first__avx2(const void *p, int64_t n, size_t lane) { return _mm256_maskload_epi32(p, first__avx2(n, lane)); }
PP_INLINE void pp_store_first__avx2(void *p, __m256i v, int64_t n, size_t lane) { _mm256_maskstore_epi32(p, first__avx2(n, lane), v); }

typedef __m256i pp_part__avx2; /* a mask */
PP_INLINE __m256i pp_part_within__avx2(int64_t from, int64_t to, size_t lane)
{
    __m256i at = _mm256_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                  29, 30, 31);
    char begin = (char)((size_t)from * lane), end = (char)((size_t)to * lane);
    if (lane >= 4) return _mm256_andnot_si256(first__avx2(from, lane), first__avx2(to, lane));
    return _mm256_andnot_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(begin), at), _mm256_cmpgt_epi8(_mm256_set1_epi8(end), at));
}
PP_INLINE __m256i pp_only__avx2(__m256i v, __m256i part, __m256i other, size_t lane)
{
    return lane == 4 ? (__m256i)_mm256_blendv_ps((__m256)other, (__m256)v, (__m256)part) : _mm256_blendv_epi8(other, v, part);
}

#define PP_CHEAP_PART 0
/* Of one vector: byte (at & 31) of it, zero where the highest bit is set. */
PP_INLINE __m256i pick_bytes__avx2(__m256i v, __m256i at)
{
    __m256i low = _mm256_shuffle_epi8(_mm256_permute2x128_si256(v, v, 0x00), at);
    __m256i high = _mm256_shuffle_epi8(_mm256_permute2x128_si256(v, v, 0x11), at);
    return _mm256_blendv_epi8(low, high, _mm256_slli_epi16(at, 3));
}
PP_INLINE __m256i pp_pick__avx2(__m256i a, __m256i b, const void *index, size_t lane)
{
    __m256i at = _mm256_loadu_si256((const __m256i *)index), top = _mm256_set1_epi16((short)0x8080);
    if (lane >= 4) {
        __m256i even = _mm256_slli_epi64(at, 1), halves = _mm256_or_si256(even, _mm256_slli_epi64(even, 32)); /* of 64-bit lanes */
        __m256i all = lane == 4 ? at : _mm256_or_si256(halves, _mm256_set1_epi64x((long long)1 << 32));
        __m256 x = _mm256_permutevar8x32_ps((__m256)a, all), y = _mm256_permutevar8x32_ps((__m256)b, all);
        return lane == 4 ? (__m256i)_mm256_blendv_ps(x, y, (__m256)at) : (__m256i)_mm256_blendv_pd((__m256d)x, (__m256d)y, (__m256d)at);
    }
    if (lane == 2) { /* as bytes */
        __m256i even = _mm256_slli_epi16(at, 1), both = _mm256_or_si256(_mm256_or_si256(even, _mm256_slli_epi16(even, 8)), _mm256_set1_epi16(0x0100));
        at = _mm256_or_si256(_mm256_andnot_si256(top, both), _mm256_and_si256(top, _mm256_srai_epi16(at, 15)));
    }
    return _mm256_or_si256(pick_bytes__avx2(a, at), pick_bytes__avx2(b, _mm256_xor_si256(at, top)));
}

/* vmaxps gives its second operand when either is NaN, so one of both orders gives the NaN; all bits of both make one too. */
PP_INLINE f32_own__avx2 f32_max_nan__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    return (f32_own__avx2)_mm256_or_ps(_mm256_max_ps((__m256)a, (__m256)b), _mm256_max_ps((__m256)b, (__m256)a));
}
PP_INLINE f64_own__avx2 f64_max_nan__avx2(f64_own__avx2 a, f64_own__avx2 b)
{
    return (f64_own__avx2)_mm256_or_pd(_mm256_max_pd((__m256d)a, (__m256d)b), _mm256_max_pd((__m256d)b, (__m256d)a));
}
/* Here the NaN must lose: the second operand is kept for a NaN in the first, and mended for its own. */
PP_INLINE f32_own__avx2 f32_max_number__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    __m256 y = (__m256)b;
    return (f32_own__avx2)_mm256_blendv_ps(_mm256_max_ps((__m256)a, y), (__m256)a, _mm256_cmp_ps(y, y, _CMP_UNORD_Q));
}
PP_INLINE f64_own__avx2 f64_max_number__avx2(f64_own__avx2 a, f64_own__avx2 b)
{
    __m256d y = (__m256d)b;
    return (f64_own__avx2)_mm256_blendv_pd(_mm256_max_pd((__m256d)a, y), (__m256d)a, _mm256_cmp_pd(y, y, _CMP_UNORD_Q));
}

/* Rows of elements to runs of elements: pieces of 16 bytes, "step" apart, as one vector, and elements of two
 * vectors by turns, from the lower or upper halves of their pieces. */
PP_INLINE u8_own__avx2 u8_load_pieces__avx2(const uint8_t *rows, int64_t step)
{
    __m128i low = _mm_loadu_si128((const __m128i *)rows);
    return (u8_own__avx2)_mm256_inserti128_si256(_mm256_castsi128_si256(low), _mm_loadu_si128((const __m128i *)(rows + step)), 1);
}
PP_INLINE void u8_store_pieces__avx2(uint8_t *rows, int64_t step, u8_own__avx2 v)
{
    _mm_storeu_si128((__m128i *)rows, _mm256_castsi256_si128((__m256i)v));
    _mm_storeu_si128((__m128i *)(rows + step), _mm256_extracti128_si256((__m256i)v, 1));
}
PP_INLINE u8_own__avx2 x4_zip_low__avx2(u8_own__avx2 a, u8_own__avx2 b)
{
    return (u8_own__avx2)_mm256_unpacklo_epi32((__m256i)a, (__m256i)b);
}
PP_INLINE u8_own__avx2 x4_zip_high__avx2(u8_own__avx2 a, u8_own__avx2 b)
{
    return (u8_own__avx2)_mm256_unpackhi_epi32((__m256i)a, (__m256i)b);
}

PP_NOINLINE static void pp_copy_first__avx2(void *to, const void *from, int64_t bytes); /* of vec.h */

/* Sums of bytes. */
typedef uint16_t u16_own__avx2 __attribute__((vector_size(32)));
PP_INLINE u16_own__avx2 u8_pick_pairs__avx2(u8_own__avx2 v, u8_own__avx2 index, u8_own__avx2 weights) /* of two picked lanes */
{
    const __m256i cut = _mm256_set1_epi8(0x70); /* sets the highest bit of an index into the other half: nothing is picked there */
    __m256i own = _mm256_xor_si256((__m256i)index, _mm256_setr_m128i(_mm_setzero_si128(), _mm_set1_epi8(0x10)));
    __m256i other = _mm256_xor_si256(own, _mm256_set1_epi8(0x10)), turned = _mm256_permute4x64_epi64((__m256i)v, 0x4e);
    __m256i picked = _mm256_or_si256(_mm256_shuffle_epi8((__m256i)v, _mm256_add_epi8(own, cut)),
                                     _mm256_shuffle_epi8(turned, _mm256_add_epi8(other, cut)));
    return (u16_own__avx2)_mm256_maddubs_epi16(picked, (__m256i)weights);
}
PP_INLINE u16_own__avx2 u16_high__avx2(u16_own__avx2 a, u16_own__avx2 b)
{
    return (u16_own__avx2)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
}
PP_INLINE __m128i u16_bytes__avx2(u16_own__avx2 v)
{
    return _mm_packus_epi16(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));
}
PP_INLINE void u16_narrow__avx2(uint8_t *p, u16_own__avx2 v) { _mm_storeu_si128((__m128i *)(void *)p, u16_bytes__avx2(v)); }
PP_INLINE void u16_narrow_first__avx2(uint8_t *p, u16_own__avx2 v, int64_t n)
{
    uint8_t a[16];
    _mm_storeu_si128((__m128i *)(void *)a, u16_bytes__avx2(v));
    pp_copy_first__avx2(p, a, n);
}

PP_INLINE u8_own__avx2 u8_max_nan__avx2(u8_own__avx2 a, u8_own__avx2 b) { return (u8_own__avx2)_mm256_max_epu8((__m256i)a, (__m256i)b); }
PP_INLINE i16_own__avx2 i16_max_nan__avx2(i16_own__avx2 a, i16_own__avx2 b)
{
    return (i16_own__avx2)_mm256_max_epi16((__m256i)a, (__m256i)b);
}
#define PP_OWN_BITS 1
#define PP_OWN_FOLD 0
PP_INLINE i16_own__avx2 i16_least__avx2(i16_own__avx2 a, i16_own__avx2 b)
{
    return (i16_own__avx2)_mm256_min_epi16((__m256i)a, (__m256i)b);
}
PP_INLINE i16_own__avx2 i16_most_bits__avx2(i16_own__avx2 a, i16_own__avx2 b)
{
    return (i16_own__avx2)_mm256_max_epu16((__m256i)a, (__m256i)b);
}

PP_INLINE f32_own__avx2 f16_widen__avx2(const uint16_t *p)
{
    return (f32_own__avx2)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(const void *)p));
}
PP_INLINE void f16_narrow__avx2(uint16_t *p, f32_own__avx2 v)
{
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

PP_INLINE i32_own__avx2 i32_max_nan__avx2(i32_own__avx2 a, i32_own__avx2 b)
{
    return (i32_own__avx2)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

typedef f32_own__avx2 f32_nans__avx2;
typedef f64_own__avx2 f64_nans__avx2;
PP_INLINE f32_nans__avx2 f32_no_nans__avx2(void) { return (f32_nans__avx2)_mm256_setzero_ps(); }
PP_INLINE f64_nans__avx2 f64_no_nans__avx2(void) { return (f64_nans__avx2)_mm256_setzero_pd(); }
PP_INLINE f32_nans__avx2 f32_note_nans__avx2(f32_nans__avx2 nans, f32_own__avx2 a, f32_own__avx2 b)
{
    return (f32_nans__avx2)_mm256_or_ps((__m256)nans, _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_UNORD_Q));
}
PP_INLINE bool f32_any_nans__avx2(f32_nans__avx2 nans) { return _mm256_movemask_ps((__m256)nans) != 0; }
PP_INLINE bool f64_any_nans__avx2(f64_nans__avx2 nans) { return _mm256_movemask_pd((__m256d)nans) != 0; }
PP_INLINE f32_own__avx2 f32_larger__avx2(f32_own__avx2 a, f32_own__avx2 b) { return (f32_own__avx2)_mm256_max_ps((__m256)a, (__m256)b); }
PP_INLINE f64_own__avx2 f64_larger__avx2(f64_own__avx2 a, f64_own__avx2 b) { return (f64_own__avx2)_mm256_max_pd((__m256d)a, (__m256d)b); }
PP_INLINE f64_nans__avx2 f64_note_nans__avx2(f64_nans__avx2 nans, f64_own__avx2 a, f64_own__avx2 b)
{
    return (f64_nans__avx2)_mm256_or_pd((__m256d)nans, _mm256_cmp_pd((__m256d)a, (__m256d)b, _CMP_UNORD_Q));
}
PP_INLINE f32_own__avx2 f32_with_nans__avx2(f32_own__avx2 v, f32_nans__avx2 nans)
{
    return (f32_own__avx2)_mm256_or_ps((__m256)v, (__m256)nans);
}
PP_INLINE f64_own__avx2 f64_with_nans__avx2(f64_own__avx2 v, f64_nans__avx2 nans)
{
    return (f64_own__avx2)_mm256_or_pd((__m256d)v, (__m256d)nans);
}

typedef int64_t i64_own__avx2 __attribute__((vector_size(32)));
PP_INLINE i64_own__avx2 i64_widen__avx2(const int32_t *p)
{
    return (i64_own__avx2)_mm256_cvtepi32_epi64(_mm_loadu_si128((const __m128i *)(const void *)p));
}
PP_INLINE i32_own__avx2 byte_widen__avx2(const uint8_t *p)
{
    return (i32_own__avx2)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
}

PP_INLINE i32_own__avx2 u8_sums__avx2(u8_own__avx2 v) { return (i32_own__avx2)_mm256_sad_epu8((__m256i)v, _mm256_setzero_si256()); }

/* The low halves of 32-bit lanes; their lowest bytes. */
PP_INLINE void bf16_pack__avx2(uint16_t *p, i32_own__avx2 v)
{
    __m256i halves = _mm256_packus_epi32((__m256i)v, (__m256i)v);
    _mm_storeu_si128((__m128i *)(void *)p, _mm256_castsi256_si128(_mm256_permute4x64_epi64(halves, 0x08)));
}
PP_INLINE void byte_narrow__avx2(uint8_t *p, i32_own__avx2 v)
{
    __m256i halves = _mm256_and_si256((__m256i)v, _mm256_set1_epi32(0xff));
    halves = _mm256_packus_epi32(halves, halves);
    __m256i bytes = _mm256_packus_epi16(halves, halves);
    _mm_storel_epi64((__m128i *)(void *)p, _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
}

PP_INLINE f32_own__avx2 f32_alternate_low__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    __m256 low = _mm256_unpacklo_ps((__m256)a, (__m256)b), high = _mm256_unpackhi_ps((__m256)a, (__m256)b);
    return (f32_own__avx2)_mm256_permute2f128_ps(low, high, 0x20);
}
PP_INLINE f32_own__avx2 f32_alternate_high__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    __m256 low = _mm256_unpacklo_ps((__m256)a, (__m256)b), high = _mm256_unpackhi_ps((__m256)a, (__m256)b);
    return (f32_own__avx2)_mm256_permute2f128_ps(low, high, 0x31);
}
PP_INLINE f32_own__avx2 f32_evens__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    return (f32_own__avx2)_mm256_permute4x64_pd((__m256d)_mm256_shuffle_ps((__m256)a, (__m256)b, 0x88), 0xd8);
}
PP_INLINE f32_own__avx2 f32_odds__avx2(f32_own__avx2 a, f32_own__avx2 b)
{
    return (f32_own__avx2)_mm256_permute4x64_pd((__m256d)_mm256_shuffle_ps((__m256)a, (__m256)b, 0xdd), 0xd8);
}
PP_INLINE bool i32_any_first__avx2(i32_own__avx2 m, int64_t n) { return _mm256_movemask_ps((__m256)m) & ((1 << pp_min(n, 8)) - 1); }
PP_INLINE bool i64_any_first__avx2(i64_own__avx2 m, int64_t n) { return _mm256_movemask_pd((__m256d)m) & ((1 << pp_min(n, 4)) - 1); }

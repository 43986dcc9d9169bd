/* The loops that add gradients where indices say, by their type. */
#include "add.h"

enum { AHEAD = 768 }; /* indices and gradients that are called to the cache early: they come from memory by turns */

/* "bytes" after this one, which need not exist. */
PP_INLINE void call(const void *p, uintptr_t bytes)
{
    (void)p, (void)bytes;
#if defined(__GNUC__)
    __builtin_prefetch((const void *)((uintptr_t)p + bytes));
#endif
}

#define PP_NAME pp_add_f32
#define PP_LANE float
#define PP_SOME 4
#include "add.inc"

#define PP_NAME pp_add_f64
#define PP_LANE double
#define PP_SOME 2
#include "add.inc"

void pp_add_load(pp_index_type type, const void *indices, int64_t at, int64_t step, int64_t count, int64_t *to)
{
    for (int64_t j = 0; j < count; j++) to[j] = pp_index_load(type, indices, at + j * step);
}

void pp_add_store(pp_index_type type, void *indices, int64_t at, const void *from, bool wide, int64_t count)
{
    const int32_t *some = from;
    uint8_t *bytes = (uint8_t *)indices + at;
    uint16_t *words = (uint16_t *)indices + at;
    for (int64_t j = 0; j < count; j++) {
        if (wide) pp_index_store(type, indices, at + j, ((const int64_t *)from)[j]);
        else if (type == PP_INDEX_U8) bytes[j] = (uint8_t)some[j];
        else words[j] = (uint16_t)some[j];
    }
}

/* The inner loops of the backward of a maximum: gradients are added where indices say. */
#ifndef PP_ADD_H
#define PP_ADD_H

#include "../problem.h"

/* sums[(indices[j] - first) * inner + j] += grads[j], one j after another; of one channel, inner = 1, without the last j. */
typedef struct pp_add {
    const int64_t *indices;
    const void *grads;
    int64_t count;
    int64_t plane;             /* indices lie in [-1, plane); -1 adds nothing */
    int64_t first, part, live; /* those of [first, first + part) have a sum, the others add nothing; those of [first, first + live) now */
    void *sums;
    int64_t inner;
} pp_add;

/* Where it stopped: at "count", or at an index which has no sum yet, or is none. */
typedef int64_t (*pp_add_fn)(const pp_add *);

/* "count" of the caller's indices from number "at" on, "step" apart. */
void pp_add_load(pp_index_type type, const void *indices, int64_t at, int64_t step, int64_t count, int64_t *to);

/* And back, side by side: from 32-bit ones, to u8 or u16; or, wide, from 64-bit ones, to any. */
void pp_add_store(pp_index_type type, void *indices, int64_t at, const void *from, bool wide, int64_t count);

int64_t pp_add_f32(const pp_add *a);
int64_t pp_add_f64(const pp_add *a);

#endif

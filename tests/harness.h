/* What the tests share: problems from case strings, buffers that catch every byte out of place, values that find mistakes. */
#ifndef HARNESS_H
#define HARNESS_H

#include <poolpack.h>

#include <stdbool.h>
#include <stdint.h>

/* ---- random numbers: the same on every machine */
typedef struct rng {
    uint64_t state;
} rng;
uint64_t rng_next(rng *r);
int64_t rng_below(rng *r, int64_t n); /* 0 ... n - 1 */

/* ---- values */
typedef enum fill { FILL_INTS, FILL_RANDN, FILL_NAN, FILL_INF, FILL_TIES, FILL_EQUAL, FILL_COUNT } fill;
extern const char *const fill_names[FILL_COUNT];

static inline bool is_bytes(pp_dtype dtype) { return dtype == PP_U8 || dtype == PP_INT8; }

/* ---- tensors: memory of exactly the size that a view needs, ending at a guard page or beginning behind one, canaries in all
 * elements that the view leaves out. */
typedef struct tensor {
    void *map;
    size_t map_size;
    char *base; /* what pp_args takes */
    char *low;  /* first byte of the view */
    size_t bytes;
    size_t element;
    int axes;
    int64_t extent[5], stride[5], offset; /* in the order N, C, spatial */
    bool empty;
} tensor;

/* The tensor of a plan; at_end: its last byte lies before an unreadable page (else its first behind one); shift: bytes from
 * there, a multiple of the element's size. */
tensor tensor_make(const pp_plan *plan, pp_tensor which, bool at_end, size_t shift);
/* Plain memory with the same guards, for scratch: at_end, else at the beginning. */
tensor tensor_block(size_t bytes, bool at_end, size_t shift);
void tensor_free(tensor *t);
void tensor_fill(tensor *t, pp_dtype dtype, fill kind, rng *r);
void tensor_poison(tensor *t);                     /* every byte 0xA5 */
void tensor_copy(tensor *to, const tensor *from);  /* same shape and view; all bytes */
bool tensor_gaps_intact(const tensor *t);          /* elements outside the view still hold 0xA5 */
const void *tensor_at(const tensor *t, int64_t i); /* element i in the order N, C, spatial */
int64_t tensor_count(const tensor *t);

/* Equal bits, NaN = NaN, and - where max is true - +0 = -0.  Returns the first element that differs, or -1. */
int64_t tensor_differs(const tensor *a, const tensor *b, pp_dtype dtype, bool indices, bool max);

#endif

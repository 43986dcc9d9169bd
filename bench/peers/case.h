/* The part of docs/notation.md that benchmarks need, for programs that do not have poolpack.
 *
 * Words that poolpack does not have: fill=nan (one element in a hundred is NaN) and the types f16 and int8 (s8 would be a stride). */
#ifndef BENCH_CASE_H
#define BENCH_CASE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum case_op { CASE_MAX, CASE_AVERAGE } case_op;
typedef enum case_mode { CASE_SLIDING, CASE_ADAPTIVE, CASE_GLOBAL } case_mode;
typedef enum case_type { CASE_F32, CASE_F64, CASE_U8, CASE_S8, CASE_BF16, CASE_F16 } case_type;

/* Three spatial axes always, outermost first: what a 1-D or 2-D case does not have is 1 long and has a window of 1. */
typedef struct bench_case {
    case_op op;
    case_mode mode;
    case_type type;
    int rank;
    int channels_last;
    int include_pad;
    int ceil;
    int index_size; /* bytes of an index that forward writes, or backward reads; 0: none */
    int backward;
    int with_nan;
    int64_t batch, channels;
    int64_t input[3], output[3], kernel[3], stride[3], pad_begin[3], pad_end[3]; /* pad_end: so much that windows fit */
} bench_case;

/* NULL, or the word that was not understood (static storage, valid until the next call). */
const char *case_parse(bench_case *result, const char *text);

size_t case_type_size(case_type type);
int64_t case_input_elements(const bench_case *c);
int64_t case_output_elements(const bench_case *c);

#ifdef __cplusplus
}
#endif

#endif

/* A checked problem: the description with every default filled in, and what it means: axes, planes, arrays. */
#ifndef PP_PROBLEM_H
#define PP_PROBLEM_H

#include "dtype.h"
#include "geometry.h"

/* Canonical axes of every tensor; spatial axis a of a description of rank r is PP_D + 3 - r + a. */
enum { PP_N, PP_C, PP_D, PP_H, PP_W, PP_INNER, PP_AXES };

/* Where the elements of a tensor lie, canonically. */
typedef struct pp_array {
    int64_t stride[PP_AXES]; /* in elements */
    int64_t offset;          /* of element 0, in elements */
    int64_t low, high;       /* smallest and largest element offset, the view's included */
    bool dense;              /* one element after another */
} pp_array;

struct pp_kernels;

typedef struct pp_problem { /* what is asked most comes first: its addresses are short */
    const struct pp_kernels *kernels; /* of the element type, in the instruction set of the plan */
    bool is_max;                      /* max or min: compares; else adds */
    bool stream;                      /* results are best written past the caches */
    int64_t n, c, inner;              /* channels-last: c = 1, inner = channels; else c = channels, inner = 1 */
    int64_t inputs, outputs;          /* elements of the input, of the output */
    int64_t plane;                    /* D * H * W of the input */
    double empty;                     /* the value of a window that sees nothing */
    int64_t together;                 /* planes of a run, at most; 0: all */
    pp_desc desc;                     /* resolved */
    pp_axis axis[3];                  /* D, H, W */
    pp_axis cover[3];                 /* their reverses; only when backward of an average or sum is wanted */
    pp_array array[PP_TENSOR_COUNT];
} pp_problem;

/* Canonical extents of a tensor. */
void pp_problem_extents(const pp_problem *problem, pp_tensor tensor, int64_t extent[PP_AXES]);

/* Number of pp_window entries that the axes of a problem need, in *tables. */
pp_status pp_problem_tables(const pp_desc *desc, int64_t *tables, const pp_error *error);

/* Checks "desc" and fills *problem, which is all zero; table: memory for that many windows. */
pp_status pp_problem_init(pp_problem *problem, const pp_desc *desc, pp_window *table, const pp_error *error);

/* The array of a tensor: its view, or the dense one.  Sets problem->inputs, outputs too. */
pp_status pp_array_init(pp_problem *problem, pp_tensor tensor, const pp_error *error);

/* Of the element at these coordinates, from the one at 0. */
int64_t pp_offset(const pp_array *array, const int64_t at[PP_AXES]);

/* The names of the tensors in sentences. */
extern const char *const pp_tensor_names[];

/* Whether two elements may have one address: true unless, from the smallest stride up, each stride exceeds the reach of
 * those before it. */
bool pp_array_overlaps_itself(const pp_array *array, const int64_t extent[PP_AXES]);

/* Whether elements of two arrays, one of them written, can be the same: a's offsets start at address a_base, ... Sizes in
 * bytes; exact for arrays whose strides are multiples of a common row, true when in doubt. */
bool pp_arrays_meet(const pp_array *a, const int64_t a_extent[PP_AXES], const char *a_base, size_t a_size, const pp_array *b,
                    const int64_t b_extent[PP_AXES], const char *b_base, size_t b_size);

/* Indices (index.c).  An element of an array of indices; -1 is none. */
PP_INLINE int64_t pp_index_load(pp_index_type type, const void *indices, int64_t at)
{
    if (type == PP_INDEX_I64) return ((const int64_t *)indices)[at];
    if (type == PP_INDEX_I32) return ((const int32_t *)indices)[at];
    int64_t index = type == PP_INDEX_U8 ? ((const uint8_t *)indices)[at] : ((const uint16_t *)indices)[at];
    return index == (type == PP_INDEX_U8 ? UINT8_MAX : UINT16_MAX) ? -1 : index;
}
void pp_index_store(pp_index_type type, void *indices, int64_t at, int64_t index);

/* A convention's number of the plane index that output "at" found, and back; -1 stays -1.  PP_NO_INDEX: there is none. */
#define PP_NO_INDEX INT64_MIN
int64_t pp_index_number(const pp_problem *problem, pp_index_convention convention, const int64_t at[PP_AXES], int64_t index);
int64_t pp_index_in_plane(const pp_problem *problem, pp_index_convention convention, const int64_t at[PP_AXES], int64_t number);

/* PP_OVERFLOW when the largest number does not fit the type. */
pp_status pp_index_check(const pp_problem *problem, pp_index_type type, pp_index_convention convention, const pp_error *error);

#endif

/* What each framework means by a pooling, and what it refuses. */
#ifndef PP_DIALECT_H
#define PP_DIALECT_H

#include "common.h"

/* Refusals.  A dialect's row says which apply; dialect.c holds one check for each. */
enum {
    PP_LIMIT_NO_CROP = 1 << 0,     /* pads are not negative */
    PP_LIMIT_SYMMETRIC = 1 << 1,   /* pad_begin = pad_end */
    PP_LIMIT_PAD_HALF = 1 << 2,    /* pads are at most half the window */
    PP_LIMIT_PAD_LESS = 1 << 3,    /* pads are smaller than the kernel */
    PP_LIMIT_NO_SAME = 1 << 4,     /* no SAME, no VALID */
    PP_LIMIT_NO_EXPLICIT = 1 << 5, /* SAME and VALID only */
    PP_LIMIT_NO_CEIL = 1 << 6,     /* the floor rule only */
    PP_LIMIT_NO_DILATION = 1 << 7,
    PP_LIMIT_DILATION_XOR_STRIDE = 1 << 8, /* not both above 1 */
    PP_LIMIT_INT32 = 1 << 9,               /* kernel and stride fit 32 bits */
    PP_LIMIT_WINDOW_FITS = 1 << 10,        /* VALID: the window is not larger than the input */
    PP_LIMIT_OUTPUT = 1 << 11,             /* every output size is at least 1 */
    PP_LIMIT_NOT_EMPTY = 1 << 12,          /* only the batch may be 0 */
    PP_LIMIT_DIVISOR_VALID = 1 << 13,      /* padding is never counted */
    PP_LIMIT_KERNEL_3D = 1 << 14,          /* 3-D average: the kernel is not larger than the unpadded input */
    PP_LIMIT_NO_LOWER = 1 << 15,           /* SAME pads more at the end */
    PP_LIMIT_AVERAGE_DILATION = 1 << 16    /* only maxima are dilated */
};

typedef struct pp_dialect_row {
    char name[8];
    bool stride_is_kernel;                    /* default stride: kernel, else 1 */
    unsigned char size_rule, ceil;            /* the default rule; what a bare "ceil" means */
    unsigned char divisor, including;         /* the default divisor; what count_include_pad = true means */
    unsigned char nan;
    unsigned char empty_max, empty_average;
    unsigned char rounding, convention;
    unsigned limits;
} pp_dialect_row;

/* NULL for an unknown dialect. */
const pp_dialect_row *pp_dialect_get(pp_dialect dialect);

/* The fields of a description that are one of a list of names (names.c), each of the size of an int. */
typedef struct pp_choice {
    char field[20], word[6]; /* word: "nan" of nan=last in the notation; "" for those with words of their own */
    unsigned short offset, list;
} pp_choice;
enum { PP_CHOICES = 14 };
extern const pp_choice pp_choices[PP_CHOICES];
int pp_choice_get(const pp_desc *desc, const pp_choice *choice);
void pp_choice_set(pp_desc *desc, const pp_choice *choice, int value);

/* The first choice of a description whose value has no name; NULL: there is none. */
const pp_choice *pp_choice_unknown(const pp_desc *desc);

/* The refusals that a resolved description (no PP_AUTO; output_size set) meets. */
pp_status pp_dialect_check(const pp_desc *desc, const pp_error *error);

#endif

/* How elements compare. */
#ifndef PP_ORDER_H
#define PP_ORDER_H

#include "../common.h"

/* How elements become lanes that a plain maximum compares; all zero: lanes compare as they are. */
typedef struct pp_order {
    int mask;        /* bits of the element to flip (floats: not 0: the sign); from bytes that are added: their sign, 0 or 0x80 */
    int infinity;    /* 16-bit floats: the bits of +infinity */
    bool ignore_nan; /* NaN below everything, not above */
} pp_order;

#endif

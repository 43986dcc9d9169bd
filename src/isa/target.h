/* Target regions: code for an instruction set that the compiler was not told of, without build flags.  Included first by every
 * isa/<isa>.c.  System headers go before the region. */
#ifndef PP_TARGET_H
#define PP_TARGET_H

#include "../dtype.h"
#include "../isa.h"

#include <math.h>
#include <string.h>

#define PP_PRAGMA(x) _Pragma(#x)
#if defined(__clang__)
#define PP_TARGET_BEGIN(t) PP_PRAGMA(clang attribute push(__attribute__((target(t))), apply_to = function))
#define PP_TARGET_END PP_PRAGMA(clang attribute pop)
#else
#define PP_TARGET_BEGIN(t) PP_PRAGMA(GCC push_options) PP_PRAGMA(GCC target(t))
#define PP_TARGET_END PP_PRAGMA(GCC pop_options)
#endif

/* What an instruction set's header in vec/ can bring itself (vec/lanes.inc). */
#define PP_OWN_PARTIAL 1
#define PP_OWN_MAX 2
#define PP_OWN_PART 4
#define PP_OWN_PICK 8
#define PP_OWN_STREAM 64
#define PP_OWN_NANS 128
#define PP_OWN_WHERE 1024
#define PP_OWN_TURNS 2048
#define PP_OWN_OVER 4096
#define PP_OWN_ANY 8192

#endif

/* The loops that add gradients where indices say, by the types of both. */
#include "add.h"

#define PP_NAME add_i32_f32
#define PP_INDEX int32_t
#define PP_LANE float
#include "add.inc"

#define PP_NAME add_i32_f64
#define PP_INDEX int32_t
#define PP_LANE double
#include "add.inc"

#define PP_NAME add_i64_f32
#define PP_INDEX int64_t
#define PP_LANE float
#include "add.inc"

#define PP_NAME add_i64_f64
#define PP_INDEX int64_t
#define PP_LANE double
#include "add.inc"

pp_add_fn pp_add_for(bool wide, bool real)
{
    static const pp_add_fn loops[2][2] = {{add_i32_f32, add_i32_f64}, {add_i64_f32, add_i64_f64}};
    return loops[wide][real];
}

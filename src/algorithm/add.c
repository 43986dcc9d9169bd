/* The loops that add gradients where indices say, by their type. */
#include "add.h"

#define PP_NAME pp_add_f32
#define PP_LANE float
#include "add.inc"

#define PP_NAME pp_add_f64
#define PP_LANE double
#include "add.inc"

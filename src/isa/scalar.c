/* Plain C: runs everywhere. */
#include "target.h"

#define PP_ISA scalar
#define PP_VECTOR_BYTES 0
#include "../vec/scalar.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"

static bool available(void) { return true; }

const pp_isa pp_isa_scalar = {"scalar", available, V(pp, kernel_table)};

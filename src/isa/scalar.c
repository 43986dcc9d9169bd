/* Plain C: runs everywhere. */
#include "target.h"

#define PP_ISA scalar
#define PP_VECTOR_BYTES 0
#define pp_bf16_kernels__scalar pp_byte_kernels__scalar /* none: they are computed in wider lanes */
#define pp_f16_kernels__scalar pp_byte_kernels__scalar
#include "../vec/scalar.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"

static bool available(void) { return true; }

const pp_isa pp_isa_scalar = {"scalar", available, V(pp, kernel_table)};

/* x86-64 with AVX2 and F16C: all that have the one have the other. */
#include "target.h"
#include "x86.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

PP_TARGET_BEGIN("avx2,f16c")
#define PP_ISA avx2
#define PP_VECTOR_BYTES 32
#include "../vec/avx2.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"
PP_TARGET_END

static bool available(void) { return pp_x86_level() >= PP_X86_AVX2; }

const pp_isa pp_isa_avx2 = {"avx2", available, V(pp, kernel_table)};
#endif

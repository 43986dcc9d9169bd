/* x86-64 with AVX2. */
#include "target.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

PP_TARGET_BEGIN("avx2")
#define PP_ISA avx2
#define PP_VECTOR_BYTES 32
#include "../vec/avx2.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"
PP_TARGET_END

static bool available(void) { return __builtin_cpu_supports("avx2"); }

const pp_isa pp_isa_avx2 = {"avx2", available, V(pp, kernel_table)};
#endif

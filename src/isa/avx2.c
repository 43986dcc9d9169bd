/* x86-64 with AVX2 and F16C: all that have the one have the other. */
#include "target.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>

PP_TARGET_BEGIN("avx2,f16c")
#define PP_ISA avx2
#define PP_VECTOR_BYTES 32
#include "../vec/avx2.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"
PP_TARGET_END

/* Not every compiler knows f16c by name. */
static bool available(void)
{
    unsigned a, b, c = 0, d;
    return __builtin_cpu_supports("avx2") && __get_cpuid(1, &a, &b, &c, &d) && c & bit_F16C;
}

const pp_isa pp_isa_avx2 = {"avx2", available, V(pp, kernel_table)};
#endif

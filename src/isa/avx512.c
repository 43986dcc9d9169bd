/* x86-64 with AVX-512 as since Ice Lake; processors with less of it use avx2. */
#include "target.h"
#include "x86.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

PP_TARGET_BEGIN("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx512vbmi,avx512vbmi2")
#define PP_ISA avx512
#define PP_VECTOR_BYTES 64
#define PP_LENDER avx2 /* for what need not be faster */
#define pp_f64_kernels__avx512 pp_f64_kernels__avx2
#include "../vec/avx512.h"
#include "../vec/vec.h"
#include "../kernels/kernel_set.inc"
PP_TARGET_END

static bool available(void) { return pp_x86_level() >= PP_X86_AVX512; }

const pp_isa pp_isa_avx512 = {"avx512", available, V(pp, kernel_table)};
#endif

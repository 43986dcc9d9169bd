/* What an x86-64 processor and its system run.  Asked once: in a virtual machine every cpuid leaves it for some microseconds. */
#include "x86.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <stdatomic.h>

static pp_x86 ask(void)
{
    enum { VECTORS = 0x6, MASKS = 0xe0 }; /* registers that the system keeps: halves of 128 bits; masks, the rest of 512 bits */
    const unsigned one = bit_OSXSAVE | bit_AVX | bit_F16C;
    const unsigned seven_b = bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL, seven_c = bit_AVX512VBMI | bit_AVX512VBMI2;
    unsigned a, b, c, d, kept, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || (c & one) != one) return PP_X86_SSE2;
    __asm__("xgetbv" : "=a"(kept), "=d"(high) : "c"(0));
    if ((kept & VECTORS) != VECTORS || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return PP_X86_SSE2;
    return (kept & MASKS) == MASKS && (b & seven_b) == seven_b && (c & seven_c) == seven_c ? PP_X86_AVX512 : PP_X86_AVX2;
}

pp_x86 pp_x86_level(void)
{
    static atomic_int known;
    pp_x86 level = (pp_x86)atomic_load_explicit(&known, memory_order_relaxed);
    if (level == PP_X86_UNKNOWN) {
        level = ask();
        atomic_store_explicit(&known, (int)level, memory_order_relaxed);
    }
    return level;
}
#endif

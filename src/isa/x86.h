/* What an x86-64 processor and its system run. */
#ifndef PP_X86_H
#define PP_X86_H

typedef enum pp_x86 {
    PP_X86_UNKNOWN,
    PP_X86_SSE2,
    PP_X86_AVX2,  /* with F16C */
    PP_X86_AVX512 /* F, BW, CD, DQ, VL, VBMI, VBMI2: as since Ice Lake */
} pp_x86;

pp_x86 pp_x86_level(void); /* thread-safe */

#endif

/* The instruction sets of this build, and which of them this machine runs. */
#ifndef PP_ISA_H
#define PP_ISA_H

#include "kernels/kernels.h"

typedef struct pp_isa {
    const char *name;
    bool (*available)(void);
    const pp_kernels *const *kernels; /* by dtype */
} pp_isa;

extern const pp_isa *const pp_isa_table[]; /* from the least to the best */
extern const int pp_isa_count;

/* The best available one, at most the cap named (NULL: POOLPACK_ISA, else no cap).  NULL for an unknown name, then *name is it. */
const pp_isa *pp_isa_choose(const char *cap, const char **name);

/* The kernels of type "other" in the instruction set that has these for "dtype". */
const pp_kernels *pp_isa_sibling(const pp_kernels *kernels, pp_dtype dtype, pp_dtype other);

#endif

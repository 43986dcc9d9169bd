/* Choosing among the instruction sets of isa.def. */
#include "isa.h"

#include <stdlib.h>
#include <string.h>

#define PP_ISA_ROW(name) extern const pp_isa pp_isa_##name;
#include "isa.def"
#undef PP_ISA_ROW

#define PP_ISA_ROW(name) &pp_isa_##name,
const pp_isa *const pp_isa_table[] = {
#include "isa.def"
};
#undef PP_ISA_ROW

const int pp_isa_count = PP_COUNT(pp_isa_table);

const pp_isa *pp_isa_choose(const char *cap, const char **name)
{
    if (!cap) cap = getenv("POOLPACK_ISA");
    *name = cap;
    const pp_isa *best = NULL;
    bool known = !cap || !*cap;
    for (int i = 0; i < pp_isa_count; i++) {
        if (pp_isa_table[i]->available()) best = pp_isa_table[i];
        if (!known && !strcmp(pp_isa_table[i]->name, cap)) return best;
    }
    return known ? best : NULL;
}

const pp_kernels *pp_isa_sibling(const pp_kernels *kernels, pp_dtype dtype, pp_dtype other)
{
    const pp_isa *isa = pp_isa_table[0];
    for (int i = 0; i < pp_isa_count; i++) {
        if (pp_isa_table[i]->kernels[dtype] == kernels) isa = pp_isa_table[i];
    }
    return isa->kernels[other];
}

int pp_isa_available(int isa) { return isa >= 0 && isa < pp_isa_count && pp_isa_table[isa]->available(); }

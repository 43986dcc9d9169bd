/* The words of the notation, one list per enumeration. */
#include "algorithms.h"
#include "dialect.h"
#include "isa.h"

#include <string.h>

/* The words of each list, one after another. */
static const char *const lists[] = {
    [PP_NAME_STATUS] = "ok\0invalid\0refused\0unsupported\0overflow\0no_memory\0bad_index\0empty_window\0",
    [PP_NAME_OP] = "max\0min\0avg\0sum\0",
    [PP_NAME_MODE] = "sliding\0adaptive\0global\0",
    [PP_NAME_SIZE_RULE] = "floor\0torch\0caffe\0plain\0given\0",
    [PP_NAME_PADDING] = "explicit\0valid\0same\0same_lower\0",
    [PP_NAME_DIVISOR] = "valid\0clamped\0full\0override\0",
    [PP_NAME_NAN] = "last\0first\0ignore\0",
    [PP_NAME_TIES] = "first\0last\0",
    [PP_NAME_EMPTY] = "identity\0lowest\0zero\0nan\0error\0",
    [PP_NAME_ROUNDING] = "half_even\0half_away\0truncate\0",
    [PP_NAME_INDEX_TYPE] = "none\0i32\0i64\0u8\0u16\0",
    [PP_NAME_INDEX_CONVENTION] = "plane\0tensor\0window\0",
    [PP_NAME_BACKWARD] = "none\0auto\0indices\0recompute\0",
};

const char *pp_name(pp_names list, int value)
{
    if (value < 0) return NULL;
    if (list == PP_NAME_ALGORITHM) return value < pp_algorithm_count ? pp_algorithm_table[value]->name : NULL;
    if (list == PP_NAME_ISA) return value < pp_isa_count ? pp_isa_table[value]->name : NULL;
    if (list == PP_NAME_DTYPE) return value < pp_dtype_count ? pp_dtypes[value].name : NULL;
    if (list == PP_NAME_DIALECT) return pp_dialect_get((pp_dialect)value) ? pp_dialect_get((pp_dialect)value)->name : NULL;
    if ((int)list < 0 || (int)list >= PP_COUNT(lists)) return NULL;
    const char *word = lists[list];
    while (value-- > 0 && *word) word += strlen(word) + 1;
    return *word ? word : NULL;
}

const pp_choice pp_choices[PP_CHOICES] = {
#define PP_CHOICE(field, list, word) {#field, word, offsetof(pp_desc, field), PP_NAME_##list}
    PP_CHOICE(dialect, DIALECT, ""),
    PP_CHOICE(op, OP, ""),
    PP_CHOICE(mode, MODE, ""),
    PP_CHOICE(dtype, DTYPE, ""),
    PP_CHOICE(padding, PADDING, ""),
    PP_CHOICE(size_rule, SIZE_RULE, ""),
    PP_CHOICE(divisor, DIVISOR, ""),
    PP_CHOICE(nan, NAN, "nan"),
    PP_CHOICE(ties, TIES, "ties"),
    PP_CHOICE(empty, EMPTY, "empty"),
    PP_CHOICE(rounding, ROUNDING, "round"),
    PP_CHOICE(indices, INDEX_TYPE, ""),
    PP_CHOICE(index_convention, INDEX_CONVENTION, ""),
    PP_CHOICE(backward, BACKWARD, "bwd"),
#undef PP_CHOICE
};

int pp_choice_get(const pp_desc *desc, const pp_choice *choice)
{
    int value;
    memcpy(&value, (const char *)desc + choice->offset, sizeof value);
    return value;
}

void pp_choice_set(pp_desc *desc, const pp_choice *choice, int value) { memcpy((char *)desc + choice->offset, &value, sizeof value); }

const pp_choice *pp_choice_unknown(const pp_desc *desc)
{
    for (const pp_choice *choice = pp_choices; choice < pp_choices + PP_CHOICES; choice++) {
        int value = pp_choice_get(desc, choice);
        if (value && !pp_name((pp_names)choice->list, value)) return choice; /* all lists begin */
    }
    return NULL;
}

#define PP_STRING(x) #x
#define PP_DOTTED(major, minor, patch) PP_STRING(major) "." PP_STRING(minor) "." PP_STRING(patch)

const char *pp_version(void) { return PP_DOTTED(PP_VERSION_MAJOR, PP_VERSION_MINOR, PP_VERSION_PATCH); }

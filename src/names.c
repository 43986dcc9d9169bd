/* The words of the notation, one list per enumeration. */
#include "algorithms.h"
#include "dialect.h"
#include "isa.h"

#include <string.h>

static const char *const statuses[] = {"ok", "invalid", "refused", "unsupported", "overflow", "no_memory", "bad_index", "empty_window"};
static const char *const ops[] = {"max", "min", "avg", "sum"};
static const char *const modes[] = {"sliding", "adaptive", "global"};
static const char *const size_rules[] = {"floor", "torch", "caffe", "plain", "given"};
static const char *const paddings[] = {"explicit", "valid", "same", "same_lower"};
static const char *const divisors[] = {"valid", "clamped", "full", "override"};
static const char *const nans[] = {"last", "first", "ignore"};
static const char *const ties[] = {"first", "last"};
static const char *const empties[] = {"identity", "lowest", "zero", "nan", "error"};
static const char *const roundings[] = {"half_even", "half_away", "truncate"};
static const char *const index_types[] = {"none", "i32", "i64", "u8", "u16"};
static const char *const conventions[] = {"plane", "tensor", "window"};
static const char *const backwards[] = {"none", "auto", "indices", "recompute"};

typedef struct names {
    const char *const *words;
    int count;
} names;

#define PP_WORDS(list)                                                                                                                     \
    {                                                                                                                                      \
        list, PP_COUNT(list)                                                                                                               \
    }
static const names lists[] = {
    [PP_NAME_STATUS] = PP_WORDS(statuses),
    [PP_NAME_OP] = PP_WORDS(ops),
    [PP_NAME_MODE] = PP_WORDS(modes),
    [PP_NAME_SIZE_RULE] = PP_WORDS(size_rules),
    [PP_NAME_PADDING] = PP_WORDS(paddings),
    [PP_NAME_DIVISOR] = PP_WORDS(divisors),
    [PP_NAME_NAN] = PP_WORDS(nans),
    [PP_NAME_TIES] = PP_WORDS(ties),
    [PP_NAME_EMPTY] = PP_WORDS(empties),
    [PP_NAME_ROUNDING] = PP_WORDS(roundings),
    [PP_NAME_INDEX_TYPE] = PP_WORDS(index_types),
    [PP_NAME_INDEX_CONVENTION] = PP_WORDS(conventions),
    [PP_NAME_BACKWARD] = PP_WORDS(backwards),
};

const char *pp_name(pp_names list, int value)
{
    if (value < 0) return NULL;
    if (list == PP_NAME_ALGORITHM) return value < pp_algorithm_count ? pp_algorithm_table[value]->name : NULL;
    if (list == PP_NAME_ISA) return value < pp_isa_count ? pp_isa_table[value]->name : NULL;
    if (list == PP_NAME_DTYPE) return value < pp_dtype_count ? pp_dtypes[value].name : NULL;
    if (list == PP_NAME_DIALECT) return pp_dialect_get((pp_dialect)value) ? pp_dialect_get((pp_dialect)value)->name : NULL;
    if ((int)list < 0 || (int)list >= PP_COUNT(lists) || value >= lists[list].count) return NULL;
    return lists[list].words[value];
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
        if (!pp_name((pp_names)choice->list, pp_choice_get(desc, choice))) return choice;
    }
    return NULL;
}

#define PP_STRING(x) #x
#define PP_DOTTED(major, minor, patch) PP_STRING(major) "." PP_STRING(minor) "." PP_STRING(patch)

const char *pp_version(void) { return PP_DOTTED(PP_VERSION_MAJOR, PP_VERSION_MINOR, PP_VERSION_PATCH); }

/* The notation of cases (docs/notation.md): from text to description. */
#include "case_read.h"
#include "dialect.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Instead of a status: the word is none of those that a function reads. */
enum { OTHER_WORD = -1 };

static pp_status read_divisor(const pp_reader *r, const char *text)
{
    pp_desc *desc = r->desc;
    char number[PP_WORD], *end;
    snprintf(number, sizeof number, "%s", text);
    char *point = strchr(number, '.');
    if (point) *point = *localeconv()->decimal_point; /* strtod follows the program's locale, the notation does not */
    double value_given = strtod(number, &end);
    if (end != number && !*end) {
        desc->divisor = PP_DIVISOR_OVERRIDE;
        desc->divisor_override = value_given;
        return PP_OK;
    }
    int value = pp_find_name(PP_NAME_DIVISOR, text, strlen(text));
    if (value < 0 || value == PP_DIVISOR_OVERRIDE) return pp_bad_word(r, "must be valid, clamped, full or a number");
    desc->divisor = (pp_divisor)value;
    return PP_OK;
}

static int read_layout(const pp_reader *r, const char *text)
{
    static const char words[PP_MAX_RANK][4][6] = {
        {"ncw", "nwc", "cw", "wc"}, {"nchw", "nhwc", "chw", "hwc"}, {"ncdhw", "ndhwc", "cdhw", "dhwc"}};
    for (int i = 0; i < 4 * PP_MAX_RANK; i++) {
        int rank = i / 4 + 1, form = i % 4;
        if (strcmp(words[rank - 1][form], text)) continue;
        if (rank != r->desc->rank) return pp_bad_word(r, "this layout has another number of spatial axes than the operator");
        r->desc->layout = form % 2 ? PP_CHANNELS_LAST : PP_CHANNELS_FIRST;
        r->desc->unbatched = form >= 2;
        return PP_OK;
    }
    return OTHER_WORD;
}

static int read_bare(const pp_reader *r, const char *text)
{
    pp_desc *desc = r->desc;
    const pp_dialect_row *row = pp_dialect_get(desc->dialect);
    size_t length = strlen(text);
    int padding = pp_find_name(PP_NAME_PADDING, text, length), dtype = pp_find_name(PP_NAME_DTYPE, text, length);
    if (padding >= 0) desc->padding = (pp_padding)padding;
    else if (dtype >= 0) desc->dtype = (pp_dtype)dtype;
    else if (!strcmp(text, "floor")) desc->size_rule = PP_SIZE_FLOOR;
    else if (!strcmp(text, "ceil") && row->ceil == PP_SIZE_FLOOR)
        return pp_bad_word(r, "this dialect has no ceil mode");
    else if (!strcmp(text, "ceil")) desc->size_rule = row->ceil;
    else if (!strcmp(text, "incpad")) desc->divisor = row->including;
    else if (!strcmp(text, "excpad")) desc->divisor = PP_DIVISOR_VALID;
    else if (!strcmp(text, "bwd")) desc->backward = PP_BACKWARD_AUTO;
    else return read_layout(r, text);
    return PP_OK;
}

/* idx, idx8=plane */
static int read_indices(const pp_reader *r, const char *text)
{
    static const char words[][6] = {[PP_INDEX_I32] = "idx32", [PP_INDEX_I64] = "idx", [PP_INDEX_U8] = "idx8", [PP_INDEX_U16] = "idx16"};
    size_t length = strcspn(text, "=");
    for (int type = PP_INDEX_I32; type < PP_COUNT(words); type++) {
        if (strlen(words[type]) != length || memcmp(words[type], text, length)) continue;
        int convention = type >= PP_INDEX_U8 ? PP_INDEX_WINDOW : (int)r->desc->index_convention;
        pp_status status = PP_OK;
        if (text[length]) convention = PP_INDEX_PLANE, status = pp_read_name(r, PP_NAME_INDEX_CONVENTION, INT_MAX, text + length + 1, &convention);
        r->desc->indices = (pp_index_type)type;
        r->desc->index_convention = (pp_index_convention)convention;
        return status;
    }
    return OTHER_WORD;
}

/* word=value */
static int read_setting(const pp_reader *r, const char *text)
{
    pp_desc *desc = r->desc;
    const char *value = strchr(text, '=') + 1;
    int choice = PP_SIZE_CEIL_TORCH;
    pp_status status;
    if (!strncmp(text, "ceil=", 5))
        return status = pp_read_name(r, PP_NAME_SIZE_RULE, PP_SIZE_GIVEN, value, &choice), desc->size_rule = (pp_size_rule)choice, status;
    if (!strncmp(text, "div=", 4)) return read_divisor(r, value);
    if (!strncmp(text, "dialect=", 8)) return PP_OK; /* read before all others */
    if (!strncmp(text, "out=", 4)) return desc->size_rule = PP_SIZE_GIVEN, pp_read_sizes(r, value, false, desc->output_size);
    for (const pp_choice *c = pp_choices; c < pp_choices + PP_CHOICES; c++) {
        size_t length = strlen(c->word);
        if (!length || strncmp(text, c->word, length) || text[length] != '=') continue;
        choice = 0;
        status = pp_read_name(r, (pp_names)c->list, INT_MAX, value, &choice);
        pp_choice_set(desc, c, choice);
        return status;
    }
    return OTHER_WORD;
}

/* What a word is about, as bits: words about the same thing exclude each other. */
static uint64_t topics_of(const char *word)
{
    static const char groups[] =
        "same same_lower valid explicit,floor ceil out,incpad excpad div,idx idx32 idx8 idx16,bwd,dialect,nan,ties,empty,round,"
        "view,view.output,view.indices,view.grad_output,view.grad_input,f32 f64 u8 bf16 f16 int8,"
        "ncw nwc cw wc nchw nhwc chw hwc ncdhw ndhwc cdhw dhwc,";
    size_t length = strcspn(word, "="), size;
    uint64_t bit = 1;
    for (const char *name = groups; *name; name += size + 1) {
        size = strcspn(name, " ,");
        if (size == length && !memcmp(name, word, length)) {
            bool output = !memcmp(name, "out", 3); /* sets the field of o7, too */
            return bit | (output ? (uint64_t)1 << (32 + 'o' - 'a') : 0);
        }
        if (name[size] == ',') bit <<= 1;
    }
    uint64_t letter = word[0] >= 'a' && word[0] <= 'z' ? (uint64_t)1 << (32 + word[0] - 'a') : 0;
    bool both = word[0] == 'n' && strchr(word, 'c'); /* n8c64 */
    return letter | (both ? (uint64_t)1 << (32 + 'c' - 'a') : 0);
}

static pp_status read_word(const pp_reader *r)
{
    pp_desc *desc = r->desc;
    const char *text = r->word;
    if (!strncmp(text, "view", 4) && (text[4] == '=' || text[4] == '.')) return pp_read_view(r, text + 4);
    int status = read_bare(r, text);
    if (status == OTHER_WORD) status = read_indices(r, text);
    if (status == OTHER_WORD && strchr(text, '=')) status = read_setting(r, text);
    if (status != OTHER_WORD) return (pp_status)status;
    bool spelled_out = text[1] >= 'a' && text[1] <= 'z' && text[1] != 'x'; /* kernel=3 is a slip of another kind than kx3 */
    switch (spelled_out ? '?' : text[0]) {
    case 'n':
    case 'c':
        return pp_read_batch(r, text);
    case 'i':
        return pp_read_sizes(r, text + 1, true, desc->input_size);
    case 'k':
        return pp_read_sizes(r, text + 1, true, desc->kernel);
    case 's':
        return pp_read_sizes(r, text + 1, true, desc->stride);
    case 'd':
        return pp_read_sizes(r, text + 1, false, desc->dilation);
    case 'p':
        return pp_read_pads(r, text + 1);
    case 'o':
        return pp_read_sizes(r, text + 1, true, desc->output_size);
    default:
        return pp_bad_word(r, "no such word: see docs/notation.md");
    }
}

/* "adaptive_avg2d" */
static bool read_head(const char *text, pp_mode *mode, pp_op *op, int *rank)
{
    const char *end = strchr(text, '_');
    int m = end ? pp_find_name(PP_NAME_MODE, text, (size_t)(end - text)) : -1;
    *mode = m > PP_MODE_SLIDING ? (pp_mode)m : PP_MODE_SLIDING;
    if (*mode != PP_MODE_SLIDING) text = end + 1;
    size_t length = strcspn(text, "123"); /* PP_MAX_RANK */
    int o = pp_find_name(PP_NAME_OP, text, length);
    *op = (pp_op)o;
    *rank = text[length] - '0';
    return o >= 0 && text[length] && !strcmp(text + length + 1, "d");
}

/* The next blank-separated word; false at the end or when it is too long. */
static bool next_word(const char **text, char word[PP_WORD])
{
    *text += strspn(*text, " \t\n\r");
    size_t length = strcspn(*text, " \t\n\r");
    if (!length || length >= PP_WORD) return false;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length;
    return true;
}

static pp_status read_dialect(const pp_reader *r, const char *value, int *dialect, int *version)
{
    char name[PP_WORD];
    size_t length = strcspn(value, "@");
    memcpy(name, value, length);
    name[length] = '\0';
    *version = 0;
    if (value[length] == '@') {
        int64_t number;
        value += length + 1;
        if (!pp_read_number(&value, false, &number) || *value || number < 1 || number > 1000000) {
            return pp_bad_word(r, "a version is a whole number of at least 1: opset 21 is 21, PyTorch 2.8 is 20800");
        }
        *version = (int)number;
    }
    *dialect = 0;
    return pp_read_name(r, PP_NAME_DIALECT, INT_MAX, name, dialect);
}

/* Reads the words after the first, the dialect's before all others. */
static pp_status read_words(const pp_reader *r, char word[PP_WORD], const char *text)
{
    uint64_t seen = 0;
    pp_status status = PP_OK;
    while (status == PP_OK && next_word(&text, word)) {
        uint64_t topics = topics_of(word);
        if (seen & topics) return pp_bad_word(r, "an earlier word has said this already");
        seen |= topics;
        status = read_word(r);
    }
    if (status == PP_OK && *text) status = pp_fail(r->error, PP_INVALID, "'%.40s...': a word has at most %d characters", text, PP_WORD - 1);
    if (r->desc->unbatched && r->desc->batch == PP_AUTO) r->desc->batch = 1;
    return status;
}

pp_status pp_desc_parse(pp_desc *desc, const char *text, char *error_text, size_t error_size)
{
    pp_error error = pp_error_buffer(error_text, error_size);
    if (!desc || !text) return pp_fail(&error, PP_INVALID, "%s is NULL", desc ? "text" : "desc");
    memset(desc, 0, sizeof *desc);
    char head[PP_WORD] = "", word[PP_WORD];
    pp_reader r = {desc, &error, word};
    pp_mode mode;
    pp_op op;
    int rank, dialect = PP_DIALECT_PLAIN, version = 0;
    if (!next_word(&text, head) || !read_head(head, &mode, &op, &rank)) {
        return pp_fail(&error, PP_INVALID, "'%.40s': a case begins with [adaptive_|global_]{max|min|avg|sum}{1|2|3}d", *head ? head : text);
    }
    pp_status status = PP_OK;
    for (const char *rest = text; status == PP_OK && next_word(&rest, word);) {
        if (!strncmp(word, "dialect=", 8)) status = read_dialect(&r, word + 8, &dialect, &version);
    }
    if (status != PP_OK) return status;
    pp_desc_init(desc, (pp_dialect)dialect, version, op, rank);
    desc->mode = mode;
    status = read_words(&r, word, text);
    if (status != PP_OK) memset(desc, 0, sizeof *desc);
    return status;
}

/* Reading the parts of a word: numbers, lists of them, names, views. */
#include "case_read.h"
#include "problem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pp_status pp_bad_word(const pp_reader *r, const char *rule) { return pp_fail(r->error, PP_INVALID, "'%s': %s", r->word, rule); }

bool pp_read_number(const char **text, bool keep, int64_t *value)
{
    const char *digits = *text + (**text == '-');
    if (*digits < '0' || *digits > '9') {
        if (!keep || **text != '-') return false;
        (*text)++;
        *value = PP_AUTO;
        return true;
    }
    char *end;
    errno = 0;
    *value = strtoll(*text, &end, 10);
    *text = end;
    return errno == 0 && *value != PP_AUTO;
}

/* "3", "3x2": one number for all axes or one each. */
static bool read_list(const pp_reader *r, const char **text, bool keep, int64_t values[PP_MAX_RANK])
{
    int count = 0;
    do {
        if (count == PP_MAX_RANK || !pp_read_number(text, keep, &values[count])) return false;
        count++;
    } while (*(*text) == 'x' && (*text)++);
    if (count != 1 && count != r->desc->rank) return false;
    for (int a = count; a < r->desc->rank; a++) values[a] = values[0];
    return true;
}

pp_status pp_read_sizes(const pp_reader *r, const char *text, bool keep, int64_t values[PP_MAX_RANK])
{
    int64_t list[PP_MAX_RANK];
    if (!read_list(r, &text, keep, list) || *text) {
        char rule[96];
        snprintf(rule, sizeof rule, "a %d-D pooling takes one whole number%s", r->desc->rank,
                 r->desc->rank > 1 ? " for all axes or one per axis, joined by x" : "");
        return pp_bad_word(r, rule);
    }
    for (int a = 0; a < r->desc->rank; a++) values[a] = list[a];
    return PP_OK;
}

pp_status pp_read_pads(const pp_reader *r, const char *text)
{
    pp_desc *desc = r->desc;
    int64_t begin[PP_MAX_RANK], end[PP_MAX_RANK];
    bool ok = read_list(r, &text, false, begin);
    memcpy(end, begin, sizeof end);
    if (ok && *text == ':') {
        text++;
        ok = read_list(r, &text, false, end);
    }
    if (!ok || *text) return pp_bad_word(r, "pads are whole numbers, begin[:end], one for all axes or one per axis, joined by x");
    for (int a = 0; a < desc->rank; a++) desc->pad_begin[a] = begin[a], desc->pad_end[a] = end[a];
    return PP_OK;
}

pp_status pp_read_batch(const pp_reader *r, const char *text)
{
    const char *rule = "sizes are n<batch>c<channels>, whole numbers of at least 0";
    for (const char *seen = ""; *text; seen = "c") {
        char letter = *text++;
        int64_t value;
        if ((letter != 'n' && letter != 'c') || (letter == 'n' && *seen) || !pp_read_number(&text, false, &value) || value < 0) {
            return pp_bad_word(r, rule);
        }
        *(letter == 'n' ? &r->desc->batch : &r->desc->channels) = value;
        if (letter == 'c' && *text) return pp_bad_word(r, rule);
    }
    return PP_OK;
}

pp_status pp_read_view(const pp_reader *r, const char *text)
{
    pp_tensor tensor = PP_INPUT;
    if (*text == '.') {
        const char *const *name = pp_tensor_names;
        for (text++; ++tensor < PP_TENSOR_COUNT && strncmp(text, name[tensor], strlen(name[tensor]));) {}
        if (tensor == PP_TENSOR_COUNT) return pp_bad_word(r, "views are of output, indices, grad_output, grad_input");
        text += strlen(name[tensor]);
    }
    pp_view *view = &r->desc->view[tensor];
    const char *rule = "a view is =<stride>,<stride>,...:<offset>, strides for N, C and each spatial axis; no strides = dense";
    if (*text++ != '=') return pp_bad_word(r, rule);
    view->strides[0] = PP_AUTO;
    for (int i = 0; *text != ':'; i++) {
        if (i == 2 + r->desc->rank || !pp_read_number(&text, false, &view->strides[i])) return pp_bad_word(r, rule);
        if (*text == ',' && i + 1 < 2 + r->desc->rank) text++;
        else if (*text != ':' || i + 1 != 2 + r->desc->rank) return pp_bad_word(r, rule);
    }
    text++;
    if (!pp_read_number(&text, false, &view->offset) || *text) return pp_bad_word(r, rule);
    return PP_OK;
}

int pp_find_name(pp_names list, const char *text, size_t length)
{
    const char *name;
    for (int i = 0; (name = pp_name(list, i)); i++) {
        if (strlen(name) == length && !memcmp(name, text, length)) return i;
    }
    return -1;
}

pp_status pp_read_name(const pp_reader *r, pp_names list, int end, const char *text, int *value)
{
    int found = pp_find_name(list, text, strlen(text));
    if (found >= *value && found < end) {
        *value = found;
        return PP_OK;
    }
    char rule[PP_WORD] = "must be one of";
    const char *name;
    for (int i = *value; i < end && (name = pp_name(list, i)); i++) {
        size_t at = strlen(rule);
        snprintf(rule + at, sizeof rule - at, "%s %s", i > *value ? "," : "", name);
    }
    return pp_bad_word(r, rule);
}

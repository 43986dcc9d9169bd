/* literal.c - arrays written as text, [[1, 2.5], [nan, -inf]]: every list of an axis has the same length. */
#include "ndarray.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LITERAL (1 << 24) /* elements; longer texts are better as files */

struct scanner {
    const char *text, *at; /* NUL-terminated */
    int axes;              /* known once the first innermost list was met; 0 before */
    int64_t shape[MAX_AXES];
    double *values;
    int64_t count, capacity;
    const char *sentence; /* what is wrong at "at"; NULL: nothing */
};

static void skip_blanks(struct scanner *scanner)
{
    while (isspace((unsigned char)*scanner->at)) scanner->at++;
}

static bool wrong(struct scanner *scanner, const char *sentence)
{
    scanner->sentence = sentence;
    return false;
}

static bool scan_number(struct scanner *scanner)
{
    char *end;
    double value = strtod(scanner->at, &end);
    if (end == scanner->at) return wrong(scanner, "a number is expected");
    if (scanner->count == scanner->capacity) {
        if (scanner->capacity >= MAX_LITERAL) return wrong(scanner, "too many elements; use a file");
        scanner->capacity = scanner->capacity ? 2 * scanner->capacity : 64;
        double *larger = realloc(scanner->values, (size_t)scanner->capacity * sizeof *larger);
        if (!larger) return wrong(scanner, "not enough memory");
        scanner->values = larger;
    }
    scanner->values[scanner->count++] = value;
    scanner->at = end;
    return true;
}

static bool scan_list(struct scanner *scanner, int axis);

/* A list within a list, or a number: the first innermost list fixes the number of axes. */
static bool scan_item(struct scanner *scanner, int axis)
{
    skip_blanks(scanner);
    bool is_list = *scanner->at == '[', at_end = axis + 1 == scanner->axes;
    if (scanner->axes ? is_list == at_end : axis + 1 == MAX_AXES && is_list)
        return wrong(scanner, scanner->axes ? "lists of different depths" : "too many axes");
    if (is_list) return scan_list(scanner, axis + 1);
    scanner->axes = axis + 1;
    return scan_number(scanner);
}

static bool scan_list(struct scanner *scanner, int axis)
{
    int64_t count = 0;
    scanner->at++; /* the bracket */
    skip_blanks(scanner);
    while (*scanner->at != ']') {
        if (count > 0 && *scanner->at++ != ',') return scanner->at--, wrong(scanner, "a comma or a bracket is expected");
        if (!scan_item(scanner, axis)) return false;
        count++;
        skip_blanks(scanner);
    }
    if (count == 0) return wrong(scanner, "an empty list");
    scanner->at++;
    if (scanner->shape[axis] != 0 && scanner->shape[axis] != count) return wrong(scanner, "lists of different lengths");
    scanner->shape[axis] = count;
    return true;
}

static bool scan(struct scanner *scanner)
{
    skip_blanks(scanner);
    if (!scan_list(scanner, 0)) return false;
    skip_blanks(scanner);
    return *scanner->at ? wrong(scanner, "something follows the last bracket") : true;
}

int read_text(const char *name, struct bytes *bytes, struct array *array)
{
    char *text = realloc(bytes->data, bytes->size + 1);
    if (!text) return fail_memory(name);
    text[bytes->size] = '\0';
    bytes->data = (unsigned char *)text;
    struct scanner scanner = {.text = text, .at = text};
    if (!scan(&scanner)) {
        free(scanner.values);
        return fail(name, "character %td: %s", scanner.at - text + 1, scanner.sentence);
    }
    set_shape(array, ELEMENT_F64, scanner.axes, scanner.shape);
    array->data = scanner.values;
    array->origin = ORIGIN_TEXT;
    return 0;
}

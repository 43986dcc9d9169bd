/*
 * npy.c - NumPy's .npy, versions 1 to 3: a magic, the length of the header, a Python dictionary, the elements.
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
 */
#include "ndarray.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct header {
    char descr[32];
    bool fortran_order;
    int axes;
    int64_t shape[MAX_AXES];
    bool has_descr, has_order, has_shape;
    const char *sentence;
};

/* The dictionary's text; "at" never passes the NUL that ends it. */
struct scanner {
    const char *at;
};

static bool take(struct scanner *scanner, const char *token)
{
    while (isspace((unsigned char)*scanner->at)) scanner->at++;
    size_t length = strlen(token);
    if (strncmp(scanner->at, token, length) != 0) return false;
    scanner->at += length;
    return true;
}

static bool take_string(struct scanner *scanner, char *text, size_t size)
{
    const char *quote = take(scanner, "'") ? "'" : take(scanner, "\"") ? "\"" : NULL;
    if (!quote) return false;
    size_t length = strcspn(scanner->at, quote);
    if (scanner->at[length] == '\0' || length >= size) return false;
    memcpy(text, scanner->at, length);
    text[length] = '\0';
    scanner->at += length + 1;
    return true;
}

static bool take_integer(struct scanner *scanner, int64_t *value)
{
    take(scanner, "");
    if (!isdigit((unsigned char)*scanner->at)) return false;
    for (*value = 0; isdigit((unsigned char)*scanner->at); scanner->at++)
        if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, *scanner->at - '0', value)) return false;
    take(scanner, "L"); /* Python 2 wrote 3L */
    return true;
}

static bool take_shape(struct scanner *scanner, struct header *header)
{
    if (!take(scanner, "(")) return false;
    while (!take(scanner, ")")) {
        if (header->axes == MAX_AXES) {
            header->sentence = "has more axes than can be read";
            return false;
        }
        if (!take_integer(scanner, &header->shape[header->axes])) return false;
        header->axes++;
        if (!take(scanner, ",") && *scanner->at != ')') return false;
    }
    return true;
}

static bool take_entry(struct scanner *scanner, struct header *header)
{
    char key[16];
    if (!take_string(scanner, key, sizeof key) || !take(scanner, ":")) return false;
    if (strcmp(key, "descr") == 0 && take(scanner, "[")) {
        header->sentence = "holds records, not numbers";
        return false;
    }
    if (strcmp(key, "descr") == 0) return header->has_descr = take_string(scanner, header->descr, sizeof header->descr);
    if (strcmp(key, "shape") == 0 && !header->has_shape) return header->has_shape = take_shape(scanner, header);
    if (strcmp(key, "fortran_order") != 0) return false;
    header->fortran_order = take(scanner, "True");
    return header->has_order = header->fortran_order || take(scanner, "False");
}

static bool parse_header(const char *text, struct header *header)
{
    struct scanner scanner = {text};
    if (!take(&scanner, "{")) return false;
    while (!take(&scanner, "}")) {
        if (!take_entry(&scanner, header)) return false;
        if (!take(&scanner, ",") && *scanner.at != '}') return false;
    }
    take(&scanner, "");
    return *scanner.at == '\0' && header->has_descr && header->has_order && header->has_shape;
}

/* "<f4": byte order, kind, size. */
static bool parse_descr(const char *descr, enum element *element, bool *swap)
{
    if (!strchr("<>|=", descr[0]) || descr[0] == '\0') return false;
    for (int i = 0; i < ELEMENT_COUNT; i++) {
        const struct element_type *type = &element_types[i];
        if (descr[1] != type->kind || atoi(descr + 2) != type->size || strspn(descr + 2, "0123456789") != strlen(descr + 2)) continue;
        *element = (enum element)i;
        *swap = type->size > 1 && (descr[0] == '>' || descr[0] == '<') && (descr[0] == '>') != host_is_big_endian();
        return true;
    }
    return false;
}

/* Copies the dictionary; NULL (and the sentence) if the file ends before it does. */
static char *copy_header(const struct bytes *bytes, size_t *start, const char **sentence)
{
    const unsigned char *data = bytes->data;
    *sentence = "ends within its header";
    if (bytes->size < 12) return NULL;
    if (data[6] < 1 || data[6] > 3) {
        *sentence = "a .npy version that is not known; 1 to 3 are";
        return NULL;
    }
    size_t prefix = data[6] == 1 ? 10 : 12;
    size_t length = (size_t)data[8] | (size_t)data[9] << 8;
    if (prefix == 12) length |= (size_t)data[10] << 16 | (size_t)data[11] << 24;
    if (length > bytes->size - prefix) return NULL;
    char *text = malloc(length + 1);
    *sentence = "not enough memory";
    if (!text) return NULL;
    memcpy(text, data + prefix, length);
    text[length] = '\0';
    *start = prefix + length;
    return text;
}

int read_npy(const char *name, struct bytes *bytes, struct array *array)
{
    struct header header = {.sentence = "its .npy header is damaged"};
    size_t start;
    const char *sentence;
    char *text = copy_header(bytes, &start, &sentence);
    if (!text) return fail(name, "%s", sentence);
    bool parsed = parse_header(text, &header);
    free(text);
    if (!parsed) return fail(name, "%s", header.sentence);
    enum element element;
    bool swap;
    if (!parse_descr(header.descr, &element, &swap))
        return fail(name, "its elements are '%s', not f2, f4, f8, u1, i1, i4, i8 or bfloat16; convert it: x.astype('float32')",
                    header.descr);
    if (!set_shape(array, element, header.axes, header.shape)) return fail(name, "its header asks for more elements than fit 64 bits");
    size_t size = element_types[element].size, wanted = (size_t)array->count * size;
    if (bytes->size - start < wanted)
        return fail(name, "its header asks for %zu bytes of elements, %zu are there", wanted, bytes->size - start);
    take_data(bytes, start, array);
    if (swap) swap_bytes(array->data, array->count, size);
    if (header.fortran_order) set_fortran_order(array);
    array->origin = ORIGIN_NPY;
    return 0;
}

int write_npy(struct output *output, const struct array *array)
{
    char text[256];
    const struct element_type *type = &element_types[array->element];
    int length = snprintf(text, sizeof text, "{'descr': '%c%c%d', 'fortran_order': False, 'shape': (",
                          type->size == 1        ? '|'
                          : host_is_big_endian() ? '>'
                                                 : '<',
                          type->kind, type->size);
    for (int i = 0; i < array->axes; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, "%s%lld", i ? ", " : "", (long long)array->shape[i]);
    length += snprintf(text + length, sizeof text - (size_t)length, "%s), }", array->axes == 1 ? "," : "");
    /* The elements begin at a multiple of 64 bytes, as NumPy writes them. */
    int total = (10 + length + 1 + 63) / 64 * 64, padded = total - 10;
    const unsigned char prefix[2] = {(unsigned char)(padded & 255), (unsigned char)(padded >> 8)};
    fwrite("\x93NUMPY\1\0", 1, 8, output->file);
    fwrite(prefix, 1, sizeof prefix, output->file);
    fprintf(output->file, "%-*s\n", padded - 1, text);
    fwrite(array->data, type->size, (size_t)array->count, output->file);
    return 0; /* commit_output asks the stream for errors */
}

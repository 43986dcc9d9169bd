/* text.c - numbers, shapes and JSON as text. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void format_number(char text[32], double value, bool single)
{
    if (isnan(value) || isinf(value)) {
        snprintf(text, 32, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
        return;
    }
    if (fabs(value) < 1e15 && value == trunc(value)) {
        snprintf(text, 32, "%.0f", value); /* %g would write 10 as 1e+01 */
        return;
    }
    /* Nine digits are always enough for f32, seventeen for f64. */
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) return;
    }
}

void print_shape(FILE *file, int axes, const int64_t *shape)
{
    for (int i = 0; i < axes; i++) fprintf(file, "%s%lld", i ? "x" : "", (long long)shape[i]);
}

void print_json_shape(FILE *file, int axes, const int64_t *shape)
{
    fputc('[', file);
    for (int i = 0; i < axes; i++) fprintf(file, "%s%lld", i ? ", " : "", (long long)shape[i]);
    fputc(']', file);
}

/* The length of the well-formed UTF-8 sequence at "text", or 0: file names may hold any bytes, JSON may not. */
static int utf8_length(const unsigned char *text)
{
    int length = text[0] < 0x80 ? 1 : (text[0] & 0xE0) == 0xC0 ? 2 : (text[0] & 0xF0) == 0xE0 ? 3 : 4;
    if (text[0] >= 0x80 && (text[0] < 0xC2 || text[0] > 0xF4)) return 0;
    for (int i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80) return 0;
    bool overlong = (text[0] == 0xE0 && text[1] < 0xA0) || (text[0] == 0xF0 && text[1] < 0x90);
    bool surrogate = text[0] == 0xED && text[1] > 0x9F, beyond = text[0] == 0xF4 && text[1] > 0x8F;
    return overlong || surrogate || beyond ? 0 : length;
}

void print_json_string(FILE *file, const char *text)
{
    fputc('"', file);
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        int length = utf8_length(at);
        if (length == 0) {
            fputs("\xEF\xBF\xBD", file); /* U+FFFD */
            at++;
        } else if (length == 1 && (*at < 0x20 || *at == 0x7F)) {
            fprintf(file, "\\u%04x", (unsigned)*at++);
        } else if (length == 1 && (*at == '"' || *at == '\\')) {
            fprintf(file, "\\%c", (char)*at++);
        } else {
            fwrite(at, 1, (size_t)length, file);
            at += length;
        }
    }
    fputc('"', file);
}

bool ends_with(const char *text, const char *end)
{
    size_t text_length = strlen(text), end_length = strlen(end);
    return text_length >= end_length && strcmp(text + text_length - end_length, end) == 0;
}

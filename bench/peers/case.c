#include "case.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const type_names[] = {"f32", "f64", "u8", "int8", "bf16", "f16"};
static const char *const layouts[] = {"ncw", "nchw", "ncdhw", "nwc", "nhwc", "ndhwc"};

static int find(const char *word, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0) return i;
    return -1;
}

/* "adaptive_avg2d": mode, operator, rank */
static int parse_operator(bench_case *c, const char *word)
{
    if (strncmp(word, "adaptive_", 9) == 0) {
        c->mode = CASE_ADAPTIVE;
        word += 9;
    } else if (strncmp(word, "global_", 7) == 0) {
        c->mode = CASE_GLOBAL;
        word += 7;
    }
    c->op = strncmp(word, "avg", 3) == 0 ? CASE_AVERAGE : CASE_MAX;
    if (c->op == CASE_MAX && strncmp(word, "max", 3) != 0) return 0;
    c->rank = word[3] - '0';
    return c->rank >= 1 && c->rank <= 3 && strcmp(word + 4, "d") == 0;
}

/* "3" or "3x2" into the last "rank" of three; what comes after is left in *end */
static int parse_list(int64_t list[3], int rank, const char *text, const char **end)
{
    int64_t values[3];
    int count = 0;
    for (;;) {
        char *next;
        values[count++] = strtoll(text, &next, 10);
        if (next == text) return 0;
        text = next;
        if (*text != 'x' || count == 3) break;
        text++;
    }
    *end = text;
    if (count != 1 && count != rank) return 0;
    for (int i = 0; i < rank; i++) list[3 - rank + i] = values[count == 1 ? 0 : i];
    return 1;
}

static int parse_numbers(bench_case *c, const char *word)
{
    const char *end = "";
    int ok = 0;
    switch (word[0]) {
    case 'n':
        ok = sscanf(word, "n%" SCNd64 "c%" SCNd64, &c->batch, &c->channels) == 2;
        return ok;
    case 'i':
        ok = parse_list(c->input, c->rank, word + 1, &end);
        break;
    case 'k':
        ok = parse_list(c->kernel, c->rank, word + 1, &end);
        break;
    case 's':
        ok = parse_list(c->stride, c->rank, word + 1, &end);
        break;
    case 'o':
        ok = parse_list(c->output, c->rank, word + 1, &end);
        break;
    case 'p':
        ok = parse_list(c->pad_begin, c->rank, word + 1, &end);
        memcpy(c->pad_end, c->pad_begin, sizeof c->pad_end);
        if (ok && *end == ':') ok = parse_list(c->pad_end, c->rank, end + 1, &end);
        break;
    default:
        break;
    }
    return ok && *end == '\0';
}

static int parse_word(bench_case *c, const char *word)
{
    static const struct {
        const char *word;
        size_t field;
        int value;
    } flags[] = {
        {"incpad", offsetof(bench_case, include_pad), 1}, {"excpad", offsetof(bench_case, include_pad), 0},
        {"ceil", offsetof(bench_case, ceil), 1},          {"idx", offsetof(bench_case, index_size), 8},
        {"idx32", offsetof(bench_case, index_size), 4},   {"idx8", offsetof(bench_case, index_size), 1},
        {"bwd", offsetof(bench_case, backward), 1},
        {"fill=nan", offsetof(bench_case, with_nan), 1},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (strcmp(word, flags[i].word) != 0) continue;
        memcpy((char *)c + flags[i].field, &flags[i].value, sizeof flags[i].value);
        return 1;
    }
    const int type = find(word, type_names, 6), layout = find(word, layouts, 6);
    if (type >= 0) c->type = (case_type)type;
    if (layout >= 0) c->channels_last = layout >= 3;
    return type >= 0 || layout >= 0 || parse_numbers(c, word);
}

/* Output sizes, and pad_end grown or cut so that the last window ends where the padded input does. */
static void complete(bench_case *c)
{
    for (int a = 0; a < 3; a++) {
        const int64_t i = c->input[a];
        if (c->mode == CASE_GLOBAL) {
            c->kernel[a] = c->stride[a] = i;
            c->output[a] = 1;
        } else if (c->mode == CASE_SLIDING) {
            if (c->stride[a] == 0) c->stride[a] = c->kernel[a];
            const int64_t free = i + c->pad_begin[a] + c->pad_end[a] - c->kernel[a], s = c->stride[a];
            c->output[a] = (c->ceil ? (free + s - 1) / s : free / s) + 1;
            if (c->ceil && (c->output[a] - 1) * s >= i + c->pad_begin[a]) c->output[a]--;
            c->pad_end[a] = (c->output[a] - 1) * s + c->kernel[a] - i - c->pad_begin[a];
        }
    }
}

const char *case_parse(bench_case *c, const char *text)
{
    static char buffer[512];
    *c = (bench_case){.rank = 2, .batch = 1, .channels = 1};
    for (int a = 0; a < 3; a++) c->input[a] = c->output[a] = c->kernel[a] = 1;
    c->stride[0] = c->stride[1] = c->stride[2] = 0;
    if (strlen(text) >= sizeof buffer) return "a case of 512 bytes or more";
    strcpy(buffer, text);
    int first = 1;
    for (char *word = strtok(buffer, " \t\r\n"); word != NULL; word = strtok(NULL, " \t\r\n"), first = 0)
        if (!(first ? parse_operator(c, word) : parse_word(c, word))) return word;
    if (first) return "an empty case";
    complete(c);
    return NULL;
}

size_t case_type_size(case_type type)
{
    static const size_t sizes[] = {4, 8, 1, 1, 2, 2};
    return sizes[type];
}

int64_t case_input_elements(const bench_case *c) { return c->batch * c->channels * c->input[0] * c->input[1] * c->input[2]; }

int64_t case_output_elements(const bench_case *c) { return c->batch * c->channels * c->output[0] * c->output[1] * c->output[2]; }

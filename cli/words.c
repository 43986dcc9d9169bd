/*
 * words.c - which words of the command line are cases, and which are files.
 *
 * A case may be one quoted argument ("max2d k3 s2") or several words (max2d k3 s2).  A word that the notation knows as an
 * operator begins a new case; the following words belong to it as long as the notation knows them; the first that it does not
 * know begins the files.  So a file called "s2" is written ./s2.
 */
#define _POSIX_C_SOURCE 200809L
#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* fill= is a word of "verify" alone: the library does not know it. */
static bool is_fill(const char *word) { return strncmp(word, "fill=", 5) == 0; }

static bool parses(const char *text)
{
    pp_desc desc;
    return pp_desc_parse(&desc, text, NULL, 0) == PP_OK;
}

/* The operator of a case: its first word. */
static void copy_operator(const char *text, char *word, size_t size)
{
    text += strspn(text, " \t");
    size_t length = strcspn(text, " \t");
    if (length >= size) length = size - 1;
    memcpy(word, text, length);
    word[length] = '\0';
}

static bool begins_case(const char *text)
{
    char word[64];
    copy_operator(text, word, sizeof word);
    return parses(word);
}

static bool looks_like_input(const char *word)
{
    if (word[0] == '[' || strcmp(word, "-") == 0 || access(word, F_OK) == 0) return true;
    return !strchr(word, '=') && (strchr(word, '/') || strchr(word, '.'));
}

/* Whether the notation takes "word" after the operator of "text"; if not, the library's sentence is in "error". */
static bool continues_case(const char *text, const char *word, char *error)
{
    char name[64], joined[1024];
    copy_operator(text, name, sizeof name);
    if (is_fill(word)) return true;
    if (strpbrk(word, " \t") || (size_t)snprintf(joined, sizeof joined, "%s %s", name, word) >= sizeof joined) {
        snprintf(error, ERROR_SIZE, "no case begins with this word");
        return false;
    }
    pp_desc desc;
    return pp_desc_parse(&desc, joined, error, ERROR_SIZE) == PP_OK;
}

static char *join(char *text, const char *word)
{
    size_t old = text ? strlen(text) + 1 : 0, added = strlen(word) + 1;
    char *longer = realloc(text, old + added);
    if (!longer) return NULL;
    if (old) longer[old - 1] = ' ';
    memcpy(longer + old, word, added);
    return longer;
}

static int split_one(const struct verb *verb, char *word, struct words *words)
{
    char error[ERROR_SIZE] = "";
    char **last = words->case_count ? &words->cases[words->case_count - 1] : NULL;
    if (words->input_count > 0) {
        words->inputs[words->input_count++] = word;
        return 0;
    }
    if (begins_case(word)) {
        char *text = join(NULL, word);
        if (!text) return fail_memory(NULL);
        words->cases[words->case_count++] = text;
        return 0;
    }
    if (last && continues_case(*last, word, error)) {
        char *longer = join(*last, word);
        if (!longer) return fail_memory(NULL);
        *last = longer;
        return 0;
    }
    if (looks_like_input(word)) {
        words->inputs[words->input_count++] = word;
        return 0;
    }
    if (last) return misuse(verb, "%s (and no file has the name %s)", error, word);
    pp_desc desc;
    pp_desc_parse(&desc, word, error, sizeof error);
    return misuse(verb, "%s", error);
}

int split_words(const struct verb *verb, int argc, char **argv, struct words *words)
{
    memset(words, 0, sizeof *words);
    words->cases = calloc((size_t)argc + 1, sizeof *words->cases);
    words->inputs = calloc((size_t)argc + 1, sizeof *words->inputs);
    if (!words->cases || !words->inputs) return fail_memory(NULL);
    for (int i = 0; i < argc; i++) {
        int status = split_one(verb, argv[i], words);
        if (status) return status;
    }
    return 0;
}

void free_words(struct words *words)
{
    for (int i = 0; i < words->case_count; i++) free(words->cases[i]);
    free(words->cases);
    free(words->inputs);
}

int find_word(const char *text, bool (*is_wanted)(const char *word), char *found, size_t size)
{
    int count = 0;
    char word[64];
    while (*(text += strspn(text, " \t")) != '\0') {
        copy_operator(text, word, sizeof word);
        text += strcspn(text, " \t");
        if (is_wanted(word)) {
            snprintf(found, size, "%s", word);
            count++;
        }
    }
    return count;
}

bool parse_shape(const char *text, int max_axes, int64_t *shape, int *axes)
{
    *axes = 0;
    for (;;) {
        int64_t value = 0;
        if (!isdigit((unsigned char)*text) || *axes == max_axes) return false;
        for (; isdigit((unsigned char)*text); text++)
            if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *text - '0', &value)) return false;
        shape[(*axes)++] = value;
        if (*text == '\0') return true;
        if (*text++ != 'x') return false;
    }
}

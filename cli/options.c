/* options.c - a table-driven reader of options: -f, -o FILE, -oFILE, --output FILE, --output=FILE; "--" ends them. */
#include "cli.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int set_value(const struct verb *verb, const struct option *option, const char *text)
{
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        return -1;
    case OPTION_TEXT:
        *(const char **)option->value = text;
        return -1;
    case OPTION_COUNT:
    case OPTION_THREADS:
        break;
    }
    char *end;
    errno = 0;
    long number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < 0 || number > INT_MAX) return misuse(verb, "--%s %s: not a count", option->name, text);
    if (option->kind == OPTION_THREADS && number > 256) return misuse(verb, "--%s %s: at most 256, no run is split further", option->name, text);
    *(int *)option->value = (int)number;
    return -1;
}

static const struct option *find_long(const struct option *options, const char *name, size_t length)
{
    for (; options->name; options++)
        if (strncmp(options->name, name, length) == 0 && options->name[length] == '\0') return options;
    return NULL;
}

static const struct option *find_letter(const struct option *options, char letter)
{
    for (; options->name; options++)
        if (options->letter == letter) return options;
    return NULL;
}

/* --name, --name=value, --name value; "*next" is the word after it, NULLed when it was used up. */
static int take_long(const struct verb *verb, const struct option *options, const char *word, const char **next)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = find_long(options, name, length);
    if (!option) return misuse(verb, "%s: no such option", word);
    if (option->kind == OPTION_FLAG) return equals ? misuse(verb, "--%s takes no value", option->name) : set_value(verb, option, NULL);
    if (equals) return set_value(verb, option, equals + 1);
    if (!*next) return misuse(verb, "--%s needs a value", option->name);
    const char *value = *next;
    *next = NULL;
    return set_value(verb, option, value);
}

/* -f, -fq, -oFILE, -o FILE */
static int take_letters(const struct verb *verb, const struct option *options, const char *word, const char **next)
{
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *option = find_letter(options, *letter);
        if (!option) return misuse(verb, "-%c: no such option", *letter);
        if (option->kind == OPTION_FLAG) {
            set_value(verb, option, NULL);
            continue;
        }
        if (letter[1]) return set_value(verb, option, letter + 1);
        if (!*next) return misuse(verb, "-%c needs a value", *letter);
        const char *value = *next;
        *next = NULL;
        return set_value(verb, option, value);
    }
    return -1;
}

int take_options(const struct verb *verb, const struct option *options, int *argc, char **argv)
{
    int kept = 0;
    bool ended = false;
    for (int i = 0; i < *argc; i++) {
        char *word = argv[i];
        if (ended || word[0] != '-' || word[1] == '\0') {
            argv[kept++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            ended = true;
            continue;
        }
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            fputs(verb->help, stdout);
            return 0;
        }
        const char *next = i + 1 < *argc ? argv[i + 1] : NULL;
        bool had_next = next != NULL;
        int status = (word[1] == '-' ? take_long : take_letters)(verb, options, word, &next);
        if (status >= 0) return status;
        if (had_next && !next) i++;
    }
    *argc = kept;
    return -1;
}

int check_name(const struct verb *verb, const char *option, pp_names list, const char *name)
{
    for (int i = 0; name && pp_name(list, i); i++)
        if (strcmp(pp_name(list, i), name) == 0) return 0;
    return name ? misuse(verb, "--%s %s: no such one; poolpack info lists them", option, name) : 0;
}

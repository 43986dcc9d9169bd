/*
 * cli.h - what the verbs of the command share: messages, options, the words of the command line, text and JSON.
 *
 * Errors are printed where they are found, as "poolpack: SUBJECT: sentence" on standard error; functions return the exit
 * status they lead to: 0, EXIT_FAILED or EXIT_USAGE.
 */
#ifndef POOLPACK_CLI_H
#define POOLPACK_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "poolpack.h"

#define EXIT_FAILED 1
#define EXIT_USAGE 2

#define ERROR_SIZE 512

#if defined(__GNUC__)
#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define CLI_PRINTF(text, first)
#endif

/* ---------------------------------------------------------------------------------------------------- verbs (main.c) */

struct verb {
    const char *name, *summary;
    const char *help; /* at most 24 lines, examples last */
    int (*run)(const struct verb *verb, int argc, char **argv);
};

extern const struct verb verb_run, verb_bwd, verb_shape, verb_sheet, verb_verify, verb_bench, verb_info;

/* -------------------------------------------------------------------------------------------------- messages (message.c) */

/* Both print their sentence to standard error; "subject" (a file, a case) may be NULL. */
int fail(const char *subject, const char *format, ...) CLI_PRINTF(2, 3);       /* EXIT_FAILED */
int misuse(const struct verb *verb, const char *format, ...) CLI_PRINTF(2, 3); /* EXIT_USAGE */
int fail_errno(const char *subject, int error);
int fail_memory(const char *subject);

/* How a file is called in messages: "-" is "standard input". */
const char *input_name(const char *path);

/* --------------------------------------------------------------------------------------------------- options (options.c) */

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_COUNT, OPTION_THREADS };

struct option {
    const char *name; /* "output" for --output; NULL ends a table */
    char letter;      /* 'o', or 0 */
    enum option_kind kind;
    void *value; /* bool *, const char **, int * */
};

/* Takes the options out of argv and leaves the other words there, in their order.  Returns -1 when the verb shall go on;
 * otherwise the exit status (--help was printed, or an option is wrong). */
int take_options(const struct verb *verb, const struct option *options, int *argc, char **argv);

/* Refuses the value of an option that is none of the library's names; NULL (not given) is taken. */
int check_name(const struct verb *verb, const char *option, pp_names list, const char *name);

/* ------------------------------------------------------------------------------------------- cases and files (words.c) */

struct words {
    char **cases; /* each one text in the notation, allocated */
    int case_count;
    char **inputs; /* in argv */
    int input_count;
};

/* Splits words such as  max2d k3 s2 "avg2d k4" photo.png  into the cases and the files. */
int split_words(const struct verb *verb, int argc, char **argv, struct words *words);
void free_words(struct words *words);

/* The number of words in "text" that "is_wanted" accepts; the last such word is copied to "found". */
int find_word(const char *text, bool (*is_wanted)(const char *word), char *found, size_t size);

bool parse_shape(const char *text, int max_axes, int64_t *shape, int *axes); /* "8x64x112x112" */

/* ------------------------------------------------------------------------------------------------- text and JSON (text.c) */

/* The shortest decimal text that reads back as the same value: f32 if "single", else f64. */
void format_number(char text[32], double value, bool single);

void print_shape(FILE *file, int axes, const int64_t *shape); /* 8x64x112x112 */
void print_json_string(FILE *file, const char *text);
void print_json_shape(FILE *file, int axes, const int64_t *shape); /* [8, 64, 112, 112] */

bool ends_with(const char *text, const char *end);

#endif

/* verb_verify.c - the verb verify: every algorithm and instruction set against the reference, bit for bit. */
#define _POSIX_C_SOURCE 200809L
#include "fill.h"
#include "verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "Usage: poolpack verify CASE...|FILE... [options]\n"
                           "Computes each case with every algorithm that applies, every instruction set of this machine, and\n"
                           "1 and 3 threads, and compares with the reference loops: output, indices and (with the word bwd)\n"
                           "gradient, bit for bit.  The payload of a NaN and the sign of a zero maximum do not count.\n"
                           "CASE   complete with sizes; the word fill=ints|randn|ties|nan1%|inf chooses the values\n"
                           "       (without it: all of them)\n"
                           "FILE   one case per line, # begins a comment; - is standard input\n"
                           "      --algorithm NAME   only this algorithm (poolpack info lists them)\n"
                           "      --isa NAME         only this instruction set\n"
                           "      --threads N        only N threads\n"
                           "  -q, --quiet            print failures and the last line only\n"
                           "A difference is printed with the command that shows it again.  The exit status is 1 if a case\n"
                           "differs or is refused.\n"
                           "Examples:\n"
                           "  poolpack verify max2d n2c3 i9x9 k3 s2 p1 idx bwd\n"
                           "  poolpack verify 'avg3d ndhwc f64 n1c5 i6x6x6 k3 s2 p1:0 ceil=torch incpad bwd fill=randn'\n"
                           "  poolpack verify cases.txt --isa avx2\n";

/* Takes the word fill= out of the text. */
static bool take_fill(char *text, int *fill)
{
    char *word = strstr(text, "fill=");
    if (!word || (word != text && !strchr(" \t", word[-1]))) return true;
    size_t length = strcspn(word, " \t");
    for (int kind = 0; fill_name(kind); kind++)
        if (strlen(fill_name(kind)) + 5 == length && strncmp(word + 5, fill_name(kind), length - 5) == 0) {
            *fill = kind;
            memmove(word, word + length, strlen(word + length) + 1);
            return true;
        }
    return false;
}

static void trim(char *text)
{
    size_t start = strspn(text, " \t"), length;
    memmove(text, text + start, strlen(text + start) + 1);
    for (length = strlen(text); length > 0 && strchr(" \t\r\n", text[length - 1]); length--) text[length - 1] = '\0';
}

static int verify_text(const struct verify_options *options, char *text, struct tally *tally)
{
    struct verify_options own = *options;
    if (!take_fill(text, &own.fill)) {
        tally->cases++;
        tally->refusals++;
        return fail(text, "fill= is one of ints, randn, ties, nan1%%, inf");
    }
    trim(text);
    return verify_case(&own, text, tally);
}

static int verify_lines(const struct verify_options *options, const char *path, FILE *file, struct tally *tally)
{
    char *line = NULL;
    size_t size = 0;
    int status = 0;
    for (long number = 1; getline(&line, &size, file) >= 0; number++) {
        line[strcspn(line, "#")] = '\0';
        trim(line);
        if (line[0] && verify_text(options, line, tally)) {
            fprintf(stderr, "poolpack: %s: that was line %ld\n", input_name(path), number);
            status = EXIT_FAILED;
        }
    }
    if (ferror(file)) status = fail_errno(input_name(path), errno);
    free(line);
    return status;
}

static int verify_file(const struct verify_options *options, const char *path, struct tally *tally)
{
    if (strcmp(path, "-") == 0) return verify_lines(options, path, stdin, tally);
    FILE *file = fopen(path, "r");
    if (!file) return fail_errno(path, errno);
    int status = verify_lines(options, path, file, tally);
    fclose(file);
    return status;
}

static int verify_all(const struct verb *verb, struct verify_options *options, const struct words *words)
{
    struct tally tally = {0, 0, 0, 0};
    if (words->case_count + words->input_count == 0) return misuse(verb, "no case");
    int status = check_name(verb, "algorithm", PP_NAME_ALGORITHM, options->algorithm);
    if (status == 0) status = check_name(verb, "isa", PP_NAME_ISA, options->isa);
    if (status) return status;
    options->pool = pp_threads_create(options->threads > 3 ? options->threads : 3);
    if (!options->pool) return fail_memory(NULL);
    for (int i = 0; i < words->case_count; i++) status |= verify_text(options, words->cases[i], &tally);
    for (int i = 0; i < words->input_count; i++) status |= verify_file(options, words->inputs[i], &tally);
    printf("%ld %s, %ld runs compared, %ld failed", tally.cases, tally.cases == 1 ? "case" : "cases", tally.runs, tally.failures);
    if (tally.refusals) printf(", %ld refused", tally.refusals);
    putchar('\n');
    pp_threads_destroy(options->pool);
    if (status == 0 && tally.runs == 0) return fail(NULL, "nothing was compared: no algorithm of that name applies");
    return status ? EXIT_FAILED : 0;
}

static int verify_verb(const struct verb *verb, int argc, char **argv)
{
    struct verify_options options = {.threads = -1, .fill = -1};
    const struct option table[] = {
        {"algorithm", 0, OPTION_TEXT, &options.algorithm},
        {"isa", 0, OPTION_TEXT, &options.isa},
        {"threads", 0, OPTION_THREADS, &options.threads},
        {"quiet", 'q', OPTION_FLAG, &options.quiet},
        {0},
    };
    struct words words = {0};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    status = split_words(verb, argc, argv, &words);
    if (status == 0) status = verify_all(verb, &options, &words);
    free_words(&words);
    return status;
}

const struct verb verb_verify = {"verify", "every algorithm against the reference, bit for bit", help, verify_verb};

/* main.c - poolpack: the verbs, help and version. */
#include "ndarray.h"

#include <cairo.h>
#include <errno.h>
#include <png.h>
#include <string.h>
#include <zlib.h>

static const struct verb *const verbs[] = {&verb_run, &verb_bwd, &verb_shape, &verb_sheet, &verb_verify, &verb_bench, &verb_info};

#define VERB_COUNT (sizeof verbs / sizeof *verbs)

static void print_help(void)
{
    puts("poolpack: pooling layers for CPUs, every framework's operator, exact by dialect");
    puts("Usage: poolpack VERB ...");
    for (size_t i = 0; i < VERB_COUNT; i++) printf("  %-8s%s\n", verbs[i]->name, verbs[i]->summary);
    puts("\nA CASE says what to compute, in the notation of docs/notation.md:\n"
         "  max2d avg2d min1d sum3d adaptive_avg2d global_max2d ...     the operator\n"
         "  k3 s2 p1 d1 same valid ceil o7                              kernel, stride, padding, sizes\n"
         "  incpad div=full nan=ignore ties=last idx dialect=keras      details and whose rules hold\n");
    puts("'poolpack VERB --help' tells more about a verb.  --version prints the version.\n"
         "Exit status: 0, 1 (failed; a sentence says why), 2 (wrong usage).\n\n"
         "Examples:\n"
         "  poolpack run max2d k3 s2 p1 photo.jpg -o small.png\n"
         "  poolpack shape avg2d k3 s2 p1 ceil --input 8x64x112x112\n"
         "  poolpack sheet max2d k8 avg2d k8 min2d k8 photo.jpg -o sheet.png");
}

static void print_version(void)
{
    printf("poolpack %d.%d.%d\n", PP_VERSION_MAJOR, PP_VERSION_MINOR, PP_VERSION_PATCH);
    printf("library %s, libpng %s, zlib %s, cairo %s\n", pp_version(), png_get_libpng_ver(NULL), zlibVersion(), cairo_version_string());
}

static const struct verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0) return verbs[i];
    return NULL;
}

static int help_about(const char *name)
{
    const struct verb *verb = name ? find_verb(name) : NULL;
    if (name && !verb) return misuse(NULL, "%s: no such verb", name);
    if (verb) fputs(verb->help, stdout);
    else print_help();
    return 0;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) return misuse(NULL, "no verb");
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) return help_about(argc > 2 ? argv[2] : NULL);
    if (strcmp(word, "--version") == 0) {
        print_version();
        return 0;
    }
    const struct verb *verb = find_verb(word);
    if (!verb) return misuse(NULL, "%s: no such %s", word, word[0] == '-' ? "option" : "verb");
    return verb->run(verb, argc - 2, argv + 2);
}

int main(int argc, char **argv)
{
    remove_outputs_on_signals();
    int status = dispatch(argc, argv);
    /* Results may be lost here too: a full disk behind standard output is an error like any other. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) status = fail_errno("standard output", errno);
    return status;
}

/* verb_info.c - the verb info: what this build is and what this machine runs. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static const char help[] = "Usage: poolpack info [--json]\n"
                           "Prints the library's version, the instruction sets of this build (which of them this machine has,\n"
                           "and which is used), and the algorithms in the order in which they are tried.\n"
                           "The environment variable POOLPACK_ISA caps the instruction set; so does the option --isa of run.\n"
                           "      --json   print a JSON object\n"
                           "Examples:\n"
                           "  poolpack info\n"
                           "  POOLPACK_ISA=avx2 poolpack info\n";

/* The best available one up to the cap, as the library chooses; -1 if the cap's name is unknown. */
static int used_isa(void)
{
    const char *cap = getenv("POOLPACK_ISA");
    int used = -1;
    for (int i = 0; pp_name(PP_NAME_ISA, i); i++) {
        if (pp_isa_available(i)) used = i;
        if (cap && cap[0] && strcmp(cap, pp_name(PP_NAME_ISA, i)) == 0) return used;
    }
    return cap && cap[0] ? -1 : used;
}

static void print_text(int used)
{
    printf("poolpack %s\n\ninstruction sets\n", pp_version());
    for (int i = 0; pp_name(PP_NAME_ISA, i); i++)
        printf("  %-10s%s\n", pp_name(PP_NAME_ISA, i), i == used ? "used" : pp_isa_available(i) ? "available" : "not on this machine");
    puts("\nalgorithms, the first that applies is used");
    for (int i = 0; pp_name(PP_NAME_ALGORITHM, i); i++) printf("  %s\n", pp_name(PP_NAME_ALGORITHM, i));
}

static void print_json(int used)
{
    printf("{\"version\": \"%s\", \"isas\": [", pp_version());
    for (int i = 0; pp_name(PP_NAME_ISA, i); i++)
        printf("%s{\"name\": \"%s\", \"available\": %s, \"used\": %s}", i ? ", " : "", pp_name(PP_NAME_ISA, i),
               pp_isa_available(i) ? "true" : "false", i == used ? "true" : "false");
    fputs("], \"algorithms\": [", stdout);
    for (int i = 0; pp_name(PP_NAME_ALGORITHM, i); i++) printf("%s\"%s\"", i ? ", " : "", pp_name(PP_NAME_ALGORITHM, i));
    puts("]}");
}

static int info_verb(const struct verb *verb, int argc, char **argv)
{
    bool json = false;
    const struct option table[] = {{"json", 0, OPTION_FLAG, &json}, {0}};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    if (argc > 0) return misuse(verb, "%s: info takes no arguments", argv[0]);
    int used = used_isa();
    if (used < 0) return fail("POOLPACK_ISA", "%s: no such instruction set", getenv("POOLPACK_ISA"));
    (json ? print_json : print_text)(used);
    return 0;
}

const struct verb verb_info = {"info", "version, instruction sets, algorithms", help, info_verb};

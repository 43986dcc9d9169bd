/* message.c - how the command complains. */
#include "cli.h"

#include <stdarg.h>
#include <string.h>

static void say(const char *subject, const char *format, va_list arguments)
{
    fputs("poolpack: ", stderr);
    if (subject) fprintf(stderr, "%s: ", subject);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int fail(const char *subject, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(subject, format, arguments);
    va_end(arguments);
    return EXIT_FAILED;
}

int misuse(const struct verb *verb, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(verb ? verb->name : NULL, format, arguments);
    va_end(arguments);
    fprintf(stderr, "Try 'poolpack %s%s--help'.\n", verb ? verb->name : "", verb ? " " : "");
    return EXIT_USAGE;
}

int fail_errno(const char *subject, int error) { return fail(subject, "%s", strerror(error)); }

int fail_memory(const char *subject) { return fail(subject, "not enough memory"); }

const char *input_name(const char *path)
{
    if (path[0] == '[') return "the literal array";
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

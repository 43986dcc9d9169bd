/*
 * write.c - files that appear under their name only when they are complete.
 *
 * The bytes go to a temporary file in the same folder, which is renamed at the end: an interrupted or failed run leaves
 * nothing half-written, and an existing file stays as it was.  Standard output and devices are written as they are.
 */
#define _POSIX_C_SOURCE 200809L
#include "ndarray.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Temporary files that a signal must remove: the output and the indices. */
static char *volatile pending[2];

static void on_signal(int number)
{
    for (size_t i = 0; i < sizeof pending / sizeof *pending; i++)
        if (pending[i]) unlink(pending[i]);
    raise(number); /* SA_RESETHAND: now the default action */
}

void remove_outputs_on_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) sigaction(numbers[i], &action, NULL);
}

static void set_pending(char *from, char *to)
{
    for (size_t i = 0; i < sizeof pending / sizeof *pending; i++)
        if (pending[i] == from) {
            pending[i] = to;
            return;
        }
}

bool is_stdout(const char *path) { return strcmp(path, "-") == 0; }

bool is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* Pipes and devices such as /dev/null must be written, not replaced. */
static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

int check_output(const char *path, bool force)
{
    if (is_stdout(path)) return isatty(STDOUT_FILENO) ? fail("standard output", "is a terminal; binary data are not written to it") : 0;
    if (is_directory(path)) return fail(path, "is a directory");
    if (path[0] == '\0') return fail(NULL, "the output has an empty name");
    struct stat status;
    if (!force && !is_special(path) && lstat(path, &status) == 0) return fail(path, "exists; -f replaces it");
    return 0;
}

static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t size = strlen(path) + 16;
    char *name = malloc(size);
    if (name) snprintf(name, size, "%.*s.%.200s.XXXXXX", (int)(base - path), path, base);
    return name;
}

/* mkstemp makes files that only their owner may read; a result gets the permissions of any new file. */
static void give_usual_mode(int descriptor)
{
    mode_t mask = umask(0);
    umask(mask);
    (void)!fchmod(descriptor, 0666 & ~mask);
}

int open_output(struct output *output, const char *path, bool force)
{
    memset(output, 0, sizeof *output);
    if (check_output(path, force)) return EXIT_FAILED;
    output->path = path;
    output->force = force;
    if (is_stdout(path)) {
        output->file = stdout;
        return 0;
    }
    if (is_special(path)) {
        output->file = fopen(path, "wb");
        return output->file ? 0 : fail_errno(path, errno);
    }
    output->temporary = temporary_name(path);
    if (!output->temporary) return fail_memory(path);
    int descriptor = mkstemp(output->temporary);
    if (descriptor < 0) {
        int error = errno;
        free(output->temporary);
        output->temporary = NULL;
        return fail_errno(path, error);
    }
    set_pending(NULL, output->temporary);
    give_usual_mode(descriptor);
    output->file = fdopen(descriptor, "wb");
    return output->file ? 0 : (close(descriptor), fail_errno(path, errno));
}

/* Without -f a file that appeared meanwhile is not replaced either: link refuses, where the file system knows links. */
static int publish(struct output *output)
{
    if (!output->force) {
        if (link(output->temporary, output->path) == 0) {
            unlink(output->temporary);
            return 0;
        }
        if (errno == EEXIST) return fail(output->path, "exists; -f replaces it");
    }
    return rename(output->temporary, output->path) == 0 ? 0 : fail_errno(output->path, errno);
}

int commit_output(struct output *output)
{
    if (!output->path) return 0;
    bool failed = fflush(output->file) != 0 || ferror(output->file);
    int error = errno;
    if (output->file != stdout && fclose(output->file) != 0 && !failed) {
        failed = true;
        error = errno;
    }
    output->file = NULL;
    int status = failed ? fail_errno(is_stdout(output->path) ? "standard output" : output->path, error) : 0;
    if (status == 0 && output->temporary) status = publish(output);
    if (status == 0 && output->temporary) {
        set_pending(output->temporary, NULL);
        free(output->temporary);
        output->temporary = NULL;
    }
    discard_output(output);
    return status;
}

void discard_output(struct output *output)
{
    if (output->file && output->file != stdout) fclose(output->file);
    if (output->temporary) {
        unlink(output->temporary);
        set_pending(output->temporary, NULL);
        free(output->temporary);
    }
    memset(output, 0, sizeof *output);
}

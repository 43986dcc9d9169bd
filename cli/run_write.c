/* run_write.c - where the results of run and bwd go, and what is said about them. */
#define _POSIX_C_SOURCE 200809L
#include "verb_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_PRINTED 4096 /* elements of a result that is printed instead of written */
#define LINE_WIDTH 80

/* photo of a/b/photo.png.gz; the length of the stem is returned. */
static int stem_of(const char *input, const char **stem)
{
    if (strcmp(input, "-") == 0) return (int)strlen(*stem = "stdin");
    if (input[0] == '[') return (int)strlen(*stem = "array");
    const char *slash = strrchr(input, '/');
    *stem = slash ? slash + 1 : input;
    size_t length = strlen(*stem);
    if (ends_with(*stem, ".gz")) length -= 3;
    for (size_t i = length; i > 1; i--)
        if ((*stem)[i - 1] == '.') return (int)(i - 1);
    return (int)length;
}

static bool same_stem(const char *one, const char *other)
{
    const char *a, *b;
    int a_length = stem_of(one, &a), b_length = stem_of(other, &b);
    return a_length == b_length && strncmp(a, b, (size_t)a_length) == 0;
}

static int check_directory(const struct verb *verb, const struct run_options *options, char **inputs, int count)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            if (same_stem(inputs[i], inputs[j])) return misuse(verb, "%s and %s would be written to the same file", inputs[j], inputs[i]);
    if (mkdir(options->output, 0777) != 0 && errno != EEXIST) return fail_errno(options->output, errno);
    return 0;
}

/* Standard output, devices and pipes get .npy; regular files must say what they want to be. */
static bool has_known_format(const char *path)
{
    struct stat status;
    if (is_stdout(path) || ends_with(path, ".npy") || ends_with(path, ".png")) return true;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

int check_targets(const struct verb *verb, struct run_options *options, char **inputs, int count)
{
    if (options->indices && !has_known_format(options->indices))
        return misuse(verb, "--indices %s: the name must end in .npy", options->indices);
    if (options->indices && is_stdout(options->indices) && options->json)
        return misuse(verb, "--indices - and --json would both use standard output");
    if (options->indices && ends_with(options->indices, ".png"))
        return misuse(verb, "--indices %s: indices are written as .npy", options->indices);
    if (!options->output) return 0;
    options->to_directory = is_directory(options->output) || ends_with(options->output, "/");
    if (options->to_directory) return check_directory(verb, options, inputs, count);
    if (count > 1) return misuse(verb, "several inputs: -o must name a folder (with a / at its end if it does not exist yet)");
    if (!has_known_format(options->output)) return misuse(verb, "-o %s: the name must end in .npy or .png", options->output);
    if (is_stdout(options->output) && options->json) return misuse(verb, "-o - and --json would both use standard output");
    if (options->indices && strcmp(options->output, options->indices) == 0) return misuse(verb, "-o and --indices name the same file");
    return 0;
}

static const char *suffix_for(const struct run *run)
{
    bool image = run->input.origin == ORIGIN_IMAGE && run->input.element == ELEMENT_U8 && !run->options->backward;
    return image ? ".png" : ".npy";
}

static char *join_path(const struct run *run, const char *input)
{
    const char *directory = run->options->output, *stem;
    int length = stem_of(input, &stem);
    size_t size = strlen(directory) + (size_t)length + 8;
    char *path = malloc(size);
    if (path) snprintf(path, size, "%s%s%.*s%s", directory, ends_with(directory, "/") ? "" : "/", length, stem, suffix_for(run));
    return path;
}

/* Whether the coming output is an image: u8, two-dimensional, one sample, 1 to 4 channels. */
static int check_image(const struct run *run)
{
    const pp_desc *desc = &run->job.desc;
    if (run->options->backward) return fail(run->target, "gradients are written as .npy");
    if (run->input.element != ELEMENT_U8)
        return fail(run->target, "PNG holds u8 values, the result is %s; write .npy", element_types[run->input.element].name);
    if (desc->rank != 2 || desc->batch != 1 || desc->channels < 1 || desc->channels > 4)
        return fail(run->target, "PNG holds one 2-D image of 1 to 4 channels; write .npy");
    return 0;
}

static int check_printable(const struct run *run, const char *input)
{
    int64_t shape[2 + PP_MAX_RANK], count = 1;
    int axes = pp_plan_shape(run->job.plan, run->options->backward ? PP_GRAD_INPUT : PP_OUTPUT, shape);
    for (int i = 0; i < axes; i++)
        if (__builtin_mul_overflow(count, shape[i], &count)) count = INT64_MAX;
    if (count <= MAX_PRINTED) return 0;
    return fail(input_name(input), "the result has %lld elements, too many to print; write it with -o FILE", (long long)count);
}

/* Refusals come before the run: nobody waits for a result that cannot be written. */
int choose_target(struct run *run, const char *input)
{
    const struct run_options *options = run->options;
    if (run->indices_path && check_output(run->indices_path, options->force)) return EXIT_FAILED;
    if (!options->output) return check_printable(run, input);
    run->target = options->to_directory ? join_path(run, input) : strdup(options->output);
    if (!run->target) return fail_memory(input_name(input));
    if (check_output(run->target, options->force)) return EXIT_FAILED;
    return ends_with(run->target, ".png") ? check_image(run) : 0;
}

static int write_output(struct run *run, struct output *output)
{
    if (open_output(output, run->target, run->options->force)) return EXIT_FAILED;
    if (!ends_with(run->target, ".png")) return write_npy(output, &run->output);
    const char *roles = run->job.out_roles;
    return write_png(output, &run->output, axis_of(roles, 'h'), axis_of(roles, 'w'), axis_of(roles, 'c'));
}

/* Both files are written before the first gets its name. */
int write_results(struct run *run)
{
    struct output output = {0}, indices = {0};
    int status = run->target ? write_output(run, &output) : 0;
    if (status == 0 && run->indices_path) {
        status = open_output(&indices, run->indices_path, run->options->force);
        if (status == 0) status = write_npy(&indices, &run->indices);
    }
    if (status == 0) status = commit_output(&indices);
    if (status == 0) status = commit_output(&output);
    discard_output(&output);
    discard_output(&indices);
    return status;
}

/* Short arrays on one line, longer ones with a line for each row. */
static void print_result(const struct array *array, bool json) { print_array(stdout, array, !json && array->count > LINE_WIDTH / 5, json); }

static void report_json(const struct run *run, const char *input)
{
    char text[512] = "", algorithm[256] = "";
    pp_desc_format(&run->job.desc, text, sizeof text);
    pp_plan_describe(run->job.plan, algorithm, sizeof algorithm);
    fputs("{\"input\": ", stdout);
    print_json_string(stdout, input_name(input));
    fputs(", \"case\": ", stdout);
    print_json_string(stdout, text);
    fputs(", \"input_shape\": ", stdout);
    print_json_shape(stdout, run->input.axes, run->input.shape);
    printf(", \"dtype\": \"%s\", \"%s_shape\": ", element_types[run->output.element].name,
           run->options->backward ? "grad_input" : "output");
    print_json_shape(stdout, run->output.axes, run->output.shape);
    fputs(", \"algorithm\": ", stdout);
    print_json_string(stdout, algorithm);
    printf(", \"seconds\": %.9f, \"output\": ", run->job.seconds);
    if (run->target) print_json_string(stdout, run->target);
    else print_result(&run->output, true);
    if (run->indices_path) {
        fputs(", \"indices\": ", stdout);
        print_json_string(stdout, run->indices_path);
    } else if (run->indices.data && !run->options->backward && !run->target) {
        fputs(", \"indices\": ", stdout);
        print_result(&run->indices, true);
    }
    puts("}");
}

static void report_text(const struct run *run, const char *input)
{
    if (!run->target) {
        print_result(&run->output, false);
        putchar('\n');
        if (run->indices.data && !run->options->backward && !run->indices_path) {
            fputs("indices ", stdout);
            print_result(&run->indices, false);
            putchar('\n');
        }
        return;
    }
    printf("%s: %s ", input_name(input), element_types[run->output.element].name);
    print_shape(stdout, run->input.axes, run->input.shape);
    fputs(" -> ", stdout);
    print_shape(stdout, run->output.axes, run->output.shape);
    printf("  %s\n", run->target);
}

int report_run(struct run *run, const char *input)
{
    const struct run_options *options = run->options;
    bool to_stdout = (run->target && is_stdout(run->target)) || (run->indices_path && is_stdout(run->indices_path));
    if (options->json) report_json(run, input);
    else if (!to_stdout && (!options->quiet || !run->target)) report_text(run, input);
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : fail_errno("standard output", errno);
}

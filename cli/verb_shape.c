/* verb_shape.c - the verb shape: sizes, formulas and windows, without any data. */
#include "verb_shape.h"

#include <stdlib.h>
#include <string.h>

static const char help[] = "Usage: poolpack shape CASE [--input SHAPE] [options]\n"
                           "Tells the output's shape and, for each axis, the formula of its size with its numbers and\n"
                           "what each output sees: its input positions, how many taps lie inside, its divisor.\n"
                           "  -i, --input SHAPE  such as 8x64x112x112, in the case's layout (nchw, or chw with one\n"
                           "                     axis less, or one plane hw); a case with sizes (n8c64 i112x112) needs none\n"
                           "  -a, --all          list every window, not only borders and what repeats\n"
                           "      --json         print a JSON object: of each window (or run of \"count\" windows, \"step\"\n"
                           "                     inputs apart) the position of tap 0 (\"first\"), the taps [begin, end) that\n"
                           "                     lie inside, and the axis' share of the divisor\n"
                           "  -q, --quiet        print the output's shape only\n"
                           "Examples:\n"
                           "  poolpack shape max2d k3 s2 p1 --input 8x64x112x112\n"
                           "  poolpack shape avg2d k2 same dialect=keras nhwc --input 1x7x7x3\n"
                           "  poolpack shape avg1d k3 s2 p1 ceil div=clamped --input 6 --all\n"
                           "  poolpack shape adaptive_avg2d o7x- --input 1x512x10x13\n";

struct shape_options {
    const char *input;
    bool all, json, quiet;
};

/* A description from the case alone, when it has the sizes. */
static int describe_alone(struct job *job, const char *text)
{
    char error[ERROR_SIZE];
    memset(job, 0, sizeof *job);
    job->text = text;
    if (pp_desc_parse(&job->desc, text, error, sizeof error) != PP_OK) {
        fail(text, "%s", error);
        return EXIT_USAGE;
    }
    if (job->desc.input_size[0] == PP_AUTO) {
        fail(text, "the case has no sizes: give them with --input 8x64x112x112 or as words, n8c64 i112x112");
        return EXIT_USAGE;
    }
    if (job->desc.batch == PP_AUTO) job->desc.batch = 1;
    if (job->desc.channels == PP_AUTO) job->desc.channels = 1;
    return 0;
}

static int describe(struct job *job, const char *text, const char *shape)
{
    struct array array = {.origin = ORIGIN_NPY}; /* no data: its order does not matter */
    if (!shape) return describe_alone(job, text);
    if (!parse_shape(shape, MAX_AXES, array.shape, &array.axes)) {
        fail(shape, "not a shape; write it as 8x64x112x112");
        return EXIT_USAGE;
    }
    return describe_job(job, text, shape, &array);
}

/* The shape of one of the plan's tensors, without the channel axis of a plane. */
static int shape_of(const struct job *job, pp_tensor tensor, int64_t *shape)
{
    int64_t whole[2 + PP_MAX_RANK];
    int axes = pp_plan_shape(job->plan, tensor, whole);
    int skipped = job->out_roles[0] && (int)strlen(job->out_roles) < axes ? 1 : 0;
    memcpy(shape, whole + skipped, (size_t)(axes - skipped) * sizeof *shape);
    return axes - skipped;
}

static bool same_axis(const struct job *job, int a, int b)
{
    const pp_desc *d = pp_plan_desc(job->plan);
    const int64_t *fields[] = {d->input_size, d->kernel, d->stride, d->dilation, d->pad_begin, d->pad_end};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i][a] != fields[i][b]) return false;
    return output_extent(job->plan, a) == output_extent(job->plan, b);
}

static void print_axes(const struct job *job, bool all)
{
    const int rank = job->desc.rank;
    const char *letters = &"DHW"[PP_MAX_RANK - rank];
    char formula[FORMULA_SIZE];
    for (int axis = 0; axis < rank; axis++) {
        if (axis > 0 && same_axis(job, axis, axis - 1)) continue; /* told together with the one before */
        printf("\n%c", letters[axis]);
        for (int other = axis + 1; other < rank && same_axis(job, other, other - 1); other++) printf(", %c", letters[other]);
        format_formula(formula, &job->desc, job->plan, axis);
        printf(":  %s\n", formula);
        print_windows(job->plan, axis, all);
    }
}

static void print_line(const char *name, const struct job *job, pp_tensor tensor)
{
    int64_t shape[2 + PP_MAX_RANK];
    int axes = shape_of(job, tensor, shape);
    printf("%s", name);
    print_shape(stdout, axes, shape);
    putchar('\n');
}

static void print_text(const struct job *job, bool all)
{
    char text[512] = "";
    pp_desc_format(&job->desc, text, sizeof text);
    puts(text);
    print_line("input   ", job, PP_INPUT);
    print_line("output  ", job, PP_OUTPUT);
    if (job->desc.op == PP_OP_AVERAGE && job->desc.divisor == PP_DIVISOR_OVERRIDE) {
        char divisor[32];
        format_number(divisor, job->desc.divisor_override, false);
        printf("divisor %s for every window\n", divisor);
    } else if (job->desc.op == PP_OP_AVERAGE && job->desc.rank > 1) {
        puts("divisor the product of the axes' divisors");
    }
    print_axes(job, all);
}

static void print_json(const struct job *job, bool all)
{
    char text[512] = "", formula[FORMULA_SIZE];
    int64_t shape[2 + PP_MAX_RANK];
    const pp_desc *d = pp_plan_desc(job->plan);
    pp_desc_format(&job->desc, text, sizeof text);
    fputs("{\"case\": ", stdout);
    print_json_string(stdout, text);
    fputs(", \"input_shape\": ", stdout);
    print_json_shape(stdout, shape_of(job, PP_INPUT, shape), shape);
    fputs(", \"output_shape\": ", stdout);
    print_json_shape(stdout, shape_of(job, PP_OUTPUT, shape), shape);
    fputs(", \"axes\": [", stdout);
    for (int axis = 0; axis < d->rank; axis++) {
        format_formula(formula, &job->desc, job->plan, axis);
        printf("%s{\"axis\": \"%c\", \"input\": %lld, \"output\": %lld, \"formula\": ", axis ? ", " : "",
               "DHW"[PP_MAX_RANK - d->rank + axis], (long long)d -> input_size[axis], (long long)output_extent(job->plan, axis));
        print_json_string(stdout, formula);
        fputs(", \"windows\": ", stdout);
        print_json_windows(job->plan, axis, all);
        putchar('}');
    }
    puts("]}");
}

static int tell(const struct shape_options *options, const char *text)
{
    /* Nothing is run; the reference can plan any size, where a fast algorithm would ask for its scratch memory. */
    const struct engine engine = {.options = {.struct_size = sizeof(pp_options), .algorithm = reference_algorithm()}};
    struct job job;
    int64_t shape[2 + PP_MAX_RANK];
    int status = describe(&job, text, options->input);
    if (status == 0) status = plan_job(&job, &engine);
    if (status) return status;
    if (options->quiet) {
        print_shape(stdout, shape_of(&job, PP_OUTPUT, shape), shape);
        putchar('\n');
    } else if (options->json) {
        print_json(&job, options->all);
    } else {
        print_text(&job, options->all);
    }
    free_job(&job);
    return 0;
}

static int shape_verb(const struct verb *verb, int argc, char **argv)
{
    struct shape_options options = {0};
    const struct option table[] = {
        {"input", 'i', OPTION_TEXT, &options.input},
        {"all", 'a', OPTION_FLAG, &options.all},
        {"json", 0, OPTION_FLAG, &options.json},
        {"quiet", 'q', OPTION_FLAG, &options.quiet},
        {0},
    };
    struct words words = {0};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    status = split_words(verb, argc, argv, &words);
    if (status == 0 && words.case_count != 1) status = misuse(verb, words.case_count ? "one case at a time" : "no case");
    if (status == 0 && words.input_count > 0)
        status = misuse(verb, "%s: shape reads no files; say the input's shape with --input", words.inputs[0]);
    if (status == 0) status = tell(&options, words.cases[0]);
    free_words(&words);
    return status;
}

const struct verb verb_shape = {"shape", "sizes, formulas and windows, without data", help, shape_verb};

/* verb_run.c - the verbs run and bwd: pools arrays and images, forward or backward. */
#include "verb_run.h"

#include <stdlib.h>
#include <string.h>

static const char run_help[] = "Usage: poolpack run CASE INPUT... [-o OUTPUT] [options]\n"
                               "Pools each INPUT as CASE says.\n"
                               "CASE    the notation of docs/notation.md, without shapes; quoted or not: the first word that is\n"
                               "        not of the notation begins the inputs (a file called s2 is ./s2)\n"
                               "INPUT   .npy, PNG, JPEG, IDX (all also gzipped), - (standard input), or '[[1,2],[3,4]]'\n"
                               "        .npy axes are the layout's (nchw, chw, or one plane hw; the case may name another),\n"
                               "        images are hwc (16-bit PNG: in f32), IDX is n + spatial axes;\n"
                               "        types f32 f64 u8 bf16 f16 int8 stay\n"
                               "  -o, --output FILE  .npy or .png; - is standard output (.npy); a folder takes one file per\n"
                               "                     INPUT; without -o a small result is printed\n"
                               "      --indices FILE also write where each maximum or minimum was found (.npy)\n"
                               "      --dtype TYPE   convert the input first, as the case's own word f32, u8, ... does\n"
                               "      --grad FILE    with the case's word bwd: the output's gradient (see poolpack bwd)\n"
                               "      --threads N    run on N threads; 0: one per CPU (default 1); --isa NAME: at most this\n"
                               "                     instruction set; neither changes a bit of the result\n"
                               "      --json         print one JSON object per input;  -q, --quiet: no summary\n"
                               "  -f, --force        replace existing files\n"
                               "Examples:\n"
                               "  poolpack run max2d k3 s2 p1 photo.jpg -o small.png\n"
                               "  poolpack run 'adaptive_avg2d o7 f32' photo.png -o features.npy\n"
                               "  poolpack run max2d nhwc k2 same dialect=keras x.npy -o y.npy --indices where.npy\n"
                               "  poolpack run avg2d k4 f32 t10k-images-idx3-ubyte.gz -o small.npy\n"
                               "  poolpack run max2d k2 '[[1,3,2,4],[5,6,1,2],[3,2,8,7],[1,4,6,9]]'\n";

static const char bwd_help[] = "Usage: poolpack bwd CASE INPUT --grad FILE [-o GRAD_INPUT] [options]\n"
                               "The gradient of a pooling: from INPUT and the output's gradient to the input's gradient.\n"
                               "The same as poolpack run with the word bwd in CASE.\n"
                               "INPUT   as in poolpack run (floating types); averages and sums use its shape only\n"
                               "      --grad FILE    the output's gradient, with the output's axes: .npy or '[[1,1],[1,1]]'\n"
                               "      --indices FILE the indices that poolpack run --indices wrote; without them maxima and\n"
                               "                     minima are found again in INPUT\n"
                               "  -o, --output FILE  .npy; - is standard output; without -o a small result is printed\n"
                               "      --dtype TYPE   convert INPUT and the gradient first\n"
                               "      --threads N    run on N threads; 0: one per CPU (default 1)\n"
                               "      --isa NAME     use at most this instruction set\n"
                               "      --json         print a JSON object;  -q, --quiet: no summary\n"
                               "  -f, --force        replace an existing file\n"
                               "Examples:\n"
                               "  poolpack bwd max2d k2 x.npy --grad dy.npy -o dx.npy\n"
                               "  poolpack bwd avg2d k3 s2 p1 incpad x.npy --grad dy.npy -o dx.npy --threads 0\n"
                               "  poolpack bwd max2d k2 '[[1,3],[2,.5]]' --grad '[[1]]'\n";

/* Reads --grad or --indices FILE; its axes must be those of the output. */
static int read_for_output(struct run *run, const char *path, struct array *array)
{
    const char *roles = run->job.out_roles;
    if (read_array(path, array)) return EXIT_FAILED;
    if (array->origin == ORIGIN_IMAGE || array->axes != (int)strlen(roles))
        return fail(input_name(path), "has %d axes; the output's are %s", array->axes, roles);
    return 0;
}

static int prepare_backward(struct run *run)
{
    const struct run_options *options = run->options;
    pp_desc *desc = &run->job.desc;
    if (desc->backward == PP_BACKWARD_NONE) desc->backward = PP_BACKWARD_AUTO;
    if (read_for_output(run, options->grad, &run->grad) || convert_array(input_name(options->grad), &run->grad, run->input.element))
        return EXIT_FAILED;
    if (!is_c_order(&run->grad)) set_view(desc, PP_GRAD_OUTPUT, &run->grad, run->job.out_roles);
    if (!options->indices) return 0;
    if (read_for_output(run, options->indices, &run->indices)) return EXIT_FAILED;
    int type = PP_INDEX_U16;
    while (type > PP_INDEX_NONE && element_of_index((pp_index_type)type) != run->indices.element) type--;
    if (type == PP_INDEX_NONE)
        return fail(input_name(options->indices), "holds %s; indices are i32, i64, u8 or u16", element_types[run->indices.element].name);
    if (desc->indices == PP_INDEX_NONE && type >= PP_INDEX_U8) desc->index_convention = PP_INDEX_WINDOW;
    desc->indices = (pp_index_type)type;
    desc->backward = PP_BACKWARD_INDICES;
    if (!is_c_order(&run->indices)) set_view(desc, PP_INDICES, &run->indices, run->job.out_roles);
    return 0;
}

/* Everything before the plan: the input in memory, the description complete. */
static int prepare(struct run *run, const char *text, const char *path)
{
    const struct run_options *options = run->options;
    enum element element;
    if (read_array(path, &run->input)) return EXIT_FAILED;
    if (wanted_element(text, options->dtype, input_name(path), &run->input, &element) ||
        convert_array(input_name(path), &run->input, element))
        return EXIT_FAILED;
    int status = describe_job(&run->job, text, input_name(path), &run->input);
    if (status) return status;
    run->job.desc.dtype = dtype_of(element);
    if (options->backward) return prepare_backward(run);
    if (options->indices) {
        run->indices_path = options->indices;
        if (run->job.desc.indices == PP_INDEX_NONE) run->job.desc.indices = PP_INDEX_I64;
    }
    return 0;
}

static int forward(struct run *run, struct array *output)
{
    struct job *job = &run->job;
    pp_args args = {0};
    if (new_tensor(job, PP_OUTPUT, run->input.element, output)) return EXIT_FAILED;
    if (job->desc.indices != PP_INDEX_NONE && new_tensor(job, PP_INDICES, element_of_index(job->desc.indices), &run->indices)) return EXIT_FAILED;
    args.input = run->input.data;
    args.output = output->data;
    args.indices = run->indices.data;
    return run_job(job, &args);
}

/* The gradient's and the indices' extents must be those of the output. */
static int check_like_output(struct run *run, const char *path, const struct array *array)
{
    struct array output;
    int status = new_tensor(&run->job, PP_OUTPUT, ELEMENT_U8, &output);
    bool same = status == 0 && memcmp(output.shape, array->shape, (size_t)array->axes * sizeof *array->shape) == 0;
    if (status == 0 && !same) {
        fprintf(stderr, "poolpack: %s: has the shape ", input_name(path));
        print_shape(stderr, array->axes, array->shape);
        fputs("; the output's is ", stderr);
        print_shape(stderr, output.axes, output.shape);
        fputc('\n', stderr);
        status = EXIT_FAILED;
    }
    free_array(&output);
    return status;
}

/* A case with indices but no file of them: a forward run finds them, as a training step would. */
static int find_indices(struct run *run)
{
    struct array output = {0};
    int status = forward(run, &output);
    free_array(&output);
    return status;
}

static int backward(struct run *run)
{
    struct job *job = &run->job;
    if (check_like_output(run, run->options->grad, &run->grad)) return EXIT_FAILED;
    if (run->indices.data && check_like_output(run, run->options->indices, &run->indices)) return EXIT_FAILED;
    if (!run->indices.data && job->desc.indices != PP_INDEX_NONE && find_indices(run)) return EXIT_FAILED;
    if (new_tensor(job, PP_GRAD_INPUT, run->input.element, &run->output)) return EXIT_FAILED;
    pp_args args = {0};
    args.input = run->input.data;
    args.indices = run->indices.data;
    args.grad_output = run->grad.data;
    args.grad_input = run->output.data;
    return run_job(job, &args);
}

/* Legal, and seldom meant. */
static void remark_empty(const struct run *run, const char *path)
{
    if (run->input.count > 0 && run->output.count == 0)
        fprintf(stderr, "poolpack: %s: no window fits, the result is empty (poolpack shape says why)\n", input_name(path));
}

static int run_one(const struct run_options *options, const struct engine *engine, const char *text, const char *path)
{
    struct run run = {.options = options};
    int status = prepare(&run, text, path);
    if (status == 0) status = plan_job(&run.job, engine);
    if (status == 0) status = choose_target(&run, path);
    if (status == 0) status = options->backward ? backward(&run) : forward(&run, &run.output);
    if (status == 0) status = write_results(&run);
    if (status == 0) status = report_run(&run, path);
    if (status == 0 && !options->quiet) remark_empty(&run, path);
    free(run.target);
    free_job(&run.job);
    free_array(&run.input);
    free_array(&run.output);
    free_array(&run.indices);
    free_array(&run.grad);
    return status;
}

static bool is_backward(const char *word) { return strcmp(word, "bwd") == 0 || strncmp(word, "bwd=", 4) == 0; }

static int check_arguments(const struct verb *verb, struct run_options *options, const struct words *words)
{
    char word[32];
    options->backward = verb == &verb_bwd || find_word(words->cases[0], is_backward, word, sizeof word) > 0;
    if (words->case_count > 1) return misuse(verb, "two cases, '%s' and '%s'; one is run at a time", words->cases[0], words->cases[1]);
    if (words->input_count == 0) return misuse(verb, "no input");
    if (options->backward && !options->grad) return misuse(verb, "a backward run needs --grad FILE");
    if (!options->backward && options->grad) return misuse(verb, "--grad is for backward runs: add the word bwd to the case");
    if (words->input_count > 1 && (options->indices || options->grad)) return misuse(verb, "--indices and --grad go with one input");
    return check_targets(verb, options, words->inputs, words->input_count);
}

static int run_all(const struct verb *verb, struct run_options *options, const struct words *words)
{
    struct engine engine;
    if (words->case_count == 0) return misuse(verb, words->input_count ? "the case comes before the inputs" : "no case");
    int status = check_arguments(verb, options, words);
    if (status == 0) status = start_engine(&engine, options->threads, options->isa);
    if (status) return status;
    /* A bad file among several does not keep the others from being pooled. */
    for (int i = 0; i < words->input_count; i++) {
        int one = run_one(options, &engine, words->cases[0], words->inputs[i]);
        status = one > status ? one : status;
    }
    stop_engine(&engine);
    return status;
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    struct run_options options = {.threads = 1};
    const struct option table[] = {
        {"output", 'o', OPTION_TEXT, &options.output}, {"indices", 0, OPTION_TEXT, &options.indices},
        {"grad", 0, OPTION_TEXT, &options.grad},       {"dtype", 0, OPTION_TEXT, &options.dtype},
        {"isa", 0, OPTION_TEXT, &options.isa},         {"threads", 0, OPTION_THREADS, &options.threads},
        {"json", 0, OPTION_FLAG, &options.json},       {"force", 'f', OPTION_FLAG, &options.force},
        {"quiet", 'q', OPTION_FLAG, &options.quiet},   {0},
    };
    struct words words = {0};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    status = split_words(verb, argc, argv, &words);
    if (status == 0) status = run_all(verb, &options, &words);
    free_words(&words);
    return status;
}

const struct verb verb_run = {"run", "pool arrays and images", run_help, run_verb};
const struct verb verb_bwd = {"bwd", "the gradient of a pooling", bwd_help, run_verb};

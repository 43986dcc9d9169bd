/* verify_case.c - one case: every algorithm, instruction set, number of threads and fill against the reference. */
#include "fill.h"
#include "verify.h"

#include <string.h>

/* The buffers of one plan's runs. */
struct tensors {
    struct tensor t[PP_TENSOR_COUNT];
};

struct checker {
    const struct verify_options *options;
    const char *text; /* without fill= */
    pp_desc desc;
    pp_plan *reference;
    struct tensors expected, tested;
    long runs;
};

/* One way to compute the case. */
struct variant {
    const char *algorithm, *isa;
    int threads, fill;
};

static pp_status plan_variant(struct checker *checker, const struct variant *variant, pp_plan **plan, char *error)
{
    pp_options options = {.struct_size = sizeof options, .isa = variant->isa, .algorithm = variant->algorithm};
    if (variant->threads > 1) {
        options.threads = variant->threads;
        options.parallel_for = pp_threads_parallel_for;
        options.pool = checker->options->pool;
    }
    return pp_plan_create(plan, &checker->desc, &options, error, ERROR_SIZE);
}

/* The reference's results become the expected ones. */
static pp_status run_plan(const struct checker *checker, const pp_plan *plan, struct tensors *to, char *error)
{
    const struct tensor *from = checker->expected.t;
    pp_args args = {.struct_size = sizeof args, .error = error, .error_size = ERROR_SIZE};
    args.input = pointer_of(&from[PP_INPUT]);
    args.output = pointer_of(&to->t[PP_OUTPUT]);
    args.indices = pointer_of(&to->t[PP_INDICES]);
    pp_status status = pp_forward(plan, &args);
    if (status != PP_OK || checker->desc.backward == PP_BACKWARD_NONE) return status;
    args.output = NULL;
    args.indices = pointer_of(&from[PP_INDICES]);
    args.grad_output = pointer_of(&from[PP_GRAD_OUTPUT]);
    args.grad_input = pointer_of(&to->t[PP_GRAD_INPUT]);
    return pp_backward(plan, &args);
}

static void taint_results(struct tensors *tensors)
{
    taint(&tensors->t[PP_OUTPUT]);
    taint(&tensors->t[PP_INDICES]);
    taint(&tensors->t[PP_GRAD_INPUT]);
}

static int make_tensors(struct checker *checker)
{
    bool indices = checker->desc.indices != PP_INDEX_NONE, backward = checker->desc.backward != PP_BACKWARD_NONE;
    const bool expected[PP_TENSOR_COUNT] = {true, true, indices, backward, backward};
    const bool tested[PP_TENSOR_COUNT] = {false, true, indices, false, backward};
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        if (expected[i] && new_view(checker->text, &checker->expected.t[i], checker->reference, (pp_tensor)i)) return EXIT_FAILED;
        if (tested[i] && new_view(checker->text, &checker->tested.t[i], checker->reference, (pp_tensor)i)) return EXIT_FAILED;
    }
    return 0;
}

/* A gradient is a number like any other; only the input holds NaN and infinities. */
static int fill_of_gradient(int fill) { return fill <= 2 ? fill : 1; }

static int run_reference(struct checker *checker, int fill)
{
    char error[ERROR_SIZE];
    fill_array(&checker->expected.t[PP_INPUT].buffer, fill, 1);
    if (checker->expected.t[PP_GRAD_OUTPUT].buffer.data) fill_array(&checker->expected.t[PP_GRAD_OUTPUT].buffer, fill_of_gradient(fill), 2);
    taint_results(&checker->expected);
    if (run_plan(checker, checker->reference, &checker->expected, error) != PP_OK)
        return fail(checker->text, "fill=%s: the reference: %s", fill_name(fill), error);
    return 0;
}

/* A description of the difference, and the command that shows it again. */
static int complain(const struct checker *checker, const struct variant *variant, const char *what, const char *sentence)
{
    printf("FAIL  %s\n      %s%s\n", checker->text, what, sentence);
    printf("      poolpack verify '%s fill=%s' --algorithm %s --isa %s --threads %d\n", checker->text, fill_name(variant->fill),
           variant->algorithm, variant->isa, variant->threads);
    return EXIT_FAILED;
}

static int compare(struct checker *checker, const struct variant *variant)
{
    static const struct {
        pp_tensor which;
        const char *name;
    } results[] = {{PP_OUTPUT, "output"}, {PP_INDICES, "indices"}, {PP_GRAD_INPUT, "grad_input"}};
    bool extremum = checker->desc.op == PP_OP_MAX || checker->desc.op == PP_OP_MIN;
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        char sentence[ERROR_SIZE];
        pp_tensor which = results[i].which;
        if (!same_bits(&checker->tested.t[which], &checker->expected.t[which], extremum && which == PP_OUTPUT, sentence, sizeof sentence))
            return complain(checker, variant, results[i].name, sentence);
    }
    return 0;
}

static int run_variant(struct checker *checker, const struct variant *variant)
{
    char error[ERROR_SIZE];
    pp_plan *plan;
    pp_status status = plan_variant(checker, variant, &plan, error);
    if (status == PP_UNSUPPORTED) return 0; /* the algorithm does not apply to this case */
    if (status != PP_OK) return complain(checker, variant, "planning: ", error);
    taint_results(&checker->tested);
    status = run_plan(checker, plan, &checker->tested, error);
    pp_plan_destroy(plan);
    checker->runs++;
    return status == PP_OK ? compare(checker, variant) : complain(checker, variant, "", error);
}

static bool is_chosen(const char *wanted, const char *name) { return !wanted || strcmp(wanted, name) == 0; }

static int run_algorithm(struct checker *checker, const char *algorithm, int fill)
{
    static const int counts[] = {1, 3};
    const struct verify_options *options = checker->options;
    for (int isa = 0; pp_name(PP_NAME_ISA, isa); isa++) {
        if (!pp_isa_available(isa) || !is_chosen(options->isa, pp_name(PP_NAME_ISA, isa))) continue;
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            struct variant variant = {algorithm, pp_name(PP_NAME_ISA, isa), counts[i], fill};
            if (options->threads >= 0 && i > 0) break;
            if (options->threads >= 0) variant.threads = options->threads;
            if (run_variant(checker, &variant)) return EXIT_FAILED;
        }
    }
    return 0;
}

static int run_fills(struct checker *checker)
{
    const struct verify_options *options = checker->options;
    for (int fill = 0; fill_name(fill); fill++) {
        if ((options->fill >= 0 && options->fill != fill) || !fill_suits(fill, element_of(checker->desc.dtype))) continue;
        if (run_reference(checker, fill)) return EXIT_FAILED;
        for (int i = 0; pp_name(PP_NAME_ALGORITHM, i); i++)
            if (is_chosen(options->algorithm, pp_name(PP_NAME_ALGORITHM, i)) && run_algorithm(checker, pp_name(PP_NAME_ALGORITHM, i), fill))
                return EXIT_FAILED;
    }
    return 0;
}

static int start(struct checker *checker)
{
    char error[ERROR_SIZE];
    const struct variant reference = {reference_algorithm(), pp_name(PP_NAME_ISA, 0), 1, 0};
    if (pp_desc_parse(&checker->desc, checker->text, error, sizeof error) != PP_OK) return fail(checker->text, "%s", error);
    if (checker->desc.input_size[0] == PP_AUTO) return fail(checker->text, "needs its sizes, such as n2c3 i9x9");
    if (checker->desc.batch == PP_AUTO) checker->desc.batch = 1;
    if (checker->desc.channels == PP_AUTO) checker->desc.channels = 1;
    if (plan_variant(checker, &reference, &checker->reference, error) != PP_OK) return fail(checker->text, "%s", error);
    return make_tensors(checker);
}

int verify_case(const struct verify_options *options, const char *text, struct tally *tally)
{
    struct checker checker = {.options = options, .text = text};
    int status = start(&checker);
    tally->refusals += status != 0;
    if (status == 0) {
        status = run_fills(&checker);
        tally->failures += status != 0;
    }
    if (status == 0 && !options->quiet) printf("%s %5ld runs  %s\n", checker.runs ? "ok  " : "none", checker.runs, text);
    tally->cases++;
    tally->runs += checker.runs;
    pp_plan_destroy(checker.reference);
    for (int i = 0; i < PP_TENSOR_COUNT; i++) {
        free_array(&checker.expected.t[i].buffer);
        free_array(&checker.tested.t[i].buffer);
    }
    return status;
}

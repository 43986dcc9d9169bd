/* verb_bench.c - the verb bench: how long poolings take on this machine, and how near that is to the limit of its memory. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char help[] = "Usage: poolpack bench CASE... [options]\n"
                           "Times each case on this machine.  Printed are the median time of a call (and its quartiles), GB/s\n"
                           "(one input and one output, and indices that forward writes, counted once), the limit (the fastest\n"
                           "of nine ways to walk as many bytes with as many threads, measured right after), the share of the\n"
                           "limit that was reached, and the algorithm and instruction set of the plan.\n"
                           "CASE   complete with sizes; the word bwd times the gradient, idx writes indices too\n"
                           "      --threads N        run on N threads; 0: one per CPU (default 1)\n"
                           "      --isa NAME         at most this instruction set\n"
                           "      --algorithm NAME   this algorithm (poolpack info lists them)\n"
                           "      --ms M             M milliseconds a case, three times as many for its limit (default 100)\n"
                           "      --json             print one JSON object per case\n"
                           "The plan is made before, and the memory is that of the call before (warm).  What else runs on the\n"
                           "machine makes times longer and limits lower.  What fits into the first cache is bound by a call's\n"
                           "cost and by arithmetic: do not judge it by the limit.\n"
                           "Examples:\n"
                           "  poolpack bench max2d nchw f32 n16c64 i112x112 k3 s2 p1\n"
                           "  poolpack bench 'avg2d nhwc u8 n1c3 i1080x1920 k2' 'max2d n8c64 i56x56 k3 p1 bwd' --threads 0\n"
                           "  poolpack bench max2d n16c64 i112x112 k3 s2 p1 --isa avx2 --json\n";

static void format_time(char text[16], double nanoseconds)
{
    static const struct {
        double unit;
        const char *name;
    } units[] = {{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}};
    int i = 0;
    while (i < 3 && nanoseconds >= 999.5 * units[i].unit) i++;
    double value = nanoseconds / units[i].unit;
    snprintf(text, 16, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[i].name);
}

static void print_row(const struct bench_result *r, int width)
{
    char time[16], lower[16], upper[16], spread[40], limit[16] = "-", share[16] = "-";
    format_time(time, r->timing.median);
    format_time(lower, r->timing.lower);
    format_time(upper, r->timing.upper);
    snprintf(spread, sizeof spread, "%s - %s", lower, upper);
    if (r->limit > 0) snprintf(limit, sizeof limit, "%.1f", r->limit);
    if (r->limit > 0) snprintf(share, sizeof share, "%.0f %%", 100 * r->speed / r->limit);
    printf("%-*s  %9s  %-19s  %7.1f  %7s  %6s  %s, %s\n", width, r->text, time, spread, r->speed, limit, share, r->algorithm, r->isa);
}

static void print_json(const struct bench_result *r)
{
    fputs("{\"case\": ", stdout);
    print_json_string(stdout, r->text);
    printf(", \"threads\": %d, \"ns\": %.1f, \"ns_lower\": %.1f, \"ns_upper\": %.1f, \"ns_best\": %.1f, \"calls\": %lld", r->threads,
           r->timing.median, r->timing.lower, r->timing.upper, r->timing.minimum, (long long)r->timing.calls);
    printf(", \"bytes\": %lld, \"gb_per_s\": %.3f", (long long)r->bytes, r->speed);
    if (r->limit > 0) {
        printf(", \"limit_gb_per_s\": %.3f, \"share\": %.4f, \"limit_way\": ", r->limit, r->speed / r->limit);
        print_json_string(stdout, r->limit_way);
    }
    fputs(", \"algorithm\": ", stdout);
    print_json_string(stdout, r->algorithm);
    fputs(", \"isa\": ", stdout);
    print_json_string(stdout, r->isa);
    fputs(", \"plan\": ", stdout);
    print_json_string(stdout, r->plan);
    puts("}");
}

struct summary {
    int cases, shares;
    double nanoseconds, logarithms; /* sums: of the medians, of the shares' logarithms */
};

static void add_to_summary(struct summary *s, const struct bench_result *r)
{
    s->cases++;
    s->nanoseconds += r->timing.median;
    if (r->limit <= 0 || r->speed <= 0) return;
    s->shares++;
    s->logarithms += log(r->speed / r->limit);
}

static void print_summary(const struct summary *s)
{
    char time[16];
    format_time(time, s->nanoseconds);
    printf("%d cases: %s together", s->cases, time);
    if (s->shares) printf(", %.0f %% of the limit (geometric mean of %d)", 100 * exp(s->logarithms / s->shares), s->shares);
    putchar('\n');
}

static int bench_all(const struct bench_options *options, const struct words *words)
{
    struct summary summary = {0};
    int width = 4, status = 0;
    for (int i = 0; i < words->case_count; i++) width = (int)strlen(words->cases[i]) > width ? (int)strlen(words->cases[i]) : width;
    for (int i = 0; i < words->case_count; i++) {
        struct bench_result result;
        if (bench_case(options, words->cases[i], &result)) {
            status = EXIT_FAILED;
            continue;
        }
        if (!options->json && summary.cases == 0)
            printf("%-*s  %9s  %-19s  %7s  %7s  %6s  algorithm, instruction set\n", width, "case", "time", "(quartiles)", "GB/s", "limit",
                   "share");
        if (options->json) print_json(&result);
        else print_row(&result, width);
        fflush(stdout);
        add_to_summary(&summary, &result);
    }
    if (!options->json && summary.cases > 1) print_summary(&summary);
    return status;
}

static int check_options(const struct verb *verb, const struct bench_options *options, const struct words *words)
{
    if (words->case_count == 0) return misuse(verb, "no case");
    if (words->input_count > 0) return misuse(verb, "%s: bench reads no files; the case says the sizes", words->inputs[0]);
    int status = check_name(verb, "isa", PP_NAME_ISA, options->isa);
    if (status == 0) status = check_name(verb, "algorithm", PP_NAME_ALGORITHM, options->algorithm);
    return status;
}

static int bench_verb(const struct verb *verb, int argc, char **argv)
{
    struct bench_options options = {.threads = 1, .milliseconds = 100};
    const struct option table[] = {
        {"threads", 0, OPTION_THREADS, &options.threads},    {"isa", 0, OPTION_TEXT, &options.isa},
        {"algorithm", 0, OPTION_TEXT, &options.algorithm}, {"ms", 0, OPTION_COUNT, &options.milliseconds},
        {"json", 0, OPTION_FLAG, &options.json},           {0},
    };
    struct words words = {0};
    int status = take_options(verb, table, &argc, argv);
    if (status >= 0) return status;
    status = split_words(verb, argc, argv, &words);
    if (status == 0) status = check_options(verb, &options, &words);
    if (status == 0) status = bench_start(&options);
    if (status == 0) status = bench_all(&options, &words);
    bench_stop(&options);
    free_words(&words);
    return status;
}

const struct verb verb_bench = {"bench", "how fast cases are here, and the limit of memory", help, bench_verb};

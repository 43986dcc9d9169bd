#define _POSIX_C_SOURCE 200809L
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

static char text[512];
static peer_job job;
static int ready;

static int64_t spatial(const int64_t size[3]) { return size[0] * size[1] * size[2]; }

/* Aligned to cache lines, large ones to 2 MiB; every page is touched. */
static void *allocate(size_t size)
{
    void *memory = NULL;
    const size_t alignment = size >= (size_t)1 << 21 ? (size_t)1 << 21 : 64;
    if (posix_memalign(&memory, alignment, size + 64) != 0) {
        fputs("out of memory\n", stderr);
        exit(1);
    }
    memset(memory, 0, size + 64);
    return memory;
}

static size_t bytes(int64_t elements) { return (size_t)elements * case_type_size(job.c.type); }

static void end_case(void)
{
    if (!ready) return;
    the_peer.release();
    free(job.input);
    free(job.output);
    free(job.indices);
    free(job.grad_output);
    free(job.grad_input);
    job = (peer_job){0};
    ready = 0;
}

static void make_buffers(void)
{
    const bench_case *c = &job.c;
    const int64_t inputs = case_input_elements(c), outputs = case_output_elements(c);
    job.input = allocate(bytes(inputs));
    job.output = allocate(bytes(outputs));
    values_fill(job.input, c, spatial(c->input), 0, c->with_nan);
    if (c->index_size > 0) job.indices = allocate((size_t)outputs * (size_t)c->index_size);
    if (c->backward) {
        job.grad_output = allocate(bytes(outputs));
        job.grad_input = allocate(bytes(inputs));
        values_fill(job.grad_output, c, spatial(c->output), 7919, 0);
    }
}

static void set_up(char *line)
{
    end_case();
    int used = 0;
    if (sscanf(line, "%d %n", &job.threads, &used) != 1 || strlen(line + used) >= sizeof text) {
        puts("NA no case");
        return;
    }
    strcpy(text, line + used);
    text[strcspn(text, "\r\n")] = '\0';
    const char *wrong = case_parse(&job.c, text);
    if (wrong != NULL) {
        printf("NA not understood: %s\n", wrong);
        return;
    }
    char *fill = strstr(text, " fill=");
    if (fill != NULL) memset(fill, ' ', strcspn(fill + 1, " ") + 1);
    job.text = text;
    make_buffers();
    ready = 1;
    wrong = the_peer.setup(&job);
    if (wrong != NULL) {
        printf("NA %s\n", wrong);
        end_case();
        return;
    }
    printf("OK %s\n", the_peer.info != NULL ? the_peer.info() : "");
}

static void evict(void *ctx)
{
    (void)ctx;
    const int64_t inputs = case_input_elements(&job.c), outputs = case_output_elements(&job.c);
    bench_evict(job.input, bytes(inputs));
    bench_evict(job.output, bytes(outputs));
    if (job.indices != NULL) bench_evict(job.indices, (size_t)(outputs * job.c.index_size));
    if (job.grad_output != NULL) bench_evict(job.grad_output, bytes(outputs));
    if (job.grad_input != NULL) bench_evict(job.grad_input, bytes(inputs));
}

/* The layer that reads what the pooling wrote. */
static void run_and_consume(void *ctx)
{
    static volatile uint64_t sink; /* written only: so that the reading is not optimised away */
    the_peer.run(ctx);
    const size_t count = bytes(case_output_elements(&job.c)) / 8;
    const uint64_t *words = (const uint64_t *)job.output;
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += words[i];
    sink = sum;
    (void)sink;
}

static void measure(const char *line)
{
    double milliseconds = 0;
    char how[16] = "warm";
    sscanf(line, "%lf %15s", &milliseconds, how);
    bench_action run = the_peer.run, prepare = NULL;
    if (strcmp(how, "cold") == 0) prepare = evict;
    if (strcmp(how, "consumer") == 0) run = the_peer.finish == NULL ? run_and_consume : NULL;
    if (strcmp(how, "plan") == 0) run = the_peer.plan;
    if (strcmp(how, "once") == 0) run = the_peer.once;
    if (!ready || run == NULL || (prepare != NULL && !bench_evict(NULL, 0))) {
        printf("NA cannot be measured %s\n", how);
        return;
    }
    const bench_timing t = bench_measure(run, prepare, NULL, milliseconds);
    printf("T %.1f %.1f %.1f %.1f %lld\n", t.median, t.lower, t.upper, t.minimum, (long long)t.calls);
}

static void check(void)
{
    if (!ready) {
        puts("NA no case");
        return;
    }
    if (the_peer.finish != NULL) the_peer.finish();
    const bench_case *c = &job.c;
    const values_sums s =
        c->backward ? values_check(job.grad_input, c, spatial(c->input)) : values_check(job.output, c, spatial(c->output));
    printf("C %lld %lld %.17g %.17g %.17g\n", (long long)s.elements, (long long)s.nans, s.sum, s.magnitude, s.weighted);
}

int main(void)
{
    static char line[1024];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *rest = line + (line[0] != '\0') + (line[0] != '\0' && line[1] == ' ');
        switch (line[0]) {
        case 'V':
            printf("V %s\n", the_peer.version());
            break;
        case 'S':
            set_up(rest);
            break;
        case 'R':
            measure(rest);
            break;
        case 'C':
            check();
            break;
        case 'F':
            end_case();
            puts("OK");
            break;
        case 'Q':
            end_case();
            return 0;
        default:
            puts("NA no such command");
            break;
        }
        fflush(stdout);
    }
    end_case();
    return 0;
}

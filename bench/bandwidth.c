/* How fast memory of a given size can be walked at best: the limit of a pooling that touches as many bytes.
 *
 *     V                                 -> "V <text>"
 *     L <threads> <bytes> <ms>          -> "L <name>=<GB/s> ...", one entry per way, read and written bytes counted once
 *     Q                                 quit
 *
 * The best of many walks: a limit is what can be reached.  The ways: one stream or four far apart (one core waits for memory, several
 * streams let it wait for more at once), copying, four to one and one to four, with plain and with streaming stores (which do not read the
 * line first). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "measure.h"

typedef float line __attribute__((vector_size(64), aligned(64), may_alias)); /* a cache line */
enum { MAX_THREADS = 64, LEAST = 1 << 22 };                                  /* a timed call touches LEAST bytes or more */

static inline void stream_line(line *to, line value)
{
#if defined(__AVX512F__)
    _mm512_stream_ps((float *)to, (__m512)value);
#elif defined(__x86_64__)
    const __m128 *part = (const __m128 *)&value;
    for (int i = 0; i < 4; i++) _mm_stream_ps((float *)to + 4 * i, part[i]);
#else
    *to = value;
#endif
}

static inline void put(line *to, line value, int stream)
{
    if (stream) stream_line(to, value);
    else *to = value;
}

static void fence(int stream)
{
#if defined(__x86_64__)
    if (stream) _mm_sfence();
#else
    (void)stream;
#endif
}

/* All take the lines of one thread; "sum" keeps reads from being removed. */
typedef void way_function(line *lines, size_t count, line *sum, int stream);

static void read_one(line *lines, size_t count, line *sum, int stream)
{
    (void)stream;
    line a = *sum, b = a, c = a, d = a;
    for (size_t i = 0; i + 4 <= count; i += 4) a += lines[i], b += lines[i + 1], c += lines[i + 2], d += lines[i + 3];
    *sum = (a + b) + (c + d);
}

static void read_far(line *lines, size_t count, line *sum, int stream)
{
    (void)stream;
    const size_t part = count / 4;
    line a = *sum, b = a, c = a, d = a;
    for (size_t i = 0; i < part; i++) a += lines[i], b += lines[part + i], c += lines[2 * part + i], d += lines[3 * part + i];
    *sum = (a + b) + (c + d);
}

static void copy(line *lines, size_t count, line *sum, int stream)
{
    (void)sum;
    const size_t half = count / 2;
    for (size_t i = 0; i < half; i++) put(&lines[half + i], lines[i], stream);
    fence(stream);
}

static void four_to_one(line *lines, size_t count, line *sum, int stream)
{
    (void)sum;
    const size_t part = count / 5;
    for (size_t i = 0; i < part; i++) {
        const line *from = lines + 4 * i;
        put(&lines[4 * part + i], (from[0] + from[1]) + (from[2] + from[3]), stream);
    }
    fence(stream);
}

static void four_far_to_one(line *lines, size_t count, line *sum, int stream)
{
    (void)sum;
    const size_t part = count / 5;
    for (size_t i = 0; i < part; i++)
        put(&lines[4 * part + i], (lines[i] + lines[part + i]) + (lines[2 * part + i] + lines[3 * part + i]), stream);
    fence(stream);
}

static void one_to_four(line *lines, size_t count, line *sum, int stream)
{
    (void)sum;
    const size_t part = count / 5;
    for (size_t i = 0; i < part; i++)
        for (size_t k = 0; k < 4; k++) put(&lines[part + 4 * i + k], lines[i], stream);
    fence(stream);
}

static const struct {
    const char *name;
    way_function *function;
    int stream;
} ways[] = {
    {"read", read_one, 0},
    {"read-4-far", read_far, 0},
    {"copy", copy, 0},
    {"copy-streamed", copy, 1},
    {"4:1", four_to_one, 0},
    {"4:1-far", four_far_to_one, 0},
    {"4:1-far-streamed", four_far_to_one, 1},
    {"1:4", one_to_four, 0},
    {"1:4-streamed", one_to_four, 1},
};

typedef struct job {
    int threads, way;
    size_t lines_each, repeats;
    line *lines[MAX_THREADS];
} job;

static volatile float sink; /* written only */

static void walk(void *ctx)
{
    const job *j = (const job *)ctx;
#pragma omp parallel num_threads(j->threads)
    {
#ifdef _OPENMP
        const int thread = omp_get_thread_num();
#else
        const int thread = 0;
#endif
        line sum = {0};
        for (size_t r = 0; r < j->repeats; r++) ways[j->way].function(j->lines[thread], j->lines_each, &sum, ways[j->way].stream);
        sink = sum[0];
    }
}

static void report(int threads, size_t bytes, double milliseconds)
{
    job j = {.threads = threads, .lines_each = bytes / 64 / (size_t)threads};
    if (threads < 1 || threads > MAX_THREADS || j.lines_each < 8) {
        puts("NA too small");
        return;
    }
    j.repeats = LEAST / bytes + 1;
    for (int t = 0; t < threads; t++) {
        void *memory = NULL;
        if (posix_memalign(&memory, (size_t)1 << 21, (j.lines_each + 8) * 64) != 0) exit(1);
        memset(memory, 0, (j.lines_each + 8) * 64);
        j.lines[t] = (line *)memory;
    }
    const size_t count = sizeof ways / sizeof ways[0];
    const double touched = (double)(j.lines_each * 64) * (double)threads * (double)j.repeats;
    printf("L");
    for (size_t w = 0; w < count; w++) {
        j.way = (int)w;
        printf(" %s=%.2f", ways[w].name, touched / bench_measure(walk, NULL, &j, milliseconds / (double)count).minimum);
    }
    puts("");
    for (int t = 0; t < threads; t++) free(j.lines[t]);
}

int main(void)
{
    char text[256];
    while (fgets(text, sizeof text, stdin) != NULL) {
        int threads = 1;
        double bytes = 0, milliseconds = 0;
        if (text[0] == 'Q') break;
        if (text[0] == 'L' && sscanf(text + 1, "%d %lf %lf", &threads, &bytes, &milliseconds) == 3)
            report(threads, (size_t)bytes, milliseconds);
        else puts(text[0] == 'V' ? "V " __VERSION__ : "NA no such command");
        fflush(stdout);
    }
    return 0;
}

/* The limits that bench.py compares with, over a pipe:
 *
 *     V                                 -> "V <text>"
 *     L <threads> <bytes> <ms>          -> "L <way>=<GB/s> ...", one entry per way
 *     Q                                 quit
 */
#include <stdio.h>

#include "bandwidth.h"

enum { MAX_THREADS = 1024 };

static void report(int threads, size_t bytes, double milliseconds)
{
    double speeds[BANDWIDTH_WAYS];
    pp_threads *pool = threads > 1 && threads <= MAX_THREADS ? pp_threads_create(threads) : NULL;
    if (threads < 1 || (threads > 1 && pool == NULL)) {
        puts("NA no such number of threads");
        return;
    }
    const bandwidth_status status = bandwidth_measure(pool, bytes, milliseconds, speeds);
    pp_threads_destroy(pool);
    if (status != BANDWIDTH_OK) {
        puts(status == BANDWIDTH_NO_SIZE ? "NA too small" : status == BANDWIDTH_NO_MEMORY ? "NA out of memory" : "NA no threads");
        return;
    }
    printf("L");
    for (int way = 0; way < BANDWIDTH_WAYS; way++) printf(" %s=%.2f", bandwidth_way(way), speeds[way]);
    puts("");
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

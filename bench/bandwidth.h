/* How fast memory of a given size can be walked at best: the limit of a pooling that touches as many bytes.
 *
 * The best of many walks: a limit is what can be reached.  The ways: one stream or four far apart (one core waits for memory, several
 * streams let it wait for more at once), copying, four to one and one to four, with plain and with streaming stores (which do not read the
 * line first).  The loops are compiled for AVX-512, AVX2 and without either; the best that this machine has is used.
 * Needs measure.c and the library's pool of threads. */
#ifndef BENCH_BANDWIDTH_H
#define BENCH_BANDWIDTH_H

#include <poolpack.h>

enum { BANDWIDTH_WAYS = 9, BANDWIDTH_LEAST = 4096 /* bytes: less than that is a call's cost, not bandwidth */ };

typedef enum bandwidth_status { BANDWIDTH_OK, BANDWIDTH_NO_SIZE, BANDWIDTH_NO_MEMORY, BANDWIDTH_NO_THREADS } bandwidth_status;

const char *bandwidth_way(int way);

/* GB/s (read and written bytes counted once) of each way to walk "bytes" bytes, shared among the pool's threads (NULL: the calling
 * thread alone); takes about "milliseconds" for all.  BANDWIDTH_NO_SIZE: fewer than eight cache lines for a thread; NO_THREADS: the
 * pool's threads do not come (something else runs on it). */
bandwidth_status bandwidth_measure(pp_threads *pool, size_t bytes, double milliseconds, double speeds[BANDWIDTH_WAYS]);

/* The fastest way; those that write four lines for each one read only when asked for. */
int bandwidth_best(const double speeds[BANDWIDTH_WAYS], int writes_more);

#endif

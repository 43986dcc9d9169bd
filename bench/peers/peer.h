/* What one rival's program consists of: the line protocol (peer.c) and a "peer" that the rival's file defines.
 *
 *     V                      version                      -> "V <text>"
 *     S <threads> <case>     set a case up                -> "OK <info>" or "NA <why>"
 *     R <ms> <how>           measure                      -> "T <median> <lower> <upper> <best> <calls>" (ns) or "NA <why>"
 *                            how: warm, cold (inputs and output out of the caches before each call), consumer (the output is read
 *                            after each call, which is timed with it), plan (make and free what a run needs), once (without
 *                            a prepared plan)
 *     C                      check the last result        -> "C <elements> <NaNs> <sum> <sum of magnitudes> <weighted sum>"
 *     F                      free the case                -> "OK"
 *     Q                      quit
 *
 * Buffers live from S to F, so every round runs on the same memory.  Values depend only on an element's place in N, C, D, H, W. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "../measure.h"
#include "case.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct peer_job {
    bench_case c;
    const char *text; /* the case as it came, without fill= */
    int threads;
    void *input, *output;
    void *indices;                  /* NULL if the case has none */
    void *grad_output, *grad_input; /* NULL unless backward */
} peer_job;

typedef struct peer {
    const char *(*version)(void);
    const char *(*setup)(const peer_job *job); /* NULL, or why there is no such operator; "job" outlives release */
    bench_action run;
    void (*release)(void);     /* also after a setup that failed */
    const char *(*info)(void); /* may be NULL: how it is done */
    void (*finish)(void);      /* may be NULL: brings the result from a layout of its own to the job's buffer */
    bench_action plan;         /* may be NULL */
    bench_action once;         /* may be NULL */
} peer;

extern const peer the_peer;

#ifdef __cplusplus
}
#endif

#endif

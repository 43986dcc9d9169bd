/* verify.h - the parts of the verb verify: one case, every way to compute it. */
#ifndef POOLPACK_CLI_VERIFY_H
#define POOLPACK_CLI_VERIFY_H

#include "job.h"

/* What is tried; NULL and -1: everything. */
struct verify_options {
    const char *algorithm, *isa;
    int threads;
    int fill;
    bool quiet;
    pp_threads *pool; /* of enough threads */
};

struct tally {
    long cases, runs;
    long failures; /* cases where something differs from the reference */
    long refusals; /* cases that have no meaning, or not for their dialect */
};

/* verify_case.c: compares, prints, counts. */
int verify_case(const struct verify_options *options, const char *text, struct tally *tally);

/* verify_tensor.c: a buffer for one of a plan's tensors, whatever its view, with a margin that must stay untouched. */
struct tensor {
    struct array buffer; /* one axis, margins included */
    int64_t base;        /* the position that the library's pointer has in it */
};

int new_view(const char *name, struct tensor *tensor, const pp_plan *plan, pp_tensor which);
void *pointer_of(const struct tensor *tensor); /* NULL for a tensor that was not made */
void taint(struct tensor *tensor);             /* the same bytes everywhere, before something is written */

/* Whether two tensors made alike hold the same bits; if not, a sentence says where they differ.  "loose": a zero's sign does
 * not matter.  The payload of a NaN never does. */
bool same_bits(const struct tensor *tested, const struct tensor *reference, bool loose, char *sentence, size_t size);

#endif

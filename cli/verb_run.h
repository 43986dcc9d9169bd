/* verb_run.h - the parts of the verbs run and bwd. */
#ifndef POOLPACK_CLI_RUN_H
#define POOLPACK_CLI_RUN_H

#include "job.h"

struct run_options {
    const char *output, *indices, *grad, *dtype, *isa;
    int threads;
    bool json, force, quiet;
    bool backward;
    bool to_directory; /* output names a folder that gets one file per input */
};

/* Everything that belongs to one input. */
struct run {
    const struct run_options *options;
    struct job job;
    struct array input, output, indices, grad;
    const char *indices_path; /* written in forward runs; NULL: not */
    char *target;             /* the output's path; NULL: the result is printed */
};

/* run_write.c: where results go. */
int check_targets(const struct verb *verb, struct run_options *options, char **inputs, int count);
int choose_target(struct run *run, const char *input);
int write_results(struct run *run);
int report_run(struct run *run, const char *input);

#endif

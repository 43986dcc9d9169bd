/*
 * job.h - one array pooled by one case: from the array's axes to a plan, and through it.
 *
 * A role string names the axes of an array, outermost first, with the letters of the notation's layouts: "nchw", "hwc" (an
 * image), "nhw" (IDX), "hw" (one plane).
 */
#ifndef POOLPACK_CLI_JOB_H
#define POOLPACK_CLI_JOB_H

#include "ndarray.h"

#define ROLES_SIZE (2 + PP_MAX_RANK + 1)

/* How to run: the options --threads and --isa; all zero: the library's defaults. */
struct engine {
    pp_options options;
    pp_threads *threads;
};

int start_engine(struct engine *engine, int threads, const char *isa);
void stop_engine(struct engine *engine);

struct job {
    const char *text;  /* the case */
    const char *input; /* the array's name in messages */
    pp_desc desc;
    pp_plan *plan;
    char roles[ROLES_SIZE];     /* of the array that is read */
    char out_roles[ROLES_SIZE]; /* of those that are written */
    double seconds;
};

/* What "text" says of an array of this origin and these axes: the description with its shape, layout and view.  An array
 * without data only lends its shape. */
int describe_job(struct job *job, const char *text, const char *input, const struct array *array);

/* The element type that the case asks for, in its text or by --dtype (NULL: not given); else the array's own. */
int wanted_element(const char *text, const char *dtype, const char *name, const struct array *array, enum element *element);

/* Lets an array that is not in C order be read as one of the plan's tensors; its axes are those of "roles". */
void set_view(pp_desc *desc, pp_tensor tensor, const struct array *array, const char *roles);

/* The axis that "role" names, or -1. */
int axis_of(const char *roles, char role);

/* The last of the table: it takes everything and needs no memory. */
const char *reference_algorithm(void);

int plan_job(struct job *job, const struct engine *engine);

/* An array for one of the plan's tensors. */
int new_tensor(struct job *job, pp_tensor tensor, enum element element, struct array *array);

/* Runs forward, or backward if args has a grad_input; keeps the time. */
int run_job(struct job *job, pp_args *args);
void free_job(struct job *job);

#endif

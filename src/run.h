/* What an algorithm is, and one run of it. */
#ifndef PP_RUN_H
#define PP_RUN_H

#include "kernels/kernels.h"
#include "problem.h"

typedef enum pp_direction { PP_FORWARD, PP_BACKWARD } pp_direction;

/* Planes [first, last), numbered n * c_extent + c, that share their windows.  Today one group holds all planes and the plan's
 * axes; windows that differ per channel or per box make more, each with axes of its own. */
typedef struct pp_group {
    int64_t first, last;
    const pp_axis *axis, *cover; /* D, H, W, and their reverses */
} pp_group;

pp_group pp_whole_group(const pp_problem *problem);

/* One call, checked: addresses of the elements at coordinates 0 (view offset and origin included; NULL where not used). */
typedef struct pp_run {
    const pp_problem *problem;
    const pp_kernels *kernels; /* the problem's */
    const void *prepared;      /* by the pass, in the plan */
    pp_direction direction;
    bool accumulate;
    bool whole; /* every element of every tensor is there, whatever is made */
    int64_t begin[3], end[3]; /* the part of the result to make, on D, H, W */
    char *base[PP_TENSOR_COUNT];
    pp_group group;
    int64_t tasks, pieces; /* into how many it is split; of how many pieces it is */
} pp_run;

enum { PP_PREPARED = 4096 }; /* bytes, aligned for any integer */

/* What the runs of a plan need: "plan" says how much scratch, and writes what it prepares for them to "memory". */
typedef struct pp_needs {
    void *memory; /* aligned for any integer */
    size_t room;  /* bytes of it */
    size_t scratch; /* bytes for one task; 0 before */
    bool only;      /* whether it would be chosen is asked, no more */
} pp_needs;

/* What an algorithm does in one direction.  plan == NULL: nothing. */
typedef struct pp_pass {
    bool (*pays)(const pp_problem *problem); /* is worth choosing; NULL: always.  Asked first, of any problem */
    bool (*plan)(const pp_problem *problem, pp_direction direction, pp_needs *needs); /* gives the right answer, with what
                                                                                                         fits the room */
    int64_t (*pieces)(const pp_run *run); /* into how many a run is best cut */
    pp_status (*run)(const pp_run *run, int64_t begin, int64_t end, char *scratch); /* does some of them: PP_OK or PP_BAD_INDEX */
} pp_pass;

typedef struct pp_algorithm {
    const char *name;
    const char *what;  /* for pp_plan_describe */
    bool uses_kernels; /* runs in every instruction set */
    pp_pass pass[2];   /* by pp_direction */
} pp_algorithm;

/* Scratch is handed out in pieces of this alignment. */
enum { PP_ALIGN = 64 };
PP_INLINE size_t pp_aligned(size_t size) { return (size + PP_ALIGN - 1) / PP_ALIGN * PP_ALIGN; }

/* Share number "task" of [0, count) cut into "tasks". */
void pp_share(int64_t count, int64_t task, int64_t tasks, int64_t *begin, int64_t *end);

/* Whether elements are as wide as the lanes that they are computed in; narrower ones have few kernels of their own. */
PP_INLINE bool pp_is_wide(const pp_problem *problem) { return problem->kernels->lines->sum != NULL; }

/* Sets coordinates N and C to those of a plane. */
void pp_at_plane(const pp_problem *problem, int64_t plane, int64_t at[PP_AXES]);

/* The divisor of an average whose windows have these extents, as the type that divides; 1 for other operators. */
double pp_divisor_of(const pp_problem *problem, const pp_window w[3]);

/* The outputs, on D, H, W, that a backward run has to look at. */
void pp_outputs_of_range(const pp_run *run, int64_t begin[3], int64_t end[3]);

PP_INLINE bool pp_is_input(pp_tensor tensor) { return tensor == PP_INPUT || tensor == PP_GRAD_INPUT; }

/* The part of a tensor that a run touches. */
void pp_touched(const pp_run *run, pp_tensor tensor, int64_t begin[3], int64_t end[3]);

#endif

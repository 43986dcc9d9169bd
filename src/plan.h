/* The plan: a checked problem with the algorithm chosen for each direction.  Immutable once made. */
#ifndef PP_PLAN_H
#define PP_PLAN_H

#include "isa.h"
#include "run.h"

struct pp_plan {
    size_t struct_size; /* sizeof this: a wrong pointer is told from a plan */
    pp_problem problem;
    pp_options options; /* strings dropped: they were only needed to choose */
    bool owned;         /* pp_plan_destroy frees it */
    const pp_isa *isa;
    const pp_algorithm *algorithm[2]; /* by pp_direction; NULL: the plan does not run in it */
    size_t scratch_size;              /* for all tasks of either direction */
    char prepared[2][PP_PREPARED];    /* by the algorithms */
    pp_window table[];                /* of the problem's axes */
};

/* Memory from the plan's allocator. */
void *pp_plan_allocate(const pp_plan *plan, size_t size);
void pp_plan_release(const pp_plan *plan, void *memory);

/* How many tasks a run of this plan may be split into. */
enum { PP_MAX_TASKS = 256 };
int64_t pp_plan_tasks(const pp_plan *plan);

#endif

/* The plan: a checked problem with the algorithm chosen for each direction.  Immutable once made. */
#ifndef PP_PLAN_H
#define PP_PLAN_H

#include "isa.h"
#include "run.h"

#include <string.h>

/* A call on the whole result, as far as it is the same every time: made with the plan, so that such a call costs nanoseconds. */
typedef struct pp_quick {
    size_t each; /* scratch of one task */
    int count;   /* of tensors; 0: every call goes the long way */
    struct {
        pp_tensor tensor;
        size_t field; /* offset of its pointer in pp_args */
        size_t align;
        bool written;
        ptrdiff_t offset, low, high; /* bytes: of the element at coordinates 0; first and past the last that is touched */
    } tensor[PP_TENSOR_COUNT];
    pp_run run; /* all but the addresses and accumulate */
} pp_quick;

struct pp_plan {
    size_t struct_size; /* sizeof this: a wrong pointer is told from a plan */
    pp_options options; /* strings dropped: they were only needed to choose */
    bool owned;         /* pp_plan_destroy frees it */
    const pp_isa *isa;
    const pp_algorithm *algorithm[2]; /* by pp_direction; NULL: the plan does not run in it */
    size_t scratch_size;              /* for all tasks of either direction */
    pp_problem problem;
    pp_quick quick[2];
    char prepared[2][PP_PREPARED]; /* by the algorithms */
    pp_window table[];             /* of the problem's axes */
};

/* Memory from the plan's allocator. */
void *pp_plan_allocate(const pp_plan *plan, size_t size);
void pp_plan_release(const pp_plan *plan, void *memory);

/* Fills plan->quick, all zero but "each", of a direction whose algorithm is chosen. */
void pp_quick_init(pp_quick *q, const pp_problem *problem, pp_direction direction, const void *prepared);

/* Checks the arguments of a call, and fills in the run's range and addresses. */
pp_status pp_check_args(const pp_plan *plan, const pp_args *args, pp_run *run, const pp_error *error);

/* The address that a field of the arguments holds. */
PP_INLINE char *pp_address_of(const pp_args *args, size_t field)
{
    char *address;
    memcpy(&address, (const char *)args + field, sizeof address);
    return address;
}

/* How many tasks a run of this plan may be split into. */
enum { PP_MAX_TASKS = 256 };
int64_t pp_plan_tasks(const pp_plan *plan);

#endif

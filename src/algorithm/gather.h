/* The backward of a maximum by gathering: tags and gradients of the outputs over some rows of grad_input lie in lines with margins,
 * and the gather kernel makes these rows from them. */
#ifndef PP_ALGORITHM_GATHER_H
#define PP_ALGORITHM_GATHER_H

#include "../run.h"

typedef struct pp_gathering {
    const pp_problem *problem;
    pp_gather_fn kernel;
    pp_axis cover[3];            /* D, H, W */
    int axis;                    /* the outermost on which there is something to do */
    bool whole;                  /* all outputs of a plane lie in the lines; else those over one position of the axis */
    int64_t from;                /* whole: the first output, on the axis */
    int64_t slots;               /* outputs on the axis that the lines hold */
    int64_t lanes;               /* channels of a channels-last tensor */
    int64_t margin, pitch, slot; /* lanes before output 0 of a row; of a row; of a slot */
    int32_t *tags;
    char *grads;
    pp_tap *taps;
    struct pp_job *jobs;
    int64_t taps_used, job_count, job_room;
} pp_gathering;

/* Whether a problem's gradients can be gathered; bytes of scratch. */
bool pp_gathering_applies(const pp_problem *problem);
size_t pp_gathering_size(const pp_problem *problem);

/* from, to: outputs on the axis; lanes: channels at once. */
void pp_gathering_init(pp_gathering *g, const pp_run *run, int axis, int64_t from, int64_t to, int64_t lanes, char *scratch);

/* The lane of output (d, h, 0) in the lines. */
int64_t pp_gathering_row(const pp_gathering *g, int64_t d, int64_t h);

/* Lists what makes rows [begin, end) of the part; stride: of the target on D, H, W, in elements.  Then makes them of the plane that
 * the lines hold; target: of element (begin[0], begin[1], begin[2]). */
void pp_gathering_list(pp_gathering *g, const int64_t begin[3], const int64_t end[3], const int64_t stride[3]);
void pp_gathering_run(const pp_gathering *g, char *target);

#endif

/* What a plan of the algorithm "pick" holds. */
#ifndef PP_PICK_PLAN_H
#define PP_PICK_PLAN_H

#include "../run.h"

enum {
    PP_PICK_RUNS = 16,     /* runs of outputs on an axis that see alike */
    PP_PICK_STRIPS = 24,   /* of a whole row */
    PP_PICK_DIVISOR = 255, /* largest of bytes */
    PP_PICK_TINY = 512,    /* bytes of an input that is copied to where vectors may be read around it */
    PP_PICK_VECTOR = 64    /* bytes of the longest vector */
};

typedef struct pp_picked {
    pp_pick_fn kernel;
    int64_t lanes, load; /* elements of a pair; of a vector that is loaded */
    pp_pick_run *runs, *runs_end;
    const pp_pick_strip *strips, *strips_end;
    int64_t band, planes;                 /* rows, planes that are best done together */
    int64_t size;                         /* of an element */
    int64_t single;                       /* not 0: all of it is one box of so many rows: "pick" is complete but for the addresses, which lie ... */
    bool parts;                           /* ... (nothing that does not exist is loaded) ... */
    int64_t single_source, single_target; /* ... so many bytes from coordinates 0 or the copy's begin, and from those of the output */
    bool stream;                          /* results past the caches: they are written in whole lines of these, if one is */
    int64_t low, high;                    /* what a dense input holds, in bytes from coordinates 0; both 0: it has gaps */
    int64_t source_plane, target_plane;   /* from plane to plane */
    pp_pick pick;                         /* what is the same everywhere */
} pp_picked;

/* Fills "memory" of "room" bytes, aligned for any integer, for the outputs [begin, end) on W; false when the problem is not of this
 * kind or they are too few. */
bool pp_pick_prepare(const pp_problem *problem, int64_t begin, int64_t end, void *memory, size_t room);

/* How a sum of bytes is divided by this: n * inverse >> (16 + shift), for any n up to half a divisor more than its 255-fold: that is
 * exact where what rounding up the inverse adds stays below 1.  1: (n + 1) * 65535 >> 16.  0: in no such way. */
uint16_t pp_pick_inverse(int64_t divisor, int shift);

#endif

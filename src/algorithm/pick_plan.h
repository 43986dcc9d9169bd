/* What a plan of the algorithm "pick" holds. */
#ifndef PP_PICK_PLAN_H
#define PP_PICK_PLAN_H

#include "../run.h"

enum {
    PP_PICK_TAPS = 64,     /* rows under a window, at most; taps on W */
    PP_PICK_RUNS = 16,     /* runs of outputs on an axis that see alike */
    PP_PICK_STRIPS = 24,   /* of a row */
    PP_PICK_DIVISOR = 255, /* largest of bytes */
    PP_PICK_TINY = 512,    /* bytes of an input that is copied to where vectors may be read around it */
    PP_PICK_VECTOR = 64    /* bytes of the longest vector */
};

/* Outputs [begin, end) on D whose windows are alike; the first of their runs of rows. */
typedef struct pp_pick_depth {
    int64_t begin, end, runs;
} pp_pick_depth;

/* Pairs of vectors on a row: the taps of which outputs lie in which. */
typedef struct pp_pick_layout {
    int64_t vector, load;           /* lanes of one; elements that are loaded at once: a pair is one load or two */
    int64_t pairs, inner, taps;     /* of a row; lanes of an output; of a window */
    int64_t lane, advance, outputs; /* lanes: first of pair 0, from pair to pair, outputs of a pair ... */
    const int64_t *listed;          /* ... or, for each pair, its lane and its first output, and where the last ends */
    int64_t limit;                  /* lanes of a pair that may hold something */
    const char *index, *extent;     /* as in pp_pick_strip */
    int64_t index_set, extent_set;  /* bytes of an index, the same for all pairs unless listed; of extents */
    int64_t head, tail, sets;       /* pairs before head and from tail on have extents of their own, the others one set; all sets */
} pp_pick_layout;

typedef struct pp_picked {
    const pp_problem *of; /* when all of it is there */
    pp_pick_fn kernel;
    pp_pick pick; /* what is the same everywhere */
    pp_pick_layout layout;
    const pp_pick_depth *depths;
    const pp_pick_run *runs; /* for each of the depths those of all rows */
    int64_t run_count;
    const pp_pick_strip *strips; /* of whole rows */
    int64_t strip_count;
    int64_t band, planes;                 /* rows, planes that are best done together */
    int64_t size;                         /* of an element */
    bool single;                          /* all of it is one box: "pick" is complete but for the addresses, which lie ... */
    int64_t single_source, single_target; /* ... so many bytes from coordinates 0 */
    bool stream;                          /* results past the caches: they are written in whole lines of these, if one is */
    int64_t low, high;                    /* what a dense input holds, in elements from coordinates 0; both 0: it has gaps */
    int64_t source_plane, target_plane;   /* from plane to plane */
} pp_picked;

/* Fills "memory" (NULL: only counts); the bytes, or 0 when the problem is not of this kind. */
size_t pp_pick_prepare(const pp_problem *problem, void *memory);

/* The strips of a row of which lanes [read[0], read[1]) exist and outputs' lanes [write[0], write[1]) are wanted: their number,
 * or -1 when it is more than "room". */
int64_t pp_pick_lay(const pp_pick_layout *layout, const int64_t read[2], const int64_t write[2], pp_pick_strip *to, int64_t room);

#endif
